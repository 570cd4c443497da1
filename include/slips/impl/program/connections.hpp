// The event loop: three connections, a pipe and the launcher's line in one poll(). Passes what is received to the session and
// writes what the session sends.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/impl/program/launcher.hpp"
#include "slips/impl/program/signals.hpp"
#include "slips/impl/redis/connection.hpp"
#include "slips/impl/redis/persistent_connection.hpp"
#include "slips/impl/session/loop_side.hpp"
#include "slips/impl/wire/refusal.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Connections {
public:
    /// Receives each log line.
    using Sink = std::function<void(std::string_view line)>;

    /// `launcher`: null in a module that was started by hand.
    Connections(LoopSide& session, WakePipe& wake, Launcher* launcher, redis::Endpoint main, redis::Endpoint cache,
                Sink log);

    /// Waits until something happens or until then, and handles it.
    void step(std::optional<Clock::time_point> until);

    /// Returns whether each connection is open or has failed: sockets that only root may open are open now.
    bool tried_all() const {
        const auto tried = [](const Link& link) { return link.is_open() || link.down_since(); };
        return tried(main_) && tried(cache_) && tried(subscriber_);
    }

    /// Subscribes to the module's channels, now or when the connection is made. Messages wait in Redis until the next step().
    void subscribe() {
        may_subscribe_ = true;
        subscriber_.release(Clock::now());
        subscriber_.flush(Clock::now());
        subscriber_.set_next_attempt(Clock::now());  // reports at once what has failed, if it has
    }
    /// Returns whether Redis has refused the module's first subscription for good; the reason is reported.
    bool subscription_refused() const { return refused_; }
    /// Closes the connection that subscribes: the module does not start.
    void cancel_subscription() {
        may_subscribe_ = false;
        subscriber_.hold();
        subscriber_.lose("the module does not start", Clock::now());
    }
    /// Reconnects later: Redis cannot be used yet.
    void not_ready(std::string_view why) { main_.lose(why, Clock::now()); }

    /// Writes what is to be sent to the main Redis, as far as the socket accepts it.
    void flush_main() { main_.flush(Clock::now()); }

    /// Returns whether Redis has been unreachable for `gone_for_good`.
    bool gone() const {
        return ever_ready_ && main_.down_since() && subscriber_.down_since() &&
               Clock::now() - *main_.down_since() > gone_for_good;
    }

    /// Returns whether messages have been received that no handler has been called with.
    bool has_more() const {
        return more_to_read_ || subscriber_.is_readable() || subscriber_.has_more() || session_.congested(Clock::now());
    }

    /// Returns whether Redis has accepted a connection and not replied.
    bool silent() const { return main_.is_up() && !main_.is_ready(); }
    std::string address() const { return main_.endpoint().text(); }

private:
    using Link = redis::PersistentConnection;
    static constexpr std::chrono::seconds gone_for_good{60};

    // Reading stops at one of these, so that evidence of the first messages does not wait until the last ones are handled.
    static constexpr std::size_t batch_messages = 4096;
    static constexpr std::size_t batch_reads = 4 * 1024 * 1024 / redis::Connection::at_once;
    static constexpr std::chrono::milliseconds batch_time{5};
    static constexpr std::size_t least_at_once = 4 * 1024;  ///< bytes, a few flows

    Link::Callbacks main_callbacks();
    Link::Callbacks cache_callbacks();
    Link::Callbacks subscriber_callbacks();
    void connect_what_is_due(Clock::time_point now);
    void wait(std::optional<Clock::time_point> until);
    void receive(Clock::time_point now);
    void receive_messages(Clock::time_point now);

    LoopSide& session_;
    WakePipe& wake_;
    Launcher* launcher_;
    Sink log_;
    bool may_subscribe_ = false;
    bool ever_ready_ = false;  ///< the main Redis
    bool ever_subscribed_ = false;
    bool reported_subscription_ = false;  ///< that there is none
    bool refused_ = false;                ///< see subscription_refused()
    bool more_to_read_ = false;
    std::size_t messages_ = 0;             ///< of this batch
    std::size_t at_most_ = least_at_once;  ///< bytes of messages to read at once
    Link main_;
    Link cache_;
    Link subscriber_;
};

