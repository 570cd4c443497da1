// What differs between the releases of Slips, as values: a table with one row for each dialect.
//
// A new release of Slips takes a row in `dialect_changes`, or none if nothing changed for modules. A row without a change starts
// the dialect that `type_changes` in evidence_types.hpp names: the evidence types of a release. Other code asks a dialect.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "slips/generation.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

/// A release of Slips as a number that grows with it: 1.1.21 is 1'001'021.
using Release = std::uint64_t;

constexpr Release release(unsigned line, unsigned feature, unsigned fix = 0) {
    return line * Release{1'000'000} + feature * Release{1'000} + fix;
}

/// Returns the text without the blanks and line feeds around it and without a leading "v": Slips 1.1.1 stores its version with
/// a line feed.
constexpr std::string_view trimmed_version(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    if (text.starts_with('v')) text.remove_prefix(1);
    return text.substr(0, text.find_last_not_of(blank) + 1);
}

/// Reads "1.1.21" or "1.1"; ignores a fourth number. Returns nullopt for text that does not begin with a number.
constexpr std::optional<Release> parse_release(std::string_view text) {
    text = trimmed_version(text);
    const auto at_digit = [&text] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
    if (!at_digit()) return std::nullopt;
    std::array<Release, 3> numbers{};
    for (Release& number : numbers) {
        for (; at_digit(); text.remove_prefix(1))
            number = std::min<Release>(number * 10 + static_cast<Release>(text[0] - '0'), 999);
        if (!text.starts_with('.')) break;
        text.remove_prefix(1);
    }
    return numbers[0] * 1'000'000 + numbers[1] * 1'000 + numbers[2];
}

}  // namespace detail

/// Returns whether version `a` is newer than `b`; "1.1.21" is newer than "1.1.9". Text that is no version is the oldest.
constexpr bool newer_version(std::string_view a, std::string_view b) {
    return detail::parse_release(a).value_or(0) > detail::parse_release(b).value_or(0);
}

/// Returns whether `a` has a higher major or minor number than `b`: "1.2.0" has a higher one than "1.1.22".
constexpr bool newer_line(std::string_view a, std::string_view b) {
    return detail::parse_release(a).value_or(0) / 1000 > detail::parse_release(b).value_or(0) / 1000;
}

namespace detail {

/// Returns whether the SDK was tested with no release as new as this version of Slips.
constexpr bool is_newer_than_tested(std::string_view version) { return newer_version(version, tested_slips_version); }

/// Returns whether this is also a new line of releases, such as 1.2, whose forms may differ in anything.
constexpr bool is_newer_line_than_tested(std::string_view version) { return newer_line(version, tested_slips_version); }

/// Where Slips stores the evidence of a time window.
enum class EvidenceStore : std::uint8_t {
    by_description,  ///< one JSON object in the field `Evidence` of the window; description → evidence
    by_id,           ///< the same; id → evidence
    hash,            ///< a hash `<window>_evidence`; id → evidence with types (members of enums)
};

/// The score that evidence gives an address in the cache.
enum class Score : std::uint8_t {
    one,      ///< 1, with confidence 1
    level,    ///< the value of the evidence's threat level
    highest,  ///< the value of the highest threat level of the address so far
};

/// How a profile keeps the earlier threat levels of its address.
enum class PastLevels : std::uint8_t {
    none,
    levels_and_times,  ///< two lists
    with_time,         ///< one list of pairs; a level that is set again replaces the last pair
    with_confidence,   ///< the same with the confidence of the evidence
};

/// How alerts.json is written.
enum class Alerts : std::uint8_t {
    quoted_idea,  ///< IDEA: a Python object as text, in which quotation marks are replaced
    idea,         ///< IDEA as JSON
    idmef,        ///< IDMEFv2
};

/// What Slips counts of messages.
enum class Counters : std::uint8_t {
    none,
    messages,         ///< published and received, per channel
    flows_by_second,  ///< and who has received a flow: the field contains the second, so that a late count is never deleted
    flows,            ///< and who has received a flow
};

/// What prints the lines of modules, and which words in them act as commands.
enum class Output : std::uint8_t {
    queue,        ///< a process of its own, which reads a queue
    direct,       ///< a line with "analyzed IPs" is taken for Slips' statistics
    capitalized,  ///< likewise, with "Analyzed IPs"
};

/// How Slips asks a module to stop.
enum class StopOrder : std::uint8_t {
    all_channels,    ///< the text stop_process on each channel
    control_module,  ///< the text stop_process on the channel control_module
    event,           ///< an event of Python, which only the launcher sees
};

/// A dialect of Slips: what modules read and write, for the releases from `since` to the next row. The first values are those
/// of 0.9.0.
struct Dialect {
    Release since = 0;
    Generation generation = Generation::legacy;  ///< the form of messages

