// How a module stops: on request, without losses, and in time.
#include "host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

using namespace integration;

namespace {

std::vector<Words> flows(const Host& slips, int count) {
    std::vector<Words> words;
    for (int i = 1; i <= count; ++i)
        words.push_back(
            {"PUBLISH", "new_flow",
             slips.payload({.uid = "C" + std::to_string(i),
                            .daddr = "10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1"})});
    return words;
}

/// Publishes, and from then on Redis writes nothing, until go_on(). Returns once the module has accepted evidence
/// and waits for Redis to store it.
void publish_and_hold(Host& slips, std::vector<Words> words) {
    words.insert(words.begin(), {"MULTI"});
    words.push_back({"CLIENT", "PAUSE", "60000", "WRITE"});
    words.push_back({"EXEC"});
    slips.db.commands(words);
    const auto held = [&] {
        const std::string clients = slips.db.text({"CLIENT", "LIST"});
        const std::size_t at = clients.find(" flags=", std::min(clients.find(" name=detector "), clients.size()));
        return at != std::string::npos && clients.find('b', at + 7) < clients.find(' ', at + 7);
    };
    REQUIRE(eventually(held));
}

void go_on(Host& slips) { slips.db.command({"CLIENT", "UNPAUSE"}); }

}  // namespace

TEST_CASE("messages published before SIGTERM are still handled") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.know({});
    slips.db.commands(flows(slips, 6000));  // more than a batch
    CHECK(stop(module) == 0);
    const Json stats = slips.stats();
    CHECK(stats["messages"]["received"] == 6000);
    CHECK(stats["evidence"]["acknowledged"] == 6000);
    CHECK(stats["stopped_by"] == "SIGTERM");
    CHECK(slips.stored() == 6000);
    CHECK(slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "6000");
    CHECK(module.out().find("stopped (SIGTERM): 6000 messages, 6000 evidence") != std::string::npos);
}

TEST_CASE("stopping waits for a few messages only, however slow a handler is") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        auto module = slips.start_hearing("sluggard", {"--stop-timeout", "1"});
        slips.db.commands(flows(slips, 500));
        CHECK(module.says("flow C1"));
        CHECK(stop(module).has_value());
        const auto received = slips.stats()["messages"]["received"].get<int>();
        CAPTURE(received);
        CHECK(received < 50);  // with 75 of them in one read there would be more
    }
}

TEST_CASE("SIGINT stops a module as well") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.db.commands(flows(slips, 100));
    module.signal(SIGINT);
    CHECK(module.wait() == 0);
    CHECK(slips.stored() == 100);
    CHECK(slips.stats()["stopped_by"] == "SIGINT");
}

TEST_CASE("stop_slips on control_channel stops a module that is not subscribed to it") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.db.commands(flows(slips, 100));
    slips.publish("new_flow", "stop_slips");  // has no effect here
    slips.publish("control_channel", "stop_slips");
    CHECK(module.wait() == 0);
    CHECK(slips.stored() == 100);
    const Json stats = slips.stats();
    CHECK(stats["stopped_by"] == "stop_slips");
    CHECK(stats["messages"]["undecodable"] == 1);
    CHECK(stats["messages"]["channels"] == Json{{"new_flow", 101}});
}

TEST_CASE("stop_process has no effect in current Slips") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.publish("new_flow", "stop_process");
    slips.db.commands(flows(slips, 1));
    CHECK(eventually([&] { return slips.stored() == 1; }));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["stopped_by"] == "SIGTERM");
}

TEST_CASE("legacy: a DNS query for stop_process stops no module, stop_process on all channels does") {
    for (const char* const name : {"texts", "raw"}) {
        CAPTURE(name);
        const bool raw = name == std::string("raw");
        const std::string channel = raw ? "my_own channel" : "dns_info_change";
        for (const char* const generation : {"legacy", ""}) {  // empty: unknown
            CAPTURE(generation);
            Host slips(*generation ? Slips::legacy : Slips::unknown);
            std::vector<std::string> arguments;
            if (*generation) arguments = {"--generation", generation};
            auto module = slips.start_hearing(name, arguments, {}, channel);
            slips.publish(channel, "stop_process");
            slips.publish(channel, "example.org");
            CHECK(module.says(raw ? "raw my_own channel 11 example.org" : "dns_info_change example.org"));
            CHECK(module.says(raw ? "raw my_own channel 12 stop_process" : "dns_info_change stop_process"));
            CHECK(module.runs());
            for (const std::string& each : slips.db.texts({"PUBSUB", "CHANNELS"})) slips.publish(each, "stop_process");
            CHECK(module.wait() == 0);
            CHECK(slips.stats()["stopped_by"] == "stop_process");
        }
    }
}

