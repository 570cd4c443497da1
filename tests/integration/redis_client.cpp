#include "redis_client.hpp"

#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <stdexcept>

namespace integration {
namespace {

Reply copy(const redisReply& from) {
    Reply reply;
    reply.type = from.type;
    reply.integer = from.integer;
    if (from.str != nullptr) reply.text.assign(from.str, static_cast<std::size_t>(from.len));
    for (std::size_t i = 0; i < static_cast<std::size_t>(from.elements); ++i)
        reply.items.push_back(copy(*from.element[i]));
    return reply;
}

Reply take(void* object) {
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(object, &freeReplyObject);
    return copy(*static_cast<redisReply*>(object));
}

}  // namespace

Client::Client(const std::string& socket, const std::string& password) {
    const timeval limit{10, 0};
    context_.reset(redisConnectUnixWithTimeout(socket.c_str(), limit));
    if (!context_ || context_->err != 0)
        throw std::runtime_error(socket + ": " + (context_ ? context_->errstr : "out of memory"));
    redisSetTimeout(context_.get(), limit);
    if (password.empty()) return;
    if (const Reply reply = command({"AUTH", password}); reply.error()) throw std::runtime_error(reply.text);
}

void Client::send(const Words& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data());
}

Reply Client::receive() {
    void* object = nullptr;
    if (redisGetReply(context_.get(), &object) != REDIS_OK) throw std::runtime_error(context_->errstr);
    return take(object);
}

Reply Client::command(const Words& words) {
    send(words);
    return receive();
}

std::vector<Reply> Client::commands(const std::vector<Words>& list) {
    for (const Words& words : list) send(words);
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < list.size(); ++i) replies.push_back(receive());
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

bool Client::poll(Reply& reply, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        void* object = nullptr;
        if (redisGetReplyFromReader(context_.get(), &object) != REDIS_OK)
            throw std::runtime_error(context_->errstr);
        if (object != nullptr) {
            reply = take(object);
            return true;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        pollfd fd{context_->fd, POLLIN, 0};
        if (::poll(&fd, 1, static_cast<int>(std::max<long long>(left, 0))) <= 0) return false;
        if (redisBufferRead(context_.get()) != REDIS_OK) throw std::runtime_error(context_->errstr);
    }
}

Subscriber::Subscriber(const std::string& socket, const std::string& channel, const std::string& password)
    : Client(socket, password) {
    command({"SUBSCRIBE", channel});
}

const std::vector<std::string>& Subscriber::wait_for(std::size_t count, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (Reply reply;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (!poll(reply, messages_.size() < count ? std::max(left, 0ms) : 0ms)) return messages_;
        if (reply.items.size() == 3 && reply.items[0].text == "message") messages_.push_back(reply.items[2].text);
    }
}

Monitor::Monitor(const std::string& socket) : Client(socket) { command({"MONITOR"}); }

std::vector<std::string> Monitor::until(std::string_view mark) {
    std::vector<std::string> lines;
    for (Reply reply; poll(reply, patience);) {
        lines.push_back(reply.text);
        if (reply.text.find(mark) != std::string::npos) return lines;
    }
    throw std::runtime_error("the server never carried out " + std::string(mark));
}

}  // namespace integration
