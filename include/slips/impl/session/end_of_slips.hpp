// How an outsider notices that current Slips is over: Slips tells only its own children.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "slips/detail/clock.hpp"
#include "slips/detail/number.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Asks once a second whether more flows will come, who still takes evidence, and which process Slips is.
class EndOfSlips {
public:
    static constexpr std::chrono::seconds interval{1};

    void ask(wire::Pipeline& main, Clock::time_point now) {
        next_ = now + interval;
        main.send(wire::Purpose::watch, more_flows, "GET", "will_slips_have_more_flows");
        main.send(wire::Purpose::watch, process, "HGET", "PIDs", "main");
        if (flows_ended_) main.send(wire::Purpose::watch, listeners, "PUBSUB", "NUMSUB", "evidence_added");
    }
    void answer(std::uint32_t question, const wire::Reply& reply);

    /// When to ask again.
    Clock::time_point next() const { return next_; }

    /// A message came. Slips publishes the last ones a moment after it has said that there will be no more flows.
    void heard(Clock::time_point now) { last_message_ = now; }

    /// When the last flow is through Slips goes on working, for minutes maybe; the last to leave is who takes evidence.
    /// `ours`: how many of those who listen to it are this module.
    bool over(Clock::time_point now, std::int64_t ours) const {
        return flows_ended_ && listeners_ && *listeners_ <= ours && now - last_message_ >= interval;
    }

    /// Slips' process; 0: not known.
    std::int64_t pid() const { return pid_; }

private:
    enum Question : std::uint32_t { more_flows, process, listeners };

    Clock::time_point next_{};
    Clock::time_point last_message_{};
    bool flows_came_ = false;
    bool flows_ended_ = false;
    std::optional<std::int64_t> listeners_{};  ///< to evidence_added, since the flows have ended
    std::int64_t pid_ = 0;
};

inline void EndOfSlips::answer(std::uint32_t question, const wire::Reply& reply) {
    if (question == listeners) {
        if (reply.kind == wire::Reply::Kind::list && reply.size == 2) listeners_ = reply[1].integer;
        return;
    }
    if (reply.kind != wire::Reply::Kind::text) return;
    if (question == more_flows) {
        // every process of Slips that opens the database says yes: no counts only after it
        flows_ended_ = flows_came_ && reply.text == "no";
        flows_came_ = flows_came_ || reply.text == "yes";
        if (!flows_ended_) listeners_.reset();
    } else if (const auto pid = parse_python_float(reply.text); pid && *pid >= 1 && *pid <= INT32_MAX) {
        pid_ = static_cast<std::int64_t>(*pid);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
