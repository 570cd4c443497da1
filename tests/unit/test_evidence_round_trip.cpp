// Every field of an evidence, in the contract's order: as it is written, and as the SDK reads it back.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evidence_scenarios.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/object_evidence.hpp"

using Json = nlohmann::ordered_json;
using slips::EvidenceAdded;
using slips::EvidenceParty;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";
const std::string related = "22222222-2222-4222-8222-222222222222";

/// One key of the object, its value, and where a module finds it.
template <class Object>
struct Field {
    const char* key;
    Json written;
    Json read;
    Json (*in)(const Object&);
};

/// A field whose parts are listed elsewhere.
template <class Object>
Json elsewhere(const Object&) {
    return nullptr;
}

template <class Object>
void check(const Json& object, const Object& message, const std::vector<Field<Object>>& fields) {
    std::vector<std::string> keys;
    std::vector<std::string> in_order;
    for (const auto& item : object.items()) keys.push_back(item.key());
    for (const auto& field : fields) in_order.emplace_back(field.key);
    CHECK(keys == in_order);
    for (const auto& field : fields) {
        CAPTURE(field.key);
        if (!field.written.is_discarded()) CHECK(object[field.key].dump() == field.written.dump());
        CHECK(field.in(message).dump() == field.read.dump());
    }
}

slips::Evidence whole() {
    slips::Evidence evidence = slips_test::evidence_of_scenario("every field");
    evidence.id = id;
    return slips::complete(evidence, slips_test::context_of_scenarios());
}

EvidenceAdded read_back(const std::string& payload) {
    EvidenceAdded message;
    slips::wire::DecodeError error;
    REQUIRE_MESSAGE(slips::wire::decode(payload, message, error), error.what);
    return message;
}

const Json by_parts(Json::value_t::discarded);

}  // namespace

#define READ(Object, value) [](const Object& m) { return Json(value); }

TEST_CASE("current: every field is written in order and reads back equal") {
    slips::wire::hash_evidence::Enrichment attacker;
    attacker.ti = R"("a feed")";
    attacker.as = R"({"number":"AS64500","org":"Example"})";
    attacker.rdns = R"("nas.example")";
    attacker.sni = R"("www.example")";
    attacker.dns_resolution = R"(["203.0.113.9"])";
    attacker.queries = R"(["q.example","r.example"])";
    attacker.cname = R"(["c.example"])";
    const std::string payload = slips::wire::stamped(
        slips::wire::hash_evidence::encode(whole(), slips_test::context_of_scenarios(), attacker, {}), "1.1.21");
    const Json object = Json::parse(payload);
    const EvidenceAdded message = read_back(payload);

    check<EvidenceAdded>(
        object, message,
        {{"evidence_type", "CONNECTION_TO_PRIVATE_IP", "CONNECTION_TO_PRIVATE_IP", READ(EvidenceAdded, m.type)},
         {"description", "a connection to the local device 192.168.1.18",
          "a connection to the local device 192.168.1.18", READ(EvidenceAdded, m.description)},
         {"attacker", by_parts, nullptr, elsewhere},
         {"threat_level", "CRITICAL", "CRITICAL", READ(EvidenceAdded, m.threat_level)},
         {"profile", {{"ip", "192.168.1.12"}}, "profile_192.168.1.12", READ(EvidenceAdded, m.profileid)},
         {"timewindow",
          {{"number", 1}, {"start_time", ""}, {"end_time", ""}},
          "timewindow1",
          READ(EvidenceAdded, m.twid)},
         {"uid", Json::array({"CUid9"}), Json::array({"CUid9"}), READ(EvidenceAdded, m.uids)},
         {"timestamp", 1654188705.0, 1654188705.0, READ(EvidenceAdded, m.timestamp.seconds().value())},
         {"interface", "wlan0", "wlan0", READ(EvidenceAdded, m.interface)},
         {"victim", by_parts, nullptr, elsewhere},
         {"proto", "UDP", "UDP", READ(EvidenceAdded, m.proto)},
         {"dst_port", 1024, 1024, READ(EvidenceAdded, m.dst_port.value())},
         {"src_port", 53, 53, READ(EvidenceAdded, m.src_port.value())},
         {"method", "STATISTICAL", "STATISTICAL", READ(EvidenceAdded, m.method)},
         {"id", id, id, READ(EvidenceAdded, m.id)},
         {"confidence", 1.0, 1.0, READ(EvidenceAdded, m.confidence.value())},
         {"rel_id", Json::array({related}), Json::array({related}), READ(EvidenceAdded, m.related_ids)},
         {"version", "1.1.21", "1.1.21", READ(EvidenceAdded, m.version)}});
    check<EvidenceParty>(
        object["attacker"], message.attacker,
        {{"direction", "DST", "DST", READ(EvidenceParty, m.direction)},
         {"ioc_type", "IP", "IP", READ(EvidenceParty, m.ioc_type)},
         {"value", "192.168.1.18", "192.168.1.18", READ(EvidenceParty, m.value)},
         {"profile", {{"ip", "192.168.1.18"}}, "profile_192.168.1.18", READ(EvidenceParty, m.profileid)},
         {"TI", "a feed", "a feed", READ(EvidenceParty, m.ti)},
         {"AS",
          {{"number", "AS64500"}, {"org", "Example"}},
          "AS64500 Example",
          READ(EvidenceParty, m.as_number + " " + m.as_org)},
         {"rDNS", "nas.example", "nas.example", READ(EvidenceParty, m.rdns)},
         {"SNI", "www.example", "www.example", READ(EvidenceParty, m.sni)},
         {"DNS_resolution", Json::array({"203.0.113.9"}), Json::array({"203.0.113.9"}),
          READ(EvidenceParty, m.dns_resolution)},
         {"queries", {"q.example", "r.example"}, {"q.example", "r.example"}, READ(EvidenceParty, m.queries)},
         {"CNAME", Json::array({"c.example"}), Json::array({"c.example"}), READ(EvidenceParty, m.cname)}});
    check<EvidenceParty>(
        object["victim"], message.victim,
        {{"direction", "SRC", "SRC", READ(EvidenceParty, m.direction)},
         {"ioc_type", "URL", "URL", READ(EvidenceParty, m.ioc_type)},
         {"value", "http://nas.example/share", "http://nas.example/share", READ(EvidenceParty, m.value)},
         {"TI", nullptr, "", READ(EvidenceParty, m.ti)},
         {"AS", nullptr, "", READ(EvidenceParty, m.as_number + m.as_org)},
         {"rDNS", nullptr, "", READ(EvidenceParty, m.rdns)},
         {"SNI", nullptr, "", READ(EvidenceParty, m.sni)},
         {"DNS_resolution", nullptr, Json::array(), READ(EvidenceParty, m.dns_resolution)},
         {"queries", nullptr, Json::array(), READ(EvidenceParty, m.queries)},
         {"CNAME", nullptr, Json::array(), READ(EvidenceParty, m.cname)}});
}

