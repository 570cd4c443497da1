// slipsdev judges evidence by the rules of each release of Slips: evidence in the form of each is accepted, and what ends
// the evidence process of a release is refused for that release.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "../recordings.hpp"
#include "slipsdev/judge/alert_book.hpp"
#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/recordings/publishable.hpp"

using namespace slipsdev;

namespace {

// Evidence as each release's own modules write it, the first and the last release of each form.
struct Golden {
    std::vector<std::string> releases;
    std::string payload;
};

const std::string flat_head = R"({"profileid": "profile_10.1.1.1", "twid": "timewindow1", )";
const std::string old_names =
    R"("type_detection": "dstip", "detection_info": "192.0.2.9", "type_evidence": "OddPeer", )";
const std::string new_names = R"("attacker_direction": "dstip", "attacker": "192.0.2.9", "evidence_type": "OddPeer", )";
const std::string flat_tail =
    R"("confidence": 0.8, "threat_level": "high", "category": "Anomaly.Connection", "ID": "4be0c7a2-5d5c-4a7c-9a3b-0f5a8f6b7c11")";

std::string flat(const std::string& names, const std::string& stime, const std::string& uid,
                 const std::string& more = "") {
    return flat_head + names + R"("description": "an odd peer 192.0.2.9", "stime": )" + stime + R"(, "uid": )" + uid +
           ", " + flat_tail + more + "}";
}

std::string party(const std::string& name, const std::string& direction, const std::string& ip, const std::string& kind,
                  const std::string& facts, const std::string& profile = "") {
    return R"(")" + name + R"(": {"direction": ")" + direction + R"(", ")" + kind + R"(": "IP", "value": ")" + ip +
           R"(")" + profile + facts + "}";
}

std::string typed(const std::string& kinds, const std::string& facts, const std::string& window,
                  const std::string& details, const std::string& more = "") {
    const bool split = kinds.empty();
    return R"({"evidence_type": "UNKNOWN_PORT", "description": "a port that Slips does not know", )" +
           party("attacker", "SRC", "10.1.1.1", split ? "attacker_type" : kinds, facts,
                 R"(, "profile": {"ip": "10.1.1.1"})") +
           R"(, "threat_level": "HIGH", "profile": {"ip": "10.1.1.1"}, "timewindow": )" + window +
           R"(, "uid": ["C1"], "timestamp": 1700000000.5, )" +
           party("victim", "DST", "192.0.2.9", split ? "victim_type" : kinds, facts) +
           R"(, "proto": "TCP", "id": "4be0c7a2-5d5c-4a7c-9a3b-0f5a8f6b7c11", "confidence": 0.8, )" + details + more +
           "}";
}

const std::string four_facts = R"(, "TI": null, "AS": null, "rDNS": null, "SNI": null)";
const std::string seven_facts = four_facts + R"(, "DNS_resolution": null, "queries": null, "CNAME": null)";
const std::string number_only = R"({"number": 1})";
const std::string three_keys = R"({"number": 1, "start_time": "", "end_time": ""})";
const std::string with_category =
    R"("category": "ANOMALY_CONNECTION", "port": 4711, "source_target_tag": false, "conn_count": 1)";
const std::string with_method = R"("dst_port": 4711, "src_port": null, "method": "HEURISTIC", "rel_id": null)";
const std::string slash_time = R"("2023/11/14 22:13:20.500000+0000")";

