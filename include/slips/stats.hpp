// The counters that a module reports with --stats and when it stops.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "slips/metrics.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The counters of a module since its start.
struct Stats {
    /// Messages, since the start.
    struct Messages {
        std::uint64_t received = 0;        ///< on channels that the module subscribes to
        std::uint64_t handled = 0;         ///< the handler returned
        std::uint64_t undecodable = 0;     ///< skipped: not the format of the channel
        std::uint64_t odd_fields = 0;      ///< left absent, because their value has another type
        std::uint64_t other_version = 0;   ///< skipped, as in Slips: published by another Slips version
        std::uint64_t handler_errors = 0;  ///< the handler threw
        std::uint64_t skipped = 0;         ///< not received: another process of the module handles them, see Share
        std::uint64_t missed = 0;          ///< never received, according to Slips' counters
        std::map<std::string, std::uint64_t, std::less<>> channels{};  ///< received, by channel
    };
    Messages messages{};  ///< received messages

    /// Evidence, since the start.
    struct EvidenceCounts {
        std::uint64_t accepted = 0;      ///< set_evidence() returned true
        std::uint64_t acknowledged = 0;  ///< stored, as acknowledged by Redis
        std::uint64_t published = 0;     ///< published on evidence_added
        std::uint64_t deduplicated = 0;  ///< before 0.9.2: stored as a repeat, hence not published
        std::uint64_t refused = 0;       ///< it would harm Slips, or Slips does not know its type
        std::uint64_t unheard = 0;       ///< published while evidence_added had no subscriber
        std::uint64_t given_up = 0;      ///< accepted, but Redis cannot store it or Slips cannot read it
        std::uint64_t lost = 0;          ///< accepted, and not stored when the module stopped
    };
    EvidenceCounts evidence{};  ///< evidence that the module set

    /// The connections to Redis.
    struct Redis {
        std::uint64_t reconnects = 0;     ///< times the main connection was lost
        std::uint64_t error_replies = 0;  ///< commands that failed in Redis
        std::uint64_t conflicts = 0;      ///< before 1.0.11: retried because another client wrote first
    };
    Redis redis{};  ///< connection to Redis

    Metrics metrics{};  ///< of count() and gauge()

    /// Returns the counters as one JSON object, for --stats.
    SLIPS_SDK_DECL std::string json(std::string_view module, std::string_view generation,
                                    std::string_view stopped_by) const;
    /// Returns what a running module stores for `slipsdev top`, as one JSON object: {"evidence": 14, "counts": {…},
    /// "gauges": {…}}, the evidence that is stored and what Metrics::json() returns.
    SLIPS_SDK_DECL std::string summary() const;
};

}  // namespace slips::inline SLIPS_SDK_ABI
