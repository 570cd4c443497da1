// How a module identifies the generation of Slips.
#include "host.hpp"

#include <doctest/doctest.h>

using namespace integration;

namespace {

/// Servers whose content does not identify the generation yet.
Host silent() { return Host(Slips::unknown); }

}  // namespace

TEST_CASE("a flag sets the generation") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        Host slips = silent();
        auto module = slips.start_hearing("detector", {"--generation", generation});
        CHECK(module.says("subscribed to new_flow; " + generation + " Slips at "));
        CHECK(stop(module) == 0);
        CHECK(slips.stats()["generation"] == generation);
    }
}

TEST_CASE("the generation is read from the database") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    CHECK(module.says("subscribed to new_flow; Slips 1.1.21 at " + slips.main.socket()));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["generation"] == "current");
}

TEST_CASE("a database without a version does not show the generation, the first message does") {
    // slips_version is written after the modules were started
    Host slips = silent();
    slips.db.command({"HSET", "analysis", "input_type", "file"});
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    CHECK(module.says("subscribed to new_flow; Slips of unknown version at " + slips.main.socket()));
    slips.publish({.uid = "C1"});
    REQUIRE(alerts.wait_for(1).size() == 1);
    CHECK(Json::parse(alerts.messages().front())["version"] == version);
    CHECK(stop(module) == 0);
}

TEST_CASE("the generation is learnt from the first message") {
    {
        Host slips = silent();
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector");
        CHECK(module.says("subscribed to new_flow; Slips of unknown version at"));
        slips.publish("new_flow", current_flow({.uid = "C1"}));
        CHECK(alerts.wait_for(1).size() == 1);  // the evidence of the very first flow is not refused
        CHECK(module.says("detected current Slips by a version on new_flow"));
        CHECK(stop(module) == 0);
        CHECK(slips.stats()["generation"] == "current");
    }
    Host slips = silent();
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.db.command({"ZADD", "twsprofile_192.168.1.12", "1700000000.5", "timewindow1"});
    slips.publish("new_flow", legacy_flow({.uid = "C1"}));
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(module.says("detected legacy Slips by the form of new_flow"));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["generation"] == "legacy");
}

TEST_CASE("a plain text also identifies the generation") {
    Host slips = silent();
    auto module = slips.start_hearing("texts", {}, {}, "new_ip");
    slips.publish("new_ip", "10.0.0.1");
    CHECK(module.says("new_ip 10.0.0.1"));
    CHECK(module.says("detected legacy Slips by plain text without a version in its database"));
    CHECK(stop(module) == 0);
}

TEST_CASE("stop_process also identifies the generation, and stops the module") {
    Host slips = silent();
    auto module = slips.start_hearing("detector");
    slips.publish("new_flow", "stop_process");
    CHECK(module.wait() == 0);
    CHECK(slips.stats()["generation"] == "legacy");
    CHECK(slips.stats()["stopped_by"] == "stop_process");
}

TEST_CASE("messages that do not identify the generation are received, and evidence waits until the stop") {
    Host slips = silent();
    auto module = slips.start_hearing("detector", {"--stop-timeout", "1"});
    for (int i = 0; i < 3; ++i) slips.publish("new_flow", current_flow({.uid = "C1"}, ""));
    constexpr int evidence_lost = 5;
    CHECK(stop(module) == evidence_lost);
    const Json stats = slips.stats();
    CHECK(stats["generation"] == "unknown");
    CHECK(stats["messages"]["handled"] == 3);
    CHECK(stats["evidence"]["refused"] == 0);
    CHECK(stats["evidence"]["lost"] == 3);
    CHECK(count(module.err(), "3 evidence could not be stored before the time to stop expired") == 1);
    CHECK(slips.db.integer({"DBSIZE"}) == 0);
}

TEST_CASE("the generation and the version are read from Slips' folder") {
    Host slips = silent();
    slips.folder.write("VERSION", "1.1.21\n");
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path()});
    CHECK(module.says("subscribed to new_flow; Slips 1.1.21 at "));
    slips.publish("new_flow", current_flow({.uid = "C1"}));
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
}

TEST_CASE("legacy Slips has no VERSION file, but a slips.py") {
    Host slips = silent();
    slips.folder.write("slips.py", "#!/usr/bin/env python3\n");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path()});
    CHECK(module.says("subscribed to new_flow; legacy Slips at "));
    CHECK(stop(module) == 0);
}

TEST_CASE("if the folder does not identify the generation, the database does") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder / "nowhere"});
    CHECK(module.says("subscribed to new_flow; Slips 1.1.21 at "));
    CHECK(stop(module) == 0);
}

TEST_CASE("the version of Slips takes precedence over the flag, since evidence of another form would harm Slips") {
    Host slips(Slips::current);
    slips.folder.write("VERSION", "1.1.21\n");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path(), "--generation", "legacy"});
    CHECK(module.says("subscribed to new_flow; Slips 1.1.21 at "));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["generation"] == "current");
}
