// The commands that set evidence, as in Slips: see evidence_sequences.hpp. The same test against real servers is
// tests/integration/test_evidence_sequences.cpp.
#include "evidence_sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evidence_releases.hpp"
#include "evidence_scenarios.hpp"
#include "session_driver.hpp"

using slips_test::Sequence;
using slips_test::SessionDriver;

namespace {

/// A module connected to a Slips that contains what the sequence starts with.
struct Joined : SessionDriver {
    explicit Joined(const Sequence& sequence) : SessionDriver(in(sequence)) {
        for (const std::string& command : sequence.main_holds) main.execute(slips_test::words_of(command));
        for (const std::string& command : sequence.cache_holds) cache.execute(slips_test::words_of(command));
        connect();
        sent.clear();
        sent_to_cache.clear();
    }
    static slips::SessionSettings in(const Sequence& sequence) {
        auto with = settings();
        with.slips_version = sequence.version;
        return with;
    }
    bool set(const Sequence& sequence) {
        const bool accepted = session.set_evidence(slips_test::context_of_scenarios(),
                                                   slips_test::evidence_of_scenario(sequence.scenario));
        run();
        return accepted;
    }
    /// Sets it and loses the connection after Redis has stored it, before the reply arrives.
    void carried_out_unheard(const Sequence& sequence) {
        CHECK(session.set_evidence(slips_test::context_of_scenarios(),
                                   slips_test::evidence_of_scenario(sequence.scenario)));
        session.tick(now);
        while (sent.empty() || sent.back() != "EXEC") {
            while (answer_cache()) {
            }
            answer_main();
        }
        while (answer_main(false)) {
        }
        main_lost();
    }
};

}  // namespace

TEST_CASE("evidence is set by the commands that Slips uses, in their order, in three phases") {
    const auto check = [](const Sequence& sequence) {
        CAPTURE(sequence.name);
        Joined slips(sequence);
        CHECK(slips.set(sequence) == !sequence.main.empty());
        const auto expected = slips_test::sent_to_main(sequence, "test_module");
        const auto sent = slips_test::without_times(slips_test::without_uuids(slips.sent));
        for (std::size_t i = 0; i < std::min(sent.size(), expected.size()); ++i) CHECK(sent[i] == expected[i]);
        CHECK(sent.size() == expected.size());
        CHECK(slips.sent_to_cache == slips_test::in_phases(sequence.cache, sequence, "test_module"));
        CHECK(slips.session.settled());
    };
    for (const Sequence& sequence : slips_test::all_sequences()) check(sequence);
    for (const std::string& release : slips_test::releases)
        for (const Sequence& sequence : slips_test::sequences_of(release)) check(sequence);
}

TEST_CASE("a disabled type sends nothing, not even the profile, which Slips creates before it checks") {
    for (const Sequence& sequence : slips_test::all_sequences()) {
        if (sequence.scenario != "the usual") continue;
        CAPTURE(sequence.name);
        Joined slips(sequence);
        std::string error;
        const auto config = slips::Config::parse(
            !sequence.typed() ? R"({"DisabledAlerts": {"disabled_detections": "[ConnectionToPrivateIP]"}})"
                              : R"({"DisabledAlerts": {"disabled_detections": ["CONNECTION_TO_PRIVATE_IP"]}})",
            error);
        REQUIRE(config);
        slips.session.configure(*config);
        CHECK_FALSE(slips.set(sequence));
        CHECK(slips.sent.empty());
        CHECK(slips.sent_to_cache.empty());
    }
}

TEST_CASE("current: the address of a domain is queried once in a while, and not if its AS is known") {
    for (const Sequence& sequence : slips_test::sequences_of_current()) {
        if (sequence.scenario != "a domain attacks") continue;
        Joined slips(sequence);
        CHECK(slips.set(sequence));
        CHECK(slips.set(sequence));
        CHECK(slips.sent_to_cache.size() == 7);  // all of it for the first
        slips.advance(std::chrono::seconds(10));
        slips.sent_to_cache.clear();
        auto about_the_address = slips_test::evidence_of_scenario("a domain attacks");
        about_the_address.victim = "203.0.113.9";
        CHECK(slips.session.set_evidence(slips_test::context_of_scenarios(), about_the_address));
        slips.run();
        CHECK(slips.sent_to_cache.size() == 6);  // five of the address, which the domain then has, and the domain
        const auto object = nlohmann::json::parse(slips.published("evidence_added").back());
        CHECK(object["attacker"]["AS"]["number"] == "AS64500");
        CHECK(object["victim"]["AS"]["number"] == "AS64500");
    }
}

