// The forms of messages that only releases between the two generations publish: each form by hand, and short recordings
// with what must be decoded from them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "decoding.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/encode.hpp"

namespace wire = slips::wire;
using slips::Generation;
using slips_test::decoded;
using slips_test::fault;
using Texts = std::vector<std::string>;

namespace {

/// Decodes a message as a module does that has a handler for every type, and returns it in the form of current Slips, which
/// has all members that are present.
struct Shown {
    std::string_view channel;
    std::string_view payload;
    std::string text{};
    std::size_t types = 0;

    template <class M>
    void as() {
        const bool current = slips::channel_of<M>(Generation::current) == channel;
        const bool legacy = slips::channel_of<M>(Generation::legacy) == channel;
        if (!current && !legacy) return;
        if (slips::detail::is_ambiguous(channel) && current != payload.starts_with('{')) return;
        ++types;
        text = wire::encode(decoded<M>(payload), Generation::current);
    }
    template <class... M>
    void as_any(wire::Types<M...>) {
        (as<M>(), ...);
    }
};

}  // namespace

TEST_CASE("new_flow of 1.0.1 to 1.1.1: the nested flow has hardware addresses") {
    const auto message = decoded<slips::NewFlow>(
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": "{\"C1\": \"{\\\"ts\\\": 22.5, \\\"dur\\\": 0.5, )"
        R"(\\\"saddr\\\": \\\"192.0.2.1\\\", \\\"sport\\\": 61099, \\\"daddr\\\": \\\"198.51.100.2\\\", \\\"dport\\\": 53, \\\"proto\\\": \\\"udp\\\", )"
        R"(\\\"origstate\\\": \\\"S0\\\", \\\"state\\\": \\\"Not Established\\\", \\\"pkts\\\": 2, \\\"allbytes\\\": 50, \\\"spkts\\\": 2, )"
        R"(\\\"sbytes\\\": 50, \\\"appproto\\\": \\\"dns\\\", \\\"smac\\\": \\\"00:00:5e:00:53:01\\\", \\\"dmac\\\": \\\"00:00:5e:00:53:02\\\", )"
        R"(\\\"label\\\": \\\"benign\\\", \\\"flow_type\\\": \\\"conn\\\", \\\"module_labels\\\": {}}\"}", "stime": 22.5})");
    CHECK(message.flow.uid == "C1");
    CHECK(message.flow.smac == "00:00:5e:00:53:01");
    CHECK(message.flow.dmac == "00:00:5e:00:53:02");
    CHECK(message.flow.label == "benign");
    CHECK(message.flow.type == "conn");
    CHECK(message.flow.appproto == "dns");
}

TEST_CASE("DNS flows of 1.0.0 to 1.1.1") {
    const std::string inner =
        R"(\"type\": \"dns\", \"query\": \"example.org\", \"qclass_name\": \"C_INTERNET\", \"flow.qtype_name\": \"AAAA\", )"
        R"(\"rcode_name\": \"NOERROR\", \"answers\": [\"2001:db8::1\"], \"ttls\": [5.0], \"stime\": 7.5}", "stime": 7.5)";
    const std::string head = R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": "{)";
    const auto message = decoded<slips::NewDns>(
        head + R"(\"flow.uid\": \"C2\", )" + inner +
        R"(, "uid": "C2", "rcode_name": "NOERROR", "daddr": "192.0.2.53", "answers": ["2001:db8::1"]})");
    CHECK(message.flow.uid == "C2");
    CHECK(message.flow.qtype_name == "AAAA");
    CHECK(message.flow.qclass_name == "C_INTERNET");
    CHECK(message.flow.query == "example.org");
    CHECK(message.flow.daddr == "192.0.2.53");
    CHECK(message.flow.answers == Texts{"2001:db8::1"});
    CHECK(message.flow.ttls == std::vector<double>{5});
    CHECK(message.flow.starttime == 7.5);
    CHECK(slips::Context(message).daddr == "192.0.2.53");
    // the uid within the flow is enough
    CHECK(decoded<slips::NewDns>(head + R"(\"flow.uid\": \"C2\", )" + inner + "}").flow.uid == "C2");
    // the answers stand beside the flow only
    CHECK(decoded<slips::NewDns>(head + R"(\"query\": \"q\"}", "answers": ["192.0.2.7", "192.0.2.8"]})").flow.answers ==
          Texts{"192.0.2.7", "192.0.2.8"});
}

