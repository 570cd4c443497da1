// What a session learns, receives and logs, without a Redis.
#include "slips/impl/session/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "messages.hpp"
#include "session_driver.hpp"

using namespace std::chrono_literals;
using slips::Generation;
using slips_test::Answer;
using slips_test::current_flow;
using slips_test::legacy_flow;
using slips_test::local_connection;
using slips_test::SessionDriver;
using slips_test::Words;

// --- joining -------------------------------------------------------------------------------------------------

TEST_CASE("the first commands set the client's name and query what an unregistered module must know") {
    SessionDriver slips;
    slips.main.hashes["analysis"] = {{"slips_version", "1.1.21"}, {"output_dir", "output/a"}, {"input_type", "pcap"}};
    slips.main.strings = {{"stdout", "output/a/slips.log"}, {"stderr", "output/a/errors.log"}};
    CHECK_FALSE(slips.session.learnt());
    slips.connect();
    CHECK(slips.session.learnt());
    CHECK(slips.sent == std::vector<std::string>{"CLIENT SETNAME test_module", "CLIENT ID", "INFO server",
                                                 "HMGET analysis slips_version output_dir input_type analysis_start",
                                                 "MGET stdout stderr", "EXISTS analysis"});
    CHECK(slips.sent_to_cache == std::vector<std::string>{"SELECT 1"});
    CHECK(slips.sent_by_subscriber ==
          std::vector<std::string>{
              "HMGET msgs_published_at_runtime new_flow tw_closed new_letters control_channel control_module",
              "SUBSCRIBE new_flow", "SUBSCRIBE tw_closed", "SUBSCRIBE new_letters", "SUBSCRIBE control_channel",
              "SUBSCRIBE control_module"});
    CHECK(slips.session.generation() == Generation::current);
    CHECK(slips.session.slips_version() == "1.1.21");
    CHECK(slips.session.output_dir() == "output/a");
    CHECK(slips.session.log_file() == "output/a/slips.log");
    CHECK(slips.session.error_file() == "output/a/errors.log");
    CHECK(slips.said.empty());  // the start line contains it
}

TEST_CASE("password, user and database are sent before everything else, on each connection") {
    auto settings = SessionDriver::settings();
    settings.password = "secret";
    settings.database = 3;
    SUBCASE("only a password") {
        SessionDriver slips(settings);
        slips.connect();
        CHECK(slips.sent[0] == "AUTH secret");
        CHECK(slips.sent[1] == "SELECT 3");
        CHECK(slips.sent_to_cache == std::vector<std::string>{"AUTH secret", "SELECT 1"});
        CHECK(slips.sent_by_subscriber[0] == "AUTH secret");
        CHECK(slips.sent_by_subscriber[1] == "SELECT 3");  // the database of Slips' counters
    }
    SUBCASE("a user of the access list") {
        settings.user = "module";
        SessionDriver slips(settings);
        slips.connect();
        CHECK(slips.sent[0] == "AUTH module secret");
        CHECK(slips.sent_to_cache[0] == "AUTH module secret");
        CHECK(slips.sent_by_subscriber[0] == "AUTH module secret");
    }
}

TEST_CASE("Redis' error message is returned when it refuses the connection") {
    SessionDriver slips;
    slips.main.instead = [](const Words&) { return Answer::error("NOAUTH Authentication required."); };
    slips.connect();
    CHECK_FALSE(slips.session.learnt());
    CHECK(slips.session.take_refusal() == "NOAUTH Authentication required.");
    CHECK(slips.session.take_refusal().empty());
}

TEST_CASE("a client name that cannot be set is ignored") {
    SessionDriver slips;
    slips.main.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "CLIENT") return std::nullopt;
        return Answer::error("NOPERM this user has no permissions to run the 'client|setname' command");
    };
    slips.connect();
    CHECK(slips.session.learnt());
    CHECK(slips.session.take_refusal().empty());
}

TEST_CASE("the cache's refusal is reported once") {
    SessionDriver slips;
    slips.cache.instead = [](const Words&) { return Answer::error("NOAUTH Authentication required."); };
    slips.connect();
    CHECK(slips.times_said("the cache refuses the connection: NOAUTH") == 1);
}

// --- which generation ----------------------------------------------------------------------------------------

TEST_CASE("the generation is learnt from the first message that identifies it") {
    const auto expect_learnt = [](SessionDriver& slips, std::string_view line, Generation generation) {
        CAPTURE(slips.all_said());
        CHECK(slips.session.generation() == generation);
        CHECK(slips.times_said(line) == 1);
    };
    SUBCASE("from the settings, without a log line") {
        auto settings = SessionDriver::settings();
        settings.generation = Generation::legacy;
        SessionDriver slips(settings);
        CHECK(slips.session.generation() == Generation::legacy);
        slips.connect();
        CHECK(slips.said.empty());
    }
    SUBCASE("from a version, on any channel") {
        SessionDriver slips;
        slips.connect();
        CHECK_FALSE(slips.session.generation());
        slips.push("new_letters", R"({"new_symbol": "9a", "version": "1.1.21"})");
        expect_learnt(slips, "detected current Slips by a version on new_letters", Generation::current);
    }
    SUBCASE("from a flow in three nested texts") {
        SessionDriver slips;
        slips.connect();
        slips.push("new_flow", legacy_flow());
        expect_learnt(slips, "detected legacy Slips by the form of new_flow", Generation::legacy);
    }
    SUBCASE("from a plain text") {
        SessionDriver slips;
        slips.connect();
        slips.push("tw_closed", "profile_10.0.0.1_timewindow2");
        slips.run();
        CHECK_FALSE(slips.session.generation());  // Slips 1.1.19 publishes it, too: its version may still come
        slips.run_after(1s);
        expect_learnt(slips, "detected legacy Slips by plain text without a version in its database",
                      Generation::legacy);
    }
    SUBCASE("from a plain text and the version of Slips") {
        SessionDriver slips;
        slips.main.hashes["analysis"]["output_dir"] = "out";
        slips.connect();
        slips.push("tw_closed", "profile_10.0.0.1_timewindow2");
        slips.main.hashes["analysis"]["slips_version"] = "1.1.12";
        slips.run_after(1s);
        CHECK(slips.session.generation() == Generation::current);
        CHECK(slips.session.slips_version() == "1.1.12");
    }
    SUBCASE("from stop_process") {
        SessionDriver slips;
        slips.connect();
        slips.push("new_flow", "stop_process");
        expect_learnt(slips, "detected legacy Slips by a stop_process message", Generation::legacy);
        CHECK(slips.session.stop_reason() == "stop_process");
    }
    SUBCASE("not from a text on a channel of the module's own choice") {
        SessionDriver slips;
        slips.connect();
        slips.push("new_letters", "a text of any module");
        CHECK_FALSE(slips.session.generation());
    }
}

