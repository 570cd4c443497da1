// A non-blocking connection to a Redis server: bytes out, replies in.
#pragma once

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "slips/impl/redis/endpoint.hpp"
#include "slips/impl/redis/farewell.hpp"
#include "slips/impl/redis/hiredis.hpp"
#include "slips/impl/redis/reader.hpp"
#include "slips/impl/redis/tls.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// One connection, from connect() to close(). Can be connected again.
class Connection {
public:
    /// `connecting`: connect() was called, and connected() has not opened the connection yet.
    enum class State { closed, connecting, open };

    State state() const { return state_; }                   ///< initially closed
    int fd() const { return context_ ? context_->fd : -1; }  ///< for poll(); -1: closed

    /// Begins to connect; poll, see wants_to_write(), then call connected(). Returns false and sets `error` if it fails.
    bool connect(const Endpoint& endpoint, std::string& error);

    /// Call when poll() reports the socket while connecting. The connection is open then, or with TLS after several calls.
    /// Returns false and sets `error` if the connection failed.
    bool connected(std::string& error);

    /// Returns whether a connection that is being made waits until the socket is writable; otherwise, until it is readable.
    bool wants_to_write() const { return state_ == State::connecting && (!tls_ || tls_->wants_to_write()); }
    /// Returns whether the socket is connected, and TLS not established yet.
    bool shakes_hands() const { return state_ == State::connecting && tls_; }
    /// Returns whether read() would return something although poll() does not report it.
    bool has_more() const { return tls_ && tls_->has_more(); }

    /// Sends what the socket accepts and erases it from `bytes`. Returns false if the connection is lost.
    bool write(std::string& bytes, std::string& error);

    /// What to do after read(): read again, poll, or close().
    enum class Read { more, drained, lost };

    static constexpr std::size_t at_once = 64 * 1024;  ///< bytes that read() reads at most

    /// Reads once, at most so many bytes, and passes each complete reply to `on_reply(const wire::Reply&)`. Returns `drained`
    /// if nothing is left to read for now.
    template <class OnReply>
    Read read(OnReply&& on_reply, std::string& error, std::size_t at_most = at_once);

    /// Drops replies that are not complete. Does nothing if closed.
    void close() {
        tls_.reset();
        context_.reset();
        reader_.reset();
        has_received_ = false;
        state_ = State::closed;
    }

private:
    bool shake_hands(std::string& error);
    ssize_t send(const char* bytes, std::size_t size);
    ssize_t receive(std::size_t size);
    /// Returns why send() or receive() has just failed.
    std::string failure() const { return tls_ ? tls_->error() : std::generic_category().message(errno); }

    ContextPtr context_{};
    std::shared_ptr<const Tls> tls_settings_{};
    std::string host_{};                ///< that the server must prove to be
    std::unique_ptr<TlsStream> tls_{};  ///< null: not encrypted, or not connected yet
    std::unique_ptr<Reader> reader_{};
    std::vector<char> received_ = std::vector<char>(at_once);
    bool has_received_ = false;  ///< anything on this connection
    bool is_tcp_ = true;
    State state_ = State::closed;
};

// ---------------------------------------------------------------------------------------------------------

inline bool Connection::connect(const Endpoint& endpoint, std::string& error) {
    close();
    is_tcp_ = endpoint.socket.empty();
    context_.reset(endpoint.socket.empty() ? redisConnectNonBlock(endpoint.host.c_str(), endpoint.port)
                                           : redisConnectUnixNonBlock(endpoint.socket.c_str()));
    if (!context_ || context_->err) {
        error = context_ ? context_->errstr : "out of memory";
        context_.reset();
        return false;
    }
    ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE  // systems whose send() has no flag for it
    const int on = 1;
    ::setsockopt(context_->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    tls_settings_ = endpoint.is_encrypted() ? endpoint.tls : nullptr;
    host_ = endpoint.host;
    state_ = State::connecting;
    return true;
}

inline bool Connection::connected(std::string& error) {
    if (tls_) return shake_hands(error);
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure != 0) {
        error = std::generic_category().message(failure);
        close();
        return false;
    }
    redisEnableKeepAlive(context_.get());  // fails on a Unix socket, which does not need it
    reader_ = std::make_unique<Reader>();
    if (tls_settings_) {
        tls_ = std::make_unique<TlsStream>(*tls_settings_, host_, context_->fd);
        return shake_hands(error);
    }
    state_ = State::open;
    return true;
}

inline bool Connection::shake_hands(std::string& error) {
    const auto result = tls_->shake_hands();
    if (result == TlsStream::Handshake::done) state_ = State::open;
    if (result != TlsStream::Handshake::failed) return true;
    error = tls_->error();
    close();
    return false;
}

inline ssize_t Connection::send(const char* bytes, std::size_t size) {
    if (tls_) return tls_->send(bytes, size);
#ifdef MSG_NOSIGNAL
    constexpr int flags = MSG_NOSIGNAL;
#else
    constexpr int flags = 0;
#endif
    return ::send(context_->fd, bytes, size, flags);
}

inline ssize_t Connection::receive(std::size_t size) {
    return tls_ ? tls_->recv(received_.data(), size) : ::recv(context_->fd, received_.data(), size, 0);
}

inline bool Connection::write(std::string& bytes, std::string& error) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count = send(bytes.data() + sent, bytes.size() - sent);
        if (count > 0) sent += static_cast<std::size_t>(count);
        else if (count < 0 && errno == EINTR) continue;
        else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        else {
            error = failure();
            return false;
        }
    }
    bytes.erase(0, sent);
    constexpr std::size_t keep = 4 << 20;  // releases the memory of one huge batch
    if (bytes.empty() && bytes.capacity() > keep) bytes.shrink_to_fit();
    return true;
}

template <class OnReply>
Connection::Read Connection::read(OnReply&& on_reply, std::string& error, std::size_t at_most) {
    ssize_t count = 0;
    do count = receive(at_most);
    while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Read::drained;
    if (count <= 0) {
        error = count == 0 ? "the server closed the connection" : failure();
        if (!has_received_ && is_tcp_ && !tls_) error += may_speak_tls;
        return Read::lost;
    }
    if (!std::exchange(has_received_, true) && !tls_ &&
        is_tls_alert({received_.data(), static_cast<std::size_t>(count)})) {
        error = speaks_tls;
        return Read::lost;
    }
    for (std::string_view rest(received_.data(), static_cast<std::size_t>(count)); !rest.empty();) {
        const std::string_view chunk = rest.substr(0, Reader::chunk);
        rest.remove_prefix(chunk.size());
        const wire::Reply* reply = nullptr;
        auto found = reader_->feed(chunk.data(), chunk.size()) ? reader_->next(reply) : Reader::Next::broken;
        for (; found == Reader::Next::reply; found = reader_->next(reply)) on_reply(*reply);
        if (found == Reader::Next::broken) {
            error = reader_->error();
            return Read::lost;
        }
    }
    return static_cast<std::size_t>(count) < at_most ? Read::drained : Read::more;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
