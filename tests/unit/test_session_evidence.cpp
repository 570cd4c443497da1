// Evidence from set_evidence() to Redis' acknowledgement, whatever happens to the connections: stored exactly once.
#include "slips/impl/session/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "messages.hpp"
#include "session_driver.hpp"

using namespace std::chrono_literals;
using slips::EvidenceType;
using slips::Generation;
using slips_test::Answer;
using slips_test::current_flow;
using slips_test::legacy_flow;
using slips_test::local_connection;
using slips_test::SessionDriver;
using slips_test::TestModule;
using slips_test::Words;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";
const std::string profile = "profile_192.168.1.12";
const std::string window = "profile_192.168.1.12_timewindow1";
const char* const out_of_memory = "OOM command not allowed when used memory > 'maxmemory'.";

slips::Context context() {
    slips::Context context;
    context.profileid = profile;
    context.twid = "timewindow1";
    context.uids = {"CUid1"};
    context.timestamp = 1654188705.5;
    context.saddr = "192.168.1.12";
    context.daddr = "192.168.1.18";
    return context;
}

slips::Evidence evidence(const std::string& daddr = "192.168.1.18") {
    slips::Evidence made = local_connection(daddr);
    if (daddr == "192.168.1.18") made.id = id;
    return made;
}

slips::Config configuration(std::string_view json) {
    std::string error;
    const auto config = slips::Config::parse(json, error);
    REQUIRE_MESSAGE(config, error);
    return *config;
}

/// A Slips of one generation that knows the profile and its window, and a module connected to it.
struct Joined : SessionDriver {
    /// Legacy: that of June 2022.
    explicit Joined(Generation generation, slips::SessionSettings with = settings())
        : SessionDriver(in(generation, std::move(with))) {
        main.sorted_sets["profiles"][profile] = "1654188705.5";
        main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        if (generation == Generation::current) main.hashes["analysis"]["slips_version"] = "1.1.21";
        connect();
        if (generation == Generation::legacy) push("new_flow", legacy_flow());
        run();
        forget_the_past();
    }
    static slips::SessionSettings in(Generation generation, slips::SessionSettings with) {
        if (generation == Generation::legacy) with.slips_version = "0.9.1";
        return with;
    }
    void forget_the_past() {
        sent.clear();
        sent_to_cache.clear();
        said.clear();
    }
    /// A Slips of this version.
    explicit Joined(const std::string& version) : SessionDriver(of_version(version)) {
        if (main.sorted_sets["profiles"].empty()) main.sorted_sets["profiles"][profile] = "1654188705.5";
        main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        connect();
        forget_the_past();
    }
    static slips::SessionSettings of_version(const std::string& version) {
        auto with = settings();
        with.slips_version = version;
        return with;
    }
    bool set(const slips::Evidence& made = evidence()) { return session.set_evidence(context(), made); }
};

/// Returns what legacy stored in the window, in order.
std::vector<std::string> stored_in(SessionDriver& slips) {
    std::vector<std::string> descriptions;
    const std::string& text = slips.main.hashes[window]["Evidence"];
    if (text.empty()) return descriptions;
    const auto held = nlohmann::ordered_json::parse(text);
    for (const auto& item : held.items()) descriptions.push_back(item.key());
    return descriptions;
}

}  // namespace

// --- what is refused -----------------------------------------------------------------------------------------

TEST_CASE("evidence that would harm Slips is refused with its field, and never written") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Joined slips(generation);
        auto bad = evidence();
        bad.confidence.reset();
        CHECK_FALSE(slips.set(bad));
        CHECK_FALSE(slips.set(bad));
        auto elsewhere = evidence();
        elsewhere.attacker = "";
        CHECK_FALSE(slips.set(elsewhere));
        slips.run();
        CHECK(slips.sent.empty());
        CHECK(slips.session.stats().evidence.refused == 3);
        CHECK(slips.session.stats().evidence.accepted == 0);
        CHECK(slips.times_said("evidence refused: confidence: is not set") == 1);
        CHECK(slips.times_said("evidence refused: attacker: ") == 1);
    }
}

TEST_CASE("a flow without a time, or of time 0, is handled, and evidence about it is stored with a time") {
    for (const auto& slips_of : {std::pair(Generation::current, "1.1.21"), std::pair(Generation::current, "1.0.12"),
                                 std::pair(Generation::legacy, "1.0.10"), std::pair(Generation::legacy, "0.9.1")}) {
        for (const std::string time : {"0", "0.0", "-0.0", "\"0\"", "\"\"", "null", "false"}) {
            const Generation generation = slips_of.first;
            const std::string version = slips_of.second;
            CAPTURE(version);
            CAPTURE(time);
            std::vector<slips::Evidence> accepted;
            auto settings = SessionDriver::settings();
            settings.slips_version = version;
            settings.accepted = [&](const slips::Evidence& made, const slips::Context&) { accepted.push_back(made); };
            const double before = static_cast<double>(std::time(nullptr));
            Joined slips(generation, settings);
            slips.module.on_flow = [&](const slips::NewFlow& flow) { slips.session.set_evidence(flow, evidence()); };
            std::string message = generation == Generation::current ? current_flow("CUid1", version) : legacy_flow();
            const bool is_text = generation == Generation::legacy && time.starts_with('"');  // JSON text in JSON texts
            for (const std::string name : {"ts", "starttime", "stime"}) {
                for (const std::string quote : {"\\\\\\\"", "\""}) {
                    const std::string key = quote + name + quote + ": ", number = "1654188705.5";
                    std::string value = time;
                    if (is_text && quote != "\"") value = quote + time.substr(1, time.size() - 2) + quote;
                    if (const std::size_t at = message.find(key + number); at != std::string::npos)
                        message.replace(at, key.size() + number.size(), key + value);
                }
            }
            REQUIRE(message.find("1654188705.5") == std::string::npos);
            slips.push("new_flow", message);
            slips.run();
            CAPTURE(slips.all_said());
            CHECK(slips.session.stats().messages.undecodable == 0);
            REQUIRE(accepted.size() == 1);
            const double stamp = accepted[0].timestamp.seconds().value();
            const bool is_zero = time.find('0') != std::string::npos;
            CHECK((is_zero ? stamp == 0 : stamp >= before && stamp < before + 3600));
            CHECK(slips.session.stats().evidence.refused == 0);
            CHECK(slips.session.stats().evidence.acknowledged == 1);
            slips.push("new_flow", message);
            const std::string line = " has no time; the time of the clock is used";
            CHECK(slips.times_said("evidence CONNECTION_TO_PRIVATE_IP" + line) == (is_zero ? 0 : 1));
        }
    }
}

TEST_CASE("a type that Slips does not know is not sent to current Slips") {
    auto own = evidence();
    own.type = TestModule::local_device;
    SUBCASE("refused without an alternative") {
        Joined slips(Generation::current);
        CHECK_FALSE(slips.set(own));
        CHECK(
            slips.has_said("evidence refused: type: Slips does not know CONNECTION_TO_LOCAL_DEVICE, and evidence of an "
                           "unknown type ends its evidence handler; register the type with Slips, or give "
                           ".unless_registered"));
    }
    SUBCASE("refused if the alternative is unknown, too") {
        Joined slips(Generation::current);
        own.unless_registered = EvidenceType{"NO_SUCH_TYPE", "NoSuchType"};
        CHECK_FALSE(slips.set(own));
    }
    SUBCASE("the alternative is sent") {
        Joined slips(Generation::current);
        own.unless_registered = EvidenceType::connection_to_private_ip;
        CHECK(slips.set(own));
        slips.run();
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["evidence_type"] ==
              "CONNECTION_TO_PRIVATE_IP");
    }
    SUBCASE("sent if it was registered") {
        auto settings = SessionDriver::settings();
        settings.registered = {"CONNECTION_TO_LOCAL_DEVICE"};
        Joined slips(Generation::current, settings);
        own.unless_registered = EvidenceType::connection_to_private_ip;
        CHECK(slips.set(own));
        slips.run();
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["evidence_type"] ==
              "CONNECTION_TO_LOCAL_DEVICE");
    }
    SUBCASE("legacy accepts any") {
        Joined slips(Generation::legacy);
        CHECK(slips.set(own));
        slips.run();
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["type_evidence"] ==
              "ConnectionToLocalDevice");
    }
    SUBCASE("a type without a name for this generation, or without any: the refusal names it") {
        Joined slips(Generation::current);
        own.type = EvidenceType{"", "OnlyLegacy"};
        CHECK_FALSE(slips.set(own));
        CHECK(slips.has_said("evidence refused: type: has no name for Slips 1.0.11 and newer"));
        Joined other(Generation::current);
        own.type = {};
        CHECK_FALSE(other.set(own));
        CHECK(other.has_said("evidence refused: type: is not set"));
    }
}

