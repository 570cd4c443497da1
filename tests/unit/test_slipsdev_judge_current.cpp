// slipsdev judges evidence by the rules of Slips 1.1.21: one case for each way to harm it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "../recordings.hpp"
#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/recordings/capture.hpp"

using namespace slipsdev;

namespace {

Json party(const char* direction, const char* address) {
    Json json = {{"direction", direction}, {"ioc_type", "IP"}, {"value", address}};
    for (const char* key : {"TI", "AS", "rDNS", "SNI", "DNS_resolution", "queries", "CNAME"}) json[key] = nullptr;
    return json;
}

Json good_evidence() {
    Json json;
    json["evidence_type"] = "CONNECTION_TO_PRIVATE_IP";
    json["description"] = "a connection to 10.0.0.2";
    json["attacker"] = party("SRC", "10.0.0.1");
    json["attacker"]["profile"] = {{"ip", "10.0.0.1"}};
    json["threat_level"] = "HIGH";
    json["profile"] = {{"ip", "10.0.0.1"}};
    json["timewindow"] = {{"number", 1}, {"start_time", ""}, {"end_time", ""}};
    json["uid"] = {"C1"};
    json["timestamp"] = 1654188717.25;
    json["interface"] = "default";
    json["victim"] = party("DST", "10.0.0.2");
    json["proto"] = "TCP";
    json["dst_port"] = 445;
    json["src_port"] = nullptr;
    json["method"] = "HEURISTIC";
    json["id"] = "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a";
    json["confidence"] = 0.8;
    json["rel_id"] = nullptr;
    json["version"] = "1.1.21";
    return json;
}

const EvidenceRules rules{*release_named("1.1.21"), [](std::string_view type) { return type == "REGISTERED_TYPE"; }};

/// Returns the complaint about the good evidence after a change; "" if it is accepted.
std::string said(const std::function<void(Json&)>& change) {
    Json json = good_evidence();
    change(json);
    Evidence evidence;
    return judge_evidence(to_python_json(json), rules, evidence).value_or("");
}

bool accepted(const std::function<void(Json&)>& change) {
    const std::string complaint = said(change);
    CAPTURE(complaint);
    return complaint.empty();
}

/// Returns whether it is refused, in one line that names the field.
bool refused(const std::string& field, const std::function<void(Json&)>& change) {
    const std::string complaint = said(change);
    CAPTURE(complaint);
    CHECK(complaint.find('\n') == std::string::npos);
    return complaint.find(field) != std::string::npos;
}

}  // namespace

