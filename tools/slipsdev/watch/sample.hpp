// What slipsdev top and metrics know of a running Slips at one moment: plain values, as read from Redis and /proc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// Counts by name, for example messages by channel.
using Tally = std::map<std::string, std::uint64_t>;

/// The names of connections, and the ports from which they were made; 0: a Unix socket.
using ClientPorts = std::map<std::string, std::set<int>>;

/// A process, with its CPU time so far.
struct ProcessSample {
    std::int64_t pid = 0;
    std::int64_t parent = 0;
    char state = '?';        ///< as in /proc: R, S, D, T, Z...
    std::string program{};   ///< the name of its program; of long names the first 15 bytes
    double cpu_seconds = 0;  ///< user and system time
    std::uint64_t started =
        0;  ///< clock ticks since the machine started: distinguishes it from a later one with its number
    std::optional<std::uint64_t> pss{};  ///< bytes; shared memory is divided among those that share it
    std::optional<std::uint64_t> rss{};  ///< bytes
};

/// What a module reports about itself with count() and gauge().
struct ModuleMetrics {
    std::optional<std::uint64_t> evidence{};  ///< stored since the start of the module
    Tally counts{};
    std::map<std::string, double> gauges{};
};

/// The messages that a module has received, by its own counters.
struct ModuleCounts {
    double time = 0;    ///< when they were read, as Sample::time
    Tally received{};   ///< by channel
    Tally published{};  ///< in these channels, read just before
};

struct RedisSample {
    std::string version{};
    std::int64_t pid = 0;
    std::optional<std::uint64_t> commands{};  ///< since its start
    std::optional<double> cpu_seconds{};
    std::optional<std::uint64_t> memory{};  ///< bytes
    std::optional<std::uint64_t> clients{};
    std::optional<std::uint64_t> dropped{};  ///< clients that read too slowly
};

struct Sample {
    double time = 0;                                ///< seconds of a monotonic clock
    double unix_time = 0;                           ///< seconds since the epoch
    bool is_running = false;                        ///< Slips' keys are in Redis
    bool has_ended = false;                         ///< its main process no longer exists
    std::optional<Release> release{};               ///< nullopt: it has not stored its version
    std::map<std::string, std::string> analysis{};  ///< what Slips stores about its input
    std::optional<double> started{};                ///< seconds since the epoch
    std::map<std::string, std::int64_t> pids{};     ///< by the name of the module
    std::optional<ClientPorts> clients{};  ///< modules of the SDK name theirs; nullopt: Redis denies CLIENT LIST
    std::map<std::string, std::vector<std::int64_t>> found{};  ///< of modules without a PID: processes named like them
    std::optional<Tally> published{};                          ///< by channel
    std::map<std::string, ModuleCounts> modules{};
    std::size_t unread = 0;   ///< modules whose counters were not read yet: it was not their turn
    std::size_t unrated = 0;  ///< modules whose counters were read less than twice, for the same reason
    std::map<std::string, ModuleCounts> earlier{};  ///< the same, as read before; rates are those since then
    std::map<std::string, ModuleMetrics> metrics{};
    std::optional<std::uint64_t> evidence{}, alerts{}, flows{}, profiles{}, windows{};
    RedisSample redis{};
    bool sees_processes = false;  ///< /proc exists, and it is that of Slips
    std::map<std::int64_t, ProcessSample> processes{};
    std::map<std::int64_t, std::int64_t> threads{};  ///< PIDs that are threads, and the processes they are part of
    std::vector<std::string> notes{};
};

}  // namespace slipsdev
