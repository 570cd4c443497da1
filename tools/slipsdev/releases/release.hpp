// What differs between the releases of Slips, as slipsdev plays and judges them. This is not the SDK's own table: it was
// written independently, so that a mistake in one of the two shows.
//
// Each aspect has a table with a row for each release that changed it. A Release holds the last row of each table that is
// not newer than its version.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// "1.1.12" as {1, 1, 12}.
using Version = std::array<int, 3>;

/// Parses "1.1.12", "1.1", "v1.0.3"; ignores blanks around it, and further parts. Returns nullopt for any other text.
std::optional<Version> read_version(std::string_view text);

/// Returns whether a version is one of those from `since` until, and without, `before`.
inline bool is_within(const Version& version, const Version& since, const Version& before) {
    return since <= version && version < before;
}

// The defaults below are those of 0.9.0.

/// How evidence is stored and published.
struct EvidenceForm {
    enum class Store {
        by_description,  ///< a JSON object for each time window, in the field `Evidence`; its keys are descriptions
        by_id,           ///< the same; its keys are ids
        hash_field,      ///< a hash for each time window, with a field for each piece of evidence
    };
    enum class Details { none, category, method };

    Version since{};
    Store store = Store::by_description;
    bool stored_first = false;   ///< before it is published
    bool old_names = true;       ///< type_detection, detection_info, type_evidence
    bool self_is_info = true;    ///< evidence against the profile itself has the level info
    bool causing_flows = false;  ///< flows_causing_evidence holds its uids
    bool uid_list = false;       ///< uid is a list
    bool counted = false;        ///< number_of_evidence
    bool victim = false;         ///< it names a victim
    // Of hash_field, whose attacker and victim are objects:
    bool kind_by_party = false;       ///< attacker_type and victim_type instead of ioc_type
    bool upper_case_level = false;    ///< a threat level in lower case cannot be read
    int facts = 0;                    ///< how many facts about attacker and victim it knows
    Details details = Details::none;  ///< category, port… or method, dst_port…
    bool interface_key = false;       ///< `interface` is required
    bool stamp = false;               ///< `version` is in what is published

    bool is_typed() const { return store == Store::hash_field; }
};

/// How the evidence process reads evidence.
struct EvidenceReading {
    Version since{};
    bool quotes_break = true;       ///< a quotation mark makes its line in alerts.json invalid
    bool many_times = false;        ///< it reads more forms of time than floats and ISO 8601
    bool zoned_slash_time = false;  ///< one of them is %Y/%m/%d %H:%M:%S.%f%z
    bool shares_stop = false;       ///< it ends when the modules are stopped
    bool drops = false;             ///< it drops what it cannot convert, and ends only at an alert of that time window
};

/// What is stored about the address that evidence accuses.
struct AccusedForm {
    enum class Score {
        one,      ///< 1, with confidence 1
        level,    ///< the value of the last threat level
        highest,  ///< the value of the highest threat level
    };

    Version since{};
    bool last_level = false;        ///< threat_level of its profile
    bool highest_level = false;     ///< max_threat_level
    bool source_is_profile = true;  ///< an attacker at the source of the flow is the evidence's profile
    Score score = Score::one;       ///< in the cache
    bool created_as_info = false;   ///< threat_level of a profile that evidence creates
    bool expires = false;           ///< ten minutes later, for files
};

/// new_flow and the messages that go with it.
struct FlowForm {
    enum class Modified { text, object, none };
    enum class Time {
        aware,  ///< of a datetime with a zone, which has whole microseconds
        naive,  ///< of one without: the sum of seconds and microseconds, which are rounded once more
        raw,    ///< as in the log
    };

    Version since{};
    bool nested = true;                  ///< the flow is a text in a text
    bool one_family = true;              ///< both addresses are IPv4 ones, or both IPv6 ones
    bool macs = false;                   ///< smac and dmac
    bool right_packets = false;          ///< of a JSON log; before, they include bytes
    bool spaced_state = false;           ///< "Not Established"; before, "NotEstablished"
    bool modern = false;                 ///< "benign", and "-" in a TSV log is an absent value
    bool labels = false;                 ///< ground_truth_label
    bool by_name = false;                ///< columns of TSV logs are found by name
    bool interface_key = false;          ///< `interface`
    bool derived = false;                ///< endtime, pkts, bytes, aid…
    Time time = Time::aware;             ///< of the flow
    Modified modified = Modified::text;  ///< tw_modified
    bool wrapped = false;                ///< every message is an object with `version`
};

