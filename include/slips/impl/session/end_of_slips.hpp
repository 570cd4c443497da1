// How a module that Slips did not start notices the end of Slips 1.0.6 and newer, which notifies only its own children.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Asks once a second whether more flows will come, who still subscribes to evidence, and for Slips' PID.
class EndOfSlips final : public wire::ReplyHandler {
public:
    static constexpr std::chrono::seconds interval{1};
    /// How long the evidence handler waits for a message before it ends.
    static constexpr std::chrono::seconds handler_waits{60};

    void ask(wire::Pipeline& main, const Dialect& dialect, Clock::time_point now) {
        next_ = now + interval;
        if (dialect.more_flows) main.send({*this, Tag::more_flows}, "GET", "will_slips_have_more_flows");
        if (dialect.announces_end) main.send({*this, Tag::announced}, "HEXISTS", "analysis", "analysis_end");
        main.send({*this, Tag::process}, "HGET", "PIDs", dialect.pid_field);
        if (flows_ended_ && dialect.handler_unsubscribes)
            main.send({*this, Tag::listeners}, "PUBSUB", "NUMSUB", "evidence_added");
    }
    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

    /// When to ask again.
    Clock::time_point next() const { return next_; }

    /// A message was received. Slips publishes the last ones a moment after it has set will_slips_have_more_flows to "no".
    void received(Clock::time_point now) { last_message_ = now; }

    /// Returns whether Slips has ended. It goes on working after the last flow, for minutes maybe; its evidence handler, which
    /// subscribes to evidence, ends last. `ours`: how many of the subscribers are processes of this module.
    bool over(Clock::time_point now, std::int64_t ours, const Dialect& dialect) const {
        if (announced_) return true;
        if (!dialect.handler_unsubscribes) return flows_ended_ && now - last_message_ >= handler_waits;
        return flows_ended_ && listeners_ && *listeners_ <= ours && now - last_message_ >= interval;
    }

    /// Slips' PID; 0: unknown.
    std::int64_t pid() const { return pid_; }

private:
    enum class Tag : std::uint8_t { more_flows, announced, process, listeners };

    Clock::time_point next_{};
    Clock::time_point last_message_{};
    bool announced_ = false;
    bool flows_came_ = false;
    bool flows_ended_ = false;
    std::optional<std::int64_t> listeners_{};  ///< of evidence_added, since the flows have ended
    std::int64_t pid_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

inline void EndOfSlips::reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point) {
    switch (Tag{tag}) {
        case Tag::listeners:
            if (reply.kind == wire::Reply::Kind::list && reply.size == 2) listeners_ = reply[1].integer;
            return;
        case Tag::announced: announced_ = reply.integer == 1; return;
        case Tag::more_flows:
            if (reply.kind != wire::Reply::Kind::text) return;
            // every process of Slips that opens the database sets "yes": "no" counts only after it
            flows_ended_ = flows_came_ && reply.text == "no";
            flows_came_ = flows_came_ || reply.text == "yes";
            if (!flows_ended_) listeners_.reset();
            return;
        case Tag::process:
            if (reply.kind != wire::Reply::Kind::text) return;
            if (const auto pid = parse_python_float(reply.text); pid && *pid >= 1 && *pid <= INT32_MAX)
                pid_ = static_cast<std::int64_t>(*pid);
            return;
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
