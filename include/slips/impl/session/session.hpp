// What a module does between start and stop: a state machine without I/O.
//
// program.hpp feeds it what came over three connections (one subscribes, one commands the main Redis, one the cache)
// and writes what it wants to say; the test harness does the same without a socket. Data flows one way: message
// in → decoded → handler → evidence into the outbox → commands out.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/config.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/bookkeeping.hpp"
#include "slips/impl/session/current_outbox.hpp"
#include "slips/impl/session/end_of_slips.hpp"
#include "slips/impl/session/evidence_check.hpp"
#include "slips/impl/session/evidence_filter.hpp"
#include "slips/impl/session/last_messages.hpp"
#include "slips/impl/session/legacy_outbox.hpp"
#include "slips/impl/session/login.hpp"
#include "slips/impl/session/notices.hpp"
#include "slips/impl/session/old_clients.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/impl/session/slips_info.hpp"
#include "slips/impl/session/subscription.hpp"
#include "slips/impl/session/timers.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/impl/wire/publish.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a module does between start and stop, without I/O: told what came and what the time is, it says what to write.
class Session {
public:
    /// Receives each log line.
    using Sink = detail::OnceLog::Sink;

    /// Refers to `receiver`, which outlives it.
    Session(SessionSettings settings, Receiver& receiver, Sink log);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // --- for the module -------------------------------------------------------------------------------------

    /// False: refused, and the reason was said. True: it will be stored and published, once.
    bool set_evidence(const Context& context, Evidence evidence);

    /// Tells what is wrong with publishing a text; empty: nothing.
    using PublishingFault = std::string (*)(std::string_view channel, std::string_view text, Generation generation);
    /// False: refused, and the reason was said. True: it is on its way, which is all that Slips promises of a message.
    bool publish(std::string_view channel, std::string_view text, PublishingFault fault);
    /// Runs `action` each `interval` from now on, first after one of them, until stop_timers().
    void every(std::chrono::nanoseconds interval, std::function<void()> action) {
        timers_.every(interval, std::move(action), settings_.clock());
    }
    void post(std::function<void()> action) { posted()->post(std::move(action)); }  ///< from any thread
    /// Where post() puts them; outlives the session.
    const std::shared_ptr<detail::Posted>& posted() const { return timers_.posted(); }
    const Stats& stats() const { return stats_; }  ///< counted up to now
    std::optional<Generation> generation() const { return slips_.generation(); }  ///< of Slips; nothing: not known yet
    /// What Slips was configured with counts from now on. Throws ConfigError.
    void configure(const Config& config) {
        const bool has_width = config.has("parameters", "time_window_width");
        current_.set_width(has_width ? std::optional(config.time_window_width()) : std::nullopt);
        if (has_width) filter_.set_width(config.time_window_width());
        filter_.set_disabled(config.disabled_detections());
    }

    /// What evidence looks like in the Slips that runs counts from now on. `ask` lets Slips' own reader look at an evidence;
    /// checked() has its answer.
    void set_evidence_form(wire::EvidenceForm form, detail::EvidenceCheck::Ask ask);
    /// Slips can read evidence of this shape; or, with a problem, cannot: then none of it is sent.
    void checked(std::uint32_t shape, std::string_view problem);
    /// The launcher is gone, so nothing is checked any more. What was not is sent only to a Slips that this SDK knows.
    void end_checks() {
        const bool known = !newer_version(slips_.version(), tested_slips_version);
        const std::string unseen = "the launcher ended before Slips had read one like it";
        for (const std::uint32_t shape : check_.end(known ? std::string() : unseen))
            if (!known) current_.give_up_shape(shape, "refused form: " + unseen, "evidence refused: " + unreadable(unseen));
        current_.hold(false);
    }
    /// Logs in with this one from the next connection on.
    void set_password(std::string password) { settings_.password = std::move(password); }

    // --- for who connects it --------------------------------------------------------------------------------

    wire::Pipeline subscriber{};  ///< commands to Slips' main database on the connection that subscribes
    wire::Pipeline main{};        ///< commands to Slips' main database
    wire::Pipeline cache{};       ///< commands to Slips' cache

