// Messages of every source and both generations, value by value, and all captured ones.
#include "slips/impl/wire/decode.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../recordings.hpp"
#include "messages.hpp"

namespace wire = slips::wire;
using wire::DecodeError;

namespace {

const std::filesystem::path source_folder = SLIPS_TEST_SOURCE_DIR;

/// Returns the messages of one channel from a file with one {"channel", "data"} a line.
std::vector<std::string> messages_in(const std::filesystem::path& file, std::string_view channel) {
    std::ifstream lines(file);
    REQUIRE(lines.is_open());
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line);
        if (json["channel"] == channel) found.push_back(json["data"].get<std::string>());
    }
    return found;
}

std::vector<std::string> fixtures(std::string_view generation, std::string_view channel) {
    return messages_in(source_folder / "tests/data/messages" / (std::string(generation) + ".jsonl"), channel);
}

template <class M>
M decoded(std::string_view payload) {
    M message;
    DecodeError error;
    const bool good = wire::decode(payload, message, error);
    CAPTURE(std::string(payload.substr(0, 400)));
    CAPTURE(error.what);
    CHECK(good);
    return message;
}

template <class M>
std::string fault(std::string_view payload) {
    M message;
    DecodeError error;
    if (wire::decode(payload, message, error))
        return error.left_out.empty() ? "" : "left out: " + error.left_out.front();
    CHECK_FALSE(error.what.empty());
    return error.what;
}

slips::NewFlow flow(std::string_view generation, std::string_view uid) {
    for (const std::string& payload : fixtures(generation, "new_flow")) {
        const slips::NewFlow message = decoded<slips::NewFlow>(payload);
        if (message.flow.uid != uid) continue;
        slips::NewFlow copy = message;  // owns its payload: the fixture's is gone after this
        return copy;
    }
    FAIL("no flow ", std::string(uid));
    return {};
}

}  // namespace

// --- new_flow, current ---------------------------------------------------------------------------------------

TEST_CASE("new_flow, current: Zeek's JSON") {
    const slips::NewFlow message = flow("current", "CzeekJson1");
    CHECK(message.version == "1.1.21");
    CHECK(message.profileid == "profile_fe80::21");
    CHECK(message.twid == "timewindow3");
    CHECK(message.stime == slips::Timestamp(22.335172));
    CHECK(message.interpreted_state == "Not Established");
    CHECK(message.label == "benign");
    const slips::Conn& conn = message.flow;
    CHECK(conn.type == "conn");
    CHECK(conn.source.empty());
    CHECK(conn.interface == "eth0");
    CHECK(conn.starttime == 22.335172);
    CHECK(conn.endtime == 22.431454);
    CHECK(conn.dur == 0.09628199999999865);
    CHECK(conn.saddr == "fe80::21");
    CHECK(conn.daddr == "ff02::1:3");
    CHECK(conn.sport == 61099);
    CHECK(conn.dport == 5355);
    CHECK(conn.proto == "udp");
    CHECK(conn.appproto == "dns");
    CHECK(conn.state == "S0");
    CHECK(conn.interpreted_state == "Established");
    CHECK(conn.history == "D");
    CHECK(conn.state_hist == "Dd");
    CHECK(conn.dir == "->");
    CHECK(conn.spkts == 2);
    CHECK(conn.dpkts == 1);
    CHECK(conn.pkts == 3);
    CHECK(conn.sbytes == 50);
    CHECK(conn.dbytes == 20);
    CHECK(conn.bytes == 70);
    CHECK(conn.smac == "08:00:27:00:00:01");
    CHECK(conn.dmac == "08:00:27:00:00:02");
    CHECK(conn.aid == "1:e830");
    CHECK(conn.dport_name == "llmnr");
    CHECK(conn.timestamp_human == "today");
    CHECK(conn.ground_truth_label == "Malicious");
    CHECK(conn.detailed_ground_truth_label == "C&C");
    CHECK(conn.label.empty());
}