TEST_CASE("legacy: evidence for a window that Slips does not have is refused, as it would loop forever") {
    Joined slips(Generation::legacy);
    slips::Context elsewhere = context();
    elsewhere.twid = "timewindow7";
    CHECK(slips.session.set_evidence(elsewhere, local_connection("10.0.0.9")));
    CHECK(slips.set());
    slips.run();
    CHECK(slips.has_said("evidence given up: Slips has no timewindow7 for " + profile));
    CHECK(slips.session.stats().evidence.given_up == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    CHECK(slips.published("evidence_added").size() == 1);
    CHECK_FALSE(slips.main.hashes.contains(profile + "_timewindow7"));
    CHECK(slips.session.settled());
    // alone in its batch: no key stays watched, and no score is set for it
    slips.forget_the_past();
    CHECK(slips.session.set_evidence(elsewhere, local_connection("10.0.0.9")));
    slips.run();
    CHECK(slips.sent.back() == "UNWATCH");
    CHECK(slips.session.settled());
    CHECK(slips.sent_to_cache.empty());
}

TEST_CASE("legacy: a window with content that Slips never writes is left unchanged") {
    for (const std::string text : {"no JSON", "[]", R"({"a description": {"no": "text"}})"}) {
        CAPTURE(text);
        Joined slips(Generation::legacy);
        slips.main.hashes[window]["Evidence"] = text;
        CHECK(slips.set());
        slips.run();
        CHECK(slips.has_said("evidence given up: the evidence of " + window + " in Redis is not what Slips writes"));
        CHECK(slips.main.hashes[window]["Evidence"] == text);
        CHECK(slips.session.settled());
    }
}

TEST_CASE("typed evidence needs the list of its profile's windows up to 1.1.1, as Slips' handler ends without it") {
    for (const bool is_list : {true, false}) {
        CAPTURE(is_list);
        auto settings = SessionDriver::settings();
        settings.slips_version = "1.0.12";
        SessionDriver slips(settings);
        if (is_list) slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        else slips.main.strings["tws" + profile] = "not what Slips writes";
        slips.connect();
        CHECK(slips.session.set_evidence(context(), evidence()));
        slips.run();
        CAPTURE(slips.all_said());
        CHECK(slips.published("evidence_added").size() == (is_list ? 1 : 0));
        CHECK(slips.session.stats().evidence.given_up == (is_list ? 0 : 1));
        CHECK(slips.session.settled());
    }
}

TEST_CASE("a module started by hand writes in the form of the Slips that follows another one on its Redis") {
    SessionDriver slips;
    slips.main.hashes["analysis"]["slips_version"] = "1.0.10";
    slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
    slips.connect();
    CHECK(slips.session.set_evidence(context(), evidence()));
    slips.run();
    CHECK(slips.main.hashes[window].contains("Evidence"));
    slips.main_lost();
    slips.main.hashes["analysis"]["slips_version"] = "1.0.12";
    slips.main_up();
    slips.run();
    CHECK(slips.session.set_evidence(context(), evidence("192.168.1.19")));
    slips.run();
    CAPTURE(slips.all_said());
    CHECK(slips.main.hashes[window + "_evidence"].size() == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 2);
}

TEST_CASE("typed evidence waits while Redis refuses to show whether its window and profile exist") {
    for (const std::string command : {"ZSCORE", "TYPE", "SISMEMBER"}) {
        CAPTURE(command);
        auto settings = SessionDriver::settings();
        settings.slips_version = "1.0.12";
        SessionDriver slips(settings);
        slips.connect();
        slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
            if (words[0] != command) return std::nullopt;
            return Answer::error("BUSY Redis is busy running a script.");
        };
        CHECK(slips.session.set_evidence(context(), evidence()));
        slips.run();
        CHECK(slips.published("evidence_added").empty());
        CHECK_FALSE(slips.session.settled());
        slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        slips.main.instead = nullptr;
        slips.run_after(1s);
        CHECK(slips.published("evidence_added").size() == 1);
        CHECK(slips.main.sets["profiles"].contains(profile));
        CHECK(slips.session.stats().evidence.acknowledged == 1);
    }
}

TEST_CASE("evidence that waits when another Slips follows is stored in the form of that Slips, once") {
    for (const auto& [first, second] : {std::pair("1.0.10", "1.0.12"), {"1.0.12", "1.0.10"}, {"1.1.12", "1.1.16"}}) {
        const std::string label = std::string(first) + " " + second;
        CAPTURE(label);
        SessionDriver slips;
        slips.main.hashes["analysis"]["slips_version"] = first;
        slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
            if (words[0] != "EXEC" && words[0] != "HSET") return std::nullopt;
            return Answer::error(out_of_memory);
        };
        slips.connect();
        for (const char* daddr : {"192.168.1.18", "192.168.1.19"})
            CHECK(slips.session.set_evidence(context(), evidence(daddr)));
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 0);
        slips.main.hashes["analysis"]["slips_version"] = second;
        slips.push("new_flow", current_flow("C1", "1.1.22"));  // another version: the module asks
        for (int i = 0; i < 3; ++i) slips.run_after(1s);
        CHECK(slips.session.slips_version() == second);
        slips.main.instead = nullptr;
        slips.run_after(1s);
        slips.run_after(1s);
        CAPTURE(slips.all_said());
        CHECK(slips.published("evidence_added").size() == 2);
        CHECK(slips.session.stats().evidence.acknowledged == 2);
        CHECK(slips.session.settled());
        const bool is_hash = std::string(second) != "1.0.10";
        CHECK(slips.main.hashes[window + "_evidence"].size() == (is_hash ? 2 : 0));
        CHECK(slips.main.hashes[window].contains("Evidence") == !is_hash);
    }
}

TEST_CASE("evidence that is refused while others wait for the version takes no room") {
    SessionDriver slips;
    slips.connect();
    slips::Evidence large = evidence();
    for (int i = 0; i < 8; ++i) large.uids.emplace_back(30'000, 'C');
    std::size_t accepted = 0;
    while (accepted < 1000 && slips.session.set_evidence(context(), large)) ++accepted;
    CHECK(accepted > 200);
    CHECK(accepted < 300);
    for (int i = 0; i < 10; ++i) CHECK_FALSE(slips.session.set_evidence(context(), large));
    CHECK(slips.session.set_evidence(context(), evidence()));
    CHECK(slips.times_said("pieces of evidence are waiting until the version of Slips is known") == 1);
    slips.main.hashes["analysis"]["slips_version"] = "1.1.21";
    slips.push("new_flow", current_flow("C1", "1.1.21"));
    slips.run_after(1s);
    CHECK(slips.session.stats().evidence.acknowledged == accepted + 1);
}

TEST_CASE(
    "a window in which another module always writes gets evidence all the same, and Redis is not asked without pause") {
    Joined slips(Generation::legacy);
    int times = 0;
    slips.main.meanwhile = [&](const Words& words) {
        if (words[0] == "MULTI" && ++times <= 50) slips.main.touch(window);
    };
    for (int i = 0; i < 20; ++i) CHECK(slips.set(evidence("192.168.1." + std::to_string(20 + i))));
    slips.run();
    CHECK(times < 15);
    for (int i = 0; i < 200; ++i) slips.run_after(100ms);
    CHECK(slips.session.stats().evidence.acknowledged == 20);
    CHECK(slips.published("evidence_added").size() == 20);
    CHECK(slips.session.settled());
}

TEST_CASE("facts about an address that cannot be read are kept") {
    auto settings = SessionDriver::settings();
    settings.slips_version = "1.0.10";
    SessionDriver slips(settings);
    slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
    const std::string facts = R"({"asn": {"number": "AS1"}, "x": NaN})";
    slips.cache.hashes["IPsInfo"]["192.168.1.12"] = facts;
    slips.connect();
    CHECK(slips.session.set_evidence(context(), evidence()));
    slips.run();
    CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == facts);
    CHECK(slips.times_said("the facts about 192.168.1.12 in IPsInfo are not a JSON object: its score is not set") == 1);
}

TEST_CASE("pending evidence is bounded in number, and reaching the limit is reported") {
    auto settings = SessionDriver::settings();
    settings.generation = Generation::current;
    SessionDriver slips(settings);
    for (std::size_t i = 0; i < slips::detail::Outbox::room; ++i)
        REQUIRE(slips.session.set_evidence(context(), evidence()));
    CHECK_FALSE(slips.session.set_evidence(context(), evidence()));
    CHECK_FALSE(slips.session.set_evidence(context(), evidence()));
    CHECK(slips.times_said(
              "evidence refused: store: 100000 pieces of evidence are waiting until the version of Slips is known") ==
          1);
    CHECK(slips.session.stats().evidence.accepted == slips::detail::Outbox::room);
    CHECK_FALSE(slips.session.settled());
    slips.session.abandon();
    CHECK(slips.session.stats().evidence.lost == slips::detail::Outbox::room);
}

TEST_CASE("pending evidence is bounded in bytes, and accepted again once there is room") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Joined slips(generation);
        auto large = [n = 0]() mutable {
            auto made = evidence("10.0.0." + std::to_string(n % 250));
            made.uids.assign(100, std::string(1000, static_cast<char>('a' + n++ % 26)));
            return made;
        };
        slips.main_lost();
        std::size_t accepted = 0;
        while (accepted < 2000 && slips.set(large())) ++accepted;
        CHECK(accepted > 500);
        CHECK(accepted < 700);  // 64 MiB of about 103 kB each
        CHECK_FALSE(slips.set(large()));
        CHECK(slips.times_said(
                  "evidence refused: store: 64 MiB of evidence are waiting for Redis already; it is accepted again "
                  "once Redis stores some") == 1);
        slips.main_up();
        slips.run();
        CHECK(slips.set(large()));
        slips.run();
        CHECK(slips.session.settled());
        CHECK(slips.session.stats().evidence.acknowledged == slips.session.stats().evidence.accepted);
    }
}

namespace {

/// Runs until all is settled. Returns the largest number of bytes waiting to be written to the main Redis.
std::size_t most_unsent(SessionDriver& slips) {
    std::size_t most = 0;
    do {
        slips.session.tick(slips.now);
        most = std::max(most, slips.session.main.bytes().size());
    } while (slips.answer_main() || slips.answer_cache() || !slips.session.settled());
    return most;
}

}  // namespace

