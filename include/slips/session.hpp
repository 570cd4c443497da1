// What a module does between start and stop: a state machine without I/O.
//
// run.hpp feeds it what came over three connections (one subscribes, one commands the main Redis, one the cache)
// and writes what it wants to say; the test harness does the same without a socket. Data flows one way: message
// in → decoded → handler → evidence into the outbox → commands out.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/session/bookkeeping.hpp"
#include "slips/session/current_outbox.hpp"
#include "slips/session/legacy_outbox.hpp"
#include "slips/session/outbox.hpp"
#include "slips/session/receiver.hpp"
#include "slips/session/stats.hpp"
#include "slips/uuid.hpp"
#include "slips/version.hpp"
#include "slips/wire/resp.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Messages that never came: Redis cut the subscriber off, or went away and came back.
struct Gap {
    std::chrono::milliseconds duration{};       ///< between the end of one connection and the next
    std::optional<std::uint64_t> lost{};        ///< messages, where Slips' counters tell
    std::string reason{};                       ///< what ended the connection
};

/// What a session is told before it starts.
struct SessionSettings {
    std::string module{};                         ///< the module's name
    EvidenceTypes declared{};                     ///< evidence types of the module's own
    std::set<std::string, std::less<>> registered{};  ///< of these, what Slips knows (current names)
    std::optional<Generation> generation{};       ///< when it was told
    std::string slips_version{};                  ///< when it was told
    std::string user{};                           ///< of Redis' ACL; empty: none
    std::string password{};                       ///< empty: no AUTH
    int database = 0;
    bool register_pid = false;                    ///< legacy: appear in PIDs, answer finished_modules
    std::int64_t pid = 0;
    bool strict = false;                          ///< a handler that throws ends the module
};

class Session {
public:
    /// Speaks to whoever runs the module.
    using Say = std::function<void(std::string_view line)>;

    Session(SessionSettings settings, Receiver& receiver, Say say);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // --- for the module -------------------------------------------------------------------------------------

    /// False: refused, and the reason was said. True: it will be stored and published, once.
    bool set_evidence(const Context& context, Evidence evidence);
    void every(std::chrono::nanoseconds interval, std::function<void()> action);
    void post(std::function<void()> action);  ///< from any thread
    const Stats& stats() const { return stats_; }
    std::optional<Generation> generation() const { return generation_; }

    // --- for who connects it --------------------------------------------------------------------------------

    /// What to write where.
    wire::Pipeline subscriber{};
    wire::Pipeline main{};
    wire::Pipeline cache{};

    void main_up(Clock::time_point now);
    void main_lost();
    void main_reply(const wire::Reply& reply, Clock::time_point now);
    void cache_up();
    void cache_lost(Clock::time_point now);
    void cache_reply(const wire::Reply& reply, Clock::time_point now);
    void subscriber_up(Clock::time_point now);
    void subscriber_lost(std::string_view reason, Clock::time_point now);
    void pushed(const wire::Reply& reply, Clock::time_point now);

    /// Answers to what an outsider asks first are in (output folder, log files, version).
    bool learnt() const { return learnt_; }
    /// Redis' own words when it would not let us in (NOAUTH…) or is not ready (LOADING…); taken by asking.
    std::string take_refusal() { return std::exchange(refused_by_redis_, {}); }
    const std::string& output_dir() const { return output_dir_; }
    const std::string& log_file() const { return log_file_; }
    const std::string& error_file() const { return error_file_; }
    const std::string& slips_version() const { return version_; }

    /// Runs what is due: timers, posted functions, counters, evidence. After each batch, and at deadline().
    void tick(Clock::time_point now);
    std::optional<Clock::time_point> deadline(Clock::time_point now) const;

    /// Wakes the loop from post(); set before another thread may post.
    void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

    // --- stopping -------------------------------------------------------------------------------------------