TEST_CASE("a value of another type leaves its optional field absent, and the flow is decoded") {
    const std::string begin = R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "label": ["x"], )";
    const std::string odd =
        R"("uid": {"a": [1]}, "saddr": "10.0.0.1", "daddr": "10.0.0.2", "proto": ["tcp"], "sport": [80],
        "dport": 443, "dur": {}, "sbytes": true, "dbytes": [[1, {"a": 2}], 2], "state": true, "starttime": [], "history": "Sh")";
    for (const std::string& payload :
         {begin + R"("flow": {)" + odd + "}, \"version\": [1]}",
          begin + R"("flow": )" + nlohmann::json("{" + odd + "}").dump() + ", \"version\": [1]}"}) {
        slips::NewFlow message;
        message.flow.proto = "of an earlier message";
        DecodeError error;
        CAPTURE(payload);
        REQUIRE(wire::decode(payload, message, error));
        CHECK(message.profileid == "profile_10.0.0.1");
        CHECK(message.label.empty());
        CHECK(message.version.empty());
        CHECK(message.flow.uid.empty());
        CHECK(message.flow.saddr == "10.0.0.1");
        CHECK(message.flow.daddr == "10.0.0.2");
        CHECK(message.flow.proto.empty());
        CHECK_FALSE(message.flow.sport);
        CHECK(message.flow.dport == 443);
        CHECK_FALSE(message.flow.dur);
        CHECK_FALSE(message.flow.sbytes);
        CHECK_FALSE(message.flow.dbytes);
        CHECK(message.flow.state.empty());
        CHECK_FALSE(message.flow.starttime);
        CHECK(message.flow.history == "Sh");
        CHECK(error.left_out.size() == 10);
    }
    // of a list only the element is left out
    slips::NewDns dns;
    DecodeError error;
    REQUIRE(wire::decode(R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": {"query": "q",
        "answers": ["1.2.3.4", ["a"], true, {"b": "c"}, "5.6.7.8"], "TTLs": [1.0, {}, 2.0]}})",
                         dns, error));
    CHECK(dns.flow.answers == std::vector<std::string>{"1.2.3.4", "5.6.7.8"});
    CHECK(dns.flow.ttls == std::vector<double>{1.0, 2.0});
    CHECK(error.left_out.size() == 4);
    // a hostile message is reported in part
    std::string many = begin + "\"flow\": {" + odd;
    for (int i = 0; i < 1000; ++i) many += ", \"proto\": []";
    error = {};
    slips::NewFlow flow;
    CHECK(wire::decode(many + "}}", flow, error));
    CHECK(error.left_out.size() == 64);
}

TEST_CASE("new_flow, current: Zeek's TSV; times are text") {
    const slips::NewFlow message = flow("current", "CzeekTsv1");
    CHECK(message.flow.starttime == 1601998366.785668);
    CHECK(message.stime == slips::Timestamp("1601998366.785668"));
    CHECK(message.flow.endtime == 1601998366.793375);
    CHECK(message.flow.sport == 54170);
    CHECK(message.flow.dport == 53);
    CHECK(message.flow.bytes == 114);
    CHECK(message.flow.smac.empty());
    const slips::Context context = message;
    CHECK(context.timestamp.seconds() == 1601998366.785668);
}

TEST_CASE("new_flow, current: Argus; ports and durations are text, false means absent") {
    const slips::NewFlow message = flow("current", "Zargus1");
    const slips::Conn& conn = message.flow;
    CHECK(message.twid == "timewindow462542");
    CHECK(conn.type == "argus");
    CHECK(conn.starttime == 1545141600.075359);
    CHECK_FALSE(conn.endtime);
    CHECK(conn.dur == 0.25);
    CHECK(conn.appproto.empty());
    CHECK(conn.sport == 0x303);  // ICMP
    CHECK_FALSE(conn.dport);
    CHECK(conn.dir == "   ->");
    CHECK(conn.state == "URP");
    CHECK(conn.pkts == 1);
    CHECK(conn.bytes == 70);
    CHECK(conn.dbytes == 0);
    CHECK(conn.history.empty());
}

TEST_CASE("new_flow, current: Suricata") {
    const slips::NewFlow message = flow("current", "445348883402532");
    const slips::Conn& conn = message.flow;
    CHECK(message.twid == "timewindow-1");
    CHECK(conn.type == "conn");
    CHECK(conn.source == "suricata");
    CHECK(conn.proto == "UDP");
    CHECK(conn.appproto.empty());
    CHECK(conn.sport == 1900);
    CHECK(conn.dport == 44232);
    CHECK(conn.dur == 1.107183);
    CHECK(conn.endtime == 1622990336.963027);
    CHECK(conn.state == "new");
    CHECK(conn.bytes == 4056);
}