TEST_CASE("a batch is bounded in bytes, however large its evidence") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        Joined slips(generation);
        slips.main_lost();
        for (int i = 0; i < 200; ++i) {
            auto made = evidence("10.0.0." + std::to_string(i));
            made.uids = {"C" + std::to_string(i)};
            made.description += " " + std::string(200'000, 'x');
            slips::Context other = context();
            other.twid = "timewindow" + std::to_string(1 + i % 10);
            slips.main.sorted_sets["tws" + profile][other.twid] = "1";
            REQUIRE(slips.session.set_evidence(other, made));
        }
        slips.main_up();
        const std::size_t most = most_unsent(slips);
        CHECK(most > 4'000'000);
        CHECK(most <
              (generation == Generation::current ? 20'000'000 : 60'000'000));  // legacy writes whole windows, twice
        CHECK(slips.session.stats().evidence.acknowledged == 200);
        CHECK(slips.published("evidence_added").size() == 200);
    }
}

TEST_CASE("current: cached facts about addresses are bounded in bytes and number") {
    Joined slips(Generation::current);
    const auto address = [](int i) { return "10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250); };
    for (int i = 0; i < 400; ++i) {
        slips.cache.hashes["IPsInfo:reverse_dns"][address(i)] = std::string(50'000, 'x');
        slips.cache.hashes["IPsInfo:DNS_resolution"][address(i)] = "[\"" + std::string(50'000, 'x') + "\"]";
    }
    slips.cache.hashes["IPsInfo:asn"]["10.0.1.1"] = R"({"number": ")" + std::string(300'000, 'x') + "\"}";
    for (int i = 0; i < 400; ++i) CHECK(slips.set(evidence(address(i))));
    CHECK(most_unsent(slips) < 20'000'000);
    std::size_t with = 0;
    for (const std::string& text : slips.published("evidence_added")) with += text.size() > 50'000;
    CHECK(slips.published("evidence_added").size() == 400);
    CHECK(with > 150);
    CHECK(slips.times_said("are longer than a module keeps: evidence is sent without them") == 1);
    CHECK(slips.set(evidence("10.0.1.1")));
    slips.run();
    CHECK(nlohmann::json::parse(slips.published("evidence_added").back())["victim"]["AS"].is_null());
    CHECK(slips.set(evidence(address(399))));  // there is room again
    slips.run();
    CHECK(slips.published("evidence_added").back().size() > 50'000);
    CHECK(slips.session.stats().evidence.acknowledged == 402);

    // thousands of attackers within a moment
    slips.forget_the_past();
    const auto attack = [&](int from, int until) {
        for (int i = from; i < until; ++i) {
            auto made = evidence("10.0.2.1");
            made.attacker = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
            CHECK(slips.set(made));
        }
        slips.run();
    };
    attack(0, 1);
    attack(0, 1);
    CHECK(slips.times_sent("HGET profile_10.1.0.0 max_threat_level") == 1);
    attack(1, 6000);
    attack(0, 1);
    CHECK(slips.times_sent("HGET profile_10.1.0.0 max_threat_level") == 2);  // its entry was evicted
}

TEST_CASE(
    "legacy: a window that grew too long accepts no more evidence, is not reread each time, and delays no other") {
    Joined slips(Generation::legacy);
    slips.main.sorted_sets["tws" + profile]["timewindow2"] = "1";
    slips.main.sorted_sets["tws" + profile]["timewindow3"] = "1";
    const auto long_text = [](std::size_t size) { return R"({"a description": ")" + std::string(size, 'x') + "\"}"; };
    slips.main.hashes[window]["Evidence"] = long_text(17'000'000);
    slips::Context other = context();
    for (int i = 0; i < 3; ++i) {
        other.twid = "timewindow1";
        CHECK(slips.session.set_evidence(other, evidence("10.0.0." + std::to_string(i))));
        other.twid = "timewindow2";
        CHECK(slips.session.set_evidence(other, evidence("10.0.0." + std::to_string(i))));
        slips.run();
    }
    CHECK(slips.session.stats().evidence.given_up == 3);
    CHECK(slips.session.stats().evidence.acknowledged == 3);
    CHECK(slips.times_said("evidence given up: the evidence of " + window + " in Redis is longer than 16 MiB") == 1);
    CHECK(slips.times_sent("HGET " + window + " Evidence") == 1);
    CHECK(slips.main.hashes[window]["Evidence"].size() > 17'000'000);
    // it is read again after a while
    slips.main.hashes[window]["Evidence"].clear();
    slips.advance(61s);
    CHECK(slips.set(evidence("10.0.0.9")));
    slips.run();
    CHECK(stored_in(slips).size() == 1);

    // two windows that are long, but within the limit, are sent separately
    slips.main.hashes[profile + "_timewindow2"]["Evidence"] = long_text(10'000'000);
    slips.main.hashes[profile + "_timewindow3"]["Evidence"] = long_text(10'000'000);
    slips.forget_the_past();
    for (const char* twid : {"timewindow2", "timewindow3", "timewindow2"}) {
        other.twid = twid;
        CHECK(slips.session.set_evidence(other, evidence("10.0.1." + std::string(1, twid[10]))));
    }
    slips.run();
    CHECK(slips.times_sent("EXEC") == 2);
    CHECK(slips.session.stats().evidence.acknowledged == 7);
    CHECK(slips.session.settled());
}

TEST_CASE("pending flow counters are bounded in bytes, while Redis is away and while it accepts no writes") {
    Joined slips(Generation::current);
    const auto receive = [&](int flows, std::size_t length) {
        for (int i = 0; i < flows; ++i)
            slips.push("new_flow", current_flow(std::string(length, 'x') + std::to_string(i)));
    };
    slips.main_lost();
    receive(12, 1'000'000);
    slips.main_up();
    slips.session.tick(slips.now + 1s);
    CHECK(slips.session.main.bytes().size() > 4'000'000);
    CHECK(slips.session.main.bytes().size() < 10'000'000);  // each uid is sent twice: counted, and given a lifetime
    slips.run();
    std::size_t most = 0;
    for (int round = 0; round < 15; ++round) {
        receive(4, 1'000'000);
        slips.session.tick(slips.now += 1s);  // and nothing is written
        most = std::max(most, slips.session.main.bytes().size());
    }
    CHECK(most < 26'000'000);
    CHECK(slips.times_said("flows are not counted for Slips, since Redis accepts too little") == 1);
    slips.run();
    CHECK(slips.session.settled());
    slips.forget_the_past();
    receive(3, 10);
    slips.run_after(1s);
    CHECK(slips.times_sent("HINCRBY number_of_subscribers_who_processed_this_msg_new_flow") == 3);
}

// --- an evidence from start to end ---------------------------------------------------------------------------

TEST_CASE("current: reads, one transaction, lifetimes and scores") {
    Joined slips(Generation::current);
    slips.cache.hashes["IPsInfo:SNI"]["192.168.1.18"] = R"([{"server_name": "nas.local", "dport": 443}])";
    CHECK(slips.set());
    slips.run();
    CHECK(slips.session.settled());
    REQUIRE(slips.sent.size() == 16);
    CHECK(slips.sent[15].starts_with("HSET slips_sdk_metrics test_module "));
    CHECK(slips.sent[0] == "TYPE " + window + "_evidence");
    slips.sent.erase(slips.sent.begin());
    CHECK(slips.sent[0] == "ZSCORE profiles " + profile);
    CHECK(slips.sent[1] == "HGET " + profile + " duration");
    CHECK(slips.sent[2] == "HGET " + profile + " max_threat_level");
    CHECK(slips.sent[3] == "MULTI");
    CHECK(slips.sent[4] == "HSET flows_causing_evidence " + id + " [\"CUid1\"]");
    CHECK(slips.sent[5].starts_with("HSET " + window + "_evidence " + id + " {\"evidence_type\": "));
    CHECK(slips.sent[6] == "INCRBY number_of_evidence 1");
    CHECK(slips.sent[7] == "HINCRBY msgs_published_at_runtime evidence_added 1");
    CHECK(slips.sent[8].starts_with("PUBLISH evidence_added {\"evidence_type\": "));
    CHECK(slips.sent[9] == "HSET " + profile + " threat_level high");
    CHECK(slips.sent[10] == "HSET " + profile + " max_threat_level high");
    CHECK(slips.sent[11] == "EXEC");
    CHECK(slips.sent[12] == "EXPIRE flows_causing_evidence 600 NX");
    CHECK(slips.sent[13] == "EXPIRE " + profile + " 3600 NX");
    CHECK(slips.sent_to_cache.size() == 10 + 4);
    CHECK(slips.sent_to_cache[0] == "HGET IPsInfo:asn 192.168.1.18");
    CHECK(slips.sent_to_cache[5] == "HGET IPsInfo:asn 192.168.1.12");
    CHECK(slips.cache.hashes["IPsInfo:score"]["192.168.1.12"] == "0.8");
    CHECK(slips.cache.hashes["IPsInfo:confidence"]["192.168.1.12"] == "0.8");
    CHECK(slips.sent_to_cache[11] == "HEXPIRE IPsInfo:score 600 NX FIELDS 1 192.168.1.12");

    const auto stored = nlohmann::json::parse(slips.main.hashes[window + "_evidence"][id]);
    auto published = nlohmann::json::parse(slips.published("evidence_added").at(0));
    CHECK(published["version"] == "1.1.21");
    published.erase("version");
    CHECK(stored == published);
    CHECK(stored["victim"]["SNI"] == "nas.local");

    const auto& stats = slips.session.stats().evidence;
    CHECK(stats.accepted == 1);
    CHECK(stats.acknowledged == 1);
    CHECK(stats.published == 1);
    CHECK(stats.unheard == 0);
    CHECK(slips.said.empty());
}

TEST_CASE("current: known facts are not queried again at once, and a level only rises") {
    Joined slips(Generation::current);
    CHECK(slips.set());
    slips.run();
    slips.forget_the_past();
    CHECK(slips.set(evidence("192.168.1.19")));
    slips.run();
    CHECK(slips.times_sent("ZSCORE") == 0);
    CHECK(slips.times_sent("HGET") == 0);
    CHECK(slips.times_sent("max_threat_level") == 0);
    CHECK(slips.sent_to_cache[0] == "HGET IPsInfo:asn 192.168.1.19");  // the new peer only

    auto critical = evidence("192.168.1.20");
    critical.threat_level = slips::ThreatLevel::critical;
    slips.forget_the_past();
    CHECK(slips.set(critical));
    slips.run();
    CHECK(slips.times_sent("HSET " + profile + " max_threat_level critical") == 1);
    CHECK(slips.cache.hashes["IPsInfo:score"]["192.168.1.12"] == "1");

    slips.forget_the_past();
    slips.advance(10s);
    auto low = evidence("192.168.1.21");
    low.threat_level = slips::ThreatLevel::low;
    CHECK(slips.set(low));
    slips.run();
    CHECK(slips.times_sent("ZSCORE") == 1);
    CHECK(slips.times_sent("HSET " + profile + " threat_level low") == 1);
    CHECK(slips.times_sent("HSET " + profile + " max_threat_level") == 0);
    CHECK(slips.cache.hashes["IPsInfo:score"]["192.168.1.12"] == "1");  // of the highest level
}

TEST_CASE("current: a profile that Slips does not know is created once, with the usual lifetime") {
    Joined slips(Generation::current);
    slips.main.sorted_sets.clear();
    auto about_a_domain = evidence();
    about_a_domain.attacker = "evil.example";
    CHECK(slips.set(about_a_domain));
    CHECK(slips.set(evidence("192.168.1.19")));
    slips.run();
    CHECK(slips.times_sent("ZADD profiles 1654188705.5 " + profile) == 1);
    CHECK(slips.main.hashes[profile]["duration"] == "3600.0");
    CHECK(slips.main.hashes[profile]["starttime"] == "1654188705.5");
    CHECK(slips.main.hashes[profile]["confidence"] == "0.05");
    const std::string wrapped = R"({"text": "192.168.1.12", "version": "1.1.21"})";
    CHECK(slips.published("new_ip") == std::vector<std::string>{wrapped});
    CHECK(slips.published("new_profile") == std::vector<std::string>{wrapped});

    Joined other(Generation::current);
    other.main.sorted_sets.clear();
    CHECK(other.set(about_a_domain));
    other.run();
    CHECK(other.main.lifetimes[profile] == "EXPIRE " + profile + " 3600 NX");
}

TEST_CASE("evidence that Slips' configuration disables is not set, by each generation's rule") {
    Joined current(Generation::current);
    const auto type = slips::EvidenceType::connection_to_private_ip;
    const auto disable = [](Joined& slips, const std::string& value) {
        slips.session.configure(configuration(R"({"DisabledAlerts": {"disabled_detections": )" + value + "}}"));
    };
    auto found = evidence();
    found.type = type;
    disable(current, R"(["CONNECTION_TO_PRIVATE"])");  // a part of the name does not match
    CHECK(current.session.set_evidence(context(), found));
    disable(current, R"(["ARP_SCAN", "CONNECTION_TO_PRIVATE_IP"])");
    CHECK_FALSE(current.session.set_evidence(context(), found));
    CHECK(current.times_said("CONNECTION_TO_PRIVATE_IP is disabled in Slips' configuration") == 1);

    Joined legacy(Generation::legacy);
    disable(legacy, R"("[ARPScan, Private]")");
    CHECK_FALSE(legacy.session.set_evidence(context(), found));
    disable(legacy, R"("[ARPScan, ToPrivateIP, x]")");  // Slips keeps the comma
    CHECK(legacy.session.set_evidence(context(), found));
    CHECK(legacy.session.stats().evidence.refused == 1);
}

TEST_CASE("current: a new profile has the width of Slips' own") {
    Joined slips(Generation::current);
    slips.main.hashes[profile]["duration"] = "300.0";
    CHECK(slips.set());  // of a profile that Slips has created
    slips.run();
    slips.main.sorted_sets.clear();
    auto elsewhere = context();
    elsewhere.profileid = "profile_192.168.1.99";
    CHECK(slips.session.set_evidence(elsewhere, evidence()));
    slips.run();
    CHECK(slips.main.hashes["profile_192.168.1.99"]["duration"] == "300.0");
    CHECK(slips.times_sent(" duration") == 2);  // one query, one write
}

TEST_CASE("current: a configured width is not queried") {
    Joined slips(Generation::current);
    slips.session.configure(configuration(R"({"parameters": {"time_window_width": "only_one_tw"}})"));
    slips.main.sorted_sets.clear();
    CHECK(slips.set());
    slips.run();
    CHECK(slips.main.hashes[profile]["duration"] == "9999999999");
    CHECK(slips.times_sent("HGET " + profile + " duration") == 0);
}

TEST_CASE("current: on an interface lifetimes are longer") {
    SessionDriver slips;
    slips.main.hashes["analysis"] = {{"slips_version", "1.1.21"}, {"input_type", "interface"}};
    slips.connect();
    CHECK(slips.session.set_evidence(context(), evidence()));
    slips.run();
    CHECK(slips.main.lifetimes["flows_causing_evidence"] == "EXPIRE flows_causing_evidence 7200 NX");
    CHECK(slips.main.lifetimes[profile] == "EXPIRE " + profile + " 172800 NX");
}

TEST_CASE("current: commands that an old server lacks are tried once") {
    Joined slips(Generation::current);
    slips.cache.unknown_commands = {"HEXPIRE"};
    slips.main.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "EXPIRE") return std::nullopt;
        return Answer::error("ERR wrong number of arguments for 'expire' command");
    };
    CHECK(slips.set());
    slips.run();
    slips.forget_the_past();
    CHECK(slips.set(evidence("192.168.1.19")));
    slips.run();
    CHECK(slips.times_sent("EXPIRE") == 0);
    CHECK(slips.sent_to_cache.back() == "HSET IPsInfo:confidence 192.168.1.12 0.8");
    CHECK(slips.said.empty());
    CHECK(slips.session.stats().redis.error_replies == 0);
}