    /// The main connection is open: logs in, tells the module's name, asks what Slips this is.
    void main_up(Clock::time_point now);
    void main_lost();  ///< gone, and all replies with it: whether evidence was stored is asked when it is back
    /// Returns whether a reply on the main connection, not dispatched yet, shows that Redis serves Slips. While it loads its
    /// data it only accepts a login, names the connection and returns its id.
    bool shows_ready(const wire::Reply& reply) const {
        return !reply.is_error() && reply.kind != wire::Reply::Kind::status && main.outstanding() != 0 && !main.is_next(old_clients_);
    }
    void cache_up();  ///< open: logs in, selects its database 1
    void cache_lost(Clock::time_point now);  ///< gone, and all replies with it: evidence goes on without
    void subscriber_up(Clock::time_point now);  ///< open: logs in, subscribes
    void subscriber_lost(std::string_view reason, Clock::time_point now);  ///< gone: a gap begins
    /// What Redis pushed to the subscriber: a message, or word of a subscription. Calls the handler.
    void pushed(const wire::Reply& reply, Clock::time_point now);

    /// Answers to what an outsider asks first are in (output folder, log files, version).
    bool learnt() const { return slips_.complete(); }
    /// Redis' own words when it would not let us in (NOAUTH…) or is not ready (LOADING…); taken by asking.
    std::string take_refusal() { return slips_.take_refusal(); }
    const std::string& output_dir() const { return slips_.output_dir(); }  ///< of Slips; empty: not told
    const std::string& log_file() const { return slips_.log_file(); }      ///< of what Slips prints; empty: not told
    const std::string& error_file() const { return slips_.error_file(); }  ///< of Slips' errors; empty: not told
    const std::string& slips_version() const { return slips_.version(); }  ///< empty: not known
    /// Slips' process, as far as it is to be watched; 0: not known.
    std::int64_t slips_pid() const { return settings_.standalone ? end_of_slips_.pid() : 0; }
    /// How often any of these has become known or another.
    unsigned slips_changes() const { return slips_changes_; }

    /// Runs what is due: timers, posted functions, counters, evidence. After each batch, and at deadline().
    void tick(Clock::time_point now);
    /// When tick() is due next if nothing comes before; nothing: never.
    std::optional<Clock::time_point> deadline(Clock::time_point now) const;

    /// Evidence piles up: hear no more for now, Redis keeps it.
    bool congested(Clock::time_point now) const { return links_.main_up && outbox_ && outbox_->congested(now); }

    /// Wakes the loop from post(); set before another thread may post.
    void set_wake(std::function<void()> wake) { posted()->set_wake(std::move(wake)); }

    // --- stopping -------------------------------------------------------------------------------------------

    static constexpr std::string_view slips_is_over = "Slips is over";  ///< the reason, when nobody had to ask
    /// Only remembered, as stop_reason(): whoever connects the session stops it. The first reason stays.
    void request_stop(std::string_view reason);
    bool stopping() const { return !stop_reason_.empty(); }          ///< it was asked to stop
    const std::string& stop_reason() const { return stop_reason_; }  ///< empty: it goes on
    bool failed() const { return failed_; }    ///< --strict and a handler threw
    /// Cancels the subscriptions; what is under way still arrives.
    void begin_drain() {
        draining_ = true;
        receive_unconfirmed(settings_.clock());
        subscription_.drain(subscriber);
    }
    bool drained() const { return subscription_.drained(); }  ///< and now it has
    /// Slips has asked to stop, but messages may still come: received until no_more_messages().
    void begin_last_messages(Clock::time_point now) { last_messages_.begin(now); }
    void ask_for_more_flows(Clock::time_point now);  ///< asks Slips, now and then, whether it has some
    /// The process of Slips' profiler; 0: not known.
    std::int64_t profiler_pid() const { return last_messages_.profiler_pid(); }
    /// No message has come for a while. `profiler_lives`: nothing when its process is not known.
    bool no_more_messages(Clock::time_point now, std::optional<bool> profiler_lives) const {
        return last_messages_.over(now, generation(), profiler_lives);
    }
    void stop_timers() { timers_.stop(); }     ///< nothing an author wrote runs any more but the last hook
    bool settled() const;                      ///< everything accepted is stored, everything counted is counted
    void finish();                             ///< legacy with --register: says that the module has finished
    void abandon();                            ///< counts as lost what is still kept

