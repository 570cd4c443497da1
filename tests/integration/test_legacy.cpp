// A module in legacy Slips, from flow to evidence.
#include "host.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

using namespace integration;

namespace {

/// Sets evidence into a window, with WATCH as a module should, until stopped, or until the module had enough
/// opportunities. Returns how often.
int compete(Client client, const std::string& key, const std::atomic<bool>& end) {
    int written = 0;
    for (; !end && written < 300; breathe()) {
        client.command({"WATCH", key});
        const std::string text = client.text({"HGET", key, "Evidence"});
        Json held = text.empty() ? Json::object() : Json::parse(text);
        held["competitor " + std::to_string(written)] = "{}";
        const auto replies = client.commands({{"MULTI"}, {"HSET", key, "Evidence", held.dump()}, {"EXEC"}});
        if (!replies.back().nil()) ++written;
    }
    return written;
}

}  // namespace

TEST_CASE("legacy: evidence is stored in both hashes, and published once for each description") {
    Host slips(Slips::legacy);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    for (int i = 1; i <= 4; ++i)
        for (int repeat = 0; repeat < 3; ++repeat)
            slips.publish({.uid = "C" + std::to_string(10 * i + repeat),
                           .daddr = "192.168.1." + std::to_string(i),
                           .time = 1700000000.5 + repeat});
    CHECK(stop(module) == 0);

    const auto stored = slips.evidence(flow);
    REQUIRE(stored.size() == 4);
    CHECK(slips.db.text({"HGET", flow.key(), "Evidence"}) ==
          slips.db.text({"HGET", "evidence" + flow.profile(), "timewindow1"}));
    REQUIRE(alerts.wait_for(4).size() == 4);
    std::set<std::string> described;
    for (const std::string& text : alerts.messages()) {
        const Json evidence = Json::parse(text);
        CHECK_FALSE(evidence.contains("version"));
        described.insert(evidence["description"].get<std::string>());
    }
    CHECK(described.size() == 4);
    // of repeats the last is stored
    CHECK(stored.at("Connection to 192.168.1.2")["uid"] == "C22");
    CHECK(stored.at("Connection to 192.168.1.2")["stime"] == 1700000002.5);

    const Json stats = slips.stats();
    CHECK(stats["generation"] == "legacy");
    CHECK(stats["evidence"]["accepted"] == 12);
    CHECK(stats["evidence"]["acknowledged"] == 12);
    CHECK(stats["evidence"]["published"] == 4);
    CHECK(stats["evidence"]["deduplicated"] == 8);
    CHECK(stats["evidence"]["lost"] == 0);
}

TEST_CASE("legacy: evidence has the values of the flow and of the author, in Slips' order") {
    Host slips(Slips::legacy);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "Cone", .state = "attacked", .time = 1700000000, .window = 2};
    slips.know(flow);
    slips.publish(flow);
    REQUIRE(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
    const auto stored = slips.evidence(flow);
    const std::string id = stored.at("Connection to 192.168.1.18")["ID"].get<std::string>();
    CHECK(alerts.messages().front() ==
          R"({"profileid": "profile_192.168.1.12", "twid": "timewindow2", "type_detection": "dstip", )"
          R"("detection_info": "192.168.1.18", "type_evidence": "ConnectionToPrivateIP", )"
          R"("description": "Connection to 192.168.1.18", "stime": 1700000000.0, "uid": "Cone", )"
          R"("confidence": 0.8, "threat_level": "high", "category": "Anomaly.Connection", "ID": ")" +
              id + R"(", "port": "80", "proto": "TCP"})");
}

TEST_CASE("legacy: evidence against the profile itself has threat level info") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector");
    const Flow itself{.uid = "C1"};
    const Flow other{.uid = "C2", .daddr = "192.168.1.19", .state = "attacked"};
    slips.know(itself);
    slips.publish(itself);
    slips.publish(other);
    CHECK(stop(module) == 0);
    const auto stored = slips.evidence(itself);
    CHECK(stored.at("Connection to 192.168.1.18")["threat_level"] == "info");
    CHECK(stored.at("Connection to 192.168.1.18")["type_detection"] == "srcip");
    CHECK(stored.at("Connection to 192.168.1.19")["threat_level"] == "high");
    CHECK(stored.at("Connection to 192.168.1.19")["type_detection"] == "dstip");
}

