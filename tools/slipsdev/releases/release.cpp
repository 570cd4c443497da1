#include "slipsdev/releases/release.hpp"

#include <algorithm>
#include <cstddef>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

/// A release that changed an aspect, and how.
template <class Row>
struct Change {
    Version since;
    void (*apply)(Row& row);
};

using Store = EvidenceForm::Store;
using Details = EvidenceForm::Details;
constexpr std::array<Change<EvidenceForm>, 15> evidence_forms{{
    {{0, 9, 0}, [](EvidenceForm&) {}},
    {{0, 9, 2}, [](EvidenceForm& row) { row.store = Store::by_id; }},
    {{0, 9, 3}, [](EvidenceForm& row) { row.stored_first = true; }},
    {{0, 9, 5}, [](EvidenceForm& row) { row.causing_flows = true; }},
    {{0, 9, 6}, [](EvidenceForm& row) { row.self_is_info = false; }},
    {{1, 0, 1}, [](EvidenceForm& row) { row.old_names = row.causing_flows = false; }},
    {{1, 0, 2}, [](EvidenceForm& row) { row.uid_list = row.causing_flows = true; }},
    {{1, 0, 5}, [](EvidenceForm& row) { row.counted = true; }},
    {{1, 0, 6}, [](EvidenceForm& row) { row.victim = true; }},
    {{1, 0, 11},
     [](EvidenceForm& row) {
         row.store = Store::hash_field;
         row.kind_by_party = row.upper_case_level = true;
         row.details = Details::category;
     }},
    {{1, 0, 12}, [](EvidenceForm& row) { row.upper_case_level = false; }},
    {{1, 1, 2},
     [](EvidenceForm& row) {
         row.details = Details::method;
         row.facts = 4;
     }},
    {{1, 1, 7},
     [](EvidenceForm& row) {
         row.kind_by_party = false;
         row.facts = 7;
     }},
    {{1, 1, 15}, [](EvidenceForm& row) { row.interface_key = true; }},
    {{1, 1, 20}, [](EvidenceForm& row) { row.stamp = true; }},
}};

constexpr std::array<Change<EvidenceReading>, 7> readings{{
    {{0, 9, 0}, [](EvidenceReading&) {}},
    {{0, 9, 5}, [](EvidenceReading& row) { row.many_times = true; }},
    {{0, 9, 6}, [](EvidenceReading& row) { row.zoned_slash_time = true; }},
    {{1, 0, 2}, [](EvidenceReading& row) { row.quotes_break = false; }},
    {{1, 0, 6}, [](EvidenceReading& row) { row.shares_stop = true; }},
    {{1, 1, 0}, [](EvidenceReading& row) { row.shares_stop = false; }},
    {{1, 1, 16}, [](EvidenceReading& row) { row.drops = true; }},
}};

using Score = AccusedForm::Score;
constexpr std::array<Change<AccusedForm>, 8> accused_forms{{
    {{0, 9, 0}, [](AccusedForm&) {}},
    {{0, 9, 6}, [](AccusedForm& row) { row.last_level = true; }},
    {{1, 0, 1}, [](AccusedForm& row) { row.score = Score::level; }},
    {{1, 0, 9},
     [](AccusedForm& row) {
         row.highest_level = true;
         row.score = Score::highest;
     }},
    {{1, 0, 11}, [](AccusedForm& row) { row.created_as_info = true; }},
    {{1, 0, 12}, [](AccusedForm& row) { row.source_is_profile = false; }},
    {{1, 1, 11}, [](AccusedForm& row) { row.created_as_info = false; }},
    {{1, 1, 18}, [](AccusedForm& row) { row.expires = true; }},
}};

using Modified = FlowForm::Modified;
using Time = FlowForm::Time;
constexpr std::array<Change<FlowForm>, 13> flow_forms{{
    {{0, 9, 0}, [](FlowForm&) {}},
    {{0, 9, 3}, [](FlowForm& row) { row.right_packets = true; }},
    {{0, 9, 5},
     [](FlowForm& row) {
         row.one_family = false;
         row.spaced_state = true;
         row.time = Time::naive;
     }},
    {{1, 0, 1}, [](FlowForm& row) { row.macs = true; }},
    {{1, 0, 4}, [](FlowForm& row) { row.modern = true; }},
    {{1, 1, 0}, [](FlowForm& row) { row.time = Time::aware; }},
    {{1, 1, 2}, [](FlowForm& row) { row.nested = false; }},
    {{1, 1, 4}, [](FlowForm& row) { row.time = Time::naive; }},
    {{1, 1, 9},
     [](FlowForm& row) {
         row.labels = row.by_name = true;
         row.time = Time::raw;
     }},
    {{1, 1, 15}, [](FlowForm& row) { row.interface_key = true; }},
    {{1, 1, 17},
     [](FlowForm& row) {
         row.derived = true;
         row.modified = Modified::object;
     }},
    {{1, 1, 19}, [](FlowForm& row) { row.modified = Modified::none; }},
    {{1, 1, 20}, [](FlowForm& row) { row.wrapped = true; }},
}};

