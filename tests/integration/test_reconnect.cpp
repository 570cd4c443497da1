// A Redis that comes late, goes, comes back, or cuts a module off.
#include "faults.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace integration;

TEST_CASE("a module may start before Redis does") {
    for (const bool tcp : {false, true}) {
        CAPTURE(tcp);
        Host slips({.slips = Slips::current, .servers = {.tcp = tcp}});
        slips.main.kill();
        slips.cache.kill();
        auto arguments = tcp ? slips.over_tcp() : slips.over_sockets();
        arguments.insert(arguments.end(), {"--stats", slips.stats_file()});
        auto module = slips.start("hooks", arguments);
        CHECK(
            module.says("waiting for Redis at " + (tcp ? "127.0.0.1:" + slips.main.port() : slips.main.socket())));
        CHECK(module.out().empty());
        slips.cache.start();
        slips.main.start();
        slips.db = slips.main.client();
        slips.introduce();
        REQUIRE(slips.wait_for_listener("new_flow"));
        slips.publish({.uid = "C1"});
        CHECK(module.says("flow C1"));
        CHECK(stop(module) == 0);
        CHECK(count(module.err(), "waiting for Redis") == 1);
        CHECK(module.out().find("hook on_gap") == std::string::npos);
    }
}

TEST_CASE("a Redis that still loads its data is waited for") {
    // two hundred keys, each loaded in two milliseconds, and clients looked after between them
    Host slips(
        {.slips = Slips::current,
         .servers = {.more = {"--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"}}});
    for (int i = 0; i < 200; ++i) slips.db.command({"SET", "key" + std::to_string(i), std::string(200, 'x')});
    slips.db.command({"SAVE"});
    slips.main.kill();
    auto module = slips.start("hooks", slips.over_sockets());
    CHECK(module.says("waiting for Redis"));
    slips.main.start();
    slips.db = slips.main.client();
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "Redis at") == 1);  // "waiting for", once
}

TEST_CASE("a Redis with no room for another client is waited for") {
    Host slips(Slips::current);
    // ours is one, the module's commands the second: its subscription finds no room
    slips.db.command({"CONFIG", "SET", "maxclients", "2"});
    auto module = slips.start("hooks", slips.over_sockets());
    CHECK(module.says("hears new_flow of current Slips"));
    slips.db.command({"CONFIG", "SET", "maxclients", "100"});
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);

    slips.db.command({"CONFIG", "SET", "maxclients", "1"});
    auto other = slips.start("hooks", slips.over_sockets());
    CHECK(other.says("waiting for Redis"));
    const auto refused = [&] {
        const std::string info = slips.db.text({"INFO", "stats"});
        return std::stoi(info.substr(info.find("rejected_connections:") + 21));
    };
    const int before = refused();
    CHECK(eventually([&] { return refused() >= before + 3; }));
    slips.db.command({"CONFIG", "SET", "maxclients", "100"});
    REQUIRE(slips.wait_for_listener("new_flow"));
    CHECK(stop(other) == 0);
    CHECK(count(other.err(), "Redis at") == 1);  // not at every attempt
    CHECK(count(other.err(), "again") == 0);
}

TEST_CASE("after a restart of Redis a module hears again, and is told of the gap") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    for (int round = 1; round <= 3; ++round) {
        slips.restart_main();
        REQUIRE(slips.wait_for_listener("new_flow"));
        slips.publish({.uid = "Cround" + std::to_string(round)});
        CHECK(module.says("flow Cround" + std::to_string(round)));
        CHECK(count(module.out(), "hook on_gap: the server closed the connection") ==
              static_cast<std::size_t>(round));
    }
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["redis"]["reconnects"] == 3);
    CHECK(count(module.err(), "is connected to Redis again") == 3);
    CHECK(count(module.err(), "hears Redis again after") == 3);
}

TEST_CASE("a gap ends when a module hears again, not when it tries to") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    // ours, the module's commands, and one in the place of its subscription: no room is left
    slips.db.command({"CONFIG", "SET", "maxclients", "3"});
    {
        module.pause();
        REQUIRE(cut(slips.db, " sub=2 ") == 1);
        Client other = slips.main.client();
        const auto rejected = [&] {
            const std::string info = slips.db.text({"INFO", "stats"});
            return std::stoi(info.substr(info.find("rejected_connections:") + 21));
        };
        module.signal(SIGCONT);
        CHECK(eventually([&] { return rejected() >= 3; }));
        CHECK(count(module.out(), "hook on_gap") == 0);
    }
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);
    CHECK(count(module.out(), "hook on_gap") == 1);
    CHECK(count(module.err(), "hears Redis again after") == 1);
}

TEST_CASE("a module that Redis cuts off for being slow hears again, and is told of the gap") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    slips.db.command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 1000000 0 0"});
    module.pause();
    for (int i = 0; i < 100 && slips.listeners("new_flow") > 0; ++i)
        slips.publish("new_flow", std::string(500'000, 'x'));
    CHECK(slips.listeners("new_flow") == 0);
    module.signal(SIGCONT);
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(count(module.out(), "hook on_gap: ") == 1);
    CHECK(stop(module) == 0);
}

TEST_CASE("without the cache evidence goes out all the same, with a word") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    slips.cache.kill();
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--stats", slips.stats_file()});
    auto module = slips.start("detector", arguments);
    REQUIRE(slips.wait_for_listener("new_flow"));
    CHECK(module.says("no cache at " + slips.cache.socket()));
    slips.publish({.uid = "C1"});
    CHECK(alerts.wait_for(1).size() == 1);
    slips.cache.start();
    Client cache = slips.cache.client();
    cache.command({"SELECT", "1"});
    CHECK(eventually([&] { return count(cache.text({"CLIENT", "LIST"}), "\n") > 1; }));
    slips.publish({.uid = "C2"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 2);
    CHECK(cache.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
    CHECK(count(module.err(), "no cache at") == 1);
}

TEST_CASE("a cache that goes or stands still while evidence waits for it loses none") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.cache.pause();
    slips.publish({.uid = "C1"});
    // it has asked, and waits
    CHECK(eventually([&] {
        return slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "1";
    }));
    CHECK(slips.stored() == 0);
    slips.cache.kill();
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
}