TEST_CASE("messages of unknown form and without a version are received, and evidence waits") {
    // Slips 1.1.2 wrote flows as objects without a version, Slips 1.0.11 as one JSON text: neither accepts legacy's
    // evidence
    const std::string object = current_flow("CUid1", "");
    const std::string text =
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": "{\"uid\": \"C1\", \"saddr\": )"
        R"(\"10.0.0.1\", \"daddr\": \"10.0.0.2\", \"history\": \"a\\\"b\"}", "stime": 5.5})";
    for (const std::string& flow : {object, text}) {
        CAPTURE(flow);
        SessionDriver slips;
        int received = 0;
        slips.module.on_flow = [&](const slips::NewFlow& msg) {
            ++received;
            CHECK(slips.session.set_evidence(msg, local_connection()));
        };
        slips.connect();
        slips.push("new_flow", flow);
        slips.push("new_flow", flow);
        slips.run_after(5s);
        CHECK(received == 2);
        CHECK_FALSE(slips.session.generation());
        CHECK(slips.session.stats().evidence.accepted == 2);
        CHECK(slips.published("evidence_added").empty());
        CHECK(slips.times_said("evidence waits, since the version of Slips is unknown; set it with --slips-version") ==
              1);
        slips.session.abandon();
        CHECK(slips.session.stats().evidence.lost == 2);
    }
}

TEST_CASE("evidence waits until the version of Slips is known, and is then stored in its form") {
    const struct {
        const char* version;
        bool is_object;  ///< the form of its messages
        const char* keys;
    } cases[] = {{"1.1.12", true, "ioc_type"},
                 {"1.0.12", false, "attacker_type"},
                 {"1.1.1\n", false, "attacker_type"},
                 {"1.0.10", false, "attacker_direction"}};
    for (const auto& [version, is_object, key] : cases) {
        const std::string label(version);
        CAPTURE(label);
        SessionDriver slips;
        slips.main.hashes["analysis"] = {{"output_dir", "out"}};
        slips.main.sorted_sets["twsprofile_192.168.1.12"]["timewindow1"] = "1654188705.5";
        slips.module.on_flow = [&](const slips::NewFlow& msg) {
            slips::Context context = msg;
            context.profileid = "profile_192.168.1.12";
            context.twid = "timewindow1";
            CHECK(slips.session.set_evidence(context, local_connection()));
        };
        slips.connect();
        slips.push("new_flow", is_object ? current_flow("C1", "") : legacy_flow());
        slips.run();
        CHECK(slips.published("evidence_added").empty());
        slips.main.hashes["analysis"]["slips_version"] = version;
        slips.run_after(1s);
        CAPTURE(slips.all_said());
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(slips.published("evidence_added")[0].find(key) != std::string::npos);
        CHECK(slips.published("evidence_added")[0].find("version\":") == std::string::npos);
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.session.generation() == (is_object ? Generation::current : Generation::legacy));
        CHECK(slips.session.slips_version() == std::string(version).substr(0, 6 - (version[5] == '\n')));
    }
}

TEST_CASE("what the database contains without a version shows the oldest releases only where it is certain") {
    SessionDriver slips;
    const auto set = [&] {
        slips::Context context;
        context.profileid = "profile_192.168.1.12";
        context.twid = "timewindow1";
        context.timestamp = 1654188705.5;
        CHECK(slips.session.set_evidence(context, local_connection()));
    };
    const auto stored = [&] { return slips.main.hashes["profile_192.168.1.12_timewindow1"]["Evidence"]; };
    slips.main.sorted_sets["twsprofile_192.168.1.12"]["timewindow1"] = "1654188705.5";
    SUBCASE("analysis without a version is also that of 1.0.11 before its input process has started") {
        slips.main.hashes["analysis"] = {{"commit", "0abc"}, {"output_dir", "out"}};
        slips.connect();
        slips.push("tw_closed", "profile_10.0.0.1_timewindow2");
        set();
        for (int i = 0; i < 8; ++i) slips.run_after(1s);
        CHECK(stored() == "");
        CHECK_FALSE(slips.session.generation());
        slips.session.begin_drain();  // a stop shows nothing either
        for (int i = 0; i < 3; ++i) slips.run_after(1s);
        CHECK(stored() == "");
        slips.main.hashes["analysis"]["slips_version"] = "1.0.12";
        slips.run_after(1s);
        CHECK(stored() == "");
        CHECK(slips.main.hashes["profile_192.168.1.12_timewindow1_evidence"].size() == 1);
    }
    SUBCASE("an analysis that has started without a version is one of 0.9.2 to 0.9.4") {
        slips.main.hashes["analysis"] = {{"name", "a.pcap"}, {"analysis_start", "2022-06-02 16:51:57"}};
        slips.connect();
        CHECK(slips.session.generation() == Generation::legacy);
        set();
        slips.run();
        CHECK(stored().starts_with(R"({")"));
        CHECK_FALSE(stored().starts_with(R"({"a connection to the local device)"));  // the key is an id
    }
    SUBCASE("no analysis is 0.9.1 only a second after the first message, also if the module stops") {
        slips.connect();
        slips.push("tw_closed", "profile_10.0.0.1_timewindow2");
        set();
        slips.session.begin_drain();
        slips.run_after(500ms);
        CHECK(stored() == "");
        slips.main.hashes["analysis"]["slips_version"] = "1.0.12";
        for (int i = 0; i < 3; ++i) slips.run_after(1s);
        CHECK(stored() == "");
        CHECK(slips.session.slips_version() == "1.0.12");
    }
    SUBCASE("an answer that was asked for before the first message shows nothing") {
        slips.connect();
        slips.push("tw_closed", "profile_10.0.0.1_timewindow2");
        set();
        slips.run();
        slips.now += 10s;  // a handler takes long
        slips.main.hashes["analysis"]["slips_version"] = "1.0.12";
        slips.run();
        CHECK(stored() == "");
    }
}

TEST_CASE("nothing is counted for a Slips whose version is unknown") {
    auto settings = SessionDriver::settings();
    settings.generation = Generation::current;
    SessionDriver slips(settings);
    slips.connect();
    slips.push("new_flow", current_flow("C1", ""));
    slips.run_after(60ms);
    CHECK(slips.session.stats().messages.handled == 1);
    CHECK(slips.times_sent("HINCRBY") == 0);
    CHECK(slips.times_sent("INCRBY") == 0);
    slips.main.hashes["analysis"]["slips_version"] = "1.1.12";
    slips.run_after(1s);
    slips.push("new_flow", current_flow("C2", ""));
    slips.run_after(60ms);
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "1");
}

// --- versions ------------------------------------------------------------------------------------------------

TEST_CASE("a version is compared as Slips stamps it, and shown without the blanks of its file") {
    for (const std::string version : {"1.1.21\r", "1.1.21 ", "v1.1.21"}) {
        CAPTURE(version);
        SessionDriver slips;
        int received = 0;
        slips.module.on_flow = [&](const slips::NewFlow& msg) {
            ++received;
            CHECK(slips.session.set_evidence(msg, local_connection()));
        };
        slips.main.hashes["analysis"]["slips_version"] = version + "\n";
        slips.connect();
        nlohmann::json flow = nlohmann::json::parse(current_flow("C1", ""));
        flow["version"] = version;
        slips.push("new_flow", flow.dump());
        slips.run();
        CHECK(received == 1);
        CHECK(slips.session.slips_version() == "1.1.21");
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["version"] == version);
    }
}

