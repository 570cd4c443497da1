// Evidence for current Slips, byte for byte as in the contract.
#include "slips/impl/wire/hash_evidence.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages.hpp"
#include "slips/impl/testing/fake_redis.hpp"

namespace wire = slips::wire;
namespace hash_evidence = slips::wire::hash_evidence;
using hash_evidence::Enrichment;
using slips::testing::commands_in;
using slips::testing::joined;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";

slips::Context context() {
    slips::Context context;
    context.profileid = "profile_192.168.1.12";
    context.twid = "timewindow1";
    context.uids = {"CUid1", "CUid2"};
    context.timestamp = 1654188705.0;
    context.interface = "eth0";
    context.saddr = "192.168.1.12";
    context.daddr = "192.168.1.18";
    return context;
}

slips::Evidence completed(slips::Evidence evidence = slips_test::local_connection()) {
    evidence.id = id;
    return slips::complete(std::move(evidence), context());
}

/// Counts the replies it receives.
struct Counter final : slips::wire::ReplyHandler {
    std::size_t replies = 0;
    void reply(std::uint8_t, std::uint32_t index, const slips::wire::Reply&, slips::Clock::time_point) override {
        CHECK(index == 3);
        ++replies;
    }
};
enum class Tag : std::uint8_t { any };

/// The commands of one evidence, and where those that count answer.
std::vector<std::string> commands(const slips::Evidence& evidence, const hash_evidence::Facts& facts,
                                  hash_evidence::Places& places) {
    slips::wire::Pipeline main;
    Counter queued, exec;
    places = hash_evidence::send(main, {queued, Tag::any, 3}, {exec, Tag::any, 3}, evidence, context(),
                                 R"({"id": "x"})", "1.1.21", facts);
    std::vector<std::string> lines;
    for (const auto& words : commands_in(main.bytes())) lines.push_back(joined(words));
    CHECK(main.outstanding() == lines.size());
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) main.dispatch({}, {});
    CHECK(queued.replies + 1 == lines.size());
    main.dispatch({}, {});
    CHECK(exec.replies == 1);
    return lines;
}

Enrichment ip_facts(std::size_t fact, std::string_view text) {
    Enrichment facts;
    hash_evidence::read_ip_fact(fact, text, facts);
    return facts;
}

}  // namespace

TEST_CASE("the object has the fields of the contract, in its order") {
    const std::string nothing_known =
        R"("TI": null, "AS": null, "rDNS": null, "SNI": null, "DNS_resolution": null, "queries": null, "CNAME": null)";
    CHECK(hash_evidence::encode(completed(), context(), {}, {}) ==
          R"({"evidence_type": "CONNECTION_TO_PRIVATE_IP", )"
          R"("description": "a connection to the local device 192.168.1.18", )"
          R"("attacker": {"direction": "SRC", "ioc_type": "IP", "value": "192.168.1.12", )"
          R"("profile": {"ip": "192.168.1.12"}, )" +
              nothing_known +
              R"(}, "threat_level": "HIGH", "profile": {"ip": "192.168.1.12"}, )"
              R"("timewindow": {"number": 1, "start_time": "", "end_time": ""}, "uid": ["CUid1", "CUid2"], )"
              R"("timestamp": 1654188705.0, "interface": "eth0", )"
              R"("victim": {"direction": "DST", "ioc_type": "IP", "value": "192.168.1.18", )" +
              nothing_known +
              R"(}, "proto": false, "dst_port": null, "src_port": null, "method": "HEURISTIC", )"
              R"("id": ")" +
              id + R"(", "confidence": 0.8, "rel_id": null})");
}

TEST_CASE("absent and present values are spelled as Slips spells them") {
    auto evidence = slips_test::local_connection();
    evidence.victim = {};
    evidence.attacker = slips::Ioc("evil.example", slips::Direction::dst);
    evidence.proto = slips::Proto::udp;
    evidence.src_port = 53;
    evidence.dst_port = 0;
    evidence.confidence = 1;
    evidence.threat_level = slips::ThreatLevel::critical;
    evidence.method = slips::Method::ai;
    evidence.related_ids = {id};
    slips::Context negative = context();
    negative.twid = "timewindow-3";
    const auto json = nlohmann::json::parse(hash_evidence::encode(completed(evidence), negative, {}, {}));
    CHECK(json["victim"] == false);
    CHECK(json["attacker"]["profile"] == "");
    CHECK(json["attacker"]["ioc_type"] == "DOMAIN");
    CHECK(json["attacker"]["direction"] == "DST");
    CHECK(json["proto"] == "UDP");
    CHECK(json["src_port"] == 53);
    CHECK(json["dst_port"] == 0);
    CHECK(json["confidence"].dump() == "1.0");
    CHECK(json["threat_level"] == "CRITICAL");
    CHECK(json["method"] == "AI");
    CHECK(json["rel_id"] == std::vector<std::string>{id});
    CHECK(json["timewindow"]["number"] == -3);
}