    void request_stop(std::string_view reason);
    bool stopping() const { return !stop_reason_.empty(); }
    const std::string& stop_reason() const { return stop_reason_; }
    bool failed() const { return failed_; }    ///< --strict and a handler threw
    void begin_drain();                        ///< hear no more; what is under way still arrives
    bool drained() const { return drained_; }  ///< and now it has
    bool settled() const;                      ///< everything accepted is stored, everything counted is counted
    void finish();                             ///< legacy with --register: says that the module has finished
    void abandon();                            ///< counts as lost what is still kept

    /// Calls what an author wrote; what it throws is said and counted. False: it threw.
    bool guard(std::string_view what, const std::function<void()>& call);

private:
    struct Timer {
        std::chrono::nanoseconds interval{};
        Clock::time_point next{};
        std::function<void()> action{};
    };

    void message(std::size_t channel, std::string_view payload, Clock::time_point now);
    std::size_t channel_index(std::string_view name);
    void settle_generation(Generation generation, std::string_view how);
    bool version_accepted(std::string_view version, std::size_t channel);
    void adopt_version(std::string_view version);
    void learn(std::uint32_t question, const wire::Reply& reply);
    void ask_version(Clock::time_point now);
    void register_pid();
    bool refuse(const std::string& why);
    void say_once(std::string_view kind, const std::string& line);
    detail::Links links() { return {main, cache, main_is_up_, cache_is_up_}; }

    enum Question : std::uint32_t { nothing, analysis, logs, has_analysis, version_again };

    SessionSettings settings_;
    Receiver& receiver_;
    Say say_;
    Stats stats_{};
    UuidSource ids_{};
    detail::CurrentOutbox current_;
    detail::LegacyOutbox legacy_;
    detail::Outbox* outbox_ = nullptr;  ///< of the generation, once it is known
    detail::Bookkeeping bookkeeping_;
    std::vector<std::string> channels_{};
    std::size_t last_channel_ = 0;
    std::size_t own_channels_ = 0;  ///< those the module hears; control_channel may follow for the session itself
    std::vector<Timer> timers_{};
    std::mutex posted_mutex_{};
    std::vector<std::function<void()>> posted_{};
    std::function<void()> wake_{};
    std::set<std::string, std::less<>> said_{};

    std::optional<Generation> generation_{};
    std::string version_{};
    std::string output_dir_{};
    std::string log_file_{};
    std::string error_file_{};
    std::string refused_by_redis_{};
    bool learnt_ = false;
    bool main_is_up_ = false;
    bool cache_is_up_ = false;
    bool subscriber_is_up_ = false;
    Clock::time_point asked_version_{};
    std::optional<Clock::time_point> deaf_since_{};
    std::string deaf_because_{};
    std::string stop_reason_{};
    bool failed_ = false;
    bool drained_ = false;
    bool finished_ = false;
};

// ---------------------------------------------------------------------------------------------------------

inline Session::Session(SessionSettings settings, Receiver& receiver, Say say)
    : settings_(std::move(settings)),
      receiver_(receiver),
      say_(std::move(say)),
      current_(stats_, [this](std::string_view kind, const std::string& line) { say_once(kind, line); }),
      legacy_(stats_, [this](std::string_view kind, const std::string& line) { say_once(kind, line); },
              settings_.module),
      bookkeeping_(settings_.module) {
    if (!settings_.slips_version.empty()) adopt_version(settings_.slips_version);
    if (settings_.generation) settle_generation(*settings_.generation, "");
}

// --- evidence ------------------------------------------------------------------------------------------------

inline bool Session::refuse(const std::string& why) {
    ++stats_.evidence.refused;
    // the text differs with each evidence: what is the same is the field, up to the colon
    say_once("refused " + why.substr(0, why.find(':')), "evidence refused: " + why);
    return false;
}

