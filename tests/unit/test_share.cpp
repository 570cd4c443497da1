// Which process handles a message, and what a session does with the messages of the others.
#include "slips/impl/wire/owner.hpp"

#include <doctest/doctest.h>
#include <slips/testing.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "messages.hpp"
#include "session_driver.hpp"
#include "slips/share.hpp"

using slips::wire::owner_of;
using slips_test::current_flow;
using slips_test::legacy_flow;
using slips_test::SessionDriver;

namespace {

std::string address(const std::string& payload) {
    std::string unescaped;
    return std::string(slips::wire::profile_address(payload, unescaped));
}

slips::SessionSettings sharing(int index, int count) {
    slips::SessionSettings settings = SessionDriver::settings();
    settings.share = {index, count};
    return settings;
}

/// Returns `current_flow()` of another host.
std::string flow_of(const std::string& saddr, const std::string& uid = "C1") {
    std::string text = current_flow(uid);
    for (std::size_t at; (at = text.find("192.168.1.12")) != std::string::npos;) text.replace(at, 12, saddr);
    return text;
}

/// Returns an address whose messages the process handles.
std::string host_of(int index, int count) {
    for (int i = 1;; ++i) {
        const std::string saddr = "10.0.0." + std::to_string(i);
        if (owner_of(flow_of(saddr), count) == index) return saddr;
    }
}

}  // namespace

TEST_CASE("the profile is found in every form in which Slips has named one") {
    const std::string ip = "10.0.0.1";
    for (
        const char* const text : {
            // 1.1.20 and newer
            R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": {"saddr": "10.0.0.2"}, "version": "1.1.21"})",
            R"({"flow": {"saddr": "10.0.0.2", "tx_hosts": ["[\"}"]}, "profileid": "profile_10.0.0.1", "twid": "timewindow1"})",
            R"({"text": "10.0.0.1", "version": "1.1.21"})",
            R"({"text": "profile_10.0.0.1_timewindow12", "version": "1.1.21"})",
            R"({"MAC": "08:00:27:7f:09:e1", "profileid": "profile_10.0.0.1", "version": "1.1.21"})",
            R"({"evidence_type": "X", "description": "\"profile\": {\"ip\": \"10.0.0.3\"}", "attacker": {"value": "10.0.0.2", "profile": {"ip": "10.0.0.2"}}, "profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 1}})",
            R"({"profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 1}, "last_evidence": {"profile": {"ip": "10.0.0.2"}}})",
            R"({"flow": {"starttime": 5.5, "uid": "", "saddr": "10.0.0.1", "software": "SSH::CLIENT"}, "twid": "timewindow1"})",
            R"({"ip": "10.0.0.1", "block": true, "tw": 3, "interface": "eth0"})",
            R"({"to_lookup": "10.0.0.2", "profileid": "profile_10.0.0.1", "twid": "timewindow1", "daddr": "10.0.0.2"})",
            // 1.1.17 and 1.1.18, 1.0.5 to 1.1.4, 1.0.4 to 1.1.8
            R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1"})",
            R"({"alert_ID": "4be0", "profileid": "profile_10.0.0.1", "twid": "timewindow1"})",
            R"({"sw_flow": {"starttime": 5.5, "saddr": "10.0.0.1"}, "twid": "timewindow1"})",
            // up to 1.1.19, 1.1.16, 1.0.4
            "10.0.0.1",
            "profile_10.0.0.1_timewindow1",
            "profile_10.0.0.1:timewindow1",
            "profile_10.0.0.1_timewindow1_4be0f3c1-0000-4000-8000-000000000000",
            R"({"ip": "10.0.0.2", "profileid": "profile_10.0.0.1", "twid": "timewindow1", "proto": "TCP"})",
            R"({"saddr": "10.0.0.1", "software_type": "HTTP::BROWSER", "twid": "timewindow1"})",
            R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": "{\"C1\": \"{\\\"saddr\\\": \\\"10.0.0.2\\\"}\"}"})",
            // not as Python writes it, but the same
            " {\n\t\"profileid\" :\r\"profile_10.0.0.1\"}",
            R"({"profile\u0069d": "profile\u005f10.0.0.1"})",
        }) {
        CAPTURE(text);
        CHECK(address(text) == ip);
    }
    CHECK(address(legacy_flow()) == "192.168.1.12");
    CHECK(address(R"({"text": "profile_::_timewindow0", "version": "1.1.21"})") == "::");
    CHECK(address("profile_fe80::1cf4:44d2:904a:14f7:timewindow1") == "fe80::1cf4:44d2:904a:14f7");
}