    /// Calls what an author wrote; what it throws is said and counted. False: it threw.
    bool guard(std::string_view what, const std::function<void()>& call);

private:
    void message(std::size_t channel, std::string_view payload, Clock::time_point now);
    bool take_stop_process(std::size_t channel, std::string_view payload, Clock::time_point now);
    void receive_unconfirmed(Clock::time_point now);
    void receive(std::size_t channel, std::string_view payload, Clock::time_point now);
    void subscription_refused(std::string_view error);
    void subscribed_again(Clock::time_point now);
    void slips_changed();
    void register_pid();
    bool refuse(const std::string& why) { return refuse(why, why.substr(0, why.find(':'))); }
    bool refuse(const std::string& why, const std::string& kind);
    static std::string unreadable(std::string_view problem) {
        return "form: Slips cannot read it, and its evidence handler would end (" + std::string(problem) +
               "); flows go on, a newer SDK may know this Slips";
    }
    bool watches_slips() const {
        return settings_.standalone && links_.main_up && slips_.introduced() && generation() == Generation::current;
    }

    SessionSettings settings_;
    Receiver& receiver_;
    detail::OnceLog log_;
    Stats stats_{};
    detail::EvidenceFilter filter_;
    detail::SlipsInfo slips_;
    detail::Notices notices_{stats_, log_, slips_};
    detail::Login main_login_{settings_, [this](std::string_view error) { slips_.refused(error); }};
    detail::Login cache_login_{settings_, [this](std::string_view error) {
        log_.log_once("cache setup", "the cache refuses the connection: " + std::string(error));
    }};
    detail::Login subscriber_login_{settings_, [this](std::string_view error) { subscription_refused(error); }};
    detail::OldClients old_clients_{stats_, log_};
    detail::Links links_{main, cache, old_clients_};
    detail::CurrentOutbox current_{links_, stats_, log_};
    detail::LegacyOutbox legacy_;
    detail::Outbox* outbox_ = nullptr;  ///< of the generation, once it is known
    detail::Bookkeeping bookkeeping_;
    detail::Subscription subscription_{};
    detail::Timers timers_{};
    detail::EndOfSlips end_of_slips_{};
    detail::LastMessages last_messages_{};
    detail::EvidenceCheck check_{};
    unsigned slips_changes_ = 0;
    std::string stop_reason_{};
    std::map<std::size_t, std::size_t> unconfirmed_{};  ///< by channel: how often stop_process came there, where it may be a name
    Clock::time_point unconfirmed_until_{};
    bool asked_again_ = false;
    bool draining_ = false;
    bool failed_ = false;
    bool finished_ = false;
};

// ---------------------------------------------------------------------------------------------------------

inline Session::Session(SessionSettings settings, Receiver& receiver, Sink log)
    : settings_(std::move(settings)),
      receiver_(receiver),
      log_(std::move(log), settings_.repeats),
      filter_(settings_.registered, settings_.allow_untested),
      slips_([this](std::string_view kind, const std::string& line) {
                 if (settings_.inform) log_.log_once(kind, line, settings_.inform);
                 else log_.log_once(kind, line);
             },
             [this] { slips_changed(); }),
      legacy_(links_, stats_, log_, settings_.module),
      bookkeeping_(settings_.module, main, notices_) {
    slips_.start_with(settings_.generation, settings_.slips_version, !settings_.standalone);
}

/// Hands on what was learnt of Slips.
inline void Session::slips_changed() {
    ++slips_changes_;
    current_.set_version(slips_.version());
    current_.set_lifetimes(slips_.lifetimes());
    if (!slips_.generation()) return;
    detail::Outbox* const outbox =
        *slips_.generation() == Generation::current ? static_cast<detail::Outbox*>(&current_) : &legacy_;
    if (outbox == outbox_) return;
    outbox_ = outbox;
    register_pid();
}

// --- evidence ------------------------------------------------------------------------------------------------

/// The text differs with each evidence: what is the same is its kind, the field up to the colon.
inline bool Session::refuse(const std::string& why, const std::string& kind) {
    ++stats_.evidence.refused;
    log_.log_once("refused " + kind, "evidence refused: " + why);
    return false;
}