TEST_CASE("current: a domain without an address, or with an unknown one, has no AS") {
    for (const char* domain : {R"({"IPs": []})", R"({"IPs": [5]})", R"({"IPs": "203.0.113.9"})", "{}", "no JSON",
                               R"({"IPs": ["203.0.113.7"]})"}) {
        CAPTURE(domain);
        for (const Sequence& sequence : slips_test::sequences_of_current()) {
            if (sequence.scenario != "a domain attacks") continue;
            Joined slips(sequence);
            slips.cache.hashes["DomainsInfo"]["evil.example"] = domain;
            CHECK(slips.set(sequence));
            REQUIRE(slips.published("evidence_added").size() == 1);
            CHECK(nlohmann::json::parse(slips.published("evidence_added")[0])["attacker"]["AS"].is_null());
        }
    }
}

TEST_CASE("current: evidence does not wait if the cache disconnects while a domain's address is queried") {
    for (const Sequence& sequence : slips_test::sequences_of_current()) {
        if (sequence.scenario != "a domain attacks") continue;
        Joined slips(sequence);
        CHECK(slips.session.set_evidence(slips_test::context_of_scenarios(),
                                         slips_test::evidence_of_scenario(sequence.scenario)));
        slips.session.tick(slips.now);
        while (slips.answer_main()) {
        }
        for (int i = 0; i < 6; ++i) REQUIRE(slips.answer_cache());
        CHECK(slips.published("evidence_added").empty());
        slips.cache_lost();
        slips.run();
        CHECK(slips.published("evidence_added").size() == 1);
        CHECK(slips.session.settled());
        slips.session.cache_up();
        slips.run();
        CHECK(slips.set(sequence));
        CHECK(nlohmann::json::parse(slips.published("evidence_added")[1])["attacker"]["AS"]["number"] == "AS64500");
    }
}

TEST_CASE("current: after a reconnect either hash proves that evidence is stored, as each may have lost it") {
    const std::string window = "profile_192.168.1.12_timewindow1_evidence";
    for (const std::string& forgotten : {std::string("flows_causing_evidence"), window, std::string()}) {
        CAPTURE(forgotten);
        const Sequence sequence = slips_test::sequences_of_current().front();
        Joined slips(sequence);
        slips.carried_out_unheard(sequence);
        if (forgotten.empty()) slips.main.hashes.clear();  // another Redis
        else slips.main.hashes.erase(forgotten);
        slips.main_up();
        slips.run();
        CHECK(slips.session.settled());
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.session.stats().evidence.published == 1);
        CHECK(slips.published("evidence_added").size() == (forgotten.empty() ? 2 : 1));
    }
}

TEST_CASE("current: evidence is neither stored nor lost while the remaining hash cannot be queried") {
    const std::string window = "profile_192.168.1.12_timewindow1_evidence";
    const Sequence sequence = slips_test::sequences_of_current().front();
    for (const std::string& silent : {std::string("flows_causing_evidence"), window}) {
        CAPTURE(silent);
        Joined slips(sequence);
        slips.carried_out_unheard(sequence);
        slips.main.hashes.erase(silent == window ? "flows_causing_evidence" : window);
        slips.main.instead = [&](const slips_test::Words& words) -> std::optional<slips_test::Answer> {
            if (words[0] != "HEXISTS" || words[1] != silent) return std::nullopt;
            return slips_test::Answer::error("BUSY Redis is busy running a script.");
        };
        slips.main_up();
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 0);
        slips.main.instead = nullptr;
        slips.run_after(std::chrono::seconds(2));
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.published("evidence_added").size() == 1);
    }
}

