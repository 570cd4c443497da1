// The loop: three connections, a pipe and the launcher's line, one poll(). What comes in goes to the session, what the
// session wants to say goes out, connections that break are made again.
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
#include "slips/impl/session/session.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Connections {
public:
    using Say = std::function<void(std::string_view line)>;

    /// `launcher`: null in a module that was started by hand.
    Connections(Session& session, WakePipe& wake, Launcher* launcher, redis::Endpoint main, redis::Endpoint cache, Say say)
        : session_(session), wake_(wake), launcher_(launcher), say_(std::move(say)) {
        main_.name = "Redis";
        main_.endpoint = main;
        subscriber_.name = "subscription to Redis";
        subscriber_.endpoint = std::move(main);
        cache_.name = "cache";
        cache_.endpoint = std::move(cache);
    }

    /// Waits for something to happen, at most until then, and does it.
    void step(std::optional<Clock::time_point> until);

    /// Each connection is there, or was tried and refused: sockets that only root may open are open now.
    bool tried_all() const {
        const auto tried = [](const Link& link) {
            return link.connection.state() == redis::Connection::State::open || link.down_since;
        };
        return tried(main_) && tried(cache_) && tried(subscriber_);
    }

    /// Asks for the module's channels, now or as soon as there is a connection. Messages wait in Redis until the next
    /// step().
    void subscribe() {
        may_subscribe_ = true;
        announce(subscriber_, Clock::now());
        flush(subscriber_, session_.subscriber, Clock::now());
    }
    /// The module does not get as far as to hear anything.
    void stay_deaf() {
        may_subscribe_ = false;
        lost(subscriber_, "the module does not start", Clock::now());
    }
    /// Redis is there but cannot be used yet: again in a while.
    void not_ready(std::string_view why) { lost(main_, why, Clock::now()); }

    /// Writes what is to be said to the main Redis, as far as it goes at once.
    void flush_main() { flush(main_, session_.main, Clock::now()); }

    /// Back for good, or gone for good: after a minute without it there is nothing to wait for.
    bool gone() const {
        return ever_up_ && main_.down_since && subscriber_.down_since && Clock::now() - *main_.down_since > gone_for_good;
    }

    /// Messages have been received that no handler has seen yet.
    bool has_more() const { return more_to_read_ || subscriber_.readable || session_.congested(Clock::now()); }

    /// Takes connections, but has not answered.
    bool silent() const { return main_.announced && !main_.answers; }
    std::string where() const { return main_.endpoint.text(); }

private:
    /// A connection that is made again when it breaks, a while later each time.
    struct Link {
        redis::Connection connection{};
        redis::Endpoint endpoint{};
        const char* name = "";
        Clock::time_point next_attempt{};
        std::chrono::milliseconds pause{100};
        std::optional<Clock::time_point> down_since{};
        bool announced = false;  ///< the session knows that it is up
        bool answers = false;
        bool readable = false;   ///< poll() says there is something to read, if only the end
    };
    static constexpr std::chrono::milliseconds longest_pause{1000};
    static constexpr std::chrono::seconds gone_for_good{60};

    // A batch ends at one of these, so that evidence of its beginning does not wait for its end.
    static constexpr std::size_t batch_messages = 4096;
    static constexpr std::size_t batch_reads = 4 * 1024 * 1024 / redis::Connection::at_once;
    static constexpr std::chrono::milliseconds batch_time{5};
    static constexpr std::size_t least_at_once = 4 * 1024;  ///< bytes of messages that are read at least: a few flows

    void connect_what_is_due(Clock::time_point now);
    void wait(std::optional<Clock::time_point> until);
    void flush(Link& link, wire::Pipeline& pipeline, Clock::time_point now);
    void receive(Clock::time_point now);
    void lost(Link& link, std::string_view why, Clock::time_point now);
    void announce(Link& link, Clock::time_point now);
    void answered(Link& link, Clock::time_point now);
    wire::Pipeline& pipeline(const Link& link) {
        return &link == &main_ ? session_.main : &link == &cache_ ? session_.cache : session_.subscriber;
    }

    Session& session_;
    WakePipe& wake_;
    Launcher* launcher_;
    Say say_;
    Link subscriber_{};
    Link main_{};
    Link cache_{};
    bool may_subscribe_ = false;
    bool ever_up_ = false;
    bool more_to_read_ = false;
    std::size_t at_most_ = least_at_once;  ///< bytes of messages to read at once
};

// ---------------------------------------------------------------------------------------------------------

