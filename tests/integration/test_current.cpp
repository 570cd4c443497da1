// A module in current Slips, from flow to evidence.
#include "host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <set>

using namespace integration;

namespace {

/// Returns the index of the first line that contains all the words, or nullopt.
std::size_t place_of(const std::vector<std::string>& lines, const std::vector<std::string>& words) {
    const auto found = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return std::all_of(words.begin(), words.end(),
                           [&](const std::string& word) { return line.find(word) != std::string::npos; });
    });
    return static_cast<std::size_t>(found - lines.begin());
}

}  // namespace

TEST_CASE("each flow's evidence is stored once and published once") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow first{.uid = "C1"};
    slips.know(first);
    for (int i = 1; i <= 20; ++i)
        slips.publish({.uid = "C" + std::to_string(i), .daddr = "192.168.1." + std::to_string(100 + i)});
    CHECK(stop(module) == 0);

    const auto stored = slips.evidence(first);
    CHECK(stored.size() == 20);
    CHECK(slips.stored() == 20);
    REQUIRE(alerts.wait_for(20).size() == 20);
    std::set<std::string> published;
    for (const std::string& text : alerts.messages()) {
        const Json evidence = Json::parse(text);
        CHECK(evidence["version"] == version);
        CHECK(text.ends_with("\"version\": \"1.1.21\"}"));
        published.insert(evidence["id"].get<std::string>());
    }
    CHECK(published.size() == 20);
    for (const auto& [id, evidence] : stored) {
        CHECK(published.contains(id));
        CHECK_FALSE(evidence.contains("version"));
        const auto uids = slips.db.text({"HGET", "flows_causing_evidence", id});
        CHECK(Json::parse(uids) == evidence["uid"]);
    }
    CHECK(slips.db.text({"GET", "number_of_evidence"}) == "20");
    CHECK(slips.db.text({"HGET", "msgs_published_at_runtime", "evidence_added"}) == "20");
    CHECK(slips.db.integer({"TTL", "flows_causing_evidence"}) > 0);

    const Json stats = slips.stats();
    CHECK(stats["evidence"]["accepted"] == 20);
    CHECK(stats["evidence"]["acknowledged"] == 20);
    CHECK(stats["evidence"]["published"] == 20);
    CHECK(stats["evidence"]["unheard"] == 0);
    CHECK(stats["evidence"]["lost"] == 0);
    CHECK(stats["redis"]["error_replies"] == 0);
}

TEST_CASE("evidence has the values of the flow and of the author") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "Cone", .appproto = "medium", .window = 3};
    slips.know(flow);
    slips.publish(flow);
    CHECK(stop(module) == 0);
    const auto stored = slips.evidence(flow);
    REQUIRE(stored.size() == 1);
    const Json& evidence = stored.begin()->second;
    CHECK(evidence["id"] == stored.begin()->first);
    CHECK(evidence["evidence_type"] == "CONNECTION_TO_PRIVATE_IP");
    CHECK(evidence["description"] == "Connection to 192.168.1.18");
    CHECK(evidence["attacker"]["value"] == "192.168.1.12");
    CHECK(evidence["attacker"]["direction"] == "SRC");
    CHECK(evidence["attacker"]["ioc_type"] == "IP");
    CHECK(evidence["attacker"]["profile"]["ip"] == "192.168.1.12");
    CHECK(evidence["victim"]["value"] == "192.168.1.18");
    CHECK(evidence["victim"]["direction"] == "DST");
    CHECK(evidence["threat_level"] == "MEDIUM");
    CHECK(evidence["confidence"] == 0.8);
    CHECK(evidence["timewindow"]["number"] == 3);
    CHECK(evidence["uid"] == Json::array({"Cone"}));
    CHECK(evidence["timestamp"] == 1700000000.5);
    CHECK(evidence["interface"] == "default");
    CHECK(evidence["proto"] == "TCP");
    CHECK(evidence["dst_port"] == 80);
    CHECK(evidence["src_port"].is_null());
    CHECK(evidence["rel_id"].is_null());
}