std::vector<Golden> goldens() {
    return {
        {{"0.9.0", "0.9.1", "0.9.2", "0.9.3"}, flat(old_names, "1700000000.5", R"("C1")")},
        {{"0.9.5"}, flat(old_names, R"("2023/11/14 22:13:20")", R"("C1")")},
        {{"0.9.6", "1.0.0"}, flat(old_names, slash_time, R"("C1")")},
        {{"1.0.1"}, flat(new_names, slash_time, R"("C1")")},
        {{"1.0.2", "1.0.4", "1.0.5"}, flat(new_names, slash_time, R"(["C1"])")},
        {{"1.0.6", "1.0.8", "1.0.10"}, flat(new_names, slash_time, R"(["C1"])", R"(, "victim": "192.0.2.9")")},
        {{"1.0.11", "1.0.12", "1.1", "1.1.1"}, typed("", "", number_only, with_category)},
        {{"1.1.2", "1.1.6"}, typed("", four_facts, three_keys, with_method)},
        {{"1.1.7", "1.1.12", "1.1.14"}, typed("ioc_type", seven_facts, three_keys, with_method)},
        {{"1.1.15", "1.1.18", "1.1.19"},
         typed("ioc_type", seven_facts, three_keys, with_method, R"(, "interface": "default")")},
        {{"1.1.20"},
         typed("ioc_type", seven_facts, three_keys, with_method, R"(, "interface": "default", "version": "1.1.20")")},
        {{"1.1.22"},
         typed("ioc_type", seven_facts, three_keys, with_method,
               R"(, "immune_type": null, "interface": "default", "version": "1.1.22")")},
    };
}

/// A complaint and what Slips does about it.
struct Verdict {
    std::string complaint;
    Harm harm;
    bool is_good() const { return complaint.empty(); }
};

Verdict verdict_of(const std::string& release, const std::string& payload) {
    Evidence evidence;
    const std::string complaint = judge_evidence(payload, {release_named(release).value(), {}}, evidence).value_or("");
    return {complaint, evidence.harm};
}

/// Returns the release's own evidence after a change.
Verdict changed(const std::string& release, const std::function<void(Json&)>& change) {
    for (const Golden& golden : goldens()) {
        if (std::find(golden.releases.begin(), golden.releases.end(), release) == golden.releases.end()) continue;
        std::string why;
        Json json = parse_json(golden.payload, why).value();
        change(json);
        return verdict_of(release, to_python_json(json));
    }
    FAIL("no example of " << release);
    return {};
}

bool is_good(const std::string& release, const std::function<void(Json&)>& change) {
    const Verdict verdict = changed(release, change);
    CAPTURE(release);
    CAPTURE(verdict.complaint);
    CHECK(verdict.is_good());
    return verdict.is_good();
}

/// Checks that it is refused, in a line that names the field.
bool has_harm(const std::string& release, const std::string& field, Harm harm,
              const std::function<void(Json&)>& change) {
    const Verdict verdict = changed(release, change);
    CAPTURE(release);
    CAPTURE(verdict.complaint);
    CHECK(verdict.complaint.find(field) != std::string::npos);
    CHECK(verdict.harm == harm);
    return !verdict.is_good();
}

Version number_of(const std::string& release) { return read_version(release).value(); }

}  // namespace

TEST_CASE("slipsdev: versions") {
    CHECK(read_version("1.1.12") == Version{1, 1, 12});
    CHECK(read_version(" 1.1.1\n") == Version{1, 1, 1});
    CHECK(read_version("v1.0.3") == Version{1, 0, 3});
    CHECK(read_version("1.1") == Version{1, 1, 0});
    CHECK(read_version("1.1.4.1") == Version{1, 1, 4});
    for (const char* text : {"", "1", "one", "1.x", "-1.2", "1.-2", "1..2", "current"}) {
        CAPTURE(text);
        CHECK_FALSE(read_version(text));
    }
    CHECK_FALSE(release_named("0.8.5"));
    CHECK_FALSE(release_named("new"));
    CHECK(release_named("1.1.4.1")->evidence.since == Version{1, 1, 2});
    CHECK(release_named("2.0")->evidence.since == Version{1, 1, 20});
    CHECK(release_named("1.1.23")->text == "1.1.23");
}

TEST_CASE("slipsdev: the evidence of each release is good for it") {
    for (const Golden& golden : goldens())
        for (const std::string& release : golden.releases) {
            CAPTURE(release);
            CHECK(verdict_of(release, golden.payload).complaint == "");
        }
}

