#include "slips/session/stats.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

TEST_CASE("--stats writes every counter under its own name") {
    slips::Stats stats;
    std::uint64_t next = 1;
    for (std::uint64_t* counter :
         {&stats.messages.received, &stats.messages.handled, &stats.messages.undecodable, &stats.messages.other_version,
          &stats.messages.handler_errors, &stats.evidence.accepted, &stats.evidence.acknowledged, &stats.evidence.published,
          &stats.evidence.deduplicated, &stats.evidence.refused, &stats.evidence.unheard, &stats.evidence.lost,
          &stats.redis.reconnects, &stats.redis.error_replies, &stats.redis.conflicts})
        *counter = next++;
    stats.messages.channels = {{"new_flow", 16}, {"odd \"channel\"", 17}};
    CHECK(nlohmann::json::parse(stats.json("detector", "current", "SIGTERM")) == nlohmann::json::parse(R"({
        "module": "detector", "generation": "current", "stopped_by": "SIGTERM",
        "messages": {"received": 1, "handled": 2, "undecodable": 3, "other_version": 4, "handler_errors": 5,
                     "channels": {"new_flow": 16, "odd \"channel\"": 17}},
        "evidence": {"accepted": 6, "acknowledged": 7, "published": 8, "deduplicated": 9, "refused": 10, "unheard": 11,
                     "lost": 12},
        "redis": {"reconnects": 13, "error_replies": 14, "conflicts": 15}})"));
    CHECK(nlohmann::json::accept(slips::Stats().json("", "unknown", "")));
}
