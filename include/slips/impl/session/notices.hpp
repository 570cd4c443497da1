// Replies to commands that only inform Slips about this module.
#pragma once

#include <cstdint>
#include <string>

#include "slips/detail/clock.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/session/slips_info.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Counts and logs errors. Nothing depends on the replies: counters, PUBLISH, the connection's name.
class Notices final : public wire::ReplyHandler {
public:
    Notices(Stats& stats, OnceLog& log, const SlipsInfo& slips) : stats_(stats), log_(log), slips_(slips) {}

    void reply(std::uint8_t, std::uint32_t, const wire::Reply& reply, Clock::time_point) override {
        if (!reply.is_error() || !slips_.complete())
            return;  // before that, Redis refuses the questions about Slips as well
        ++stats_.redis.error_replies;
        const std::string error(reply.text);
        log_.log_once("counter: " + error, "Redis refuses to count or publish for this module: " + error);
    }

private:
    Stats& stats_;
    OnceLog& log_;
    const SlipsInfo& slips_;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
