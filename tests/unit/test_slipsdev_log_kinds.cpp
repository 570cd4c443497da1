// The messages that slipsdev play makes of the lines of Zeek logs other than conn.log.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../recordings.hpp"
#include "slipsdev/flows/log_kinds.hpp"

using namespace slipsdev;

namespace {

ZeekRecord record_of(const std::string& line, const std::string& file = {}) {
    ZeekLogReader reader(file);
    std::string why;
    const auto record = reader.read(line, why);
    REQUIRE_MESSAGE(record, why);
    return *record;
}

std::string message_of(const ZeekRecord& record, const std::string& version, const std::string& twid = "timewindow1") {
    const auto release = release_named(version);
    const LogKind* kind = log_kind(record.path);
    REQUIRE(kind != nullptr);
    std::string why;
    const auto draft = draft_log_flow(record, *kind, *release, why);
    return draft ? log_message(*draft, *kind, twid, *release) : why;
}

const std::string dns_line =
    R"({"ts":1517336042.1,"uid":"C1","id.orig_h":"192.168.88.2","id.orig_p":55638,"id.resp_h":"198.51.100.15",)"
    R"("id.resp_p":53,"proto":"udp","query":"example.com","qclass_name":"C_INTERNET","qtype_name":"A",)"
    R"("rcode_name":"NOERROR","answers":["192.0.2.1"],"TTLs":[60.0]})";

/// Returns the records of all logs in a folder, by path, time and uid.
std::multimap<std::pair<std::string, double>, ZeekRecord> records_in(const std::string& folder) {
    std::multimap<std::pair<std::string, double>, ZeekRecord> records;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".log") continue;
        std::ifstream file(entry.path());
        ZeekLogReader reader(entry.path().string());
        std::string why;
        for (std::string line; std::getline(file, line);) {
            const auto record = reader.read(line, why);
            if (record) records.emplace(std::pair(record->path, record->fields.at("ts").get<double>()), *record);
        }
    }
    return records;
}

}  // namespace

TEST_CASE("slipsdev logs: which log a line is of") {
    const auto path = [](const std::string& line, const std::string& file = {}) { return record_of(line, file).path; };
    CHECK(path(dns_line) == "dns");
    CHECK(path(dns_line, "/tmp/conn.log") == "dns");  // a name proves less than the columns
    CHECK(path(R"({"_path":"x509","ts":1})", "conn.log") == "x509");
    CHECK(path(R"({"ts":1,"uid":"C1"})", "conn.2020-01-01.log.gz") == "conn");
    CHECK(path(R"({"ts":1,"uid":"C1"})", "conn-summary.log") == "conn-summary");
    CHECK(path(R"({"ts":1,"uid":"C1"})", "/tmp/flows.json").empty());
    CHECK(path(R"({"ts":1,"uid":"C1","conn_state":"SF"})", "/tmp/flows.json") == "conn");
    CHECK(path(R"({"ts":1,"query":"x"})", "dns_20200101.log") == "dns");
    ZeekLogReader reader("conn.log");
    std::string why;
    CHECK_FALSE(reader.read("#path\tssl", why));
    CHECK_FALSE(reader.read("#fields\tts\tuid", why));
    CHECK(reader.read("1\tC1", why)->path == "ssl");
}