TEST_CASE("evidence is stored completely before it is published") {
    Host slips(Slips::current);
    Monitor monitor(slips.main.socket());
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1"};
    slips.publish(flow);  // of a profile that Slips does not know
    REQUIRE(alerts.wait_for(1).size() == 1);
    const Json evidence = Json::parse(alerts.messages().front());
    Json stored = slips.evidence(flow).at(evidence["id"].get<std::string>());
    stored["version"] = version;
    CHECK(stored == evidence);

    const auto lines = monitor.until("\"EXEC\"");
    const std::size_t multi = place_of(lines, {"\"MULTI\""});
    const std::size_t profile = place_of(lines, {"\"ZADD\" \"profiles\" \"1700000000.5\" \"profile_192.168.1.12\""});
    const std::size_t news = place_of(lines, {"\"PUBLISH\" \"new_profile\""});
    const std::size_t cause = place_of(lines, {"\"HSET\" \"flows_causing_evidence\""});
    const std::size_t hash = place_of(lines, {"\"HSET\" \"profile_192.168.1.12_timewindow1_evidence\""});
    const std::size_t publish = place_of(lines, {"\"PUBLISH\" \"evidence_added\""});
    CHECK(multi < profile);
    CHECK(profile < news);
    CHECK(news < cause);
    CHECK(cause < hash);
    CHECK(hash < publish);
    CHECK(publish < lines.size() - 1);
    CHECK(stop(module) == 0);
}

TEST_CASE("a profile that Slips does not know is created and published") {
    Host slips(Slips::current);
    Subscriber profiles(slips.main.socket(), "new_profile");
    Subscriber ips(slips.main.socket(), "new_ip");
    auto module = slips.start_hearing("detector");
    const Flow flow{.uid = "C1", .saddr = "10.0.0.7"};
    slips.publish(flow);
    slips.publish(flow);
    CHECK(stop(module) == 0);
    CHECK(slips.db.text({"ZSCORE", "profiles", "profile_10.0.0.7"}) == "1700000000.5");
    CHECK(slips.db.text({"HGET", "profile_10.0.0.7", "starttime"}) == "1700000000.5");
    CHECK(slips.db.text({"HGET", "profile_10.0.0.7", "confidence"}) == "0.05");
    CHECK_FALSE(slips.db.command({"HGET", "profile_10.0.0.7", "duration"}).nil());
    CHECK(profiles.wait_for(1) == std::vector<std::string>{R"({"text": "10.0.0.7", "version": "1.1.21"})"});
    CHECK(ips.wait_for(1) == std::vector<std::string>{R"({"text": "10.0.0.7", "version": "1.1.21"})"});
    CHECK(slips.stored() == 2);
}

TEST_CASE("messages and flows are counted") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.know({});
    for (int i = 1; i <= 700; ++i) slips.publish({.uid = "C" + std::to_string(i)});
    // within a second, not only when it stops
    CHECK(eventually([&] {
        return slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "700";
    }));
    slips.publish({.uid = ""});  // Slips counts it under a hash of its Python form, which the SDK leaves out
    CHECK(stop(module) == 0);
    CHECK(slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "701");
    const auto seen = slips.db.pairs({"HGETALL", "number_of_subscribers_who_processed_this_msg_new_flow"});
    CHECK(seen.size() == 700);
    CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& flow) { return flow.second == "1"; }));
    CHECK(slips.db.text({"GET", "flows_analyzed_by_all_modules_per_minute"}) == "700");
    const auto left = slips.db.integer({"TTL", "flows_analyzed_by_all_modules_per_minute"});
    CHECK(left > 0);
    CHECK(left <= 60);
}