inline bool Session::set_evidence(const Context& context, Evidence evidence) try {
    if (const auto why = filter_.refuses(evidence, context, slips_)) return refuse(*why);
    if (const std::string why = outbox_->no_room_for(evidence, context); !why.empty()) return refuse(why);
    for (const auto& remark : filter_.remarks()) log_.log_once(remark.kind, remark.text);
    std::uint32_t shape = 0;
    if (check_.on() && outbox_ == &current_) {
        shape = check_.shape_of(evidence, [&] { return current_.preview(evidence, context); });
        if (const std::string& problem = check_.problem(shape); !problem.empty()) return refuse(unreadable(problem), "form: " + problem);
        outbox_->hold(check_.waiting());
    }
    if (settings_.accepted) settings_.accepted(evidence, context);
    outbox_->accept(std::move(evidence), context, shape);
    ++stats_.evidence.accepted;
    return true;
} catch (const std::exception& error) {  // out of memory, at worst
    ++stats_.evidence.refused;
    log_.log_once("set_evidence", std::string("evidence refused: ") + error.what());
    return false;
}

inline void Session::set_evidence_form(wire::EvidenceForm form, detail::EvidenceCheck::Ask ask) {
    if (form.problem.empty()) check_.set_ask(std::move(ask));
    current_.set_keys(form.keys);
    filter_.set_form(std::move(form));
}

inline void Session::checked(std::uint32_t shape, std::string_view problem) {
    if (!check_.answered(shape, problem)) return;
    if (!problem.empty()) current_.give_up_shape(shape, "refused form: " + std::string(problem), "evidence refused: " + unreadable(problem));
    current_.hold(check_.waiting());
}

// --- publishing ----------------------------------------------------------------------------------------------

inline bool Session::publish(std::string_view channel, std::string_view text, PublishingFault fault) try {
    constexpr std::size_t most = 64 << 20;  // bytes that Redis has not taken
    constexpr std::size_t longest = 8 << 20;  // Redis cuts subscribers off that many bytes wait for
    const auto generation = slips_.generation();
    std::string why;
    if (!generation) why = "which generation of Slips this is cannot be told yet";
    else if (text.size() > longest) why = "it has more than 8 MiB, for which Redis may cut off who subscribes to it";
    else if (*generation == Generation::current && slips_.unversioned()) why = "Slips is older than 1.1.20: it stamps nothing";
    else if (*generation == Generation::current && slips_.version().empty()) why = "the version of Slips is not known yet";
    else if (why = fault(channel, text, *generation); !why.empty()) {}
    else if (!links_.main_up) why = "Redis is away";
    else if (main.bytes().size() > most) why = "Redis does not take what is published";
    if (!why.empty()) {
        log_.log_once("publish: " + std::string(channel) + why, "publish(" + std::string(channel) + ") refused: " + why);
        return false;
    }
    const bool is_current = *generation == Generation::current;
    if (is_current) main.send(notices_, "HINCRBY", "msgs_published_at_runtime", channel, 1);
    const std::string sent = is_current ? wire::stamped(text, slips_.version()) : std::string(text);
    main.send(notices_, "PUBLISH", channel, sent);
    if (settings_.published) settings_.published(channel, sent);
    return true;
} catch (const std::exception& error) {  // out of memory, at worst
    log_.log_once("publish", std::string("publish() refused: ") + error.what());
    return false;
}

// --- connections ---------------------------------------------------------------------------------------------

inline void Session::main_up(Clock::time_point) {
    links_.main_up = true;
    main_login_.send(main, settings_.database);
    main.send(notices_, "CLIENT", "SETNAME", settings_.module);
    old_clients_.up(main);
    register_pid();
    slips_.ask(main);
}

/// Legacy Slips counts the names it hears on finished_modules, and takes an unknown one for a module's of its own.
inline void Session::register_pid() {
    if (settings_.register_pid && !finished_ && links_.main_up && slips_.generation() == Generation::legacy)
        main.send(notices_, "HSET", "PIDs", settings_.module, settings_.pid);
}

inline void Session::main_lost() {
    links_.main_up = false;
    main.reset();
    current_.main_lost();
    legacy_.main_lost();
    old_clients_.lost(current_.in_doubt() || legacy_.in_doubt());
    bookkeeping_.lost();
    ++stats_.redis.reconnects;
}

inline void Session::cache_up() {
    links_.cache_up = true;
    cache_login_.send(cache, 1);  // hard-wired in Slips
}

inline void Session::cache_lost(Clock::time_point now) {
    links_.cache_up = false;
    cache.reset();
    if (outbox_) outbox_->cache_lost(now);
}

inline void Session::subscriber_up(Clock::time_point) {
    subscriber_login_.send(subscriber, settings_.database);
    if (draining_) return subscription_.drain(subscriber);
    if (subscription_.empty()) {
        const std::vector<std::string> channels = receiver_.channels();
        bookkeeping_.set_channels(channels);
        subscription_.set_channels(channels, stats_);
    }
    subscription_.up(subscriber);
}

