// What a module does between start and stop: a state machine without I/O.
//
// The program passes it what three connections receive (one subscribes, one sends commands to the main Redis, one to the cache)
// and writes the commands it sends; the test harness does the same without sockets. Data flows one way: message received →
// decoded → handler → evidence into the outbox → commands sent.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/config.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/evidence_check.hpp"
#include "slips/impl/session/evidence_intake.hpp"
#include "slips/impl/session/inbox.hpp"
#include "slips/impl/session/login.hpp"
#include "slips/impl/session/loop_side.hpp"
#include "slips/impl/session/metrics_writer.hpp"
#include "slips/impl/session/module_side.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/session/publisher.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/impl/session/shared.hpp"
#include "slips/impl/session/timers.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/metrics.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A module's connection to Slips. ModuleSide is for the module, LoopSide for the event loop; what is declared here is for the
/// program that starts and stops the module.
class Session final : public ModuleSide, public LoopSide {
public:
    /// Receives each log line.
    using Sink = detail::OnceLog::Sink;

    /// Refers to `receiver`, which outlives it.
    Session(SessionSettings settings, Receiver& receiver, Sink log);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // --- ModuleSide -----------------------------------------------------------------------------------------

    bool set_evidence(const Context& context, Evidence evidence) override {
        return evidence_.set_evidence(context, std::move(evidence));
    }
    bool publish(std::string_view channel, std::string_view text, PublishingFault fault) override {
        return publisher_.publish(channel, text, fault);
    }
    void every(std::chrono::nanoseconds interval, std::function<void()> action) override {
        timers_.every(interval, std::move(action), shared_.settings.clock());
    }
    void count(const MetricName& name, std::uint64_t by) override { metrics_.count(name, by); }
    void gauge(const MetricName& name, double value) override { metrics_.gauge(name, value); }
    std::optional<Generation> generation() const override { return shared_.generation(); }
    const std::shared_ptr<detail::Posted>& posted() const override { return timers_.posted(); }

    // --- LoopSide -------------------------------------------------------------------------------------------

    void main_up(Clock::time_point now) override;
    void main_lost() override;
    bool shows_ready(const wire::Reply& reply) const override {
        return !reply.is_error() && reply.kind != wire::Reply::Kind::status && main.outstanding() != 0 &&
               !main.is_next(shared_.old_clients);
    }
    void cache_up() override;
    void cache_lost(Clock::time_point now) override;
    void subscriber_up(Clock::time_point) override { inbox_.subscriber_up(); }
    void subscriber_lost(std::string_view reason, Clock::time_point now) override {
        inbox_.subscriber_lost(reason, now);
    }
    void pushed(const wire::Reply& reply, Clock::time_point now) override { inbox_.pushed(reply, now); }
    bool subscribed() const override { return inbox_.subscribed(); }
    std::string take_subscription_refusal() override { return inbox_.take_refusal(); }
    void tick(Clock::time_point now) override;
    std::optional<Clock::time_point> deadline(Clock::time_point now) const override;
    bool congested(Clock::time_point now) const override { return shared_.links.main_up && evidence_.congested(now); }
    void request_stop(std::string_view reason) override { shared_.stop.request(reason); }
    bool stopping() const override { return shared_.stop.requested(); }

    // --- starting -------------------------------------------------------------------------------------------

    /// Sets the configuration of Slips. Throws ConfigError.
    void configure(const Config& config) { evidence_.configure(config); }
    /// Sets the form in which this Slips instance reads evidence. `ask` passes an evidence to Slips' own reader; checked()
    /// receives its answer.
    void set_evidence_form(wire::EvidenceForm form, detail::EvidenceCheck::Ask ask) {
        evidence_.set_form(std::move(form), std::move(ask));
        if (evidence_.checks()) inbox_.remember_profiler();
    }
    /// Slips can read evidence of this shape, or cannot because of `problem`: then none of it is sent.
    void checked(std::uint32_t shape, std::string_view problem) { evidence_.checked(shape, problem); }
    /// Ends the checks: the launcher has ended. Evidence that was not checked is sent only if this SDK was tested with this
    /// version of Slips.
    void end_checks() { evidence_.end_checks(); }
    /// Logs in with this password from the next connection on.
    void set_password(std::string password) { shared_.settings.password = std::move(password); }
    /// Sets what wakes the loop after post(). Call before another thread may post.
    void set_wake(std::function<void()> wake) { posted()->set_wake(std::move(wake)); }
    /// Logs a line.
    void log(const std::string& line) { shared_.log.log(line); }
    /// Runs code of the module's author. Returns false if it threw, which is logged and counted.
    bool guard(const char* what, const std::function<void()>& call) { return shared_.guard.call(what, call); }
    bool has_timers() const { return !timers_.empty(); }  ///< whether the module has called every()
    /// Returns the call of the author's code that runs; it has the lifetime of the session.
    const detail::RunningCall& running() { return shared_.guard.running(); }