TEST_CASE("new_software of 1.0.4 to 1.1.8: the flow is called sw_flow") {
    const auto message = decoded<slips::NewSoftware>(
        R"({"sw_flow": {"starttime": 5.5, "uid": "C1", "saddr": "192.0.2.1", "daddr": "", "software": "SSH::CLIENT", )"
        R"("unparsed_version": "OpenSSH_8.1", "version_major": 8, "version_minor": 1, "type_": "software"}, "twid": "timewindow3"})");
    CHECK(message.flow.uid == "C1");
    CHECK(message.flow.saddr == "192.0.2.1");
    CHECK(message.flow.software == "SSH::CLIENT");
    CHECK(message.flow.version_major == 8);
    CHECK(message.twid == "timewindow3");
    CHECK(slips::Context(message).profileid == "profile_192.0.2.1");
    CHECK(fault<slips::NewSoftware>(R"({"twid": "timewindow3"})") == "flow is missing, expected an object");
    CHECK(fault<slips::NewSoftware>(R"({"sw_flow": 5, "twid": "timewindow3"})") ==
          "sw_flow is a number, expected an object");
}

TEST_CASE("new_alert of 1.0.5 to 1.1.4: alert_ID") {
    const auto with_window = decoded<slips::NewAlert>(
        R"({"alert_ID": "profile_2001:db8::1_timewindow4_a863d2f8-650d-4088-9f8b-16c101d9c3d8", "profileid": "profile_2001:db8::1", )"
        R"("twid": "timewindow4"})");
    CHECK(with_window.id == "a863d2f8-650d-4088-9f8b-16c101d9c3d8");
    CHECK(with_window.profileid == "profile_2001:db8::1");
    CHECK(with_window.twid == "timewindow4");
    CHECK(with_window.version.empty());
    CHECK(with_window.last_evidence.type.empty());
    const auto alone = decoded<slips::NewAlert>(  // 1.1.2 to 1.1.4
        R"({"alert_ID": "a863d2f8-650d-4088-9f8b-16c101d9c3d8", "profileid": "profile_192.0.2.1", "twid": "timewindow4"})");
    CHECK(alone.id == "a863d2f8-650d-4088-9f8b-16c101d9c3d8");
    CHECK(slips::Context(alone).profileid == "profile_192.0.2.1");
    CHECK(fault<slips::NewAlert>(R"({"profileid": "profile_192.0.2.1", "twid": "timewindow4"})") ==
          "id is missing, expected text");
    CHECK(fault<slips::NewAlert>(R"({"alert_ID": 5})") == "alert_ID is a number, expected text");
}

TEST_CASE("new_alert to 1.0.4: plain text") {
    const auto message = decoded<slips::NewAlert>("profile_192.0.2.1_timewindow4_58c99ec8-5b28-4270-ad22-b14c78168691");
    CHECK(message.profileid == "profile_192.0.2.1");
    CHECK(message.twid == "timewindow4");
    CHECK(message.id == "58c99ec8-5b28-4270-ad22-b14c78168691");
}