inline void Session::subscriber_lost(std::string_view reason, Clock::time_point now) {
    subscriber.reset();
    subscription_.lost(reason, now);
}

inline void Session::subscribed_again(Clock::time_point now) {
    const auto gap = subscription_.confirmed(now);
    if (!gap) return;
    stats_.messages.missed += gap->lost.value_or(0);
    log_.log("hears Redis again after " + std::to_string(gap->duration.count()) + " ms; " +
                 (gap->lost ? std::to_string(*gap->lost) + " messages were missed" : "messages published meanwhile are gone"));
    guard("on_gap()", [&] { receiver_.on_gap(*gap); });
}

// --- messages ------------------------------------------------------------------------------------------------

inline void Session::pushed(const wire::Reply& reply, Clock::time_point now) {
    if (subscriber.outstanding() != 0) return subscriber.dispatch(reply, now);
    if (reply.is_error()) {
        if (!wants_no_password(reply.text)) subscription_refused(reply.text);
        return;
    }
    if (reply.kind != wire::Reply::Kind::list || reply.size != 3) return;
    if (reply[0].text == "message") {
        if (const std::size_t channel = subscription_.index(reply[1].text); subscription_.contains(channel))
            message(channel, reply[2].text, now);
    } else if (reply[0].text == "subscribe") {
        subscribed_again(now);
    } else if (reply[0].text == "unsubscribe" && reply[2].integer == 0) {
        subscription_.unsubscribed();
    }
}

inline void Session::subscription_refused(std::string_view error) {
    log_.log_once("subscriber", "Redis refuses the subscription: " + std::string(error));
}

inline void Session::message(std::size_t channel, std::string_view payload, Clock::time_point now) {
    if (!take_stop_process(channel, payload, now)) receive(channel, payload, now);
}

/// Returns whether this is legacy Slips' order to stop. Slips publishes it on each channel that has a subscriber, also on
/// control_channel, to which each session subscribes. Where texts from the network are published as they are it may as well be
/// a DNS query for that name, which waits there: without the order on another channel it is received as what it is.
inline bool Session::take_stop_process(std::size_t channel, std::string_view payload, Clock::time_point now) {
    constexpr std::string_view stop_process = "stop_process";
    constexpr std::chrono::seconds patience{1};
    if (payload != stop_process || generation() == Generation::current) return false;
    if (subscription_.name(channel) != "control_channel" && receiver_.is_foreign_text(channel)) {
        if (stop_reason_ == stop_process) return true;
        if (unconfirmed_.empty()) unconfirmed_until_ = now + patience;
        ++unconfirmed_[channel];
        return true;
    }
    if (!generation()) slips_.settle(Generation::legacy, "a stop_process message");
    request_stop(stop_process);
    unconfirmed_.clear();
    return true;
}

inline void Session::receive_unconfirmed(Clock::time_point now) {
    for (const auto& [channel, times] : std::exchange(unconfirmed_, {}))
        for (std::size_t i = 0; i < times; ++i) receive(channel, "stop_process", now);
}