    EvidenceStore store = EvidenceStore::by_description;
    Alerts alerts = Alerts::quoted_idea;
    bool own_is_info = true;      ///< evidence about the profile itself has level info
    bool attacker_names = false;  ///< `attacker`, `evidence_type`… instead of `detection_info`, `type_evidence`…
    bool last_uid = false;        ///< `uid` is the last one of the evidence, not the first
    bool uid_list = false;        ///< `uid` is a list of all
    bool victim = false;          ///< objects have a `victim`
    bool ioc_type = false;        ///< `ioc_type` instead of `attacker_type` and `victim_type`
    unsigned ioc_facts = 0;       ///< number of facts about an attacker or victim within evidence: 0, 4 or 7
    bool interface = {};          ///< evidence has an `interface`; gateway, host and network are stored per interface
    bool stamped = false;         ///< messages have a `version`, plain text is wrapped in {"text": …}

    bool flows_causing = false;    ///< flows_causing_evidence maps id → uids
    bool counts_evidence = false;  ///< number_of_evidence
    bool scores_profile = true;    ///< an attacker at the source of a flow: the profile's address gets the score
    Score score = Score::one;
    bool score_text = false;     ///< its confidence is the text "confidence: 0.8"
    bool fact_hashes = false;    ///< facts about addresses are in one hash each, not in one object per address
    bool profile_level = false;  ///< the attacker's profile has the `threat_level` of the last evidence
    PastLevels past_levels = PastLevels::none;
    bool past_levels_have_zone = false;  ///< their times are in local time with its zone
    bool highest_level = false;          ///< the attacker's profile has the `max_threat_level`
    bool window_alerts = false;          ///< alerts are in a field of their window, not in the hash `alerts`
    bool block_hash = false;             ///< BlockedProfTW and default_gateway are hashes, not a set and a text
    bool sorted_hosts = false;     ///< the host's addresses are in the sorted set `host_ip`, not in the set `hostIP`
    bool profile_is_info = false;  ///< a new profile has the threat level info, and its address a score
    bool announces_ip = false;     ///< the address of a new profile is published on new_ip
    bool sorted_profiles = false;  ///< `profiles` is a sorted set
    bool lifetimes = false;        ///< keys expire
    Counters counters = Counters::none;

    Output output = Output::queue;
    int debug_level = 3;                          ///< the highest debug level that reaches slips.log
    bool day_first = true;                        ///< times in logs are 31/12/2022-23:59:59
    std::string_view config_file = "slips.conf";  ///< in Slips' folder
    StopOrder stop = StopOrder::all_channels;
    bool handler_stops_at_once = false;  ///< its evidence handler ends together with its modules
    bool announces_end = false;          ///< `analysis_end` is written when the shutdown begins
    bool handler_unsubscribes = false;   ///< the subscription to evidence_added ends with the evidence handler
    bool more_flows = false;             ///< will_slips_have_more_flows reports the end of the input
    std::string_view pid_field{};        ///< the field of Slips' own process in PIDs; empty: it has none

