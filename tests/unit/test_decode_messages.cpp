// The messages that are not about a flow: evidence, alerts, look-ups, addresses, Slips itself.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "decoding.hpp"
#include "slips/impl/wire/decode.hpp"

namespace wire = slips::wire;
using slips_test::decoded;
using slips_test::fault;
using Texts = std::vector<std::string>;

namespace {

const std::string enriched =
    R"("TI": "a feed", "AS": {"number": "AS64496", "org": "Example"}, "rDNS": "r.example.org", "SNI": "s.example.org", )"
    R"("DNS_resolution": ["192.0.2.7"], "queries": ["q.example.org"], "CNAME": ["c.example.org"]})";
const std::string bare =
    R"("TI": null, "AS": null, "rDNS": null, "SNI": null, "DNS_resolution": null, "queries": null, "CNAME": null})";

/// Evidence as current Slips publishes it, without its closing brace.
std::string evidence(const std::string& victim, const std::string& tail,
                     const std::string& window = R"("start_time": "", "end_time": "")") {
    return R"({"evidence_type": "ARP_SCAN", "description": "a scan", "attacker": {"direction": "SRC", "ioc_type": "IP", "value": "10.0.0.1", )"
           R"("profile": {"ip": "10.0.0.1"}, )" +
           enriched + R"(, "threat_level": "HIGH", "profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 3, )" +
           window + R"(}, "uid": ["C1", "C2"], "interface": "eth0", "victim": )" + victim + ", " + tail;
}

}  // namespace

TEST_CASE("evidence_added, current") {
    const auto message = decoded<slips::EvidenceAdded>(evidence(
        R"({"direction": "DST", "ioc_type": "DOMAIN", "value": "example.org", )" + bare,
        R"("timestamp": 29.5, "proto": "TCP", "dst_port": 443, "src_port": "49308", "method": "HEURISTIC", "id": "e1", "confidence": 1, )"
        R"("rel_id": ["e0"], "version": "1.1.21"})"));
    CHECK(message.version == "1.1.21");
    CHECK(message.type == "ARP_SCAN");
    CHECK(message.description == "a scan");
    CHECK(message.attacker.direction == "SRC");
    CHECK(message.attacker.ioc_type == "IP");
    CHECK(message.attacker.value == "10.0.0.1");
    CHECK(message.attacker.profileid == "profile_10.0.0.1");
    CHECK(message.attacker.ti == "a feed");
    CHECK(message.attacker.as_number == "AS64496");
    CHECK(message.attacker.as_org == "Example");
    CHECK(message.attacker.rdns == "r.example.org");
    CHECK(message.attacker.sni == "s.example.org");
    CHECK(message.attacker.dns_resolution == Texts{"192.0.2.7"});
    CHECK(message.attacker.queries == Texts{"q.example.org"});
    CHECK(message.attacker.cname == Texts{"c.example.org"});
    CHECK(message.victim.direction == "DST");
    CHECK(message.victim.ioc_type == "DOMAIN");
    CHECK(message.victim.value == "example.org");
    CHECK(message.victim.profileid.empty());
    CHECK(message.victim.as_org.empty());
    CHECK(message.victim.queries.empty());
    CHECK(message.threat_level == "HIGH");
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow3");
    CHECK_FALSE(message.window_start);
    CHECK(message.uids == Texts{"C1", "C2"});
    CHECK(message.timestamp == slips::Timestamp(29.5));
    CHECK(message.interface == "eth0");
    CHECK(message.proto == "TCP");
    CHECK(message.dst_port == 443);
    CHECK(message.src_port == 49308);
    CHECK(message.method == "HEURISTIC");
    CHECK(message.id == "e1");
    CHECK(message.confidence == 1.0);
    CHECK(message.related_ids == Texts{"e0"});
    CHECK(message.category.empty());
    const slips::Context context = message;
    CHECK(context.profileid == "profile_10.0.0.1");
    CHECK(context.twid == "timewindow3");
    CHECK(context.uids == message.uids);
    CHECK(context.interface == "eth0");
}

