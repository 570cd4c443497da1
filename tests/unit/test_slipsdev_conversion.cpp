// slipsdev convert: messages in the form of other releases, what is lost, and there and back again.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "../recordings.hpp"
#include "slipsdev/recordings/conversion.hpp"
#include "slipsdev/recordings/message_report.hpp"

using namespace slipsdev;

namespace {

using Fields = std::map<std::string, std::string>;
using Json = nlohmann::json;

Conversion to(const std::string& version) { return Conversion(*release_named(version)); }

/// Returns what one message becomes: "channel payload"; "nothing" if it cannot be converted.
std::string converted(const std::string& version, const std::string& channel, const std::string& data) {
    Conversion conversion = to(version);
    const auto message = conversion.convert({channel, data});
    return message ? message->channel + " " + message->data : "nothing";
}

/// Returns what is lost of one message: "field, field".
std::string lost_of(const std::string& version, const std::string& channel, const std::string& data) {
    Conversion conversion = to(version);
    conversion.convert({channel, data});
    std::string names;
    for (const auto& [key, count] : conversion.lost()) {
        CHECK(key.first == channel);
        CHECK(count == 1);
        names += (names.empty() ? "" : ", ") + key.second;
    }
    return names;
}

std::vector<CapturedMessage> read(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<CapturedMessage> messages;
    std::string why;
    for (std::string line; std::getline(in, line);) messages.push_back(read_capture_line(line, why).value());
    REQUIRE(!messages.empty());
    return messages;
}

/// Returns the release that a recording's name shows.
std::string release_of_file(const std::filesystem::path& file) {
    const std::string name = file.stem().string();
    if (name.starts_with("slips-")) return name.substr(6);
    return name.starts_with("legacy") ? "0.9.1" : "1.1.21";
}

/// Converts a recording to each release and back, and compares what a module gets.
void there_and_back(const std::filesystem::path& file, const std::vector<std::string>& targets) {
    const std::string origin = release_of_file(file);
    for (const std::string& target : targets) {
        std::size_t compared = 0;
        MessageReport report(std::nullopt);
        for (const CapturedMessage& message : read(file)) {
            std::string why;
            const auto before = decoded_fields(message, why);
            if (!before || is_control_message(message)) continue;
            CAPTURE(file.string());
            CAPTURE(target);
            CAPTURE(message.channel);
            CAPTURE(message.data);
            Conversion there = to(target), back = to(origin), same = to(origin);
            const auto other = there.convert(message);
            CHECK(there.undecodable() == 0);
            if (!other) continue;
            CAPTURE(other->data);
            CHECK(report.add(*other) == std::nullopt);
            const auto again = back.convert(*other);
            if (!again) continue;
            // in the words of its own release, which are not always those of the message
            const auto own = same.convert(message);
            REQUIRE(own);
            CHECK(again->channel == own->channel);
            const auto expected = decoded_fields(*own, why), after = decoded_fields(*again, why);
            REQUIRE(expected);
            REQUIRE(after);
            for (const auto& field : *expected) {
                const std::string& name = field.first;
                const auto& value = field.second;
                const auto key = std::pair(message.channel, name);
                if (there.lost().contains(key) || back.lost().contains({other->channel, name})) continue;
                CAPTURE(name);
                CAPTURE(again->data);
                CHECK((after->contains(name) ? after->at(name) : "nothing") == value);
                ++compared;
            }
        }
        CHECK(report.failed() == 0);
        CHECK(compared > 20);
    }
}

/// Converts a recording to its own release: nothing that a module gets is lost.
void to_itself(const std::filesystem::path& file) {
    const std::string version = release_of_file(file);
    for (const CapturedMessage& message : read(file)) {
        std::string why;
        const auto before = decoded_fields(message, why);
        if (!before || is_control_message(message)) continue;
        Conversion same = to(version);
        const auto own = same.convert(message);
        CAPTURE(file.string());
        CAPTURE(message.data);
        REQUIRE(own);
        CHECK(own->channel == message.channel);
        for (const auto& lost : same.lost()) CHECK_MESSAGE(!before->contains(lost.first.second), lost.first.second);
        const Json was = Json::parse(message.data, nullptr, false), is = Json::parse(own->data, nullptr, false);
        if (!was.is_object()) continue;
        const std::vector<Json> nothing{nullptr, false, "", Json::array({""})};
        for (const auto& entry : was.items()) {
            const std::string key = entry.key();
            if (std::find(nothing.begin(), nothing.end(), entry.value()) != nothing.end()) continue;
            CHECK_MESSAGE((is.contains(key) || same.lost().contains({message.channel, key})), key);
        }
    }
}

const std::string current_flow =
    R"({"profileid": "profile_192.0.2.1", "twid": "timewindow3", "flow": {"interface": "default", "starttime": 22.5, )"
    R"("uid": "C1", "saddr": "192.0.2.1", "daddr": "198.51.100.2", "dur": 0.5, "proto": "udp", "appproto": "dns", )"
    R"("sport": 61099, "dport": 53, "spkts": 2, "dpkts": 1, "sbytes": 50, "dbytes": 0, "state": "S0", "history": "D", )"
    R"("smac": "00:00:5e:00:53:01", "dmac": "", "ground_truth_label": "", "detailed_ground_truth_label": "", )"
    R"("endtime": 23.0, "pkts": 3, "bytes": 50, "state_hist": "D", "aid": "1:abc", "dport_name": "", )"
    R"("timestamp_human": "", "interpreted_state": "", "type_": "conn", "dir_": "->"}, "stime": 22.5, )"
    R"("interpreted_state": "Not Established", "label": "benign", "module_labels": {}, "version": "1.1.21"})";

}  // namespace

