// Receives the messages published in Redis, without an effect on Slips.
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

/// Where Slips' Redis is, from a command line.
struct RedisPlace {
    std::optional<int> port{};
    std::string socket{};
    std::string slips_dir{};
    std::string password_file{};  ///< --redis-password-file

    bool is_given() const { return port || !socket.empty() || !slips_dir.empty(); }
};

/// Reads --redis-port, --redis-socket, --slips-dir or --redis-password-file. Returns false for other options.
bool take_redis_place(const std::string& option, ArgumentReader& reader, RedisPlace& place);

/// Returns the place with its password, if there is one; by default port 6379, as modules do. Throws UsageError or
/// EnvironmentError if --slips-dir does not show which Slips instance is meant.
Endpoint endpoint_at(const RedisPlace& place);

/// Returns whether Slips or only its Redis is alive at a port of its list.
slips::SlipsFolder::Life life_at(const Endpoint& endpoint);

/// Returns why a server refuses access, and the remedy: "requires a password; ...".
std::string access_advice(const Endpoint& endpoint, const AccessError& error);

/// Returns why the server at `where` cannot be used, and the remedy: "no Redis at port 6379 (...); start Slips first ...".
std::string connection_advice(const std::string& where, const RedisError& error);

/// Returns "port 6379", or the socket's path.
std::string name_of(const Endpoint& endpoint);

/// Connects. Throws RedisError with the place, the reason and the remedy if nothing answers or the password is wrong.
RedisClient connect_to(const Endpoint& endpoint);

class Bus {
public:
    /// Subscribes to these channels, or to all of them if none is given. Uses patterns: Slips counts the subscribers of a
    /// channel, and waits for each of them in its statistics, but does not count those of patterns. Throws RedisError.
    Bus(const Endpoint& endpoint, const std::vector<std::string>& channels);

    /// Waits for messages up to this time, and passes those that arrived to `take`. Throws RedisError if the connection is
    /// lost and no message is left.
    void listen(int milliseconds, const std::function<void(CapturedMessage&&)>& take);

    /// Ends the subscription and passes on all messages published until then. Returns false if not all arrived within the
    /// time. Throws RedisError as listen() does.
    bool finish(std::chrono::milliseconds limit, const std::function<void(CapturedMessage&&)>& take);

private:
    RedisClient client_;
};

}  // namespace slipsdev
