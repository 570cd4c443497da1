// A blocking client for the tests' own use: what is in Redis, and what is published.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processes.hpp"

namespace integration {

struct Reply {
    int type = REDIS_REPLY_NIL;
    long long integer = 0;
    std::string text{};
    std::vector<Reply> items{};

    bool nil() const { return type == REDIS_REPLY_NIL; }
    bool error() const { return type == REDIS_REPLY_ERROR; }
};

using Words = std::vector<std::string>;

class Client {
public:
    /// Throws std::runtime_error.
    explicit Client(const std::string& socket, const std::string& password = "");

    /// Throws std::runtime_error when the connection is gone or nothing comes; an error reply is a reply.
    Reply command(const Words& words);

    std::string text(const Words& words) { return command(words).text; }
    long long integer(const Words& words) { return command(words).integer; }
    std::vector<std::string> texts(const Words& words);
    std::vector<std::pair<std::string, std::string>> pairs(const Words& words);

    /// All at once; the replies in order.
    std::vector<Reply> commands(const std::vector<Words>& list);

protected:
    void send(const Words& words);
    Reply receive();
    /// What came by itself, within this time. Nothing: false.
    bool poll(Reply& reply, std::chrono::milliseconds limit);

private:
    struct Free {
        void operator()(redisContext* context) const { redisFree(context); }
    };
    std::unique_ptr<redisContext, Free> context_{};
};

/// Hears a channel.
class Subscriber : Client {
public:
    Subscriber(const std::string& socket, const std::string& channel, const std::string& password = "");

    /// All that came until there are so many, or the time is over.
    const std::vector<std::string>& wait_for(std::size_t count, std::chrono::milliseconds limit = patience);
    const std::vector<std::string>& messages() { return wait_for(0, {}); }

private:
    std::vector<std::string> messages_{};
};

/// Hears every command a server carries out.
class Monitor : Client {
public:
    explicit Monitor(const std::string& socket);

    /// Every line until one with `mark`, that one included.
    std::vector<std::string> until(std::string_view mark);
};

}  // namespace integration