using List = RedisLayout::List;
constexpr std::array<Change<RedisLayout>, 18> layouts{{
    {{0, 9, 0}, [](RedisLayout&) {}},
    {{0, 9, 1},
     [](RedisLayout& row) {
         row.list = List::used_servers;
         row.log_files = true;
         row.pid_field = "slips.py";
     }},
    {{0, 9, 2},
     [](RedisLayout& row) {
         row.list = List::eight_columns;
         row.early = {"name", "analysis_start", "size_in_MB"};
         row.analysis_end = true;
     }},
    {{0, 9, 5},
     [](RedisLayout& row) {
         row.list = List::nine_columns;
         row.early.push_back("slips_version");
     }},
    {{0, 9, 6},
     [](RedisLayout& row) {
         row.early = {};
         row.late = {"slips_version", "name",       "analysis_start",   "size_in_MB",
                     "output_dir",    "input_type", "disabled_modules", "zeek_dir"};
     }},
    {{1, 0, 1}, [](RedisLayout& row) { row.confidence_text = true; }},
    {{1, 0, 6},
     [](RedisLayout& row) {
         row.early = {"output_dir", "commit", "branch"};
         row.late.push_back("evidence_detection_threshold");
     }},
    {{1, 0, 11}, [](RedisLayout& row) { row.alert_count = true; }},
    {{1, 0, 12}, [](RedisLayout& row) { row.confidence_text = false; }},
    {{1, 1, 0}, [](RedisLayout& row) { row.one_window_count = true; }},
    {{1, 1, 1}, [](RedisLayout& row) { row.published_counts = true; }},
    {{1, 1, 2}, [](RedisLayout& row) { row.early.push_back("input_type"); }},
    {{1, 1, 3}, [](RedisLayout& row) { row.analysis_end = false; }},
    {{1, 1, 7}, [](RedisLayout& row) { row.more_flows = true; }},
    {{1, 1, 12},
     [](RedisLayout& row) {
         row.pid_field = "main";
         row.late.push_back("interface");
     }},
    {{1, 1, 17}, [](RedisLayout& row) { row.facts_apart = row.flow_count = true; }},
    {{1, 1, 18}, [](RedisLayout& row) { row.sorted_profiles = true; }},
    {{1, 1, 19}, [](RedisLayout& row) { row.windows = "modified_timewindows"; }},
}};

using Stop = StopForm::Stop;
constexpr std::array<Change<StopForm>, 3> stops{{
    {{0, 9, 0}, [](StopForm&) {}},
    {{1, 0, 5}, [](StopForm& row) { row.stop = Stop::control_channel; }},
    {{1, 0, 6}, [](StopForm& row) { row.stop = Stop::event; }},
}};

constexpr std::array<Change<FolderForm>, 4> folders{{
    {{0, 9, 0}, [](FolderForm&) {}},
    {{0, 9, 6}, [](FolderForm& row) { row.config = "config/slips.conf"; }},
    {{1, 0, 3}, [](FolderForm& row) { row.version_file = true; }},
    {{1, 1, 0}, [](FolderForm& row) { row.config = "config/slips.yaml"; }},
}};

using Message = AlertForm::Message;
constexpr std::array<Change<AlertForm>, 12> alerts{{
    {{0, 9, 0}, [](AlertForm&) {}},
    {{1, 0, 0}, [](AlertForm& row) { row.made = "Generated an alert"; }},
    {{1, 0, 5}, [](AlertForm& row) { row.message = Message::ids; }},
    {{1, 0, 9}, [](AlertForm& row) { row.window = true; }},
    {{1, 0, 11}, [](AlertForm& row) { row.detected = "Detected  "; }},
    {{1, 0, 12},
     [](AlertForm& row) {
         row.detected = "Detected ";
         row.level = " threat level: ";
     }},
    {{1, 0, 13}, [](AlertForm& row) { row.threshold = 3.46; }},
    {{1, 0, 14}, [](AlertForm& row) { row.threshold = 0.2; }},
    {{1, 0, 15}, [](AlertForm& row) { row.threshold = 3.46; }},
    {{1, 1, 4}, [](AlertForm& row) { row.threshold = 0.25; }},
    {{1, 1, 5}, [](AlertForm& row) { row.message = Message::whole; }},
    {{1, 1, 20},
     [](AlertForm& row) {
         row.level = " Threat level: ";
         row.folder = "alerts";
     }},
}};

template <class Row, std::size_t N>
Row row_at(const std::array<Change<Row>, N>& changes, const Version& version) {
    Row row;
    for (const Change<Row>& change : changes) {
        if (version < change.since) break;
        row.since = change.since;
        change.apply(row);
    }
    return row;
}

}  // namespace

std::optional<Version> read_version(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return std::nullopt;
    text = text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
    if (text.starts_with('v')) text.remove_prefix(1);
    Version version{};
    std::size_t parts = 0;
    for (; parts < version.size() && !text.empty(); ++parts) {
        const std::size_t dot = text.find('.');
        const auto number = python_int(text.substr(0, dot));
        if (!number || *number < 0 || *number > 99999 || text.front() < '0' || text.front() > '9') return std::nullopt;
        version[parts] = static_cast<int>(*number);
        text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    }
    if (parts < 2) return std::nullopt;
    return version;
}

std::optional<Release> release_named(std::string_view text) {
    const auto version = read_version(text);
    if (!version || *version < oldest_release) return std::nullopt;
    Release release{.version = *version,
                    .text = std::string(text),
                    .evidence = row_at(evidence_forms, *version),
                    .reading = row_at(readings, *version),
                    .accused = row_at(accused_forms, *version),
                    .flow = row_at(flow_forms, *version),
                    .redis = row_at(layouts, *version),
                    .stop = row_at(stops, *version),
                    .folder = row_at(folders, *version),
                    .alert = row_at(alerts, *version)};
    return release;
}

std::optional<std::string> note_about_newer(const Release& release, std::string_view what) {
    if (!(newest_release < release.version)) return std::nullopt;
    return "Slips " + release.text + " is newer than slipsdev knows: " + std::string(what) +
           " like the newest release known";
}

Release release_of(Generation generation) {
    return *release_named(generation == Generation::current ? "1.1.22" : "0.9.1");
}

}  // namespace slipsdev
