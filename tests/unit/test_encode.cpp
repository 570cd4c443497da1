// Messages to text and back: the harness encodes what decode() reads.
#include "slips/impl/wire/encode.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "messages.hpp"
#include "slips/generation.hpp"
#include "slips/message.hpp"

using namespace slips;
using nlohmann::json;

namespace {

/// Decodes, encodes and decodes again, with the same result. Returns the text.
template <class M>
std::string there_and_back(const M& message, Generation generation) {
    const std::string text = wire::encode(message, generation);
    M read;
    wire::DecodeError error;
    CHECK_MESSAGE(wire::decode(text, read, error), text << ": " << error.what);
    CHECK(wire::encode(read, generation) == text);
    return text;
}

template <class M>
void for_each_captured(const std::string& file, Generation generation) {
    std::ifstream in(std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/messages/" + file);
    std::size_t found = 0;
    for (std::string line; std::getline(in, line);) {
        const json captured = json::parse(line);
        if (captured["channel"] != channel_of<M>(generation)) continue;
        const auto text = captured["data"].get<std::string>();
        M message;
        wire::DecodeError error;
        REQUIRE_MESSAGE(wire::decode(text, message, error), error.what);
        there_and_back(message, generation);
        ++found;
    }
    CHECK(found > 0);
}

}  // namespace

TEST_CASE("captured messages are encoded and decoded unchanged") {
    for_each_captured<NewFlow>("current.jsonl", Generation::current);
    for_each_captured<TwClosed>("current.jsonl", Generation::current);
    for_each_captured<NewFlow>("legacy.jsonl", Generation::legacy);
    for_each_captured<TwModified>("legacy.jsonl", Generation::legacy);
    for_each_captured<NewIp>("legacy.jsonl", Generation::legacy);
}

TEST_CASE("a flow is an object in current, nested JSON text in legacy") {
    NewFlow flow;
    wire::DecodeError error;
    REQUIRE(wire::decode(slips_test::current_flow(), flow, error));
    const json current = json::parse(there_and_back(flow, Generation::current));
    CHECK(current["flow"]["saddr"] == "192.168.1.12");
    CHECK(current["flow"]["starttime"] == 1654188705.5);
    CHECK(current["version"] == "1.1.21");
    CHECK_FALSE(current["flow"].contains("history"));  // absent
    flow.version.clear();
    const std::string text = there_and_back(flow, Generation::legacy);
    const json wrapped = json::parse(json::parse(text)["flow"].get<std::string>());
    const json legacy = json::parse(wrapped["CUid1"].get<std::string>());
    CHECK(legacy["ts"] == 1654188705.5);
    CHECK_FALSE(legacy.contains("uid"));
    flow.payload.borrow(text);
    CHECK(wire::surely_legacy(flow));
}

TEST_CASE("every value is written once, under the key of its generation") {
    NewDns dns;
    dns.profileid = "profile_10.0.0.1";
    dns.twid = "timewindow1";
    dns.flow.uid = "C1";
    dns.flow.starttime = 2.5;
    dns.flow.answers = {"10.0.0.2", "é"};
    dns.flow.ttls = {15, 0.5};
    CHECK(there_and_back(dns, Generation::current) ==
          R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": {"starttime": 2.5, "uid": "C1", )"
          R"("answers": ["10.0.0.2", "\u00e9"], "TTLs": [15.0, 0.5]}})");
    CHECK(
        there_and_back(dns, Generation::legacy) ==
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": "{\"uid\": \"C1\", \"answers\": [\"10.0.0.2\", )"
        R"(\"\\u00e9\"], \"ttls\": [15.0, 0.5], \"stime\": 2.5}", "uid": "C1"})");

    NewArp arp;  // flat in legacy
    arp.profileid = "profile_10.0.0.1";
    arp.twid = "timewindow1";
    arp.flow.saddr = "10.0.0.1";
    arp.flow.smac = "00:00:00:00:00:01";
    CHECK(
        there_and_back(arp, Generation::legacy) ==
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "saddr": "10.0.0.1", "src_mac": "00:00:00:00:00:01"})");
    CHECK(json::parse(there_and_back(arp, Generation::current))["flow"]["smac"] == "00:00:00:00:00:01");

    EvidenceAdded evidence;
    evidence.type = "ARP_SCAN";
    evidence.description = "scan";
    evidence.profileid = "profile_10.0.0.1";
    evidence.twid = "timewindow-1";
    evidence.attacker.value = "10.0.0.1";
    evidence.timestamp = "2023-11-14T23:00:00+00:00";
    CHECK(
        there_and_back(evidence, Generation::current) ==
        R"({"evidence_type": "ARP_SCAN", "description": "scan", "attacker": {"value": "10.0.0.1"}, "profile": {"ip": )"
        R"("10.0.0.1"}, "timewindow": {"number": -1}, "timestamp": "2023-11-14T23:00:00+00:00"})");
    CHECK(json::parse(there_and_back(evidence, Generation::legacy))["detection_info"] == "10.0.0.1");

    GiveThreatIntelligence lookup;
    lookup.to_lookup = "example.org";
    CHECK(there_and_back(lookup, Generation::current) == R"({"to_lookup": "example.org"})");
    CHECK(there_and_back(lookup, Generation::legacy) == R"({"host": "example.org"})");
    lookup.key = "query";
    CHECK(there_and_back(lookup, Generation::legacy) == R"({"query": "example.org"})");
}

TEST_CASE("new_letters without addresses, as before 1.1.2, is written without a flow") {
    NewLetters letters;
    letters.new_symbol = "11.";
    letters.profileid = "profile_192.0.2.1";
    letters.twid = "timewindow1";
    letters.flow.uid = "A1";
    CHECK(there_and_back(letters, Generation::current) ==
          R"({"new_symbol": "11.", "profileid": "profile_192.0.2.1", "twid": "timewindow1", "uid": "A1"})");
    letters.flow.saddr = "192.0.2.1";
    letters.flow.daddr = "198.51.100.2";
    CHECK(json::parse(there_and_back(letters, Generation::current))["flow"]["uid"] == "A1");
}

TEST_CASE("a time window whose number JSON does not have is written as text") {
    EvidenceAdded evidence;
    evidence.type = "ARP_SCAN";
    evidence.profileid = "profile_10.0.0.1";
    for (const char* twid : {"timewindow01", "timewindow-", "timewindow-0", "timewindow99999999999999999999"}) {
        evidence.twid = twid;
        CHECK(json::accept(there_and_back(evidence, Generation::current)));
    }
}

TEST_CASE("plain texts are wrapped in current Slips") {
    TwClosed closed;
    closed.profileid = "profile_10.0.0.1";
    closed.twid = "timewindow3";
    CHECK(there_and_back(closed, Generation::legacy) == "profile_10.0.0.1_timewindow3");
    closed.version = "1.1.21";
    CHECK(there_and_back(closed, Generation::current) ==
          R"({"text": "profile_10.0.0.1_timewindow3", "version": "1.1.21"})");
    NewAlert alert;
    alert.profileid = "profile_10.0.0.1";
    alert.twid = "timewindow3";
    alert.id = "an-id";
    CHECK(there_and_back(alert, Generation::legacy) == "profile_10.0.0.1_timewindow3_an-id");
}