inline bool Session::set_evidence(const Context& context, Evidence evidence) try {
    if (!generation_)
        return refuse("which generation of Slips this is cannot be told yet; name it with --generation current|legacy");
    if (*generation_ == Generation::current && !is_known_evidence_type(evidence.type.current) &&
        !settings_.registered.contains(evidence.type.current)) {
        if (evidence.unless_registered.empty() || !is_known_evidence_type(evidence.unless_registered.current))
            return refuse("type: Slips does not know " + std::string(evidence.type.current) +
                          ", and evidence of an unknown type kills its evidence handler; register the type with Slips, "
                          "or give .unless_registered");
        evidence.type = evidence.unless_registered;
    }
    Evidence completed = complete(std::move(evidence), context, ids_);
    if (const auto refusal = validate(completed, context, *generation_)) return refuse(refusal->text());
    if (outbox_->full())
        return refuse("evidence: " + std::to_string(detail::Outbox::room) + " are waiting for Redis already");
    outbox_->accept(std::move(completed), context);
    ++stats_.evidence.accepted;
    return true;
} catch (const std::exception& error) {  // out of memory, at worst
    ++stats_.evidence.refused;
    say_once("set_evidence", std::string("evidence refused: ") + error.what());
    return false;
}

// --- connections ---------------------------------------------------------------------------------------------

inline void Session::main_up(Clock::time_point) {
    main_is_up_ = true;
    const auto set_up = [&](const auto&... words) { main.send(wire::Purpose::setup, 0, words...); };
    if (!settings_.password.empty()) {
        if (settings_.user.empty()) set_up("AUTH", settings_.password);
        else set_up("AUTH", settings_.user, settings_.password);
    }
    if (settings_.database != 0) set_up("SELECT", settings_.database);
    set_up("CLIENT", "SETNAME", settings_.module);
    register_pid();
    main.send(wire::Purpose::learn, analysis, "HMGET", "analysis", "slips_version", "output_dir", "input_type");
    main.send(wire::Purpose::learn, logs, "MGET", "stdout", "stderr");
    main.send(wire::Purpose::learn, has_analysis, "EXISTS", "analysis");
}

/// Legacy Slips counts the names it hears on finished_modules, and takes an unknown one for a module's of its own.
inline void Session::register_pid() {
    if (settings_.register_pid && !finished_ && main_is_up_ && generation_ == Generation::legacy)
        main.send(wire::Purpose::setup, 0, "HSET", "PIDs", settings_.module, settings_.pid);
}

inline void Session::main_lost() {
    main_is_up_ = false;
    main.reset();
    current_.main_lost();
    legacy_.main_lost();
    bookkeeping_.lost();
    ++stats_.redis.reconnects;
}

inline void Session::cache_up() {
    cache_is_up_ = true;
    if (!settings_.password.empty()) {
        if (settings_.user.empty()) cache.send(wire::Purpose::setup, 1, "AUTH", settings_.password);
        else cache.send(wire::Purpose::setup, 1, "AUTH", settings_.user, settings_.password);
    }
    cache.send(wire::Purpose::setup, 1, "SELECT", 1);  // hard-wired in Slips
}

inline void Session::cache_lost(Clock::time_point now) {
    cache_is_up_ = false;
    cache.reset();
    auto to = links();
    if (outbox_) outbox_->cache_lost(to, now);
}

inline void Session::subscriber_up(Clock::time_point now) {
    if (!settings_.password.empty()) {
        if (settings_.user.empty()) subscriber.send_unanswered("AUTH", settings_.password);
        else subscriber.send_unanswered("AUTH", settings_.user, settings_.password);
    }
    subscriber_is_up_ = true;
    if (stopping()) {
        drained_ = true;
        return;
    }
    if (channels_.empty()) {
        channels_ = receiver_.channels();
        own_channels_ = channels_.size();
        bookkeeping_.set_channels(channels_);
        for (const std::string& channel : channels_) stats_.messages.channels[channel];
        // Slips says here that its input failed; the module itself need not listen
        if (std::find(channels_.begin(), channels_.end(), "control_channel") == channels_.end())
            channels_.emplace_back("control_channel");
    }
    for (const std::string& channel : channels_) subscriber.send_unanswered("SUBSCRIBE", channel);
    if (deaf_since_) {
        Gap gap;
        gap.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now - *deaf_since_);
        gap.reason = deaf_because_;
        deaf_since_.reset();
        say_("hears Redis again after " + std::to_string(gap.duration.count()) +
             " ms; messages published meanwhile are gone");
        guard("on_gap()", [&] { receiver_.on_gap(gap); });
    }
}