// ---------------------------------------------------------------------------------------------------------

inline Connections::Connections(LoopSide& session, WakePipe& wake, Launcher* launcher, redis::Endpoint main,
                                redis::Endpoint cache, Sink log)
    : session_(session), wake_(wake), launcher_(launcher), log_(std::move(log)),
      main_(main, session.main, main_callbacks()), cache_(std::move(cache), session.cache, cache_callbacks()),
      subscriber_(std::move(main), session.subscriber, subscriber_callbacks(), true) {}

inline Connections::Link::Callbacks Connections::main_callbacks() {
    return {
        .up = [this](Clock::time_point now) { session_.main_up(now); },
        .lost = [this](std::string_view, Clock::time_point) { session_.main_lost(); },
        .reply =
            [this](const wire::Reply& reply, Clock::time_point now) {
                if (session_.shows_ready(reply)) main_.set_ready(now);
                session_.main.dispatch(reply, now);
            },
        .ready =
            [this](bool after_outage, Clock::time_point now) {
                if (after_outage && ever_ready_) log_("reconnected to Redis");
                ever_ready_ = true;
                cache_.set_next_attempt(now);
                subscriber_.set_next_attempt(now);
            },
        .outage =
            [this](std::string_view why, Link::Loss loss) {
                if (!loss.begins_outage || (session_.stopping() && loss.was_up)) return;
                const std::string what = ever_ready_ ? "lost Redis at " : "waiting for Redis at ";
                log_(what + main_.endpoint().text() + ": " + std::string(why));
            },
    };
}

inline Connections::Link::Callbacks Connections::cache_callbacks() {
    return {
        .up = [this](Clock::time_point) { session_.cache_up(); },
        .lost = [this](std::string_view, Clock::time_point now) { session_.cache_lost(now); },
        .reply =
            [this](const wire::Reply& reply, Clock::time_point now) {
                if (!reply.is_error()) cache_.set_ready(now);
                session_.cache.dispatch(reply, now);
            },
        .ready = [](bool, Clock::time_point) {},
        .outage =
            [this](std::string_view why, Link::Loss loss) {
                if (!loss.begins_outage || (session_.stopping() && loss.was_up)) return;
                log_("no cache at " + cache_.endpoint().text() + ": " + std::string(why) +
                     "; evidence is sent without Slips' information about its addresses");
            },
    };
}

inline Connections::Link::Callbacks Connections::subscriber_callbacks() {
    return {
        .up = [this](Clock::time_point now) { session_.subscriber_up(now); },
        .lost = [this](std::string_view why, Clock::time_point now) { session_.subscriber_lost(why, now); },
        .reply =
            [this](const wire::Reply& reply, Clock::time_point now) {
                ++messages_;
                session_.pushed(reply, now);
                if (!subscriber_.is_ready() && session_.subscribed()) subscriber_.set_ready(now);
            },
        .ready =
            [this](bool, Clock::time_point) {
                ever_subscribed_ = true;
                reported_subscription_ = false;
            },
        .outage =
            [this](std::string_view why, Link::Loss loss) {
                // a lost subscription is reported as a gap; without the main connection, that one is reported
                if (loss.was_ready || !may_subscribe_ || !main_.is_ready() || session_.stopping()) return;
                if (std::exchange(reported_subscription_, true)) return;
                log_("no subscription to Redis at " + subscriber_.endpoint().text() + ": " + std::string(why));
            },
    };
}

inline void Connections::step(std::optional<Clock::time_point> until) {
    const Clock::time_point now = Clock::now();
    connect_what_is_due(now);
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        link->limit_handshake(now);
        link->flush(now);
    }
    wait(until);
    receive(Clock::now());
    session_.tick(Clock::now());
}

