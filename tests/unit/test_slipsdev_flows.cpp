// slipsdev converts a conn.log to the messages that Slips publishes. The expected values were computed with Python:
// json.dumps, hashlib, ipaddress and datetime.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "../recordings.hpp"
#include "slipsdev/flows/conn_state.hpp"
#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/flows/zeek_log.hpp"
#include "slipsdev/recordings/capture.hpp"

using namespace slipsdev;

namespace {

const std::filesystem::path source_dir = SLIPS_TEST_SOURCE_DIR;
const Release current_slips = *release_named("1.1.21"), legacy_slips = release_of(Generation::legacy);
const std::filesystem::path data_dir = source_dir / "tests" / "data" / "slipsdev";

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// Returns the new_flow payloads for a log, as the host would publish them.
std::vector<std::string> messages_for(const std::filesystem::path& log, Generation generation) {
    ZeekLogReader reader;
    CurrentWindows current(3600);
    LegacyWindows legacy(3600);
    std::vector<std::string> messages;
    std::string why;
    for (const std::string& line : lines_of(log)) {
        const auto record = reader.read(line, why);
        CAPTURE(line);
        CHECK(why == "");
        if (!record) continue;
        if (generation == Generation::current) {
            const auto draft = draft_flow(*record, current_slips.flow, why);
            CHECK(why == "");
            REQUIRE(draft);
            messages.push_back(flow_message(*draft, twid_of(current.window_of(draft->time).number), current_slips));
        } else {
            const auto draft = draft_flow(*record, legacy_slips.flow, why);
            CHECK(why == "");
            REQUIRE(draft);
            const auto placed = legacy.place("profile_" + draft->saddr, draft->time);
            messages.push_back(flow_message(*draft, twid_of(placed.number), legacy_slips));
        }
    }
    return messages;
}

std::vector<std::string> captured_flows(const std::filesystem::path& capture) {
    std::vector<std::string> payloads;
    std::string why;
    for (const std::string& line : lines_of(capture)) {
        const auto message = read_capture_line(line, why);
        if (message && message->channel == "new_flow" && !is_control_message(*message))
            payloads.push_back(message->data);
    }
    return payloads;
}

std::string uid_of(const std::string& payload, Generation generation) {
    std::string why;
    const auto message = parse_json(payload, why);
    if (!message) return "";
    if (generation == Generation::current) return text_member(message->at("flow"), "uid");
    const auto by_uid = parse_json(message->at("flow").get<std::string>(), why);
    return by_uid ? by_uid->begin().key() : "";
}

ZeekRecord record_of(const char* json) {
    std::string why;
    ZeekLogReader reader;
    auto record = reader.read(json, why);
    REQUIRE(record);
    return *record;
}

std::string complaint_of(const char* json, Generation generation = Generation::current) {
    std::string why;
    const ZeekRecord record = record_of(json);
    const bool good = generation == Generation::current ? draft_flow(record, current_slips.flow, why).has_value()
                                                        : draft_flow(record, legacy_slips.flow, why).has_value();
    return good ? "" : why;
}

}  // namespace

TEST_CASE("slipsdev: conn.log to new_flow, byte by byte") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        for (const std::string kind : {"json", "tsv"}) {
            CAPTURE(name_of(generation));
            CAPTURE(kind);
            const auto expected =
                captured_flows(data_dir / ("new_flow." + std::string(name_of(generation)) + "." + kind + ".jsonl"));
            const auto made = messages_for(data_dir / ("conn." + kind + ".log"), generation);
            REQUIRE(expected.size() == 5);
            REQUIRE(made.size() == expected.size());
            for (std::size_t i = 0; i < made.size(); ++i) CHECK(made[i] == expected[i]);
        }
    }
}

TEST_CASE("slipsdev: the same flows as in captures of real runs") {
    const auto logs = folder_named_by("SLIPS_TEST_LOGS");
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!logs || !captures) return;
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        std::map<std::string, std::string> made;
        for (const std::string& payload : messages_for(*logs / "conn.log", generation))
            made[uid_of(payload, generation)] = payload;
        const auto captured = captured_flows(*captures / (std::string(name_of(generation)) + "-zeek-json.jsonl"));
        CHECK(captured.size() >= 30);
        for (const std::string& payload : captured) {
            std::string expected = payload;
            std::string ours = made[uid_of(payload, generation)];
            if (generation == Generation::legacy) {
                // A profile's first window began with a line of another log in that run.
                for (std::string* text : {&expected, &ours}) text->erase(0, text->find("\"flow\""));
            }
            CHECK(ours == expected);
        }
    }
}