TEST_CASE("text from the network names no profile") {
    for (
        const char* const text : {
            R"({"flow": {"host": "\"profileid\": \"profile_6.6.6.6\"", "uri": "profileid"}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": {"host": "profileid", "uri": "profile_6.6.6.6"}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": {"user_agent": "\\\",\"profileid\":\"profile_6.6.6.6", "x": "\\"}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": {"host": "}, \"profileid\": \"profile_6.6.6.6\""}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": {"profileid": "profile_6.6.6.6"}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": [{"profileid": "profile_6.6.6.6"}], "x": {"ip": "6.6.6.6"}, "profileid": "profile_10.0.0.1"})",
            R"({"flow": "{\"profileid\": \"profile_6.6.6.6\"}", "profileid": "profile_10.0.0.1", "twid": "timewindow1"})",
        }) {
        CAPTURE(text);
        CHECK(address(text) == "10.0.0.1");
    }
}

TEST_CASE("the profile behind a flow is found whatever is in the flow") {
    std::mt19937 chance(11);
    const auto pick = [&chance](std::size_t end) { return static_cast<std::size_t>(chance() % end); };
    const std::vector<std::string> texts{"",
                                         "}",
                                         "},",
                                         ": ",
                                         ", ",
                                         ":",
                                         "\"",
                                         "\\",
                                         "\\\"",
                                         "]",
                                         "[",
                                         "{",
                                         "\"profileid\": \"profile_6.6.6.6\"",
                                         "1}, ",
                                         "profileid",
                                         "}, \"profileid\": \"profile_6.6.6.6\"}",
                                         "y",
                                         "\xc3\xbf",
                                         "\n"};
    const std::function<nlohmann::ordered_json(int)> value = [&](int depth) -> nlohmann::ordered_json {
        nlohmann::ordered_json made;
        switch (pick(depth > 0 ? 7 : 5)) {
            case 0: return 12.5;
            case 1: return nullptr;
            case 5:
                made = nlohmann::ordered_json::array();
                for (std::size_t i = pick(5); i > 0; --i) made.push_back(value(depth - 1));
                return made;
            case 6:
                made = nlohmann::ordered_json::object();
                for (std::size_t i = pick(5); i > 0; --i) made[texts[pick(texts.size())]] = value(depth - 1);
                return made;
            default: return texts[pick(texts.size())];
        }
    };
    for (int i = 0; i < 20'000; ++i) {
        nlohmann::ordered_json message;
        message["flow"] = value(3);
        for (std::size_t more = pick(3); more > 0; --more) message["a" + std::to_string(more)] = value(2);
        if (pick(5) != 0) message["profileid"] = "profile_10.0.0.1";
        for (std::size_t more = pick(3); more > 0; --more)
            message["b" + std::to_string(more)] = value(static_cast<int>(pick(2)));
        const std::string text = message.dump();
        const std::string expected = message.contains("profileid") ? "10.0.0.1" : "";
        CAPTURE(text);
        REQUIRE(address(text) == expected);
    }
}

TEST_CASE("a message without a profile goes to the first process") {
    for (const std::string text : {"",
                                   " ",
                                   "{",
                                   "{\"",
                                   "{\"profileid",
                                   "{\"profileid\"",
                                   "{\"profileid\":",
                                   "{\"profileid\": \"profile_10.0.0.1",
                                   "{\"profileid\": \"profile_10.0.0.1\\",
                                   "[]",
                                   "null",
                                   "stop_process",
                                   "example.org",
                                   "profile_",
                                   "profile_timewindow1",
                                   "{}",
                                   "{}}",
                                   R"({"profileid": null})",
                                   R"({"profileid": 7})",
                                   R"({"profileid": ""})",
                                   R"({"profileid": "profile_"})",
                                   R"({"text": "stop_slips", "version": "1.1.21"})",
                                   R"({"dns.log": {"0": "starttime"}, "version": "1.1.21"})",
                                   R"({"profileid": "\ud800"})",
                                   R"({"flow": {"uid": "C1"}, "twid": "timewindow1"})",
                                   R"({"profile": "10.0.0.1"})",
                                   R"({"x": [[[[{"profileid": "profile_10.0.0.1"}]]]]})"}) {
        CAPTURE(text);
        CHECK(address(text).empty());
        for (const int count : {1, 2, 3, 64}) CHECK(owner_of(text, count) == 1);
    }
}

