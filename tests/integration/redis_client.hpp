// A blocking client for the tests' own use: what is in Redis, and what is published.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processes.hpp"
#include "slipsdev/redis/client.hpp"

namespace integration {

using slipsdev::Reply;
using Words = std::vector<std::string>;

class Client {
public:
    /// Throws std::runtime_error.
    explicit Client(const std::string& socket, const std::string& password = "");

    /// Returns the reply, also when it is an error reply. Throws std::runtime_error when the connection is lost or no
    /// reply arrives.
    Reply command(const Words& words);

    std::string text(const Words& words) { return command(words).text; }
    long long integer(const Words& words) { return command(words).integer; }
    std::vector<std::string> texts(const Words& words);
    std::vector<std::pair<std::string, std::string>> pairs(const Words& words);

    /// Sends all of them at once. Returns the replies in order.
    std::vector<Reply> commands(const std::vector<Words>& list);

protected:
    /// Returns the replies that arrived unasked, once there are any. Returns none after this time.
    std::vector<Reply> poll(std::chrono::milliseconds limit);

private:
    slipsdev::RedisClient client_;
};

/// Subscribes to a channel.
class Subscriber : Client {
public:
    Subscriber(const std::string& socket, const std::string& channel, const std::string& password = "");

    /// Returns all messages received, once there are so many or the time is over.
    const std::vector<std::string>& wait_for(std::size_t count, std::chrono::milliseconds limit = patience);
    const std::vector<std::string>& messages() { return wait_for(0, {}); }

private:
    std::vector<std::string> messages_{};
};

/// Receives every command that a server executes.
class Monitor : Client {
public:
    explicit Monitor(const std::string& socket);

    /// Returns every line until one with `mark`, including it.
    std::vector<std::string> until(std::string_view mark);

private:
    std::vector<Reply> unread_{};
};

}  // namespace integration