inline void Connections::wait(std::optional<Clock::time_point> until) {
    Clock::time_point now = Clock::now();
    std::optional<Clock::time_point> wake_at = session_.deadline(now);
    const auto at = [&wake_at](Clock::time_point time) { wake_at = wake_at ? std::min(*wake_at, time) : time; };
    pollfd fds[5];
    nfds_t count = 0;
    Link* links[3] = {};
    bool has_more = false;
    const auto watch = [&](Link& link) {
        has_more = has_more || link.has_more();
        links[count] = &link;
        fds[count++] = {link.fd(), static_cast<short>(POLLIN | (link.wants_to_write() ? POLLOUT : 0)), 0};
    };
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        link->clear_readable();
        if (link->is_closed()) at(link->next_attempt());
        if (link->handshake_limit()) at(*link->handshake_limit());
    }
    if (subscriber_.silence_limit()) at(*subscriber_.silence_limit());
    if (!main_.is_closed()) watch(main_);
    if (!cache_.is_closed()) watch(cache_);
    // while congested, poll() would return at once for messages that are not read; a connection that is being made has none
    if (subscriber_.is_connecting() || (subscriber_.is_open() && !session_.congested(now))) watch(subscriber_);
    fds[count] = {wake_.fd(), POLLIN, 0};
    fds[count + 1] = {launcher_ ? launcher_->fd() : -1, launcher_ ? launcher_->events() : short{}, 0};
    if (until) at(*until);
    int timeout = -1;
    if (more_to_read_ || has_more) {
        timeout = 0;
    } else if (wake_at) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wake_at - now).count();
        timeout = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
    }
    if (::poll(fds, count + 2, timeout) <= 0 && !has_more) return;
    now = Clock::now();
    if (fds[count].revents)
        if (const char* signal = wake_.drain()) session_.request_stop(signal);
    if (fds[count + 1].revents) launcher_->ready(fds[count + 1].revents);
    for (nfds_t i = 0; i < count; ++i)
        if (fds[i].revents || links[i]->has_more())
            links[i]->polled(links[i]->has_more() || (fds[i].revents & ~POLLOUT) != 0, now);
}

inline void Connections::connect_what_is_due(Clock::time_point now) {
    if (main_.is_due(now)) main_.connect(now);
    for (Link* link : {&cache_, &subscriber_}) {
        if (!link->is_due(now)) continue;
        // only once the main Redis is ready: Slips considers a port with connections to be in use
        if (ever_ready_) link->connect(now);
        else link->set_next_attempt(now + Link::longest_pause);
    }
}

/// Replies first: they make room for the evidence that messages lead to.
inline void Connections::receive(Clock::time_point now) {
    main_.read_all(now);
    cache_.read_all(now);
    if (std::exchange(more_to_read_, false) || subscriber_.is_readable()) receive_messages(now);
    subscriber_.limit_silence(!more_to_read_ && !session_.congested(now), now);
    if (const std::string refusal = session_.take_subscription_refusal(); !refusal.empty()) {
        refused_ = !ever_subscribed_ && !wire::refusal_of(refusal).is_temporary;
        subscriber_.lose(refusal, now);
    }
}

inline void Connections::receive_messages(Clock::time_point now) {
    using Read = redis::Connection::Read;
    messages_ = 0;
    std::size_t reads = 0;
    const Clock::time_point begin = now;
    while (subscriber_.is_open() && !session_.congested(now)) {
        const Read result = subscriber_.read(now, at_most_);
        if (result == Read::lost) return;
        const Clock::time_point before = std::exchange(now, Clock::now());
        // when handlers are slow, a stop and timers must not wait for many of them
        at_most_ = now - before >= batch_time ? least_at_once : std::min(2 * at_most_, redis::Connection::at_once);
        if (result == Read::drained) return;
        if (messages_ >= batch_messages || ++reads >= batch_reads || now - begin >= batch_time) {
            more_to_read_ = true;
            return;
        }
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
