// Messages from the subscription to the module's handlers, and what is counted and concluded from them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/bookkeeping.hpp"
#include "slips/impl/session/end_of_slips.hpp"
#include "slips/impl/session/last_messages.hpp"
#include "slips/impl/session/login.hpp"
#include "slips/impl/session/shared.hpp"
#include "slips/impl/session/subscription.hpp"
#include "slips/impl/wire/owner.hpp"
#include "slips/impl/wire/refusal.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/share.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Inbox {
public:
    /// Refers to all of these, which outlive it. `subscriber`: commands on the connection that subscribes.
    Inbox(Shared& shared, Receiver& receiver, wire::Pipeline& subscriber)
        : shared_(shared), receiver_(receiver), subscriber_(subscriber) {}
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    // --- connections ----------------------------------------------------------------------------------------

    void subscriber_up();
    void subscriber_lost(std::string_view reason, Clock::time_point now) {
        subscriber_.reset();
        subscription_.lost(reason, now);
    }
    bool subscribed() const { return subscription_.complete(); }
    /// Returns and clears the first error with which Redis has refused the login or the subscription.
    std::string take_refusal() { return std::exchange(refusal_, {}); }
    void main_lost() { bookkeeping_.lost(); }
    /// Handles what Redis has sent on the connection that subscribes.
    void pushed(const wire::Reply& reply, Clock::time_point now);

    // --- time -----------------------------------------------------------------------------------------------

    /// Handles messages that were held back as a possible stop_process.
    void receive_unconfirmed_if_due(Clock::time_point now) {
        if (now >= unconfirmed_until_) receive_unconfirmed(now);
    }
    /// Asks whether Slips has ended, if nobody notifies the module. Returns true if it has.
    bool slips_has_ended(Clock::time_point now);
    /// Sends counters that are due; all of them if `all`.
    void send_counters(Clock::time_point now, bool all);
    /// Returns when one of these three is due.
    std::optional<Clock::time_point> deadline() const;
    bool counts_pending() const { return bookkeeping_.pending(); }
    /// Slips' PID; 0: unknown.
    std::int64_t slips_pid() const { return end_of_slips_.pid(); }
    /// Reads the PID of Slips' profiler when the next message is received: while Slips runs, the entry is its own; a second
    /// Slips in the same Redis overwrites it.
    void remember_profiler() { remembers_profiler_ = true; }

    // --- stopping -------------------------------------------------------------------------------------------

    /// Cancels the subscriptions; messages that are under way still arrive.
    void begin_drain() {
        draining_ = true;
        receive_unconfirmed(shared_.settings.clock());
        subscription_.drain(subscriber_);
    }
    bool drained() const { return subscription_.drained(); }
    LastMessages& last_messages() { return last_messages_; }
    const LastMessages& last_messages() const { return last_messages_; }

private:
    void refused(std::string_view error) {
        if (refusal_.empty()) refusal_ = error;  // later ones have the same cause
    }
    void subscribe_refused(std::string_view error, Clock::time_point now);
    void check_complete(Clock::time_point now);
    void message(std::size_t channel, std::string_view payload, Clock::time_point now);
    bool take_stop_process(std::size_t channel, std::string_view payload, Clock::time_point now);
    void receive_unconfirmed(Clock::time_point now);
    void receive(std::size_t channel, std::string_view payload, Clock::time_point now);
    void skip(std::size_t channel, std::string_view payload, bool is_order, Clock::time_point now);
    void still_arrive(Clock::time_point now);
    void report_left_out(const std::string& channel, const std::vector<std::string>& fields);
    void learn_generation(const Received& received, const std::string& channel, bool is_object);
    bool count(const Received& received, std::size_t channel, bool is_order, Clock::time_point now);
    void handle(const Received& received, std::size_t channel);
    bool watches_slips() const {
        return shared_.settings.standalone && shared_.links.main_up && shared_.slips.introduced() &&
               shared_.generation() && shared_.slips.likely_dialect().stop == StopOrder::event;
    }
    bool may_stop_by_control_module() const {
        const Dialect* dialect = shared_.slips.dialect();
        return dialect ? dialect->stop == StopOrder::control_module : shared_.generation() != Generation::current;
    }

    Shared& shared_;
    Receiver& receiver_;
    wire::Pipeline& subscriber_;
    Login login_{shared_.settings, [this](std::string_view error) { refused(error); }};
    Subscription subscription_{};
    Bookkeeping bookkeeping_{shared_.settings.module, shared_.settings.share.count, shared_.links.main,
                             shared_.notices};
    EndOfSlips end_of_slips_{};
    LastMessages last_messages_{};
    std::map<std::size_t, std::size_t> unconfirmed_{};  ///< by channel: messages that are a stop_process or a name
    Clock::time_point unconfirmed_until_{};
    bool remembers_profiler_ = false;
    bool asked_again_ = false;
    bool ever_subscribed_ = false;
    std::string refusal_{};
    bool draining_ = false;
};