TEST_CASE("slipsdev: quotation marks break alerts.json before 1.0.2") {
    const auto quoted = [](Json& json) { json["description"] = "asked for \"a b\""; };
    for (const char* release : {"0.9.1", "0.9.6", "1.0.1"})
        CHECK(has_harm(release, "description", Harm::misleads, quoted));
    for (const char* release : {"1.0.2", "1.0.5", "1.0.10", "1.0.11", "1.1.22"}) CHECK(is_good(release, quoted));
}

TEST_CASE("slipsdev: evidence of one form is refused by releases with another") {
    const auto all = goldens();
    for (const Golden& golden : all) {
        for (const Golden& other : all) {
            const Release theirs = release_named(golden.releases.front()).value();
            for (const std::string& release : other.releases) {
                const Release own = release_named(release).value();
                if (theirs.evidence.is_typed() == own.evidence.is_typed()) continue;
                CAPTURE(release);
                CHECK_FALSE(verdict_of(release, golden.payload).is_good());
            }
        }
    }
}

TEST_CASE("slipsdev: a form with more keys is good for older releases, except in attacker and victim") {
    const std::string newest = goldens().back().payload;
    for (const char* release : {"1.1.7", "1.1.12", "1.1.15", "1.1.19"}) CHECK(verdict_of(release, newest).is_good());
    for (const char* release : {"1.1.6", "1.1.2", "1.1.1", "1.0.12", "1.0.11"}) {
        CAPTURE(release);
        CHECK(verdict_of(release, newest).complaint.find("attacker has the unknown key") == 0);
        CHECK(verdict_of(release, newest).harm == Harm::ends_process);
    }
    CHECK(is_good("1.0.12", [](Json& e) {
        e["version"] = "1.0.12";
        e["interface"] = "default";
        e["method"] = "HEURISTIC";
    }));
    CHECK(is_good("1.0.5", [](Json& e) { e["victim"] = ""; }));
}

TEST_CASE("slipsdev: flat evidence: what ends the evidence process") {
    for (const char* release : {"0.9.0", "0.9.3", "0.9.5", "0.9.6", "1.0.1", "1.0.5", "1.0.10"}) {
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = nullptr; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = false; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = "yesterday"; }));
        CHECK(has_harm(release, "profileid", Harm::ends_process, [](Json& e) { e["profileid"] = "10.1.1.1"; }));
        CHECK(has_harm(release, "confidence", Harm::ends_process, [](Json& e) { e["confidence"] = "much"; }));
        CHECK(has_harm(release, "threat_level", Harm::ends_process, [](Json& e) { e["threat_level"] = 0.8; }));
        CHECK(has_harm(release, "port", Harm::ends_process, [](Json& e) { e["port"] = "http"; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = 1700000000.5; }));
        const bool old = number_of(release) < number_of("1.0.1");
        CHECK(has_harm(release, "description", Harm::ends_process, [&](Json& e) {
            e[old ? "type_evidence" : "evidence_type"] = "Command-and-Control-channels-detection";
        }));
        CHECK(has_harm(release, "description", Harm::ends_process,
                       [&](Json& e) { e[old ? "type_evidence" : "evidence_type"] = "MaliciousDownloadedFile"; }));
        CHECK(has_harm(release, old ? "detection_info" : "attacker", Harm::ends_process, [&](Json& e) {
            e[old ? "detection_info" : "attacker"] = "example.org";
            e["description"] = "a peer SNI: example.org";
        }));
    }
}

