// Which dialect a release of Slips has, which names its enums have, and how a module finds out.
#include "slips/detail/dialect.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "evidence_releases.hpp"
#include "messages.hpp"
#include "session_driver.hpp"
#include "slips/evidence_types.hpp"
#include "slips/impl/wire/idea.hpp"

using namespace std::chrono_literals;
using namespace slips::detail;
using slips::Generation;
using slips_test::before;
using slips_test::SessionDriver;

namespace {

const Dialect& dialect_of_text(std::string_view version) {
    const auto release = parse_release(version);
    REQUIRE(release);
    return dialect_of(*release);
}

/// A release, and what differs in it: the form of evidence, how modules are stopped, keys in Redis, configuration, counters,
/// output, evidence types. Each number counts the forms from 0.9.0 on.
struct Axes {
    const char* since;
    int evidence, stop, redis, config, counters, output;
    std::size_t types;  ///< number of members
};

constexpr Axes axes[] = {
    {"0.9.0", 0, 0, 0, 0, 0, 0, 0},    {"0.9.1", 0, 0, 1, 0, 0, 0, 0},    {"0.9.2", 1, 0, 2, 0, 0, 0, 0},
    {"0.9.3", 2, 0, 2, 0, 0, 0, 0},    {"0.9.5", 3, 0, 3, 0, 0, 0, 0},    {"0.9.6", 4, 0, 4, 1, 0, 0, 0},
    {"1.0.1", 5, 0, 4, 1, 0, 0, 0},    {"1.0.2", 6, 0, 4, 1, 0, 0, 0},    {"1.0.3", 6, 0, 5, 1, 0, 0, 0},
    {"1.0.5", 7, 1, 5, 1, 0, 0, 0},    {"1.0.6", 8, 2, 5, 1, 0, 0, 0},    {"1.0.8", 8, 2, 5, 1, 0, 1, 0},
    {"1.0.11", 9, 2, 5, 2, 0, 1, 58},  {"1.0.12", 10, 2, 5, 2, 0, 1, 59}, {"1.1", 10, 3, 5, 3, 0, 1, 59},
    {"1.1.1", 10, 3, 5, 3, 1, 1, 59},  {"1.1.2", 11, 3, 5, 3, 1, 1, 59},  {"1.1.3", 11, 3, 5, 3, 1, 2, 59},
    {"1.1.5", 11, 3, 5, 4, 1, 2, 61},  {"1.1.7", 12, 4, 5, 4, 1, 2, 62},  {"1.1.9", 12, 4, 5, 4, 2, 1, 62},
    {"1.1.12", 12, 4, 6, 4, 2, 1, 62}, {"1.1.13", 12, 4, 6, 4, 2, 1, 63}, {"1.1.15", 13, 4, 6, 4, 2, 1, 63},
    {"1.1.17", 13, 4, 7, 4, 3, 1, 63}, {"1.1.18", 13, 4, 8, 4, 3, 1, 63}, {"1.1.20", 14, 4, 8, 4, 3, 1, 63},
    {"1.1.21", 14, 4, 8, 4, 3, 1, 65}};

const Axes& axes_of(const std::string& release) {
    const Axes* found = axes;
    for (const Axes& each : axes)
        if (!before(release, each.since)) found = &each;
    return *found;
}

}  // namespace