/// What Slips stores about itself.
struct RedisLayout {
    enum class List { none, used_servers, eight_columns, nine_columns };

    Version since{};
    List list = List::none;                         ///< of its running instances, in its folder
    bool log_files = false;                         ///< the keys stdout and stderr
    std::string_view pid_field{};                   ///< of the main process in PIDs
    std::vector<std::string_view> early{}, late{};  ///< fields of `analysis`, before and after the modules have started
    bool analysis_end = false;                      ///< in `analysis` when the shutdown begins
    bool published_counts = false;                  ///< msgs_published_at_runtime
    bool alert_count = false;                       ///< number_of_alerts
    bool flow_count = false;                        ///< processed_flows_by_profiler_so_far
    bool more_flows = false;                        ///< will_slips_have_more_flows
    bool sorted_profiles = false;                   ///< `profiles` is a sorted set
    std::string_view windows = "ModifiedTW";        ///< a sorted set of the windows with traffic
    bool facts_apart = false;  ///< the cache has a hash for each fact about addresses, not one object for each address
    bool confidence_text = false;   ///< in such an object, `confidence` is the text "confidence: <number>"
    bool one_window_count = false;  ///< time windows are counted for all profiles together
};

/// How Slips stops its modules.
struct StopForm {
    enum class Stop {
        every_channel,    ///< stop_process on each channel
        control_channel,  ///< stop_process on control_module
        event,            ///< invisible outside Python
    };

    Version since{};
    Stop stop = Stop::every_channel;

    /// Returns whether a module publishes its name on finished_modules when it has stopped.
    bool is_answered() const { return stop != Stop::event; }
};

/// The configuration and VERSION in Slips' folder.
struct FolderForm {
    Version since{};
    std::string_view config = "slips.conf";
    bool version_file = false;  ///< VERSION; before, slips.py holds the version
};

/// alerts.log, and when an alert is made.
struct AlertForm {
    enum class Message { text, ids, whole };

    Version since{};
    bool window = false;                      ///< the line of evidence contains the time window
    std::string_view detected = "Detected ";  ///< before the description
    std::string_view level{};                 ///< before the threat level; empty: the line has none
    std::string_view made = "Blocked";        ///< in the line of an alert
    std::string_view folder{};                ///< below the output folder
    double threshold = 0.1;                   ///< for each minute of the time window
    Message message = Message::text;          ///< new_alert
};

struct Release {
    Version version{};
    std::string text{};  ///< the version as Slips writes it
    EvidenceForm evidence{};
    EvidenceReading reading{};
    AccusedForm accused{};
    FlowForm flow{};
    RedisLayout redis{};
    StopForm stop{};
    FolderForm folder{};
    AlertForm alert{};

    bool is_before(const Version& other) const { return version < other; }
};

/// The oldest release known, and the newest.
inline constexpr Version oldest_release{0, 9, 0}, newest_release{1, 1, 22};

/// Returns the release with this version; for an unknown version, the row of the nearest older release. Returns nullopt if
/// the text is no version, or older than all releases known.
std::optional<Release> release_named(std::string_view version);

/// Returns the line for a release that is newer than all those known; nullopt if it is not. `what`: what slipsdev does as for
/// the newest one, such as "played".
std::optional<std::string> note_about_newer(const Release& release, std::string_view what);

/// Returns the release that --generation stands for: the newest, or the tutorial's.
Release release_of(Generation generation);

/// Returns whether Slips' enumeration of evidence types has a member of this name in the release; true for any name if the
/// types are free texts.
bool is_known_evidence_type(const Release& release, std::string_view name);

/// A text in a printed line on which Slips acts.
struct ActingText {
    std::string_view text;
    Version since, last;  ///< the first and the last release that acts on it
    std::string_view effect;
    bool ends_output;  ///< its output process ends
};
std::span<const ActingText> acting_texts();

/// Returns what authors and users of modules must know about the release, a sentence each.
std::vector<std::string> limitations_of(const Release& release);

}  // namespace slipsdev
