// Sends commands together and reads their replies together.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "slipsdev/redis/client.hpp"

namespace slipsdev {

class Pipeline {
public:
    explicit Pipeline(RedisClient& client) : client_(client) {}

    void add(const RedisClient::Command& command);
    /// PUBLISH; delivered() counts the `counted` messages.
    void publish(std::string_view channel, std::string_view payload, bool counted = false);

    /// Returns whether it is time for a flush.
    bool is_full() const { return expected_.size() >= 1024 || bytes_sent_ - flushed_at_ >= check_every_bytes; }

    /// Sends everything and waits for the replies. Throws RedisError for an error reply.
    void flush();

    /// Returns how many bytes Redis holds for its slowest subscriber.
    std::size_t unread_bytes();

    /// Redis disconnects subscribers with too much to read. Waits while it holds too much for one, calling `meanwhile` with
    /// the time since something was read, until that returns false. Returns that time: if `patience` or more, it gave up.
    using Stall = std::chrono::steady_clock::duration;
    static constexpr std::chrono::seconds patience{60};
    Stall hold_back(const std::function<bool(Stall)>& meanwhile);

    /// Returns how many counted messages at least one subscriber got, by redis-server's own count.
    long long delivered() const { return delivered_; }

private:
    static constexpr std::size_t most_unread_bytes = 8 * 1024 * 1024;
    static constexpr std::size_t check_every_bytes = 1024 * 1024;

    RedisClient& client_;
    std::string expected_;  // one letter per command on its way: 'c' for a counted publish
    std::size_t bytes_sent_ = 0;
    std::size_t flushed_at_ = 0;  ///< of bytes_sent_
    std::size_t checked_at_ = 0;  ///< the same, by hold_back()
    long long delivered_ = 0;
};

}  // namespace slipsdev