TEST_CASE("slipsdev: lines that are not flows") {
    ZeekLogReader reader;
    std::string why;
    for (const char* silent : {"", "  ", "#separator \\x09", "#close\t2022", "\r\n"}) {
        CHECK_FALSE(reader.read(silent, why));
        CHECK(why == "");
    }
    CHECK_FALSE(reader.read("{\"ts\": 1", why));
    CHECK(why.find("not JSON") == 0);
    CHECK_FALSE(reader.read("[1, 2]", why));
    CHECK(why == "not a JSON object");
    CHECK_FALSE(reader.read("1.0\tCabc\t10.0.0.1", why));
    CHECK(why == "neither JSON nor after a #fields header");
    CHECK_FALSE(reader.read("#fields\tts\tuid\tid.orig_h", why));
    const auto record = reader.read("1.0\tCabc\t10.0.0.1\tone too many\n", why);
    REQUIRE(record);
    CHECK(record->from_tsv);
    CHECK(record->fields == Json({{"ts", "1.0"}, {"uid", "Cabc"}, {"id.orig_h", "10.0.0.1"}}));
    // Blanks for tabs, as some tools print it
    CHECK(split_columns(std::string(5'000'000, '\t')).size() == 1000);
    CHECK(split_columns(std::string(5'000'000, ' ')).size() <= 2);
    CHECK(split_columns("1.0   Cabc  10.0.0.1") == std::vector<std::string>{"1.0", "Cabc", "10.0.0.1"});
}

TEST_CASE("slipsdev: lines that Slips drops") {
    const char* const good =
        R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "proto": "tcp"})";
    CHECK(complaint_of(good) == "");
    CHECK(complaint_of(good, Generation::legacy) == "");
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CHECK(complaint_of(R"({"uid": "C1"})", generation) == "no ts");
        CHECK(complaint_of(R"({"ts": null, "uid": "C1"})", generation) == "no ts");
        for (const std::string zero : {"0", "0.0", "-0.0", R"("0")", R"("0.000000")", R"(" 0e9 ")"}) {
            CHECK(complaint_of((R"({"uid": "C1", "ts": )" + zero + "}").c_str(), generation) ==
                  "ts is 0, which Slips takes for a missing one");
        }
        for (const std::string none : {R"("")", R"("-")", "true", "[]"}) {
            CHECK(complaint_of((R"({"uid": "C1", "ts": )" + none + "}").c_str(), generation) ==
                  "ts is not seconds since the epoch");
        }
        const std::string rest =
            R"({"uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "proto": "tcp", "ts": )";
        for (const std::string some : {"1e-6", "-5", R"("0.000001")"}) {
            CHECK(complaint_of((rest + some + "}").c_str(), generation) == "");
        }
        for (const std::string date : {"2022-06-02T16:51:57Z", "2024-01-01T10:00:00.123456Z", "2022-06-02 16:51:57"}) {
            CHECK(complaint_of((R"({"uid": "C1", "ts": ")" + date + "\"}").c_str(), generation) ==
                  "ts is a date, and Slips reads only seconds since the epoch; let Zeek write them, with "
                  "LogAscii::json_timestamps = JSON::TS_EPOCH");
        }
        for (const std::string other : {"2022-06-02T", "1654188717123", "yesterday"}) {
            CHECK(complaint_of((R"({"uid": "C1", "ts": ")" + other + "\"}").c_str(), generation) ==
                  "ts is not seconds since the epoch");
        }
        CHECK(complaint_of(R"({"ts": 1})", generation) == "no uid");
        CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "host", "id.resp_h": "10.0.0.2"})", generation) ==
              "id.orig_h is not an IP address");
        CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1"})", generation) == "no id.resp_h");
        CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id": {"orig_h": "10.0.0.1", "resp_h": "10.0.0.2"}})",
                           generation) == "no id.orig_h");
        CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "-"})", generation) ==
              "id.resp_h is not an IP address");
    }
    CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "proto": "tcp",
                           "id.orig_p": "http"})") == "id.orig_p is not a whole number");
    CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "proto": "tcp",
                           "duration": [1]})") == "duration is not a number of seconds");
    CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "fe80::1", "proto": "tcp"})",
                       Generation::legacy) == "one address is IPv4, the other IPv6");
    CHECK(complaint_of(R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2"})",
                       Generation::legacy) == "no proto");
}

