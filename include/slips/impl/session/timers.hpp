// Timers, and functions posted from other threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns the line about a call that a module made on another thread than that of the event loop.
inline std::string elsewhere(const std::string& call) {
    return call + " was called from another thread, and refused; use post(), which calls a function on the thread of "
                  "the handlers";
}

/// Functions that other threads pass to the loop. Shared by the module and its session, since threads may outlive the session.
/// After the session has ended, post() has no effect.
class Posted {
public:
    using Action = std::function<void()>;

    /// Returns false if it is closed: the action will not run.
    bool post(Action action) {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        actions_.push_back(std::move(action));
        if (wake_) wake_();  // within the lock: close() removes it
        return true;
    }
    /// Returns whether it is called on the thread that made this object, which is that of the event loop.
    bool on_own_thread() const { return std::this_thread::get_id() == thread_; }
    /// Keeps the name of a call that was refused, text with static lifetime, for take_refused(): the first time for each call,
    /// also after close(). Returns false after end(), when nobody reports it any more.
    bool refuse(const char* call) {
        const std::lock_guard lock(mutex_);
        if (std::find(reported_.begin(), reported_.end(), call) != reported_.end()) return true;
        reported_.push_back(call);
        if (ended_) return false;
        refused_.push_back(call);
        if (wake_) wake_();
        return true;
    }
    /// Returns the calls refused since it was called last.
    std::vector<const char*> take_refused() {
        const std::lock_guard lock(mutex_);
        return std::exchange(refused_, {});
    }
    std::vector<Action> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(actions_, {});
    }
    void set_wake(Action wake) {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        wake_ = nullptr;
        actions_.clear();
    }
    /// Closes it, and returns the refused calls that nobody has taken.
    std::vector<const char*> end() {
        close();
        const std::lock_guard lock(mutex_);
        ended_ = true;
        return std::exchange(refused_, {});
    }

private:
    const std::thread::id thread_ = std::this_thread::get_id();
    std::mutex mutex_{};
    std::vector<Action> actions_{};
    std::vector<std::string_view> reported_{};  ///< each call that was ever refused
    std::vector<const char*> refused_{};        ///< those not reported yet
    Action wake_{};
    bool closed_ = false;
    bool ended_ = false;
};

class Timers {
public:
    using Action = Posted::Action;

    void every(std::chrono::nanoseconds interval, Action action, Clock::time_point now) {
        if (!stopped_) timers_.push_back({interval, now + interval, std::move(action)});
    }

    const std::shared_ptr<Posted>& posted() const { return posted_; }

    /// Runs nothing any more: the module is about to end.
    void stop() {
        posted_->close();
        timers_.clear();
        stopped_ = true;
    }

    /// Calls `run(name, action)` for each action that is due; the name is for the log.
    template <class Run>
    void run_due(Clock::time_point now, Run&& run);

    bool empty() const { return timers_.empty(); }  ///< whether every() was never called

    /// Returns when the next timer is due; nullopt: there is none.
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
    std::shared_ptr<Posted> posted_ = std::make_shared<Posted>();
    bool stopped_ = false;
};

// ---------------------------------------------------------------------------------------------------------

template <class Run>
void Timers::run_due(Clock::time_point now, Run&& run) {
    for (const Action& action : posted_->take()) run("a posted function", action);
    for (std::size_t i = 0; i < timers_.size(); ++i) {  // an action may add timers
        if (timers_[i].next > now) continue;
        timers_[i].next = std::max(timers_[i].next + timers_[i].interval, now);
        const Action action = timers_[i].action;
        run("a timer", action);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