TEST_CASE("slipsdev logs: a message of each release's form") {
    const ZeekRecord dns = record_of(dns_line);
    CHECK(message_of(dns, "1.1.21") ==
          R"({"profileid": "profile_192.168.88.2", "twid": "timewindow1", "flow": {"interface": "default", )"
          R"("starttime": 1517336042.1, "uid": "C1", "saddr": "192.168.88.2", "daddr": "198.51.100.15", )"
          R"("sport": 55638, "dport": 53, "proto": "udp", "query": "example.com", "qclass_name": "C_INTERNET", )"
          R"("qtype_name": "A", "rcode_name": "NOERROR", "answers": ["192.0.2.1"], "TTLs": [60.0], )"
          R"("ground_truth_label": "", "detailed_ground_truth_label": "", "type_": "dns"}, "version": "1.1.21"})");
    CHECK(message_of(dns, "1.1.2") ==
          R"({"profileid": "profile_192.168.88.2", "twid": "timewindow1", "flow": {"starttime": 1517336042.1, )"
          R"("uid": "C1", "saddr": "192.168.88.2", "daddr": "198.51.100.15", "query": "example.com", )"
          R"("qclass_name": "C_INTERNET", "qtype_name": "A", "rcode_name": "NOERROR", "answers": ["192.0.2.1"], )"
          R"("TTLs": [60.0], "type_": "dns"}})");
    CHECK(message_of(dns, "1.1.1") == "this is a dns.log, which slipsdev plays only for Slips 1.1.2 and newer");
    CHECK(message_of(record_of(R"({"ts":1,"qclass_name":"x","id.orig_h":"-"})"), "1.1.21") ==
          "dns.log: no IP address of the source");

    const ZeekRecord software =
        record_of(R"({"ts":1632302615.444328,"host":"192.168.1.247","software_type":"SSH::CLIENT","name":"OpenSSH",)"
                  R"("version.major":8,"version.minor":1,"unparsed_version":"OpenSSH_8.1"})");
    CHECK(message_of(software, "1.1.8").starts_with(R"({"sw_flow": {"starttime": 1632302615.444328, )"));
    CHECK(message_of(software, "1.1.21") ==
          R"({"flow": {"interface": "default", "starttime": 1632302615.444328, "uid": "", "saddr": "192.168.1.247", )"
          R"("sport": "", "software": "SSH::CLIENT", "unparsed_version": "OpenSSH_8.1", "version_major": 8, )"
          R"("version_minor": 1, "software_name": "OpenSSH", "daddr": "", "ground_truth_label": "", )"
          R"("detailed_ground_truth_label": "", "http_browser": false, "type_": "software"}, "twid": "timewindow1", )"
          R"("version": "1.1.21"})");

    ZeekLogReader reader;
    std::string why;
    reader.read("#path\tfiles", why);
    reader.read("#fields\tts\tfuid\ttx_hosts\trx_hosts\tsource\tanalyzers\ttotal_bytes\tmd5\tsha1", why);
    const auto file = reader.read("1601998391.128990\tF1\t3.232.121.231\t147.32.83.156\tSSL\tMD5,X509\t-\taa\tbb", why);
    REQUIRE(file);
    CHECK(
        message_of(*file, "1.1.21") ==
        R"({"flow": {"interface": "default", "starttime": "1601998391.128990", "uid": "F1", "saddr": "3.232.121.231", )"
        R"("daddr": "147.32.83.156", "size": "", "md5": "aa", "source": "SSL", "analyzers": "MD5,X509", "sha1": "bb", )"
        R"("tx_hosts": ["3.232.121.231"], "rx_hosts": ["147.32.83.156"], "ground_truth_label": "", )"
        R"("detailed_ground_truth_label": "", "type_": "files"}, "type": "zeek", "profileid": "profile_3.232.121.231", )"
        R"("twid": "timewindow1", "version": "1.1.21"})");
}

namespace {

/// Compares the messages of a recording with those made of the lines of the same logs, and counts them by kind.
void compare(const std::multimap<std::pair<std::string, double>, ZeekRecord>& records,
             const std::filesystem::path& recording, const std::string& version, std::map<std::string, int>& compared) {
    std::ifstream file(recording);
    REQUIRE_MESSAGE(file, recording.string());
    for (std::string line; std::getline(file, line);) {
        std::string why;
        const auto message = read_capture_line(line, why);
        REQUIRE(message);
        const auto payload = parse_json(message->data, why);
        const Json* flow = payload ? find_member(*payload, "flow") : nullptr;
        if (flow == nullptr || !flow->is_object() || message->channel == "new_letters") continue;
        const std::string type = text_member(*flow, "type_");
        if (log_kind(type) == nullptr) continue;
        const auto [begin, end] = records.equal_range({type, flow->at("starttime").get<double>()});
        bool is_equal = begin == end;  // of a log that is not in the folder
        std::string made;
        for (auto found = begin; found != end && !is_equal; ++found) {
            made = message_of(found->second, version, text_member(*payload, "twid"));
            is_equal = nlohmann::json::parse(made, nullptr, false) == nlohmann::json(*payload);
        }
        const std::string text = version + "\n" + message->data + "\n" + made;
        CHECK_MESSAGE(is_equal, text);
        if (begin != end) ++compared[type];
    }
}

}  // namespace

TEST_CASE("slipsdev logs: field by field equal to what Slips published for the same logs") {
    const std::filesystem::path data = SLIPS_TEST_SOURCE_DIR "/tests/data";
    const auto records = records_in((data / "logs").string());
    for (const char* version : {"1.1.12", "1.1.18"}) {
        std::map<std::string, int> compared;
        compare(records, data / "messages" / ("slips-" + std::string(version) + ".jsonl"), version, compared);
        for (const char* type : {"arp", "dhcp", "dns", "http", "notice", "software", "ssl"})
            CHECK_MESSAGE(compared[type] > 0, version << " " << type);
    }
}

TEST_CASE("slipsdev logs: the same for whole logs and recordings") {
    const auto logs = folder_named_by("SLIPS_TEST_LOGS");
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!logs || !captures) return;
    const auto records = records_in(logs->string());
    std::map<std::string, int> compared;
    compare(records, *captures / "current-zeek-json.jsonl", "1.1.21", compared);
    for (const char* version : {"1.1.12", "1.1.18", "1.1.22"})
        compare(records, *captures / ("slips-" + std::string(version) + ".jsonl"), version, compared);
    for (const char* type : {"dns", "http", "ssl", "notice", "dhcp", "arp", "software", "smtp"})
        CHECK_MESSAGE(compared[type] > 0, type);
}