TEST_CASE("before 1.0.11: evidence that another module writes meanwhile is kept, in each release") {
    const std::string window = "profile_192.168.1.12_timewindow1";
    for (const std::string& release : slips_test::releases) {
        if (!slips_test::before(release, "1.0.11")) continue;
        CAPTURE(release);
        const Sequence sequence = slips_test::sequences_of(release).front();
        Joined slips(sequence);
        std::string& held = slips.main.hashes[window]["Evidence"];
        int transactions = 0;
        slips.main.meanwhile = [&](const slips_test::Words& words) {
            if (words[0] != "EXEC" || ++transactions > 2) return;
            held.insert(held.size() - 1, R"(, "theirs )" + std::to_string(transactions) + R"(": "{}")");
            slips.main.touch(window);
        };
        CHECK(slips.set(sequence));
        const auto object = nlohmann::json::parse(held);
        CHECK(object.size() == 4);
        for (const char* theirs : {"another", "theirs 1", "theirs 2"}) CHECK(object.contains(theirs));
        CHECK(slips.session.stats().redis.conflicts == 2);
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(slips.published("evidence_added").size() == 1);
    }
}

// --- 0.9.6 to 1.1.12: earlier threat levels ----------------------------------------------------------------------------

namespace {

/// A module in a release that keeps earlier threat levels; its evidence is about the address of its profile.
struct WithHistory : Joined {
    explicit WithHistory(const std::string& of) : Joined(sequence_of(of)), release(of) {}
    static Sequence sequence_of(const std::string& release) { return slips_test::sequences_of(release).front(); }

    void set_level(slips::ThreatLevel level, double confidence = 0.8) {
        auto evidence = slips_test::evidence_of_scenario("the usual");
        evidence.threat_level = level;
        evidence.confidence = confidence;
        evidence.description += " " + std::to_string(++number);
        CHECK(session.set_evidence(slips_test::context_of_scenarios(), evidence));
    }
    std::string& stored(const char* field = "past_threat_levels") { return main.hashes["profile_192.168.1.12"][field]; }
    /// Returns the levels of the history.
    std::vector<std::string> levels() {
        std::vector<std::string> words;
        for (const auto& entry : nlohmann::json::parse(stored())) {
            const bool is_word = entry.is_string();
            words.push_back(is_word ? entry.get<std::string>() : entry.at(0).get<std::string>());
        }
        return words;
    }

    std::string release;
    int number = 0;
};

const std::vector<std::string> releases_with_history{"0.9.6", "1.0.0", "1.0.10", "1.0.12", "1.1.3", "1.1.12"};
using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("an earlier threat level is replaced by one that says the same, from 1.0.0 on") {
    using slips::ThreatLevel;
    for (const bool at_once : {false, true}) {
        for (const std::string& release : releases_with_history) {
            CAPTURE(release);
            CAPTURE(at_once);
            WithHistory slips(release);
            for (const auto& [level, confidence] : {std::pair{ThreatLevel::high, 0.8},
                                                    {ThreatLevel::high, 0.8},
                                                    {ThreatLevel::high, 0.5},
                                                    {ThreatLevel::low, 0.5},
                                                    {ThreatLevel::high, 0.5}}) {
                slips.set_level(level, confidence);
                if (!at_once) slips.run_after(std::chrono::seconds(10));
            }
            slips.run();
            CHECK(slips.levels() == (release == "0.9.6"   ? Words{"high", "high", "high", "low", "high"}
                                     : release == "1.0.0" ? Words{"high", "low", "high"}
                                                          : Words{"high", "high", "low", "high"}));
            if (release == "0.9.6") CHECK(nlohmann::json::parse(slips.stored("threat_levels_update_time")).size() == 5);
        }
    }
}

TEST_CASE("earlier threat levels of another writer are kept, in the bytes in which Redis holds them") {
    for (const std::string& release : releases_with_history) {
        CAPTURE(release);
        const bool replaces = !slips_test::before(release, "1.0.1");
        const std::string before_last = R"([ ["low","then"] , )";
        const std::string last = R"(["high" , "\u00fc", "confidence: 0.8"])";
        const std::string odd = R"([["a"], 5)",
                          odd_text = R"([["high", "[\"high\", \"x\", \"confidence: 0.8\"]", "other"])";
        const std::pair<std::string, std::string> cases[] = {
            {before_last + last + " ]", replaces ? before_last : before_last + last},
            {odd + "]", odd},
            {odd_text + "]", odd_text}};
        for (const auto& each : cases) {
            const std::string& theirs = each.first;
            const std::string& kept = each.second;
            CAPTURE(theirs);
            WithHistory slips(release);
            slips.stored() = theirs;
            slips.stored("threat_levels_update_time") = "[1.50]";
            slips.set_level(slips::ThreatLevel::high);
            slips.run();
            CHECK(slips.stored().starts_with(kept));
            const bool is_replaced = replaces && kept == before_last;
            CHECK(nlohmann::json::parse(slips.stored()).size() ==
                  nlohmann::json::parse(theirs).size() + (is_replaced ? 0 : 1));
            if (release == "0.9.6") CHECK(slips.stored("threat_levels_update_time").starts_with("[1.50, "));
        }
    }
}

