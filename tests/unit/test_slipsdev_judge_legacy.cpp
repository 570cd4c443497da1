// slipsdev judges evidence by the rules of Slips of June 2022: one case for each way to harm it.
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

const EvidenceRules rules{release_of(Generation::legacy)};

Json good_evidence() {
    Json json;
    json["profileid"] = "profile_10.0.0.1";
    json["twid"] = "timewindow1";
    json["type_detection"] = "dstip";
    json["detection_info"] = "10.0.0.2";
    json["type_evidence"] = "ConnectionToLocalDevice";
    json["description"] = "Detected a connection to a local device 10.0.0.2";
    json["stime"] = 1654188717.25;
    json["uid"] = "C1";
    json["confidence"] = 0.8;
    json["threat_level"] = "high";
    json["category"] = "Anomaly.Connection";
    json["ID"] = "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a";
    return json;
}

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

bool refused(const std::string& field, const std::function<void(Json&)>& change) {
    const std::string complaint = said(change);
    CAPTURE(complaint);
    CHECK(complaint.find('\n') == std::string::npos);
    return complaint.rfind(field, 0) == 0;
}

}  // namespace

TEST_CASE("slipsdev: legacy: good evidence") {
    Evidence evidence;
    CHECK(judge_evidence(to_python_json(good_evidence()), rules, evidence).value_or("") == "");
    CHECK(evidence.profileid == "profile_10.0.0.1");
    CHECK(evidence.weight == doctest::Approx(0.64));
    CHECK(evidence.time == 1'654'188'717'250'000);

    CHECK(accepted([](Json& e) { e["stime"] = "2022-06-02T16:51:57+02:00"; }));
    CHECK(accepted([](Json& e) { e["stime"] = "2022-06-02T16:51:57.5+0200"; }));
    CHECK(accepted([](Json& e) { e["stime"] = "2018/12/18 14:00:00.075359"; }));
    CHECK(accepted([](Json& e) { e["confidence"] = "0.5"; }));
    CHECK(accepted([](Json& e) { e["confidence"] = 1; }));
    CHECK(accepted([](Json& e) { e["uid"] = ""; }));
    CHECK(accepted([](Json& e) { e["port"] = "445"; }));
    CHECK(accepted([](Json& e) { e["proto"] = "TCP"; }));
    CHECK(accepted([](Json& e) {
        e["type_detection"] = "dport";
        e["detection_info"] = 23;
    }));
}

TEST_CASE("slipsdev: legacy: evidence that ends Slips' evidence process is refused") {
    for (const Json& bad :
         {Json(1654188717), Json(nullptr), Json(0.0), Json("2022/06/02-16:51:57"), Json("1654188717.25"),
          Json("2022-06-02T16:51:57"), Json("2022-06-02 16:51:57"), Json(""), Json(1654188717250.0)}) {
        CAPTURE(bad.dump());
        CHECK(refused("stime", [&](Json& e) { e["stime"] = bad; }));
    }
    CHECK(refused("uid", [](Json& e) { e["uid"] = nullptr; }));
    CHECK(refused("uid", [](Json& e) { e["uid"] = {"C1"}; }));
    CHECK(refused("uid", [](Json& e) { e.erase("uid"); }));
    CHECK(refused("detection_info", [](Json& e) { e["detection_info"] = nullptr; }));
    CHECK(refused("detection_info", [](Json& e) { e["detection_info"] = Json::object(); }));
    CHECK(refused("threat_level", [](Json& e) { e["threat_level"] = 0.8; }));
    CHECK(refused("threat_level", [](Json& e) { e["threat_level"] = "severe"; }));
    CHECK(refused("confidence", [](Json& e) { e["confidence"] = "much"; }));
    CHECK(refused("confidence", [](Json& e) { e["confidence"] = nullptr; }));
    CHECK(refused("port", [](Json& e) { e["port"] = "http"; }));
    CHECK(refused("proto", [](Json& e) { e["proto"] = 6; }));
    CHECK(refused("profileid", [](Json& e) { e["profileid"] = "10.0.0.1"; }));
    CHECK(refused("twid", [](Json& e) { e["twid"] = 1; }));
    CHECK(refused("type_detection", [](Json& e) { e["type_detection"] = nullptr; }));
    CHECK(refused("type_evidence", [](Json& e) { e["type_evidence"] = 3; }));
    CHECK(refused("description", [](Json& e) { e.erase("description"); }));
    CHECK(refused("description", [](Json& e) { e["description"] = "a \"device\""; }));
    CHECK(refused("detection_info", [](Json& e) {
        e["detection_info"] = "example.org";
        e["source_target_tag"] = "Malware";
    }));
    for (const char* bad : {"not an ip", "999.1.1.1"}) {
        CHECK(refused("detection_info", [&](Json& e) {
            e["type_detection"] = "dstdomain";
            e["detection_info"] = bad;
        }));
    }
    CHECK(refused("description", [](Json& e) { e["type_evidence"] = "Command-and-Control-channels-detection"; }));
    CHECK(refused("description", [](Json& e) { e["type_evidence"] = "MaliciousDownloadedFile"; }));
    CHECK(accepted([](Json& e) {
        e["type_evidence"] = "MaliciousDownloadedFile";
        e["description"] = "a file, size: 12 from IP: 10.0.0.2";
    }));
    Evidence evidence;
    CHECK(judge_evidence("{\"stime\": ", rules, evidence));
    CHECK(judge_evidence("\"text\"", rules, evidence) == "not a JSON object");
}

TEST_CASE("slipsdev: legacy: a word that ends Slips' output process is refused in any text, others are noted") {
    CHECK(said([](Json& e) { e["description"] = "10.0.0.1 asked for stop_process.example.org"; }) ==
          "description contains \"stop_process\": printed, it ends Slips' output process");
    for (const std::string field :
         {"category", "uid", "source_target_tag", "type_evidence", "profileid", "twid", "ID", "novel"}) {
        CAPTURE(field);
        CHECK(refused(field, [&field](Json& e) { e[field] = "profile_stop_process"; }));
    }
    CHECK(accepted([](Json& e) { e["description"] = "10.0.0.1 asked for stop\\x5fprocess.example.org"; }));
    for (const char* word : {"log-only", "initialize progress bar", "update progress bar"}) {
        Json json = good_evidence();
        json["description"] = std::string("it said ") + word;
        Evidence evidence;
        CHECK_FALSE(judge_evidence(to_python_json(json), rules, evidence));
        REQUIRE(evidence.notes.size() == 1);
        CHECK(evidence.notes[0].starts_with("description contains \"" + std::string(word) + "\""));
    }
}

TEST_CASE("slipsdev: legacy: evidence that accuses the profile itself is info") {
    const auto accuse = [](const char* level) {
        return said([level](Json& e) {
            e["type_detection"] = "srcip";
            e["detection_info"] = "10.0.0.1";
            e["threat_level"] = level;
        });
    };
    CHECK(accuse("info") == "");
    CHECK(accuse("high").find("threat_level") == 0);
    // A part of the text is enough, as in Slips.
    CHECK(refused("threat_level", [](Json& e) { e["detection_info"] = "10.0.0.17"; }));
}

TEST_CASE("slipsdev: legacy: stored evidence") {
    Evidence evidence;
    const Json json = good_evidence();
    REQUIRE_FALSE(judge_evidence(to_python_json(json), rules, evidence));
    const auto object_of = [](const Json& one) {
        return Json({{one.at("description").get<std::string>(), to_python_json(one)}});
    };
    const Json good = object_of(json);
    CHECK_FALSE(judge_stored_objects(rules, evidence, good, good));
    CHECK(judge_stored_objects(rules, evidence, Json::object(), good));
    CHECK(judge_stored_objects(rules, evidence, good, Json::object()));
    Json repeat = json;
    repeat["ID"] = "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3b";
    repeat["stime"] = 1654188719.5;
    CHECK_FALSE(judge_stored_objects(rules, evidence, object_of(repeat), object_of(repeat)));
    CHECK(judge_stored_objects(rules, evidence, object_of(repeat), good));  // the two hashes differ
    Json other = json;
    other["stime"] = 1654188719.5;  // the same ID with other content
    CHECK(judge_stored_objects(rules, evidence, object_of(other), object_of(other)));
    Json broken = json;
    broken["stime"] = 5;
    CHECK(judge_stored_objects(rules, evidence, object_of(broken), object_of(broken)));
}

TEST_CASE("slipsdev: legacy: accepts evidence that real Slips has published and processed") {
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!captures) return;
    int judged = 0;
    for (const auto& file : std::filesystem::directory_iterator(*captures)) {
        if (file.path().filename().string().rfind("legacy-", 0) != 0) continue;
        std::ifstream in(file.path());
        std::string why;
        for (std::string line; std::getline(in, line);) {
            const auto message = read_capture_line(line, why);
            REQUIRE(message);
            if (message->channel != "evidence_added" || is_control_message(*message)) continue;
            Evidence evidence;
            const std::string complaint = judge_evidence(message->data, rules, evidence).value_or("");
            CAPTURE(message->data);
            // The stime of the published tutorial ends Slips at its first alert.
            const bool of_tutorial = message->data.find("local device") != std::string::npos;
            CHECK((of_tutorial ? complaint.rfind("stime", 0) == 0 : complaint == ""));
            ++judged;
        }
    }
    CHECK(judged > 50);
}