TEST_CASE("slipsdev: counts and their sums have no limit, as in Python") {
    struct Case {
        const char* sent;
        const char* received;
        const char* sum;
    };
    const Case cases[] = {
        {"18446744073709551615", "0", "18446744073709551615"},
        {"4294967296", "0", "4294967296"},
        {"0", "9223372036854775808", "9223372036854775808"},
        {"5000000000000000000", "5000000000000000000", "10000000000000000000"},
        {"9223372036854775807", "1", "9223372036854775808"},
        {"18446744073709551615", "1", "18446744073709551616"},
        {"18446744073709551615", "18446744073709551615", "36893488147419103230"},
        {"99999999999999999999", "1", "100000000000000000000"},
        {"99999999999999999999", "-99999999999999999999", "0"},
        {"-18446744073709551616", "18446744073709551615", "-1"},
        {"-1", "100000000000000000000", "99999999999999999999"},
        {"18446744073709551615", "-1", "18446744073709551614"},
        {"-9223372036854775808", "-1", "-9223372036854775809"},
        {"-5", "3", "-2"},
    };
    const auto line = [](const Case& one, const char* quote) {
        return std::string(
                   R"({"ts": 1, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "proto": "tcp", )") +
               "\"orig_bytes\": " + quote + one.sent + quote + ", \"resp_bytes\": " + quote + one.received + quote +
               "}";
    };
    const auto flow_of = [](const std::string& text, Generation generation) {
        ZeekLogReader reader;
        std::string why;
        const auto record = reader.read(text, why);
        REQUIRE(record);
        const auto draft =
            draft_flow(*record, (generation == Generation::current ? current_slips : legacy_slips).flow, why);
        CAPTURE(why);
        REQUIRE(draft);
        return draft->flow;
    };
    for (const Case& one : cases) {
        CAPTURE(one.sum);
        CHECK(to_python_json(flow_of(line(one, ""), Generation::legacy)["allbytes"]) == one.sum);
        for (const char* const quote : {"", "\""}) {
            const Json flow = flow_of(line(one, quote), Generation::current);
            CHECK(to_python_json(flow["bytes"]) == one.sum);
            CHECK(to_python_json(flow["sbytes"]) == one.sent);
            CHECK(to_python_json(flow["dbytes"]) == one.received);
        }
    }
    // integers written as real numbers: int(5e18)
    const std::string huge =
        "1000000000000000052504760255204420248704468581108159154915854115511802457988908195786371375080447864"
        "0437044438328838781769425232353604305756447921847867069828483872009265758037378302337947880900593689"
        "5323497079994508111903896764088007465274278014249457925878882005684283811566947219638686545940054016"
        "0";
    for (const auto& [count, kept] : {std::pair{"5e18", std::string("5000000000000000000")},
                                      {"1e19", "10000000000000000000"},
                                      {"1e300", huge},
                                      {"-1e300", "-" + huge},
                                      {"18446744073709551616", "18446744073709551616"},
                                      {"1.8446744073709552e19", "18446744073709551616"},
                                      {"1.9", "1"},
                                      {"-1.9", "-1"},
                                      {"\" 99_999_999_999_999_999_999 \"", "99999999999999999999"},
                                      {"\"-0099999999999999999999\"", "-99999999999999999999"}}) {
        const char* const many = count;  // clang 14 does not capture structured bindings
        CAPTURE(many);
        CHECK(to_python_json(flow_of(line({many, "0", ""}, ""), Generation::current)["sbytes"]) == kept);
    }
}

TEST_CASE("slipsdev: aid") {
    CHECK(flow_aid("tcp", Json(30.043784), "10.0.2.15", "195.113.232.73", 49158, 80) ==
          "1:5605e278a8270ab686483bb003520c32c5d0c7ed");
    CHECK(flow_aid("TCP", Json("30.043784"), "10.0.2.15", "195.113.232.73", 49158, 80) ==
          "1:5605e278a8270ab686483bb003520c32c5d0c7ed");
    // Padded to six digits: 30.5 and 30.500000 are one time. A whole number is padded as if it were a fraction.
    CHECK(flow_aid("udp", Json(30.5), "a", "b", 1, 2) == flow_aid("udp", Json("30.500000"), "a", "b", 1, 2));
    CHECK(flow_aid("udp", Json(30), "a", "b", 1, 2) == flow_aid("udp", Json("300000"), "a", "b", 1, 2));
    CHECK(flow_aid("unknown", Json(1.5), "a", "b", 1, 2) == "");
}