TEST_CASE("tw_modified of 1.1.17 and 1.1.18: an object") {
    const auto message = decoded<slips::TwModified>(R"({"profileid": "profile_2001:db8::1", "twid": "timewindow4"})");
    CHECK(message.profileid == "profile_2001:db8::1");
    CHECK(message.twid == "timewindow4");
    CHECK_FALSE(wire::surely_legacy(message));
    CHECK(slips::Context(message).twid == "timewindow4");
    CHECK(fault<slips::TwModified>(R"({"profileid": "profile_192.0.2.1"})") == "twid is missing, expected text");
    CHECK(fault<slips::TwModified>("{}") == "profileid is missing, expected text");
    slips::TwModified again = message;
    wire::DecodeError error;
    REQUIRE(wire::decode("profile_192.0.2.1:timewindow5", again, error));
    CHECK(again.profileid == "profile_192.0.2.1");
    CHECK(again.twid == "timewindow5");
}

TEST_CASE("new_dhcp of 0.9.5 to 1.0.3: flat") {
    const auto message = decoded<slips::NewDhcp>(
        R"({"uid": "C1", "server_addr": "192.0.2.1", "client_addr": "192.0.2.9", "requested_addr": "192.0.2.10", )"
        R"("profileid": "profile_192.0.2.9", "twid": "timewindow2", "ts": 22.5})");
    CHECK(message.flow.uids == Texts{"C1"});
    CHECK(message.flow.server_addr == "192.0.2.1");
    CHECK(message.flow.client_addr == "192.0.2.9");
    CHECK(message.flow.requested_addr == "192.0.2.10");
    CHECK(message.flow.starttime == 22.5);
    CHECK(message.profileid == "profile_192.0.2.9");
    CHECK(message.twid == "timewindow2");
    // Slips writes false for what its log lacks; a list of uids as Zeek writes it
    const auto sparse = decoded<slips::NewDhcp>(
        R"({"uid": ["C1", "C2"], "server_addr": false, "client_addr": false, "profileid": "profile_192.0.2.9", )"
        R"("twid": "timewindow2", "ts": "22.5"})");
    CHECK(sparse.flow.uids == Texts{"C1", "C2"});
    CHECK(sparse.flow.client_addr.empty());
    CHECK(sparse.flow.starttime == 22.5);
    CHECK(fault<slips::NewDhcp>(R"({"profileid": "profile_192.0.2.9", "twid": "timewindow2"})") ==
          "flow is missing, expected an object");
}

TEST_CASE("new_weird of 1.0.1 to 1.0.3: flat") {
    const auto message = decoded<slips::NewWeird>(
        R"({"uid": "C1", "ts": 22.5, "daddr": "198.51.100.2", "saddr": "192.0.2.1", "profileid": "profile_192.0.2.1", )"
        R"("twid": "timewindow2", "name": "DNS_RR_unknown_type", "addl": "46"})");
    CHECK(message.flow.uid == "C1");
    CHECK(message.flow.starttime == 22.5);
    CHECK(message.flow.saddr == "192.0.2.1");
    CHECK(message.flow.daddr == "198.51.100.2");
    CHECK(message.flow.name == "DNS_RR_unknown_type");
    CHECK(message.flow.addl == "46");
    CHECK(message.profileid == "profile_192.0.2.1");
    CHECK(fault<slips::NewWeird>(R"({"profileid": "profile_192.0.2.1", "twid": "timewindow2"})") ==
          "flow is missing, expected an object");
}

