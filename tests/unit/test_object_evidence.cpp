// Evidence for legacy Slips, byte for byte as in the contract.
#include "slips/impl/wire/object_evidence.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "messages.hpp"
#include "slips/impl/wire/score.hpp"

namespace object_evidence = slips::wire::object_evidence;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";

slips::Context context() {
    slips::Context context;
    context.profileid = "profile_192.168.1.12";
    context.twid = "timewindow1";
    context.uids = {"CUid1", "CUid2"};
    context.timestamp = 1654188705.5;
    context.saddr = "192.168.1.12";
    context.daddr = "192.168.1.18";
    return context;
}

slips::Evidence completed(slips::Evidence evidence = slips_test::local_connection()) {
    evidence.id = id;
    return slips::complete(std::move(evidence), context());
}

const slips::detail::Dialect& june_2022 = slips::detail::dialect_of(slips::Generation::legacy);

std::string scored(std::string_view old_text) {
    return slips::wire::scored(
        old_text, slips::wire::score_of(slips::ThreatLevel::low, slips::ThreatLevel::high, 0.5, june_2022));
}

std::string scored_ip(slips::Evidence evidence) {
    return slips::wire::scored_ip(completed(std::move(evidence)), context(), june_2022);
}

nlohmann::json encoded(slips::Evidence evidence) {
    return nlohmann::json::parse(object_evidence::encode(completed(std::move(evidence)), context()));
}

}  // namespace

TEST_CASE("the object has the fields of the contract, in its order") {
    CHECK(object_evidence::encode(completed(), context()) ==
          R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "type_detection": "srcip", )"
          R"("detection_info": "192.168.1.12", "type_evidence": "ConnectionToPrivateIP", )"
          R"("description": "a connection to the local device 192.168.1.18", "stime": 1654188705.5, "uid": "CUid1", )"
          R"("confidence": 0.8, "threat_level": "info", "category": "Anomaly.Connection", )"
          R"("ID": "11111111-2222-4333-8444-555555555555"})");
    auto evidence = slips_test::local_connection();
    evidence.attacker = "192.168.1.18";
    evidence.connection_count = 25;
    evidence.source_target_tag = "Recon";
    evidence.dst_port = 445;
    evidence.proto = slips::Proto::tcp;
    CHECK(object_evidence::encode(completed(evidence), context())
              .ends_with(R"("threat_level": "high", "category": "Anomaly.Connection", )"
                         R"("ID": "11111111-2222-4333-8444-555555555555", "conn_count": 25, )"
                         R"("source_target_tag": "Recon", "port": "445", "proto": "TCP"})"));
}

TEST_CASE("evidence about the profile itself has threat level info, as in Slips") {
    auto evidence = slips_test::local_connection();
    CHECK(encoded(evidence)["threat_level"] == "info");
    evidence.attacker = "192.168.1.18";
    CHECK(encoded(evidence)["threat_level"] == "high");
    CHECK(encoded(evidence)["type_detection"] == "dstip");
    evidence.attacker = "192.168.1.123";  // a substring is enough
    CHECK(encoded(evidence)["threat_level"] == "info");
    evidence.attacker = "http://192.168.1.12/x";
    CHECK(encoded(evidence)["threat_level"] == "info");
    CHECK(encoded(evidence)["type_detection"] == "srcdomain");
}

TEST_CASE("stime is never an integer, whatever form the time was given in") {
    auto evidence = slips_test::local_connection();
    const auto stime = [&](slips::Timestamp time) {
        evidence.timestamp = time;
        const auto json = encoded(evidence)["stime"];
        CHECK(json.is_number_float());
        return json.get<double>();
    };
    CHECK(stime(1654188705) == 1654188705.0);
    CHECK(stime("1654188705") == 1654188705.0);
    CHECK(stime("2022-06-02T16:51:45.500000+00:00") == 1654188705.5);
    CHECK(stime(1e11) == 1e11);
}

TEST_CASE("stime is never 0, which Slips up to 0.9.3 takes for a missing one") {
    auto evidence = slips_test::local_connection();
    for (const slips::Timestamp& epoch :
         {slips::Timestamp(0), slips::Timestamp(-0.0), slips::Timestamp("0"), slips::Timestamp("1970-01-01T00:00:00Z"),
          slips::Timestamp("1970-01-01T00:00:00+0000")}) {
        CAPTURE(epoch.text());
        evidence.timestamp = epoch;
        CHECK(slips::wire::object_evidence::encode(completed(evidence), context()).find(R"("stime": 1e-09,)") !=
              std::string::npos);
    }
    evidence.timestamp = -5;
    CHECK(encoded(evidence)["stime"] == -5.0);
}