TEST_CASE("a version that is not a number is that of the newest release known") {
    SessionDriver slips;
    slips.main.hashes["analysis"]["slips_version"] = "develop";
    slips.connect();
    CHECK(slips.session.generation() == Generation::current);
    CHECK(slips.session.slips_version() == "develop");
    CHECK(slips.times_said(
              "the version of Slips is not a number, so that of the newest known release is assumed: develop") == 1);
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.push("new_flow", current_flow("C1", "develop"));
    CHECK(received == 1);
    SessionDriver other;  // but a message alone, which any module may publish, shows nothing then
    other.connect();
    other.push("new_flow", current_flow("C1", "develop"));
    CHECK(other.session.slips_version() == "");
}

TEST_CASE("messages of another version are ignored as in Slips, counted, and reported once") {
    SessionDriver slips;
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.connect();
    slips.push("new_flow", current_flow("C1", "1.1.21"));
    slips.push("new_flow", current_flow("C2", "1.1.20"));
    slips.push("new_flow", current_flow("C3", "1.1.20"));
    slips.push("new_flow", current_flow("C4", ""));
    slips.push("new_flow", current_flow("C5", "1.1.21"));
    slips.run_after(60ms);
    CHECK(received == 2);
    CHECK(slips.session.stats().messages.received == 5);
    CHECK(slips.session.stats().messages.other_version == 3);
    CHECK(slips.times_said("new_flow: skipping messages of Slips 1.1.20, as this is Slips 1.1.21") == 1);
    CHECK(slips.times_said("new_flow: skipping messages without a version, as this is Slips 1.1.21") == 1);
    // Slips waits for all subscribers of a flow before it counts it, and a Python module counts a flow before it checks the
    // version: so it counts as seen
    CHECK(slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"].size() == 5);
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "2");
}

TEST_CASE("when Slips updates itself, its database decides which version counts") {
    SessionDriver slips;
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.main.hashes["analysis"] = {{"slips_version", "1.1.21"}};
    slips.connect();
    slips.push("new_flow", current_flow("C1", "1.1.21"));
    slips.main.hashes["analysis"]["slips_version"] = "1.1.22";
    slips.push("new_flow", current_flow("C2", "1.1.22"));  // still ignored: the answer has not arrived
    slips.run();
    slips.push("new_flow", current_flow("C3", "1.1.22"));
    slips.push("new_flow", current_flow("C4", "1.1.21"));
    CHECK(received == 2);
    CHECK(slips.session.slips_version() == "1.1.22");
    CHECK(slips.times_said("Slips was updated from 1.1.21 to 1.1.22") == 1);
}

TEST_CASE("the database is not queried for the version at each message of another version") {
    SessionDriver slips;
    slips.connect();
    slips.push("new_flow", current_flow("C0", "1.1.21"));
    for (int i = 0; i < 10; ++i) {
        slips.push("new_flow", current_flow("C" + std::to_string(i), "1.1.20"));
        slips.run_after(100ms);
    }
    CHECK(slips.times_sent("HMGET analysis slips_version") == 2);  // at the first message, and again within this second
    slips.run_after(1s);
    slips.push("new_flow", current_flow("C11", "1.1.20"));
    slips.run();
    CHECK(slips.times_sent("HMGET analysis slips_version") == 3);
}

TEST_CASE("versions are compared as numbers") {
    CHECK(slips::newer_version("1.1.21", "1.1.9"));
    CHECK_FALSE(slips::newer_version("1.1.9", "1.1.21"));
    CHECK_FALSE(slips::newer_version("1.1.21", "1.1.21"));
    CHECK(slips::newer_version("1.2", "1.1.21"));
    CHECK(slips::newer_version("2", "1.1.21"));
    CHECK_FALSE(slips::newer_version("", "0.9"));
    CHECK_FALSE(slips::newer_version("nonsense", "0.9"));
}

// --- messages ------------------------------------------------------------------------------------------------

TEST_CASE("a message that cannot be decoded is counted, reported once per kind with its channel, and skipped") {
    SessionDriver slips;
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.connect();
    slips.push("new_flow", "no JSON");
    slips.push("new_flow", "{\"x\": ");
    slips.push("new_flow", "[1, 2]");
    slips.push("new_flow", current_flow("C1", "1.1.21", "no address"));
    slips.push("new_flow", current_flow("C1", "1.1.21", "nor this"));
    slips.push("tw_closed", "timewindow1");
    slips.push("tw_closed", std::string(10'000'000, 'x'));
    slips.push("new_flow", current_flow());
    CAPTURE(slips.all_said());
    CHECK(received == 1);
    CHECK(slips.session.stats().messages.undecodable == 7);
    CHECK(slips.session.stats().messages.received == 8);
    CHECK(slips.times_said("new_flow: a message was skipped: not JSON (at byte") == 1);
    CHECK(slips.times_said("new_flow: a message was skipped: a list, expected an object") == 1);
    CHECK(slips.times_said("new_flow: a message was skipped: daddr is text, expected an IP address") == 1);
    CHECK(slips.times_said("tw_closed: a message was skipped: the text is not profile_<ip>_timewindow<N>") == 1);
    for (const std::string& line : slips.said) CHECK(line.size() < 300);
}

TEST_CASE("a field of another type is counted, reported once per channel, and the message is handled") {
    SessionDriver slips;
    std::vector<std::string> protos;
    slips.module.on_flow = [&](const slips::NewFlow& flow) { protos.push_back(flow.flow.proto); };
    slips.connect();
    const auto odd = [](std::string_view value) {
        std::string flow = current_flow("C1", "1.1.21");
        const std::size_t at = flow.find("\"uid\"");
        return flow.insert(at, "\"smac\": " + std::string(value) + ", ");
    };
    for (const char* value : {"[]", "{}", "[1]", "true"}) slips.push("new_flow", odd(value));
    CAPTURE(slips.all_said());
    CHECK(protos.size() == 4);
    CHECK(slips.session.stats().messages.odd_fields == 4);
    CHECK(slips.session.stats().messages.undecodable == 0);
    CHECK(slips.times_said("new_flow: a field is left out: smac is a list, expected text") == 1);
    CHECK(slips.times_said("a field is left out") == 1);
}

TEST_CASE("pushes that are not messages are skipped") {
    SessionDriver slips;
    slips.connect();
    slips.pushed(Answer::list({Answer::of("subscribe"), Answer::of("new_flow"), Answer::integer(1)}));
    slips.pushed(Answer::list({Answer::of("message"), Answer::of("never subscribed to"), Answer::of("x")}));
    slips.pushed(Answer::list({}));
    slips.pushed(Answer::nil());
    slips.pushed(Answer::status("OK"));
    CHECK(slips.session.stats().messages.received == 0);
    CHECK(slips.said.empty());
    slips.pushed(Answer::error("NOPERM no permissions to access a channel"));
    CHECK(slips.session.take_subscription_refusal() == "NOPERM no permissions to access a channel");
    CHECK(slips.session.take_subscription_refusal().empty());
}

