#include "redis_client.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/time.h>

namespace slipsdev {
namespace {

constexpr std::size_t most_replies = 4096;

struct ReleaseReply {
    void operator()(void* reply) const { freeReplyObject(reply); }
};

Reply to_value(const redisReply& raw) {
    Reply reply;
    switch (raw.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            reply.kind = Reply::Kind::text;
            reply.text.assign(raw.str, static_cast<std::size_t>(raw.len));
            break;
        case REDIS_REPLY_ERROR:
            reply.kind = Reply::Kind::error;
            reply.text.assign(raw.str, static_cast<std::size_t>(raw.len));
            break;
        case REDIS_REPLY_INTEGER:
            reply.kind = Reply::Kind::integer;
            reply.integer = raw.integer;
            break;
        case REDIS_REPLY_ARRAY:
            reply.kind = Reply::Kind::array;
            for (std::size_t i = 0; i < raw.elements; ++i) reply.elements.push_back(to_value(*raw.element[i]));
            break;
        default: break;  // nil; slipsdev speaks RESP2, in which there is nothing else
    }
    return reply;
}

timeval to_timeval(std::chrono::milliseconds time) {
    timeval value{};
    value.tv_sec = static_cast<decltype(value.tv_sec)>(time.count() / 1000);
    value.tv_usec = static_cast<decltype(value.tv_usec)>(time.count() % 1000 * 1000);
    return value;
}

}  // namespace

void RedisClient::Release::operator()(redisContext* context) const { redisFree(context); }

RedisClient::RedisClient(const Endpoint& endpoint, int database, std::chrono::milliseconds timeout,
                         std::chrono::milliseconds patience) {
    const timeval limit = to_timeval(timeout);
    context_.reset(endpoint.socket_path.empty()
                       ? redisConnectWithTimeout("127.0.0.1", endpoint.port, limit)
                       : redisConnectUnixWithTimeout(endpoint.socket_path.c_str(), limit));
    if (!context_ || context_->err != 0) fail("connecting");
    set_patience(patience);
    if (!endpoint.password.empty()) authenticate(endpoint.user, endpoint.password);
    if (database != 0) command({"SELECT", std::to_string(database)});
}

void RedisClient::authenticate(const std::string& user, const std::string& password) {
    if (user.empty()) append({"AUTH", password});
    else append({"AUTH", user, password});
    const Reply reply = next_reply();
    if (reply.kind != Reply::Kind::error) return;
    // Redis 6 and later, and before
    for (const char* words : {"without any password configured", "no password is set"})
        if (reply.text.find(words) != std::string::npos) return;
    throw AccessError("redis-server: AUTH: " + reply.text);
}

void RedisClient::set_patience(std::chrono::milliseconds patience) {
    if (redisSetTimeout(context_.get(), to_timeval(patience)) != REDIS_OK) fail("setting a limit of time");
}

void RedisClient::fail(std::string_view doing) const {
    const std::string reason = !context_ ? "out of memory" : context_->err != 0 ? context_->errstr : "no answer";
    throw RedisError("redis-server: " + std::string(doing) + ": " + reason);
}

Reply RedisClient::command(const Command& arguments) {
    append(arguments);
    Reply reply = next_reply();
    if (reply.kind == Reply::Kind::error) {
        if (reply.text.rfind("NOAUTH", 0) == 0) {
            AccessError error("redis-server: " + reply.text);
            error.none_given = true;
            throw error;
        }
        throw RedisError("redis-server: " + std::string(arguments.front()) + ": " + reply.text);
    }
    return reply;
}

void RedisClient::append(const Command& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    texts.reserve(arguments.size());
    lengths.reserve(arguments.size());
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data() == nullptr ? "" : argument.data());
        lengths.push_back(argument.size());
    }
    if (redisAppendCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(), lengths.data()) !=
        REDIS_OK) {
        fail(arguments.front());
    }
}

Reply RedisClient::next_reply() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK || raw == nullptr) fail("reading a reply");
    const std::unique_ptr<void, ReleaseReply> owned(raw);
    return to_value(*static_cast<redisReply*>(raw));
}

std::vector<Reply> RedisClient::arrived() {
    std::vector<Reply> replies;
    for (;;) {
        void* raw = nullptr;
        if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK) fail("reading a message");
        if (raw != nullptr) {
            const std::unique_ptr<void, ReleaseReply> owned(raw);
            replies.push_back(to_value(*static_cast<redisReply*>(raw)));
            if (replies.size() == most_replies) return replies;  // there may be no end of them
            continue;
        }
        pollfd waiting{context_->fd, POLLIN, 0};
        if (poll(&waiting, 1, 0) <= 0) return replies;
        if (redisBufferRead(context_.get()) != REDIS_OK) {
            if (!replies.empty()) return replies;  // what came before the end is told first
            fail("reading messages");
        }
    }
}

int RedisClient::fd() const { return context_->fd; }

}  // namespace slipsdev
