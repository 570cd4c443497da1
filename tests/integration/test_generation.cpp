// Which Slips this is, and how a module finds out.
#include "host.hpp"

#include <doctest/doctest.h>

using namespace integration;

namespace {

/// Servers on which nothing tells of the generation yet.
Host silent() { return Host(Slips::unknown); }

}  // namespace

TEST_CASE("the generation is told by a flag") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        Host slips = silent();
        auto module = slips.start_hearing("detector", {"--generation", generation});
        CHECK(module.says("hears new_flow of " + generation + " Slips at "));
        CHECK(stop(module) == 0);
        CHECK(slips.stats()["generation"] == generation);
    }
}

TEST_CASE("the generation is in the database") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    CHECK(module.says("hears new_flow of current Slips 1.1.21 at " + slips.main.socket()));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["generation"] == "current");
}

TEST_CASE("the generation is in the database, the version not yet") {
    // slips_version comes after the modules were started
    Host slips = silent();
    slips.db.command({"HSET", "analysis", "input_type", "file"});
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    CHECK(module.says("hears new_flow of current Slips at " + slips.main.socket()));
    slips.publish({.uid = "C1"});
    REQUIRE(alerts.wait_for(1).size() == 1);
    CHECK(Json::parse(alerts.messages().front())["version"] == version);
    CHECK(stop(module) == 0);
}

TEST_CASE("the generation is known from the first message") {
    {
        Host slips = silent();
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector");
        CHECK(module.says("hears new_flow of a Slips not known yet"));
        slips.publish("new_flow", current_flow({.uid = "C1"}));
        CHECK(alerts.wait_for(1).size() == 1);  // the very first one's evidence is not refused
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

TEST_CASE("a plain text tells it too") {
    Host slips = silent();
    auto module = slips.start_hearing("texts", {}, {}, "new_ip");
    slips.publish("new_ip", "10.0.0.1");
    CHECK(module.says("detected legacy Slips by the form of new_ip"));
    CHECK(module.says("new_ip 10.0.0.1"));
    CHECK(stop(module) == 0);
}

TEST_CASE("stop_process tells it too, and stops the module") {
    Host slips = silent();
    auto module = slips.start_hearing("detector");
    slips.publish("new_flow", "stop_process");
    CHECK(module.wait() == 0);
    CHECK(slips.stats()["generation"] == "legacy");
    CHECK(slips.stats()["stopped_by"] == "stop_process");
}

TEST_CASE("what tells nothing is read, but evidence is refused with one line") {
    Host slips = silent();
    auto module = slips.start_hearing("detector");
    for (int i = 0; i < 3; ++i) slips.publish("new_flow", current_flow({.uid = "C1"}, ""));
    CHECK(stop(module) == 0);
    const Json stats = slips.stats();
    CHECK(stats["generation"] == "unknown");
    CHECK(stats["messages"]["handled"] == 3);
    CHECK(stats["evidence"]["refused"] == 3);
    CHECK(stats["evidence"]["lost"] == 0);
    CHECK(count(module.err(), "evidence refused: the generation") == 1);
    CHECK(slips.db.integer({"DBSIZE"}) == 0);
}

TEST_CASE("the generation and the version are in Slips' folder") {
    Host slips = silent();
    slips.folder.write("VERSION", "1.1.21\n");
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path()});
    CHECK(module.says("hears new_flow of current Slips 1.1.21 at "));
    slips.publish("new_flow", current_flow({.uid = "C1"}));
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
}

TEST_CASE("legacy Slips has no such file, but slips.py") {
    Host slips = silent();
    slips.folder.write("slips.py", "#!/usr/bin/env python3\n");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path()});
    CHECK(module.says("hears new_flow of legacy Slips at "));
    CHECK(stop(module) == 0);
}

TEST_CASE("a folder that tells nothing leaves it to the database") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder / "nowhere"});
    CHECK(module.says("hears new_flow of current Slips 1.1.21 at "));
    CHECK(stop(module) == 0);
}

TEST_CASE("the flag goes before everything else") {
    Host slips(Slips::current);
    slips.folder.write("VERSION", "1.1.21\n");
    auto module = slips.start_hearing("detector", {"--slips-dir", slips.folder.path(), "--generation", "legacy"});
    CHECK(module.says("hears new_flow of legacy Slips"));
    CHECK(stop(module) == 0);
}