TEST_CASE("convert: the sum of the largest counts is the largest count") {
    std::string data =
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow3", "flow": {"starttime": 22.5, "uid": "C1", )"
        R"("saddr": "192.0.2.1", "daddr": "198.51.100.2", "dur": 0.5, "proto": "udp", "spkts": 9223372036854775807, )"
        R"("dpkts": 1, "sbytes": 9223372036854775000, "dbytes": 9223372036854775000, "state": "S0", "type_": "conn"}, )"
        R"("version": "1.1.21"})";
    const std::string became = converted("1.1.20", "new_flow", data);
    CAPTURE(became);
    CHECK(became.find(R"("pkts": 9223372036854775807)") != std::string::npos);
    CHECK(became.find(R"("bytes": 9223372036854775807)") != std::string::npos);
}

TEST_CASE("slipsdev convert: releases that publish nothing of smtp.log get no new_smtp") {
    const std::string smtp = R"({"profileid": "profile_192.0.2.1", "twid": "timewindow3", "flow": {"starttime": 22.5, )"
                             R"("uid": "C1", "saddr": "192.0.2.1", "daddr": "198.51.100.2", "last_reply": "554 no", )"
                             R"("type_": "smtp"}})";
    for (const char* version : {"1.1.9", "1.1.12", "1.1.17"}) {
        CAPTURE(version);
        CHECK(converted(version, "new_smtp", smtp) == "nothing");
        CHECK(lost_of(version, "new_smtp", smtp) ==
              "(the message: Slips " + std::string(version) + " publishes nothing on this channel)");
    }
    for (const char* version : {"0.9.1", "1.0.4", "1.1.8", "1.1.18", "1.1.22"}) {
        CAPTURE(version);
        CHECK(converted(version, "new_smtp", smtp).starts_with("new_smtp {"));
    }
}

