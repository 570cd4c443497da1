// The numbers of a run: from the feeder, the judge and the module's own statistics.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// The module's own statistics, from --stats.
struct ModuleStats {
    std::map<std::string, long long> received;  ///< messages by channel
    long long undecodable = 0;                  ///< messages that it could not decode
    long long other_version = 0;                ///< messages that it skipped: of another version of Slips
    long long exceptions = 0;                   ///< of its handlers, hooks, timers and posted functions
    long long refused = 0;
    long long published = 0;
    long long deduplicated = 0;
    long long lost = 0;
};

/// Returns nullopt if there is no such file, or its JSON has another form. Of several `copies` of the module, the sum of
/// FILE.1, FILE.2 and so on.
std::optional<ModuleStats> read_stats(const std::filesystem::path& file, int copies = 1);

/// The counts of the feeder and the judge.
struct Counts {
    std::map<std::string, long long> sent;  ///< counted messages by channel, on the module's channels
    long long sent_unsubscribed = 0;        ///< flow messages on other channels
    long long delivered = 0;                ///< by redis-server's count
    long long received = 0;                 ///< messages on evidence_added
    long long accepted = 0;
    long long refused = 0;
    long long repeats_seen = 0;
    long long alerts = 0;
    long long skipped = 0;
    long long faults = 0;
};

struct Summary {
    long long sent = 0;
    long long received = 0;
    long long accepted = 0;
    long long refused = 0;
    long long deduplicated = 0;
    long long lost = 0;
    long long alerts = 0;
    long long skipped = 0;
    long long faults = 0;
    long long undecodable = 0;
    long long other_version = 0;
    long long exceptions = 0;

    bool is_good() const {
        return refused == 0 && lost == 0 && faults == 0 && undecodable == 0 && other_version == 0 && exceptions == 0;
    }
};

Summary summarize(const Counts& counts, const std::optional<ModuleStats>& stats);

/// Returns "576 sent, 576 received, 14 accepted, 0 refused, 0 lost", and the undecodable messages, those of another version
/// and exceptions if there are any.
/// `deduplicates`: this Slips does not publish repeats.
std::string summary_line(const Summary& summary, bool deduplicates);
std::string summary_json(const Summary& summary);

}  // namespace slipsdev
