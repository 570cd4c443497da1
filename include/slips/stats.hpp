// The counters that a module reports with --stats and when it stops.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The counters of a module since its start.
struct Stats {
    struct {
        std::uint64_t received = 0;        ///< on channels that the module subscribes to
        std::uint64_t handled = 0;         ///< the handler returned
        std::uint64_t undecodable = 0;     ///< skipped: not the format of the channel
        std::uint64_t other_version = 0;   ///< skipped, as in Slips: published by another Slips version
        std::uint64_t handler_errors = 0;  ///< the handler threw
        std::uint64_t missed = 0;          ///< never received, according to Slips' counters
        std::map<std::string, std::uint64_t, std::less<>> channels{};  ///< received, by channel
    } messages{};  ///< received messages

    struct {
        std::uint64_t accepted = 0;      ///< set_evidence() returned true
        std::uint64_t acknowledged = 0;  ///< stored, as acknowledged by Redis
        std::uint64_t published = 0;     ///< published on evidence_added
        std::uint64_t deduplicated = 0;  ///< legacy: stored as a repeat, hence not published
        std::uint64_t refused = 0;       ///< it would harm Slips, or Slips does not know its type
        std::uint64_t unheard = 0;       ///< published while evidence_added had no subscriber
        std::uint64_t given_up = 0;      ///< accepted, but Redis cannot store it or Slips cannot read it
        std::uint64_t lost = 0;          ///< accepted, and not stored when the module stopped
    } evidence{};  ///< evidence that the module set

    struct {
        std::uint64_t reconnects = 0;     ///< times the main connection was lost
        std::uint64_t error_replies = 0;  ///< commands that failed in Redis
        std::uint64_t conflicts = 0;     ///< legacy: retried because another client wrote first
    } redis{};  ///< connection to Redis

    /// Returns the counters as one JSON object, for --stats.
    std::string json(std::string_view module, std::string_view generation, std::string_view stopped_by) const;
};

// ---------------------------------------------------------------------------------------------------------

inline std::string Stats::json(std::string_view module, std::string_view generation,
                               std::string_view stopped_by) const {
    const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    std::string channels;
    wire::ObjectWriter by_channel(channels);
    for (const auto& [channel, received] : messages.channels) by_channel.integer(channel, count(received));
    by_channel.end();
    std::string part[3];
    wire::ObjectWriter(part[0])
        .integer("received", count(messages.received))
        .integer("handled", count(messages.handled))
        .integer("undecodable", count(messages.undecodable))
        .integer("other_version", count(messages.other_version))
        .integer("handler_errors", count(messages.handler_errors))
        .integer("missed", count(messages.missed))
        .raw("channels", channels)
        .end();
    wire::ObjectWriter(part[1])
        .integer("accepted", count(evidence.accepted))
        .integer("acknowledged", count(evidence.acknowledged))
        .integer("published", count(evidence.published))
        .integer("deduplicated", count(evidence.deduplicated))
        .integer("refused", count(evidence.refused))
        .integer("unheard", count(evidence.unheard))
        .integer("given_up", count(evidence.given_up))
        .integer("lost", count(evidence.lost))
        .end();
    wire::ObjectWriter(part[2])
        .integer("reconnects", count(redis.reconnects))
        .integer("error_replies", count(redis.error_replies))
        .integer("conflicts", count(redis.conflicts))
        .end();
    std::string json;
    wire::ObjectWriter(json)
        .text("module", module)
        .text("generation", generation)
        .raw("messages", part[0])
        .raw("evidence", part[1])
        .raw("redis", part[2])
        .text("stopped_by", stopped_by)
        .end();
    return json;
}

}  // namespace slips::inline SLIPS_SDK_ABI