TEST_CASE("a flow counts as analysed by all only after the last module has received it") {
    Host slips(Slips::current);
    auto one = slips.start_hearing("detector");
    auto other = slips.start_hearing("thrower");
    slips.know({});
    for (int i = 1; i <= 10; ++i) slips.publish({.uid = "C" + std::to_string(i)});
    CHECK(eventually([&] { return slips.db.text({"GET", "flows_analyzed_by_all_modules_per_minute"}) == "10"; }));
    CHECK(stop(one) == 0);
    CHECK(stop(other) == 0);
    for (const auto& [uid, times] :
         slips.db.pairs({"HGETALL", "number_of_subscribers_who_processed_this_msg_new_flow"}))
        CHECK(times == "2");
    CHECK(slips.db.text({"GET", "flows_analyzed_by_all_modules_per_minute"}) == "10");
}

TEST_CASE("the attacker's threat level is updated, its maximum only rises, and the cache stores the scores") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    Flow flow{.uid = "C1", .appproto = "medium"};
    slips.know(flow);
    slips.db.command({"HSET", flow.profile(), "max_threat_level", "low"});
    const auto level = [&](const char* which) { return slips.db.text({"HGET", flow.profile(), which}); };
    const auto next = [&](const char* threat_level) {
        const std::size_t before = alerts.messages().size();
        flow.appproto = threat_level;
        slips.publish(flow);
        CHECK(alerts.wait_for(before + 1).size() == before + 1);
    };
    next("medium");
    CHECK(level("threat_level") == "medium");
    CHECK(level("max_threat_level") == "medium");
    next("low");
    CHECK(level("threat_level") == "low");
    CHECK(level("max_threat_level") == "medium");
    next("critical");
    next("info");
    CHECK(level("threat_level") == "info");
    CHECK(level("max_threat_level") == "critical");
    CHECK(stop(module) == 0);
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", flow.saddr}) == "1");
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:confidence", flow.saddr}) == "0.8");
    CHECK(slips.cache_db.command({"HGET", "IPsInfo:score", flow.daddr}).nil());
    // and only in its database 1
    Client zero = slips.cache.client();
    CHECK(zero.integer({"DBSIZE"}) == 0);
}

TEST_CASE("evidence contains what the cache knows of its addresses") {
    Host slips(Slips::current);
    const Flow flow{.uid = "C1"};
    slips.know(flow);
    slips.cache_db.commands({
        {"HSET", "IPsInfo:asn", flow.daddr, R"({"number": "AS64500", "org": "Example"})"},
        {"HSET", "IPsInfo:reverse_dns", flow.daddr, R"("printer.example")"},
        {"HSET", "IPsInfo:SNI", flow.daddr, R"([{"server_name": "www.example", "dport": 443}])"},
        {"HSET", "IPsInfo:threatintelligence", flow.saddr, R"({"source": "a feed", "description": "bad"})"},
        {"HSET", "IPsInfo:DNS_resolution", flow.daddr, "no JSON {"},
    });
    auto module = slips.start_hearing("detector");
    slips.publish(flow);
    CHECK(stop(module) == 0);
    const auto stored = slips.evidence(flow);
    REQUIRE(stored.size() == 1);
    const Json& evidence = stored.begin()->second;
    CHECK(evidence["victim"]["AS"] == Json{{"number", "AS64500"}, {"org", "Example"}});
    CHECK(evidence["victim"]["rDNS"] == "printer.example");
    CHECK(evidence["victim"]["SNI"] == "www.example");
    CHECK(evidence["victim"]["queries"].is_null());
    CHECK(evidence["attacker"]["TI"] == "a feed");
    CHECK(evidence["attacker"]["AS"].is_null());
}