TEST_CASE("legacy: the cache stores the attacker's score and keeps its other values") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    const Flow other{.uid = "C2", .daddr = "192.168.1.19", .state = "attacked"};
    slips.know(flow);
    slips.cache_db.command({"HSET", "IPsInfo", flow.saddr, R"({"asn": {"asnorg": "Example"}, "score": 0.5})"});
    slips.publish(flow);
    slips.publish(other);
    CHECK(stop(module) == 0);
    const Json of_profile = Json::parse(slips.cache_db.text({"HGET", "IPsInfo", flow.saddr}));
    CHECK(of_profile == Json{{"asn", {{"asnorg", "Example"}}}, {"score", 1}, {"confidence", 1}});
    const Json of_other = Json::parse(slips.cache_db.text({"HGET", "IPsInfo", other.daddr}));
    CHECK(of_other == Json{{"score", 1}, {"confidence", 1}});
}

TEST_CASE("legacy: evidence that a window already holds stays, and its descriptions count as published") {
    Host slips(Slips::legacy);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    const Json held = {{"Connection to 192.168.1.18", "{}"}, {"Something else, \u00fc", "{}"}};
    slips.db.command({"HSET", flow.key(), "Evidence", held.dump()});
    slips.publish(flow);
    slips.publish({.uid = "C2", .daddr = "192.168.1.19"});
    CHECK(stop(module) == 0);
    CHECK(slips.evidence(flow).size() == 3);
    REQUIRE(alerts.wait_for(1).size() == 1);
    CHECK(Json::parse(alerts.messages().front())["description"] == "Connection to 192.168.1.19");
    CHECK(slips.stats()["evidence"]["deduplicated"] == 1);
}

TEST_CASE("legacy: evidence for a window that does not exist is refused, and nothing of it is written") {
    Host slips(Slips::legacy);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow known{.uid = "C1"};
    const Flow unknown{.uid = "C2", .saddr = "192.168.1.77", .window = 9};
    slips.know(known);
    for (int i = 0; i < 3; ++i) slips.publish(unknown);
    slips.publish(known);
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(alerts.wait_for(1).size() == 1);
    CHECK(slips.db.integer({"EXISTS", unknown.key(), "evidence" + unknown.profile()}) == 0);
    CHECK(count(module.err(), "evidence given up: Slips has no timewindow9 for profile_192.168.1.77") == 1);
    const Json stats = slips.stats();
    CHECK(stats["evidence"]["given_up"] == 3);
    CHECK(stats["evidence"]["acknowledged"] == 1);
    CHECK(stats["evidence"]["lost"] == 0);
    // refused evidence changes no score
    CHECK(slips.cache_db.command({"HGET", "IPsInfo", unknown.saddr}).nil());
    CHECK_FALSE(slips.cache_db.command({"HGET", "IPsInfo", known.saddr}).nil());
}

TEST_CASE("legacy: a window whose evidence cannot be read is left unchanged") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    const Flow other{.uid = "C2", .window = 2};
    slips.know(flow);
    slips.know(other);
    slips.db.command({"HSET", flow.key(), "Evidence", "no JSON"});
    slips.publish(flow);
    slips.publish(other);
    CHECK(stop(module) == 0);
    CHECK(slips.db.text({"HGET", flow.key(), "Evidence"}) == "no JSON");
    CHECK(slips.evidence(other).size() == 1);
    CHECK(slips.stats()["evidence"]["given_up"] == 1);
    CHECK(count(module.err(), "evidence given up: the evidence of profile_192.168.1.12_timewindow1 in Redis") == 1);
}

