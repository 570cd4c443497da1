// The messages that slipsdev play makes of the lines of Zeek logs other than conn.log.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
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

/// Returns the messages that a release publishes, each after its channels; the reason, if it drops the line.
std::vector<std::pair<std::string, std::string>> messages_of(const ZeekRecord& record, const std::string& version,
                                                             const std::string& twid = "timewindow1") {
    const auto release = release_named(version);
    const LogKind* kind = log_kind(record.path);
    REQUIRE(kind != nullptr);
    std::vector<LogMessage> drafts;
    std::string why;
    const auto draft = draft_log_flow(record, *kind, *release, drafts, why);
    if (!draft) return {{"", why}};
    std::vector<std::pair<std::string, std::string>> messages;
    for (const LogMessage& message : drafts)
        for (const std::string_view channel : message.form->channels)
            messages.emplace_back(channel, log_message(*draft, message, twid, *release));
    return messages;
}

/// Returns the first message.
std::string message_of(const ZeekRecord& record, const std::string& version) {
    const auto messages = messages_of(record, version);
    return messages.empty() ? "" : messages.front().second;
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
    CHECK(message_of(dns, "1.1.1") ==
          R"({"profileid": "profile_192.168.88.2", "twid": "timewindow1", "flow": "{\"flow.uid\": \"C1\", )"
          R"(\"type\": \"dns\", \"query\": \"example.com\", \"qclass_name\": \"C_INTERNET\", )"
          R"(\"flow.qtype_name\": \"A\", \"rcode_name\": \"NOERROR\", \"answers\": [\"192.0.2.1\"], )"
          R"(\"ttls\": [60.0], \"stime\": 1517336042.1}", "stime": 1517336042.1, "uid": "C1", )"
          R"("rcode_name": "NOERROR", "daddr": "198.51.100.15", "answers": ["192.0.2.1"]})");
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

// What Slips 1.1.21 published, or did not, for the same lines.
TEST_CASE("slipsdev logs: lines without an address") {
    const auto of_log = [](const std::string& path, const std::string& rest) {
        return record_of(R"({"_path":")" + path + R"(","ts":1600000000.5,)" + rest + "}");
    };
    const auto both = [&](const std::string& path, const std::string& rest) {
        return of_log(path, R"("id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2",)" + rest);
    };
    const auto source_only = [&](const std::string& path, const std::string& rest) {
        return of_log(path, R"("id.orig_h":"10.0.0.1","id.resp_h":"-",)" + rest);
    };
    for (const std::string version : {"1.1.9", "1.1.16", "1.1.17", "1.1.21", "1.1.22"}) {
        CAPTURE(version);
        for (const std::string path : {"dns", "http", "ssl", "ssh", "tunnel"}) {
            CHECK(messages_of(both(path, R"("uid":"C1")"), version).front().first == "new_" + path);
            CHECK(message_of(source_only(path, R"("uid":"C1")"), version) ==
                  path + ".log: no IP address of the destination");
        }
        CHECK(messages_of(both("http", R"("uid":"C1")"), version).size() == 2);
        const std::string server = R"("server_addr":"192.168.199.254")", client = R"("client_addr":"192.168.199.132")";
        CHECK(messages_of(of_log("dhcp", client + "," + server), version).front().first == "new_dhcp");
        CHECK(message_of(of_log("dhcp", client), version) == "dhcp.log: no IP address of the destination");
        CHECK(message_of(of_log("dhcp", server), version) == "dhcp.log: no IP address of the source");
        CHECK(message_of(of_log("files", R"("fuid":"F1","tx_hosts":["10.0.0.1"],"rx_hosts":[])"), version) ==
              "files.log: no IP address of the destination");

        const auto weird = messages_of(of_log("weird", R"("name":"non_ip_packet_in_ethernet")"), version);
        REQUIRE(weird.size() == 1);
        CHECK(weird.front().first == "new_weird");
        CHECK(weird.front().second.starts_with(R"({"profileid": "profile_", "twid": "timewindow1", "flow": {)"));
        CHECK(weird.front().second.find(R"("saddr": "", "daddr": "", "name": "non_ip_packet_in_ethernet")") !=
              std::string::npos);
        const auto software =
            messages_of(of_log("software", R"("uid":"C1","software_type":"SSH::SERVER","name":"x2")"), version);
        CHECK(software.front().first == "new_software");
        CHECK(software.front().second.find(R"("uid": "", "saddr": "", )") != std::string::npos);  // reads no uid

        const auto daddr = [&](const std::string& addresses) {
            const std::string message =
                message_of(of_log("notice", addresses + R"(,"note":"Scan::Port_Scan")"), version);
            std::string why;
            const auto payload = parse_json(message, why);
            return payload ? text_member(payload->at("flow"), "daddr") : message;
        };
        CHECK(daddr(R"("src":"216.160.83.57","dst":"207.154.238.205")") == "207.154.238.205");
        CHECK(daddr(R"("src":"216.160.83.57")") == "216.160.83.57");
        CHECK(daddr(R"("id.orig_h":"10.0.0.1","src":"216.160.83.57")") == "10.0.0.1");
        CHECK(daddr(R"("id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","dst":"10.0.0.3")") == "10.0.0.2");
    }
    CHECK(message_of(of_log("weird", R"("name":"x")"), "1.0.3") == "weird.log: no IP address of the source");
}

TEST_CASE("slipsdev logs: the uids of dhcp.log are a list in a JSON log, text in a TSV log, as Slips passes them on") {
    const auto uids = [](const ZeekRecord& record) {
        std::string why;
        const auto payload = parse_json(message_of(record, "1.1.21"), why);
        REQUIRE_MESSAGE(payload, why);
        return payload->at("flow").at("uids");
    };
    const std::string line = R"({"_path":"dhcp","ts":1,"client_addr":"192.168.1.107","server_addr":"192.168.1.1")";
    CHECK(uids(record_of(line + R"(,"uids":["C1","C2"]})")) == Json({"C1", "C2"}));
    CHECK(uids(record_of(line + "}")) == "");
    ZeekLogReader reader;
    std::string why;
    reader.read("#path\tdhcp", why);
    reader.read("#fields\tts\tuids\tclient_addr\tserver_addr", why);
    CHECK(uids(*reader.read("1677024250.120199\tC1,C2\t192.168.1.107\t192.168.1.1", why)) == "C1,C2");
    CHECK(uids(*reader.read("1677024250.120199\t-\t192.168.1.107\t192.168.1.1", why)) == "");
}

namespace {

/// The logs whose lines become messages on these channels.
const std::map<std::string, std::string> log_of_channel{{"new_dns", "dns"},
                                                        {"new_dns_flow", "dns"},
                                                        {"new_http", "http"},
                                                        {"new_url", "http"},
                                                        {"new_ssl", "ssl"},
                                                        {"new_ssh", "ssh"},
                                                        {"new_notice", "notice"},
                                                        {"new_smtp", "smtp"},
                                                        {"new_weird", "weird"},
                                                        {"new_tunnel", "tunnel"},
                                                        {"new_login", "login"},
                                                        {"new_dhcp", "dhcp"},
                                                        {"new_downloaded_file", "files"},
                                                        {"new_arp", "arp"},
                                                        {"new_software", "software"}};

/// Returns the time of the flow in a message.
std::optional<double> time_in(const Json& payload) {
    for (const char* key : {"stime", "ts", "starttime"})
        if (const Json* time = find_member(payload, key); time != nullptr && time->is_number())
            return time->get<double>();
    for (const char* key : {"flow", "sw_flow"})
        if (const Json* flow = find_member(payload, key); flow != nullptr && flow->is_object()) return time_in(*flow);
    return std::nullopt;
}

/// Returns the message without its uid, if the line has none: Slips makes one up at random.
std::string without_random(std::string message, const ZeekRecord& record) {
    for (const char* column : {"uid", "conn_uids", "fuid"})
        if (record.fields.contains(column)) return message;
    const std::string key = "\"uid\": \"";
    const std::size_t begin = message.find(key);
    if (begin != std::string::npos)
        message.erase(begin + key.size(), message.find('"', begin + key.size()) - begin - key.size());
    return message;
}

/// Compares the messages of a recording with those made of the lines of the same logs, byte by byte, and counts them by
/// log.
void compare(const std::multimap<std::pair<std::string, double>, ZeekRecord>& records,
             const std::filesystem::path& recording, const std::string& version, std::map<std::string, int>& compared) {
    std::ifstream file(recording);
    REQUIRE_MESSAGE(file, recording.string());
    for (std::string line; std::getline(file, line);) {
        std::string why;
        const auto message = read_capture_line(line, why);
        REQUIRE(message);
        const auto log = log_of_channel.find(message->channel);
        const auto payload = parse_json(message->data, why);
        const auto time = payload ? time_in(*payload) : std::nullopt;
        if (log == log_of_channel.end() || !time) continue;
        const auto [begin, end] = records.equal_range({log->second, *time});
        bool is_equal = begin == end;  // of a log that is not in the folder
        std::string all;
        for (auto found = begin; found != end && !is_equal; ++found) {
            const std::string expected = without_random(message->data, found->second);
            for (const auto& [channel, made] : messages_of(found->second, version, text_member(*payload, "twid"))) {
                all += "\n" + channel + " " + made;
                is_equal = is_equal || (channel == message->channel && without_random(made, found->second) == expected);
            }
        }
        const std::string text = version + "\n" + message->channel + " " + message->data + all;
        CHECK_MESSAGE(is_equal, text);
        if (begin != end) ++compared[log->second];
    }
}

}  // namespace

TEST_CASE("slipsdev logs: field by field equal to what Slips published for the same logs") {
    const std::filesystem::path data = SLIPS_TEST_SOURCE_DIR "/tests/data";
    const auto records = records_in((data / "logs").string());
    for (const char* version : {"1.0.5", "1.0.10", "1.1.1", "1.1.12", "1.1.18"}) {
        std::map<std::string, int> compared;
        compare(records, data / "messages" / ("slips-" + std::string(version) + ".jsonl"), version, compared);
        for (const char* log : {"arp", "dhcp", "dns", "http", "notice", "software", "ssl"})
            CHECK_MESSAGE(compared[log] > 0, version << " " << log);
    }
}

TEST_CASE("slipsdev logs: the same for whole logs and recordings") {
    const auto logs = folder_named_by("SLIPS_TEST_LOGS");
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!logs || !captures) return;
    const auto records = records_in(logs->string());
    const std::pair<const char*, const char*> recordings[] = {
        {"current-zeek-json", "1.1.21"}, {"slips-1.0.10", "1.0.10"}, {"slips-1.1.1", "1.1.1"},
        {"slips-1.1.12", "1.1.12"},      {"slips-1.1.18", "1.1.18"}, {"slips-1.1.22", "1.1.22"}};
    for (const auto& [recorded, version] : recordings) {
        const std::string recording = recorded;
        std::map<std::string, int> compared;
        compare(records, *captures / (std::string(recording) + ".jsonl"), version, compared);
        std::string counts = std::string(recording) + ":";
        for (const auto& [log, count] : compared) counts += " " + log + " " + std::to_string(count);
        MESSAGE(counts);
        for (const char* log : {"dns", "http", "ssl", "notice", "dhcp", "arp", "software"})
            CHECK_MESSAGE(compared[log] > 0, recording << " " << log);
    }
}