TEST_CASE("slipsdev: flat evidence: the times that a release reads") {
    for (const char* release : {"0.9.0", "0.9.2", "0.9.3"}) {
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = 1700000000; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = "2022/06/02-16:51:57"; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = "2022/06/02 16:51:57"; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = "2022/06/02 16:51:57.000000+0200"; }));
        // "if timestamp and type(timestamp) == float"
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = 0.0; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = -0.0; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = 1e-9; }));
    }
    for (const char* release : {"0.9.5", "0.9.6", "1.0.1", "1.0.10"}) {
        CHECK(is_good(release, [](Json& e) { e["stime"] = 1700000000; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = "2022/06/02-16:51:57"; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = "2022/06/02 16:51:57.5"; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = 0.0; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = 0; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = "0"; }));
        CHECK(is_good(release, [](Json& e) { e["stime"] = 1e-9; }));
        CHECK(has_harm(release, "stime", Harm::ends_process, [](Json& e) { e["stime"] = ""; }));
    }
    CHECK(has_harm("0.9.5", "stime", Harm::ends_process, [](Json& e) { e["stime"] = "2022/06/02 16:51:57.5+0200"; }));
    CHECK(is_good("0.9.6", [](Json& e) { e["stime"] = "2022/06/02 16:51:57.5+0200"; }));
}

TEST_CASE("slipsdev: flat evidence: names, uid, victim, and evidence against the profile itself") {
    CHECK(has_harm("1.0.1", "evidence_type", Harm::ends_process, [](Json& e) { e.erase("evidence_type"); }));
    CHECK(has_harm("1.0.0", "type_evidence", Harm::ends_process, [](Json& e) { e.erase("type_evidence"); }));
    CHECK(has_harm("1.0.1", "uid", Harm::ends_process, [](Json& e) { e["uid"] = {"C1"}; }));
    CHECK(has_harm("1.0.2", "uid", Harm::ends_process, [](Json& e) { e["uid"] = "C1"; }));
    CHECK(has_harm("1.0.6", "victim", Harm::ends_process, [](Json& e) { e.erase("victim"); }));
    CHECK(is_good("1.0.10", [](Json& e) { e["victim"] = ""; }));
    const auto accuse = [](const char* key) { return [key](Json& e) { e[key] = "10.1.1.1"; }; };
    for (const char* release : {"0.9.0", "0.9.2", "0.9.5"})
        CHECK(has_harm(release, "threat_level", Harm::misleads, accuse("detection_info")));
    CHECK(is_good("0.9.6", accuse("detection_info")));
    CHECK(is_good("1.0.1", accuse("attacker")));
}

TEST_CASE("slipsdev: texts on which the output process acts, by release") {
    const auto with = [](const char* word) {
        return [word](Json& e) { e["description"] = std::string("it said ") + word; };
    };
    for (const char* release : {"0.9.0", "0.9.6", "1.0.5", "1.0.6"})
        CHECK(has_harm(release, "stop_process", Harm::ends_output, with("stop_process")));
    CHECK(is_good("1.0.8", with("stop_process")));
    CHECK(is_good("1.0.12", with("stop_process")));
}

