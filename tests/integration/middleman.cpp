#include "middleman.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

namespace integration {
namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
    path.copy(address.sun_path, path.size());
    return address;
}

int open_socket() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
#ifdef SO_NOSIGPIPE
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
    return fd;
}

#ifdef MSG_NOSIGNAL
constexpr int no_signal = MSG_NOSIGNAL;
#else
constexpr int no_signal = 0;
#endif

/// Returns false if the other side has closed the connection.
bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), no_signal);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// Returns the size of the first command or reply, or nullopt if it is incomplete.
std::optional<std::size_t> first_size(std::string_view bytes) {
    const std::size_t line = bytes.find("\r\n");
    if (line == bytes.npos) return std::nullopt;
    std::size_t size = line + 2;
    const long count = std::strtol(std::string(bytes.substr(1, line - 1)).c_str(), nullptr, 10);
    if (bytes.front() == '$' && count >= 0) size += static_cast<std::size_t>(count) + 2;
    if (bytes.front() == '*')
        for (long i = 0; i < count; ++i) {
            const auto item = first_size(bytes.substr(size));
            if (!item) return std::nullopt;
            size += *item;
        }
    if (size > bytes.size()) return std::nullopt;
    return size;
}

}  // namespace

Middleman::Middleman(std::string socket, std::string server) : server_(std::move(server)), listener_(open_socket()) {
    const sockaddr_un address = address_of(socket);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0 || ::pipe(stop_) != 0)
        throw std::runtime_error(socket + ": " + std::strerror(errno));
    worker_ = std::thread([this] { work(); });
}

Middleman::~Middleman() {
    ::close(stop_[1]);
    worker_.join();
    for (const Link& link : links_) ::close(link.commands.from), ::close(link.commands.to);
    if (late_) ::close(late_->to);
    ::close(stop_[0]);
    ::close(listener_);
}

void Middleman::cut(Cut what, const std::string& first, int after) {
    first_ = "\r\n" + first + "\r\n";
    after_ = after;
    what_ = what;
}

void Middleman::hold_back(const std::string& first, const std::string& last, const std::string& until) {
    last_ = "\r\n" + last + "\r\n";
    until_ = "\r\n" + until + "\r\n";
    cut(Cut::held_back, first, 0);
}

/// Sends the commands held back, and waits until Redis has executed them or closed the connection.
void Middleman::deliver() {
    char bytes[1024];
    std::string answer;
    if (send_all(late_->to, late_->rest))
        for (ssize_t size; answer.find('*') == answer.npos && (size = ::read(late_->to, bytes, sizeof bytes)) > 0;)
            answer.append(bytes, static_cast<std::size_t>(size));
    delivered_ = answer.find('*') != answer.npos;  // the reply to EXEC
    ::close(late_->to);
    late_.reset();
}

void Middleman::work() {
    for (;;) {
        std::vector<pollfd> wanted{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const Link& link : links_) {
            wanted.push_back({link.commands.from, POLLIN, 0});
            wanted.push_back({link.replies.from, POLLIN, 0});
        }
        if (::poll(wanted.data(), static_cast<nfds_t>(wanted.size()), -1) < 0) continue;
        if (wanted[0].revents != 0) return;
        std::size_t at = 2;
        for (Link& link : links_) {
            if (wanted[at++].revents != 0) pass_on(link, true);
            if (wanted[at++].revents != 0 && !link.over) pass_on(link, false);
        }
        links_.remove_if([this](const Link& link) {
            if (link.over) ::close(link.commands.from);
            if (link.over && !(late_ && late_->to == link.commands.to)) ::close(link.commands.to);
            return link.over;
        });
        if (wanted[1].revents != 0) accept();
    }
}

void Middleman::accept() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const int server = open_socket();
    const sockaddr_un address = address_of(server_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(client);
        ::close(server);
        return;
    }
    links_.push_back({.commands = {client, server}, .replies = {server, client}});
}

bool Middleman::ends_here(Link& link, bool command, std::string_view text) {
    const long long place = command ? link.sent++ : link.answered++;
    if (what_ == Cut::none) return false;
    if (command && !link.first_sent && text.find(first_) != text.npos) link.first_sent = place;
    if (command != (what_ == Cut::after_commands) || !link.first_sent || place < *link.first_sent + after_)
        return false;
    withheld_.emplace_back(text);
    what_ = Cut::none;
    return true;
}

void Middleman::pass_on(Link& link, bool commands) {
    Way& way = commands ? link.commands : link.replies;
    char bytes[16 * 1024];
    const ssize_t size = ::read(way.from, bytes, sizeof bytes);
    if (size <= 0) {
        link.over = true;
        return;
    }
    way.rest.append(bytes, static_cast<std::size_t>(size));
    while (const auto first = way.rest.empty() ? std::nullopt : first_size(way.rest)) {
        const std::string text = way.rest.substr(0, *first);
        way.rest.erase(0, *first);
        if (commands && late_ && !link.asked && text.find(until_) != text.npos) link.asked = link.sent;
        if (!commands && late_ && link.asked == link.answered) deliver();
        if (commands && what_ == Cut::held_back && (link.first_sent || text.find(first_) != text.npos)) {
            link.first_sent = link.sent;
            link.held += text;
            if (text.find(last_) == text.npos) continue;
            late_ = {.from = -1, .to = link.commands.to, .rest = std::move(link.held)};
            what_ = Cut::none;
            link.over = true;
            return;
        }
        if (ends_here(link, commands, text)) {
            // Everything passed on before is executed and answered.
            ::shutdown(link.commands.to, SHUT_WR);
            if (commands)
                for (ssize_t more; (more = ::read(link.replies.from, bytes, sizeof bytes)) > 0;)
                    send_all(link.replies.to, {bytes, static_cast<std::size_t>(more)});
            link.over = true;
            return;
        }
        if (!send_all(way.to, text)) {
            link.over = true;
            return;
        }
    }
}

}  // namespace integration