TEST_CASE("any bytes of an author become ASCII JSON") {
    auto evidence = slips_test::local_connection();
    evidence.description = "host \xff\xfe \xf0\x9f\x90\x9b \"quoted\" \\ \xc3\xa9";
    evidence.category = "x";
    slips::Context odd = context();
    odd.interface = "eth\x80";
    const std::string text =
        wire::stamped(hash_evidence::encode(slips::complete(evidence, odd), odd, {}, {}), "1.1.\xff");
    for (const char c : text) REQUIRE((c >= 0x20 && c < 0x7f));
    const auto json = nlohmann::json::parse(text);
    CHECK(json["description"] == "host \xEF\xBF\xBD\xEF\xBF\xBD \xf0\x9f\x90\x9b \"quoted\" \\ \xc3\xa9");
}

TEST_CASE("the version is the last field, and only in the published object") {
    CHECK(wire::stamped(R"({"id": "x"})", "1.1.21") == R"({"id": "x", "version": "1.1.21"})");
    CHECK(wire::stamped("10.0.0.1", "1.1.21") == R"({"text": "10.0.0.1", "version": "1.1.21"})");
}

TEST_CASE("an evidence's commands are those of the contract, the hash before the publish") {
    hash_evidence::Places places;
    CHECK(commands(completed(), {}, places) ==
          std::vector<std::string>{"MULTI", "HSET flows_causing_evidence " + id + R"( ["CUid1", "CUid2"])",
                                   "HSET profile_192.168.1.12_timewindow1_evidence " + id + R"( {"id": "x"})",
                                   "INCRBY number_of_evidence 1", "HINCRBY msgs_published_at_runtime evidence_added 1",
                                   R"(PUBLISH evidence_added {"id": "x", "version": "1.1.21"})",
                                   "HSET profile_192.168.1.12 threat_level high", "EXEC"});
    CHECK(places.store == 1);  // EXEC has no reply for MULTI
    CHECK(places.publish == 4);
    const auto raised = commands(completed(), {.raise_max_level = true}, places);
    CHECK(raised[7] == "HSET profile_192.168.1.12 max_threat_level high");
    CHECK(raised.size() == 9);

    auto domain = slips_test::local_connection();
    domain.attacker = "evil.example";
    const auto without = commands(completed(domain), {.raise_max_level = true}, places);
    CHECK(without.size() == 7);
    CHECK(without[5].starts_with("PUBLISH"));
}

TEST_CASE("a new profile is created in the same transaction") {
    hash_evidence::Places places;
    const auto lines = commands(completed(), {.new_profile = true, .width = 300}, places);
    const std::vector<std::string> first(lines.begin(), lines.begin() + 11);
    CHECK(first == std::vector<std::string>{
                       "MULTI", "ZADD profiles 1654188705.0 profile_192.168.1.12", "ZREMRANGEBYRANK profiles 0 -2001",
                       "HSET profile_192.168.1.12 starttime 1654188705.0", "HSET profile_192.168.1.12 duration 300.0",
                       "HSET profile_192.168.1.12 confidence 0.05", "HINCRBY msgs_published_at_runtime new_ip 1",
                       R"(PUBLISH new_ip {"text": "192.168.1.12", "version": "1.1.21"})",
                       "HINCRBY msgs_published_at_runtime new_profile 1",
                       R"(PUBLISH new_profile {"text": "192.168.1.12", "version": "1.1.21"})",
                       "HSET flows_causing_evidence " + id + R"( ["CUid1", "CUid2"])"});
    CHECK(lines[places.store + 1].starts_with("HSET profile_192.168.1.12_timewindow1_evidence"));
    CHECK(lines[places.publish + 1].starts_with("PUBLISH evidence_added"));
}

