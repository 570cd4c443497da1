// A Redis that starts late, stops, restarts, or disconnects a module.
#include "faults.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

using namespace integration;

namespace {

/// Publishes flows, each with its own peer.
void publish_flows(Host& slips, int from, int until) {
    std::vector<Words> words;
    for (int i = from; i < until; ++i)
        words.push_back({"PUBLISH", "new_flow",
                         slips.payload({.uid = "C" + std::to_string(i),
                                        .daddr = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)})});
    slips.db.commands(words);
}

/// Returns how often evidence about each peer is stored in the flows' window.
std::map<std::string, int> stored_by_description(Host& slips) {
    std::map<std::string, int> times;
    for (const auto& [key, evidence] : slips.evidence({})) ++times[evidence["description"].get<std::string>()];
    return times;
}

/// Returns the ids of the connections on which modules send commands.
std::vector<std::string> commanding(Client& client) {
    std::vector<std::string> ids;
    const std::string list = client.text({"CLIENT", "LIST"});
    for (std::size_t at = 0; (at = list.find("id=", at)) != list.npos; at = list.find('\n', at)) {
        const std::string line = list.substr(at, list.find('\n', at) - at);
        if (line.find(" name=detector ") != line.npos) ids.push_back(line.substr(3, line.find(' ') - 3));
    }
    return ids;
}

}  // namespace

TEST_CASE("a module may start before Redis does") {
    for (const bool tcp : {false, true}) {
        CAPTURE(tcp);
        Host slips({.slips = Slips::current, .servers = {.tcp = tcp}});
        slips.main.kill();
        slips.cache.kill();
        auto arguments = tcp ? slips.over_tcp() : slips.over_sockets();
        arguments.insert(arguments.end(), {"--stats", slips.stats_file()});
        auto module = slips.start("hooks", arguments);
        CHECK(module.says("waiting for Redis at " + (tcp ? "127.0.0.1:" + slips.main.port() : slips.main.socket())));
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

TEST_CASE("a module waits for a Redis that is loading its data") {
    // two hundred keys, each loaded in two milliseconds, and clients are served between them
    Host slips({.slips = Slips::current,
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
    CHECK(count(module.err(), "Redis at") == 1);  // "waiting for" is logged once
}

TEST_CASE("a module waits for a Redis with no room for another client") {
    Host slips(Slips::current);
    // the test's client is one, the module's commands the second: its subscription finds no room
    slips.db.command({"CONFIG", "SET", "maxclients", "2"});
    auto module = slips.start("hooks", slips.over_sockets());
    CHECK(module.says("no subscription to Redis at " + slips.main.socket() +
                      ": ERR max number of clients reached; end other clients, or raise maxclients of Redis"));
    CHECK(module.out().find("subscribed to") == std::string::npos);
    slips.db.command({"CONFIG", "SET", "maxclients", "100"});
    CHECK(module.says("subscribed to new_flow; Slips 1.1.21"));
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "no subscription") == 1);  // not at each attempt
    CHECK(count(module.err(), "again") == 0);            // nothing was missed: it had not subscribed

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
    CHECK(count(other.err(), "waiting for Redis at " + slips.main.socket() + ": ERR max number of clients reached; ") ==
          1);
    CHECK(count(other.err(), "Redis at") == 1);  // not at each attempt
    CHECK(count(other.err(), "again") == 0);
}

TEST_CASE("after a restart of Redis a module receives again and on_gap() is called") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    for (int round = 1; round <= 3; ++round) {
        slips.restart_main();
        REQUIRE(slips.wait_for_listener("new_flow"));
        slips.publish({.uid = "Cround" + std::to_string(round)});
        CHECK(module.says("flow Cround" + std::to_string(round)));
        CHECK(count(module.out(), "hook on_gap: the server closed the connection") == static_cast<std::size_t>(round));
    }
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["redis"]["reconnects"] == 3);
    CHECK(count(module.err(), "reconnected to Redis") == 3);
    CHECK(count(module.err(), "subscribed again after") == 3);
}

TEST_CASE("a gap ends when the subscription is confirmed, not when it is requested") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    // the test's client, the module's commands, and one in place of its subscription: no room is left
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
    CHECK(count(module.err(), "subscribed again after") == 1);
}