TEST_CASE("current: evidence without a receiver is counted") {
    Joined slips(Generation::current);
    slips.main.subscribers.clear();
    CHECK(slips.set());
    slips.run();
    CHECK(slips.session.stats().evidence.published == 1);
    CHECK(slips.session.stats().evidence.unheard == 1);
}

TEST_CASE("current: evidence waits until the version is known, as no module accepts it without") {
    auto settings = SessionDriver::settings();
    settings.generation = Generation::current;
    SessionDriver slips(settings);
    slips.connect();
    CHECK(slips.session.set_evidence(context(), evidence()));
    slips.run();
    CHECK(slips.main.published.empty());
    CHECK_FALSE(slips.session.settled());
    slips.push("new_flow", current_flow("C1", "1.1.20"));
    slips.run_after(60ms);
    REQUIRE(slips.published("evidence_added").size() == 1);
    CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["version"] == "1.1.20");
    CHECK(slips.session.settled());
}

TEST_CASE("legacy: one transaction under WATCH, including the publish; scores in the cache") {
    Joined slips(Generation::legacy);
    slips.cache.hashes["IPsInfo"]["192.168.1.12"] = R"({"SNI": [], "score": 0.2})";
    CHECK(slips.set());
    slips.run();
    CHECK(slips.session.settled());
    REQUIRE(slips.sent.size() == 10);
    CHECK(slips.sent[9].starts_with("HSET slips_sdk_metrics test_module "));
    CHECK(slips.sent[0] == "WATCH " + window + " tws" + profile);
    CHECK(slips.sent[1] == "HGET " + window + " Evidence");
    CHECK(slips.sent[2] == "ZSCORE tws" + profile + " timewindow1");
    CHECK(slips.sent[3] == "MULTI");
    CHECK(
        slips.sent[4].starts_with("HSET " + window + " Evidence {\"a connection to the local device 192.168.1.18\":"));
    CHECK(slips.sent[5].starts_with("HSET evidence" + profile + " timewindow1 {"));
    CHECK(slips.sent[6].starts_with("PUBLISH evidence_added {\"profileid\": "));
    CHECK(slips.sent[7].starts_with("SET test_module_evidence_batch_"));
    CHECK(slips.sent[7].ends_with(" EX 86400"));
    CHECK(slips.sent[8] == "EXEC");
    CHECK(slips.main.hashes[window]["Evidence"] == slips.main.hashes["evidence" + profile]["timewindow1"]);
    CHECK(nlohmann::json::parse(slips.cache.hashes["IPsInfo"]["192.168.1.12"]) ==
          nlohmann::json::parse(R"({"SNI": [], "score": 1, "confidence": 1})"));
    CHECK(slips.session.stats().evidence.published == 1);
    CHECK(slips.said.empty());
}

TEST_CASE("legacy: a repeat is stored, not published, also within one batch") {
    Joined slips(Generation::legacy);
    CHECK(slips.set());
    CHECK(slips.set());
    CHECK(slips.set(evidence("192.168.1.19")));
    slips.run();
    CHECK(slips.set());
    slips.run();
    CHECK(slips.published("evidence_added").size() == 2);
    CHECK(stored_in(slips).size() == 2);
    const auto& stats = slips.session.stats().evidence;
    CHECK(stats.accepted == 4);
    CHECK(stats.acknowledged == 4);
    CHECK(stats.published == 2);
    CHECK(stats.deduplicated == 2);
}

