// Computes what slipsdev top and metrics show from two samples. No input or output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/watch/sample.hpp"

namespace slipsdev {

struct ChannelRow {
    std::string name{};
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t backlog = 0;              ///< published, but not received
    std::optional<double> growth{};         ///< of the backlog, per second
    std::optional<double> received_rate{};  ///< per second
};

struct ModuleRow {
    std::string name{};
    bool is_slips = false;  ///< Slips' main process
    std::string state{};    ///< in one word
    bool is_alive = false;  ///< one of its processes exists
    std::size_t processes = 0;
    std::optional<double> cpu{};      ///< cores: 1 is one core
    std::optional<double> busiest{};  ///< cores that its busiest process uses
    std::optional<double> cpu_seconds{};
    std::optional<std::uint64_t> memory{};  ///< bytes
    bool memory_is_rss = false;             ///< of at least one process only the RSS is known
    std::optional<std::uint64_t> received{};
    std::optional<double> received_rate{};  ///< messages per second
    std::optional<std::uint64_t> backlog{};
    std::optional<double> growth{};         ///< messages per second
    double rate_seconds = 0;                ///< the time in which both rates were measured
    std::optional<double> evidence_rate{};  ///< per second
    std::vector<ChannelRow> channels{};     ///< the largest backlog first
    ModuleMetrics metrics{};
    std::string alarm{};  ///< a sentence, if the user should look at it
};

struct Report {
    double unix_time = 0;
    bool is_running = false;
    bool has_ended = false;
    std::string version{};  ///< empty: unknown
    std::map<std::string, std::string> analysis{};
    std::optional<double> started{};
    std::optional<std::uint64_t> flows{}, evidence{}, alerts{}, profiles{}, windows{};
    std::optional<double> flows_per_minute{}, evidence_rate{};
    std::optional<Tally> published{};
    RedisSample redis{};
    std::optional<double> redis_command_rate{}, redis_cpu{};
    std::vector<ModuleRow> modules{};
    std::vector<std::string> notes{};  ///< what is not available, and why
};

/// Returns what Slips stores about its input under this name, such as "input_type"; empty if nothing.
std::string stored_in(const Report& report, const std::string& name);

/// The columns by which rows can be sorted. `backlog`: rows with an alarm first.
enum class SortKey { name, cpu, memory, received, backlog, evidence };

/// Returns the plain names of the modules that processes belong to, by PID: its own process, and those that it has started.
std::map<std::int64_t, std::string> owners_of(const Sample& sample);

/// Reports on `now`; rates are those since `before`, and unknown without it.
Report report_of(const Sample* before, const Sample& now);

/// Sorts rows: Slips first, the largest value first, unknown values last, equal ones by name.
void sort_rows(std::vector<ModuleRow>& rows, SortKey key);

/// Returns the key by which names of one module are equal although Slips writes them in different ways: "EvidenceHandler"
/// and "evidence_handler".
std::string plain_name(std::string_view name);

/// Parses the value of a field of slips_sdk_metrics. Returns nullopt if it is not an object of numbers.
std::optional<ModuleMetrics> parse_metrics(std::string_view text);
/// Adds the values of another copy of the module.
void add_metrics(ModuleMetrics& to, const ModuleMetrics& from);
/// Returns the module of a field of slips_sdk_metrics: "scan" for "scan" and for "scan#2".
std::string module_of_field(std::string_view field);

/// Returns "48,000".
std::string grouped(std::uint64_t number);

}  // namespace slipsdev