TEST_CASE("new_letters of 1.0.5 to 1.1.1: the uid stands before a flow that has none") {
    const std::string head =
        R"({"new_symbol": "11.", "profileid": "profile_192.0.2.1", "twid": "timewindow1", "tupleid": "198.51.100.2-443-tcp", "uid": "A1", "flow": )";
    const std::string argus =
        R"({"starttime": "5.5", "endtime": "6.5", "dur": "1.0", "proto": "tcp", "appproto": "", "saddr": "192.0.2.1", "sport": "49158", )"
        R"("dir_": "->", "daddr": "198.51.100.2", "dport": "443", "state": "S_", "pkts": 1, "spkts": 1, "dpkts": 0, "bytes": 70, )"
        R"("sbytes": 70, "dbytes": 0, "smac": "", "dmac": "", "type_": "argus")";
    const auto message = decoded<slips::NewLetters>(head + argus + "}}");
    CHECK(message.flow.uid == "A1");
    CHECK(message.flow.saddr == "192.0.2.1");
    CHECK(message.flow.dport == 443);
    CHECK(message.new_symbol == "11.");
    CHECK(decoded<slips::NewLetters>(head + argus + R"(, "uid": "A2"}})").flow.uid == "A2");
    // of a key that comes twice the last counts, also if the first held more
    const std::string twice = head + argus + R"(, "uid": "A2"}, "flow": )" + argus + "}}";
    CHECK(decoded<slips::NewLetters>(twice).flow.uid.empty());
    const auto flat = decoded<slips::NewLetters>(  // to 1.0.4
        R"({"new_symbol": "11.", "profileid": "profile_192.0.2.1", "twid": "timewindow1", "tupleid": "t", "uid": "A1", "stime": 5.5})");
    CHECK(flat.flow.uid == "A1");
    CHECK(flat.stime == slips::Timestamp(5.5));
}

TEST_CASE("evidence_added of 1.0.1 to 1.0.10: attacker and victim are texts") {
    const auto message = decoded<slips::EvidenceAdded>(
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "attacker_direction": "srcip", "attacker": "192.0.2.1", )"
        R"("evidence_type": "HTTPtraffic", "description": "Unencrypted HTTP traffic", "stime": "1970/01/01 00:00:29.868252", )"
        R"("uid": ["C1", "C2"], "confidence": 1, "threat_level": "low", "category": "Anomaly.Traffic", "ID": "e1", )"
        R"("victim": "198.51.100.2", "source_target_tag": "SendingUnencryptedData"})");
    CHECK(message.type == "HTTPtraffic");
    CHECK(message.type_detection == "srcip");
    CHECK(message.attacker.value == "192.0.2.1");
    CHECK(message.victim.value == "198.51.100.2");
    CHECK(message.uids == Texts{"C1", "C2"});
    CHECK(message.id == "e1");
    CHECK(message.source_target_tag == "SendingUnencryptedData");
    const auto domain = decoded<slips::EvidenceAdded>(
        R"({"attacker_direction": "dstdomain", "attacker": "example.org", "evidence_type": "X", "description": "d", "victim": ""})");
    CHECK(domain.attacker.value == "example.org");
    CHECK(domain.victim.value.empty());
    // of a key that comes twice the last counts, in either form
    const auto text_last = decoded<slips::EvidenceAdded>(
        R"({"evidence_type": "X", "description": "d", "attacker": {"value": "a", "direction": "SRC"}, "attacker": "b"})");
    CHECK(text_last.attacker.value == "b");
    CHECK(text_last.attacker.direction.empty());
    const auto object_last = decoded<slips::EvidenceAdded>(
        R"({"evidence_type": "X", "description": "d", "attacker": "b", "attacker": {"direction": "SRC"}})");
    CHECK(object_last.attacker.value.empty());
    CHECK(object_last.attacker.direction == "SRC");
}

TEST_CASE("evidence_added of 1.0.11 to 1.1.6: attacker_type and victim_type") {
    const auto message = decoded<slips::EvidenceAdded>(
        R"({"evidence_type": "HTTP_TRAFFIC", "description": "d", "attacker": {"direction": "SRC", "attacker_type": "IP", "value": "192.0.2.1", )"
        R"("profile": {"ip": "192.0.2.1"}}, "threat_level": "INFO", "category": "ANOMALY_TRAFFIC", "profile": {"ip": "192.0.2.1"}, )"
        R"("timewindow": {"number": 1}, "uid": ["C1"], "timestamp": 29.5, "victim": {"direction": "DST", "victim_type": "DOMAIN", )"
        R"("value": "example.org"}, "proto": false, "port": null, "source_target_tag": false, "id": "e1", "conn_count": 1, "confidence": 1})");
    CHECK(message.attacker.ioc_type == "IP");
    CHECK(message.attacker.value == "192.0.2.1");
    CHECK(message.attacker.profileid == "profile_192.0.2.1");
    CHECK(message.victim.ioc_type == "DOMAIN");
    CHECK(message.victim.value == "example.org");
    CHECK(message.twid == "timewindow1");
    CHECK(message.category == "ANOMALY_TRAFFIC");
    CHECK(message.connection_count == 1);
}