TEST_CASE("slipsdev: typed evidence: what cannot be read ends the evidence process, or is dropped at first") {
    const std::vector<std::pair<const char*, Harm>> releases{
        {"1.0.11", Harm::ends_process}, {"1.0.12", Harm::ends_process}, {"1.1.2", Harm::ends_process},
        {"1.1.12", Harm::ends_process}, {"1.1.15", Harm::ends_process}, {"1.1.18", Harm::ends_later},
        {"1.1.20", Harm::ends_later}};
    for (const auto& [release, harm] : releases) {
        CHECK(
            has_harm(release, "evidence_type", harm, [](Json& e) { e["evidence_type"] = "CONNECTION_TO_ELSEWHERE"; }));
        CHECK(has_harm(release, "timestamp", harm, [](Json& e) { e["timestamp"] = "yesterday"; }));
        CHECK(has_harm(release, "attacker", harm, [](Json& e) { e["attacker"]["novel"] = nullptr; }));
        CHECK(has_harm(release, "victim", harm, [](Json& e) { e["victim"]["novel"] = nullptr; }));
        CHECK(has_harm(release, "threat_level", harm, [](Json& e) { e["threat_level"] = "SEVERE"; }));
        CHECK(has_harm(release, "id", harm, [](Json& e) { e.erase("id"); }));
        CHECK(has_harm(release, "confidence", harm, [](Json& e) { e.erase("confidence"); }));
        CHECK(has_harm(release, "proto", harm, [](Json& e) { e["proto"] = "SCTP"; }));
        CHECK(is_good(release, [](Json& e) { e["victim"] = false; }));
        CHECK(is_good(release, [](Json& e) { e["proto"] = false; }));
        CHECK(is_good(release, [](Json& e) { e["timestamp"] = "2022/06/02 16:51:57.000000+0200"; }));
        const bool has_interface = number_of(release) >= number_of("1.1.15");
        if (has_interface) CHECK(has_harm(release, "interface", harm, [](Json& e) { e.erase("interface"); }));
        else CHECK(is_good(release, [](Json& e) { e.erase("interface"); }));
        if (number_of(release) < number_of("1.1.2")) continue;
        CHECK(has_harm(release, "method", harm, [](Json& e) { e.erase("method"); }));
        CHECK(has_harm(release, "method", harm, [](Json& e) { e["method"] = "MAGIC"; }));
        CHECK(has_harm(release, "rel_id", harm, [](Json& e) { e.erase("rel_id"); }));
    }
    for (const char* release : {"1.0.11", "1.0.12", "1.1.1"}) {
        for (const char* key : {"category", "port", "conn_count"})
            CHECK(has_harm(release, key, Harm::ends_process, [key](Json& e) { e.erase(key); }));
        CHECK(has_harm(release, "category", Harm::ends_process, [](Json& e) { e["category"] = "Anomaly.Connection"; }));
        CHECK(has_harm(release, "source_target_tag", Harm::ends_process,
                       [](Json& e) { e["source_target_tag"] = "Malware"; }));
        CHECK(is_good(release, [](Json& e) { e["source_target_tag"] = "MALWARE"; }));
        CHECK(is_good(release, [](Json& e) { e["port"] = nullptr; }));
    }
    CHECK(has_harm("1.0.11", "threat_level", Harm::ends_process, [](Json& e) { e["threat_level"] = "high"; }));
    for (const char* release : {"1.0.12", "1.1.1", "1.1.12", "1.1.20"})
        CHECK(is_good(release, [](Json& e) { e["threat_level"] = "high"; }));
    CHECK(has_harm("1.1.20", "version", Harm::ignored, [](Json& e) { e.erase("version"); }));
    CHECK(has_harm("1.1.20", "version", Harm::ignored, [](Json& e) { e["version"] = "1.1.21"; }));
    CHECK(is_good("1.1.19", [](Json& e) { e["version"] = "1.1.21"; }));
    CHECK(has_harm("1.1.12", "id", Harm::misleads, [](Json& e) { e["id"] = "1234"; }));
    CHECK(has_harm("1.1.12", "dst_port", Harm::misleads, [](Json& e) { e["dst_port"] = "http"; }));
    CHECK(verdict_of("1.1.18", "{").harm == Harm::ends_process);
}

TEST_CASE("slipsdev: the evidence types of each release") {
    const auto count = [](const std::string& release) {
        // all names that any release has had, and one that none has
        int known = 0;
        const Release one = release_named(release).value();
        for (const char* name :
             {"MALICIOUS_URL", "THREAT_INTELLIGENCE_MALICIOUS_URL", "THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER",
              "THREAT_INTELLIGENCE_BLACKLISTED_IP", "THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP",
              "THREAT_INTELLIGENCE_TO_BLACKLISTED_IP", "CN_URL_MISMATCH", "GRE_SCAN",
              "THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY", "LOGIN", "TOR_EXIT_NODE", "NEVER_HEARD_OF"})
            known += is_known_evidence_type(one, name);
        return known;
    };
    CHECK(count("1.0.11") == 2);
    CHECK(count("1.0.12") == 3);
    CHECK(count("1.1.4") == 3);
    CHECK(count("1.1.5") == 5);
    CHECK(count("1.1.7") == 6);
    CHECK(count("1.1.13") == 7);
    CHECK(count("1.1.21") == 9);
    CHECK(count("1.0.10") == 12);  // any text
    CHECK_FALSE(is_known_evidence_type(*release_named("1.1.21"), "CONNECTION_TO_LOCAL_DEVICE"));
    CHECK(is_known_evidence_type(*release_named("1.0.11"), "ARP_SCAN"));
}