TEST_CASE("each release has its dialect") {
    for (const std::string& release : slips_test::releases) {
        CAPTURE(release);
        const Dialect& d = dialect_of_text(release);
        const Axes& is = axes_of(release);
        const auto since = [&release](const char* first) { return !before(release, first); };
        CHECK(d.generation == (is.evidence >= 11 ? Generation::current : Generation::legacy));
        CHECK(d.store == (is.evidence >= 9   ? EvidenceStore::hash
                          : is.evidence >= 1 ? EvidenceStore::by_id
                                             : EvidenceStore::by_description));
        CHECK(d.is_typed() == (is.evidence >= 9));
        CHECK(d.needs_window() == (is.evidence < 11));
        CHECK((d.alerts == Alerts::idmef) == (is.evidence >= 11));
        CHECK(d.own_is_info == (is.evidence <= 3));
        CHECK(d.attacker_names == (is.evidence >= 5));
        CHECK(d.last_uid == (is.evidence >= 3));
        CHECK(d.uid_list == (is.evidence >= 6));
        CHECK(d.victim == (is.evidence >= 8));
        CHECK(d.ioc_type == (is.evidence >= 12));
        CHECK(d.ioc_facts == (is.evidence >= 12 ? 7 : is.evidence == 11 ? 4 : 0));
        CHECK(d.interface == (is.evidence >= 13));
        CHECK(d.stamped == (is.evidence >= 14));
        CHECK(d.flows_causing == (is.evidence >= 3 && is.evidence != 5));
        CHECK(d.counts_evidence == (is.evidence >= 7));
        CHECK(d.scores_profile == (is.evidence <= 9));
        CHECK(d.score == (is.evidence <= 4 ? Score::one : since("1.0.9") ? Score::highest : Score::level));
        CHECK(d.score_text == (is.evidence >= 5 && is.evidence <= 9));
        CHECK(d.profile_level == (is.evidence >= 4));
        CHECK(d.past_levels == (since("1.1.13")  ? PastLevels::none
                                : since("1.0.1") ? PastLevels::with_confidence
                                : since("1.0.0") ? PastLevels::with_time
                                : since("0.9.6") ? PastLevels::levels_and_times
                                                 : PastLevels::none));
        CHECK(d.past_levels_have_zone == (since("1.1") && !since("1.1.4")));
        CHECK(d.highest_level == since("1.0.9"));
        CHECK(d.profile_is_info == (is.evidence >= 9 && !since("1.1.11")));
        CHECK(d.announces_ip == (is.redis >= 7));
        CHECK(d.fact_hashes == (is.redis >= 7));
        CHECK(d.window_alerts == since("0.9.2"));
        CHECK(d.block_hash == since("0.9.5"));
        CHECK(d.sorted_hosts == since("1.1.2"));
        CHECK(d.sorted_profiles == (is.redis >= 8));
        CHECK(d.lifetimes == (is.redis >= 8));
        CHECK(d.counters == static_cast<Counters>(is.counters));
        CHECK(d.output == static_cast<Output>(is.output));
        CHECK(d.debug_level == (since("1.0.8") && !since("1.1.2") ? 2 : 3));
        CHECK(d.day_first == !since("0.9.5"));
        CHECK(d.config_file == (is.config == 0   ? "slips.conf"
                                : is.config <= 2 ? "config/slips.conf"
                                                 : "config/slips.yaml"));
        CHECK(d.stop == (is.stop == 0   ? StopOrder::all_channels
                         : is.stop == 1 ? StopOrder::control_module
                                        : StopOrder::event));
        CHECK(d.handler_stops_at_once == (is.stop == 2));
        CHECK(d.announces_end == (since("0.9.2") && !since("1.1.3")));
        CHECK(d.handler_unsubscribes == since("1.1.18"));
        CHECK(d.more_flows == (is.stop >= 4));
        CHECK(d.pid_field == (is.redis == 0 ? "" : is.redis <= 5 ? "slips.py" : "main"));
    }
}

TEST_CASE("a version between two known ones has the dialect of the older, one outside has that of the nearest") {
    const auto since = [](std::string_view version) { return dialect_of_text(version).since; };
    CHECK(since("1.0.12") == release(1, 0, 12));
    CHECK(since("1.0.13") == release(1, 0, 12));
    CHECK(since("0.9.4") == release(0, 9, 2));
    CHECK(since("1.1.4.1") == release(1, 1, 4));
    CHECK(since("1.1.6") == release(1, 1, 5));
    CHECK(since("0.8.5") == release(0, 9, 0));
    CHECK(since("0") == release(0, 9, 0));
    CHECK(since("1.1.22") == dialects.back().since);
    CHECK(since("1.2") == dialects.back().since);
    CHECK(since("99999999999999999999.1") == dialects.back().since);
    CHECK(dialect_of(Generation::legacy).since == release(0, 9, 1));
    CHECK(dialect_of(Generation::current) == dialects.back());
    for (std::size_t i = 1; i < dialects.size(); ++i) CHECK(dialects[i - 1].since < dialects[i].since);
}