TEST_CASE("an exception of a handler is reported with channel and uid, and the module continues") {
    SessionDriver slips;
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) {
        if (++received == 4) throw 7;  // NOLINT: not a std::exception
        if (received < 4) throw std::runtime_error("no such thing");
    };
    slips.connect();
    for (int i = 1; i <= 5; ++i) slips.push("new_flow", current_flow("CUid" + std::to_string(i)));
    CHECK(received == 5);
    CHECK(slips.times_said("on(new_flow) threw: no such thing (uid CUid1)") == 1);
    CHECK(slips.times_said("no such thing") == 1);
    CHECK(slips.times_said("on(new_flow) threw something that is not an exception") == 1);
    CHECK(slips.session.stats().messages.handler_errors == 4);
    CHECK(slips.session.stats().messages.handled == 1);
    CHECK_FALSE(slips.session.stopping());
}

TEST_CASE("--strict stops when a handler, a timer or a hook throws") {
    auto settings = SessionDriver::settings();
    settings.strict = true;
    SessionDriver slips(settings);
    slips.connect();
    SUBCASE("a handler") {
        slips.module.on_flow = [](const slips::NewFlow&) { throw std::runtime_error("no"); };
        slips.push("new_flow", current_flow());
        CHECK(slips.session.stop_reason() == "a handler threw (--strict)");
    }
    SUBCASE("a timer") {
        slips.session.every(1s, [] { throw std::runtime_error("no"); });
        slips.run_after(2s);
        CHECK(slips.session.stop_reason() == "a timer threw (--strict)");
    }
    SUBCASE("a posted function") {
        slips.session.post([] { throw 1; });  // NOLINT
        slips.run();
        CHECK(slips.session.stop_reason() == "a posted function threw (--strict)");
    }
    SUBCASE("a hook") {
        CHECK_FALSE(slips.session.guard("pre_main()", [] { throw std::runtime_error("no"); }));
        CHECK(slips.session.stop_reason() == "pre_main() threw (--strict)");
    }
    CHECK(slips.session.failed());
}

TEST_CASE("--strict runs no handler, timer or posted function after the first exception") {
    auto settings = SessionDriver::settings();
    settings.strict = true;
    SessionDriver slips(settings);
    int calls = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) {
        ++calls;
        slips.session.post([&] { ++calls; });
        throw std::runtime_error("no");
    };
    slips.connect();
    slips.session.every(1s, [&] { ++calls; });
    for (int i = 0; i < 3; ++i) slips.push("new_flow", current_flow());
    slips.run_after(2s);
    CHECK(calls == 1);
    CHECK(slips.session.stats().messages.handler_errors == 1);
    CHECK(slips.session.guard("shutdown_gracefully()", [] {}));
}

TEST_CASE("the call that runs is named with its time") {
    using slips::detail::RunningCall;
    RunningCall running;
    const auto text = [&](std::chrono::milliseconds patience = 0ms) {
        char line[40];
        return std::string(line, running.describe(line, 0, patience));
    };
    CHECK(text().empty());
    {
        const RunningCall::Scope hook(running, "a timer");
        CHECK(text().starts_with("a timer has not returned for 0."));
        CHECK(text(1h).empty());
        {
            const auto handler = RunningCall::Scope::handler(running, "new_flow");
            CHECK(text().starts_with("on(new_flow) has not returned for "));
            CHECK(text().size() <= 40);
        }
        CHECK(text().starts_with("a timer has not returned for "));
    }
    CHECK(text().empty());
}

TEST_CASE("a session reports the same error once, and a limited number of each kind") {
    SessionDriver slips;
    int thrown = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { throw std::runtime_error(std::to_string(++thrown)); };
    slips.connect();
    for (int i = 0; i < 3000; ++i) slips.push("new_flow", current_flow());
    CHECK(slips.said.size() <= 21);
    CHECK(slips.session.stats().messages.handler_errors == 3000);
    for (int i = 0; i < 1500; ++i)
        slips.push("tw_closed",
                   R"({"text": "profile_10.0.0.1_timewindow2", "version": "9.)" + std::to_string(i) + "\"}");
    CHECK(slips.said.size() <= 42);
    slips.session.set_evidence({}, {});
    CHECK(slips.has_said("evidence refused"));  // groups are limited separately
}

// --- bookkeeping ---------------------------------------------------------------------------------------------

TEST_CASE("current: received messages are counted as Slips requires, summed over a batch") {
    SessionDriver slips;
    slips.connect();
    slips.main.subscribers["new_flow"] = 1;
    slips.sent.clear();
    for (const char* uid : {"C1", "C2", "C3"}) slips.push("new_flow", current_flow(uid));
    slips.push("tw_closed", R"({"text": "profile_10.0.0.1_timewindow2", "version": "1.1.21"})");
    slips.run();
    CHECK(slips.sent.empty());  // not with each message
    REQUIRE(slips.session.deadline(slips.now));
    CHECK(*slips.session.deadline(slips.now) == slips.now + slips::detail::Bookkeeping::delay);
    slips.run_after(slips::detail::Bookkeeping::delay);
    const std::string flows = "number_of_subscribers_who_processed_this_msg_new_flow";
    CHECK(slips.sent == std::vector<std::string>{"HINCRBY test_module_msgs_received_at_runtime new_flow 3",
                                                 "PUBSUB NUMSUB new_flow", "HINCRBY " + flows + " C1 1",
                                                 "HINCRBY " + flows + " C2 1", "HINCRBY " + flows + " C3 1",
                                                 "HEXPIRE " + flows + " 1800 NX FIELDS 3 C1 C2 C3",
                                                 "EXISTS flows_analyzed_by_all_modules_per_minute",
                                                 "HINCRBY test_module_msgs_received_at_runtime tw_closed 1",
                                                 "INCRBY flows_analyzed_by_all_modules_per_minute 3",
                                                 "EXPIRE flows_analyzed_by_all_modules_per_minute 60"});
    CHECK_FALSE(slips.session.deadline(slips.now));
    CHECK(slips.session.settled());

    slips.sent.clear();
    slips.push("new_flow", current_flow("C4"));
    slips.run_after(slips::detail::Bookkeeping::delay);
    CHECK(slips.times_sent("INCRBY flows_analyzed_by_all_modules_per_minute 1") == 1);
    CHECK(slips.times_sent("EXPIRE flows_analyzed_by_all_modules_per_minute") == 0);  // it has its lifetime already
}

TEST_CASE("current: a flow that other modules have not received yet is not counted as analysed") {
    SessionDriver slips;
    slips.connect();
    slips.main.subscribers["new_flow"] = 3;
    slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"]["C2"] = "2";
    slips.push("new_flow", current_flow("C1"));
    slips.push("new_flow", current_flow("C2"));
    slips.push("new_flow", current_flow(""));  // without a uid: ignored
    slips.run_after(slips::detail::Bookkeeping::delay);
    CHECK(slips.main.strings["flows_analyzed_by_all_modules_per_minute"] == "1");
    CHECK(slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"].size() == 2);
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "3");
}

