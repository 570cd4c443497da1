// The call of the author's code that runs now, for a signal handler: it names code that does not return.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "slips/detail/clock.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Names the call that runs. A signal handler reads it, on any thread, so names are never freed while a session exists:
/// they are literals, or names of channels.
class RunningCall {
public:
    /// A call until the end of the scope.
    class Scope {
    public:
        /// `name`: of a hook, such as "init()".
        Scope(RunningCall& call, const char* name) : Scope(call, name, false) {}
        /// The handler of a channel.
        static Scope handler(RunningCall& call, const char* channel) { return {call, channel, true}; }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        ~Scope() { call_.set(before_, was_handler_, since_before_); }

    private:
        Scope(RunningCall& call, const char* name, bool is_handler)
            : call_(call), before_(call.name_.load(relaxed)), was_handler_(call.is_handler_.load(relaxed)),
              since_before_(call.since_.load(relaxed)) {
            call_.set(name, is_handler, Clock::now().time_since_epoch().count());
        }

        RunningCall& call_;
        const char* before_;
        bool was_handler_;
        Clock::rep since_before_;
    };

    /// Appends "on(new_flow) has not returned for 14.2 s" to the `size` bytes of `line`, if a call has run for at least
    /// `patience`. Returns the new size; cuts what does not fit. Safe in a signal handler.
    template <std::size_t Most>
    std::size_t describe(char (&line)[Most], std::size_t size, std::chrono::milliseconds patience) const;

private:
    static constexpr auto relaxed = std::memory_order_relaxed;

    void set(const char* name, bool is_handler, Clock::rep since) {
        constexpr auto release = std::memory_order_release;  // in this order; twice per message, so no fences
        name_.store(nullptr, release);                       // a signal in between finds no call
        since_.store(since, release);
        is_handler_.store(is_handler, release);
        name_.store(name, release);
    }

    // a signal handler must not wait for a lock that the code it interrupts holds
    static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
                      std::atomic<Clock::rep>::is_always_lock_free,
                  "slips: signal handlers need lock-free atomics of pointers, bool and 64 bits");

    std::atomic<const char*> name_{nullptr};  ///< null: none
    std::atomic<bool> is_handler_{false};
    std::atomic<Clock::rep> since_{0};
};

// ---------------------------------------------------------------------------------------------------------

template <std::size_t Most>
std::size_t RunningCall::describe(char (&line)[Most], std::size_t size, std::chrono::milliseconds patience) const {
    const char* const name = name_.load();
    const auto time = Clock::now().time_since_epoch() - Clock::duration(since_.load());
    if (!name || time < patience) return size;
    const auto add = [&](const char* text) {
        const std::size_t length = std::min(std::strlen(text), Most - size);
        std::memcpy(line + size, text, length);
        size += length;
    };
    const bool is_handler = is_handler_.load();
    add(is_handler ? "on(" : "");
    add(name);
    add(is_handler ? ") has not returned for " : " has not returned for ");
    char digits[32];  // std::to_string() may allocate
    char* at = digits + sizeof digits;
    *--at = '\0';
    auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
    *--at = static_cast<char>('0' + tenths % 10);
    *--at = '.';
    do {
        tenths /= 10;
        *--at = static_cast<char>('0' + tenths % 10);
    } while (tenths >= 10);
    add(at);
    add(" s");
    return size;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