    bool is_typed() const { return store == EvidenceStore::hash; }
    /// A module's own query may be a function of the generation.
    constexpr operator Generation() const { return generation; }  // NOLINT(google-explicit-constructor)
    /// Returns whether evidence for a window that Slips has not created ends its evidence handler.
    bool needs_window() const { return alerts != Alerts::idmef; }
    friend bool operator==(const Dialect&, const Dialect&) = default;
};

/// What a release changed.
struct DialectChange {
    Release since;
    void (*apply)(Dialect&);
};

inline constexpr DialectChange dialect_changes[] = {
    {release(0, 9, 0), [](Dialect&) {}},
    {release(0, 9, 1), [](Dialect& d) { d.pid_field = "slips.py"; }},
    {release(0, 9, 2),
     [](Dialect& d) {
         d.store = EvidenceStore::by_id;
         d.window_alerts = true;
         d.announces_end = true;
     }},
    {release(0, 9, 5),
     [](Dialect& d) {
         d.flows_causing = true;
         d.block_hash = true;
         d.last_uid = true;
         d.day_first = false;
     }},
    {release(0, 9, 6),
     [](Dialect& d) {
         d.own_is_info = false;
         d.config_file = "config/slips.conf";
         d.profile_level = true;
         d.past_levels = PastLevels::levels_and_times;
     }},
    {release(1, 0, 0), [](Dialect& d) { d.past_levels = PastLevels::with_time; }},
    {release(1, 0, 1),
     [](Dialect& d) {
         d.attacker_names = true;
         d.flows_causing = false;
         d.score = Score::level;
         d.score_text = true;
         d.past_levels = PastLevels::with_confidence;
     }},
    {release(1, 0, 2),
     [](Dialect& d) {
         d.uid_list = true;
         d.flows_causing = true;
         d.alerts = Alerts::idea;
     }},
    {release(1, 0, 5),
     [](Dialect& d) {
         d.counts_evidence = true;
         d.stop = StopOrder::control_module;
     }},
    {release(1, 0, 6),
     [](Dialect& d) {
         d.victim = true;
         d.stop = StopOrder::event;
         d.handler_stops_at_once = true;
     }},
    {release(1, 0, 8),
     [](Dialect& d) {
         d.output = Output::direct;
         d.debug_level = 2;
     }},
    {release(1, 0, 9),
     [](Dialect& d) {
         d.score = Score::highest;
         d.highest_level = true;
     }},
    {release(1, 0, 11),
     [](Dialect& d) {
         d.store = EvidenceStore::hash;
         d.profile_is_info = true;
     }},
    {release(1, 0, 12),
     [](Dialect& d) {
         d.score_text = false;
         d.scores_profile = false;
     }},
    {release(1, 1, 0),
     [](Dialect& d) {
         d.handler_stops_at_once = false;
         d.config_file = "config/slips.yaml";
         d.past_levels_have_zone = true;
     }},
    {release(1, 1, 1), [](Dialect& d) { d.counters = Counters::messages; }},
    {release(1, 1, 2),
     [](Dialect& d) {
         d.generation = Generation::current;
         d.debug_level = 3;
         d.alerts = Alerts::idmef;
         d.ioc_facts = 4;
         d.sorted_hosts = true;
     }},
    {release(1, 1, 3),
     [](Dialect& d) {
         d.output = Output::capitalized;
         d.announces_end = false;
     }},
    {release(1, 1, 4), [](Dialect& d) { d.past_levels_have_zone = false; }},
    {release(1, 1, 5), [](Dialect&) {}},  // evidence types
    {release(1, 1, 7),
     [](Dialect& d) {
         d.ioc_type = true;
         d.ioc_facts = 7;
         d.more_flows = true;
     }},
    {release(1, 1, 9),
     [](Dialect& d) {
         d.output = Output::direct;
         d.counters = Counters::flows_by_second;
     }},
    {release(1, 1, 11), [](Dialect& d) { d.profile_is_info = false; }},
    {release(1, 1, 12), [](Dialect& d) { d.pid_field = "main"; }},
    {release(1, 1, 13), [](Dialect& d) { d.past_levels = PastLevels::none; }},  // and evidence types
    {release(1, 1, 15), [](Dialect& d) { d.interface = true; }},
    {release(1, 1, 17),
     [](Dialect& d) {
         d.fact_hashes = true;
         d.announces_ip = true;
         d.counters = Counters::flows;
     }},
    {release(1, 1, 18),
     [](Dialect& d) {
         d.sorted_profiles = true;
         d.handler_unsubscribes = true;
         d.lifetimes = true;
     }},
    {release(1, 1, 20), [](Dialect& d) { d.stamped = true; }},
    {release(1, 1, 21), [](Dialect&) {}},  // evidence types
};

/// The dialects, in the order of releases: each row is the one before with its change.
inline constexpr auto dialects = [] {
    std::array<Dialect, std::size(dialect_changes)> rows{};
    Dialect dialect{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        dialect.since = dialect_changes[i].since;
        dialect_changes[i].apply(dialect);
        rows[i] = dialect;
    }
    return rows;
}();

/// Returns the dialect of a release: the last row that is not newer. Older releases than 0.9.0 have its dialect.
constexpr const Dialect& dialect_of(Release of) {
    std::size_t i = dialects.size() - 1;
    while (i > 0 && dialects[i].since > of) --i;
    return dialects[i];
}

/// Returns the dialect of Slips of June 2022 or of the newest Slips, for callers that know no version.
constexpr const Dialect& dialect_of(Generation generation) {
    return generation == Generation::legacy ? dialect_of(release(0, 9, 1)) : dialects.back();
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
