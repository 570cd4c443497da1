// LifeCycle: the steps of a module from init() to shutdown_gracefully(), the same in a program and in a test.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "slips/detail/channel_names.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Starts and stops a module. A derived class provides the I/O and the clock.
class LifeCycle {
public:
    LifeCycle() = default;
    LifeCycle(const LifeCycle&) = delete;
    LifeCycle& operator=(const LifeCycle&) = delete;

protected:
    ~LifeCycle() = default;

    /// Runs init(), subscribes and runs pre_main(). Returns false if the module does not start; the reason is reported.
    bool start_module();

    /// Receives what is already published, runs shutdown_gracefully() and stores the evidence that was accepted, as long as
    /// wait() returns true. Evidence that is not stored by then counts as lost.
    void stop_module();

private:
    virtual Session& session() = 0;
    virtual ModuleBase& module() = 0;
    virtual Receiver& receiver() = 0;
    /// Returns the current time.
    virtual Clock::time_point now() const = 0;
    /// Calls a hook; `name` as in "init()".
    virtual void call(std::string_view name, const std::function<void()>& hook) = 0;
    /// Reports why the module does not start.
    virtual void report_start_failure(const std::string& why) = 0;
    /// Called after init(). Returns false if the module cannot continue; the reason has been reported.
    virtual bool before_subscribing() { return true; }
    /// Opens the subscription.
    virtual void subscribe() = 0;
    /// Called when the subscription has been cancelled: messages may still arrive.
    virtual void draining() {}
    /// Called when no more messages are received, because none is left or because the time is over.
    virtual void drained() {}
    /// Sends pending commands, at least once, even if the time is over.
    virtual void flush() {}
    /// Waits for events and handles them. Returns false, without waiting, when the time to stop is over.
    virtual bool wait() = 0;

    bool run_hook(const char* name, const std::function<bool()>& hook);
    /// Returns why the author may not have meant subscribe(channel); empty: no doubt.
    std::string doubt_about(const std::string& channel);
    void settle() {
        while (!session().settled() && wait()) {
        }
    }
};

// ---------------------------------------------------------------------------------------------------------

inline bool LifeCycle::run_hook(const char* name, const std::function<bool()>& hook) {
    bool is_good = false;
    bool has_returned = false;
    call(name, [&] { has_returned = session().guard(name, [&] { is_good = hook(); }); });
    if (has_returned && !is_good)
        report_start_failure(std::string(name) + " returned false: the module does not start");
    return has_returned && is_good;
}

inline std::string LifeCycle::doubt_about(const std::string& channel) {
    if (receiver().has_handler(channel, true))
        return receiver().has_handler(channel, false)
                   ? "a handler receives these messages already; the call has no effect"
                   : "a handler receives these messages already; on(const slips::RawMessage&) receives only text that "
                     "is no JSON object";
    std::string lower = channel;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::string_view close = closest_channel(lower);
    if (close.empty() || close == channel) return {};
    return "Slips has no channel of this name; did you mean " + std::string(close) + "?";
}

inline bool LifeCycle::start_module() {
    if (module().host_of_module().set_evidence_early)
        call("the constructor", [this] {
            session().guard("the constructor", [] {
                throw std::logic_error(
                    "evidence refused: a module is not connected in its constructor; set it in a handler");
            });
        });
    if (!run_hook("init()", [this] { return module().init(); })) return false;
    if (const auto problem = receiver().problem(session().has_timers()); !problem.empty()) {
        report_start_failure(problem);
        return false;
    }
    for (const std::string& channel : module().subscribed())
        if (const std::string doubt = doubt_about(channel); !doubt.empty())
            call("init()", [&] { session().log("subscribe(\"" + channel + "\"): " + doubt); });
    if (!before_subscribing()) return false;
    module().host_of_module().subscribed = true;
    subscribe();  // before pre_main(), so that no message is missed while it runs
    return run_hook("pre_main()", [this] { return module().pre_main(); });
}

inline void LifeCycle::stop_module() {
    session().begin_drain();
    draining();
    while (!session().drained() && wait()) {
    }
    drained();
    settle();
    session().stop_timers();
    call("shutdown_gracefully()",
         [this] { session().guard("shutdown_gracefully()", [this] { module().shutdown_gracefully(); }); });
    session().tick(now());
    settle();
    session().finish();
    flush();
    settle();
    session().report_refused_calls();  // a thread that shutdown_gracefully() did not join may have called until now
    session().abandon();
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