TEST_CASE("earlier threat levels that are no list begin anew, for Slips' own writers would fail with them") {
    for (const std::string& release : releases_with_history) {
        CAPTURE(release);
        for (const std::string& theirs :
             {std::string("[]"), std::string("{}"), std::string("no JSON"), std::string("5"), std::string("[\"a\""),
              std::string("[] ]"), std::string(100, '[') + std::string(100, ']')}) {
            CAPTURE(theirs);
            WithHistory slips(release);
            slips.stored() = theirs;
            slips.stored("threat_levels_update_time") = theirs;
            slips.set_level(slips::ThreatLevel::high);
            slips.run();
            CHECK(slips.levels() == Words{"high"});
            CHECK(slips.session.stats().evidence.acknowledged == 1);
        }
    }
}

TEST_CASE("earlier threat levels that cannot be read, or are too long, are left alone") {
    for (const std::string& release : releases_with_history) {
        CAPTURE(release);
        WithHistory slips(release);
        slips.stored() = R"(["theirs"])";
        slips.stored("threat_levels_update_time") = "[1.5]";
        bool is_busy = true;
        slips.main.instead = [&](const slips_test::Words& words) -> std::optional<slips_test::Answer> {
            if (!is_busy || words[0] != "HGET" || words[2] != "past_threat_levels") return std::nullopt;
            return slips_test::Answer::error("BUSY Redis is busy running a script.");
        };
        slips.set_level(slips::ThreatLevel::high);
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 0);
        is_busy = false;
        slips.run_after(std::chrono::seconds(2));
        CHECK(slips.session.stats().evidence.acknowledged == 1);
        CHECK(nlohmann::json::parse(slips.stored()).size() == 2);

        const std::string length = "[\"" + std::string(300'000, 'x') + "\"]";
        slips.stored() = length;
        slips.set_level(slips::ThreatLevel::low);
        slips.run();
        CHECK(slips.session.stats().evidence.acknowledged == 2);
        CHECK(slips.stored() == length);
        CHECK(slips.times_said("longer than a module keeps") == 1);
    }
}

TEST_CASE("the connection breaks at any point: each threat level is added once") {
    for (const std::string& release : releases_with_history) {
        CAPTURE(release);
        std::size_t commands = 0;
        for (std::size_t executed = 0; executed <= commands; ++executed) {
            CAPTURE(executed);
            for (const bool heard : {false, true}) {
                WithHistory slips(release);
                slips.set_level(slips::ThreatLevel::high);
                slips.set_level(slips::ThreatLevel::low);
                slips.session.tick(slips.now);
                for (std::size_t i = 0; i < executed; ++i) {
                    while (slips.answer_cache()) {
                    }
                    slips.answer_main(heard || i + 1 < executed);
                }
                slips.main_lost();
                slips.main_up();
                slips.run_after(std::chrono::seconds(2));
                REQUIRE(slips.session.stats().evidence.acknowledged == 2);
                REQUIRE(slips.levels() == Words{"high", "low"});
                commands = 30;  // more than there are
            }
        }
    }
}

TEST_CASE("a profile that is new to Slips keeps the earlier threat levels of its address, and begins with info") {
    for (const char* release : {"1.0.11", "1.0.12", "1.1.10"}) {
        CAPTURE(release);
        for (Sequence& sequence : slips_test::sequences_of(release)) {
            if (!sequence.name.ends_with("a new profile")) continue;
            sequence.main_holds.push_back(
                R"(HSET profile_192.168.1.12 past_threat_levels [["low", "x", "confidence: 1.0"]])");
            Joined slips(sequence);
            CHECK(slips.set(sequence));
            const auto levels = nlohmann::json::parse(slips.main.hashes["profile_192.168.1.12"]["past_threat_levels"]);
            REQUIRE(levels.size() == 3);
            CHECK(levels[0][0] == "low");
            CHECK(levels[1][0] == "info");
            CHECK(levels[1][2] == "confidence: 0.05");
            CHECK(levels[2][0] == "high");
        }
    }
}