TEST_CASE("slipsdev: interpreted states") {
    const StateWords words{};
    for (const char* state : {"SF", "S1", "S2", "S3", "RSTO", "OTH", "established", "new", "SA_SA", "PA_FPA", "CON"}) {
        CAPTURE(state);
        CHECK(interpreted_state(state, 1, words) == "Established");
    }
    for (const char* state : {"S0", "REJ", "RSTOS0", "RSTRH", "SH", "SHR", "closed", "S_RA", "INT", "", "RSTR"}) {
        CAPTURE(state);
        CHECK(interpreted_state(state, 3, words) == "Not Established");
    }
    CHECK(interpreted_state("RST", 4, words) == "Established");
    CHECK(interpreted_state("ECO_", 1, words) == "ICMP Echo");
    const StateWords legacy{"Established", "NotEstablished", true};
    CHECK(interpreted_state("RSTR", 4, legacy) == "Established");  // one word, more than three packets
    CHECK(interpreted_state("SHR", 9, legacy) == "NotEstablished");
}

TEST_CASE("slipsdev: addresses as Python formats them") {
    CHECK(normal_address("10.0.0.1") == "10.0.0.1");
    CHECK(normal_address("2001:DB8:0:0:1::1") == "2001:db8::1:0:0:1");
    CHECK(normal_address("2001:db8:0:1:0:0:0:1") == "2001:db8:0:1::1");
    CHECK(normal_address("0:0:0:0:0:0:0:0") == "::");
    CHECK(normal_address("1:0:2:3:4:5:6:7") == "1:0:2:3:4:5:6:7");
    CHECK(normal_address("fe80:0::1%eth0") == "fe80::1%eth0");
    CHECK_FALSE(normal_address("localhost"));
}

TEST_CASE("slipsdev: time windows") {
    SUBCASE("current: counted from the first flow, for all profiles") {
        CurrentWindows windows(3600);
        CHECK(windows.window_of(1000).number == 1);
        CHECK(windows.window_of(999.9).number == 0);
        CHECK(windows.window_of(1000 - 7200).number == -1);
        CHECK(windows.window_of(4600).number == 2);  // an end belongs to the next one
        CHECK(windows.window_of(4600).start == doctest::Approx(4600));
        CHECK(windows.window_of(1e300).number == 9'000'000'000'000'001);  // the largest number
        CurrentWindows one(only_one_window);
        CHECK(one.window_of(1000).number == 1);
        CHECK(one.window_of(-1e9).number == 1);
    }
    SUBCASE("legacy: counted in each profile") {
        LegacyWindows windows(3600);
        CHECK(windows.place("a", 1000).created.size() == 1);
        CHECK(windows.place("b", 9000).number == 1);
        CHECK(windows.place("a", 4599).number == 1);
        CHECK(windows.place("a", 4599).created.empty());
        const auto later = windows.place("a", 1000 + 3 * 3600);
        CHECK(later.number == 4);
        CHECK(later.created.size() == 3);  // the empty ones in between, too
        CHECK(windows.place("a", 5000).number == 2);
        const auto earlier = windows.place("a", 999);
        CHECK(earlier.number == 0);
        CHECK(earlier.created.size() == 1);
        CHECK(earlier.created[0].start == doctest::Approx(1000 - 3600));
        CHECK(windows.place("a", 1001 - 3 * 3600).number == -2);
        CHECK(windows.place("a", 1000 - 4 * 3600).number == -4);  // legacy adds one too many at the border
        CHECK(windows.place("a", 1e12).created.size() == 1);      // a wrong clock does not add millions
    }
}

TEST_CASE("slipsdev: captures") {
    std::string why;
    const auto message = read_capture_line(R"({"channel": "new_ip", "data": "10.0.0.1"})", why);
    REQUIRE(message);
    CHECK(message->channel == "new_ip");
    CHECK_FALSE(origin_of(*message));
    CHECK_FALSE(read_capture_line(R"({"channel": "new_ip"})", why));
    CHECK_FALSE(read_capture_line(R"({"ts": 1, "uid": "C1"})", why));
    CHECK(is_control_message({"new_flow", "stop_process"}));
    CHECK(is_control_message({"control_channel", "stop_slips"}));
    CHECK(is_control_message({"finished_modules", "flowalerts"}));
    CHECK_FALSE(is_control_message({"new_flow", "{}"}));

    const auto current = origin_of({"new_ip", R"({"text": "10.0.0.1", "version": "1.1.20"})"});
    REQUIRE(current);
    CHECK(current->generation == Generation::current);
    CHECK(current->slips_version == "1.1.20");
    const auto legacy = origin_of({"new_flow", R"({"profileid": "profile_1.1.1.1", "flow": "{}"})"});
    REQUIRE(legacy);
    CHECK(legacy->generation == Generation::legacy);
}