TEST_CASE("slipsdev convert: a flow of current Slips becomes one of legacy Slips, and its object in between") {
    CHECK(
        converted("0.9.1", "new_flow", current_flow) ==
        R"(new_flow {"profileid": "profile_192.0.2.1", "twid": "timewindow3", "flow": "{\"C1\": \"{\\\"ts\\\": 22.5, )"
        R"(\\\"dur\\\": 0.5, \\\"saddr\\\": \\\"192.0.2.1\\\", \\\"sport\\\": 61099, \\\"daddr\\\": \\\"198.51.100.2\\\", )"
        R"(\\\"dport\\\": 53, \\\"proto\\\": \\\"udp\\\", \\\"origstate\\\": \\\"S0\\\", )"
        R"(\\\"state\\\": \\\"NotEstablished\\\", \\\"pkts\\\": 3, \\\"allbytes\\\": 50, \\\"spkts\\\": 2, )"
        R"(\\\"sbytes\\\": 50, \\\"appproto\\\": \\\"dns\\\", \\\"label\\\": \\\"normal\\\", )"
        R"(\\\"flow_type\\\": \\\"conn\\\"}\"}", "stime": 22.5})");
    CHECK(lost_of("0.9.1", "new_flow", current_flow) ==
          "flow.aid, flow.dir_, flow.history, flow.interface, flow.smac, flow.state_hist");
    CHECK(lost_of("1.1.1", "new_flow", current_flow) ==
          "flow.aid, flow.dir_, flow.history, flow.interface, flow.state_hist");
    CHECK(
        converted("1.1.12", "new_flow", current_flow) ==
        R"(new_flow {"profileid": "profile_192.0.2.1", "twid": "timewindow3", "flow": {"starttime": 22.5, )"
        R"("uid": "C1", "saddr": "192.0.2.1", "daddr": "198.51.100.2", "dur": 0.5, "proto": "udp", "appproto": "dns", )"
        R"("sport": 61099, "dport": 53, "spkts": 2, "dpkts": 1, "sbytes": 50, "dbytes": 0, "state": "S0", )"
        R"("history": "D", "smac": "00:00:5e:00:53:01", "type_": "conn", "dir_": "->"}, "stime": 22.5, )"
        R"("interpreted_state": "Not Established", "label": "benign", "module_labels": {}})");
    CHECK(lost_of("1.1.12", "new_flow", current_flow) == "flow.aid, flow.interface");
    CHECK(lost_of("1.1.22", "new_flow", current_flow) == "");
}