TEST_CASE("an evidence type of the module's own is sent if Slips knows it, else replaced or refused") {
    const Flow either{.uid = "C1", .dport = 80};
    const Flow only{.uid = "C2", .daddr = "192.168.1.19", .dport = 443};
    const auto types = [](Host& slips, const Flow& flow) {
        std::multiset<std::string> found;
        for (const auto& [id, evidence] : slips.evidence(flow))
            found.insert(evidence["evidence_type"].get<std::string>());
        return found;
    };
    {
        Host slips(Slips::current);
        auto module = slips.start_hearing("own_type", {"--registered-types", "CONNECTION_TO_LOCAL_DEVICE"});
        slips.publish(either);
        slips.publish(only);
        CHECK(stop(module) == 0);
        CHECK(types(slips, only) ==
              std::multiset<std::string>{"CONNECTION_TO_LOCAL_DEVICE", "CONNECTION_TO_LOCAL_DEVICE"});
    }
    Host slips(Slips::current);
    auto module = slips.start_hearing("own_type");
    CHECK(module.says("Slips does not know CONNECTION_TO_LOCAL_DEVICE: .unless_registered is sent instead"));
    slips.publish(either);
    slips.publish(only);
    slips.publish(only);
    CHECK(stop(module) == 0);
    CHECK(types(slips, only) == std::multiset<std::string>{"CONNECTION_TO_PRIVATE_IP"});
    CHECK(slips.stats()["evidence"]["refused"] == 2);
    CHECK(count(module.err(), "evidence refused: type: Slips does not know CONNECTION_TO_LOCAL_DEVICE") == 1);
}

TEST_CASE("evidence that would harm Slips is refused with the field's name, and nothing of it is written") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.know({});
    for (int i = 0; i < 3; ++i) slips.publish({.uid = "C" + std::to_string(i), .dport = 25});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 3);
    CHECK(slips.db.text({"GET", "number_of_evidence"}) == "3");
    CHECK(slips.db.integer({"HLEN", "flows_causing_evidence"}) == 3);
    CHECK(slips.stats()["evidence"]["accepted"] == 3);
    CHECK(slips.stats()["evidence"]["refused"] == 3);
    CHECK(count(module.err(), "evidence refused: confidence:") == 1);
}

TEST_CASE("messages of another Slips version are ignored, counted, and reported once") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.know({});
    slips.publish({.uid = "C1"});
    for (int i = 0; i < 3; ++i) slips.publish("new_flow", current_flow({.uid = "Cold"}, "1.1.20"));
    slips.publish("new_flow", current_flow({.uid = "Cnone"}, ""));
    slips.publish({.uid = "C2"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 2);
    const Json stats = slips.stats();
    CHECK(stats["messages"]["received"] == 6);
    CHECK(stats["messages"]["handled"] == 2);
    CHECK(stats["messages"]["other_version"] == 4);
    CHECK(count(module.err(), "skipping messages of Slips 1.1.20, as this is Slips 1.1.21") == 1);
    CHECK(count(module.err(), "skipping messages without a version, as this is Slips 1.1.21") == 1);
    // a Python module counts them as seen, but not as received
    CHECK(slips.db.integer({"HLEN", "number_of_subscribers_who_processed_this_msg_new_flow"}) == 4);
    CHECK(slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "2");
}

TEST_CASE("a module follows the version when Slips updates itself") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.know({});
    slips.db.command({"HSET", "analysis", "slips_version", "1.1.22"});
    // the first is ignored and makes the module query the version
    CHECK(eventually([&] {
        slips.publish("new_flow", current_flow({.uid = "Cnew"}, "1.1.22"));
        return !alerts.messages().empty();
    }));
    CHECK(Json::parse(alerts.messages().front())["version"] == "1.1.22");
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "Slips was updated from 1.1.21 to 1.1.22") == 1);
    CHECK(count(module.err(), "newer than") == 0);  // not an error
}

TEST_CASE("FLUSHDB does not stop a module, and later evidence is stored") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector");
    slips.know({});
    slips.publish({.uid = "C1"});
    REQUIRE(alerts.wait_for(1).size() == 1);
    slips.db.command({"FLUSHDB"});
    slips.know({});
    slips.publish({.uid = "C2"});
    REQUIRE(alerts.wait_for(2).size() == 2);
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(slips.stats()["evidence"]["acknowledged"] == 2);
}