TEST_CASE("cache values about an address are used only in the form that Slips writes") {
    CHECK(ip_facts(0, R"({"number": "AS16509", "org": "Ama\u00e9zon"})").as ==
          R"({"number":"AS16509","org":"Ama\u00e9zon"})");
    CHECK(ip_facts(0, "null").as == "null");
    CHECK(ip_facts(0, "[1]").as == "null");
    // Slips calls .lower() on the organisation, and searches a set for the number
    CHECK(ip_facts(0, R"({"number": 16509, "org": null, "x": "y"})").as == "null");
    CHECK(ip_facts(0, R"({"number": 16509, "org": "Amazon"})").as == R"({"org":"Amazon"})");
    CHECK(ip_facts(1, "host.example").rdns == R"("host.example")");
    CHECK(ip_facts(1, R"("host.example")").rdns == R"("host.example")");
    CHECK(ip_facts(1, "12").rdns == "null");
    CHECK(ip_facts(1, "host\xff").rdns == R"("host\ufffd")");
    CHECK(ip_facts(2, R"([{"server_name": "a.example", "dport": 443}, {"server_name": "b"}])").sni == R"("a.example")");
    CHECK(ip_facts(2, R"({"server_name": "a.example"})").sni == R"("a.example")");
    for (const char* text : {"[]", "[5]", "[[]]", "{}", R"([{"server_name": null}])", "no JSON", ""})
        CHECK(ip_facts(2, text).sni == "null");
    CHECK(ip_facts(3, R"({"source": "feed.csv", "threat_level": "high"})").ti == R"("feed.csv")");
    for (const char* text : {R"({"source": 5})", "{}", "[]", "feed", ""}) CHECK(ip_facts(3, text).ti == "null");
    CHECK(ip_facts(4, R"({"domains": ["a.example", "b.example"], "ts": 5})").queries == R"(["a.example","b.example"])");
    CHECK(ip_facts(4, R"(["a.example"])").queries == R"(["a.example"])");
    CHECK(ip_facts(4, R"({"domains": [1, "", "a.example", null]})").queries == R"(["a.example"])");
    for (const char* text : {R"({"domains": null})", "5", "{}", ""}) CHECK(ip_facts(4, text).queries == "null");
    CHECK(ip_facts(1, std::string(70'000, 'x')).rdns == "null");
}

TEST_CASE("cache values about a domain are used only in the form that Slips writes") {
    const auto read = [](std::string_view text) {
        Enrichment facts;
        hash_evidence::read_domain_facts(text, facts);
        return facts;
    };
    const Enrichment facts =
        read(R"({"IPs": ["10.0.0.1"], "CNAME": ["c.example"], "threatintelligence": {"source": "f"}})");
    CHECK(facts.cname == R"(["c.example"])");
    CHECK(facts.dns_resolution == R"(["10.0.0.1"])");
    CHECK(facts.ti == R"("f")");
    CHECK(read("{}").cname == "[]");
    CHECK(read("{}").dns_resolution == "[]");
    CHECK(read(R"({"IPs": [5], "threatintelligence": "x"})").dns_resolution == "[]");
    CHECK(read(R"({"IPs": ["name.example", "10.0.0.1", "::1", "10.0.0.1/8"]})").dns_resolution ==
          R"(["10.0.0.1","::1"])");
    CHECK(read("[]").cname == "null");
    CHECK(read("no JSON").cname == "null");
}

TEST_CASE("deeply nested text in the cache does not end the module") {
    const std::size_t depth = 200'000;
    const std::string deep = R"({"number": )" + std::string(depth, '[') + std::string(depth, ']') + "}";
    const auto known = ip_facts(0, deep).as;
    CHECK((known == "null" || nlohmann::json::accept(known)));
    CHECK(ip_facts(4, std::string(depth, '[') + std::string(depth, ']')).queries == "null");
}

TEST_CASE("enrichment is written where Slips' whitelists read it") {
    Enrichment attacker;
    attacker.ti = R"("feed")";
    attacker.as = R"({"number":"AS1"})";
    Enrichment victim;
    victim.sni = R"("nas.local")";
    const auto json = nlohmann::json::parse(hash_evidence::encode(completed(), context(), attacker, victim));
    CHECK(json["attacker"]["TI"] == "feed");
    CHECK(json["attacker"]["AS"]["number"] == "AS1");
    CHECK(json["victim"]["SNI"] == "nas.local");
    CHECK(json["victim"]["TI"].is_null());
}