// --- connections ---------------------------------------------------------------------------------------------

inline void Inbox::subscriber_up() {
    login_.send(subscriber_, shared_.settings.database);
    if (draining_) return subscription_.drain(subscriber_);
    if (subscription_.empty()) {
        const std::vector<std::string> channels = receiver_.channels();
        bookkeeping_.set_channels(channels);
        subscription_.set_channels(channels, shared_.stats, may_stop_by_control_module());
    }
    subscription_.up(subscriber_);
}

inline void Inbox::pushed(const wire::Reply& reply, Clock::time_point now) {
    if (subscriber_.outstanding() != 0) return subscriber_.dispatch(reply, now);
    if (reply.is_error()) return subscribe_refused(reply.text, now);
    if (reply.kind != wire::Reply::Kind::list || reply.size != 3) return;
    if (reply[0].text == "message") {
        if (const std::size_t channel = subscription_.index(reply[1].text); subscription_.contains(channel))
            message(channel, reply[2].text, now);
    } else if (reply[0].text == "subscribe") {
        subscription_.confirmed();
        check_complete(now);
    } else if (reply[0].text == "unsubscribe" && reply[2].integer == 0) {
        subscription_.unsubscribed();
    }
}

inline void Inbox::subscribe_refused(std::string_view error, Clock::time_point now) {
    const std::string channel = subscription_.refused();
    if (channel.empty()) return refused(error);
    shared_.log.log_once("subscriber", "Redis refuses the subscription to " + channel +
                                           ", on which Slips may stop its modules: " + wire::with_remedy(error));
    check_complete(now);
}

inline void Inbox::check_complete(Clock::time_point now) {
    if (!subscription_.complete()) return;
    if (!std::exchange(ever_subscribed_, true) && shared_.settings.subscribed) shared_.settings.subscribed();
    const auto gap = subscription_.take_gap(now);
    if (!gap) return;
    shared_.stats.messages.missed += gap->lost.value_or(0);
    const std::string lost =
        gap->lost ? std::to_string(*gap->lost) + " messages were missed" : "messages published meanwhile are lost";
    shared_.log.log("subscribed again after " + std::to_string(gap->duration.count()) + " ms; " + lost);
    if (!shared_.guard.failed()) shared_.guard.call("on_gap()", [&] { receiver_.on_gap(*gap); });
}

// --- messages ------------------------------------------------------------------------------------------------

inline void Inbox::message(std::size_t channel, std::string_view payload, Clock::time_point now) {
    if (!take_stop_process(channel, payload, now)) receive(channel, payload, now);
}

