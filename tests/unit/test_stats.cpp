#include <slips/slips.hpp>

#include "slips/stats.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

TEST_CASE("--stats writes every counter under its own name") {
    slips::Stats stats;
    std::uint64_t next = 1;
    for (std::uint64_t* counter :
         {&stats.messages.received, &stats.messages.handled, &stats.messages.undecodable, &stats.messages.other_version,
          &stats.messages.handler_errors, &stats.messages.missed, &stats.evidence.accepted,
          &stats.evidence.acknowledged, &stats.evidence.published, &stats.evidence.deduplicated,
          &stats.evidence.refused, &stats.evidence.unheard, &stats.evidence.given_up, &stats.evidence.lost,
          &stats.redis.reconnects, &stats.redis.error_replies, &stats.redis.conflicts, &stats.messages.odd_fields,
          &stats.messages.skipped})
        *counter = next++;
    CHECK(stats.metrics.add("names_checked", 19) == nullptr);
    CHECK(stats.metrics.set("load", 0.5) == nullptr);
    stats.messages.channels = {{"new_flow", 17}, {"odd \"channel\"", 18}};
    CHECK(nlohmann::json::parse(stats.json("detector", "current", "SIGTERM")) == nlohmann::json::parse(R"({
        "module": "detector", "generation": "current", "stopped_by": "SIGTERM",
        "messages": {"received": 1, "handled": 2, "undecodable": 3, "odd_fields": 18, "other_version": 4, "handler_errors": 5, "skipped": 19, "missed": 6,
                     "channels": {"new_flow": 17, "odd \"channel\"": 18}},
        "evidence": {"accepted": 7, "acknowledged": 8, "published": 9, "deduplicated": 10, "refused": 11, "unheard": 12,
                     "given_up": 13, "lost": 14},
        "redis": {"reconnects": 15, "error_replies": 16, "conflicts": 17},
        "metrics": {"counts": {"names_checked": 19}, "gauges": {"load": 0.5}}})"));
    CHECK(nlohmann::json::accept(slips::Stats().json("", "unknown", "")));
}