TEST_CASE("evidence_added, current: variants") {
    const auto message = decoded<slips::EvidenceAdded>(evidence(
        "false",
        R"("timestamp": "1601998373.487779", "proto": false, "dst_port": null, "src_port": null, "method": "AI", "id": "e1", )"
        R"("confidence": 0.5, "rel_id": null, "version": "1.1.21"})"));
    CHECK(message.victim.value.empty());
    CHECK(message.timestamp.seconds() == 1601998373.487779);
    CHECK(message.proto.empty());
    CHECK_FALSE(message.dst_port);
    CHECK_FALSE(message.src_port);
    CHECK(message.confidence == 0.5);
    CHECK(message.related_ids.empty());
    // modules add enrichment in their own form: no reason to refuse the message
    const auto odd = decoded<slips::EvidenceAdded>(
        R"({"evidence_type": "X", "description": "d", "attacker": {"value": "10.0.0.1", "SNI": [{"server_name": "s"}], "TI": {"source": "f"}, )"
        R"("AS": "AS1", "queries": {"x": 1}, "CNAME": "c", "new": {}}, "uid": [], "version": "1.1.21"})");
    CHECK(odd.attacker.value == "10.0.0.1");
    CHECK(odd.attacker.cname == Texts{"c"});
    CHECK(odd.uids.empty());
    CHECK(odd.profileid.empty());
    CHECK(fault<slips::EvidenceAdded>(R"({"description": "d"})").find("is missing, expected text") !=
          std::string::npos);
    CHECK(fault<slips::EvidenceAdded>(R"({"evidence_type": "X"})") == "description is missing, expected text");
}

TEST_CASE("evidence_added, legacy") {
    const auto message = decoded<slips::EvidenceAdded>(
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow3", "type_detection": "dport", "detection_info": 23, )"
        R"("type_evidence": "PortScanType2", "description": "a scan", "stime": 5.5, "uid": "C1", "confidence": 1, "threat_level": "medium", )"
        R"("category": "Recon.Scanning", "ID": "e1", "conn_count": 25, "source_target_tag": "Recon", "port": "445", "proto": "TCP"})");
    CHECK(message.version.empty());
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow3");
    CHECK(message.type_detection == "dport");
    CHECK(message.attacker.value == "23");
    CHECK(message.type == "PortScanType2");
    CHECK(message.description == "a scan");
    CHECK(message.timestamp == slips::Timestamp(5.5));
    CHECK(message.uids == Texts{"C1"});
    CHECK(message.confidence == 1.0);
    CHECK(message.threat_level == "medium");
    CHECK(message.category == "Recon.Scanning");
    CHECK(message.id == "e1");
    CHECK(message.connection_count == 25);
    CHECK(message.source_target_tag == "Recon");
    CHECK(message.port == 445);
    CHECK(message.proto == "TCP");
    const auto text = decoded<slips::EvidenceAdded>(
        R"({"type_evidence": "X", "description": "d", "detection_info": "10.0.0.2", "stime": "2018/12/18 14:00:00.075359", "uid": ""})");
    CHECK(text.attacker.value == "10.0.0.2");
    CHECK(text.timestamp.seconds());
    CHECK(text.uids.empty());
    CHECK_FALSE(text.connection_count);
}

TEST_CASE("new_alert") {
    const std::string last = evidence(
        "false",
        R"("timestamp": 146.5, "proto": null, "dst_port": 443, "id": "e1", "confidence": 0.9, "rel_id": null})",
        R"("start_time": 22.5, "end_time": 3622.5)");
    const auto message = decoded<slips::NewAlert>(
        R"({"profile": {"ip": "10.0.0.1"}, "timewindow": {"number": -1, "start_time": 22.5, "end_time": 3622.5}, "last_evidence": )" +
        last +
        R"(, "accumulated_threat_level": 15.2, "id": "a1", "correl_id": ["e1", "e2"], "last_flow_datetime": "1970-01-01T00:02:26.097008+00:00", )"
        R"("threat_level": "CRITICAL", "confidence": 0.49, "version": "1.1.21"})");
    CHECK(message.version == "1.1.21");
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow-1");
    CHECK(message.window_start == 22.5);
    CHECK(message.window_end == 3622.5);
    CHECK(message.last_evidence.type == "ARP_SCAN");
    CHECK(message.last_evidence.window_end == 3622.5);
    CHECK(message.last_evidence.attacker.profileid == "profile_10.0.0.1");
    CHECK(message.last_evidence.attacker.as_org == "Example");
    CHECK(message.last_evidence.victim.value.empty());
    CHECK(message.last_evidence.timestamp == slips::Timestamp(146.5));
    CHECK(message.last_evidence.dst_port == 443);
    CHECK(message.accumulated_threat_level == 15.2);
    CHECK(message.id == "a1");
    CHECK(message.correl_ids == Texts{"e1", "e2"});
    CHECK(message.last_flow_datetime.seconds() == 146.097008);
    CHECK(message.threat_level == "CRITICAL");
    CHECK(message.confidence == 0.49);
    CHECK(slips::Context(message).uids == Texts{"C1", "C2"});

    // odd evidence beside it does not cost the alert
    for (const char* odd : {"[]", "null", "{}", "true"}) {
        CAPTURE(odd);
        const auto alert = decoded<slips::NewAlert>(
            R"({"id": "a1", "last_evidence": {"evidence_type": "ARP_SCAN", "description": )" + std::string(odd) + "}}");
        CHECK(alert.id == "a1");
        CHECK(alert.last_evidence.type == "ARP_SCAN");
    }

    slips::NewAlert again = message;
    wire::DecodeError error;
    REQUIRE(wire::decode("profile_2001:db8::1_timewindow4_58c99ec8-5b28-4270-ad22-b14c78168691", again, error));
    CHECK(again.profileid == "profile_2001:db8::1");
    CHECK(again.twid == "timewindow4");
    CHECK(again.id == "58c99ec8-5b28-4270-ad22-b14c78168691");
    CHECK(again.version.empty());
    CHECK(again.last_evidence.type.empty());
    CHECK(again.correl_ids.empty());
    CHECK(wire::surely_legacy(again));
    CHECK(fault<slips::NewAlert>("profile_10.0.0.1_timewindow4") == "the text is not profile_<ip>_timewindow<N>_<id>");
    CHECK(fault<slips::NewAlert>("{}") == "id is missing, expected text");
}