inline void Session::receive(std::size_t channel, std::string_view payload, Clock::time_point now) {
    const std::string& name = subscription_.name(channel);
    const bool stop_slips = payload == "stop_slips" && name == "control_channel";
    if (stop_slips) request_stop("stop_slips");
    if (!subscription_.count(channel)) return;

    ++stats_.messages.received;
    end_of_slips_.received(now);
    // the module was there first: now Slips is, and tells of itself
    if (settings_.standalone && !slips_.introduced() && links_.main_up && !std::exchange(asked_again_, true)) slips_.ask(main);
    wire::DecodeError error;
    const auto received = receiver_.decode(channel, payload, error);
    if (!received) {
        ++stats_.messages.undecodable;
        return log_.log_once(name + ": " + error.what,
                        name + ": a message was skipped: " + error.what +
                            (error.detail.empty() ? std::string() : " (" + error.detail + ")"));
    }
    if (!generation()) {
        if (!received->version.empty()) slips_.settle(Generation::current, "a version on " + name);
        else if (received->surely_legacy) slips_.settle(Generation::legacy, "the form of " + name);
    }
    if (received->of_no_use) return;
    if (generation() == Generation::current) {
        bookkeeping_.touch(now);
        bookkeeping_.flow(channel, received->uid, now);
        if (!stop_slips && !slips_.accepts(received->version, name)) {  // the one text without a stamp
            ++stats_.messages.other_version;
            if (links_.main_up) slips_.ask_version(main, now);
            return;
        }
        bookkeeping_.received(channel);
        // while it runs the entry is its own; a second Slips in the same Redis overwrites it
        if (check_.on() && links_.main_up) last_messages_.ask_for_profiler(main);
    }
    const auto handled = [this] { last_messages_.received(settings_.clock()); };  // which may take longer than a silence
    try {
        receiver_.handle(channel);
        ++stats_.messages.handled;
        return handled();
    } catch (const std::exception& thrown) {
        log_.log_once("handler " + name + ": " + thrown.what(),
                 "on(" + name + ") threw: " + thrown.what() +
                     (received->uid.empty() ? std::string() : " (uid " + std::string(received->uid) + ")"));
    } catch (...) {
        log_.log_once("handler " + name, "on(" + name + ") threw something that is no exception");
    }
    handled();
    ++stats_.messages.handler_errors;
    if (settings_.strict) failed_ = true, request_stop("a handler threw (--strict)");
}

inline bool Session::guard(std::string_view what, const std::function<void()>& call) {
    try {
        call();
        return true;
    } catch (const std::exception& thrown) {
        log_.log_once(std::string(what) + ": " + thrown.what(), std::string(what) + " threw: " + thrown.what());
    } catch (...) {
        log_.log_once(what, std::string(what) + " threw something that is no exception");
    }
    ++stats_.messages.handler_errors;
    if (settings_.strict) failed_ = true, request_stop(std::string(what) + " threw (--strict)");
    return false;
}

// --- time ----------------------------------------------------------------------------------------------------

inline void Session::tick(Clock::time_point now) {
    if (now >= unconfirmed_until_) receive_unconfirmed(now);
    timers_.run_due(now, [this](std::string_view what, const auto& action) { guard(what, action); });
    if (!links_.main_up) return;
    if (watches_slips()) {
        if (now >= end_of_slips_.next()) end_of_slips_.ask(main, now);
        const bool listens = subscription_.contains(subscription_.index("evidence_added"));
        if (end_of_slips_.over(now, listens ? 1 : 0)) request_stop(slips_is_over);
    }
    if (bookkeeping_.take_overflow())
        log_.log_once("bookkeeping", "flows are not counted for Slips, since Redis takes too little; Slips shows fewer flows per minute");
    if (bookkeeping_.due(now) || (stopping() && bookkeeping_.pending())) bookkeeping_.flush();
    if (outbox_ && (outbox_ != &current_ || !slips_.version().empty())) outbox_->pump(now);
}

inline std::optional<Clock::time_point> Session::deadline(Clock::time_point now) const {
    std::optional<Clock::time_point> first = timers_.next();
    const auto at = [&first](Clock::time_point time) { first = first ? std::min(*first, time) : time; };
    if (!unconfirmed_.empty()) at(unconfirmed_until_);
    if (watches_slips()) at(end_of_slips_.next());
    if (links_.main_up && bookkeeping_.pending()) at(bookkeeping_.deadline());
    if (links_.main_up && outbox_ && outbox_->pausing(now)) at(outbox_->resume_at());
    return first;
}

// --- stopping ------------------------------------------------------------------------------------------------

inline void Session::request_stop(std::string_view reason) {
    if (stop_reason_.empty()) stop_reason_ = reason;
}

inline void Session::ask_for_more_flows(Clock::time_point now) {
    if (links_.main_up && generation() == Generation::current) last_messages_.ask(main, now);
}

inline bool Session::settled() const {
    return current_.kept() == 0 && legacy_.kept() == 0 && !bookkeeping_.pending() && main.outstanding() == 0 &&
           main.bytes().empty() && cache.outstanding() == 0;
}

inline void Session::finish() {
    if (!settings_.register_pid || finished_ || generation() != Generation::legacy || !links_.main_up) return;
    finished_ = true;  // Slips counts the names it hears: exactly once
    main.send(notices_, "PUBLISH", "finished_modules", settings_.module);
}

inline void Session::abandon() {
    stats_.evidence.lost += current_.unstored() + legacy_.unstored();
}

}  // namespace slips::inline SLIPS_SDK_ABI