TEST_CASE("current: HEXPIRE is tried once on a server that lacks it, without a log line") {
    SessionDriver slips;
    slips.main.unknown_commands = {"HEXPIRE"};
    slips.connect();
    for (int i = 0; i < 3; ++i) {
        slips.push("new_flow", current_flow("C" + std::to_string(i)));
        slips.run_after(slips::detail::Bookkeeping::delay);
    }
    CHECK(slips.times_sent("HEXPIRE") == 1);
    CHECK_FALSE(slips.has_said("HEXPIRE"));
    CHECK(slips.session.stats().redis.error_replies == 0);
}

TEST_CASE("current: counters are sent on time under load and when the module stops") {
    SessionDriver slips;
    slips.connect();
    slips.sent.clear();
    for (std::size_t i = 0; i < slips::detail::Bookkeeping::many; ++i)
        slips.push("new_flow", current_flow("C" + std::to_string(i)));
    slips.run();
    CHECK(slips.times_sent("HINCRBY test_module_msgs_received_at_runtime new_flow 512") == 1);
    slips.push("new_flow", current_flow("last"));
    slips.session.request_stop("test");
    CHECK_FALSE(slips.session.settled());
    slips.run();
    CHECK(slips.session.settled());
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "513");
}

TEST_CASE("the channels whose flows are counted are those of the message types with a flow, except new_letters") {
    constexpr std::string_view counted[] = {"new_flow",    "new_dns",    "new_http",   "new_ssl",
                                            "new_ssh",     "new_notice", "new_url",    "new_arp",
                                            "new_smtp",    "new_dhcp",   "new_weird",  "new_software",
                                            "new_service", "new_login",  "new_tunnel", "new_downloaded_file"};
    for (const std::string_view channel : counted) {
        CAPTURE(channel);
        CHECK(slips::detail::counts_flows(channel));
    }
    const auto number = []<class... M>(slips::wire::Types<M...>) {
        return (std::size_t{0} + ... +
                (slips::detail::counts_flows(slips::channel_of<M>(slips::Generation::current)) ? 1 : 0));
    };
    CHECK(number(slips::wire::Messages()) == std::size(counted));
    CHECK_FALSE(slips::detail::counts_flows("new_letters"));
    CHECK_FALSE(slips::detail::counts_flows("new_dns_flow"));  // legacy's name
    CHECK_FALSE(slips::detail::counts_flows(""));
}

TEST_CASE("current: counters wait for a lost connection, and are not counted twice") {
    SessionDriver slips;
    slips.connect();
    slips.push("new_flow", current_flow("C1"));
    slips.main_lost();
    slips.run_after(1s);
    slips.push("new_flow", current_flow("C2"));
    slips.main_up();
    slips.run_after(1s);
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "2");
    CHECK(slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"]["C1"] == "1");
    CHECK(slips.main.strings["flows_analyzed_by_all_modules_per_minute"] == "2");
    // written, but the connection broke before the reply: whether it was counted is unknown
    slips.push("new_flow", current_flow("C3"));
    slips.advance(1s);
    slips.session.tick(slips.now);
    for (int i = 0; i < 3; ++i) slips.answer_main();
    slips.main_lost();
    slips.main_up();
    slips.run_after(1s);
    CHECK(slips.main.hashes["number_of_subscribers_who_processed_this_msg_new_flow"]["C3"] == "1");
    CHECK(slips.main.hashes["test_module_msgs_received_at_runtime"]["new_flow"] == "3");
}

TEST_CASE("counters that Redis refuses are reported once") {
    SessionDriver slips;
    slips.connect();
    slips.main.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "HINCRBY") return std::nullopt;
        return Answer::error("OOM command not allowed when used memory > 'maxmemory'.");
    };
    for (int i = 0; i < 3; ++i) {
        slips.push("new_flow", current_flow());
        slips.run_after(1s);
    }
    CHECK(slips.times_said("Redis refuses to count or publish for this module: OOM") == 1);
    CHECK(slips.session.stats().redis.error_replies >= 3);
    CHECK(slips.main.strings.empty());  // no flow was analysed by all
}

TEST_CASE("legacy: no counters are sent") {
    auto settings = SessionDriver::settings();
    settings.generation = Generation::legacy;
    SessionDriver slips(settings);
    slips.connect();
    slips.sent.clear();
    slips.push("new_flow", legacy_flow());
    slips.run();
    slips.run_after(1s);
    CHECK(slips.sent.empty());
    slips.push("new_flow", legacy_flow());
    slips.run_after(1s);
    CHECK(slips.sent.empty());
    CHECK(slips.session.settled());
}

// --- timers and posted functions -----------------------------------------------------------------------------

TEST_CASE("timers run after each interval and set the deadline") {
    SessionDriver slips;
    int ran = 0;
    slips.session.every(10s, [&] { ++ran; });
    const auto first = slips.session.deadline(slips.now);
    REQUIRE(first);
    slips.now = *first - 1ms;
    slips.run();
    CHECK(ran == 0);
    slips.now = *first;
    slips.run();
    CHECK(ran == 1);
    CHECK(*slips.session.deadline(slips.now) == *first + 10s);
    // after a long pause a timer does not run several times to catch up
    slips.now = *first + 100s;
    for (int i = 0; i < 10; ++i) slips.session.tick(slips.now);
    CHECK(ran <= 3);
}

TEST_CASE("a timer may add timers, and continues after an exception") {
    SessionDriver slips;
    int inner = 0;
    int outer = 0;
    slips.session.every(1s, [&] {
        ++outer;
        for (int i = 0; i < 10; ++i) slips.session.every(1s, [&] { ++inner; });
        throw std::runtime_error("no");
    });
    slips.run_after(1100ms);
    CHECK(outer == 1);
    slips.run_after(1100ms);
    CHECK(outer == 2);
    CHECK(slips.times_said("a timer threw: no") == 1);
    slips.run_after(1100ms);
    CHECK(inner >= 10);
}

TEST_CASE("posted functions run once, on the loop's thread, in order, and wake it") {
    SessionDriver slips;
    int woken = 0;
    slips.session.set_wake([&] { ++woken; });
    std::string order;
    std::thread other([&] {
        slips.session.post([&] { order += 'a'; });
        slips.session.post([&] {
            order += 'b';
            slips.session.post([&] { order += 'c'; });
        });
    });
    other.join();
    CHECK(woken == 2);
    CHECK(order.empty());
    slips.session.tick(slips.now);
    CHECK(order == "ab");
    CHECK(woken == 3);
    slips.run();
    CHECK(order == "abc");
}

// --- gaps ----------------------------------------------------------------------------------------------------