TEST_CASE("look-ups: the form of current Slips, and four of legacy") {
    using slips::GiveThreatIntelligence;
    const auto message = decoded<GiveThreatIntelligence>(
        R"({"to_lookup": "example.org", "profileid": "profile_10.0.0.1", "twid": "timewindow3", "proto": "False", "ip_state": "dstip", )"
        R"("stime": "29.5", "uid": "C1", "daddr": "10.0.0.2", "version": "1.1.21", "is_dns_response": true, "dns_query": "q.example.org"})");
    CHECK(message.to_lookup == "example.org");
    CHECK(message.key == "to_lookup");
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow3");
    CHECK(message.proto == "False");
    CHECK(message.ip_state == "dstip");
    CHECK(message.stime.seconds() == 29.5);
    CHECK(message.uid == "C1");
    CHECK(message.daddr == "10.0.0.2");
    CHECK(message.is_dns_response == true);
    CHECK(message.dns_query == "q.example.org");
    CHECK(message.version == "1.1.21");
    CHECK(slips::Context(message).uids == Texts{"C1"});
    for (const char* key : {"ip", "query", "host", "server_name"}) {
        const auto old = decoded<GiveThreatIntelligence>(
            std::string(R"({")") + key +
            R"(": "192.0.2.1", "profileid": "profile_10.0.0.1", "twid": "timewindow3", "stime": 29.5, "uid": "C1"})");
        CHECK(old.to_lookup == "192.0.2.1");
        CHECK(old.key == key);
        CHECK(old.stime == slips::Timestamp(29.5));
        CHECK(old.proto.empty());
        CHECK_FALSE(old.is_dns_response);
    }
    CHECK(fault<GiveThreatIntelligence>(R"({"profileid": "profile_10.0.0.1"})") ==
          "to_lookup is missing, expected an address or a domain");
    CHECK(slips::channel_of<GiveThreatIntelligence>(slips::Generation::legacy) == "give_threat_intelligence");
    CHECK(slips::channel_of<GiveThreatIntelligence>(slips::Generation::current) == "get_modified_profiles_since");

    const auto peers = decoded<slips::P2pDataRequest>(
        R"({"ip": "192.0.2.1", "profileid": "profile_10.0.0.1", "twid": "timewindow3", "proto": "UDP", "ip_state": "dstip", )"
        R"("stime": "1970-01-01 00:00:22.335172+00:00", "uid": "C1", "cache_age": 1000})");
    CHECK(peers.to_lookup == "192.0.2.1");
    CHECK(peers.cache_age == 1000);
    CHECK(peers.proto == "UDP");
    CHECK(peers.stime.seconds() == 22.335172);
}