TEST_CASE("legacy: another module's concurrent write to the same window is kept") {
    Joined slips(Generation::legacy);
    int times = 0;
    slips.main.meanwhile = [&](const Words& words) {
        if (words[0] != "MULTI" || ++times > 3) return;
        slips.main.hashes[window]["Evidence"] = R"({"of another module )" + std::to_string(times) + R"(": "{}"})";
        slips.main.touch(window);
    };
    CHECK(slips.set());
    slips.run();
    CHECK(stored_in(slips) ==
          std::vector<std::string>{"of another module 3", "a connection to the local device 192.168.1.18"});
    CHECK(slips.published("evidence_added").size() == 1);
    CHECK(slips.session.stats().redis.conflicts == 3);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    CHECK(slips.said.empty());
}

// --- Redis refuses -------------------------------------------------------------------------------------------

TEST_CASE("a write that Redis refuses temporarily is retried after a pause, and nothing is lost or refused") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        for (const std::string error :
             {out_of_memory, "READONLY You can't write against a read only replica.",
              "LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script.",
              "MASTERDOWN Link with MASTER is down", "NOAUTH Authentication required."}) {
            const bool reads_fail = !error.starts_with("OOM") && !error.starts_with("READONLY");
            CAPTURE(error);
            CAPTURE(slips::to_string(generation));
            Joined slips(generation);
            slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
                const bool write = words[0] == "HSET" || words[0] == "SET" || words[0] == "INCRBY";
                if (reads_fail ? words[0] == "EXEC" && false : !write) return std::nullopt;
                return Answer::error(error);
            };
            CHECK(slips.set());
            slips.run();
            CHECK(slips.main.published.empty());
            CHECK(slips.session.stats().evidence.acknowledged == 0);
            CHECK_FALSE(slips.session.settled());
            CHECK(slips.session.stats().redis.error_replies > 0);
            const std::size_t before = slips.sent.size();
            slips.run_after(500ms);
            CHECK(slips.sent.size() == before);  // not at once
            REQUIRE(slips.session.deadline(slips.now));
            CHECK(*slips.session.deadline(slips.now) > slips.now);
            for (int i = 0; i < 5; ++i) slips.run_after(1s);
            CHECK(slips.said.size() <= 3);
            slips.main.instead = nullptr;
            slips.run_after(1s);
            CAPTURE(slips.all_said());
            CHECK(slips.published("evidence_added").size() == 1);
            CHECK(slips.session.stats().evidence.acknowledged == 1);
            CHECK(slips.session.stats().evidence.refused == 0);
            CHECK(slips.session.settled());
        }
    }
}

TEST_CASE("errors of single commands within a transaction are reported") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Joined slips(generation);
        std::size_t queued = 0;
        slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
            if (words[0] == "MULTI") queued = 0;
            else ++queued;
            if (words[0] != "EXEC") return std::nullopt;
            std::vector<Answer> answers(queued - 1, Answer::integer(1));
            answers.back() = Answer::error("WRONGTYPE Operation against a key holding the wrong kind of value");
            return Answer::list(answers);
        };
        CHECK(slips.set());
        slips.run();
        CHECK(slips.times_said("Redis replied within an evidence: WRONGTYPE") == 1);
        CHECK(slips.session.stats().redis.error_replies == 1);
        CHECK(slips.session.stats().evidence.acknowledged == 1);
    }
}

TEST_CASE("current: if Redis refuses one evidence of a batch, only that one is sent again") {
    Joined slips(Generation::current);
    int transactions = 0;
    slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
        if (words[0] != "EXEC" || ++transactions != 2) return std::nullopt;
        return Answer::error(out_of_memory);
    };
    for (const char* daddr : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) CHECK(slips.set(evidence(daddr)));
    slips.run();
    CHECK(slips.published("evidence_added").size() == 2);
    slips.run_after(2s);
    CHECK(slips.published("evidence_added").size() == 3);
    CHECK(slips.main.hashes[window + "_evidence"].size() == 3);
    CHECK(slips.session.stats().evidence.acknowledged == 3);
}

// --- connections break ---------------------------------------------------------------------------------------

namespace {

/// Returns how many commands one run of two evidence sends on the main connection.
std::size_t commands_of_one_run(Generation generation) {
    Joined slips(generation);
    slips.set();
    slips.set(evidence("192.168.1.19"));
    slips.run();
    return slips.sent.size();
}

}  // namespace

TEST_CASE("the connection breaks at any point: stored exactly once, published exactly once") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        const std::size_t commands = commands_of_one_run(generation);
        REQUIRE(commands > 8);
        for (std::size_t executed = 0; executed <= commands; ++executed) {
            for (std::size_t answered = 0; answered <= executed; ++answered) {
                CAPTURE(executed);
                CAPTURE(answered);
                Joined slips(generation);
                slips.set();
                slips.set(evidence("192.168.1.19"));
                slips.session.tick(slips.now);
                for (std::size_t i = 0; i < executed; ++i) {
                    while (slips.answer_cache()) {
                    }
                    slips.answer_main(i < answered);
                }
                slips.main_lost();
                slips.run_after(300ms);  // it stays away for a while; the cache does not
                CHECK_FALSE(slips.session.settled() != (slips.session.stats().evidence.acknowledged == 2));
                slips.main_up();
                slips.run();
                slips.run_after(2s);
                REQUIRE(slips.session.settled());
                const auto& stats = slips.session.stats().evidence;
                REQUIRE(stats.acknowledged == 2);
                REQUIRE(stats.refused == 0);
                REQUIRE(slips.published("evidence_added").size() == 2);
                REQUIRE(stats.published == 2);
                if (generation == Generation::current) {
                    REQUIRE(slips.main.hashes["flows_causing_evidence"].size() == 2);
                    REQUIRE(slips.main.hashes[window + "_evidence"].size() == 2);
                    REQUIRE(slips.main.strings["number_of_evidence"] == "2");
                } else {
                    REQUIRE(stored_in(slips).size() == 2);
                }
                REQUIRE(slips.said.size() <= 1);
            }
        }
    }
}

TEST_CASE("the connection breaks again and again during the query") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        for (const bool applied : {true, false}) {
            CAPTURE(slips::to_string(generation));
            CAPTURE(applied);
            Joined slips(generation);
            slips.set();
            slips.session.tick(slips.now);
            while (slips.sent.empty() || slips.sent.back() != "EXEC") {  // all reads answered: then it is written
                while (slips.answer_cache()) {
                }
                slips.answer_main();
            }
            if (applied)
                while (slips.answer_main(false)) {
                }
            for (int i = 0; i < 3; ++i) {
                slips.main_lost();
                slips.main_up();
                slips.session.tick(slips.now);  // queries, and gets no reply
            }
            slips.forget_the_past();
            slips.main_lost();
            slips.main_up();
            slips.run();
            CHECK(slips.times_sent(generation == Generation::current ? "HEXISTS flows_causing_evidence " + id
                                                                     : "GET test_module_evidence_batch_") == 1);
            CHECK(slips.times_sent("EXEC") == (applied ? 0 : 1));
            CHECK(slips.published("evidence_added").size() == 1);
            CHECK(slips.session.stats().evidence.acknowledged == 1);
            CHECK(slips.session.stats().evidence.published == 1);
            CHECK(slips.session.settled());
        }
    }
}

TEST_CASE("the query is answered while Redis is loading: neither stored nor lost yet") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        for (const bool applied : {true, false}) {
            Joined slips(generation);
            slips.set();
            slips.session.tick(slips.now);
            while (slips.sent.empty() || slips.sent.back() != "EXEC") {
                while (slips.answer_cache()) {
                }
                slips.answer_main();
            }
            if (applied)
                while (slips.answer_main(false)) {
                }
            slips.main_lost();
            slips.main.instead = [](const Words&) {
                return Answer::error("LOADING Redis is loading the dataset in memory");
            };
            slips.main_up();
            slips.run();
            for (int i = 0; i < 3; ++i) slips.run_after(1s);
            CHECK(slips.session.stats().evidence.acknowledged == 0);
            slips.main.instead = nullptr;
            slips.run_after(1s);
            CHECK(slips.published("evidence_added").size() == 1);
            CHECK(slips.session.stats().evidence.acknowledged == 1);
        }
    }
}

TEST_CASE("evidence set during the query is sent after the evidence in doubt, in order") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Joined slips(generation);
        slips.set(evidence("10.0.0.1"));
        slips.session.tick(slips.now);
        while (slips.sent.empty() || slips.sent.back() != "EXEC") {
            while (slips.answer_cache()) {
            }
            slips.answer_main();
        }
        slips.set(evidence("10.0.0.2"));
        slips.main_lost();
        slips.set(evidence("10.0.0.3"));
        slips.main_up();
        slips.set(evidence("10.0.0.4"));
        slips.run();
        std::vector<std::string> order;
        for (const std::string& payload : slips.published("evidence_added"))
            order.push_back(nlohmann::json::parse(payload)["description"].get<std::string>().substr(33));
        CHECK(order == std::vector<std::string>{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"});
    }
}

TEST_CASE("the main connection breaks during a cache query: late answers of the cache belong to the previous batch") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        Joined slips(generation);
        slips.cache.hashes["IPsInfo:SNI"]["192.168.1.18"] = R"([{"server_name": "old.example"}])";
        slips.set();
        slips.session.tick(slips.now);
        slips.answer_main();
        slips.main_lost();
        slips.main_up();
        slips.session.tick(slips.now);  // reads again, while the first replies are still on their way
        slips.run();
        slips.set(evidence("192.168.1.19"));
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 2);
        CHECK(slips.published("evidence_added").size() == 2);
        CHECK(slips.session.settled());
        // also if they arrive before it is back
        slips.set(evidence("192.168.1.20"));
        slips.session.tick(slips.now);
        slips.main_lost();
        while (slips.answer_cache()) {
        }
        slips.main_up();
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 3);
        CHECK(slips.session.settled());
    }
}