TEST_CASE("a module that Redis disconnects for being slow receives again and on_gap() is called") {
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

TEST_CASE("without the cache evidence is sent all the same, and one line reports it") {
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

TEST_CASE("a cache that stops or hangs while evidence waits for it loses none") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.cache.pause();
    slips.publish({.uid = "C1"});
    // it has sent its queries, and waits
    CHECK(eventually([&] { return slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "1"; }));
    CHECK(slips.stored() == 0);
    slips.cache.kill();
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
}

TEST_CASE("a Redis that restarts with an older dump stores unacknowledged and later evidence once") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.know({});
        auto module = slips.start_hearing("detector", {"--stop-timeout", "15"});
        publish_flows(slips, 0, 20);
        REQUIRE(eventually([&] { return slips.stored() == 20; }));
        slips.db.command({"SAVE"});
        int sent = 20;
        for (int round = 0; round < 8; ++round) {
            publish_flows(slips, sent, sent + 300);
            sent += 300;
            slips.restart_main();
            REQUIRE(slips.wait_for_listener("new_flow"));
            REQUIRE(eventually([&] { return commanding(slips.db).size() == 1; }));
        }
        Subscriber alerts(slips.main.socket(), "evidence_added");
        publish_flows(slips, sent, sent + 50);
        CHECK(stop(module) == 0);
        const Json stats = slips.stats();
        CAPTURE(stats.dump());
        CHECK(stats["evidence"]["acknowledged"] == stats["evidence"]["accepted"]);
        CHECK(stats["evidence"]["given_up"] == 0);
        const auto stored = stored_by_description(slips);
        CHECK(stored.size() >= 70);
        for (const auto& entry : stored) CHECK_MESSAGE(entry.second == 1, entry.first);
        for (int i = 0; i < sent + 50; i = i == 19 ? sent : i + 1)
            CHECK(stored.contains("Connection to 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
        std::map<std::string, int> received;
        for (const std::string& text : alerts.messages())
            ++received[Json::parse(text)["description"].get<std::string>()];
        CHECK(received.size() >= 50);
        for (const auto& entry : received)
            CHECK_MESSAGE((entry.second == 1 && stored.contains(entry.first)), entry.first);
    }
}

TEST_CASE(
    "repeated FLUSHALL: no evidence is published twice, only flushed evidence is lost, and the module continues") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.know({});
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector", {"--stop-timeout", "15"});
        int sent = 0;
        for (int round = 0; round < 100; ++round) {
            publish_flows(slips, sent, sent + 40);
            sent += 40;
            slips.db.command({"FLUSHALL"});
            slips.know({});
        }
        // everything before is done once the next one is stored
        publish_flows(slips, sent, sent + 1);
        const std::string last = "Connection to 10.0." + std::to_string(sent / 250) + "." + std::to_string(sent % 250);
        ++sent;
        CHECK(eventually([&] { return stored_by_description(slips).contains(last); }));
        slips.db.command({"FLUSHALL"});
        slips.know({});
        publish_flows(slips, sent, sent + 40);
        CHECK(stop(module) == 0);
        const Json stats = slips.stats();
        CAPTURE(stats.dump());
        const auto number = [&](const char* name) { return stats["evidence"][name].get<std::size_t>(); };
        CHECK(number("accepted") == static_cast<std::size_t>(sent + 40));
        CHECK(number("acknowledged") + number("given_up") == number("accepted"));
        CHECK(number("lost") == 0);
        if (generation == Slips::current) CHECK(number("given_up") == 0);  // legacy: its window was flushed
        CHECK(slips.stored() == 40);
        std::map<std::string, int> received;
        for (const std::string& text : alerts.wait_for(number("published")))
            ++received[Json::parse(text)["description"].get<std::string>()];
        CHECK(received.size() == number("acknowledged"));
        for (const auto& entry : received) CHECK_MESSAGE(entry.second == 1, entry.first);
    }
}

TEST_CASE("two modules of the same name in one Slips neither disconnect each other nor lose or duplicate evidence") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.know({});
        Subscriber alerts(slips.main.socket(), "evidence_added");
        const std::string other_stats = slips.folder / "other.json";
        auto one = slips.start_hearing("detector", {"--stop-timeout", "15"});
        auto arguments = slips.over_sockets();
        arguments.insert(arguments.end(), {"--stats", other_stats, "--stop-timeout", "15"});
        auto other = slips.start("detector", arguments);
        REQUIRE(eventually([&] { return slips.listeners("new_flow") == 2; }));
        int sent = 0;
        int cuts = 0;
        for (int round = 0; round < 60; ++round) {
            std::vector<std::string> ids;
            REQUIRE(eventually([&] { return (ids = commanding(slips.db)).size() == 2; }));
            publish_flows(slips, sent, sent + 20);
            sent += 20;
            cuts += slips.db.integer({"CLIENT", "KILL", "ID", ids[static_cast<std::size_t>(round % 2)]}) == 1;
        }
        REQUIRE(eventually([&] { return commanding(slips.db).size() == 2; }));
        CHECK(stop(one) == 0);
        CHECK(stop(other) == 0);
        const Json stats[] = {slips.stats(), Json::parse(read_file(other_stats))};
        CHECK(cuts == 60);
        CHECK(stats[0]["redis"]["reconnects"].get<int>() + stats[1]["redis"]["reconnects"].get<int>() == cuts);
        for (const Json& of : stats) {
            CAPTURE(of.dump());
            CHECK(of["evidence"]["accepted"] == sent);
            CHECK(of["evidence"]["acknowledged"] == sent);
            CHECK(of["evidence"]["lost"] == 0);
        }
        // legacy identifies evidence by its description
        const std::size_t expected = static_cast<std::size_t>(sent) * (generation == Slips::legacy ? 1 : 2);
        CHECK(slips.stored() == expected);
        std::set<std::string> received;
        for (const std::string& text : alerts.wait_for(expected)) {
            const Json evidence = Json::parse(text);
            received.insert(evidence[generation == Slips::legacy ? "ID" : "id"].get<std::string>());
        }
        CHECK(alerts.messages().size() == expected);
        CHECK(received.size() == expected);
        if (generation == Slips::current)
            CHECK(slips.db.text({"GET", "number_of_evidence"}) == std::to_string(expected));
    }
}
