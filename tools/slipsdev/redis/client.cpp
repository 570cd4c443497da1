#include "slipsdev/redis/client.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/time.h>

#include <slips/impl/redis/farewell.hpp>
#include <slips/impl/wire/refusal.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace slipsdev {
namespace {

constexpr std::size_t most_replies = 4096;
constexpr std::size_t most_at_once = std::size_t{16} << 20;  // bytes of messages that are returned together
constexpr std::size_t longest_reply = std::size_t{128}
                                      << 20;  // the evidence of a busy window, in one text, is far smaller
constexpr std::size_t longest_error = 200;
constexpr std::size_t most_elements = std::size_t{1}
                                      << 20;  // in the lists of a reply, for which hiredis reserves memory at once

using Clock = std::chrono::steady_clock;

/// Returns an error of the server with what to do about it.
std::string error_text(const std::string& reply) {
    const bool is_long = reply.size() > longest_error;
    return slips::wire::with_remedy(is_long ? reply.substr(0, longest_error) + "..." : reply);
}

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
            for (std::size_t i = 0; i < raw.elements; ++i) reply.items.push_back(to_value(*raw.element[i]));
            break;
        default: break;  // nil; RESP2 has no other kind
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

/// Counts the elements of lists before hiredis reserves memory for them.
struct RedisClient::Limits {
    explicit Limits(redisReader& reader) : functions(*reader.fn), make_list(functions.createArray) {
        // The type of the size differs between hiredis 0.14 and 1.x; a generic lambda converts to both.
        functions.createArray = [](const redisReadTask* task, auto size) -> void* {
            auto& self = *static_cast<Limits*>(task->privdata);
            self.elements += static_cast<std::size_t>(size);
            return self.is_exceeded() ? nullptr : self.make_list(task, size);
        };
        reader.fn = &functions;
        reader.privdata = this;
    }
    bool is_exceeded() const { return elements > most_elements; }

    redisReplyObjectFunctions functions;
    decltype(redisReplyObjectFunctions::createArray) make_list;
    std::size_t elements = 0;  ///< of the reply that is being read
    std::size_t bytes = 0;     ///< the same, without those still in the reader
};

void RedisClient::Release::operator()(redisContext* context) const { redisFree(context); }

RedisClient::RedisClient(RedisClient&&) noexcept = default;
RedisClient& RedisClient::operator=(RedisClient&& other) noexcept {
    context_ = std::move(other.context_);  // first: the connection that is freed uses its limits
    limits_ = std::move(other.limits_);
    patience_ = other.patience_;
    has_replied_ = other.has_replied_;
    return *this;
}
RedisClient::~RedisClient() = default;

RedisClient::RedisClient(const Endpoint& endpoint, int database, std::chrono::milliseconds timeout,
                         std::chrono::milliseconds patience) {
    const timeval limit = to_timeval(timeout);
    context_.reset(endpoint.socket_path.empty() ? redisConnectWithTimeout("127.0.0.1", endpoint.port, limit)
                                                : redisConnectUnixWithTimeout(endpoint.socket_path.c_str(), limit));
    if (context_ && context_->err != 0) {
        const std::string_view reason = context_->errstr;
        RedisError error("redis-server: connecting: " + std::string(reason));
        for (const int absent : {ECONNREFUSED, ENOENT})
            error.is_absent = error.is_absent || reason.find(std::generic_category().message(absent)) != reason.npos;
        throw error;
    }
    if (!context_) fail("connecting");
    limits_ = std::make_unique<Limits>(*context_->reader);
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
    if (!slips::wire::refusal_of(reply.text).part.empty()) refuse("AUTH", reply.text);
    throw AccessError("redis-server: AUTH: " + error_text(reply.text));
}

void RedisClient::refuse(std::string_view doing, const std::string& reply) {
    RedisError error("redis-server: " + std::string(doing) + ": " + error_text(reply));
    error.is_refusal = !slips::wire::refusal_of(reply).part.empty();
    throw error;
}

void RedisClient::set_patience(std::chrono::milliseconds patience) {
    patience_ = patience;
    if (redisSetTimeout(context_.get(), to_timeval(patience)) != REDIS_OK) fail("setting the timeout");
}

void RedisClient::fail(std::string_view doing) const {
    // A server that closes a connection at once may have sent the reason before.
    const std::string words = context_ && !has_replied_ ? slips::redis::last_words(context_->fd) : std::string();
    if (!words.empty() && words != slips::redis::speaks_tls) refuse(doing, words);
    const std::string reason = !context_ ? "out of memory" : context_->err != 0 ? context_->errstr : "no answer";
    throw RedisError("redis-server: " + std::string(doing) + ": " + reason);
}

Reply RedisClient::command(const Command& arguments) {
    append(arguments);
    Reply reply = next_reply();
    if (reply.kind == Reply::Kind::error) {
        if (reply.text.rfind("NOAUTH", 0) == 0) {
            AccessError error("redis-server: " + error_text(reply.text));
            error.none_given = true;
            throw error;
        }
        refuse(arguments.front(), reply.text);
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

std::optional<Reply> RedisClient::read_reply(std::string_view doing) {
    const std::size_t before = context_->reader->len - context_->reader->pos;
    void* raw = nullptr;
    const auto refuse = [&](const std::string& why) {
        throw RedisError("redis-server: " + std::string(doing) + ": " + why);
    };
    if (redisReaderGetReply(context_->reader, &raw) != REDIS_OK)
        refuse(limits_->is_exceeded() ? "a list of more than " + std::to_string(most_elements) + " elements"
                                      : std::string(context_->reader->errstr));
    const std::size_t after = context_->reader->len - context_->reader->pos;
    limits_->bytes += before - std::min(before, after);
    if (raw == nullptr) {
        if (limits_->bytes + after > longest_reply)
            refuse("longer than " + std::to_string(longest_reply >> 20) + " MiB, which no message of Slips is");
        return std::nullopt;
    }
    limits_->bytes = limits_->elements = 0;
    const std::unique_ptr<void, ReleaseReply> owned(raw);
    return to_value(*static_cast<redisReply*>(raw));
}

Reply RedisClient::next_reply() {
    for (int done = 0; done == 0;)
        if (redisBufferWrite(context_.get(), &done) != REDIS_OK) fail("sending a command");
    // The limit is for the whole reply: a server that sends single bytes must not block us for ever.
    for (const auto end = Clock::now() + patience_;;) {
        if (auto reply = read_reply("reading a reply")) {
            has_replied_ = true;
            return std::move(*reply);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        pollfd waiting{context_->fd, POLLIN, 0};
        const int ready = left.count() > 0 ? ::poll(&waiting, 1, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) throw RedisError("redis-server: reading a reply: no answer in time");
        if (redisBufferRead(context_.get()) != REDIS_OK) fail("reading a reply");
    }
}

std::vector<Reply> RedisClient::arrived() {
    std::vector<Reply> replies;
    for (std::size_t bytes = 0;
         replies.size() < most_replies && bytes < most_at_once;) {  // messages may arrive faster than we read
        if (auto reply = read_reply("reading a message")) {
            for (const Reply& item : reply->items) bytes += item.text.size();
            replies.push_back(std::move(*reply));
            continue;
        }
        pollfd waiting{context_->fd, POLLIN, 0};
        if (poll(&waiting, 1, 0) <= 0) return replies;
        if (redisBufferRead(context_.get()) != REDIS_OK) {
            if (!replies.empty()) return replies;  // messages before the end come first
            fail("reading messages");
        }
    }
    return replies;
}

int RedisClient::fd() const { return context_->fd; }

}  // namespace slipsdev