TEST_CASE("a module that waits for Redis stops on request") {
    Host slips(Slips::current);
    auto arguments = slips.over_sockets();
    arguments[1] += ".nowhere";
    auto module = slips.start("detector", arguments);
    CHECK(module.says("waiting for Redis at " + arguments[1]));
    CHECK(stop(module) == 0);
}

TEST_CASE("with a Redis that hangs, stopping ends within its timeout, and lost evidence is reported") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector", {"--stop-timeout", "1"});
    publish_and_hold(slips, flows(slips, 7));
    slips.main.pause();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(stop(module) == 5);
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
    CHECK(module.err().find("7 evidence could not be stored before the time to stop expired") != std::string::npos);
    const Json stats = slips.stats();
    CHECK(stats["evidence"]["accepted"] == 7);
    CHECK(stats["evidence"]["acknowledged"] == 0);
    CHECK(stats["evidence"]["lost"] == 7);
    slips.main.go_on();
}

TEST_CASE("a second signal ends the waiting") {
    for (const int number : {SIGTERM, SIGINT}) {
        CAPTURE(number);
        Host slips(Slips::current);
        auto module = slips.start_hearing("detector", {"--stop-timeout", "3600"});
        publish_and_hold(slips, flows(slips, 3));
        module.signal(number);
        CHECK(eventually([&] { return slips.listeners("new_flow") == 0; }));  // the signal arrived
        CHECK(module.runs());
        module.signal(number);
        CHECK(module.wait() == 5);
        CHECK(slips.stats()["evidence"]["lost"] == 3);
        go_on(slips);
    }
}

TEST_CASE("one signal after stop_process does not count as the second") {
    // the launcher receives stop_process, too, and then sends SIGTERM
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector", {"--stop-timeout", "3600"});
    slips.know({});
    auto words = flows(slips, 3);
    words.push_back({"PUBLISH", "new_flow", "stop_process"});
    publish_and_hold(slips, words);
    module.signal(SIGTERM);
    CHECK_FALSE(module.wait(300ms).has_value());
    go_on(slips);
    CHECK(module.wait() == 0);
    CHECK(slips.stored() == 3);
    CHECK(slips.stats()["stopped_by"] == "stop_process");
}

TEST_CASE("evidence that Redis stores late, but before the timeout, is not lost") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    publish_and_hold(slips, flows(slips, 5));
    module.signal(SIGTERM);
    CHECK_FALSE(module.wait(100ms).has_value());
    go_on(slips);
    CHECK(module.wait() == 0);
    CHECK(slips.stored() == 5);
}

TEST_CASE("a Redis that comes back while a module stops receives the remaining evidence") {
    Host slips({.slips = Slips::current, .servers = {.append_only = true}});
    auto module = slips.start_hearing("detector");
    publish_and_hold(slips, flows(slips, 5));
    module.signal(SIGTERM);
    CHECK_FALSE(module.wait(100ms).has_value());
    slips.restart_main();
    CHECK(module.wait() == 0);
    CHECK(slips.stored() == 5);
    CHECK(slips.stats()["evidence"]["lost"] == 0);
}

TEST_CASE("without Redis stopping waits only if evidence is left") {
    for (const bool left : {false, true}) {
        CAPTURE(left);
        Host slips(Slips::current);
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector", {"--stop-timeout", left ? "1" : "3600"});
        if (left) {
            publish_and_hold(slips, flows(slips, 2));
        } else {
            slips.db.commands(flows(slips, 2));
            CHECK(eventually([&] {
                return slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "2";
            }));
            CHECK(alerts.wait_for(2).size() == 2);
        }
        slips.main.kill();
        CHECK(module.says("lost Redis at " + slips.main.socket()));
        CHECK(stop(module) == (left ? 5 : 0));
    }
}

TEST_CASE("--stop-timeout 0 waits for nothing and reports what is lost") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector", {"--stop-timeout", "0"});
    publish_and_hold(slips, flows(slips, 2));
    CHECK(stop(module) == 5);
    CHECK(slips.stats()["evidence"]["lost"] == 2);
    go_on(slips);
}
