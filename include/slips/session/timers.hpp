// What an author wants run later: timers, and functions posted from other threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "slips/session/clock.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Timers {
public:
    using Action = std::function<void()>;

    void every(std::chrono::nanoseconds interval, Action action) {
        timers_.push_back({interval, Clock::now() + interval, std::move(action)});
    }

    /// From any thread.
    void post(Action action) {
        {
            const std::lock_guard lock(posted_mutex_);
            posted_.push_back(std::move(action));
        }
        if (wake_) wake_();
    }

    /// Wakes the loop from post(); set before another thread may post.
    void set_wake(Action wake) { wake_ = std::move(wake); }

    /// Hands each action that is due to `run`, with what to call it.
    template <class Run>
    void run_due(Clock::time_point now, Run&& run);

    /// When the next timer is due.
    std::optional<Clock::time_point> next() const {
        std::optional<Clock::time_point> first;
        for (const Timer& timer : timers_) first = first ? std::min(*first, timer.next) : timer.next;
        return first;
    }

private:
    struct Timer {
        std::chrono::nanoseconds interval{};
        Clock::time_point next{};
        Action action{};
    };

    std::vector<Timer> timers_{};
    std::mutex posted_mutex_{};
    std::vector<Action> posted_{};
    Action wake_{};
};

// ---------------------------------------------------------------------------------------------------------

template <class Run>
void Timers::run_due(Clock::time_point now, Run&& run) {
    std::vector<Action> posted;
    {
        const std::lock_guard lock(posted_mutex_);
        posted.swap(posted_);
    }
    for (const Action& action : posted) run("a posted function", action);
    for (std::size_t i = 0; i < timers_.size(); ++i) {  // an action may add timers
        if (timers_[i].next > now) continue;
        timers_[i].next = std::max(timers_[i].next + timers_[i].interval, now);
        const Action action = timers_[i].action;
        run("a timer", action);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