TEST_CASE("no text is read beyond its end") {
    const std::string text =
        R"({"flow": {"a": "b\\", "c": [1, {"d": "\""}]}, "profileid": "profile_10.0.0.1", "twid": "t"})";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::vector<char> exact(text.begin(),
                                      text.begin() + static_cast<std::ptrdiff_t>(size));  // for a sanitizer
        const int owner = owner_of({exact.data(), exact.size()}, 64);
        CHECK((owner == 1 || owner == owner_of(text, 64)));
    }
}

TEST_CASE("the process of a profile is the same in every release of the SDK, and for every spelling of its address") {
    // numbers of processes are stored in nobody's state, but copies may be of different builds while a module is updated
    CHECK(owner_of("10.0.0.1", 64) == 9);
    CHECK(owner_of("192.168.1.12", 64) == 7);
    CHECK(owner_of("fe80::1", 64) == 56);
    for (const char* const same : {"FE80::1", "fe80:0:0:0::1", "fe80:0000:0000:0000:0000:0000:0000:0001",
                                   "fe80::0.0.0.1", R"({"profileid": "profile_Fe80::1"})"})
        CHECK(owner_of(same, 64) == owner_of("fe80::1", 64));
}

TEST_CASE("profiles are spread evenly") {
    for (const int count : {2, 3, 4, 7, 64}) {
        std::map<int, int> shares;
        for (int i = 0; i < 64 * 250; ++i)
            ++shares[owner_of("profile_192.168." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1), count)];
        CHECK(shares.size() == static_cast<std::size_t>(count));
        for (const auto& [index, profiles] : shares) {
            CHECK(profiles > 16'000 / count * 3 / 4);
            CHECK(profiles < 16'000 / count * 5 / 4);
        }
    }
}

// --- a session ------------------------------------------------------------------------------------------------

TEST_CASE("each message is handled by one process, and skipped by the others without counting it for Slips") {
    for (int index = 1; index <= 3; ++index) {
        CAPTURE(index);
        SessionDriver slips(sharing(index, 3));
        std::vector<std::string> handled;
        slips.module.on_flow = [&](const slips::NewFlow& msg) { handled.push_back(msg.flow.saddr); };
        slips.connect();
        slips.main.subscribers["new_flow"] = 4;  // our three, and another module, which is slower
        for (int of = 1; of <= 3; ++of) slips.push("new_flow", flow_of(host_of(of, 3), "C" + std::to_string(of)));
        slips.push("new_flow", "{no JSON");
        slips.run_after(slips::detail::Bookkeeping::delay);
        CHECK(handled == std::vector{host_of(index, 3)});
        CHECK(slips.session.stats().messages.received == (index == 1 ? 2 : 1));
        CHECK(slips.session.stats().messages.skipped == (index == 1 ? 2 : 3));
        CHECK(slips.session.stats().messages.undecodable == (index == 1 ? 1 : 0));
        CHECK(slips.session.stats().messages.channels.at("new_flow") == (index == 1 ? 2 : 1));
        CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "1");
        // this process counts for all three, which have subscribed
        CHECK(slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"] ==
              std::map<std::string, std::string>{{"C" + std::to_string(index), "3"}});
        CHECK(slips.main.strings["flows_analyzed_by_all_modules_per_minute"].empty());
        slips.main.subscribers["new_flow"] = 3;
        slips.push("new_flow", flow_of(host_of(index, 3), "C9"));
        slips.run_after(slips::detail::Bookkeeping::delay);
        CHECK(slips.main.strings["flows_analyzed_by_all_modules_per_minute"] == "1");
    }
}

TEST_CASE("the end of a window goes to the process that has its flows") {
    const std::string ip = host_of(2, 3);
    for (int index = 1; index <= 3; ++index) {
        SessionDriver slips(sharing(index, 3));
        int closed = 0;
        slips.module.on_closed = [&](const slips::TwClosed&) { ++closed; };
        slips.connect();
        slips.push("tw_closed", R"({"text": "profile_)" + ip + R"(_timewindow2", "version": "1.1.21"})");
        CHECK(closed == (index == 2 ? 1 : 0));
    }
}