TEST_CASE("evidence does not wait for an absent or disconnected cache") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        Joined slips(generation);
        slips.set();
        slips.session.tick(slips.now);
        while (slips.answer_main()) {
        }
        // waits for the cache's reply; legacy Slips has no facts in evidence
        CHECK(slips.main.published.empty() == (generation == Generation::current));
        slips.cache_lost();
        slips.run();
        CHECK(slips.published("evidence_added").size() == 1);
        slips.set(evidence("192.168.1.19"));
        slips.run();
        CHECK(slips.published("evidence_added").size() == 2);
        CHECK(slips.session.settled());
        slips.session.cache_up();
        slips.cache.hashes["IPsInfo:reverse_dns"]["192.168.1.18"] = "nas.local";
        slips.run();
        slips.set(evidence());
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 3);
        // an unanswered query is not stored as a known fact
        if (generation == Generation::current)
            CHECK(nlohmann::json::parse(slips.published("evidence_added")[2])["victim"]["rDNS"] == "nas.local");
    }
}

TEST_CASE("legacy: the cached value of an address is never overwritten without being read") {
    Joined slips(Generation::legacy);
    const std::string known = R"({"asn": {"number": "AS1"}, "SNI": []})";
    slips.cache.hashes["IPsInfo"]["192.168.1.12"] = known;
    SUBCASE("the cache disconnected and came back before the score was read") {
        slips.set();
        slips.session.tick(slips.now);
        while (slips.answer_main()) {
        }
        slips.cache_lost();
        slips.session.cache_up();
        slips.run();
    }
    SUBCASE("it did so between reading and writing") {
        slips.set();
        slips.session.tick(slips.now);
        while (slips.answer_main()) {
        }
        while (slips.sent_to_cache.empty() || slips.sent_to_cache.back() != "EXEC") slips.answer_cache();
        slips.cache_lost();
        slips.session.cache_up();
        slips.run();
    }
    SUBCASE("the read failed") {
        slips.cache.instead = [](const Words& words) -> std::optional<Answer> {
            if (words[0] != "HGET") return std::nullopt;
            return Answer::error("BUSY Redis is busy running a script.");
        };
        slips.set();
        slips.run();
    }
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == known);
}

TEST_CASE("what other modules write about an address while its score is stored stays") {
    for (const std::string version : {"0.9.6", "1.0.10", "1.1.12"}) {
        CAPTURE(version);
        Joined slips(version);
        slips.cache.hashes["IPsInfo"]["192.168.1.12"] = R"({"SNI": []})";
        int times = 3;
        slips.cache.meanwhile = [&](const Words& words) {
            if (words[0] != "MULTI" || times == 0) return;
            slips.cache.hashes["IPsInfo"]["192.168.1.12"] = R"({"SNI": [], "asn": )" + std::to_string(times) + "}";
            --times;
            slips.cache.touch("IPsInfo");
        };
        slips.set();
        slips.run();
        CHECK(slips.session.settled());
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.session.stats().redis.conflicts == 3);
        const auto facts = nlohmann::json::parse(slips.cache.hashes["IPsInfo"]["192.168.1.12"]);
        CHECK(facts["asn"] == 1);
        CHECK(facts.contains("score"));
    }
}

TEST_CASE("a score that other modules never let through is dropped, and one line reports it") {
    Joined slips("1.1.12");
    slips.cache.meanwhile = [&](const Words& words) {
        if (words[0] == "MULTI") slips.cache.touch("IPsInfo");
    };
    slips.set();
    slips.set(evidence("192.168.1.19"));
    slips.run();
    CHECK(slips.session.settled());
    CHECK(slips.session.stats().evidence.acknowledged == 2);
    CHECK_FALSE(slips.cache.hashes["IPsInfo"].contains("192.168.1.12"));
    CHECK(slips.times_said("other modules write into IPsInfo without pause: scores are not set") == 1);
}

/// Answers the main connection only: the cache is slower.
void run_main(SessionDriver& slips) {
    bool any = true;
    while (any) {
        slips.session.tick(slips.now);
        any = false;
        while (slips.answer_main()) any = true;
    }
}

TEST_CASE("new profiles do not conflict with the score that is being stored on the same connection") {
    Joined slips("1.1.10");
    slips.main.sorted_sets["profiles"].clear();
    slips.set();
    slips.run();  // what the cache knows about both addresses is known from here on
    slips.sent_to_cache.clear();
    for (int i = 0; i < 30; ++i) {
        auto from_another = context();
        from_another.profileid = "profile_192.168.2." + std::to_string(i);
        CHECK(slips.session.set_evidence(from_another, local_connection("192.168.1.18")));
        run_main(slips);
        for (int replies = 0; replies < 2; ++replies)
            slips.answer_cache();  // so transactions overlap with what follows
    }
    slips.run();
    CHECK(slips.session.settled());
    CHECK(slips.session.stats().evidence.acknowledged == 31);
    CHECK(slips.session.stats().redis.conflicts == 0);
    CHECK(slips.cache.hashes["IPsInfo"].size() == 31);
    CHECK(slips.cache.hashes["IPsInfo"]["192.168.2.29"] == R"({"score": 0, "confidence": 0.05})");
    CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == R"({"score": 0.8, "confidence": 0.8})");
}

TEST_CASE("a new profile whose evidence scores no address is created without WATCH, and if others never stop writing") {
    Joined slips("1.1.10");
    slips.main.sorted_sets["profiles"].clear();
    auto about_a_domain = evidence();
    about_a_domain.attacker = "evil.example";
    SUBCASE("no score") { slips.set(about_a_domain); }
    SUBCASE("contended") {
        slips.cache.meanwhile = [&](const Words& words) {
            if (words[0] == "MULTI") slips.cache.touch("IPsInfo");
        };
        slips.set();
    }
    slips.run();
    CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == R"({"score": 0, "confidence": 0.05})");
}

TEST_CASE("nothing is written into the object of an address if Redis refuses WATCH") {
    for (const char* refusal : {"NOPERM this user has no permissions to run the 'watch' command",
                                "BUSY Redis is busy running a script.", out_of_memory}) {
        CAPTURE(refusal);
        for (const std::string version : {"0.9.6", "1.0.10", "1.1.10"}) {
            CAPTURE(version);
            Joined slips(version);
            slips.main.sorted_sets["profiles"].clear();
            const std::string known = R"({"SNI": []})";
            slips.cache.hashes["IPsInfo"]["192.168.1.12"] = known;
            slips.cache.instead = [&](const Words& words) -> std::optional<Answer> {
                if (words[0] != "WATCH") return std::nullopt;
                return Answer::error(refusal);
            };
            slips.set();
            slips.run();
            CHECK(slips.session.settled());
            CHECK(slips.session.stats().evidence.acknowledged == 1);
            CHECK(slips.session.stats().redis.error_replies == 1);
            CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == known);
            CHECK(slips.sent_to_cache.back() == "HGET IPsInfo 192.168.1.12");
            CHECK(slips.times_said("Redis refuses to WATCH IPsInfo: scores are not set") == 1);
            slips.cache.instead = nullptr;  // later evidence sets the score
            slips.set(evidence("192.168.1.19"));
            slips.run();
            CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"].find("score") != std::string::npos);
        }
    }
}

TEST_CASE(
    "a score that is being stored when another Slips follows is dropped, and later ones are of the right address") {
    for (const auto& [first, second] : {std::pair("1.0.12", "1.0.10"), {"1.0.10", "1.0.12"}, {"1.1.8", "1.1.10"}}) {
        const std::string label = std::string(first) + " " + second;
        CAPTURE(label);
        SessionDriver slips;
        slips.main.hashes["analysis"]["slips_version"] = first;
        slips.main.sorted_sets["tws" + profile]["timewindow1"] = "1654188705.5";
        slips.connect();
        slips.session.set_evidence(context(), evidence());
        slips.run();
        slips.sent_to_cache.clear();
        const std::string score = slips.cache.hashes["IPsInfo"]["192.168.1.12"];
        slips.cache.hashes["IPsInfo"]["192.168.1.12"] = R"({"asn": "of the first"})";
        slips.session.set_evidence(context(), evidence("192.168.1.18"));
        run_main(slips);
        while (slips.answer_cache() && slips.sent_to_cache.back().rfind("HGET IPsInfo", 0) != 0) {
        }
        slips.main.hashes["analysis"]["slips_version"] = second;
        slips.push("new_flow", current_flow("C1", "1.1.22"));  // another version: the module asks
        for (int i = 0; i < 3; ++i) {
            slips.advance(1s);
            run_main(slips);
        }
        CHECK(slips.session.slips_version() == second);
        slips.run();
        CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"] == R"({"asn": "of the first"})");
        CHECK(std::count(slips.sent_to_cache.begin(), slips.sent_to_cache.end(), "MULTI") == 0);

        slips.cache.hashes["IPsInfo"].clear();
        slips.session.set_evidence(context(), evidence("192.168.1.19"));
        slips.run();
        CHECK(slips.session.settled());
        CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"].find("asn") == std::string::npos);
        CHECK(slips.cache.hashes["IPsInfo"]["192.168.1.12"].find("score") != std::string::npos);
    }
}