TEST_CASE("a broken subscription is renewed, and on_gap() reports the duration") {
    SessionDriver slips;
    slips.connect();
    slips.sent_by_subscriber.clear();
    slips.confirms = false;
    slips.session.subscriber_lost("Redis closed the connection", slips.now);
    slips.advance(1500ms);
    slips.session.subscriber_lost("connection refused", slips.now);  // the first reason and time count
    slips.advance(500ms);
    slips.session.subscriber_up(slips.now);
    slips.run();
    CHECK(slips.sent_by_subscriber.size() == 6);
    CHECK(slips.module.gaps.empty());  // SUBSCRIBE was sent, but is not confirmed yet
    for (int i = 1; i <= 5; ++i) {
        CHECK(slips.module.gaps.empty());
        CHECK_FALSE(slips.session.subscribed());
        slips.pushed(Answer::list({Answer::of("subscribe"), Answer::of("new_flow"), Answer::integer(i)}));
    }
    CHECK(slips.session.subscribed());
    REQUIRE(slips.module.gaps.size() == 1);
    CHECK(slips.module.gaps[0].duration == 2000ms);
    CHECK(slips.module.gaps[0].reason == "Redis closed the connection");
    CHECK(slips.module.gaps[0].lost == std::nullopt);  // nobody has counted
    CHECK(slips.has_said("subscribed again after 2000 ms; messages published meanwhile are lost"));
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.push("new_flow", current_flow());
    CHECK(received == 1);
}

TEST_CASE("the number of missed messages is what Slips counted as published minus what was received") {
    SessionDriver slips;
    slips.module.on_flow = [](const slips::NewFlow&) {};
    auto& published = slips.main.hashes["msgs_published_at_runtime"];
    published = {{"new_flow", "1000"}, {"evidence_added", "7"}};  // the module is not subscribed to the second
    slips.connect();
    const auto confirm = [&] {
        for (int i = 1; i <= 5; ++i)
            slips.pushed(Answer::list({Answer::of("subscribe"), Answer::of("new_flow"), Answer::integer(i)}));
    };
    const auto again = [&] {
        slips.session.subscriber_lost("Redis closed the connection", slips.now);
        slips.session.subscriber_up(slips.now);
        slips.run();
        confirm();
        return slips.module.gaps.back().lost;
    };
    confirm();
    CHECK(slips.module.gaps.empty());
    for (int i = 0; i < 5; ++i) slips.push("new_flow", current_flow());
    published = {{"new_flow", "1047"}, {"tw_closed", "3"}, {"evidence_added", "99"}};
    CHECK(again() == 45);  // 42 flows and the end of three windows
    CHECK(slips.has_said("subscribed again after 0 ms; 45 messages were missed"));
    CHECK(again() == 0);
    // counted before the subscription, received after it
    slips.push("new_flow", current_flow());
    CHECK(again() == 0);
    slips.push("new_flow", current_flow());
    published["new_flow"] = "1051";
    CHECK(again() == 3);
    CHECK(slips.session.stats().messages.missed == 48);

    published = {{"new_flow", "5"}};  // Redis, or Slips, started again
    CHECK(again() == std::nullopt);
    published["new_flow"] = "6";
    CHECK(again() == 1);
    published = {};
    CHECK(again() == std::nullopt);
    CHECK(again() == std::nullopt);  // the counters are gone
    // the query fails, and the previous value still counts
    published = {{"new_flow", "10"}};
    CHECK(again() == 10);
    slips.session.subscriber_lost("Redis closed the connection", slips.now);
    slips.session.subscriber_up(slips.now);
    slips.pushed(Answer::error("LOADING Redis is loading the dataset in memory"));
    slips.session.subscriber.bytes().clear();
    confirm();
    CHECK(slips.module.gaps.back().lost == std::nullopt);
    published["new_flow"] = "12";
    CHECK(again() == 2);
    // one of these two was counted before the subscription and received after it
    slips.push("new_flow", current_flow());
    CHECK(again() == 0);
    slips.push("new_flow", current_flow());
    published["new_flow"] = "15";
    CHECK(again() == 1);
    // messages that are received without being counted hide one missed message at most
    for (int i = 0; i < 100; ++i) slips.push("new_flow", current_flow());
    CHECK(again() == 0);
    published["new_flow"] = "25";
    CHECK(again() == 9);
    // values that are not a number of messages
    for (const char* const text :
         {"-9223372036854775808", "9223372036854775807", "", "x", "18446744073709551615", "3e9"}) {
        published["new_flow"] = text;
        again();
    }
    CHECK_FALSE(slips.has_said("refuses the subscription"));
}

TEST_CASE("messages missed before a subscription that is lost again before it is complete belong to the gap") {
    SessionDriver slips;
    auto& published = slips.main.hashes["msgs_published_at_runtime"];
    published = {{"new_flow", "100"}};
    slips.connect();
    const auto lose_half_way = [&](const char* count) {
        published["new_flow"] = count;
        slips.session.subscriber_lost("Redis closed the connection", slips.now);
        slips.confirms = false;
        slips.session.subscriber_up(slips.now);
        slips.run();
        slips.pushed(Answer::list({Answer::of("subscribe"), Answer::of("new_flow"), Answer::integer(1)}));
        slips.confirms = true;
    };
    const auto again = [&](const char* count) {
        published["new_flow"] = count;
        slips.session.subscriber_lost("Redis closed the connection", slips.now);
        slips.session.subscriber_up(slips.now);
        slips.run();
        return slips.module.gaps.back().lost;
    };
    lose_half_way("110");
    slips.push("new_flow", current_flow());  // on the channel that was confirmed
    lose_half_way("113");
    CHECK(slips.module.gaps.empty());
    CHECK(again("117") == 16);
    CHECK(slips.module.gaps.size() == 1);
    CHECK(slips.session.stats().messages.missed == 16);
    CHECK(again("118") == 1);  // counted once
    lose_half_way("5");        // the counters were reset
    CHECK(again("6") == std::nullopt);
    CHECK(again("8") == 2);
}

TEST_CASE("a first connection that fails does not count as a gap") {
    SessionDriver slips;
    slips.session.subscriber_lost("connection refused", slips.now);
    SUBCASE("Redis is not there") {}
    SUBCASE("Redis ends the connection before it has confirmed the subscriptions") {
        slips.confirms = false;
        slips.session.subscriber_up(slips.now);
        slips.run();
        slips.pushed(Answer::list({Answer::of("subscribe"), Answer::of("new_flow"), Answer::integer(1)}));
        slips.session.subscriber_lost("the server closed the connection", slips.now);
        slips.confirms = true;
    }
    slips.advance(5s);
    slips.connect();
    CHECK(slips.module.gaps.empty());
    CHECK_FALSE(slips.has_said("subscribed again"));
}

// --- stopping ------------------------------------------------------------------------------------------------

TEST_CASE("stop: messages sent before the UNSUBSCRIBE reply are still handled") {
    SessionDriver slips;
    int received = 0;
    slips.module.on_flow = [&](const slips::NewFlow&) { ++received; };
    slips.connect();
    slips.session.request_stop("SIGTERM");
    slips.session.request_stop("SIGINT");
    CHECK(slips.session.stop_reason() == "SIGTERM");  // the first reason counts
    slips.session.begin_drain();
    slips.exchange();
    CHECK(slips.sent_by_subscriber.back() == "UNSUBSCRIBE");
    slips.push("new_flow", current_flow());
    slips.pushed(Answer::list({Answer::of("unsubscribe"), Answer::of("new_flow"), Answer::integer(3)}));
    CHECK_FALSE(slips.session.drained());
    slips.pushed(Answer::list({Answer::of("unsubscribe"), Answer::of("new_letters"), Answer::integer(0)}));
    CHECK(slips.session.drained());
    CHECK(received == 1);
}