inline void Session::subscriber_lost(std::string_view reason, Clock::time_point now) {
    subscriber_is_up_ = false;
    subscriber.reset();
    if (stopping()) drained_ = true;
    if (channels_.empty() || deaf_since_) return;
    deaf_since_ = now;
    deaf_because_ = reason;
}

inline void Session::main_reply(const wire::Reply& reply, Clock::time_point now) {
    const auto awaited = main.take();
    switch (awaited.purpose) {
        case wire::Purpose::setup:
            if (reply.is_error()) refused_by_redis_ = reply.text;
            return;
        case wire::Purpose::learn: return learn(awaited.index, reply);
        case wire::Purpose::time_to_live:
            if (awaited.index != detail::Bookkeeping::in_bookkeeping) break;
            [[fallthrough]];
        case wire::Purpose::subscribers:
        case wire::Purpose::uid_count:
        case wire::Purpose::analyzed: return bookkeeping_.answer(main, awaited, reply);
        case wire::Purpose::counter:
            if (reply.is_error()) {
                ++stats_.redis.error_replies;
                say_once(reply.text, "Redis refuses a counter: " + std::string(reply.text));
            }
            return;
        default: break;
    }
    auto to = links();
    if (outbox_) outbox_->reply(to, awaited, reply, now);
}

inline void Session::cache_reply(const wire::Reply& reply, Clock::time_point now) {
    const auto awaited = cache.take();
    if (awaited.purpose == wire::Purpose::setup) {
        if (reply.is_error()) say_once("cache setup", "the cache refuses the connection: " + std::string(reply.text));
        return;
    }
    auto to = links();
    if (outbox_) outbox_->reply(to, awaited, reply, now);
}

// --- what an outsider must learn ---------------------------------------------------------------------------

inline void Session::learn(std::uint32_t question, const wire::Reply& reply) {
    const auto text = [&](std::size_t i) {
        return reply.kind == wire::Reply::Kind::list && i < reply.size ? std::string(reply[i].text) : std::string();
    };
    switch (question) {
        case analysis:
            if (!text(0).empty() && version_.empty()) adopt_version(text(0));
            if (!text(1).empty()) output_dir_ = text(1);
            if (text(2) == "interface") current_.set_lifetimes({.standard = 2 * 3600, .extended = 48 * 3600});
            return;
        case logs:
            log_file_ = text(0);
            error_file_ = text(1);
            return;
        case version_again:
            if (!text(0).empty() && text(0) != version_ && settings_.slips_version.empty()) {
                say_("Slips was updated from " + version_ + " to " + text(0));
                adopt_version(text(0));
            }
            return;
        case has_analysis:
            if (reply.is_error()) {
                refused_by_redis_ = reply.text;
                return;
            }
            if (reply.integer == 1 && !generation_) settle_generation(Generation::current, "its database");
            learnt_ = true;
            return;
        default: return;
    }
}

inline void Session::settle_generation(Generation generation, std::string_view how) {
    generation_ = generation;
    outbox_ = generation == Generation::current ? static_cast<detail::Outbox*>(&current_) : &legacy_;
    if (!how.empty())
        say_once("generation", "this is " + std::string(to_string(generation)) + " Slips, says " + std::string(how));
    register_pid();
}

/// Orders "1.1.9" before "1.1.21".
inline bool newer_version(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        const auto part = [](std::string_view& rest) {
            std::uint64_t number = 0;
            std::size_t i = 0;
            for (; i < rest.size() && rest[i] != '.'; ++i)
                if (rest[i] >= '0' && rest[i] <= '9') number = number * 10 + static_cast<unsigned>(rest[i] - '0');
            rest.remove_prefix(std::min(i + 1, rest.size()));
            return number;
        };
        const auto left = part(a);
        const auto right = part(b);
        if (left != right) return left > right;
    }
    return false;
}

