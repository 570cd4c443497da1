// Stats::json(), Stats::summary() and Metrics::json().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slips/impl/wire/json_writer.hpp"
#include "slips/metrics.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {
/// Adds counts and gauges, and ends the object.
inline void add_metrics(wire::ObjectWriter& object, const Metrics& metrics) {
    std::string parts[2];
    wire::ObjectWriter counts(parts[0]);
    wire::ObjectWriter gauges(parts[1]);
    for (const Metric& metric : metrics.all()) {
        if (metric.kind == Metric::Kind::count) counts.raw(metric.name, std::to_string(metric.count));
        else gauges.number(metric.name, metric.gauge);
    }
    counts.end();
    gauges.end();
    object.raw("counts", parts[0]).raw("gauges", parts[1]).end();
}
}  // namespace detail

SLIPS_SDK_DECL std::string Stats::json(std::string_view module, std::string_view generation,
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
        .integer("odd_fields", count(messages.odd_fields))
        .integer("other_version", count(messages.other_version))
        .integer("handler_errors", count(messages.handler_errors))
        .integer("skipped", count(messages.skipped))
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
        .raw("metrics", metrics.json())
        .text("stopped_by", stopped_by)
        .end();
    return json;
}

SLIPS_SDK_DECL std::string Stats::summary() const {
    std::string json;
    wire::ObjectWriter object(json);
    object.integer("evidence", static_cast<std::int64_t>(evidence.acknowledged));
    detail::add_metrics(object, metrics);
    return json;
}

SLIPS_SDK_DECL std::string Metrics::json() const {
    std::string json;
    wire::ObjectWriter object(json);
    detail::add_metrics(object, *this);
    return json;
}

}  // namespace slips::inline SLIPS_SDK_ABI