TEST_CASE("stop: without a subscription there is nothing to wait for") {
    SessionDriver slips;
    SUBCASE("it never existed") {}
    SUBCASE("it broke before") {
        slips.connect();
        slips.session.subscriber_lost("gone", slips.now);
    }
    slips.session.request_stop("SIGTERM");
    slips.session.begin_drain();
    CHECK(slips.session.drained());
    SUBCASE("it breaks meanwhile") {
        SessionDriver other;
        other.connect();
        other.session.request_stop("SIGTERM");
        other.session.begin_drain();
        CHECK_FALSE(other.session.drained());
        other.session.subscriber_lost("gone", other.now);
        CHECK(other.session.drained());
    }
}

TEST_CASE("stop_process stops a module in legacy, and is an ordinary text in current") {
    SUBCASE("legacy") {
        SessionDriver slips;
        slips.connect();
        slips.push("new_flow", legacy_flow());
        slips.push("tw_closed", "stop_process");
        CHECK(slips.session.stop_reason() == "stop_process");
        CHECK(slips.session.stats().messages.undecodable == 0);
        CHECK(slips.session.stats().messages.received == 1);
    }
    SUBCASE("current") {
        SessionDriver slips;
        slips.connect();
        slips.push("new_flow", current_flow());
        slips.push("new_letters", "stop_process");
        CHECK_FALSE(slips.session.stopping());
    }
}

namespace {

/// Subscribes to the channels of legacy Slips on which text from the network is published unchanged.
struct DomainModule : slips::Module<DomainModule> {
    static constexpr slips::ModuleInfo info{.name = "domain_module"};
    std::vector<std::string> received{};

    bool init() override { return subscribe("my_channel"), true; }
    void on(const slips::NewDomain& message) { received.push_back("new_dns " + message.domain); }
    void on(const slips::DnsInfoChange& message) { received.push_back("dns_info_change " + message.domain); }
    void on(const slips::RawMessage& message) {
        received.push_back(message.channel + " " + std::string(message.text()));
    }
    void on(const slips::TwClosed&) {}
};

/// Subscribes to DNS flows, which current Slips publishes where legacy publishes bare domains.
struct DnsModule : slips::Module<DnsModule> {
    static constexpr slips::ModuleInfo info{.name = "dns_module"};
    void on(const slips::NewDns&) {}
};

}  // namespace

TEST_CASE("a DNS query for stop_process stops no module, whether or not the generation is known") {
    enum class Then { nothing, control_channel, another_channel, sigterm };
    for (const bool known : {true, false}) {
        for (const char* channel : {"new_dns", "dns_info_change", "my_channel"}) {
            for (const Then then : {Then::nothing, Then::control_channel, Then::another_channel, Then::sigterm}) {
                CAPTURE(known);
                CAPTURE(channel);
                CAPTURE(static_cast<int>(then));
                auto settings = SessionDriver::settings();
                if (known) settings.generation = Generation::legacy;
                slips::testing::ModuleDriver<DomainModule> slips(settings);
                slips.module.init();
                slips.connect();
                slips.push(channel, "stop_process");
                slips.run();
                CHECK_FALSE(slips.session.stopping());
                CHECK(slips.module.received.empty());  // it may still be Slips' order
                CHECK(slips.session.deadline(slips.now) <= slips.now + std::chrono::seconds(1));
                const std::vector<std::string> as_name{std::string(channel) + " stop_process"};
                if (then == Then::nothing) {
                    slips.run_after(std::chrono::seconds(1));
                    CHECK_FALSE(slips.session.stopping());
                    CHECK(slips.module.received == as_name);
                } else if (then == Then::sigterm) {
                    slips.session.request_stop("SIGTERM");
                    slips.session.begin_drain();
                    CHECK(slips.module.received == as_name);
                } else {
                    slips.push(then == Then::control_channel ? "control_channel" : "tw_closed", "stop_process");
                    CHECK(slips.session.stop_reason() == "stop_process");
                    slips.push(channel, "stop_process");
                    slips.session.begin_drain();
                    slips.run_after(std::chrono::seconds(2));
                    CHECK(slips.module.received.empty());
                }
            }
        }
    }
}

TEST_CASE("a DNS query for stop_process does not stop a module that receives DNS flows either") {
    for (const bool known : {true, false}) {
        auto settings = SessionDriver::settings();
        if (known) settings.generation = Generation::legacy;
        slips::testing::ModuleDriver<DnsModule> slips(settings);
        slips.connect();
        slips.push("new_dns", "stop_process");
        slips.run_after(std::chrono::seconds(2));
        CHECK_FALSE(slips.session.stopping());
        slips.push("new_dns_flow", "stop_process");  // never text from the network
        CHECK(slips.session.stop_reason() == "stop_process");
    }
}

TEST_CASE("stop_slips stops a module, also one that is subscribed to control_channel itself") {
    SessionDriver slips;
    SUBCASE("the session's own subscription") {
        slips.connect();
        slips.push("new_flow", current_flow());
        slips.push("control_channel", "something else");
        CHECK_FALSE(slips.session.stopping());
        slips.push("control_channel", "stop_slips");
        CHECK(slips.session.stats().messages.received == 1);
    }
    SUBCASE("the module's subscription") {
        slips.module.raw_channels = {"control_channel"};
        slips.module.init();
        std::string received;
        slips.module.on_raw = [&](const slips::RawMessage& msg) { received = msg.text(); };
        slips.connect();
        slips.push("new_flow", current_flow());
        CHECK(std::count(slips.sent_by_subscriber.begin(), slips.sent_by_subscriber.end(),
                         "SUBSCRIBE control_channel") == 1);
        slips.push("control_channel", "stop_slips");
        CHECK(received == "stop_slips");  // the only text that current Slips does not stamp
    }
    CHECK(slips.session.stop_reason() == "stop_slips");
    slips.push("new_letters", "stop_slips");
}

TEST_CASE("legacy with --register: the module appears in PIDs, and finished_modules receives it exactly once") {
    auto settings = SessionDriver::settings();
    settings.register_pid = true;
    SUBCASE("generation from the settings") { settings.generation = Generation::legacy; }
    SUBCASE("generation learnt from a message") {}
    SessionDriver slips(settings);
    slips.connect();
    slips.push("new_flow", legacy_flow());
    slips.run();
    CHECK(slips.main.hashes["PIDs"]["test_module"] == "4242");
    slips.push("new_flow", "stop_process");
    slips.session.finish();
    slips.run();
    slips.session.finish();
    slips.main_lost();
    slips.main_up();
    slips.session.finish();
    slips.run();
    CHECK(slips.published("finished_modules") == std::vector<std::string>{"test_module"});
    CHECK(slips.times_sent("HSET PIDs") == 1);
}