TEST_CASE("profiles without an address") {
    CHECK(decoded<slips::NewIp>("").ip.empty());
    CHECK(decoded<slips::NewProfile>("").ip.empty());
    const auto stamped = decoded<slips::NewIp>(R"({"text": "", "version": "1.1.21"})");
    CHECK(stamped.ip.empty());
    CHECK(stamped.version == "1.1.21");
    const auto closed = decoded<slips::TwClosed>("profile__timewindow1");
    CHECK(closed.profileid == "profile_");
    CHECK(closed.twid == "timewindow1");
    CHECK(decoded<slips::TwClosed>(R"({"text": "profile__timewindow1", "version": "1.1.21"})").profileid == "profile_");
    CHECK(decoded<slips::TwModified>("profile_:timewindow1").profileid == "profile_");
    CHECK(decoded<slips::TwModified>(R"({"profileid": "profile_", "twid": "timewindow1"})").profileid == "profile_");
    CHECK(decoded<slips::NewAlert>("profile__timewindow1_an-id").id == "an-id");
    CHECK(
        decoded<slips::NewWeird>(
            R"({"profileid": "profile_", "twid": "timewindow1", "flow": {"uid": "C1", "saddr": "", "daddr": "", "name": "n", "addl": ""}})")
            .profileid == "profile_");
    for (const char* text : {"profile_timewindow1", "profile__timewindow", "profile___timewindow1", "__timewindow1"}) {
        CAPTURE(text);
        CHECK(fault<slips::TwClosed>(text) == "the text is not profile_<ip>_timewindow<N>");
    }
    CHECK(fault<slips::NewIp>(" ") == "the text is not an IP address");
}

TEST_CASE("look-ups are on give_threat_intelligence to 1.1.16, on get_modified_profiles_since from 1.1.17 on") {
    const std::string text =
        R"({"to_lookup": "192.0.2.7", "profileid": "profile_192.0.2.1", "twid": "timewindow1", "proto": "False", "ip_state": "dstip", )"
        R"("stime": 29.5, "uid": "C1", "daddr": "192.0.2.53", "is_dns_response": true, "dns_query": "example.org", "domain": "192.0.2.7"})";
    for (const char* channel : {"give_threat_intelligence", "get_modified_profiles_since"}) {
        CAPTURE(channel);
        Shown shown{channel, text};
        shown.as_any(wire::Messages());
        CHECK(shown.types == 1);
        CHECK(nlohmann::json::parse(shown.text)["to_lookup"] == "192.0.2.7");
    }
}

TEST_CASE("recordings of releases between the generations decode to what was recorded with them") {
    const std::filesystem::path folder = std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/messages";
    for (const char* release : {"1.0.5", "1.0.10", "1.1.1", "1.1.12", "1.1.18"}) {
        CAPTURE(release);
        std::ifstream in(folder / ("slips-" + std::string(release) + ".jsonl"));
        std::size_t found = 0;
        for (std::string line; std::getline(in, line); ++found) {
            const auto recorded = nlohmann::json::parse(line);
            const auto channel = recorded["channel"].get<std::string>();
            const auto payload = recorded["data"].get<std::string>();
            CAPTURE(channel);
            Shown shown{channel, payload};
            shown.as_any(wire::Messages());
            CHECK(shown.types == 1);
            CHECK(shown.text == recorded["decoded"].get<std::string>());
        }
        CHECK(found >= 15);
    }
}