TEST_CASE("slipsdev: the lines of alerts.log, by release") {
    Evidence evidence;
    evidence.profileid = "profile_10.1.1.1";
    evidence.twid = "timewindow3";
    evidence.description = "an odd peer";
    evidence.level = "high";
    evidence.time = 1'700'000'000'500'000;
    const auto line = [&](const char* release) { return evidence_line(release_named(release).value(), evidence, 0); };
    const std::string old_time = "2023/11/14-22:13:20", time = "2023-11-14T22:13:20.500000+00:00";
    const std::string ip = "Src IP 10.1.1.1                  . Detected ";
    CHECK(line("0.9.6") == old_time + ": " + ip + "an odd peer");
    CHECK(line("1.0.8") == old_time + ": " + ip + "an odd peer");
    CHECK(line("1.0.9") == old_time + " (TW 3): " + ip + "an odd peer");
    CHECK(line("1.0.11") == time + " (TW 3): " + ip + " an odd peer");
    CHECK(line("1.0.12") == time + " (TW 3): " + ip + "an odd peer threat level: high.");
    CHECK(line("1.1.19") == time + " (TW 3): " + ip + "an odd peer threat level: high.");
    CHECK(line("1.1.20") == time + " (TW 3): " + ip + "an odd peer Threat level: high. ");
    const auto alert = [&](const char* release) {
        return alert_line(release_named(release).value(), evidence, 0, evidence.time, 0);
    };
    CHECK(alert("0.9.6").find(". Blocked given enough evidence on timewindow 3.") != std::string::npos);
    CHECK(alert("1.0.0").find(". Generated an alert given enough evidence on timewindow 3.") != std::string::npos);
    const auto threshold = [](const char* release) { return AlertBook(*release_named(release), 60).threshold(); };
    CHECK(threshold("1.0.12") == doctest::Approx(0.1));
    CHECK(threshold("1.0.13") == doctest::Approx(3.46));
    CHECK(threshold("1.0.14") == doctest::Approx(0.2));
    CHECK(threshold("1.1.3") == doctest::Approx(3.46));
    CHECK(threshold("1.1.4") == doctest::Approx(0.25));
}

namespace {

/// Returns the cells of a row of a Markdown table, without the marks of code and links.
std::vector<std::string> cells_of(const std::string& row) {
    std::vector<std::string> cells;
    for (std::size_t at = 1, end; (end = row.find('|', at)) != std::string::npos; at = end + 1) {
        std::string cell;
        for (std::size_t i = at; i < end; ++i) {
            if (row.compare(i, 2, "](") == 0) i = row.find(')', i);
            else if (row[i] != '`' && row[i] != '[') cell += row[i];
        }
        const std::size_t begin = cell.find_first_not_of(' ');
        cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
    }
    return cells;
}

/// Returns whether a range such as "up to 1.1.1", "1.0.6 to 1.0.15", "1.0.9 and 1.0.10", "1.1.17 and newer" or "1.1.22"
/// contains the version.
bool covers(const std::string& range, const Version& version) {
    if (range.starts_with("up to ")) return version <= read_version(range.substr(6)).value();
    for (const std::string_view between : {" to ", " and "}) {
        const std::size_t at = range.find(between);
        if (at == std::string::npos) continue;
        const std::string last = range.substr(at + between.size());
        return read_version(range.substr(0, at)).value() <= version &&
               (last == "newer" || version <= read_version(last).value());
    }
    return version == read_version(range).value();
}

}  // namespace