TEST_CASE("slipsdev convert: legacy flows become objects, with what follows from their fields") {
    const std::string legacy = converted("1.0.10", "new_flow", current_flow).substr(9);
    const std::string current = converted("1.1.22", "new_flow", legacy);
    std::string why;
    const auto fields = decoded_fields({"new_flow", current.substr(9)}, why);
    REQUIRE(fields);
    CHECK(fields->at("flow.dpkts") == "1");
    CHECK(fields->at("flow.dbytes") == "0");
    CHECK(fields->at("flow.endtime") == "23.0");
    CHECK(fields->at("flow.smac") == R"("00:00:5e:00:53:01")");
    CHECK(fields->at("interpreted_state") == R"("Not Established")");
    CHECK(current.find(R"("version": "1.1.22"})") != std::string::npos);
    CHECK(current.find(R"("flow": {")") != std::string::npos);
}

TEST_CASE("slipsdev convert: each release's channels, and the forms of what is no flow") {
    CHECK(converted("1.1.22", "new_ip", "192.0.2.1") == R"(new_ip {"text": "192.0.2.1", "version": "1.1.22"})");
    CHECK(converted("1.1.19", "new_ip", R"({"text": "192.0.2.1", "version": "1.1.22"})") == "new_ip 192.0.2.1");
    CHECK(converted("1.1.17", "tw_modified", "profile_192.0.2.1:timewindow1") ==
          R"(tw_modified {"profileid": "profile_192.0.2.1", "twid": "timewindow1"})");
    CHECK(converted("1.1.19", "tw_modified", "profile_192.0.2.1:timewindow1") == "nothing");
    CHECK(lost_of("1.1.19", "tw_modified", "profile_192.0.2.1:timewindow1") ==
          "(the message: Slips 1.1.19 publishes nothing on this channel)");
    CHECK(converted("0.9.1", "tw_modified", R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1"})") ==
          "tw_modified profile_192.0.2.1:timewindow1");
    CHECK(converted("1.0.5", "new_dns", "example.org") == "nothing");
    CHECK(converted("1.0.4", "new_dns", "example.org") == "new_dns example.org");

    const std::string alert = "profile_192.0.2.1_timewindow1_2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a";
    CHECK(converted("1.1.4", "new_alert", alert) ==
          R"(new_alert {"alert_ID": ")" + alert + R"(", "profileid": "profile_192.0.2.1", "twid": "timewindow1"})");
    CHECK(converted("1.0.4", "new_alert", converted("1.1.22", "new_alert", alert).substr(10)) == "new_alert " + alert);

    const std::string lookup =
        R"({"to_lookup": "192.0.2.9", "profileid": "profile_192.0.2.1", "twid": "timewindow1", "stime": 7.5})";
    CHECK(converted("1.1.17", "give_threat_intelligence", lookup) == "get_modified_profiles_since " + lookup);
    CHECK(converted("1.1.16", "get_modified_profiles_since", lookup) == "give_threat_intelligence " + lookup);
    CHECK(converted("0.9.5", "get_modified_profiles_since", lookup) ==
          R"(give_threat_intelligence {"ip": "192.0.2.9", "profileid": "profile_192.0.2.1", "twid": "timewindow1", )"
          R"("stime": 7.5})");

    const std::string columns = R"({"dns.log": {"0": "starttime", "7": null}, "version": "1.1.21"})";
    CHECK(converted("1.1.18", "new_zeek_fields_line", columns) ==
          R"(new_zeek_fields_line {"dns.log": {"0": "starttime", "7": null}})");
    CHECK(converted("1.1.16", "new_zeek_fields_line", columns) == "nothing");
}

TEST_CASE("slipsdev convert: flows of other logs, in the three forms") {
    const std::string dns =
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": {"interface": "default", "starttime": 7.5, )"
        R"("uid": "C2", "saddr": "192.0.2.1", "daddr": "192.0.2.53", "sport": 5353, "dport": 53, "proto": "udp", )"
        R"("query": "example.org", "qclass_name": "C_INTERNET", "qtype_name": "A", "rcode_name": "NOERROR", )"
        R"("answers": ["192.0.2.9"], "TTLs": [5.0], "type_": "dns"}, "version": "1.1.21"})";
    const std::string head = R"( {"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": )";
    const std::string old = converted("0.9.1", "new_dns", dns);
    CHECK_MESSAGE(old.starts_with("new_dns_flow" + head + R"("{)"), old);
    CHECK(old.find(R"(\"uid\": \"C2\")") != std::string::npos);
    CHECK(lost_of("0.9.1", "new_dns", dns) ==
          "flow.daddr, flow.dport, flow.interface, flow.proto, flow.saddr, flow.sport");
    const std::string between = converted("1.0.10", "new_dns", dns);
    CHECK_MESSAGE(between.starts_with("new_dns" + head + R"("{)"), between);
    CHECK(between.find(R"(\"flow.uid\": \"C2\")") != std::string::npos);
    CHECK(between.find(R"("daddr": "192.0.2.53")") != std::string::npos);
    CHECK(lost_of("1.0.10", "new_dns", dns) == "flow.dport, flow.interface, flow.proto, flow.saddr, flow.sport");
    CHECK(lost_of("1.1.2", "new_dns", dns) == "flow.dport, flow.interface, flow.proto, flow.sport");
    CHECK(lost_of("1.1.14", "new_dns", dns) == "flow.interface");

    CHECK(between.find(R"("answers": ["192.0.2.9"])") != std::string::npos);

    const std::string ssl =
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": {"starttime": 7.5, "uid": "C5", )"
        R"("saddr": "192.0.2.1", "daddr": "192.0.2.2", "version": "TLSv12", "dport": 443, "type_": "ssl"}})";
    CHECK(converted("1.0.10", "new_ssl", ssl).find(R"(\"version\": \"TLSv12\")") != std::string::npos);

    const std::string smtp =
        R"({"flow": {"starttime": 7.5, "uid": "C3", "saddr": "192.0.2.1", "daddr": "192.0.2.25", "sport": 4000, )"
        R"("dport": 25, "last_reply": "250 ok", "type_": "smtp"}, "profileid": "profile_192.0.2.1", "twid": "timewindow1"})";
    CHECK(converted("0.9.1", "new_smtp", smtp).find("\"flow\"") == std::string::npos);
    CHECK(converted("1.0.4", "new_smtp", smtp).find(R"("flow": {)") != std::string::npos);
    CHECK(lost_of("1.0.10", "new_smtp", smtp) == "flow.dport, flow.sport");
    CHECK(converted("1.0.10", "new_smtp", converted("0.9.1", "new_smtp", smtp).substr(9)).find(R"("type_": "smtp")") !=
          std::string::npos);
    CHECK(lost_of("1.1.8", "new_smtp", smtp) == "flow.dport, flow.sport");
    CHECK(lost_of("1.1.18", "new_smtp", smtp) == "");

    const std::string software =
        R"({"flow": {"starttime": 7.5, "uid": "C4", "saddr": "192.0.2.1", "software": "SSH::CLIENT", "version_major": 8, )"
        R"("type_": "software"}, "twid": "timewindow1"})";
    CHECK(converted("1.1.8", "new_software", software).find(R"({"sw_flow": {)") != std::string::npos);
    CHECK(converted("1.1.9", "new_software", software).find(R"({"flow": {)") != std::string::npos);
    CHECK(lost_of("0.9.1", "new_software", software) == "");
}

TEST_CASE("slipsdev convert: evidence has the words and the keys of the release") {
    const std::string typed =
        R"({"evidence_type": "HORIZONTAL_PORT_SCAN", "description": "a scan", "attacker": {"direction": "SRC", )"
        R"("ioc_type": "IP", "value": "192.0.2.1", "profile": {"ip": "192.0.2.1"}, "TI": null, "rDNS": "a.example", )"
        R"("queries": ["b.example"]}, "threat_level": "HIGH", "profile": {"ip": "192.0.2.1"}, "timewindow": {"number": 2, )"
        R"("start_time": "", "end_time": ""}, "uid": ["C1", "C2"], "timestamp": 7.5, "interface": "default", )"
        R"("victim": null, "proto": "TCP", "dst_port": 80, "src_port": null, "method": "HEURISTIC", )"
        R"("id": "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a", "confidence": 0.8, "rel_id": null, "version": "1.1.21"})";
    CHECK(converted("1.0.10", "evidence_added", typed).starts_with("evidence_added {"));
    CHECK(lost_of("1.1.15", "evidence_added", typed) == "");
    CHECK(lost_of("1.1.14", "evidence_added", typed) == "interface");
    CHECK(lost_of("1.1.2", "evidence_added", typed) == "attacker.queries, interface");
    CHECK(lost_of("1.1.1", "evidence_added", typed) == "attacker.queries, attacker.rDNS, dst_port, interface, method");
    const std::string old = converted("0.9.1", "evidence_added", typed);
    for (const char* part :
         {R"("type_evidence": "PortScanType2")", R"("type_detection": "srcip")", R"("detection_info": "192.0.2.1")",
          R"("threat_level": "high")", R"("uid": "C2")", R"("twid": "timewindow2")"})
        CHECK_MESSAGE(old.find(part) != std::string::npos, old);
    CHECK(lost_of("0.9.1", "evidence_added", typed) ==
          "attacker.queries, attacker.rDNS, dst_port, interface, method, uid");
    const std::string back = converted("1.1.22", "evidence_added", old.substr(15));
    for (const char* part : {R"("evidence_type": "HORIZONTAL_PORT_SCAN")", R"("direction": "SRC")",
                             R"("ioc_type": "IP")", R"("threat_level": "HIGH")", R"("number": 2)"})
        CHECK_MESSAGE(back.find(part) != std::string::npos, back);
    CHECK(converted("1.0.11", "evidence_added", typed).find(R"("attacker_type": "IP")") != std::string::npos);
    // an enumeration that lacks the type
    std::string login = typed;
    login.replace(login.find("HORIZONTAL_PORT_SCAN"), 20, "LOGIN");
    CHECK(lost_of("1.1.20", "evidence_added", login) == "(the type LOGIN: Slips 1.1.20 does not have it; it was kept)");
    CHECK(lost_of("1.1.21", "evidence_added", login) == "");
}

TEST_CASE("slipsdev convert: what cannot be converted is counted, never silent") {
    Conversion conversion = to("0.9.1");
    std::string novel = current_flow;
    novel.insert(novel.find(R"("uid")"), R"("novel": 1, "empty": "", )");
    REQUIRE(conversion.convert({"new_flow", novel}));
    REQUIRE(conversion.convert({"new_flow", novel}));
    CHECK(conversion.lost().at({"new_flow", "flow.novel"}) == 2);
    CHECK_FALSE(conversion.lost().contains({"new_flow", "flow.empty"}));
    CHECK(conversion.lost().at({"new_flow", "flow.aid"}) == 2);
    const auto other = conversion.convert({"my_channel", "x"});
    REQUIRE(other);
    CHECK(other->data == "x");
    CHECK(conversion.lost().at({"my_channel", "(copied unchanged: the SDK has no type for this channel)"}) == 1);
    CHECK_FALSE(conversion.convert({"new_flow", R"({"profileid": "profile_192.0.2.1"})"}));
    CHECK(conversion.undecodable() == 1);
    const CapturedMessage stop{"new_flow", "stop_process", 7.5};
    const auto stopped = conversion.convert(stop);
    REQUIRE(stopped);
    CHECK(stopped->data == "stop_process");
    CHECK(stopped->time == 7.5);
    const auto timed = conversion.convert({"new_flow", current_flow, 8.5});
    REQUIRE(timed);
    CHECK(timed->time == 8.5);
}

TEST_CASE("slipsdev convert: recordings, to each form and back") {
    const std::vector<std::string> every_form{"0.9.0",  "0.9.2",  "0.9.5",  "0.9.6",  "1.0.1",  "1.0.3",
                                              "1.0.4",  "1.0.5",  "1.0.10", "1.0.11", "1.0.12", "1.1.1",
                                              "1.1.2",  "1.1.5",  "1.1.7",  "1.1.9",  "1.1.12", "1.1.15",
                                              "1.1.17", "1.1.18", "1.1.19", "1.1.20", "1.1.22"};
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(SLIPS_TEST_SOURCE_DIR "/tests/data/messages")) {
        there_and_back(file.path(), every_form);
        to_itself(file.path());
        ++files;
    }
    CHECK(files == 7);
}

TEST_CASE("slipsdev convert: long recordings of real Slips, to each form and back") {
    // one release of each generation, and of each form of flows in between
    const std::vector<std::string> forms{"0.9.1", "1.0.4", "1.0.10", "1.1.8", "1.1.22"};
    const auto folder = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!folder) return;
    for (const auto& file : std::filesystem::directory_iterator(*folder)) {
        if (file.path().extension() != ".jsonl") continue;
        there_and_back(file.path(), forms);
    }
}
