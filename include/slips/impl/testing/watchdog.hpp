// Watchdog: a second thread that reports code which does not return.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Watches one call at a time.
class Watchdog {
public:
    /// Receives what has not returned, on the watchdog's own thread.
    using OnHang = std::function<void(const std::string& what)>;

    /// `patience` is real time; 0 disables the watchdog, for debuggers.
    Watchdog(std::chrono::nanoseconds patience, OnHang on_hang) : patience_(patience), on_hang_(std::move(on_hang)) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

    /// Applies to the next call that is watched.
    void set_patience(std::chrono::nanoseconds patience) {
        const std::lock_guard lock(mutex_);
        patience_ = patience;
    }

    /// Watches until the end of the scope.
    class Watch {
    public:
        /// `what` names the call. Afterwards, the dog watches what it watched before.
        Watch(Watchdog& dog, std::string what) : dog_(dog), before_(dog.watch(std::move(what))) {}
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        ~Watch() { dog_.watch(std::move(before_)); }

    private:
        Watchdog& dog_;
        std::string before_;
    };

private:
    /// Watches `what`, or nothing if it is empty. Returns what was watched before.
    std::string watch(std::string what) {
        std::unique_lock lock(mutex_);
        if (patience_ <= std::chrono::nanoseconds::zero()) return {};
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
        until_.reset();
        if (!what.empty()) until_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience_);
        std::swap(what, what_);
        lock.unlock();
        changed_.notify_all();
        return what;
    }

    void run() {
        std::unique_lock lock(mutex_);
        while (!over_) {
            if (!until_) {
                changed_.wait(lock);
            } else if (const auto until = *until_; Clock::now() < until) {
                changed_.wait_until(lock, until);
            } else {
                const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count();
                const std::string hangs = what_ + " has not returned for " + std::to_string(waited) + " ms";
                until_.reset();  // reported once
                lock.unlock();
                on_hang_(hangs);
                lock.lock();
            }
        }
    }

    std::chrono::nanoseconds patience_;
    OnHang on_hang_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::string what_{};
    std::optional<Clock::time_point> until_{};
    bool over_ = false;
    std::thread thread_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