inline void Session::adopt_version(std::string_view version) {
    version_ = version;
    current_.set_version(version);
    if (newer_version(version, tested_slips_version))
        say_once("newer Slips", "Slips is " + version_ + ", newer than " + std::string(tested_slips_version) +
                                    ", the newest this module was tested with");
}

/// Slips' own modules ignore what another version has stamped: for a while, two versions run side by side when
/// Slips updates itself.
inline bool Session::version_accepted(std::string_view version, std::size_t channel) {
    if (version_.empty() && !version.empty()) adopt_version(version);
    if (version == version_) return true;
    ++stats_.messages.other_version;
    say_once("version " + std::string(version),
             channels_[channel] + ": skipping messages " +
                 (version.empty() ? std::string("without a version") : "of Slips " + std::string(version)) +
                 ", as this is Slips " + version_);
    return false;
}

inline void Session::ask_version(Clock::time_point now) {
    if (!main_is_up_ || !settings_.slips_version.empty() || now < asked_version_ + std::chrono::seconds(1)) return;
    asked_version_ = now;
    main.send(wire::Purpose::learn, version_again, "HMGET", "analysis", "slips_version");
}

// --- messages ------------------------------------------------------------------------------------------------

inline std::size_t Session::channel_index(std::string_view name) {
    if (last_channel_ < channels_.size() && channels_[last_channel_] == name) return last_channel_;
    const auto found = std::find(channels_.begin(), channels_.end(), name);
    last_channel_ = static_cast<std::size_t>(found - channels_.begin());
    return last_channel_;
}

inline void Session::pushed(const wire::Reply& reply, Clock::time_point now) {
    if (reply.is_error()) return say_once("subscriber", "Redis refuses the subscription: " + std::string(reply.text));
    if (reply.kind != wire::Reply::Kind::list || reply.size != 3) return;
    if (reply[0].text == "message") {
        if (const std::size_t channel = channel_index(reply[1].text); channel < channels_.size())
            message(channel, reply[2].text, now);
    } else if (reply[0].text == "unsubscribe" && reply[2].integer == 0) {
        drained_ = true;
    }
}

inline void Session::message(std::size_t channel, std::string_view payload, Clock::time_point now) {
    if (payload == "stop_process" && generation_ != Generation::current) {
        if (!generation_) settle_generation(Generation::legacy, "a stop_process message");
        return request_stop("stop_process");
    }
    if (payload == "stop_slips" && channels_[channel] == "control_channel") request_stop("stop_slips");
    if (channel >= own_channels_) return;

    ++stats_.messages.received;
    ++stats_.messages.channels[channels_[channel]];
    wire::DecodeError error;
    const auto received = receiver_.decode(channel, payload, error);
    if (!received) {
        ++stats_.messages.undecodable;
        return say_once(channels_[channel] + ": " + error.what,
                        channels_[channel] + ": a message was skipped: " + error.what +
                            (error.detail.empty() ? std::string() : " (" + error.detail + ")"));
    }
    if (!generation_) {
        if (!received->version.empty()) settle_generation(Generation::current, "a version on " + channels_[channel]);
        else if (received->surely_legacy) settle_generation(Generation::legacy, "the form of " + channels_[channel]);
    }
    if (generation_ == Generation::current) {
        bookkeeping_.touch(now);
        bookkeeping_.flow(channel, received->uid, now);
        if (!version_accepted(received->version, channel)) return ask_version(now);
        bookkeeping_.received(channel);
    }
    try {
        receiver_.handle(channel);
        ++stats_.messages.handled;
        return;
    } catch (const std::exception& thrown) {
        say_once("handler " + channels_[channel] + thrown.what(),
                 "on(" + channels_[channel] + ") threw: " + thrown.what() +
                     (received->uid.empty() ? std::string() : " (uid " + std::string(received->uid) + ")"));
    } catch (...) {
        say_once("handler " + channels_[channel], "on(" + channels_[channel] + ") threw something that is no exception");
    }
    ++stats_.messages.handler_errors;
    if (settings_.strict) failed_ = true, request_stop("a handler threw (--strict)");
}