TEST_CASE("errors and invalid values of the cache only leave facts out") {
    Joined slips(Generation::current);
    slips.cache.hashes["IPsInfo:asn"]["192.168.1.18"] = "no JSON";
    slips.cache.hashes["IPsInfo:SNI"]["192.168.1.18"] = std::string(100'000, '[');
    slips.cache.hashes["IPsInfo:threatintelligence"]["192.168.1.18"] = R"({"source": 5})";
    slips.cache.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "HGET" || words[1] != "IPsInfo:reverse_dns") return std::nullopt;
        return Answer::error("WRONGTYPE Operation against a key holding the wrong kind of value");
    };
    slips.set();
    slips.run();
    CHECK(slips.times_said("Redis replied: WRONGTYPE") == 1);
    const auto victim = nlohmann::json::parse(slips.published("evidence_added").at(0))["victim"];
    for (const char* fact : {"AS", "rDNS", "SNI", "TI"}) CHECK(victim[fact].is_null());
}

TEST_CASE("evidence that could not be stored in time is counted as lost") {
    Joined slips(Generation::current);
    slips.main.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "EXEC") return std::nullopt;
        return Answer::error(out_of_memory);
    };
    slips.set();
    slips.set(evidence("192.168.1.19"));
    slips.run();
    slips.session.request_stop("SIGTERM");
    slips.run();
    CHECK_FALSE(slips.session.settled());
    slips.session.abandon();
    CHECK(slips.session.stats().evidence.lost == 2);
}

TEST_CASE("evidence set by handlers, timers and posted functions is sent with the batch") {
    Joined slips(Generation::current);
    slips.module.on_flow = [&](const slips::NewFlow& msg) { slips.session.set_evidence(msg, local_connection()); };
    slips.push("new_flow", current_flow());
    slips.session.post([&] { slips.set(evidence("10.0.0.2")); });
    slips.session.every(1s, [&] { slips.set(evidence("10.0.0.3")); });
    slips.run_after(1100ms);
    CHECK(slips.published("evidence_added").size() == 3);
}

TEST_CASE("back-pressure: no more is read from a Redis slower than the module until it has caught up") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Joined slips(generation);
        CHECK_FALSE(slips.session.congested(slips.now));
        for (std::size_t i = 0; i < 2 * slips::detail::Outbox::batch_size; ++i)
            slips.set(evidence("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
        CHECK(slips.session.congested(slips.now));
        slips.main_lost();
        CHECK_FALSE(slips.session.congested(slips.now));  // reading resumes: pending evidence has its own limit
        slips.main_up();
        slips.run();
        CHECK_FALSE(slips.session.congested(slips.now));
        CHECK(slips.published("evidence_added").size() == 2 * slips::detail::Outbox::batch_size);
    }
}

// --- keys with foreign content --------------------------------------------------------------------------------

namespace {

/// Replaces a key by foreign content.
void poison(slips_test::FakeRedis& redis, const std::string& key) {
    redis.hashes.erase(key);
    redis.sorted_sets.erase(key);
    redis.strings.erase(key);
    if (key == "number_of_evidence") redis.strings[key] = "many";
    else redis.sets[key] = {"poison"};
    redis.touch(key);
}

slips::Context in_window(int number) {
    slips::Context other = context();
    other.twid = "timewindow" + std::to_string(number);
    return other;
}

std::size_t stored_of(SessionDriver& slips, int number) {
    return slips.main.hashes[profile + "_timewindow" + std::to_string(number) + "_evidence"].size();
}

/// Accepted evidence is acknowledged, given up, lost, or still pending.
void check_sum(const SessionDriver& slips) {
    const auto& stats = slips.session.stats().evidence;
    CHECK(slips.session.settled());
    CHECK(stats.accepted == stats.acknowledged + stats.given_up + stats.lost);
}

/// Runs everything up to EXEC, whose reply never arrives; then the connection breaks. `executed`: EXEC as well.
void break_while_writing(SessionDriver& slips, bool executed) {
    slips.session.tick(slips.now);
    while (slips.sent.empty() || slips.sent.back() != "EXEC") {
        while (slips.answer_cache()) {
        }
        slips.answer_main();
    }
    if (executed)
        while (slips.answer_main(false)) {
        }
    slips.main_lost();
}

}  // namespace

TEST_CASE("current: evidence of a window whose key has foreign content is given up before any of it is published") {
    Joined slips(Generation::current);
    poison(slips.main, window + "_evidence");
    for (int i = 0; i < 3; ++i) {
        CHECK(slips.session.set_evidence(in_window(1), evidence("10.0.0." + std::to_string(i))));
        CHECK(slips.session.set_evidence(in_window(2), evidence("10.0.1." + std::to_string(i))));
    }
    slips.run();
    CHECK(slips.published("evidence_added").size() == 3);
    CHECK(stored_of(slips, 2) == 3);
    CHECK(slips.main.hashes["flows_causing_evidence"].size() == 3);
    CHECK(slips.main.strings["number_of_evidence"] == "3");
    CHECK(slips.session.stats().evidence.acknowledged == 3);
    CHECK(slips.session.stats().evidence.published == 3);
    CHECK(slips.session.stats().evidence.given_up == 3);
    CHECK(slips.times_said("evidence given up: " + window +
                           "_evidence in Redis is not the hash that Slips keeps there; "
                           "delete the key") == 1);
    // repaired
    slips.main.sets.clear();
    CHECK(slips.set());
    slips.run();
    CHECK(stored_of(slips, 1) == 1);
    check_sum(slips);
}

TEST_CASE("current: a key poisoned between reading and EXEC: evidence published but not stored is not acknowledged") {
    Joined slips(Generation::current);
    slips.main.meanwhile = [&](const Words& words) {
        if (words[0] == "EXEC") poison(slips.main, window + "_evidence");
    };
    CHECK(slips.set());
    slips.run();
    CHECK(slips.published("evidence_added").size() == 1);
    CHECK(slips.session.stats().evidence.published == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 0);
    CHECK(slips.session.stats().evidence.given_up == 1);
    // the next one queries, however short the time
    CHECK(slips.set(evidence("192.168.1.19")));
    slips.run();
    CHECK(slips.published("evidence_added").size() == 1);
    CHECK(slips.session.stats().evidence.given_up == 2);
    check_sum(slips);
}

TEST_CASE("current: evidence neither stored nor published within EXEC is tried again") {
    Joined slips(Generation::current);
    const std::string denied =
        "NOPERM ACL rules changed between the moment the transaction was accumulated and the EXEC call.";
    slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
        if (words[0] != "EXEC") return std::nullopt;
        return Answer::list(std::vector<Answer>(7, Answer::error(denied)));
    };
    CHECK(slips.set());
    slips.run();
    CHECK(slips.session.stats().evidence.acknowledged == 0);
    CHECK_FALSE(slips.session.settled());
    slips.main.instead = nullptr;
    slips.run_after(2s);
    CHECK(slips.published("evidence_added").size() == 1);
    CHECK(stored_of(slips, 1) == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    check_sum(slips);
}

TEST_CASE("current: after a reconnect a poisoned key delays only evidence that belongs to it") {
    const std::string flows = "flows_causing_evidence";
    const std::string of_window = window + "_evidence";
    for (const bool executed : {true, false}) {
        for (const auto& poisoned : {std::vector{of_window}, std::vector{flows}, std::vector{of_window, flows}}) {
            CAPTURE(executed);
            CAPTURE(poisoned.front());
            CAPTURE(poisoned.size());
            Joined slips(Generation::current);
            CHECK(slips.session.set_evidence(in_window(1), evidence("10.0.0.1")));
            CHECK(slips.session.set_evidence(in_window(2), evidence("10.0.0.2")));
            break_while_writing(slips, executed);
            for (const std::string& key : poisoned) poison(slips.main, key);
            for (int i = 0; i < 100; ++i)
                CHECK(slips.session.set_evidence(in_window(3), evidence("10.0.1." + std::to_string(i))));
            slips.main_up();
            slips.run();
            slips.run_after(2s);
            const bool window_is_gone = poisoned.front() == of_window;
            const auto& stats = slips.session.stats().evidence;
            CHECK(stored_of(slips, 3) == 100);
            CHECK(stored_of(slips, 2) == 1);
            CHECK(stats.given_up == (window_is_gone ? 1 : 0));
            CHECK(stats.acknowledged == (window_is_gone ? 101 : 102));
            CHECK(slips.published("evidence_added").size() == (window_is_gone && !executed ? 101 : 102));
            check_sum(slips);
        }
    }
}

TEST_CASE("current: any other key with foreign content costs the values that belong in it, and nothing more") {
    for (const std::string key : {"profiles", "profile_192.168.1.12", "number_of_evidence", "msgs_published_at_runtime",
                                  "flows_causing_evidence"}) {
        CAPTURE(key);
        Joined slips(Generation::current);
        poison(slips.main, key);
        for (int i = 0; i < 10; ++i) CHECK(slips.set(evidence("10.0.0." + std::to_string(i))));
        slips.run();
        CHECK(stored_of(slips, 1) == 10);
        CHECK(slips.published("evidence_added").size() == 10);
        CHECK(slips.session.stats().evidence.acknowledged == 10);
        CHECK(slips.session.stats().evidence.given_up == 0);
        CHECK(slips.session.stats().redis.error_replies > 0);
    }
    for (const std::string key : {"IPsInfo:asn", "IPsInfo:SNI", "IPsInfo:score", "IPsInfo:confidence", "DomainsInfo"}) {
        CAPTURE(key);
        Joined slips(Generation::current);
        poison(slips.cache, key);
        auto of_a_domain = evidence();
        of_a_domain.attacker = "evil.example";
        CHECK(slips.set());
        CHECK(slips.set(of_a_domain));
        slips.run();
        CHECK(slips.published("evidence_added").size() == 2);
        CHECK(slips.session.stats().evidence.acknowledged == 2);
    }
}