TEST_CASE("slipsdev: current: good evidence") {
    Evidence evidence;
    const auto complaint = judge_evidence(to_python_json(good_evidence()), rules, evidence);
    CHECK(complaint.value_or("") == "");
    CHECK(evidence.profileid == "profile_10.0.0.1");
    CHECK(evidence.twid == "timewindow1");
    CHECK(evidence.level == "high");
    CHECK(evidence.weight == doctest::Approx(0.64));
    CHECK(evidence.counts);
    CHECK(evidence.time == 1'654'188'717'250'000);

    CHECK(accepted([](Json& e) { e["victim"] = false; }));
    CHECK(accepted([](Json& e) { e["proto"] = false; }));
    CHECK(accepted([](Json& e) { e["proto"] = nullptr; }));
    CHECK(accepted([](Json& e) { e["dst_port"] = "445"; }));
    CHECK(accepted([](Json& e) { e["src_port"] = "0x0008"; }));
    CHECK(accepted([](Json& e) { e["confidence"] = 1; }));
    CHECK(accepted([](Json& e) { e["uid"] = Json::array(); }));
    CHECK(accepted([](Json& e) { e["timewindow"]["number"] = -3; }));
    CHECK(accepted([](Json& e) { e["evidence_type"] = "REGISTERED_TYPE"; }));
    CHECK(accepted([](Json& e) { e["attacker"]["queries"] = {"example.org"}; }));
    CHECK(accepted([](Json& e) { e["rel_id"] = {"2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3b"}; }));
    CHECK(accepted([](Json& e) {
        e["attacker"]["ioc_type"] = "DOMAIN";
        e["attacker"]["value"] = "example.org";
    }));
}

TEST_CASE("slipsdev: current: evidence that ends or misleads Slips is refused") {
    CHECK(refused("evidence_type", [](Json& e) { e["evidence_type"] = "CONNECTION_TO_LOCAL_DEVICE"; }));
    CHECK(refused("evidence_type", [](Json& e) { e["evidence_type"] = "connection_to_private_ip"; }));
    for (const char* key : {"evidence_type", "description", "interface", "attacker", "threat_level", "profile",
                            "timewindow", "uid", "timestamp", "id", "rel_id", "confidence", "method", "version"}) {
        CAPTURE(key);
        CHECK(refused(key, [key](Json& e) { e.erase(key); }));
    }
    CHECK(refused("version", [](Json& e) { e["version"] = "1.1.20"; }));
    CHECK(refused("confidence", [](Json& e) { e["confidence"] = "0.8"; }));
    CHECK(refused("confidence", [](Json& e) { e["confidence"] = 1.5; }));
    CHECK(refused("confidence", [](Json& e) { e["confidence"] = -0.1; }));
    CHECK(refused("method", [](Json& e) { e["method"] = "MAGIC"; }));
    CHECK(refused("description", [](Json& e) { e["description"] = 5; }));
    CHECK(refused("threat_level", [](Json& e) { e["threat_level"] = "SEVERE"; }));
    CHECK(refused("threat_level", [](Json& e) { e["threat_level"] = 0.8; }));
    CHECK(refused("profile", [](Json& e) { e["profile"]["ip"] = "host"; }));
    CHECK(refused("profile", [](Json& e) { e["profile"] = "10.0.0.1"; }));
    CHECK(refused("timewindow", [](Json& e) { e["timewindow"]["number"] = "1"; }));
    CHECK(refused("timewindow", [](Json& e) { e["timewindow"]["number"] = 1.0; }));
    CHECK(refused("timewindow", [](Json& e) { e["timewindow"] = "timewindow1"; }));
    CHECK(refused("uid", [](Json& e) { e["uid"] = "C1"; }));
    CHECK(refused("uid", [](Json& e) { e["uid"] = {"C1", 2}; }));
    CHECK(refused("proto", [](Json& e) { e["proto"] = "SCTP"; }));
    CHECK(refused("dst_port", [](Json& e) { e["dst_port"] = "http"; }));
    CHECK(refused("src_port", [](Json& e) { e["src_port"] = 65536; }));
    CHECK(refused("id", [](Json& e) { e["id"] = "1234"; }));
    CHECK(refused("id", [](Json& e) { e["id"] = "2f0c4d4e-9f0e-1b0a-8d4b-1f5f3c1d2e3a"; }));  // a uuid1
    CHECK(refused("rel_id", [](Json& e) { e["rel_id"] = "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3b"; }));
}

TEST_CASE("slipsdev: current: attacker and victim") {
    for (const char* who : {"attacker", "victim"}) {
        CAPTURE(who);
        const std::string name = who;
        for (const char* key : {"direction", "ioc_type", "value"}) {
            CHECK(refused(name, [&](Json& e) { e[name].erase(key); }));
        }
        CHECK(refused("attacker_type", [&](Json& e) { e[name]["attacker_type"] = "IP"; }));
        CHECK(refused(name + ".direction", [&](Json& e) { e[name]["direction"] = "src"; }));
        CHECK(refused(name + ".ioc_type", [&](Json& e) { e[name]["ioc_type"] = "MD5"; }));
        CHECK(refused(name + ".value", [&](Json& e) { e[name]["value"] = "host"; }));
        CHECK(refused(name + ".value", [&](Json& e) { e[name]["value"] = nullptr; }));
        for (const char* key : {"queries", "CNAME", "DNS_resolution"}) {
            CHECK(refused(name + "." + key, [&](Json& e) { e[name][key] = "example.org"; }));
        }
        CHECK(refused(name, [&](Json& e) { e[name] = "10.0.0.1"; }));
        const auto domain = [&](const char* value) {
            return [&, value](Json& e) {
                e[name]["ioc_type"] = "DOMAIN";
                e[name]["value"] = value;
            };
        };
        for (const char* bad :
             {"not an ip", "999.1.1.1", "7", "http://", "http:///x", "/path", "10.0.0.1:80", "[::1]", "-", "?",
              "a\xc2\xa0"
              "b"})
            CHECK(refused(name + ".value", domain(bad)));
        for (const char* good : {"example.org", "fileserver", "example.org.", "F00@Foo,Bar._raop._tcp.local",
                                 "example.org:80", "<[2j.example.org",
                                 "b\xc3\xbc"
                                 "cher.example"})
            CHECK(accepted(domain(good)));
    }
    CHECK(refused("attacker", [](Json& e) { e["attacker"] = false; }));
    CHECK(refused("profile", [](Json& e) { e["victim"]["profile"] = {{"ip", "10.0.0.2"}}; }));
}

TEST_CASE("slipsdev: current: timestamps") {
    for (const Json& good :
         {Json(0), Json(22.335172), Json("1601998366.785668"), Json("2022-06-02T16:51:57"),
          Json("2022-06-02T16:51:57+0200"), Json("2022-06-02T16:51:57.25+02:00"), Json("2022-06-02 16:51:57"),
          Json("2022-06-02 16:51:57.5"), Json("2022-06-02 16:51:57+02:00"), Json("2022-06-02 16:51:57.5Z"),
          Json("2022/06/02 16:51:57"), Json("2022/06/02 16:51:57.5"), Json("2022/06/02 16:51:57.5+0200"),
          Json("2022/06/02-16:51:57")}) {
        CAPTURE(good.dump());
        CHECK(accepted([&](Json& e) { e["timestamp"] = good; }));
    }
    for (const Json& bad : {Json(1654188717250.0), Json("1654188717250"), Json("nan"), Json("inf"), Json(nullptr),
                            Json("2022-06-02T16:51:57.25"), Json("2022-06-02T16:51:57.1234567+02:00"),
                            Json("2022-06-02"), Json("2022/06/02 16:51:57+0200"), Json("now"), Json("")}) {
        CAPTURE(bad.dump());
        CHECK(refused("timestamp", [&](Json& e) { e["timestamp"] = bad; }));
    }
}

TEST_CASE("slipsdev: current: the text itself") {
    Evidence evidence;
    const auto complaint = [&evidence](const std::string& text) {
        return judge_evidence(text, rules, evidence).value_or("");
    };
    std::string text = to_python_json(good_evidence());
    CHECK(complaint("") != "");
    CHECK(complaint("[]") == "not a JSON object");
    CHECK(complaint(text.substr(0, text.size() - 1)).find("not JSON") == 0);
    std::string nan = text;
    nan.replace(nan.find("0.8"), 3, "NaN");
    CHECK(complaint(nan).find("not JSON") == 0);
    text[text.find("a connection")] = '\xe4';
    CHECK(complaint(text).find("not ASCII") != std::string::npos);
}

TEST_CASE("slipsdev: current: evidence that counts towards an alert") {
    const auto counts = [](const std::function<void(Json&)>& change) {
        Json json = good_evidence();
        change(json);
        Evidence evidence;
        CHECK_FALSE(judge_evidence(to_python_json(json), rules, evidence));
        return evidence.counts;
    };
    CHECK_FALSE(counts([](Json& e) { e["threat_level"] = "INFO"; }));
    CHECK_FALSE(counts([](Json& e) { e["attacker"]["direction"] = "DST"; }));
    CHECK(counts([](Json& e) { e["threat_level"] = "low"; }));  // Slips accepts levels in any case
}

TEST_CASE("slipsdev: current: a word that hides the alert in slips.log is noted") {
    Json json = good_evidence();
    json["description"] = "asked for analyzed IPs";
    Evidence evidence;
    CHECK_FALSE(judge_evidence(to_python_json(json), rules, evidence));
    REQUIRE(evidence.notes.size() == 1);
    CHECK(evidence.notes[0].starts_with("description contains \"analyzed IPs\": Slips takes it for its statistics"));
}

TEST_CASE("slipsdev: current: stored evidence") {
    Evidence evidence;
    REQUIRE_FALSE(judge_evidence(to_python_json(good_evidence()), rules, evidence));
    Json stored = good_evidence();
    stored.erase("version");
    const std::string entry = to_python_json(stored);
    const std::string uids = R"(["C1"])";
    const auto complaint = [&](const std::optional<std::string>& e, const std::optional<std::string>& u) {
        return judge_stored_field(rules, evidence, e, u).value_or("");
    };
    CHECK(complaint(entry, uids) == "");
    CHECK(complaint(std::nullopt, uids) ==
          "not stored in profile_10.0.0.1_timewindow1_evidence before it was published");
    CHECK(complaint(entry, std::nullopt) == "its id is not in flows_causing_evidence");
    CHECK(complaint(entry, R"(["C2"])") == "flows_causing_evidence does not hold its list of uids");
    CHECK(complaint(to_python_json(good_evidence()), uids).find("with a version") != std::string::npos);
    CHECK(complaint("{", uids).find("not JSON") != std::string::npos);
    stored["description"] = "another";
    CHECK(complaint(to_python_json(stored), uids).find("differently") != std::string::npos);
}

TEST_CASE("slipsdev: current: accepts the evidence of real Slips") {
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!captures) return;
    int judged = 0;
    for (const auto& file : std::filesystem::directory_iterator(*captures)) {
        if (file.path().filename().string().rfind("current-", 0) != 0) continue;
        std::ifstream in(file.path());
        std::string why;
        for (std::string line; std::getline(in, line);) {
            const auto message = read_capture_line(line, why);
            REQUIRE(message);
            if (message->channel != "evidence_added") continue;
            Evidence evidence;
            CHECK(judge_evidence(message->data, rules, evidence).value_or("") == "");
            ++judged;
        }
    }
    CHECK(judged > 100);
}
