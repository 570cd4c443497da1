// Commands sent together, and their replies read together.
#pragma once

#include <string>
#include <string_view>

#include "redis_client.hpp"

namespace slipsdev {

class Pipeline {
public:
    static constexpr std::size_t batch = 1024;  ///< commands before a flush
    // Redis keeps for a subscriber what it has not read yet. More than this should be held back here.
    static constexpr std::size_t most_unread_bytes = 8 * 1024 * 1024;
    static constexpr std::size_t check_every_bytes = 1024 * 1024;

    explicit Pipeline(RedisClient& client) : client_(client) {}

    void add(const RedisClient::Command& command);
    /// PUBLISH; `counted` messages are told apart in delivered().
    void publish(std::string_view channel, std::string_view payload, bool counted = false);

    /// Sends everything and waits for the replies. Throws RedisError for an error reply.
    void flush();

    /// What Redis keeps for its slowest subscriber, who has not read it yet.
    std::size_t unread_bytes();

    std::size_t pending() const { return expected_.size(); }
    std::size_t bytes_sent() const { return bytes_sent_; }
    /// How many counted messages at least one subscriber got, by redis-server's own count.
    long long delivered() const { return delivered_; }

private:
    RedisClient& client_;
    std::string expected_;  // one letter per command on its way: 'c' for a counted publish
    std::size_t bytes_sent_ = 0;
    long long delivered_ = 0;
};

}  // namespace slipsdev