TEST_CASE("without --register, or in current, nothing is written to PIDs or finished_modules") {
    auto settings = SessionDriver::settings();
    SUBCASE("legacy") { settings.generation = Generation::legacy; }
    SUBCASE("current") {
        settings.generation = Generation::current;
        settings.register_pid = true;
    }
    SessionDriver slips(settings);
    slips.connect();
    slips.session.request_stop("SIGTERM");
    slips.session.finish();
    slips.run();
    CHECK(slips.times_sent("PIDs") == 0);
    CHECK(slips.times_sent("finished_modules") == 0);
}

// --- Slips starts and ends -----------------------------------------------------------------------------------

namespace {

slips::SessionSettings standalone() {
    auto settings = SessionDriver::settings();
    settings.standalone = true;
    return settings;
}

void introduce(SessionDriver& slips) {
    slips.main.hashes["analysis"] = {{"slips_version", "1.1.21"}, {"output_dir", "output/a"}};
    slips.main.strings["will_slips_have_more_flows"] = "yes";
    slips.main.hashes["PIDs"] = {{"main", "4711"}};
}

}  // namespace

TEST_CASE("a module that was started before Slips learns the output folder with the first message, once") {
    SessionDriver slips(standalone());
    slips.connect();
    CHECK(slips.session.output_dir().empty());
    introduce(slips);
    slips.push("new_flow", current_flow());
    slips.push("new_flow", current_flow());
    slips.run();
    CHECK(slips.session.output_dir() == "output/a");
    CHECK(slips.times_sent("HMGET analysis") == 2);
}

TEST_CASE("legacy: the output folder is the folder of the log files") {
    SessionDriver slips;
    slips.main.strings = {{"stdout", "out/slips.log"}, {"stderr", "out/errors.log"}};
    slips.connect();
    CHECK(slips.session.output_dir() == "out");
}

TEST_CASE(
    "current, by hand: after the last flow, without receivers of evidence, and after a silence, Slips has ended") {
    SessionDriver slips(standalone());
    introduce(slips);
    slips.connect();
    slips.run_after(1s);
    CHECK(slips.session.slips_pid() == 4711);
    CHECK_FALSE(slips.session.stopping());
    slips.main.strings["will_slips_have_more_flows"] = "no";
    for (int i = 0; i < 100; ++i) slips.run_after(1s);  // Slips is still working, and subscribed to evidence
    CHECK_FALSE(slips.session.stopping());
    slips.main.subscribers["evidence_added"] = 0;
    slips.advance(1s);
    slips.push("new_flow", current_flow());
    slips.run();
    CHECK_FALSE(slips.session.stopping());
    slips.run_after(500ms);
    CHECK_FALSE(slips.session.stopping());
    slips.run_after(500ms);
    CHECK(slips.session.stop_reason() == "Slips is over");
}

TEST_CASE("current, by hand: without flows yet, or with more flows again, Slips has not ended") {
    SessionDriver slips(standalone());
    introduce(slips);
    slips.main.strings["will_slips_have_more_flows"] = "no";
    slips.main.subscribers["evidence_added"] = 0;
    slips.connect();
    slips.run_after(5s);
    slips.run_after(5s);
    CHECK_FALSE(slips.session.stopping());
    slips.main.strings["will_slips_have_more_flows"] = "yes";
    slips.run_after(1s);
    slips.run_after(5s);
    CHECK_FALSE(slips.session.stopping());
}

TEST_CASE("only modules started by hand in current Slips poll once a second whether it has ended") {
    const auto times_asked = [](slips::SessionSettings settings, bool there) {
        SessionDriver slips(std::move(settings));
        if (there) introduce(slips);
        if (slips.session.generation() == Generation::legacy) slips.main.hashes.erase("analysis");
        slips.connect();
        for (int i = 0; i < 100; ++i) slips.run_after(100ms);
        if (there && slips.session.stopping()) return std::size_t{0};
        return slips.times_sent("GET will_slips_have_more_flows");
    };
    CHECK(times_asked(standalone(), true) == 11);
    CHECK(times_asked(standalone(), false) == 0);  // a Slips that is starting treats a busy port as one in use
    CHECK(times_asked(SessionDriver::settings(), true) == 0);
    auto legacy = standalone();
    legacy.generation = Generation::legacy;
    CHECK(times_asked(legacy, true) == 0);
}

// --- evidence that is changed or refused ---------------------------------------------------------------------

namespace {

slips::Context flow_context() {
    return {.profileid = "profile_192.168.1.12", .twid = "timewindow1", .uids = {"C1"}, .timestamp = 1654181517.25};
}

}  // namespace

TEST_CASE("evidence about a URL, or a very long one, is accepted in another form, and one line reports it") {
    SessionDriver slips;
    slips.connect();
    slips.push("new_flow", current_flow());
    for (int i = 0; i < 3; ++i) {
        auto evidence = local_connection();
        evidence.attacker = slips::Ioc("http://example.com/a");
        evidence.description = "GET http://example.com/" + std::string(20'000, 'a');
        CHECK(slips.session.set_evidence(flow_context(), evidence));
    }
    slips.run();
    const auto sent = slips.published("evidence_added");
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].find(R"("ioc_type": "DOMAIN", "value": "example.com")") != std::string::npos);
    CHECK(sent[0].size() < 20'000);
    CHECK(slips.times_said("evidence about a URL is sent with the URL's host") == 1);

    auto context = flow_context();
    context.daddr = "1.2.3.4";
    auto about_destination = local_connection();
    about_destination.attacker = slips::Ioc("http://1.2.3.4/a");
    CHECK(slips.session.set_evidence(context, about_destination));
    slips.run();
    CHECK(
        slips.published("evidence_added").back().find(R"("direction": "DST", "ioc_type": "IP", "value": "1.2.3.4")") !=
        std::string::npos);
    CHECK(slips.times_said("evidence was shortened") == 1);
    about_destination.confidence = 1.5;
    for (int i = 0; i < 2; ++i) CHECK(slips.session.set_evidence(context, about_destination));
    CHECK(slips.times_said("evidence with a confidence above 1 is sent with 1; give 0..1") == 1);
}

TEST_CASE("a time window whose date Slips cannot write is refused, whatever the width of windows") {
    SessionDriver slips;
    slips.connect();
    slips.push("new_flow", current_flow());
    auto context = flow_context();
    const auto accepted = [&](const char* twid) {
        context.twid = twid;
        return slips.session.set_evidence(context, local_connection());
    };
    CHECK(accepted("timewindow5000000"));
    std::string error;
    const auto days =
        slips::Config::from_launcher(R"({"config": {"parameters": {"time_window_width": 86400}}})", error);
    REQUIRE(days);
    slips.session.configure(*days);
    CHECK(accepted("timewindow700000"));
    CHECK_FALSE(accepted("timewindow5000000"));
    CHECK_FALSE(accepted("timewindow-5000000"));
    CHECK(slips.has_said("evidence refused: twid: 'timewindow5000000' is so far away"));
}
