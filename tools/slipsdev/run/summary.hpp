// The numbers of a run: from the player, the judge and the module's own statistics.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// What the module wrote at its end with --stats.
struct ModuleStats {
    std::map<std::string, long long> received;  ///< messages by channel
    long long refused = 0;
    long long published = 0;
    long long deduplicated = 0;
    long long lost = 0;
};

/// Nothing when there is no such file, or it is no JSON of that form.
std::optional<ModuleStats> read_stats(const std::filesystem::path& file);

/// What the player and the judge counted.
struct Counts {
    std::map<std::string, long long> sent;  ///< counted messages by channel, those that the module hears
    long long sent_unheard = 0;             ///< flow messages on channels it does not hear
    long long delivered = 0;                ///< by redis-server's count
    long long heard = 0;                    ///< messages on evidence_added
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

    bool all_is_well() const { return refused == 0 && lost == 0 && faults == 0; }
};

Summary summarize(const Counts& counts, const std::optional<ModuleStats>& stats);

/// "576 sent, 576 received, 14 accepted, 0 refused, 0 lost"
std::string summary_line(const Summary& summary, Generation generation);
std::string summary_json(const Summary& summary);

}  // namespace slipsdev