TEST_CASE("legacy: a key with foreign content costs the values that belong in it, and nothing more") {
    const std::string beside = "profile_192.168.1.77";
    for (const std::string& key : {window, "tws" + profile, "evidence" + profile, std::string("PIDs")}) {
        CAPTURE(key);
        Joined slips(Generation::legacy);
        slips.main.sorted_sets["tws" + beside]["timewindow1"] = "1654188705.5";
        poison(slips.main, key);
        auto other = context();
        other.profileid = beside;
        for (int i = 0; i < 5; ++i) {
            CHECK(slips.set(evidence("10.0.0." + std::to_string(i))));
            CHECK(slips.session.set_evidence(other, evidence("10.0.0." + std::to_string(i))));
        }
        slips.run();
        const bool lost = key == window || key == "tws" + profile;
        CHECK(slips.published("evidence_added").size() == (lost ? 5 : 10));
        CHECK(slips.session.stats().evidence.acknowledged == (lost ? 5 : 10));
        CHECK(slips.session.stats().evidence.given_up == (lost ? 5 : 0));
        CHECK(slips.times_said("evidence given up: " + (key == window ? "the evidence of " + window : key)) ==
              (lost ? 1 : 0));
        check_sum(slips);
    }
    Joined slips(Generation::legacy);
    poison(slips.cache, "IPsInfo");
    CHECK(slips.set());
    slips.run();
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    CHECK(slips.cache.sets.contains("IPsInfo"));
}

TEST_CASE("legacy: evidence that Redis did not store within EXEC is not acknowledged") {
    Joined slips(Generation::legacy);
    slips.main.sorted_sets["tws" + profile]["timewindow2"] = "1";
    std::size_t queued = 0;
    slips.main.instead = [&](const Words& words) -> std::optional<Answer> {
        if (words[0] == "MULTI") queued = 0;
        else ++queued;
        if (words[0] != "EXEC") return std::nullopt;
        std::vector<Answer> answers(queued - 1, Answer::integer(1));
        answers[0] = Answer::error("WRONGTYPE Operation against a key holding the wrong kind of value");
        return Answer::list(answers);
    };
    CHECK(slips.set());
    CHECK(slips.session.set_evidence(in_window(2), evidence("10.0.0.1")));
    slips.run();
    CHECK(slips.session.stats().evidence.given_up == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
    CHECK(slips.times_said("evidence given up: Redis did not store it in " + window) == 1);
    check_sum(slips);
}

TEST_CASE(
    "legacy: after a reconnect with an overwritten marker, evidence in doubt is given up, and the rest continues") {
    for (const bool executed : {true, false}) {
        Joined slips(Generation::legacy);
        CHECK(slips.set());
        break_while_writing(slips, executed);
        std::vector<std::string> keys;
        for (const auto& [key, value] : slips.main.strings) keys.push_back(key);
        if (!executed) keys.push_back(slips.sent[slips.sent.size() - 2].substr(4, 64));
        for (std::string key : keys) poison(slips.main, key.substr(0, key.find(' ')));
        for (int i = 0; i < 100; ++i) CHECK(slips.set(evidence("10.0.0." + std::to_string(i))));
        slips.main_up();
        slips.run();
        CHECK(slips.session.stats().evidence.given_up == 1);
        CHECK(slips.session.stats().evidence.acknowledged == 100);
        CHECK(slips.times_said("evidence given up: it is unknown whether Redis has stored it") == 1);
        CHECK(stored_in(slips).size() == (executed ? 101 : 100));
        check_sum(slips);
    }
}

// --- commands of a lost connection arrive late ----------------------------------------------------------------

TEST_CASE("the client whose evidence is in doubt is disconnected before Redis is queried for it") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        Joined slips(generation);
        slips.main.client_id = 20;
        slips.main_lost();  // with nothing in doubt
        slips.main_up();
        slips.run();
        CHECK(slips.times_sent("CLIENT KILL") == 0);
        CHECK(slips.set());
        break_while_writing(slips, false);
        slips.main_up();
        slips.forget_the_past();
        slips.run();
        CHECK(slips.times_sent("CLIENT KILL ID 21") == 1);
        CHECK(slips.times_sent("CLIENT KILL") == 1);
        const auto place = [&](std::string_view begin) {
            return std::find_if(slips.sent.begin(), slips.sent.end(),
                                [&](const std::string& line) { return line.starts_with(begin); }) -
                   slips.sent.begin();
        };
        CHECK(place("CLIENT KILL") < place(generation == Generation::current ? "HEXISTS" : "GET test_module"));
        CHECK(place("INFO server") < place("CLIENT KILL"));
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.session.settled());
        // once is enough
        slips.main_lost();
        slips.main_up();
        slips.run();
        CHECK(slips.times_sent("CLIENT KILL") == 1);
    }
}

TEST_CASE(
    "every lost client with evidence in doubt is disconnected, also if the connection breaks again during the query") {
    Joined slips(Generation::current);
    slips.main.client_id = 20;
    slips.main_lost();
    slips.main_up();
    slips.run();
    CHECK(slips.set());
    break_while_writing(slips, false);
    slips.main_up();
    slips.session.tick(slips.now);
    for (int i = 0; i < 3; ++i) slips.answer_main();
    slips.main_lost();
    slips.main_up();
    slips.forget_the_past();
    slips.run();
    CHECK(slips.times_sent("CLIENT KILL ID 21") == 1);
    CHECK(slips.times_sent("CLIENT KILL ID 22") == 1);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
}

TEST_CASE("no client is disconnected if its id may be another's: another run of the server, or unknown ids or runs") {
    const auto refuse = [](const char* first, const char* second) {
        return [=](const Words& words) -> std::optional<Answer> {
            if (words[0] != first || (words.size() > 1 && words[1] != second)) return std::nullopt;
            return Answer::error("NOPERM this user has no permissions to run the command");
        };
    };
    const auto check = [](auto&& before, auto&& after) {
        Joined slips(Generation::current);
        before(slips);
        slips.main_lost();
        slips.main_up();
        slips.run();
        CHECK(slips.set());
        break_while_writing(slips, true);
        slips.main.instead = nullptr;
        after(slips);
        slips.main_up();
        slips.run();
        CHECK(slips.times_sent("CLIENT KILL") == 0);
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.published("evidence_added").size() == 1);
        CHECK(slips.said.empty());
    };
    const auto nothing = [](Joined&) {};
    check(nothing, [](Joined& slips) { slips.main.run_id = "another run"; });
    check(nothing, [](Joined& slips) { slips.main.run_id = ""; });
    check(nothing, [&](Joined& slips) { slips.main.instead = refuse("INFO", "server"); });
    check([&](Joined& slips) { slips.main.instead = refuse("INFO", "server"); }, nothing);
    check([&](Joined& slips) { slips.main.instead = refuse("CLIENT", "ID"); }, nothing);
    // two runs later an id of the first is no longer remembered
    Joined slips(Generation::current);
    CHECK(slips.set());
    break_while_writing(slips, true);
    slips.main.run_id = "another run";
    slips.main_up();
    for (int i = 0; i < 4; ++i) slips.answer_main();
    slips.main_lost();
    slips.main.run_id = "the first run";
    slips.main_up();
    slips.run();
    CHECK(slips.times_sent("CLIENT KILL") == 0);
}

TEST_CASE("a Redis that refuses to disconnect the old client is queried all the same, and one line reports it") {
    Joined slips(Generation::current);
    slips.main.instead = [](const Words& words) -> std::optional<Answer> {
        if (words[0] != "CLIENT" || words[1] != "KILL") return std::nullopt;
        return Answer::error("NOPERM this user has no permissions to run the 'client|kill' command");
    };
    for (int i = 0; i < 2; ++i) {
        CHECK(slips.set(evidence("10.0.0." + std::to_string(i))));
        break_while_writing(slips, true);
        slips.main_up();
        slips.run();
    }
    CHECK(slips.session.stats().evidence.acknowledged == 2);
    CHECK(slips.published("evidence_added").size() == 2);
    CHECK(slips.times_said("Redis does not let the module end its old connection (NOPERM") == 1);
    CHECK(slips.session.settled());
}

// --- the database is emptied --------------------------------------------------------------------------------

TEST_CASE("FLUSHALL before any command: later evidence is stored and published once, flushed evidence is given up") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        const std::size_t commands = commands_of_one_run(generation);
        for (std::size_t before = 0; before <= commands; ++before) {
            CAPTURE(before);
            Joined slips(generation);
            CHECK(slips.set());
            CHECK(slips.set(evidence("192.168.1.19")));
            slips.session.tick(slips.now);
            for (std::size_t i = 0; i < before; ++i) {
                while (slips.answer_cache()) {
                }
                slips.answer_main();
            }
            const std::size_t stored_before = slips.session.stats().evidence.acknowledged;
            // beside a transaction, not in it
            slips_test::FakeRedis& redis = slips.main;
            const bool conflicts = redis.type_of("tws" + profile) != "none";
            redis.hashes.clear(), redis.sorted_sets.clear(), redis.strings.clear();
            if (conflicts) redis.touch("tws" + profile);
            slips.run();
            slips.run_after(2s);
            const auto& stats = slips.session.stats().evidence;
            CHECK(slips.published("evidence_added").size() == stats.acknowledged);
            if (generation == Generation::current) {
                CHECK(stats.acknowledged == 2);
                CHECK(stored_of(slips, 1) == 2 - stored_before);
            } else {
                CHECK(stats.acknowledged ==
                      stored_before);  // legacy Slips cannot read evidence of a window that is gone
                CHECK(stats.given_up == 2 - stored_before);
                CHECK_FALSE(slips.main.hashes.contains(window));
            }
            check_sum(slips);
        }
    }
}
