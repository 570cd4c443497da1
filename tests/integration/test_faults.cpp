// Faults one by one: of Redis, of the module's code, of the machine.
#include "faults.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>

using namespace integration;

namespace {

/// Publishes flows, each with its own uid and peer. Counts them first, as Slips counts what it publishes.
void publish_counted(Host& slips, int from, int until) {
    std::vector<Words> words;
    for (int i = from; i < until; ++i) {
        words.push_back({"HINCRBY", "msgs_published_at_runtime", "new_flow", "1"});
        words.push_back({"PUBLISH", "new_flow",
                         slips.payload({.uid = "C" + std::to_string(i),
                                        .daddr = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)})});
    }
    slips.db.commands(words);
}

}  // namespace

TEST_CASE("a module that Redis disconnects for being slow reports how many messages it missed") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    publish_counted(slips, 0, 100);
    slips.db.command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 1000000 0 0"});
    for (int round = 1; round <= 3; ++round) {
        module.pause();
        int sent = 100 * round;
        while (slips.listeners("new_flow") > 0) publish_counted(slips, sent, sent + 500), sent += 500;
        publish_counted(slips, sent, sent + 50);  // while nobody is subscribed
        module.signal(SIGCONT);
        REQUIRE(slips.wait_for_listener("new_flow"));
    }
    publish_counted(slips, 0, 10);
    CHECK(stop(module) == 0);
    const auto sent = std::stoull(slips.db.text({"HGET", "msgs_published_at_runtime", "new_flow"}));
    const Json messages = slips.stats()["messages"];
    CAPTURE(messages.dump());
    MESSAGE(sent << " sent, " << messages["received"].get<std::uint64_t>() << " received, "
                 << messages["missed"].get<std::uint64_t>() << " reported as missed");
    CHECK(messages["missed"].get<std::uint64_t>() > 0);
    CHECK(messages["received"].get<std::uint64_t>() + messages["missed"].get<std::uint64_t>() == sent);
    CHECK(count(module.err(), " messages were missed") == 3);
    CHECK(count(module.out(), "hook on_gap: ") == 3);
    std::uint64_t reported = 0;
    const std::string out = module.out();
    for (std::size_t at = 0; (at = out.find("lost ", at)) != out.npos;) reported += std::stoull(out.substr(at += 5));
    CHECK(reported == messages["missed"].get<std::uint64_t>());
}

TEST_CASE("without Slips' counters the number of missed messages is unknown, and the module reports that") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("hooks");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    REQUIRE(cut(slips.db, " sub=2 ") == 1);
    CHECK(module.says("lost nobody knows how many"));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["missed"] == 0);
}

TEST_CASE("a module waits for a Redis that refuses writes because it cannot save") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        const TemporaryFolder elsewhere;
        const std::string gone = elsewhere.make_folder("gone");
        Host slips({.slips = generation, .servers = {.more = {"--dir", gone}}});
        slips.know({});
        auto module = slips.start_hearing("detector");
        std::filesystem::remove(gone);
        slips.db.command({"CONFIG", "SET", "save", "3600 1"});
        slips.db.command({"BGSAVE"});
        REQUIRE(eventually([&] { return slips.db.command({"SET", "any", "thing"}).text.starts_with("MISCONF"); }));
        publish_counted(slips, 0, 50);
        CHECK(module.says("MISCONF"));
        CHECK(slips.stored() == 0);
        slips.db.command({"CONFIG", "SET", "save", ""});
        CHECK(eventually([&] { return slips.stored() == 50; }));
        CHECK(stop(module) == 0);
        const Json stats = slips.stats();
        CAPTURE(stats.dump());
        CHECK(stats["evidence"]["acknowledged"] == 50);
        CHECK(stats["evidence"]["published"] == 50);
        CHECK(stats["evidence"]["lost"] == 0);
    }
}

