// Takes samples of a running Slips. It only reads, and sends few commands: those of one sample go out at once, and while
// Slips does not run, a single one every two seconds. A Slips that starts takes a port on which there are more commands for
// one in use.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/redis/bus.hpp"
#include "slipsdev/redis/client.hpp"
#include "slipsdev/watch/processes.hpp"
#include "slipsdev/watch/sample.hpp"

namespace slipsdev {

/// Returns the named connections in CLIENT LIST.
ClientPorts parse_clients(std::string_view text);

class Sampler {
public:
    /// The counters of so many modules are read for a sample; of more modules, in turns. With the other commands of a sample
    /// that makes less than 50.
    static constexpr std::size_t most_modules = 36;

    /// Rates of messages are those of so many seconds: Slips works in bursts.
    static constexpr double rate_seconds = 10;

    explicit Sampler(RedisPlace place) : place_(std::move(place)) {}

    /// Connects if necessary, and takes a sample. Throws RedisError, EnvironmentError or UsageError with one line; the next
    /// call connects again.
    Sample take();

    /// Returns the name of the Redis; empty before the first connection.
    const std::string& where() const { return where_; }

private:
    void forget();
    Sample sample_all(double time);
    Sample sample_quietly(double time);
    std::vector<Reply> replies_to(const std::vector<RedisClient::Command>& commands);
    void read_state(Sample& sample);
    void read_counts(Sample& sample);
    void read_processes(Sample& sample);

    RedisPlace place_;
    std::string where_{};
    std::optional<RedisClient> client_{};
    ProcessReader processes_{};
    /// Of each module: as read in the last rate_seconds, or the last two times if it was not its turn for so long.
    std::map<std::string, std::deque<ModuleCounts>> history_{};
    std::map<std::string, std::size_t> times_read_{};  ///< of each module, also if it has no counters
    std::size_t next_module_ = 0;                      ///< the turn
    std::optional<Sample> last_{};                     ///< while Slips does not run
    double asked_ = 0;                                 ///< when the last quiet command was sent
};

/// Parses INFO.
RedisSample parse_info(std::string_view text);

}  // namespace slipsdev