TEST_CASE("current: absent fields are absent when read back") {
    slips::Evidence bare = slips_test::evidence_of_scenario("no victim");
    bare.id = id;
    const slips::Context context = slips_test::context_of_scenarios();
    const EvidenceAdded message =
        read_back(slips::wire::hash_evidence::encode(slips::complete(bare, context), context, {}, {}));
    CHECK(message.victim.value.empty());
    CHECK(message.proto.empty());
    CHECK_FALSE(message.dst_port);
    CHECK_FALSE(message.src_port);
    CHECK(message.related_ids.empty());
    CHECK(message.attacker.as_number.empty());
}

TEST_CASE("legacy: every field is written in order and reads back equal") {
    const std::string payload = slips::wire::object_evidence::encode(whole(), slips_test::context_of_scenarios());
    check<EvidenceAdded>(
        Json::parse(payload), read_back(payload),
        {{"profileid", "profile_192.168.1.12", "profile_192.168.1.12", READ(EvidenceAdded, m.profileid)},
         {"twid", "timewindow1", "timewindow1", READ(EvidenceAdded, m.twid)},
         {"type_detection", "dstip", "dstip", READ(EvidenceAdded, m.type_detection)},
         {"detection_info", "192.168.1.18", "192.168.1.18", READ(EvidenceAdded, m.attacker.value)},
         {"type_evidence", "ConnectionToPrivateIP", "ConnectionToPrivateIP", READ(EvidenceAdded, m.type)},
         {"description", "a connection to the local device 192.168.1.18",
          "a connection to the local device 192.168.1.18", READ(EvidenceAdded, m.description)},
         {"stime", 1654188705.0, 1654188705.0, READ(EvidenceAdded, m.timestamp.seconds().value())},
         {"uid", "CUid9", Json::array({"CUid9"}), READ(EvidenceAdded, m.uids)},
         {"confidence", 1.0, 1.0, READ(EvidenceAdded, m.confidence.value())},
         {"threat_level", "critical", "critical", READ(EvidenceAdded, m.threat_level)},
         {"category", "Recon.Scanning", "Recon.Scanning", READ(EvidenceAdded, m.category)},
         {"ID", id, id, READ(EvidenceAdded, m.id)},
         {"conn_count", 25, 25, READ(EvidenceAdded, m.connection_count.value())},
         {"source_target_tag", "Recon", "Recon", READ(EvidenceAdded, m.source_target_tag)},
         {"port", "1024", 1024, READ(EvidenceAdded, m.port.value())},
         {"proto", "UDP", "UDP", READ(EvidenceAdded, m.proto)}});
}
