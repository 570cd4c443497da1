// What is published at a Redis, heard without Slips noticing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture.hpp"
#include "options.hpp"
#include "redis_client.hpp"

namespace slipsdev {

/// Where the Redis of a Slips is, as a command line tells.
struct RedisPlace {
    std::optional<int> port{};
    std::string socket{};
    std::string slips_dir{};

    bool is_told() const { return port || !socket.empty() || !slips_dir.empty(); }
};

/// Takes --redis-port, --redis-socket or --slips-dir. False: it is none of them.
bool take_redis_place(const std::string& option, ArgumentReader& reader, RedisPlace& place);

/// Port 6379 where nothing is told, as a module has it. Throws UsageError or EnvironmentError when it cannot be said which
/// Slips of --slips-dir is meant.
Endpoint endpoint_at(const RedisPlace& place);

/// "port 6379", or the socket's path.
std::string name_of(const Endpoint& endpoint);

/// Throws RedisError, which says where nobody answers and what to do.
RedisClient connect_to(const Endpoint& endpoint);

class Bus {
public:
    /// Hears these channels, or all of them where none is named. By patterns: Slips counts who subscribes to a channel, and
    /// waits for each of them in its statistics, but who listens to patterns is not counted. Throws RedisError.
    Bus(const Endpoint& endpoint, const std::vector<std::string>& channels);

    /// Waits for messages, at most so long, and hands out what has come. Throws RedisError when the connection is gone, with
    /// nothing left to hand out.
    void listen(int milliseconds, const std::function<void(CapturedMessage&&)>& take);

    /// Ends the subscription and hands out all that was published until then. False: not all of it came within the time.
    /// Throws RedisError as listen() does.
    bool finish(std::chrono::milliseconds limit, const std::function<void(CapturedMessage&&)>& take);

private:
    RedisClient client_;
};

}  // namespace slipsdev
