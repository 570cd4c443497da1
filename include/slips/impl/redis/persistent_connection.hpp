// A connection that is made again when it breaks, and what happens on connect, disconnect and reply.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/impl/redis/connection.hpp"
#include "slips/impl/wire/refusal.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Reconnects after a pause, which doubles with each failure. Writes the commands of its pipeline and passes on what it reads.
class PersistentConnection {
public:
    /// A connection that is lost or could not be made.
    struct Loss {
        bool begins_outage = false;  ///< the connection was not down before
        bool was_up = false;         ///< `up` had been called
        bool was_ready = false;      ///< see set_ready()
    };
    /// All of them must be set.
    struct Callbacks {
        std::function<void(Clock::time_point now)> up;  ///< the connection is open, and not held
        std::function<void(std::string_view why, Clock::time_point now)> lost;  ///< only after `up`
        /// Redis has sent a reply; for a message of a subscription, too. Should call set_ready().
        std::function<void(const wire::Reply& reply, Clock::time_point now)> reply;
        /// See set_ready(). `after_outage`: the connection was lost before, or could not be made.
        std::function<void(bool after_outage, Clock::time_point now)> ready;
        /// The connection is lost or could not be made. `why` is what the server has sent instead of serving this client, if
        /// anything, and names the remedy.
        std::function<void(std::string_view why, Loss loss)> outage;
    };
    static constexpr std::chrono::milliseconds longest_pause{1000};  ///< between two attempts

    /// Refers to `pipeline`, which outlives it. `held`: see hold().
    PersistentConnection(Endpoint endpoint, wire::Pipeline& pipeline, Callbacks callbacks, bool held = false)
        : endpoint_(std::move(endpoint)), pipeline_(pipeline), callbacks_(std::move(callbacks)), held_(held) {}
    PersistentConnection(const PersistentConnection&) = delete;
    PersistentConnection& operator=(const PersistentConnection&) = delete;

    const Endpoint& endpoint() const { return endpoint_; }                               ///< the address of the server
    int fd() const { return connection_.fd(); }                                          ///< for poll()
    bool is_closed() const { return connection_.state() == Connection::State::closed; }  ///< not connected
    bool is_open() const { return connection_.state() == Connection::State::open; }      ///< connected
    bool is_connecting() const { return connection_.state() == Connection::State::connecting; }  ///< not connected yet
    bool is_up() const { return up_; }              ///< `up` has been called, and the connection was not lost since
    bool is_ready() const { return ready_; }        ///< see set_ready()
    bool is_readable() const { return readable_; }  ///< see polled()
    /// Returns since when the connection is lost or could not be made; nullopt: it is ready, or was not tried yet.
    std::optional<Clock::time_point> down_since() const { return down_since_; }

    /// When to connect again.
    Clock::time_point next_attempt() const { return next_attempt_; }
    /// Sets when to connect again.
    void set_next_attempt(Clock::time_point time) { next_attempt_ = time; }
    /// Returns whether it is time to connect again.
    bool is_due(Clock::time_point now) const { return is_closed() && now >= next_attempt_; }
    /// Starts to connect.
    void connect(Clock::time_point now) {
        std::string error;
        if (!connection_.connect(endpoint_, error)) lose(error, now);
    }

    /// While held, the connection may be made, but `up` is not called.
    void hold() { held_ = true; }
    /// Ends hold().
    void release(Clock::time_point now) {
        held_ = false;
        announce(now);
    }