TEST_CASE("new_flow, current: nfdump; counters are text, and their sum is absent") {
    const slips::NewFlow message = flow("current", "Znfdump1");
    const slips::Conn& conn = message.flow;
    CHECK(message.twid == "timewindow0");
    CHECK(conn.type == "nfdump");
    CHECK(conn.dur == 1.0);
    CHECK(conn.sport == 55206);
    CHECK(conn.dport == 902);
    CHECK(conn.spkts == 1);
    CHECK(conn.dpkts == 2);
    CHECK(conn.sbytes == 60);
    CHECK(conn.dbytes == 40);
    CHECK_FALSE(conn.pkts);
    CHECK_FALSE(conn.bytes);
    CHECK(conn.appproto.empty());
    CHECK(conn.dir == "0");
    CHECK(conn.state == "......S.");
}

// --- new_flow, legacy ----------------------------------------------------------------------------------------

TEST_CASE("new_flow, legacy: Zeek's JSON; three nested JSON texts") {
    const slips::NewFlow message = flow("legacy", "CzeekJson1");
    CHECK(message.version.empty());
    CHECK(message.profileid == "profile_fe80::21");
    CHECK(message.twid == "timewindow1");
    CHECK(message.stime == slips::Timestamp(22.335172));
    CHECK(wire::surely_legacy(message));
    const slips::Conn& conn = message.flow;
    CHECK(conn.uid == "CzeekJson1");
    CHECK(conn.type == "conn");
    CHECK(conn.starttime == 22.335172);
    CHECK(conn.dur == 0.09628199999999865);
    CHECK(conn.saddr == "fe80::21");
    CHECK(conn.daddr == "ff02::1:3");
    CHECK(conn.sport == 61099);
    CHECK(conn.dport == 5355);
    CHECK(conn.proto == "udp");
    CHECK(conn.appproto == "dns");
    CHECK(conn.state == "S0");
    CHECK(conn.interpreted_state == "NotEstablished");
    CHECK(conn.pkts == 52);
    CHECK(conn.bytes == 50);
    CHECK(conn.spkts == 2);
    CHECK(conn.sbytes == 48);
    CHECK(conn.label == "normal");
    CHECK(conn.interface.empty());
}

TEST_CASE("new_flow, legacy: Zeek's TSV; ports are text, counters are floats") {
    const slips::Conn conn = flow("legacy", "CzeekTsv1").flow;
    CHECK(conn.sport == 54170);
    CHECK(conn.dport == 53);
    CHECK(conn.pkts == 2);
    CHECK(conn.bytes == 114);
    CHECK(conn.spkts == 1);
    CHECK(conn.sbytes == 37);
}

TEST_CASE("new_flow, legacy: Argus") {
    const slips::Conn conn = flow("legacy", "Zargus1").flow;
    CHECK(conn.type == "argus");
    CHECK(conn.dur == 0.25);
    CHECK(conn.sport == 52691);
    CHECK(conn.dport == 445);
    CHECK(conn.appproto.empty());
    CHECK(conn.state == "S_");
}

TEST_CASE("new_flow, legacy: Suricata") {
    const slips::Conn conn = flow("legacy", "Zsuricata1").flow;
    CHECK(conn.type == "flow");
    CHECK(conn.dur == 0.0);
    CHECK(conn.proto == "UDP");
    CHECK(conn.appproto == "failed");
}

TEST_CASE("new_flow, legacy: ARP; nearly every field is an empty text") {
    const slips::Conn conn = flow("legacy", "Zarp1").flow;
    CHECK(conn.type == "arp");
    CHECK(conn.proto == "ARP");
    CHECK(conn.dur == 0.0);
    CHECK_FALSE(conn.sport);
    CHECK_FALSE(conn.dport);
    CHECK_FALSE(conn.pkts);
    CHECK_FALSE(conn.bytes);
    CHECK(conn.state.empty());
}