inline void Connections::step(std::optional<Clock::time_point> until) {
    const Clock::time_point now = Clock::now();
    connect_what_is_due(now);
    for (Link* link : {&main_, &cache_, &subscriber_}) flush(*link, pipeline(*link), now);
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
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        link->readable = false;
        if (link->connection.state() == redis::Connection::State::closed) {
            at(link->next_attempt);
            continue;
        }
        // not even its end is waited for while more has been heard than Redis takes: that would be no waiting
        if (link == &subscriber_ && session_.congested(now)) continue;
        const bool connecting = link->connection.state() == redis::Connection::State::connecting;
        const bool write = connecting || !pipeline(*link).bytes().empty();
        links[count] = link;
        fds[count++] = {link->connection.fd(), static_cast<short>(POLLIN | (write ? POLLOUT : 0)), 0};
    }
    fds[count] = {wake_.fd(), POLLIN, 0};
    fds[count + 1] = {launcher_ ? launcher_->fd() : -1, launcher_ ? launcher_->events() : short{}, 0};
    if (until) at(*until);
    int timeout = -1;
    if (more_to_read_) {
        timeout = 0;
    } else if (wake_at) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wake_at - now).count();
        timeout = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
    }
    if (::poll(fds, count + 2, timeout) <= 0) return;
    now = Clock::now();
    if (fds[count].revents)
        if (const char* signal = wake_.drain()) session_.request_stop(signal);
    if (fds[count + 1].revents) launcher_->ready(fds[count + 1].revents);
    for (nfds_t i = 0; i < count; ++i) {
        if (!fds[i].revents) continue;
        links[i]->readable = (fds[i].revents & ~POLLOUT) != 0;
        if (links[i]->connection.state() != redis::Connection::State::connecting) continue;
        std::string error;
        if (links[i]->connection.connected(error)) announce(*links[i], now);
        else lost(*links[i], error, now);
    }
}

inline void Connections::connect_what_is_due(Clock::time_point now) {
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        if (link->connection.state() != redis::Connection::State::closed || now < link->next_attempt) continue;
        // quietly: Slips takes a port on which something goes on for one in use
        if (link != &main_ && !ever_up_) {
            link->next_attempt = now + longest_pause;
            continue;
        }
        std::string error;
        if (!link->connection.connect(link->endpoint, error)) lost(*link, error, now);
    }
}

inline void Connections::announce(Link& link, Clock::time_point now) {
    if (link.announced || link.connection.state() != redis::Connection::State::open) return;
    if (&link == &subscriber_ && !may_subscribe_) return;
    link.announced = true;
    if (&link == &main_) session_.main_up(now);
    else if (&link == &cache_) session_.cache_up();
    else session_.subscriber_up(now);
}

/// After a reply that is worth something. A server that is full takes a connection as well, and ends it at once.
inline void Connections::answered(Link& link, Clock::time_point now) {
    if (link.answers) return;
    link.answers = true;
    link.pause = std::chrono::milliseconds(100);
    if (&link == &main_) {
        if (link.down_since && ever_up_) say_("is connected to Redis again");
        ever_up_ = true;
        subscriber_.next_attempt = cache_.next_attempt = now;
    }
    link.down_since.reset();
}

inline void Connections::lost(Link& link, std::string_view why, Clock::time_point now) {
    const bool first = !link.down_since.has_value();
    link.connection.close();
    link.next_attempt = now + link.pause;
    link.pause = std::min(link.pause * 2, longest_pause);
    if (first) link.down_since = now;
    const bool was_up = std::exchange(link.announced, false);
    link.answers = false;
    if (first && !(session_.stopping() && was_up)) {
        const std::string where = std::string(link.name) + " at " + link.endpoint.text() + ": " + std::string(why);
        if (&link == &cache_) say_("no " + where + "; evidence goes without what Slips knows of its addresses");
        else if (&link == &main_) say_((ever_up_ ? "lost " : "waiting for ") + where);
        else if (!was_up && may_subscribe_ && main_.answers) say_("no " + where);
    }
    if (!was_up) return;
    if (&link == &main_) session_.main_lost();
    else if (&link == &cache_) session_.cache_lost(now);
    else session_.subscriber_lost(why, now);
}

inline void Connections::flush(Link& link, wire::Pipeline& pipeline, Clock::time_point now) {
    if (link.connection.state() != redis::Connection::State::open || pipeline.bytes().empty()) return;
    std::string error;
    if (!link.connection.write(pipeline.bytes(), error)) lost(link, error, now);
}

/// Replies first: they make room for what the messages bring.
inline void Connections::receive(Clock::time_point now) {
    using Read = redis::Connection::Read;
    std::string error;
    const auto drain = [&](Link& link, auto&& take) {
        while (link.readable && link.connection.state() == redis::Connection::State::open) {
            const Read result = link.connection.read(take, error);
            if (result == Read::lost) return lost(link, error, now);
            if (result == Read::drained) return;
        }
    };
    drain(main_, [&](const wire::Reply& reply) {
        if (session_.shows_ready(reply)) answered(main_, now);
        session_.main.dispatch(reply, now);
    });
    drain(cache_, [&](const wire::Reply& reply) {
        if (!reply.is_error()) answered(cache_, now);
        session_.cache.dispatch(reply, now);
    });
    if (!std::exchange(more_to_read_, false) && !subscriber_.readable) return;
    std::size_t messages = 0;
    std::size_t reads = 0;
    const Clock::time_point begin = now;
    while (subscriber_.connection.state() == redis::Connection::State::open && !session_.congested(now)) {
        const Read result = subscriber_.connection.read(
            [&](const wire::Reply& reply) {
                ++messages;
                if (!reply.is_error()) answered(subscriber_, now);
                session_.pushed(reply, now);
            },
            error, at_most_);
        if (result == Read::lost) return lost(subscriber_, error, now);
        const Clock::time_point before = std::exchange(now, Clock::now());
        // where handlers are slow, a stop and timers must not wait for many of them
        at_most_ = now - before >= batch_time ? least_at_once : std::min(2 * at_most_, redis::Connection::at_once);
        if (result == Read::drained) return;
        if (messages >= batch_messages || ++reads >= batch_reads || now - begin >= batch_time) {
            more_to_read_ = true;
            return;
        }
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
