// Calls of code that a module's author wrote, and why the module is to stop.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include "slips/impl/session/once_log.hpp"
#include "slips/impl/session/running_call.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Stores why the module is to stop.
class StopRequest {
public:
    /// The first reason stays.
    void request(std::string_view reason) {
        if (reason_.empty()) reason_ = reason;
    }
    bool requested() const { return !reason_.empty(); }
    const std::string& reason() const { return reason_; }  ///< empty: none

private:
    std::string reason_{};
};

/// Catches, logs and counts what handlers, hooks, timers and posted functions throw.
class Guard {
public:
    /// `strict`: an exception stops the module.
    Guard(Stats& stats, OnceLog& log, StopRequest& stop, bool strict)
        : stats_(stats), log_(log), stop_(stop), strict_(strict) {}

    /// Returns false if `action` threw. `what`, a literal, names it in the log.
    bool call(const char* what, const std::function<void()>& action) {
        try {
            const RunningCall::Scope scope(running_, what);
            action();
            return true;
        } catch (const std::exception& thrown) {
            const std::string name(what);
            threw(name + ": " + thrown.what(), name + " threw: " + thrown.what(), name);
        } catch (...) {
            threw(what, std::string(what) + " threw something that is not an exception", what);
        }
        return false;
    }

    /// Logs `line` once for this `kind`, and counts an error of `who`.
    void threw(std::string_view kind, const std::string& line, std::string_view who) {
        log_.log_once(kind, line);
        ++stats_.messages.handler_errors;
        if (!strict_) return;
        failed_ = true;
        stop_.request(std::string(who) + " threw (--strict)");
    }

    bool failed() const { return failed_; }  ///< something threw, and `strict` is set: only shutdown_gracefully() runs
    RunningCall& running() { return running_; }

private:
    Stats& stats_;
    OnceLog& log_;
    StopRequest& stop_;
    bool strict_;
    bool failed_ = false;
    RunningCall running_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
