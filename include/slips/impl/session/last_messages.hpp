// When Slips, which is stopping, sends no more messages. Its own modules go on while messages come: its profiler publishes the
// flows that were read before, for minutes maybe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/detail/number.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class LastMessages final : public wire::ReplyHandler {
public:
    /// Slips has asked the module to stop.
    void begin(Clock::time_point now) { last_ = now; }
    /// A message of this Slips instance was received.
    void received(Clock::time_point now) { last_ = now; }

    /// Asks, ten times a second, whether Slips will have more flows, and for the PID of its profiler.
    void ask(wire::Pipeline& main, Clock::time_point now) {
        if (now < next_) return;
        next_ = now + std::chrono::milliseconds(100);
        main.send({*this, Tag::more_flows}, "GET", "will_slips_have_more_flows");
        ask_for_profiler(main);
    }
    /// Asks for the PID of Slips' profiler, once: a second Slips in the same Redis overwrites the entry.
    void ask_for_profiler(wire::Pipeline& main) {
        if (std::exchange(asked_for_profiler_, true)) return;
        for (const char* name :
             {"Profiler", "profiler"})  // the second one is of the closed list of names of newer Slips
            main.send({*this, Tag::profiler}, "HGET", "PIDs", name);
    }
    void reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point) override {
        if (reply.kind != wire::Reply::Kind::text) return;
        if (Tag{tag} == Tag::more_flows) more_ = reply.text == "yes";
        else if (const auto pid = parse_python_float(reply.text); pid && *pid >= 1 && *pid <= INT32_MAX)
            profiler_pid_ = static_cast<std::int64_t>(*pid);
    }
    /// The PID of Slips' profiler; 0: unknown.
    std::int64_t profiler_pid() const { return profiler_pid_; }

    /// Returns whether no message has come for a while. `profiler_lives`: its process exists; nullopt: unknown. It takes
    /// precedence over will_slips_have_more_flows: of two Slips in one Redis the old one sets "no" for both.
    bool over(Clock::time_point now, std::optional<Generation> generation, std::optional<bool> profiler_lives) const {
        using std::chrono::milliseconds;
        const auto quiet = now - last_;
        if (generation == Generation::legacy) return quiet >= milliseconds(200);  // it gives all modules a few seconds
        // Slips waits for its profiler as well; a minute, for one that hangs
        if (profiler_lives) return quiet >= milliseconds(*profiler_lives ? 60'000 : 200);
        if (more_ == false) return quiet >= milliseconds(200);
        return quiet >= milliseconds(more_ ? 10'000 : 2000);
    }

private:
    enum class Tag : std::uint8_t { more_flows, profiler };

    Clock::time_point last_{};
    Clock::time_point next_{};
    bool asked_for_profiler_ = false;
    std::optional<bool> more_{};  ///< will_slips_have_more_flows
    std::int64_t profiler_pid_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