TEST_CASE("legacy: two modules that write into one window lose none of each other's evidence") {
    int competitors = 0;
    int conflicts = 0;
    for (int round = 0; round < 20 && (competitors == 0 || conflicts == 0);
         ++round) {  // a busy machine may run one at a time
        Host slips(Slips::legacy);
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector");
        const Flow flow{.uid = "C1"};
        slips.know(flow);
        std::atomic<bool> end{false};
        int written = 0;
        std::thread competitor([&] { written = compete(slips.main.client(), flow.key(), end); });
        // each after the previous one is stored, so that there are many transactions
        for (int i = 1; i <= 150; ++i) {
            slips.publish({.uid = "C" + std::to_string(i), .daddr = "10.0.0." + std::to_string(i)});
            alerts.wait_for(static_cast<std::size_t>(i));
        }
        end = true;
        competitor.join();
        CHECK(stop(module) == 0);
        const Json held = Json::parse(slips.db.text({"HGET", flow.key(), "Evidence"}));
        CHECK(held.size() == static_cast<std::size_t>(150 + written));
        CHECK(alerts.messages().size() == 150);
        const Json stats = slips.stats();
        CHECK(stats["evidence"]["acknowledged"] == 150);
        CHECK(stats["evidence"]["published"] == 150);
        competitors += written;
        conflicts += stats["redis"]["conflicts"].get<int>();
    }
    CHECK(competitors > 0);
    CHECK(conflicts > 0);
}

TEST_CASE(
    "legacy: a module writes no counters of current Slips, and leaves no keys that Slips does not know but its own") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    slips.publish(flow);
    CHECK(stop(module) == 0);
    std::set<std::string> keys;
    for (const std::string& key : slips.db.texts({"KEYS", "*"})) keys.insert(key.substr(0, 23));
    CHECK(keys == std::set<std::string>{"detector_evidence_batch", "evidence" + flow.profile().substr(0, 15),
                                        flow.key().substr(0, 23), "profiles", "slips_sdk_metrics",
                                        "tws" + flow.profile()});
    for (const std::string& key : slips.db.texts({"KEYS", "detector_evidence_batch*"}))
        CHECK(slips.db.integer({"TTL", key}) > 0);
}

TEST_CASE("legacy: stop_process on a subscribed channel stops a module, after the messages before it") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    for (int i = 1; i <= 50; ++i)
        slips.publish({.uid = "C" + std::to_string(i), .daddr = "10.0.0." + std::to_string(i)});
    slips.publish("new_flow", "stop_process");
    CHECK(module.wait() == 0);
    CHECK(slips.evidence(flow).size() == 50);
    CHECK(slips.stats()["stopped_by"] == "stop_process");
    CHECK(slips.stats()["messages"]["received"] == 50);
}

TEST_CASE("legacy: with --register a module appears in PIDs and publishes once that it has finished") {
    Host slips(Slips::legacy);
    Subscriber finished(slips.main.socket(), "finished_modules");
    auto module = slips.start_hearing("detector", {"--generation", "legacy", "--register"});
    CHECK(slips.db.text({"HGET", "PIDs", "detector"}) == std::to_string(module.pid()));
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    slips.publish(flow);
    slips.publish("new_flow", "stop_process");
    slips.publish("new_flow", "stop_process");
    CHECK(module.wait() == 0);
    CHECK(finished.wait_for(1) == std::vector<std::string>{"detector"});
    CHECK(finished.wait_for(2, 50ms).size() == 1);
    CHECK(slips.evidence(flow).size() == 1);
}

TEST_CASE("legacy: without --register a module does neither") {
    Host slips(Slips::legacy);
    Subscriber finished(slips.main.socket(), "finished_modules");
    auto module = slips.start_hearing("detector", {"--generation", "legacy"});
    slips.publish("new_flow", "stop_process");
    CHECK(module.wait() == 0);
    CHECK(slips.db.integer({"EXISTS", "PIDs"}) == 0);
    CHECK(finished.wait_for(1, 50ms).empty());
}

TEST_CASE("legacy: a registered module that fails to start still publishes that it has finished") {
    for (const std::string setting : {"false", "throws"}) {
        CAPTURE(setting);
        Host slips(Slips::legacy);
        Subscriber finished(slips.main.socket(), "finished_modules");
        auto arguments = slips.over_sockets();
        arguments.insert(arguments.end(), {"--generation", "legacy", "--register"});
        auto module = slips.start("hooks", arguments, {{"INIT", setting}});
        CHECK(module.wait() == 1);
        // Slips waits forever for a registered module that does not
        CHECK(finished.wait_for(1, 500ms) == std::vector<std::string>{"hooks"});
    }
}
