// HttpReceiver: a web server on a port of this host, for tests.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Keeps every request, and answers it. Not reachable until start().
class HttpReceiver {
public:
    struct Request {
        std::string head{};
        std::string body{};
    };

    HttpReceiver() {
        reserve();
        if (::pipe(wake_) != 0) throw std::runtime_error("pipe");
    }
    ~HttpReceiver() {
        end_thread();
        ::close(socket_);
        for (const int end : wake_) ::close(end);
    }
    HttpReceiver(const HttpReceiver&) = delete;
    HttpReceiver& operator=(const HttpReceiver&) = delete;

    int port() const { return port_; }

    /// From here on connections are accepted.
    void start() {
        if (::listen(socket_, 16) != 0) throw std::runtime_error("listen");
        stopping_ = false;
        thread_ = std::thread([this] { serve(); });
    }

    /// Refuses connections again, on the same port. A request that is held is not answered.
    void go_away() {
        end_thread();
        ::close(socket_);
        reserve();
    }

    /// Keeps requests without an answer, until release().
    void hold() {
        const std::lock_guard lock(mutex_);
        held_ = true;
    }
    void release() {
        const std::lock_guard lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }

    /// Answers with this status from now on.
    void answer_with(int status) {
        const std::lock_guard lock(mutex_);
        status_ = status;
    }

    /// Returns all requests so far, answered or not.
    std::vector<Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    void reserve() {
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        const int on = 1;
        ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        socklen_t size = sizeof address;
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("bind");
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }

    void end_thread() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            changed_.notify_all();
        }
        if (::write(wake_[1], "x", 1) != 1) std::abort();
        thread_.join();
        char read = 0;
        if (::read(wake_[0], &read, 1) != 1) std::abort();
    }

    /// Waits until there is something to read. Returns false at the end.
    bool readable(int socket) const {
        pollfd entries[] = {{socket, POLLIN, 0}, {wake_[0], POLLIN, 0}};
        while (::poll(entries, 2, -1) < 0) {
        }
        return entries[1].revents == 0;
    }

    void serve() {
        while (readable(socket_)) {
            const int connection = ::accept(socket_, nullptr, nullptr);
            if (connection < 0) continue;
            ::fcntl(connection, F_SETFD, FD_CLOEXEC);
            answer(connection);
            ::close(connection);
        }
    }

    void answer(int connection) {
        std::string text;
        for (;;) {
            const std::size_t end = text.find("\r\n\r\n");
            const std::size_t length = text.find("Content-Length: ");
            if (end != std::string::npos && length != std::string::npos &&
                text.size() - end - 4 >= std::stoul(text.substr(length + 16))) {
                keep({text.substr(0, end), text.substr(end + 4)});
                break;
            }
            char part[4096];
            if (!readable(connection)) return;
            const auto count = ::recv(connection, part, sizeof part, 0);
            if (count <= 0) return;
            text.append(part, static_cast<std::size_t>(count));
        }
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !held_ || stopping_; });
        if (stopping_) return;
        const std::string status = "HTTP/1.1 " + std::to_string(status_) + " as the test wants it\r\n\r\n";
        lock.unlock();
        if (::send(connection, status.data(), status.size(), MSG_NOSIGNAL) < 0) return;  // the client has given up
    }

    void keep(Request request) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
    }

    int socket_ = -1;
    int port_ = 0;
    int wake_[2] = {-1, -1};
    std::thread thread_{};
    mutable std::mutex mutex_{};
    std::condition_variable changed_{};
    bool stopping_ = false;
    bool held_ = false;
    int status_ = 200;
    std::vector<Request> requests_{};
};