TEST_CASE("a Redis that hangs for ten seconds causes a delay and no loss") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    publish_counted(slips, 0, 300);
    slips.main.pause();
    // a fixed time on purpose: longer than every timeout of the module
    CHECK_FALSE(eventually([&] { return !module.runs(); }, std::chrono::seconds(10)));
    slips.main.go_on();
    publish_counted(slips, 300, 600);
    CHECK(alerts.wait_for(600).size() == 600);
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 600);
    CHECK(slips.stats()["evidence"]["lost"] == 0);
    CHECK(slips.stats()["redis"]["reconnects"] == 0);
}

TEST_CASE("a slow handler that throws every third time loses no message and no evidence") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.know({});
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("stumbler", {"--stop-timeout", "15"});
        publish_counted(slips, 0, 900);
        CHECK(stop(module) == 0);
        const Json stats = slips.stats();
        CAPTURE(stats.dump());
        CHECK(stats["messages"]["received"] == 900);
        CHECK(stats["messages"]["handler_errors"] == 300);
        CHECK(stats["messages"]["handled"] == 600);
        CHECK(stats["evidence"]["accepted"] == 900);  // set before it throws
        CHECK(slips.stored() == 900);
        CHECK(alerts.wait_for(900).size() == 900);
        CHECK(count(module.err(), "on(new_flow) threw: every third time") == 1);
    }
}

#ifdef __linux__
TEST_CASE("a full disk loses log lines and nothing else") {
    Host slips(Slips::current);
    slips.db.command({"MSET", "stdout", "/dev/full", "stderr", "/dev/full"});
    auto module = slips.start_hearing("hooks", {"--output", slips.folder.make_folder("output")});
    for (int i = 0; i < 100; ++i) slips.publish({.uid = "C" + std::to_string(i)});
    CHECK(module.says("flow C99"));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["handled"] == 100);
}

TEST_CASE("a full disk for --stats is reported, and the exit status stays the same") {
    Host slips(Slips::current);
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--stats", "/dev/full"});
    auto module = slips.start("detector", arguments);
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(count(module.err(), "--stats: /dev/full could not be written") == 1);
}
#endif

#ifdef SLIPS_TEST_SHIFTED_CLOCK
TEST_CASE("the system clock may jump by years in either direction") {
    Host slips(Slips::current);
    const std::string shift = slips.folder.write("shift", "0");
    const std::map<std::string, std::string> environment{{"LD_PRELOAD", SLIPS_TEST_SHIFTED_CLOCK},
                                                         {"SLIPS_TEST_SHIFT", shift}};
    const std::string log = slips.folder.write("slips.log", "");
    slips.db.command({"MSET", "stdout", log, "stderr", slips.folder.write("errors.log", "")});
    auto module = slips.start_hearing("metronome", {}, environment);
    auto other = slips.start_hearing("detector", {}, environment);
    int uid = 0;
    for (const long long seconds : {100'000'000LL, -900'000'000LL, 4'000'000'000LL, 0LL}) {
        CAPTURE(seconds);
        slips.folder.write("shift", std::to_string(seconds));
        const std::size_t ticks = count(module.out(), "tick");
        slips.publish({.uid = "C" + std::to_string(uid++)});
        CHECK(eventually([&] { return slips.stored() == static_cast<std::size_t>(uid); }));
        CHECK(eventually([&] { return count(module.out(), "tick") > ticks || !module.runs(); }));
        REQUIRE(module.runs());
        const std::time_t then = std::time(nullptr) + seconds;
        std::tm date{};
        ::localtime_r(&then, &date);
        CHECK(eventually(
            [&] { return count(read_file(log), std::to_string(1900 + date.tm_year) + "/") > 0; }));  // it did jump
    }
    CHECK(stop(module) == 0);
    CHECK(stop(other) == 0);
    CHECK(other.err().find("Redis") == std::string::npos);  // nothing was lost, and nothing was late
}
#endif