    // --- what is known of Slips -----------------------------------------------------------------------------

    /// Returns true once version, output folder and log paths are known.
    bool learnt() const { return shared_.slips.complete(); }
    /// Returns and clears Redis' error if it has refused the login (NOAUTH…) or is not ready (LOADING…).
    std::string take_refusal() { return shared_.slips.take_refusal(); }
    const std::string& output_dir() const { return shared_.slips.output_dir(); }  ///< of Slips; empty: unknown
    const std::string& log_file() const { return shared_.slips.log_file(); }  ///< of what Slips prints; empty: unknown
    const std::string& error_file() const { return shared_.slips.error_file(); }  ///< of Slips' errors; empty: unknown
    const std::string& slips_version() const override { return shared_.slips.version(); }  ///< empty: unknown
    /// Returns the dialect of Slips, or as long as it is not known that of generation().
    const detail::Dialect& dialect() const { return shared_.slips.likely_dialect(); }
    /// Returns Slips' PID if the module must watch it; 0: unknown.
    std::int64_t slips_pid() const { return shared_.settings.standalone ? inbox_.slips_pid() : 0; }
    /// Incremented when any value above changes.
    unsigned slips_changes() const { return slips_changes_; }
    const Stats& stats() const { return shared_.stats; }  ///< up to now

    // --- stopping -------------------------------------------------------------------------------------------

    static constexpr std::string_view slips_is_over =
        "Slips is over";  ///< the reason when the module itself notices it
    const std::string& stop_reason() const { return shared_.stop.reason(); }  ///< empty: not stopping
    bool failed() const { return shared_.guard.failed(); }  ///< with --strict: the module's code threw
    /// Cancels the subscriptions; messages that are under way still arrive.
    void begin_drain() {
        shared_.slips.stop_waiting();
        inbox_.begin_drain();
    }
    bool drained() const { return inbox_.drained(); }  ///< all subscriptions are cancelled
    /// Slips has asked the module to stop, but messages may still come: they are handled until no_more_messages().
    void begin_last_messages(Clock::time_point now) { inbox_.last_messages().begin(now); }
    /// Asks Slips, ten times a second at most, whether it will have more flows.
    void ask_for_more_flows(Clock::time_point now) {
        if (shared_.links.main_up && generation() == Generation::current) inbox_.last_messages().ask(main, now);
    }
    /// The PID of Slips' profiler; 0: unknown.
    std::int64_t profiler_pid() const { return inbox_.last_messages().profiler_pid(); }
    /// Returns whether no message has come for a while. `profiler_lives`: nullopt if its process is unknown.
    bool no_more_messages(Clock::time_point now, std::optional<bool> profiler_lives) const {
        return inbox_.last_messages().over(now, generation(), profiler_lives);
    }
    void stop_timers() { timers_.stop(); }  ///< from now on only shutdown_gracefully() runs
    /// Logs and counts the calls that the module made on another thread than that of the event loop.
    void report_refused_calls() {
        for (const std::string call : posted()->take_refused())
            shared_.guard.threw("thread: " + call, detail::elsewhere(call), call);
    }
    /// Returns whether all accepted evidence is stored and all counters are sent and acknowledged.
    bool settled() const;
    /// Writes the metrics a last time, and publishes on finished_modules that the module has finished (before 1.0.6 with
    /// --register).
    void finish();
    /// Counts as lost what is not stored.
    void abandon() { shared_.stats.evidence.lost += evidence_.unstored(); }

private:
    void slips_changed() {
        ++slips_changes_;
        metrics_.write_again();
        if (evidence_.slips_changed()) register_pid();
    }
    void register_pid();
    bool counts_finished_modules() const {
        return generation() == Generation::legacy && shared_.slips.likely_dialect().stop != detail::StopOrder::event;
    }

