#include "redis_client.hpp"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

namespace integration {
namespace {

slipsdev::Endpoint endpoint_at(const std::string& socket, const std::string& password) {
    slipsdev::Endpoint endpoint;
    endpoint.socket_path = socket;
    endpoint.password = password;
    return endpoint;
}

slipsdev::RedisClient::Command views_of(const Words& words) { return {words.begin(), words.end()}; }

}  // namespace

Client::Client(const std::string& socket, const std::string& password)
    : client_(endpoint_at(socket, password), 0, 10s, 10s) {}

Reply Client::command(const Words& words) {
    client_.append(views_of(words));
    return client_.next_reply();
}

std::vector<Reply> Client::commands(const std::vector<Words>& list) {
    for (const Words& words : list) client_.append(views_of(words));
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < list.size(); ++i) replies.push_back(client_.next_reply());
    return replies;
}

std::vector<std::string> Client::texts(const Words& words) {
    std::vector<std::string> texts;
    for (const Reply& item : command(words).items) texts.push_back(item.text);
    return texts;
}

std::vector<std::pair<std::string, std::string>> Client::pairs(const Words& words) {
    std::vector<std::pair<std::string, std::string>> pairs;
    const Reply reply = command(words);
    for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2)
        pairs.emplace_back(reply.items[i].text, reply.items[i + 1].text);
    return pairs;
}

std::vector<Reply> Client::poll(std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        auto replies = client_.arrived();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        if (!replies.empty() || left <= 0) return replies;
        pollfd waiting{client_.fd(), POLLIN, 0};
        ::poll(&waiting, 1, static_cast<int>(left));
    }
}

Subscriber::Subscriber(const std::string& socket, const std::string& channel, const std::string& password)
    : Client(socket, password) {
    command({"SUBSCRIBE", channel});
}

const std::vector<std::string>& Subscriber::wait_for(std::size_t count, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        const auto replies = poll(messages_.size() < count ? std::max(left, 0ms) : 0ms);
        if (replies.empty()) return messages_;
        for (const Reply& reply : replies)
            if (reply.items.size() == 3 && reply.items[0].text == "message") messages_.push_back(reply.items[2].text);
    }
}

Monitor::Monitor(const std::string& socket) : Client(socket) { command({"MONITOR"}); }

std::vector<std::string> Monitor::until(std::string_view mark) {
    std::vector<std::string> lines;
    for (;;) {
        if (unread_.empty()) unread_ = poll(patience);
        if (unread_.empty()) throw std::runtime_error("the server never executed " + std::string(mark));
        for (auto reply = unread_.begin(); reply != unread_.end(); ++reply) {
            lines.push_back(reply->text);
            if (reply->text.find(mark) == std::string::npos) continue;
            unread_.erase(unread_.begin(), reply + 1);
            return lines;
        }
        unread_.clear();
    }
}

}  // namespace integration
