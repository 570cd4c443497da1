// A non-blocking connection to a Redis server: bytes out, replies in. This folder alone sees hiredis.
#pragma once

#include <hiredis/hiredis.h>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "slips/impl/redis/reader.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

/// Connections to Redis servers, by hiredis.
namespace slips::inline SLIPS_SDK_ABI::redis {

/// Where a server listens.
struct Endpoint {
    std::string host{"127.0.0.1"};  ///< name or address
    int port = 6379;                ///< 1..65535
    std::string socket{};  ///< a Unix socket's path; then host and port mean nothing

    /// As it is told in lines: "127.0.0.1:6379", or the socket's path.
    std::string text() const { return socket.empty() ? host + ":" + std::to_string(port) : socket; }
};

/// One connection, from connect() to close(); it can be used again.
class Connection {
public:
    /// `connecting`: connect() was called, connected() not yet.
    enum class State { closed, connecting, open };

    State state() const { return state_; }                   ///< closed at first
    int fd() const { return context_ ? context_->fd : -1; }  ///< to poll; -1: closed

    /// Begins to connect; poll for writing, then call connected(). False: `error` says why.
    bool connect(const Endpoint& endpoint, std::string& error);

    /// After the socket became writable while connecting.
    bool connected(std::string& error);

    /// Sends what the socket takes and erases it from `bytes`. False: the connection is gone.
    bool write(std::string& bytes, std::string& error);

    /// What is to be done after read(): read again, poll, or close().
    enum class Read { more, drained, lost };

    static constexpr std::size_t at_once = 64 * 1024;  ///< bytes that read() takes at most

    /// Reads once, at most so many bytes, and hands each whole reply to `on_reply(const wire::Reply&)`. `drained`: nothing is
    /// left to read for now.
    template <class OnReply>
    Read read(OnReply&& on_reply, std::string& error, std::size_t at_most = at_once);

    /// Also when it is closed already. What was not read to its end is dropped.
    void close() {
        context_.reset();
        reader_.reset();
        state_ = State::closed;
    }

private:
    struct Free {
        void operator()(redisContext* context) const { redisFree(context); }
    };
    std::unique_ptr<redisContext, Free> context_{};
    std::unique_ptr<Reader> reader_{};
    std::vector<char> received_ = std::vector<char>(at_once);
    State state_ = State::closed;
};

// ---------------------------------------------------------------------------------------------------------

inline bool Connection::connect(const Endpoint& endpoint, std::string& error) {
    close();
    context_.reset(endpoint.socket.empty() ? redisConnectNonBlock(endpoint.host.c_str(), endpoint.port)
                                           : redisConnectUnixNonBlock(endpoint.socket.c_str()));
    if (!context_ || context_->err) {
        error = context_ ? context_->errstr : "out of memory";
        context_.reset();
        return false;
    }
    ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE  // where send() has no flag for it
    const int on = 1;
    ::setsockopt(context_->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    state_ = State::connecting;
    return true;
}

inline bool Connection::connected(std::string& error) {
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    if (failure != 0) {
        error = std::generic_category().message(failure);
        close();
        return false;
    }
    redisEnableKeepAlive(context_.get());  // fails on a Unix socket, which needs none
    reader_ = std::make_unique<Reader>();
    state_ = State::open;
    return true;
}

inline bool Connection::write(std::string& bytes, std::string& error) {
#ifdef MSG_NOSIGNAL
    constexpr int flags = MSG_NOSIGNAL;
#else
    constexpr int flags = 0;
#endif
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count = ::send(context_->fd, bytes.data() + sent, bytes.size() - sent, flags);
        if (count > 0) sent += static_cast<std::size_t>(count);
        else if (count < 0 && errno == EINTR) continue;
        else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        else {
            error = std::generic_category().message(errno);
            return false;
        }
    }
    bytes.erase(0, sent);
    constexpr std::size_t keep = 4 << 20;  // one huge batch shall not hold its memory for ever
    if (bytes.empty() && bytes.capacity() > keep) bytes.shrink_to_fit();
    return true;
}

template <class OnReply>
Connection::Read Connection::read(OnReply&& on_reply, std::string& error, std::size_t at_most) {
    ssize_t count = 0;
    do count = ::recv(context_->fd, received_.data(), at_most, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Read::drained;
    if (count <= 0) {
        error = count == 0 ? "the server closed the connection" : std::generic_category().message(errno);
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