    detail::Shared shared_;
    detail::Login main_login_{shared_.settings, [this](std::string_view error) { shared_.slips.refused(error); }};
    detail::Login cache_login_{shared_.settings, [this](std::string_view error) {
                                   shared_.log.log_once("cache setup",
                                                        "the cache refuses the connection: " + std::string(error));
                               }};
    detail::EvidenceIntake evidence_{shared_};
    detail::Publisher publisher_{shared_};
    detail::MetricsWriter metrics_{shared_};
    detail::Inbox inbox_;
    detail::Timers timers_{};
    unsigned slips_changes_ = 0;
    bool finished_ = false;
};

// ---------------------------------------------------------------------------------------------------------

inline Session::Session(SessionSettings settings, Receiver& receiver, Sink log)
    : shared_(std::move(settings), std::move(log), main, cache, [this] { slips_changed(); }),
      inbox_(shared_, receiver, subscriber) {
    shared_.slips.start_with(shared_.settings.generation, shared_.settings.slips_version, !shared_.settings.standalone);
}

// --- connections ---------------------------------------------------------------------------------------------

inline void Session::main_up(Clock::time_point) {
    shared_.links.main_up = true;
    main_login_.send(main, shared_.settings.database);
    main.send(shared_.notices, "CLIENT", "SETNAME", shared_.settings.module);
    shared_.old_clients.up(main);
    register_pid();
    shared_.slips.ask(main);
}

/// Slips before 1.0.6 waits for the names in PIDs to appear on finished_modules, and takes an unknown one for one of its own
/// modules.
inline void Session::register_pid() {
    if (shared_.settings.register_pid && !finished_ && shared_.links.main_up && counts_finished_modules())
        main.send(shared_.notices, "HSET", "PIDs", shared_.settings.module, shared_.settings.pid);
}

inline void Session::main_lost() {
    shared_.links.main_up = false;
    main.reset();
    evidence_.main_lost();
    shared_.old_clients.lost(evidence_.in_doubt());
    inbox_.main_lost();
    metrics_.lost();
    ++shared_.stats.redis.reconnects;
}

inline void Session::cache_up() {
    shared_.links.cache_up = true;
    cache_login_.send(cache, 1);  // hard-wired in Slips
}

inline void Session::cache_lost(Clock::time_point now) {
    shared_.links.cache_up = false;
    cache.reset();
    evidence_.cache_lost(now);
}

// --- time ----------------------------------------------------------------------------------------------------

inline void Session::tick(Clock::time_point now) {
    inbox_.receive_unconfirmed_if_due(now);
    report_refused_calls();
    timers_.run_due(now, [this](const char* what, const auto& action) {
        if (!failed()) guard(what, action);
    });
    if (!shared_.links.main_up) return;
    shared_.slips.ask_version(main, now);
    if (inbox_.slips_has_ended(now)) request_stop(slips_is_over);
    inbox_.send_counters(now, stopping());
    evidence_.pump(now);
    metrics_.write_if_due(now);
}

inline std::optional<Clock::time_point> Session::deadline(Clock::time_point now) const {
    std::optional<Clock::time_point> first = timers_.next();
    const auto at = [&first](std::optional<Clock::time_point> time) {
        if (time) first = first ? std::min(*first, *time) : *time;
    };
    at(inbox_.deadline());
    at(metrics_.deadline());
    if (shared_.links.main_up) at(evidence_.deadline(now));
    return first;
}

// --- stopping ------------------------------------------------------------------------------------------------

inline bool Session::settled() const {
    return evidence_.kept() == 0 && !inbox_.counts_pending() && main.outstanding() == 0 && main.bytes().empty() &&
           cache.outstanding() == 0;
}

inline void Session::finish() {
    metrics_.write_last();
    if (!shared_.settings.register_pid || finished_ || !counts_finished_modules() || !shared_.links.main_up) return;
    finished_ = true;  // Slips counts the names on this channel: exactly once
    main.send(shared_.notices, "PUBLISH", "finished_modules", shared_.settings.module);
}

}  // namespace slips::inline SLIPS_SDK_ABI