TEST_CASE("versions are read with what Slips writes around them") {
    for (const char* text : {"1.1.1", "1.1.1\n", " v1.1.1 \r\n", "1.1.1-dev", "1.1.1.7", "1.1.1 (develop)"})
        CHECK(parse_release(text) == release(1, 1, 1));
    CHECK(parse_release("1.1") == release(1, 1, 0));
    CHECK(parse_release("1.1.") == release(1, 1, 0));
    CHECK(parse_release("2") == release(2, 0, 0));
    for (const char* text : {"", " ", "\n", "v", "develop", ".1", "-1.0"}) CHECK_FALSE(parse_release(text));
    CHECK(trimmed_version("v1.1.1\n") == "1.1.1");
    CHECK(trimmed_version("\n").empty());
    CHECK(slips::newer_line("1.2.0", "1.1.22"));
    CHECK_FALSE(slips::newer_line("1.1.22", "1.1.9"));
    const std::string tested = slips::tested_slips_version;
    for (const std::string& release : slips_test::releases) CHECK_FALSE(is_newer_than_tested(release));
    CHECK(is_newer_than_tested(tested.substr(0, tested.rfind('.')) + ".999"));
    CHECK_FALSE(is_newer_line_than_tested(tested.substr(0, tested.rfind('.')) + ".999"));
    CHECK(is_newer_line_than_tested("2.0"));
    CHECK_FALSE(is_newer_than_tested("develop"));
}

// --- evidence types, categories, tags ----------------------------------------------------------------------------------

TEST_CASE("evidence types have the name of the release's own enum") {
    for (const std::string& release : slips_test::releases) {
        if (before(release, "1.0.11")) continue;
        CAPTURE(release);
        const Dialect& dialect = dialect_of_text(release);
        std::set<std::string_view> names;
        for (const auto& [name, legacy] : known_evidence_types)
            if (const auto own = type_name(name, dialect); !own.empty()) names.insert(own);
        CHECK(names.size() == axes_of(release).types);
        const auto since = [&](const char* first, std::string_view name, std::string_view older) {
            CAPTURE(name);
            CHECK(type_name(name, dialect) == (before(release, first) ? older : name));
        };
        since("1.0.12", "THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER", "");
        since("1.0.12", "THREAT_INTELLIGENCE_MALICIOUS_URL", "MALICIOUS_URL");
        since("1.1.5", "CN_URL_MISMATCH", "");
        since("1.1.5", "THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP", "THREAT_INTELLIGENCE_BLACKLISTED_IP");
        since("1.1.5", "THREAT_INTELLIGENCE_TO_BLACKLISTED_IP", "THREAT_INTELLIGENCE_BLACKLISTED_IP");
        since("1.1.7", "GRE_SCAN", "");
        since("1.1.13", "THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY", "");
        since("1.1.21", "LOGIN", "");
        since("1.1.21", "TOR_EXIT_NODE", "");
        CHECK(type_name("ARP_SCAN", dialect) == "ARP_SCAN");
        CHECK(type_name("OF_A_MODULE", dialect) == "OF_A_MODULE");
    }
}