TEST_CASE("slipsdev: check prints the limitations that docs/slips-versions.md lists") {
    std::ifstream file(SLIPS_TEST_SOURCE_DIR "/docs/slips-versions.md");
    std::string section;
    std::vector<std::vector<std::string>> limitations;
    std::vector<std::string> releases;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) section = line.substr(3);
        const bool is_row = line.starts_with("| ") && !line.starts_with("| release");
        if (!is_row) continue;
        if (section == "Each release") releases.push_back(cells_of(line).at(0));
        if (section == "Limitations") limitations.push_back(cells_of(line));
    }
    CHECK(releases.size() >= 45);
    CHECK(limitations.size() >= 20);
    for (const std::string& name : releases) {
        CAPTURE(name);
        const Release release = release_named(name).value();
        std::vector<std::string> listed;
        for (const auto& row : limitations) {
            if (!covers(row.at(0), release.version)) continue;
            listed.push_back(row.at(1) + (row.at(2).empty() ? "" : " (" + row.at(2) + ")"));
        }
        const std::vector<std::string> printed = limitations_of(release);
        CHECK(printed.size() == listed.size());
        for (std::size_t i = 0; i < std::min(printed.size(), listed.size()); ++i) CHECK(printed[i] == listed[i]);
    }
}

TEST_CASE("slipsdev: what shows the generation of a message, in releases between the two") {
    const auto shown_by = [](const char* channel, const char* data) { return origin_of({channel, data}); };
    CHECK(shown_by("new_flow", R"({"flow": {"uid": "C1"}})")->generation == Generation::current);
    CHECK(shown_by("new_http", R"({"flow": {"uid": "C1"}})")->generation == Generation::current);
    CHECK(shown_by("new_flow", R"({"flow": "{}"})")->generation == Generation::legacy);
    CHECK(shown_by("evidence_added", R"({"attacker_direction": "srcip"})")->generation == Generation::legacy);
    // an object since 1.0.4, when other flows were texts
    for (const char* channel : {"new_dhcp", "new_arp", "new_smtp", "new_weird", "new_tunnel", "new_letters"})
        CHECK_FALSE(shown_by(channel, R"({"flow": {"uid": "C1"}})"));
}

TEST_CASE("slipsdev: plain texts may be published to releases before 1.1.20") {
    const CapturedMessage message{"new_ip", "10.0.0.1"};
    CHECK_FALSE(harm_of(message, Generation::current, "1.1.12"));
    CHECK_FALSE(harm_of(message, Generation::legacy, "1.0.10"));
    CHECK(harm_of(message, Generation::current, "1.1.20") == "current Slips publishes JSON objects only");
    const CapturedMessage wrapped{"new_ip", R"({"text": "10.0.0.1", "version": "1.1.20"})"};
    CHECK_FALSE(harm_of(wrapped, Generation::current, "1.1.20"));
    CHECK(harm_of({"new_flow", "{"}, Generation::current, "1.1.12"));
    CHECK(harm_of({"new_flow", "{"}, Generation::legacy, "1.0.10"));
}

TEST_CASE("slipsdev: accepts the evidence of each recorded release") {
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!captures) return;
    int judged = 0;
    for (const auto& file : std::filesystem::directory_iterator(*captures)) {
        const std::string name = file.path().stem().string();
        if (!name.starts_with("slips-")) continue;
        const EvidenceRules rules{release_named(name.substr(6)).value(),
                                  [](std::string_view type) { return type == "CONNECTION_TO_LOCAL_DEVICE"; }};
        std::ifstream in(file.path());
        std::string why;
        for (std::string line; std::getline(in, line);) {
            const auto message = read_capture_line(line, why);
            REQUIRE(message);
            if (message->channel != "evidence_added") continue;
            CAPTURE(name);
            CAPTURE(message->data);
            Evidence evidence;
            CHECK(judge_evidence(message->data, rules, evidence).value_or("") == "");
            ++judged;
        }
    }
    CHECK(judged > 50);
}
