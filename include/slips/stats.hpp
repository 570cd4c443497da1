// What a module counts of itself, and tells with --stats and when it stops.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a module counts of itself since its start.
struct Stats {
    struct {
        std::uint64_t received = 0;        ///< came on a channel the module hears
        std::uint64_t handled = 0;         ///< a handler returned
        std::uint64_t undecodable = 0;     ///< skipped: not what the channel carries
        std::uint64_t other_version = 0;   ///< skipped, as Slips does: stamped by another Slips
        std::uint64_t handler_errors = 0;  ///< a handler threw
        std::uint64_t missed = 0;          ///< never came, in gaps of which Slips' counters tell
        std::map<std::string, std::uint64_t, std::less<>> channels{};  ///< received, by channel
    } messages{};  ///< what came

    struct {
        std::uint64_t accepted = 0;      ///< set_evidence() returned true
        std::uint64_t acknowledged = 0;  ///< stored, says Redis
        std::uint64_t published = 0;     ///< told on evidence_added
        std::uint64_t deduplicated = 0;  ///< legacy: stored as a repeat, hence not published
        std::uint64_t refused = 0;       ///< would harm Slips, or Slips does not know its type
        std::uint64_t unheard = 0;       ///< published when nobody listened on evidence_added
        std::uint64_t given_up = 0;      ///< accepted, but Redis cannot store it or Slips cannot read it
        std::uint64_t lost = 0;          ///< accepted, and not stored when the module stopped
    } evidence{};  ///< what it set

    struct {
        std::uint64_t reconnects = 0;     ///< times the main connection was lost
        std::uint64_t error_replies = 0;  ///< commands that Redis refused
        std::uint64_t conflicts = 0;     ///< legacy: another writer was faster, tried again
    } redis{};  ///< how its servers were

    /// As one JSON object, for --stats.
    SLIPS_SDK_DECL std::string json(std::string_view module, std::string_view generation, std::string_view stopped_by) const;
};

}  // namespace slips::inline SLIPS_SDK_ABI
