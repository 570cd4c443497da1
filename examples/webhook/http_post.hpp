// http_post(): one HTTP request to a server on this host, with a time limit.
//
// A connection for each request: a receiver that was restarted needs no special treatment. Only the loopback address,
// because the text is not encrypted.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

/// A connection to a port of this host. Each call waits until `until` at most; throws std::runtime_error on failure.
class LocalConnection {
public:
    using Clock = std::chrono::steady_clock;

    LocalConnection(int port, Clock::time_point until) : until_(until), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (fd_ < 0) fail("cannot open a socket");
        try {
            connect(port);
        } catch (...) {
            ::close(fd_);
            throw;
        }
    }
    ~LocalConnection() { ::close(fd_); }
    LocalConnection(const LocalConnection&) = delete;
    LocalConnection& operator=(const LocalConnection&) = delete;

    void send(const std::string& text) {
#ifdef MSG_NOSIGNAL
        constexpr int flags = MSG_NOSIGNAL;  // an error instead of SIGPIPE, which would end a test
#else
        constexpr int flags = 0;
#endif
        for (std::size_t sent = 0; sent < text.size();) {
            const auto count = ::send(fd_, text.data() + sent, text.size() - sent, flags);
            if (count >= 0) sent += static_cast<std::size_t>(count);
            else wait_for(POLLOUT, "cannot send");
        }
    }

    /// Returns what has arrived; empty: the server has closed the connection.
    std::string receive() {
        char text[4096];
        for (;;) {
            const auto count = ::recv(fd_, text, sizeof text, 0);
            if (count >= 0) return std::string(text, static_cast<std::size_t>(count));
            wait_for(POLLIN, "cannot receive");
        }
    }

private:
    void connect(int port) {
        ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE  // systems without MSG_NOSIGNAL
        const int on = 1;
        ::setsockopt(fd_, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
        if (errno == EINPROGRESS) errno = EAGAIN;
        wait_for(POLLOUT, "cannot connect");
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        if (error == 0) return;
        errno = error;
        fail("cannot connect");
    }

    /// Waits after a call that failed: throws if it was a real error.
    void wait_for(short events, const char* what) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) fail(what);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now()).count();
        if (left <= 0) throw std::runtime_error("no answer in time");
        pollfd entry{fd_, events, 0};
        if (::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60'000))) < 0 && errno != EINTR) fail(what);
    }

    /// Throws with the text of errno. Not strerror(), whose result other threads may overwrite.
    [[noreturn]] static void fail(const char* what) {
        throw std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
    }

    Clock::time_point until_;
    int fd_;
};

/// Sends a body to http://127.0.0.1:port/path and returns the status of the answer, such as 200. Throws std::runtime_error
/// if there is none until `until`.
inline int http_post(int port, const std::string& path, const std::string& body,
                     LocalConnection::Clock::time_point until) {
    LocalConnection connection(port, until);
    connection.send("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                    "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nConnection: close\r\n\r\n" + body);
    std::string answer;
    while (answer.size() < 16'384 && answer.find("\r\n\r\n") == std::string::npos) {
        const std::string more = connection.receive();
        if (more.empty()) break;
        answer += more;
    }
    const std::size_t blank = answer.find(' ');
    const int status =
        answer.starts_with("HTTP/1.") && blank != std::string::npos ? std::atoi(answer.c_str() + blank) : 0;
    if (status < 100 || status > 599) throw std::runtime_error("the answer is not HTTP");
    return status;
}