TEST_CASE("1.0.11 to 1.1.1: categories and tags have the names of Slips' enums") {
    const std::pair<const char*, const char*> categories[] = {{"Anomaly.Traffic", "ANOMALY_TRAFFIC"},
                                                              {"Anomaly.File", "ANOMALY_FILE"},
                                                              {"Anomaly.Connection", "ANOMALY_CONNECTION"},
                                                              {"Anomaly.Behaviour", "ANOMALY_BEHAVIOUR"},
                                                              {"Information", "INFO"},
                                                              {"Malware", "MALWARE"},
                                                              {"Recon.Scanning", "RECON_SCANNING"},
                                                              {"Attempt.Login", "ATTEMPT_LOGIN"},
                                                              {"Recon", "RECON"},
                                                              {"Intrusion.Botnet", "INTRUSION_BOTNET"},
                                                              {"Malware.Trojan", "MALWARE"},
                                                              {"Recon.Sniffing", "RECON"},
                                                              {"Anomaly.Behavior", "ANOMALY_BEHAVIOUR"},
                                                              {"recon.scanning", "RECON_SCANNING"},
                                                              {"Availability.DoS", "ANOMALY_BEHAVIOUR"},
                                                              {"", "ANOMALY_BEHAVIOUR"}};
    for (const auto& [category, member] : categories) {
        const std::string label(category);
        CAPTURE(label);
        CHECK(slips::member_of_category(category) == member);
    }
    const std::pair<const char*, const char*> tags[] = {{"SuspiciousUserAgent", "SUSPICIOUS_USER_AGENT"},
                                                        {"IncompatibleUserAgent", "INCOMPATIBLE_USER_AGENT"},
                                                        {"ExecutableMIMEType", "EXECUTABLE_MIME_TYPE"},
                                                        {"MultipleUserAgent", "MULTIPLE_USER_AGENT"},
                                                        {"SendingUnencryptedData", "SENDING_UNENCRYPTED_DATA"},
                                                        {"Malware", "MALWARE"},
                                                        {"Recon", "RECON"},
                                                        {"MITM", "MITM"},
                                                        {"OriginMalware", "ORIGIN_MALWARE"},
                                                        {"CC", "CC"},
                                                        {"Botnet", "BOTNET"},
                                                        {"BlacklistedASN", "BLACKLISTED_ASN"},
                                                        {"BlacklistedIP", "BLACKLISTED_IP"},
                                                        {"BlacklistedDomain", "BLACKLISTED_DOMAIN"},
                                                        {"Backscatter", ""},
                                                        {"", ""}};
    for (const auto& [tag, member] : tags) {
        const std::string label(tag);
        CAPTURE(label);
        CHECK(slips::member_of_tag(tag) == member);
    }
}

// --- how a module finds out --------------------------------------------------------------------------------------------