/// Returns whether this is the order to stop of Slips before 1.0.6, or may be. Slips publishes it on each channel that has a
/// subscriber, also on control_channel, to which each session subscribes; 1.0.5 on control_module only. On a channel with plain
/// text from the network it may as well be a DNS query for that name: there it is held back, and handled as a message unless
/// the order comes on another channel.
inline bool Inbox::take_stop_process(std::size_t channel, std::string_view payload, Clock::time_point now) {
    constexpr std::string_view stop_process = "stop_process";
    constexpr std::chrono::seconds patience{1};
    if (payload != stop_process) return false;
    if (shared_.generation() && shared_.slips.likely_dialect().stop == StopOrder::event) return false;
    if (!Subscription::is_control(subscription_.name(channel)) && receiver_.is_foreign_text(channel)) {
        if (shared_.stop.reason() == stop_process) return true;
        if (unconfirmed_.empty()) unconfirmed_until_ = now + patience;
        ++unconfirmed_[channel];
        return true;
    }
    if (!shared_.generation()) shared_.slips.settle(Generation::legacy, "a stop_process message");
    shared_.stop.request(stop_process);
    unconfirmed_.clear();
    return true;
}

inline void Inbox::receive_unconfirmed(Clock::time_point now) {
    for (const auto& [channel, times] : std::exchange(unconfirmed_, {}))
        for (std::size_t i = 0; i < times; ++i) receive(channel, "stop_process", now);
}

inline void Inbox::receive(std::size_t channel, std::string_view payload, Clock::time_point now) {
    const std::string& name = subscription_.name(channel);
    const bool stop_slips = payload == "stop_slips" && name == "control_channel";
    if (stop_slips) shared_.stop.request("stop_slips");
    if (!subscription_.arrived(channel)) return;

    end_of_slips_.received(now);
    // a module that started before Slips has found nothing about Slips in its database; now it is there
    const bool asks_again = shared_.settings.standalone && !shared_.slips.introduced() && shared_.links.main_up;
    if (asks_again && !std::exchange(asked_again_, true)) shared_.slips.ask(shared_.links.main);
    const Share& share = shared_.settings.share;
    if (!share.is_whole() && wire::owner_of(payload, share.count) != share.index)
        return skip(channel, payload, stop_slips, now);
    subscription_.count(channel);
    ++shared_.stats.messages.received;
    wire::DecodeError error;
    const auto received = receiver_.decode(channel, payload, error);
    if (!received) {
        ++shared_.stats.messages.undecodable;
        return shared_.log.log_once(name + ": " + error.what,
                                    name + ": a message was skipped: " + error.what +
                                        (error.detail.empty() ? std::string() : " (" + error.detail + ")"));
    }
    if (!error.left_out.empty()) report_left_out(name, error.left_out);
    learn_generation(*received, name, payload.starts_with('{'));
    if (received->is_other_generations || !count(*received, channel, stop_slips, now)) return;
    handle(*received, channel);
}

/// A message that another process of the module handles. It is decoded only if it may show which Slips this is. `is_order`: see
/// count().
inline void Inbox::skip(std::size_t channel, std::string_view payload, bool is_order, Clock::time_point now) {
    ++shared_.stats.messages.skipped;
    if (is_order || shared_.slips.has_own_stamp(payload)) return still_arrive(now);
    wire::DecodeError ignored;  // reported by the other process
    const auto received = receiver_.decode(channel, payload, ignored);
    if (!received) return;
    const std::string& name = subscription_.name(channel);
    learn_generation(*received, name, payload.starts_with('{'));
    if (received->is_other_generations) return;
    if (shared_.slips.accepts(received->version, name, now)) still_arrive(now);
    else if (shared_.links.main_up) shared_.slips.ask_version(shared_.links.main, now, true);
}

/// A message of this Slips instance has arrived.
inline void Inbox::still_arrive(Clock::time_point now) {
    last_messages_.received(now);
    if (remembers_profiler_ && shared_.links.main_up) last_messages_.ask_for_profiler(shared_.links.main);
}

/// Reports each field once per channel.
inline void Inbox::report_left_out(const std::string& channel, const std::vector<std::string>& fields) {
    shared_.stats.messages.odd_fields += fields.size();
    for (const std::string& field : fields)
        shared_.log.log_once(channel + " fields: " + field.substr(0, field.find(" is ")),
                             channel + ": a field is left out: " + field);
}

