// Bad input is expected every day: it is counted, reported once, and skipped.
#include "host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

using namespace integration;

namespace {

struct Bad {
    std::string what;
    std::string payload;
};

/// A valid flow with one change.
std::string changed(const std::string& pointer, const Json& value) {
    Json json = Json::parse(current_flow({.uid = "Cbad"}));
    json[Json::json_pointer(pointer)] = value;
    return json.dump();
}

std::string without(const std::string& object, const std::string& key) {
    Json json = Json::parse(current_flow({.uid = "Cbad"}));
    json[Json::json_pointer(object)].erase(key);
    return json.dump();
}

std::string nested(std::size_t depth, const std::string& inner = "") {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += R"({"a": [)";
    text += inner.empty() ? "1" : inner;
    for (std::size_t i = 0; i < depth; ++i) text += "]}";
    return text;
}

}  // namespace

TEST_CASE("invalid messages are counted, reported once per kind, and never become evidence") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    const Bad bad[] = {
        {"nothing", ""},
        {"text", "hello"},
        {"half of a message", current_flow({.uid = "Cbad"}).substr(0, 200)},
        {"two messages", current_flow({.uid = "Cbad"}) + current_flow({.uid = "Cbad"})},
        {"a list", "[1, 2, 3]"},
        {"a number", "17"},
        {"null", "null"},
        {"a text in JSON", R"("flow")"},
        {"an empty object", "{}"},
        {"bytes that are no UTF-8", "\xff\xfe\xfd"},
        {"no UTF-8 in a text", changed("/label", "@@").replace(changed("/label", "@@").find("@@"), 2, "\xc3\x28")},
        {"a zero byte", std::string("{\0}", 3)},
        {"NaN", R"({"profileid": NaN})"},
        {"deep lists", std::string(100'000, '[')},
        {"deep objects", nested(50'000)},
        {"deep in the flow", changed("/flow", "@").replace(changed("/flow", "@").find("\"@\""), 3, nested(50'000))},
        {"no profile", without("", "profileid")},
        {"no window", without("", "twid")},
        {"no flow", without("", "flow")},
        {"no source", without("/flow", "saddr")},
        {"no destination", without("/flow", "daddr")},
        {"a profile that is an object", changed("/profileid", Json::object())},
        {"a flow that is a list", changed("/flow", Json::array())},
        {"a flow that is a number", changed("/flow", 7)},
        {"a flow that is text", changed("/flow", "text")},
        {"a source that is no address", changed("/flow/saddr", "not an address")},
        {"a source that is a number", changed("/flow/saddr", 3232235777)},
        {"a destination with a leading zero", changed("/flow/daddr", "192.168.01.1")},
        {"a destination too long", changed("/flow/daddr", std::string(1'000'000, '1'))},
        {"10 MB of text", std::string(10'000'000, 'x')},
        {"10 MB of JSON that is cut off", "{\"profileid\": \"" + std::string(10'000'000, 'x')},
    };
    std::size_t undecodable = 0;
    std::size_t accepted = 0;
    for (const Bad& one : bad) {
        CAPTURE(one.what);
        const std::string before = module.err();
        const auto lines_before = count(before, "\n");
        for (int i = 0; i < 3; ++i) slips.publish("new_flow", one.payload);
        undecodable += 3;
        // the module lives and has skipped it: a valid flow still yields evidence
        ++accepted;
        slips.publish({.uid = "Cgood", .daddr = "10.0.0." + std::to_string(accepted)});
        REQUIRE(eventually([&] { return slips.stored() >= accepted || !module.runs(); }));
        REQUIRE(module.runs());
        const std::string lines = module.err().substr(before.size());
        INFO(lines.substr(0, 500));
        CHECK(slips.stored() == accepted);
        CHECK(count(module.err(), "\n") - lines_before <= 1);  // kinds may share a line
        CHECK(lines.size() < 400);
        if (!lines.empty()) CHECK(lines.starts_with("[detector] new_flow: a message was skipped: "));
    }
    CHECK(stop(module) == 0);
    const Json stats = slips.stats();
    CHECK(stats["messages"]["received"] == undecodable + accepted);
    CHECK(stats["messages"]["undecodable"] == undecodable);
    CHECK(stats["messages"]["handled"] == accepted);
    CHECK(stats["messages"]["handler_errors"] == 0);
    CHECK(stats["evidence"]["accepted"] == accepted);
    CHECK(stats["evidence"]["refused"] == 0);
    CHECK(module.err().find('\0') == std::string::npos);
    CHECK(count(module.err(), "\n") >= 5);  // one line for each kind
}

TEST_CASE("an optional field of another type is left out, counted and reported once, and the flow is handled") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    for (int i = 0; i < 3; ++i) {
        slips.publish("new_flow", changed("/flow/dport", Json::array({80})));
        slips.publish("new_flow", changed("/flow/starttime", Json::object()));
    }
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["handled"] == 6);
    CHECK(slips.stats()["messages"]["undecodable"] == 0);
    CHECK(slips.stats()["messages"]["odd_fields"] == 6);
    CHECK(count(module.err(), "new_flow: a field is left out: dport is a list, expected a port\n") == 1);
    CHECK(count(module.err(), "new_flow: a field is left out: starttime is an object, expected a number\n") == 1);
}

TEST_CASE("unknown, big and deeply nested keys are ignored") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    std::vector<std::string> payloads{
        changed("/new_key", std::string(10'000'000, 'x')),
        changed("/flow/new_key", Json::array({1, Json::object({{"saddr", "no address"}, {"uid", 5}})})),
        changed("/new_key", "@").replace(changed("/new_key", "@").find("\"@\""), 3, nested(50'000)),
        changed("/flow/dport", "80"),
        changed("/flow/sport", ""),
        changed("/flow/dur", nullptr),
        changed("/flow/appproto", false),
        changed("/flow/dport", 70'000),
    };
    for (const std::string& payload : payloads) slips.publish("new_flow", payload);
    CHECK(stop(module) == 0);
    CHECK(module.err().find("skipped") == std::string::npos);
    CHECK(slips.stats()["messages"]["handled"] == payloads.size());
    CHECK(slips.stored() == payloads.size());
}

TEST_CASE("messages of 16 MB are received, and memory does not grow with their number") {
#ifdef SLIPS_TEST_SHIFTED_CLOCK
    constexpr std::size_t size = 16'000'000;
    constexpr long most = 256;  // MB
#else                           // a sanitizer is slow, and keeps 256 MB of freed memory
    constexpr std::size_t size = 4'000'000;
    constexpr long most = 768;
#endif
    constexpr int rounds = 5;
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        Host slips(generation);
        auto module = slips.start_hearing("detector");
        const auto resident = [&module] {  // MB; Linux
            std::ifstream file("/proc/" + std::to_string(module.pid()) + "/statm");
            long pages = 0, resident_pages = 0;
            file >> pages >> resident_pages;
            return resident_pages * 4096 / 1'000'000;
        };
        slips.know({.uid = "C1"});
        for (int round = 0; round < rounds; ++round) {
            const std::string net = "10.0." + std::to_string(round);
            slips.publish("new_flow", std::string(size, '{'));
            slips.publish("new_flow", "{\"profileid\": \"" + std::string(size, 'x') + "\"}");
            slips.publish(
                {.uid = std::string(size, 'C'), .daddr = net + ".1"});  // its evidence is sent without the uid
            slips.publish({.uid = "C1", .daddr = net + ".2", .appproto = std::string(size, 'a')});
            CHECK(eventually([&] { return slips.stored() == 2 * static_cast<std::size_t>(round) + 2; }));
            CHECK(resident() < most);
        }
        CHECK(stop(module) == 0);
        CHECK(slips.stats()["messages"]["undecodable"] == 2 * rounds);
        CHECK(slips.stats()["messages"]["handled"] == 2 * rounds);
        for (const auto& [id, evidence] : slips.evidence({.uid = "C1"})) CHECK(evidence.dump().size() < 32'000);
    }
}

TEST_CASE("evidence without a valid profile or time window is refused, and the field is named") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    for (int i = 0; i < 3; ++i) {
        slips.publish("new_flow", changed("/profileid", "profile_nobody"));
        slips.publish("new_flow", changed("/twid", "timewindow1.5"));
        slips.publish("new_flow", changed("/flow/starttime", 1e300));
    }
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 0);
    CHECK(slips.db.integer({"EXISTS", "flows_causing_evidence", "profiles"}) == 0);
    CHECK(slips.stats()["evidence"]["refused"] == 9);
    CHECK(count(module.err(), "evidence refused: profileid: ") == 1);
    CHECK(count(module.err(), "evidence refused: twid: ") == 1);
    CHECK(count(module.err(), "evidence refused: timestamp: ") == 1);
}

TEST_CASE("hostile text is escaped in the terminal and in evidence") {
    Host slips(Slips::current);
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("thrower");
    Json flow = Json::parse(current_flow({.uid = "C\x1b[2J", .dport = 666}));
    slips.publish("new_flow", flow.dump());
    flow = Json::parse(current_flow({.uid = "C\xc3\xbc \xe2\x82\xac"}));
    slips.publish("new_flow", flow.dump());
    REQUIRE(alerts.wait_for(1).size() == 1);
    CHECK(stop(module) == 0);
    CHECK(module.err().find('\x1b') == std::string::npos);
    CHECK(module.err().find("\\x1b[2J") != std::string::npos);
    for (const char c : alerts.messages().front()) CHECK(static_cast<unsigned char>(c) < 0x80);
}

TEST_CASE("plain texts that do not fit their channel are skipped") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("texts", {}, {}, "new_ip");
    const auto wrapped = [](const std::string& text) { return Json{{"text", text}, {"version", version}}.dump(); };
    slips.publish("new_ip", wrapped("no address"));
    slips.publish("new_ip", wrapped("still none"));
    slips.publish("new_ip", R"({"text": 5, "version": "1.1.21"})");
    slips.publish("new_ip", R"({"version": "1.1.21"})");
    slips.publish("tw_closed", wrapped("profile_10.0.0.1"));
    slips.publish("tw_closed", "\xff");
    slips.publish("new_ip", wrapped("10.0.0.1"));
    slips.publish("tw_closed", wrapped("profile_10.0.0.1_timewindow1"));
    CHECK(module.says("tw_closed profile_10.0.0.1 timewindow1"));
    CHECK(stop(module) == 0);
    CHECK(module.out().find("new_ip 10.0.0.1\n") != std::string::npos);
    const Json stats = slips.stats();
    CHECK(stats["messages"]["undecodable"] == 6);
    CHECK(stats["messages"]["handled"] == 2);
    CHECK(count(module.err(), "new_ip: a message was skipped: the text is not an IP address") == 1);
    CHECK(count(module.err(), "tw_closed: a message was skipped: the text is not profile_<ip>_timewindow<N>") == 1);
}

TEST_CASE("legacy: bad messages are skipped as well") {
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("detector", {"--generation", "legacy"});
    slips.know({});
    const std::string good = legacy_flow({.uid = "C1"});
    const auto start = [](const std::string& flow) {
        return R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "flow": )" + flow + R"(, "stime": 1.5})";
    };
    const std::string bad[] = {"hello",
                               good.substr(0, good.size() / 2),
                               start("\"\""),
                               start("\"{}\""),
                               start(R"("{\"C1\": 5}")"),
                               start(R"("{\"C1\": \"no JSON\"}")"),
                               start(R"("{\"C1\": \"{}\"}")"),
                               start(R"("{\"C1\": \"{\\\"saddr\\\": \\\"x\\\"}\"}")")};
    for (const std::string& payload : bad) slips.publish("new_flow", payload);
    slips.publish("new_flow", good);
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["undecodable"] == std::size(bad));
    CHECK(slips.stats()["messages"]["handled"] == 1);
    CHECK(slips.stored() == 1);
}

TEST_CASE("a RawMessage handler receives any payload") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("raw", {}, {}, "new_ssh");
    const Json ssh = {{"flow", {{"uid", "C1"}}}, {"version", version}};
    slips.publish("new_ssh", ssh.dump());
    slips.publish("my_own channel", R"({"n": 1, "version": "1.1.21"})");
    slips.publish("my_own channel", std::string("bin\0ary", 7));
    CHECK(stop(module) == 0);
    CHECK(module.out().find("raw new_ssh " + std::to_string(ssh.dump().size())) != std::string::npos);
    CHECK(module.out().find("raw my_own channel 29 {\"n\": 1, ") != std::string::npos);
    CHECK(slips.db.text({"HGET", "number_of_subscribers_who_processed_this_msg_new_ssh", "C1"}) == "1");
    // without Slips' version it is ignored, as Slips' own modules do
    CHECK(slips.stats()["messages"]["other_version"] == 1);
    CHECK(slips.stats()["messages"]["handled"] == 2);
}