    /// Returns whether poll() should wait for it to become writable.
    bool wants_to_write() const { return is_connecting() ? connection_.wants_to_write() : !pipeline_.bytes().empty(); }
    /// Returns whether there is something to read that poll() does not report.
    bool has_more() const { return connection_.has_more(); }
    /// Returns until when TLS must be established; nullopt: it is, or is not under way.
    std::optional<Clock::time_point> handshake_limit() const { return handshake_limit_; }
    /// Gives up a handshake that has taken too long: a server that does not speak TLS may wait for the end of a line.
    void limit_handshake(Clock::time_point now) {
        if (handshake_limit_ && now >= *handshake_limit_)
            lose("no reply to the TLS handshake within " + std::to_string(handshake_patience.count()) +
                     " s; use the server's tls-port, or omit --redis-tls",
                 now);
    }
    /// Call before poll().
    void clear_readable() { readable_ = false; }
    /// Call after poll(). `readable`: there is something to read, if only the end.
    void polled(bool readable, Clock::time_point now) {
        readable_ = readable;
        if (!is_connecting()) return;
        std::string error;
        if (!connection_.connected(error)) return lose(error, now);
        if (!connection_.shakes_hands()) handshake_limit_.reset();
        else if (!handshake_limit_) handshake_limit_ = now + handshake_patience;
        announce(now);
    }

    /// Writes what the socket accepts.
    void flush(Clock::time_point now) {
        if (!is_open() || pipeline_.bytes().empty()) return;
        std::string error;
        if (connection_.write(pipeline_.bytes(), error)) return;
        // a server that closes the connection may have sent the reason before
        auto result = Connection::Read::more;
        while (result == Connection::Read::more) result = read(now);
        if (is_open()) lose(last_words_or(error), now);
    }

    /// Reads once, at most so many bytes.
    Connection::Read read(Clock::time_point now, std::size_t at_most = Connection::at_once) {
        std::string error;
        const auto handle = [&](const wire::Reply& reply) {
            if (!ready_) {
                const bool is_first = !std::exchange(has_replied_, true);
                last_words_ = is_first && reply.is_error() ? std::string(reply.text) : std::string();
            }
            callbacks_.reply(reply, now);
        };
        const auto result = connection_.read(handle, error, at_most);
        if (result == Connection::Read::lost) lose(last_words_or(error), now);
        return result;
    }
    /// Reads all there is, if polled() has found something.
    void read_all(Clock::time_point now) {
        while (readable_ && is_open() && read(now) == Connection::Read::more) {
        }
    }

    /// Call when a reply shows that the server serves clients: a server that is full accepts a connection, then closes it.
    void set_ready(Clock::time_point now) {
        if (std::exchange(ready_, true)) return;
        pause_ = first_pause;
        callbacks_.ready(down_since_.has_value(), now);
        down_since_.reset();
    }

    /// Closes the connection, to be made again after a pause.
    void lose(std::string_view why, Clock::time_point now) {
        connection_.close();
        handshake_limit_.reset();
        next_attempt_ = now + pause_;
        pause_ = std::min(pause_ * 2, longest_pause);
        const bool was_up = std::exchange(up_, false);
        const std::string reason = wire::with_remedy(why);
        const bool begins_outage = !down_since_;
        if (begins_outage) down_since_ = now;
        callbacks_.outage(reason, {begins_outage, was_up, std::exchange(ready_, false)});
        has_replied_ = false;
        last_words_.clear();
        if (was_up) callbacks_.lost(reason, now);
    }

private:
    static constexpr std::chrono::milliseconds first_pause{100};
    static constexpr std::chrono::seconds handshake_patience{5};

    /// Returns why the connection is lost: what the server has sent, if anything, else `error`.
    std::string last_words_or(const std::string& error) const { return last_words_.empty() ? error : last_words_; }

    void announce(Clock::time_point now) {
        if (up_ || held_ || !is_open()) return;
        up_ = true;
        callbacks_.up(now);
    }

    Connection connection_{};
    Endpoint endpoint_;
    wire::Pipeline& pipeline_;
    Callbacks callbacks_;
    Clock::time_point next_attempt_{};
    std::chrono::milliseconds pause_ = first_pause;
    std::optional<Clock::time_point> down_since_{};
    std::optional<Clock::time_point> handshake_limit_{};
    bool held_;
    bool up_ = false;
    bool ready_ = false;
    bool readable_ = false;
    bool has_replied_ = false;  ///< on this connection
    std::string last_words_{};  ///< an error that no other reply has followed: why the server closes this connection
};

}  // namespace slips::inline SLIPS_SDK_ABI::redis