inline void Inbox::learn_generation(const Received& received, const std::string& channel, bool is_object) {
    if (shared_.generation()) return;
    if (!received.version.empty()) shared_.slips.settle(Generation::current, "a version on " + channel);
    else if (received.surely_legacy && is_object) shared_.slips.settle(Generation::legacy, "the form of " + channel);
    else if (received.surely_legacy) shared_.slips.plain_text_received();
}

/// Counts a message for Slips. Returns whether it is to be handled: messages of another version of Slips are not. `is_order`:
/// stop_slips, the one text that carries no version.
inline bool Inbox::count(const Received& received, std::size_t channel, bool is_order, Clock::time_point now) {
    const bool accepted = is_order || shared_.slips.accepts(received.version, subscription_.name(channel), now);
    const Dialect* const dialect = shared_.slips.dialect();  // what a likely one counts may harm another
    const Counters counters = dialect ? dialect->counters : Counters::none;
    if (counters != Counters::none) {
        bookkeeping_.touch(now);
        if (counters == Counters::flows) bookkeeping_.flow(channel, received.uid, now);
    }
    if (!accepted) {
        ++shared_.stats.messages.other_version;
        if (shared_.links.main_up) shared_.slips.ask_version(shared_.links.main, now, true);
        return false;
    }
    if (counters == Counters::none) return true;
    bookkeeping_.received(channel);
    if (remembers_profiler_ && shared_.links.main_up) last_messages_.ask_for_profiler(shared_.links.main);
    return true;
}

inline void Inbox::handle(const Received& received, std::size_t channel) {
    if (shared_.guard.failed()) return;  // the rest of the batch
    const std::string& name = subscription_.name(channel);
    try {
        const auto scope = RunningCall::Scope::handler(shared_.guard.running(), name.c_str());
        receiver_.handle(channel);
        ++shared_.stats.messages.handled;
    } catch (const std::exception& thrown) {
        const std::string what = std::string(": ") + thrown.what();
        const std::string uid = received.uid.empty() ? std::string() : " (uid " + std::string(received.uid) + ")";
        shared_.guard.threw("handler " + name + what, "on(" + name + ") threw" + what + uid, "a handler");
    } catch (...) {
        shared_.guard.threw("handler " + name, "on(" + name + ") threw something that is not an exception",
                            "a handler");
    }
    last_messages_.received(shared_.settings.clock());  // after the handler, which may take longer than a silence
    if (shared_.settings.handled) shared_.settings.handled();
}

// --- time ----------------------------------------------------------------------------------------------------

inline bool Inbox::slips_has_ended(Clock::time_point now) {
    if (!watches_slips()) return false;
    if (now >= end_of_slips_.next()) end_of_slips_.ask(shared_.links.main, shared_.slips.likely_dialect(), now);
    const bool is_listener = subscription_.contains(subscription_.index("evidence_added"));
    return end_of_slips_.over(now, is_listener ? shared_.settings.share.count : 0, shared_.slips.likely_dialect());
}

inline void Inbox::send_counters(Clock::time_point now, bool all) {
    if (bookkeeping_.take_overflow())
        shared_.log.log_once("bookkeeping", "flows are not counted for Slips, since Redis accepts too little; "
                                            "Slips shows fewer flows per minute");
    if (bookkeeping_.due(now) || (all && bookkeeping_.pending())) bookkeeping_.flush();
}

inline std::optional<Clock::time_point> Inbox::deadline() const {
    std::optional<Clock::time_point> first;
    const auto at = [&first](Clock::time_point time) { first = first ? std::min(*first, time) : time; };
    if (const auto time = shared_.slips.deadline(); time && shared_.links.main_up) at(*time);
    if (!unconfirmed_.empty()) at(unconfirmed_until_);
    if (watches_slips()) at(end_of_slips_.next());
    if (shared_.links.main_up && bookkeeping_.pending()) at(bookkeeping_.deadline());
    return first;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