namespace {

using Hash = std::map<std::string, std::string>;

/// A module that sets an evidence for each flow, in a Slips of which only the messages and `analysis` are known.
struct Asking : SessionDriver {
    static slips::SessionSettings started_with(const std::string& version, bool standalone) {
        auto with = settings();
        with.slips_version = version;
        with.standalone = standalone;
        return with;
    }
    explicit Asking(std::optional<Hash> analysis, const std::string& version = {}, bool standalone = true)
        : SessionDriver(started_with(version, standalone)) {
        if (analysis) main.hashes["analysis"] = *analysis;
        main.sorted_sets["twsprofile_192.168.1.12"]["timewindow1"] = "1654188705.5";
        module.on_flow = [this](const slips::NewFlow& msg) {
            session.set_evidence(msg, slips_test::local_connection());
        };
        connect();
    }
    std::string version() const { return std::string(session.slips_version()); }
    /// Returns the keys of the window's object; empty: nothing is stored there.
    std::string window() { return main.hashes["profile_192.168.1.12_timewindow1"]["Evidence"]; }
    bool by_description() { return window().starts_with(R"({"a connection to)"); }
    bool by_id() { return !window().empty() && !by_description(); }
};

}  // namespace

TEST_CASE("the launcher's version is that of its own Slips, and nothing else replaces it") {
    Asking slips(Hash{{"slips_version", "1.1.20"}}, "1.1.21", false);
    slips.push("new_flow", slips_test::current_flow("C1", "1.1.20"));
    slips.run_after(5s);
    CHECK(slips.version() == "1.1.21");
    CHECK(slips.published("evidence_added").empty());  // the message is another Slips'
    slips.push("new_flow", slips_test::current_flow("C2", "1.1.21"));
    slips.run();
    REQUIRE(slips.published("evidence_added").size() == 1);
    CHECK(slips.published("evidence_added")[0].find(R"("version": "1.1.21")") != std::string::npos);
}

TEST_CASE("a module started by hand believes Slips' database more than its command line") {
    Asking slips(Hash{{"slips_version", "1.1.12"}}, "1.1.21", true);
    slips.push("new_flow", slips_test::current_flow("C1", ""));
    slips.run();
    CHECK(slips.version() == "1.1.12");
    REQUIRE(slips.published("evidence_added").size() == 1);
    CHECK(slips.published("evidence_added")[0].find("version") == std::string::npos);
}

TEST_CASE("without another source, a message's own version counts") {
    Asking slips(std::nullopt);
    slips.push("new_flow", slips_test::current_flow("C1", "1.1.20"));
    slips.run();
    CHECK(slips.version() == "1.1.20");
    CHECK(slips.published("evidence_added").size() == 1);
}

TEST_CASE("the version in Slips' database is used without what is around it") {
    Asking slips(Hash{{"slips_version", "1.1.1\n"}});
    CHECK(slips.version() == "1.1.1");
    slips.push("new_flow", slips_test::legacy_flow());
    slips.run();
    REQUIRE(slips.published("evidence_added").size() == 1);
    CHECK(slips.published("evidence_added")[0].find(R"("category": "ANOMALY_CONNECTION")") != std::string::npos);
}

TEST_CASE("a Slips that never stores its version is one of 0.9: by id if it has `analysis`, else by description") {
    SUBCASE("`analysis` that has started without a version") {
        Asking slips(Hash{{"name", "a.pcap"}, {"analysis_start", "2022-06-02 16:51:57"}});
        slips.push("new_flow", slips_test::legacy_flow());
        slips.run();
        CHECK(slips.by_id());
    }
    SUBCASE("not `analysis` before it has started, however long it takes: newer releases have that, too") {
        Asking slips(Hash{{"commit", "0abc"}, {"output_dir", "out"}});
        slips.push("new_flow", slips_test::legacy_flow());
        for (int i = 0; i < 60; ++i) slips.run_after(1s);
        CHECK(slips.window().empty());
        slips.main.hashes["analysis"]["slips_version"] = "1.0.10";
        slips.run_after(1s);
        CHECK(slips.by_id());
    }
    SUBCASE("no `analysis` five seconds after the first message: the input process of others stores it by then") {
        Asking slips(std::nullopt);
        slips.push("new_flow", slips_test::legacy_flow());
        for (int i = 0; i < 4; ++i) {
            slips.run_after(1s);
            CHECK(slips.window().empty());
        }
        for (int i = 0; i < 2; ++i) slips.run_after(1s);
        CHECK(slips.by_description());
    }
    SUBCASE("the stop shows nothing, but leaves the time to ask") {
        Asking slips(std::nullopt);
        slips.push("new_flow", slips_test::legacy_flow());
        slips.session.request_stop("stop_process");
        slips.session.begin_drain();
        slips.run_after(500ms);
        CHECK(slips.window().empty());
        for (int i = 0; i < 2; ++i) slips.run_after(1s);
        CHECK(slips.by_description());
    }
    SUBCASE("the version comes late") {
        Asking slips(Hash{{"name", "a.pcap"}});
        slips.push("new_flow", slips_test::legacy_flow());
        for (int i = 0; i < 3; ++i) slips.run_after(1s);
        slips.main.hashes["analysis"]["slips_version"] = "1.0.10";
        slips.run_after(1s);
        CHECK(slips.version() == "1.0.10");
        CHECK(slips.window().find("attacker_direction") != std::string::npos);
    }
}

TEST_CASE("the version comes after the guess: evidence has its form from then on") {
    for (const bool has_started : {false, true}) {
        CAPTURE(has_started);
        Asking slips(has_started ? std::optional(Hash{{"analysis_start", "2022-06-02 16:51:57"}}) : std::nullopt);
        slips.push("new_flow", slips_test::legacy_flow("C1"));
        for (int i = 0; i < 7; ++i) slips.run_after(1s);
        CHECK(slips.by_description() == !has_started);
        CHECK(slips.version().empty());
        slips.main.hashes["profile_192.168.1.12_timewindow1"].clear();
        slips.main.hashes["analysis"]["slips_version"] = "1.0.10";
        for (int i = 0; i < 2; ++i) slips.run_after(1s);
        slips.push("new_flow", slips_test::legacy_flow("C2"));
        slips.run();
        CHECK(slips.version() == "1.0.10");
        CHECK(slips.by_id());
        CHECK(slips.window().find("attacker_direction") != std::string::npos);
    }
    Asking slips(std::nullopt);
    slips.push("new_flow", slips_test::legacy_flow("C1"));
    for (int i = 0; i < 7; ++i) slips.run_after(1s);
    slips.main.hashes["profile_192.168.1.12_timewindow1"].clear();
    slips.main.hashes["analysis"]["analysis_start"] = "2022-06-02 16:51:57";  // and no version: 0.9.2 to 0.9.4
    for (int i = 0; i < 2; ++i) slips.run_after(1s);
    slips.push("new_flow", slips_test::legacy_flow("C2"));
    slips.run();
    CHECK(slips.by_id());
}

TEST_CASE("a message's version counts more than the command line, unless Slips' database confirms that") {
    const auto flow = [](const char* uid, const char* version) { return slips_test::current_flow(uid, version); };
    SUBCASE("the database has no version") {
        Asking slips(std::nullopt, "1.1.12");
        slips.push("new_flow", flow("C1", "1.1.21"));
        slips.run();
        CHECK(slips.session.stats().messages.other_version == 1);
        CHECK(slips.version() == "1.1.21");
        CHECK(slips.has_said("the messages are of Slips 1.1.21, and its database does not confirm 1.1.12"));
        slips.push("new_flow", flow("C2", "1.1.21"));
        slips.push("new_flow", flow("C3", "1.1.20"));  // after that, another version is another Slips
        slips.run_after(2s);
        slips.push("new_flow", flow("C4", "1.1.20"));
        slips.run();
        CHECK(slips.session.stats().messages.other_version == 3);
        REQUIRE(slips.published("evidence_added").size() == 1);
        CHECK(slips.published("evidence_added")[0].find(R"("version": "1.1.21")") != std::string::npos);
    }
    SUBCASE("the database confirms it") {
        Asking slips(Hash{{"slips_version", "1.1.21"}}, "1.1.21");
        for (int i = 0; i < 3; ++i) {
            slips.push("new_flow", flow("C1", "1.1.20"));
            slips.run_after(2s);
        }
        CHECK(slips.version() == "1.1.21");
        CHECK(slips.session.stats().messages.other_version == 3);
        CHECK(slips.published("evidence_added").empty());
    }
    SUBCASE("the database confirmed it, and lost it") {
        Asking slips(Hash{{"slips_version", "1.1.21"}}, "1.1.21");
        slips.main.hashes.erase("analysis");
        slips.push("new_flow", flow("C1", "1.1.20"));
        slips.run_after(2s);
        CHECK(slips.version() == "1.1.21");
    }
    SUBCASE("the database does not answer") {
        Asking slips(std::nullopt, "1.1.12");
        slips.main.instead = [&](const slips_test::Words& words) -> std::optional<slips_test::Answer> {
            if (words[0] != "HMGET") return std::nullopt;
            return slips_test::Answer::error("BUSY Redis is busy running a script.");
        };
        slips.push("new_flow", flow("C1", "1.1.21"));
        slips.run();
        CHECK(slips.version() == "1.1.12");
        slips.main.instead = nullptr;
        slips.run_after(2s);
        slips.push("new_flow", flow("C2", "1.1.21"));
        slips.run();
        CHECK(slips.version() == "1.1.21");
    }
    SUBCASE("the launcher has given it") {
        Asking slips(std::nullopt, "1.1.12", false);
        for (int i = 0; i < 3; ++i) {
            slips.push("new_flow", flow("C1", "1.1.21"));
            slips.run_after(2s);
        }
        CHECK(slips.version() == "1.1.12");
        CHECK(slips.session.stats().messages.other_version == 3);
    }
}