inline bool Session::guard(std::string_view what, const std::function<void()>& call) {
    try {
        call();
        return true;
    } catch (const std::exception& thrown) {
        say_once(std::string(what) + thrown.what(), std::string(what) + " threw: " + thrown.what());
    } catch (...) {
        say_once(what, std::string(what) + " threw something that is no exception");
    }
    ++stats_.messages.handler_errors;
    if (settings_.strict) failed_ = true, request_stop(std::string(what) + " threw (--strict)");
    return false;
}

/// The same thing is said once, not a million times a minute; stats tell how often.
inline void Session::say_once(std::string_view kind, const std::string& line) {
    constexpr std::size_t enough = 1000;
    if (said_.size() < enough && said_.emplace(kind).second) say_(line);
}

// --- time ----------------------------------------------------------------------------------------------------

inline void Session::every(std::chrono::nanoseconds interval, std::function<void()> action) {
    timers_.push_back({interval, Clock::now() + interval, std::move(action)});
}

inline void Session::post(std::function<void()> action) {
    {
        const std::lock_guard lock(posted_mutex_);
        posted_.push_back(std::move(action));
    }
    if (wake_) wake_();
}

inline void Session::tick(Clock::time_point now) {
    std::vector<std::function<void()>> posted;
    {
        const std::lock_guard lock(posted_mutex_);
        posted.swap(posted_);
    }
    for (const auto& action : posted) guard("a posted function", action);
    for (std::size_t i = 0; i < timers_.size(); ++i) {  // an action may add timers
        if (timers_[i].next > now) continue;
        timers_[i].next = std::max(timers_[i].next + timers_[i].interval, now);
        const auto action = timers_[i].action;
        guard("a timer", action);
    }
    if (!main_is_up_) return;
    if (bookkeeping_.due(now) || (stopping() && bookkeeping_.pending())) bookkeeping_.flush(main);
    auto to = links();
    if (outbox_ && (outbox_ != &current_ || !version_.empty())) outbox_->pump(to, now);
}

inline std::optional<Clock::time_point> Session::deadline(Clock::time_point now) const {
    std::optional<Clock::time_point> first;
    const auto at = [&first](Clock::time_point time) { first = first ? std::min(*first, time) : time; };
    for (const Timer& timer : timers_) at(timer.next);
    if (main_is_up_ && bookkeeping_.pending()) at(bookkeeping_.deadline());
    if (main_is_up_ && outbox_ && outbox_->pausing(now)) at(outbox_->resume_at());
    return first;
}

// --- stopping ------------------------------------------------------------------------------------------------

inline void Session::request_stop(std::string_view reason) {
    if (stop_reason_.empty()) stop_reason_ = reason;
}

inline void Session::begin_drain() {
    // Redis answers in order: after this answer nothing more comes, and nothing that came before is missing
    if (subscriber_is_up_ && !channels_.empty()) subscriber.send_unanswered("UNSUBSCRIBE");
    else drained_ = true;
}

inline bool Session::settled() const {
    return current_.kept() == 0 && legacy_.kept() == 0 && !bookkeeping_.pending() && main.outstanding() == 0 &&
           main.bytes().empty() && cache.outstanding() == 0;
}

inline void Session::finish() {
    if (!settings_.register_pid || finished_ || generation_ != Generation::legacy || !main_is_up_) return;
    finished_ = true;  // Slips counts the names it hears: exactly once
    main.send(wire::Purpose::counter, 0, "PUBLISH", "finished_modules", settings_.module);
}

inline void Session::abandon() {
    stats_.evidence.lost += current_.kept() + legacy_.kept();
}

}  // namespace slips::inline SLIPS_SDK_ABI
