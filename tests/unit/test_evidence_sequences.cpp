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
        const auto sent = slips_test::without_uuids(slips.sent);
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
