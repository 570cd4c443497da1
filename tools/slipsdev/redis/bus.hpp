// What is published at a Redis, heard without Slips noticing.
#pragma once

#include <slips/impl/program/slips_folder.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// Where the Redis of a Slips is, as a command line tells.
struct RedisPlace {
    std::optional<int> port{};
    std::string socket{};
    std::string slips_dir{};
    std::string password_file{};  ///< --redis-password-file

    bool is_told() const { return port || !socket.empty() || !slips_dir.empty(); }
};

/// Takes --redis-port, --redis-socket, --slips-dir or --redis-password-file. False: it is none of them.
bool take_redis_place(const std::string& option, ArgumentReader& reader, RedisPlace& place);

/// Port 6379 where nothing is given, as a module has it; with the password, if there is one. Throws UsageError or
/// EnvironmentError when it is not known which Slips of --slips-dir is meant.
Endpoint endpoint_at(const RedisPlace& place);

/// Whether Slips or only its Redis is alive at a port of its list.
slips::SlipsFolder::Life life_at(const Endpoint& endpoint);

/// Why a server does not let us in, and what to do: "demands a password; ...".
std::string access_advice(const Endpoint& endpoint, const AccessError& error);

/// "port 6379", or the socket's path.
std::string name_of(const Endpoint& endpoint);

/// Throws RedisError, which names the place where nobody answers, or the password is missing or wrong, and what to do.
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