TEST_CASE("new_flow, between the generations: one JSON text, without a version") {
    const std::string payload =
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": "{\"starttime\": 5.5, \"uid\": \"C1\", )"
        R"(\"saddr\": \"10.0.0.1\", \"daddr\": \"10.0.0.2\", \"proto\": \"tcp\", \"history\": \"a\\\"b{\", )"
        R"(\"type_\": \"conn\"}", "stime": 5.5})";
    const auto message = decoded<slips::NewFlow>(payload);
    CHECK(message.flow.uid == "C1");
    CHECK(message.flow.starttime == 5.5);
    CHECK(message.flow.history == "a\"b{");
    CHECK_FALSE(wire::surely_legacy(message));
    CHECK_FALSE(wire::surely_legacy(decoded<slips::NewFlow>(slips_test::current_flow("C1", ""))));
    CHECK_FALSE(wire::surely_legacy(decoded<slips::NewFlow>(slips_test::current_flow())));
}

TEST_CASE("reusing a message object leaves nothing of the previous message") {
    slips::NewFlow message;
    DecodeError error;
    std::vector<std::string> payloads;
    for (const char* generation : {"current", "legacy"})
        for (const std::string& payload : fixtures(generation, "new_flow")) payloads.push_back(payload);
    for (const std::string& before : payloads) {
        for (const std::string& payload : payloads) {
            REQUIRE(wire::decode(before, message, error));
            REQUIRE(wire::decode(payload, message, error));
            const auto fresh = decoded<slips::NewFlow>(payload);
            CHECK(message.version == fresh.version);
            CHECK(message.label == fresh.label);
            CHECK(message.flow.history == fresh.flow.history);
            CHECK(message.flow.source == fresh.flow.source);
            CHECK(message.flow.endtime == fresh.flow.endtime);
            CHECK(message.flow.dport == fresh.flow.dport);
            CHECK(message.flow.bytes == fresh.flow.bytes);
        }
    }
}