TEST_CASE("a uid is a text, even if there is none") {
    slips::Context nowhere = context();
    nowhere.uids.clear();
    const auto json = nlohmann::json::parse(
        object_evidence::encode(slips::complete(slips_test::local_connection(), nowhere), nowhere));
    CHECK(json["uid"] == "");
}

TEST_CASE("a port is written as text, the destination's first") {
    auto evidence = slips_test::local_connection();
    evidence.src_port = 1024;
    CHECK(encoded(evidence)["port"] == "1024");
    evidence.dst_port = 0;
    CHECK(encoded(evidence)["port"] == "0");
}

TEST_CASE("a window keeps its evidence in order; a repeat replaces the previous one") {
    object_evidence::Window window;
    CHECK(window.read(""));
    CHECK(window.text() == "{}");
    CHECK(window.put("zebra", R"({"ID": "1"})"));
    CHECK(window.put("ape", R"({"ID": "2"})"));
    CHECK_FALSE(window.put("zebra", R"({"ID": "3"})"));
    CHECK(window.text() == R"({"zebra": "{\"ID\": \"3\"}", "ape": "{\"ID\": \"2\"}"})");

    object_evidence::Window again;
    CHECK(again.read(window.text()));
    CHECK(again.text() == window.text());
    CHECK_FALSE(again.put("ape", "{}"));
    CHECK(again.put("cat", "{}"));
}

TEST_CASE("a window written by Python is read") {
    object_evidence::Window window;
    CHECK(window.read(R"({"caf\u00e9 \ud83d\udc1b": "{\"ID\": \"1\"}"})"));
    CHECK_FALSE(window.put("caf\xc3\xa9 \xf0\x9f\x90\x9b", R"({"ID": "2"})"));
    CHECK(window.text() == R"({"caf\u00e9 \ud83d\udc1b": "{\"ID\": \"2\"}"})");
}

TEST_CASE("invalid UTF-8 yields the same key each time") {
    object_evidence::Window window;
    CHECK(window.put("host \xff", "{}"));
    CHECK_FALSE(window.put("host \xff", "{}"));
    object_evidence::Window again;
    CHECK(again.read(window.text()));
    CHECK_FALSE(again.put("host \xff", "{}"));
    for (const char c : again.text()) REQUIRE((c >= 0x20 && c < 0x7f));
}

TEST_CASE("a window that Slips did not write is not read") {
    for (const char* text : {"no JSON", "[]", "5", "null", "{\"a\": ", R"({"a": 5})", R"({"a": {"b": "c"}})"}) {
        object_evidence::Window window;
        CHECK_FALSE(window.read(text));
    }
    const std::size_t depth = 200'000;
    object_evidence::Window window;
    CHECK_FALSE(window.read(R"({"a": )" + std::string(depth, '[') + std::string(depth, ']') + "}"));
}

TEST_CASE("the cache value of an address gets a score") {
    using nlohmann::json;
    CHECK(json::parse(scored("")) == json::parse(R"({"score": 1, "confidence": 1})"));
    CHECK(json::parse(scored(R"({"asn": {"number": "AS1"}, "score": 0.2})")) ==
          json::parse(R"({"asn": {"number": "AS1"}, "score": 1, "confidence": 1})"));
    for (const char* unreadable : {"no JSON", R"({"asn": {"number": "AS1"}, "x": NaN})", "[]", "7"})
        CHECK(scored(unreadable) == "");  // what another module stored is not replaced
    const std::size_t depth = 200'000;
    CHECK(scored(R"({"a": )" + std::string(depth, '[') + std::string(depth, ']') + "}") == "");
}

TEST_CASE("an evidence scores its attacker") {
    auto evidence = slips_test::local_connection();
    CHECK(scored_ip(evidence) == "192.168.1.12");
    evidence.attacker = "192.168.1.18";
    CHECK(scored_ip(evidence) == "192.168.1.18");
    evidence.attacker = "10.9.9.9";  // neither end of the flow: as a source, it is the profile's
    CHECK(scored_ip(evidence) == "192.168.1.12");
    evidence.attacker = "evil.example";
    CHECK(scored_ip(evidence).empty());
}
