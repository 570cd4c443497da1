#include "slipsdev/watch/page_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

std::string reply_with(std::string_view status, std::string_view type, std::string_view body, bool has_body = true) {
    std::string reply = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
                        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n";
    if (status.starts_with("405")) reply += "Allow: GET, HEAD\r\n";
    reply += "\r\n";
    if (has_body) reply += body;
    return reply;
}

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view exposition = "text/plain; version=0.0.4; charset=utf-8";

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

bool set_flags(int socket) {
    return ::fcntl(socket, F_SETFL, O_NONBLOCK) == 0 && ::fcntl(socket, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

std::string http_reply(std::string_view request, const std::function<std::string()>& page) {
    const std::size_t line_end = request.find('\n');
    const std::string_view line = request.substr(0, line_end);
    const auto bad = [] { return reply_with("400 Bad Request", plain_text, "not an HTTP request\n"); };
    // What is no request is refused at once: its end may never come.
    if (!std::all_of(line.begin(), line.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\r'; }))
        return bad();
    if (line_end == std::string_view::npos ||
        (request.find("\r\n\r\n") == std::string_view::npos && request.find("\n\n") == std::string_view::npos))
        return request.size() > PageServer::longest_request
                   ? reply_with("431 Request Header Fields Too Large", plain_text, "the request is too long\n")
                   : std::string();
    const std::size_t first = line.find(' '),
                      second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos ||
        !line.substr(second + 1).starts_with("HTTP/"))
        return bad();
    const std::string_view method = line.substr(0, first);
    std::string_view path = line.substr(first + 1, second - first - 1);
    path = path.substr(0, path.find('?'));
    const bool has_body = method != "HEAD";
    if (method != "GET" && method != "HEAD") return reply_with("405 Method Not Allowed", plain_text, "only GET\n");
    if (path == "/") return reply_with("200 OK", plain_text, "slipsdev metrics: see /metrics\n", has_body);
    if (path != "/metrics") return reply_with("404 Not Found", plain_text, "only /metrics\n", has_body);
    return reply_with("200 OK", exposition, page(), has_body);
}

PageServer::PageServer(int port, std::function<std::string()> page) : page_(std::move(page)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int on = 1;
    const bool is_listening =
        socket_ >= 0 && set_flags(socket_) && ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(socket_, 128) == 0 &&
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!is_listening) {
        const std::string reason = std::strerror(errno);
        if (socket_ >= 0) ::close(socket_);
        throw EnvironmentError("--listen " + std::to_string(port) + ": " + reason + "; give another port");
    }
    port_ = ntohs(address.sin_port);
}

PageServer::~PageServer() {
    for (const Client& client : clients_) ::close(client.socket);
    ::close(socket_);
}

void PageServer::serve(std::chrono::milliseconds time) {
    for (const auto end = Clock::now() + time; Clock::now() < end;) {
        std::vector<pollfd> sockets;
        sockets.push_back({socket_, POLLIN, 0});
        Clock::time_point next = end;
        for (const Client& client : clients_) {
            const bool sends = client.sent < client.reply.size();
            sockets.push_back({client.socket, static_cast<short>(sends ? POLLOUT : POLLIN), 0});
            next = std::min(next, client.until);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
        if (::poll(sockets.data(), static_cast<nfds_t>(sockets.size()),
                   static_cast<int>(std::max<long long>(left, 0))) < 0) {
            if (errno == EINTR) return;
            throw EnvironmentError(std::string("poll: ") + std::strerror(errno));
        }
        std::size_t at = 1;
        for (auto client = clients_.begin(); client != clients_.end(); ++at) {
            const bool is_ready = sockets[at].revents != 0;
            bool stays = Clock::now() < client->until;
            if (stays && is_ready)
                stays = client->sent < client->reply.size() ? send_reply(*client) : read_request(*client);
            if (stays) {
                ++client;
            } else {
                ::close(client->socket);
                client = clients_.erase(client);
            }
        }
        if (sockets[0].revents != 0) accept_clients();
    }
}

/// Accepts clients, but not for ever: those that are there are served in between.
void PageServer::accept_clients() {
    for (std::size_t i = 0; i < most_clients; ++i) {
        const int socket = ::accept(socket_, nullptr, nullptr);
        if (socket < 0) return;  // none is left, or it has gone
        if (!set_flags(socket)) {
            ::close(socket);
            continue;
        }
        if (clients_.size() == most_clients) {  // one that is served is not the oldest: it takes a moment
            ::close(clients_.front().socket);
            clients_.pop_front();
        }
        clients_.push_back({.socket = socket, .until = Clock::now() + time_limit});
    }
}

bool PageServer::read_request(Client& client) {
    std::array<char, 4096> part{};
    const ssize_t size = ::recv(client.socket, part.data(), part.size(), 0);
    if (size < 0) return would_block();
    if (size == 0) return false;
    if (client.ends) return true;  // more than one request: the connection ends after the first
    client.request.append(part.data(), static_cast<std::size_t>(size));
    client.reply = http_reply(client.request, page_);
    return client.reply.empty() || send_reply(client);
}

bool PageServer::send_reply(Client& client) {
    while (client.sent < client.reply.size()) {
        const ssize_t size =
            ::send(client.socket, client.reply.data() + client.sent, client.reply.size() - client.sent, 0);
        if (size < 0) return would_block();
        client.sent += static_cast<std::size_t>(size);
    }
    // Closing while bytes of the client are unread would reset the connection before it has read the reply.
    client.ends = true;
    return ::shutdown(client.socket, SHUT_WR) == 0;
}

}  // namespace slipsdev