namespace {

/// Returns the messages with a profile whose profile_ip() is not its address; 1 for each.
template <class M>
int without_profile_ip() {
    M message;
    if constexpr (requires { message.profileid; }) {
        message.profileid = "profile_10.0.0.1";
        if constexpr (requires { message.profile_ip(); }) return message.profile_ip() == "10.0.0.1" ? 0 : 1;
        else return 1;
    }
    return 0;
}

template <class... M>
int without_profile_ip(slips::detail::Types<M...>) {
    return (0 + ... + without_profile_ip<M>());
}

}  // namespace

TEST_CASE("every message with a profile returns its address, which legacy DNS has in the profile only") {
    CHECK(without_profile_ip(slips::detail::Messages()) == 0);
    slips::NewProfile profile;
    profile.ip = "10.0.0.3";
    CHECK(profile.profile_ip() == "10.0.0.3");
    slips::NewSoftware software;
    software.flow.saddr = "10.0.0.2";  // Slips sends no profileid
    CHECK(software.profile_ip() == "10.0.0.2");
    CHECK(slips::Context(software).profile_ip() == "10.0.0.2");
}

TEST_CASE("new_MAC") {
    const auto message =
        decoded<slips::NewMac>(R"({"MAC": "08:00:27:00:00:01", "profileid": "profile_10.0.0.1", "version": "1.1.21"})");
    CHECK(message.mac == "08:00:27:00:00:01");
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.host_name.empty());
    CHECK(decoded<slips::NewMac>(R"({"MAC": "a", "profileid": "profile_10.0.0.1", "host_name": "pc"})").host_name ==
          "pc");
    CHECK(fault<slips::NewMac>(R"({"profileid": "p"})") == "MAC is missing, expected text");
}

TEST_CASE("new_blocking") {
    const auto alerted = decoded<slips::NewBlocking>(
        R"({"ip": "10.0.0.1", "block": true, "tw": 3, "interface": "eth0", "version": "1.1.21"})");
    CHECK(alerted.ip == "10.0.0.1");
    CHECK(alerted.block == true);
    CHECK_FALSE(alerted.from);
    CHECK(alerted.twid == "timewindow3");
    CHECK(alerted.interface == "eth0");
    CHECK(alerted.version == "1.1.21");
    const auto blamed = decoded<slips::NewBlocking>(
        R"({"ip": "10.0.0.1", "block": true, "to": true, "from": false, "interface": null, "version": "1.1.21"})");
    CHECK(blamed.to == true);
    CHECK(blamed.from == false);
    CHECK(blamed.twid.empty());
    CHECK(blamed.interface.empty());
    const auto legacy = decoded<slips::NewBlocking>(
        R"({"ip": "10.0.0.1", "block": true, "to": true, "from": true, "block_for": 7200.0})");
    CHECK(legacy.block_for == 7200);
    CHECK(legacy.version.empty());
    CHECK(fault<slips::NewBlocking>(R"({"ip": "10.0.0.1"})") == "block is missing, expected true or false");
    CHECK_FALSE(fault<slips::NewBlocking>(R"({"ip": "example.org", "block": true})").empty());
}

TEST_CASE("new_zeek_fields_line: its keys are field names") {
    slips::NewZeekFieldsLine message;
    wire::DecodeError error;
    for (int i = 0; i < 2; ++i) {
        REQUIRE(
            wire::decode(R"({"dns.log": {"0": "starttime", "1": "uid", "2": null, "3": "query"}, "version": "1.1.21"})",
                         message, error));
        CHECK(message.file == "dns.log");
        CHECK(message.columns == Texts{"starttime", "uid", "", "query"});
        CHECK(message.version == "1.1.21");
    }
    CHECK_FALSE(fault<slips::NewZeekFieldsLine>(R"({"version": "1.1.21"})").empty());
}

TEST_CASE("plain texts of legacy, and the only one of current") {
    CHECK(decoded<slips::NewDomain>("example.org").domain == "example.org");
    CHECK(fault<slips::NewDomain>("") == "the text is not a domain");
    CHECK(decoded<slips::FinishedModules>("ip_info").module == "ip_info");
    const auto stop = decoded<slips::ControlChannel>("stop_slips");
    CHECK(stop.text == "stop_slips");
    CHECK_FALSE(wire::surely_legacy(stop));
    CHECK(decoded<slips::ControlChannel>(R"({"text": "x", "version": "1.1.21"})").text == "x");
    CHECK(slips::detail::is_ambiguous("new_dns"));
    CHECK_FALSE(slips::detail::is_ambiguous("new_dns_flow"));
    CHECK_FALSE(slips::detail::is_ambiguous("new_flow"));
}