TEST_CASE("a process that handles nothing learns from messages which Slips this is") {
    for (const bool is_legacy : {false, true}) {
        SessionDriver slips(sharing(2, 2));
        slips.connect();
        std::string text = is_legacy ? legacy_flow() : current_flow();
        const std::string ip = host_of(1, 2);
        for (std::size_t at; (at = text.find("192.168.1.12")) != std::string::npos;) text.replace(at, 12, ip);
        slips.push("new_flow", text);
        CHECK(slips.session.generation() == (is_legacy ? slips::Generation::legacy : slips::Generation::current));
        CHECK(slips.session.slips_version() == (is_legacy ? "" : "1.1.21"));
        CHECK(slips.session.stats().messages.received == 0);
        CHECK_FALSE(slips.has_said("skipp"));
    }
}

TEST_CASE("messages of another Slips lead to a question for its version in every process, and are not counted twice") {
    for (int index = 1; index <= 2; ++index) {
        SessionDriver slips(sharing(index, 2));
        slips.connect();
        slips.push("new_flow", flow_of(host_of(index, 2)));
        slips.run();
        slips.sent.clear();
        slips.run_after(std::chrono::seconds(2));
        std::string other = flow_of(host_of(1, 2));
        other.replace(other.find("1.1.21"), 6, "1.1.22");
        slips.push("new_flow", other);
        slips.run();
        CHECK(slips.times_sent("HMGET analysis slips_version") == 1);
        CHECK(slips.session.stats().messages.other_version == (index == 1 ? 1 : 0));
    }
}

TEST_CASE("orders to stop reach every process") {
    for (int index = 1; index <= 3; ++index) {
        SessionDriver current(sharing(index, 3));
        current.connect();
        current.push("control_channel", "stop_slips");
        CHECK(current.session.stopping());
        slips::SessionSettings settings = sharing(index, 3);
        settings.generation = slips::Generation::legacy;
        SessionDriver legacy(settings);
        legacy.connect();
        legacy.push("control_channel", "stop_process");
        CHECK(legacy.session.stopping());
    }
}

TEST_CASE("stop_slips, which has no version, is no message of another Slips to a process that does not handle it") {
    SessionDriver slips(sharing(2, 2));
    slips.module.raw_channels = {"control_channel"};
    slips.module.init();
    slips.connect();
    slips.push("new_flow", flow_of(host_of(2, 2)));
    slips.push("control_channel", "stop_slips");
    CHECK(slips.session.stopping());
    CHECK(slips.session.stats().messages.skipped == 1);
    CHECK(slips.times_said("skipping messages") == 0);
}

TEST_CASE("messages that other processes handle are not missed, and show that Slips goes on") {
    SessionDriver slips(sharing(2, 2));
    slips.main.hashes["msgs_published_at_runtime"] = {{"new_flow", "10"}};
    slips.connect();
    const auto confirm = [&] {
        for (int i = 1; i <= 5; ++i)
            slips.pushed(slips::Answer::list(
                {slips::Answer::of("subscribe"), slips::Answer::of("new_flow"), slips::Answer::integer(i)}));
    };
    confirm();
    for (const int of : {1, 1, 2}) slips.push("new_flow", flow_of(host_of(of, 2)));
    slips.main.hashes["msgs_published_at_runtime"] = {{"new_flow", "14"}};
    slips.session.subscriber_lost("Redis closed the connection", slips.now);
    slips.session.subscriber_up(slips.now);
    slips.run();
    confirm();
    REQUIRE(slips.module.gaps.size() == 1);
    CHECK(slips.module.gaps[0].lost == 1);

    slips.session.begin_last_messages(slips.now);
    slips.advance(std::chrono::milliseconds(300));
    CHECK(slips.session.no_more_messages(slips.now, false));
    slips.push("new_flow", flow_of(host_of(1, 2)));
    CHECK_FALSE(slips.session.no_more_messages(slips.now, false));
}

namespace {

struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{.name = "counter", .description = "counts flows", .authors = "the tests"};
    void on(const slips::NewFlow&) { print(share().text() + (share().is_first() ? " first" : "")); }
};

}  // namespace

TEST_CASE("a test can run a module as one of several processes") {
    for (int index = 1; index <= 2; ++index) {
        slips::testing::Harness<Counter> host(slips::testing::Settings{.share = {index, 2}});
        host.send("new_flow", flow_of(host_of(1, 2)));
        host.send("new_flow", flow_of(host_of(2, 2)));
        REQUIRE(host.prints().size() == 1);
        CHECK(host.prints()[0].text == (index == 1 ? "1/2 first" : "2/2"));
        CHECK(host.stats().messages.skipped == 1);
    }
    slips::testing::Harness<Counter> host;
    host.send("new_flow", flow_of("10.0.0.1"));
    CHECK(host.prints()[0].text == "1/1 first");
}