TEST_CASE("a flow without a key field is skipped, with the field's name") {
    const std::string good = slips_test::current_flow();
    const auto without = [&good](std::string_view from, std::string_view to) {
        std::string changed = good;
        const std::size_t at = changed.find(from);
        REQUIRE(at != std::string::npos);
        return changed.replace(at, from.size(), to);
    };
    using slips::NewFlow;
    CHECK(fault<NewFlow>(good).empty());
    CHECK(fault<NewFlow>(without("\"profileid\"", "\"x\"")) == "profileid is missing, expected text");
    CHECK(fault<NewFlow>(without("\"twid\"", "\"x\"")) == "twid is missing, expected text");
    CHECK(fault<NewFlow>(without("\"flow\"", "\"x\"")) == "flow is missing, expected an object");
    CHECK(fault<NewFlow>(without("\"saddr\"", "\"x\"")) == "saddr is missing, expected an IP address");
    CHECK(fault<NewFlow>(without("\"192.168.1.18\"", "\"localhost\"")) == "daddr is text, expected an IP address");
    CHECK(fault<NewFlow>(without("\"192.168.1.18\"", "null")) == "daddr is null, expected an IP address");
    CHECK(fault<NewFlow>(without("8,", "[8],")) == "left out: sport is a list, expected a port");
    CHECK(fault<NewFlow>("{}") == "profileid is missing, expected text");
    CHECK(fault<NewFlow>(without("\"profile_", "[], \"x\": \"profile_")) == "profileid is a list, expected text");
    const std::string legacy = slips_test::legacy_flow("C1", "localhost");
    CHECK(fault<NewFlow>(legacy) == "flow: daddr is text, expected an IP address");
    CHECK(fault<NewFlow>(R"({"profileid": "p", "twid": "t", "flow": "{}"})") ==
          "flow: saddr is missing, expected an IP address");
    CHECK(fault<NewFlow>(R"({"profileid": "p", "twid": "t", "flow": "{\"C1\": \"{}\"}"})") ==
          "flow: saddr is missing, expected an IP address");
    CHECK(fault<NewFlow>(R"({"profileid": "p", "twid": "t", "flow": "{\"C1\": \"{\"}"})") == "flow: not JSON");
}

TEST_CASE("unknown keys of a newer Slips are not an error") {
    const auto message = decoded<slips::NewFlow>(
        R"({"new": "{", "profileid": "p", "twid": "t", "flow": {"new": "{", "newer": {"uid": "no"}, "uid": "C1", )"
        R"("saddr": "10.0.0.1", "daddr": "10.0.0.2", "newest": ["{"]}, "version": "9.9"})");
    CHECK(message.flow.uid == "C1");
    CHECK(message.version == "9.9");
}

// --- the plain texts -----------------------------------------------------------------------------------------

TEST_CASE("plain texts are decoded bare or wrapped") {
    for (const char* generation : {"current", "legacy"}) {
        const std::string version = generation == std::string("current") ? "1.1.21" : "";
        const std::string payload = fixtures(generation, "new_ip").at(0);
        const auto ip = decoded<slips::NewIp>(payload);
        CHECK(ip.ip == "10.0.2.15");
        CHECK(ip.version == version);
        CHECK(wire::surely_legacy(ip) == version.empty());
        CHECK(decoded<slips::NewProfile>(fixtures(generation, "new_profile").at(0)).ip == "fe80::21");
    }
    const auto closed = decoded<slips::TwClosed>(fixtures("current", "tw_closed").at(0));
    CHECK(closed.profileid == "profile_fe80::21");
    CHECK(closed.twid == "timewindow3");
    CHECK(slips::Context(closed).twid == "timewindow3");
    CHECK(decoded<slips::TwClosed>(fixtures("legacy", "tw_closed").at(0)).twid == "timewindow12");
    const auto modified = decoded<slips::TwModified>(fixtures("legacy", "tw_modified").at(0));
    CHECK(modified.profileid == "profile_fe80::21");
    CHECK(modified.twid == "timewindow1");
    CHECK(decoded<slips::IpInfoChange>(fixtures("legacy", "ip_info_change").at(0)).ip == "10.0.2.15");
    CHECK(decoded<slips::DnsInfoChange>(fixtures("legacy", "dns_info_change").at(0)).domain == "wpad.example.org");
}

TEST_CASE("plain texts that do not fit their channel are refused") {
    CHECK(fault<slips::NewIp>("no address") == "the text is not an IP address");
    CHECK(fault<slips::NewIp>(" 10.0.0.1") == "the text is not an IP address");
    CHECK(fault<slips::NewIp>(R"({"text": "no address", "version": "1.1.21"})") == "the text is not an IP address");
    CHECK(fault<slips::NewIp>(R"({"version": "1.1.21"})") == "text is missing, expected text");
    CHECK(fault<slips::NewIp>("{") == "not JSON");
    CHECK(fault<slips::DnsInfoChange>("") == "the text is not a domain");
    for (const char* text : {"", "timewindow1", "profile_10.0.0.1", "profile_10.0.0.1:timewindow1", "_timewindow1",
                             "x_10.0.0.1_timewindow1", "profile_10.0.0.1_timewindow", "profile_10.0.0.1_timewindowx",
                             "profile_no address_timewindow1", "profile_timewindow1"}) {
        CAPTURE(text);
        CHECK(fault<slips::TwClosed>(text) == "the text is not profile_<ip>_timewindow<N>");
    }
    CHECK(fault<slips::TwModified>("profile_10.0.0.1_timewindow1") == "the text is not profile_<ip>:timewindow<N>");
    CHECK(decoded<slips::TwClosed>("profile_10.0.0.1_timewindow-3").twid == "timewindow-3");

    slips::NewIp message;
    DecodeError error;
    CHECK_FALSE(wire::decode(std::string(1'000'000, 'x'), message, error));
    CHECK(error.detail.size() == 64);
}

// --- what an author sees -------------------------------------------------------------------------------------

TEST_CASE("json() returns any message as JSON") {
    const std::string payload = slips_test::current_flow();
    auto message = decoded<slips::NewFlow>(payload);
    CHECK(message.payload.view().data() == payload.data());  // refers to the text, no copy
    CHECK(message.json()["module_labels"].is_object());
    const slips::NewFlow copy = message;
    CHECK(copy.payload.view() == payload);
    CHECK(copy.payload.view().data() != payload.data());  // a copy owns its text
    CHECK(decoded<slips::NewIp>("10.0.0.1").json() == "10.0.0.1");

    slips::RawMessage raw;
    wire::Envelope envelope;
    CHECK(wire::decode("{\"x\": ", raw, envelope));
    CHECK(raw.json() == "{\"x\": ");
    raw.payload.borrow(R"({"x": "\ud800"})");
    CHECK(raw.json()["x"] == "\xef\xbf\xbd");
    CHECK(wire::decode(std::string(100'000, '[') + std::string(100'000, ']'), raw, envelope));
}

TEST_CASE("deeply nested messages can be read as JSON") {
    const std::string deep = "{\"x\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    slips::RawMessage raw;
    wire::Envelope envelope;
    CHECK(wire::decode(deep, raw, envelope));
    CHECK(raw.json().is_object());
}

TEST_CASE("the stamp and the flow's uid are found in a message without a type") {
    slips::RawMessage raw;
    wire::Envelope envelope;
    const auto decode = [&](std::string_view payload) {
        CHECK(wire::decode(payload, raw, envelope));
        CHECK(raw.text() == payload);
        CHECK(raw.version == envelope.version);
    };
    decode(R"({"flow": {"uid": "C1", "version": "TLS"}, "version": "1.1.21"})");
    CHECK(envelope.flow.uid == "C1");
    CHECK(envelope.version == "1.1.21");
    decode("plain");
    CHECK(envelope.version.empty());
    CHECK(envelope.flow.uid.empty());
    for (const char* flow :
         {"[]", "null", "5", R"("text")", R"("{\"uid\": \"C2\"}")", R"({"uid": ["C1"]})", R"([{"uid": "C1"}])"}) {
        CAPTURE(flow);
        decode(R"({"flow": )" + std::string(flow) + R"(, "version": "1.1.20"})");
        CHECK(envelope.version == "1.1.20");  // whatever else it contains
    }
    decode(R"({"flow": {"uid": "C3"}, "version": )");
    CHECK(envelope.version.empty());
}

// --- captures ------------------------------------------------------------------------------------------------

TEST_CASE("all captured messages decode") {
    const auto folder = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!folder) return;
    std::map<std::string, std::size_t> counts;
    for (const auto& file : std::filesystem::directory_iterator(*folder)) {
        if (file.path().extension() != ".jsonl") continue;
        CAPTURE(file.path().string());
        const std::string name = file.path().filename().string();
        const bool legacy = name.starts_with("legacy");
        const bool of_a_generation = legacy || name.starts_with("current");  // else of a release between them, or newer
        const auto check_channel = [&]<class M>(M message, slips::Generation generation) {
            const auto channel = slips::channel_of<M>(generation);
            if (channel.empty()) return;
            for (const std::string& payload : messages_in(file.path(), channel)) {
                if (payload == "stop_process") continue;
                // the generations publish different messages there, and the form of a message shows which it is
                if (slips::detail::is_ambiguous(channel) &&
                    payload.starts_with('{') != (generation == slips::Generation::current))
                    continue;
                DecodeError error;
                const bool good = wire::decode(payload, message, error);
                CAPTURE(payload);
                CAPTURE(error.what);
                CHECK(good);
                if (of_a_generation) {
                    CHECK(message.version.empty() == legacy);
                    if (!payload.starts_with('{') || std::is_same_v<M, slips::NewFlow>)
                        CHECK(wire::surely_legacy(message) == legacy);
                }
                ++counts[std::string(channel)];
                if constexpr (std::is_same_v<M, slips::NewFlow>) {
                    CHECK_FALSE(message.flow.uid.empty());
                    CHECK(message.flow.starttime);
                    CHECK(slips::Context(message).timestamp.seconds());
                    const auto flow = message.json()["flow"];
                    if (flow.is_object()) {
                        CHECK(message.flow.daddr == flow["daddr"].template get<std::string>());
                        if (flow["dport"].is_number()) CHECK(message.flow.dport == flow["dport"].template get<int>());
                    }
                }
            }
        };
        const auto check = [&]<class M>(M message) {
            using slips::Generation;
            const bool renamed = slips::channel_of<M>(Generation::legacy) != slips::channel_of<M>(Generation::current);
            if (!legacy) check_channel(message, Generation::current);
            if (legacy || (!of_a_generation && renamed)) check_channel(message, Generation::legacy);
        };
        [&]<class... M>(wire::Types<M...>) { (check(M()), ...); }(wire::Messages());
    }
    for (const char* channel :
         {"new_flow", "new_ip", "new_profile", "tw_closed", "tw_modified", "new_dns", "new_dns_flow", "evidence_added",
          "new_alert", "new_ssl", "get_modified_profiles_since", "new_letters"}) {
        CAPTURE(channel);
        CHECK(counts[channel] > 0);
    }
}
