// The processes of this machine, from /proc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "slipsdev/watch/sample.hpp"

namespace slipsdev {

/// Parses /proc/PID/stat. `ticks`: clock ticks per second. `page`: bytes. Returns nullopt if the text is cut off.
std::optional<ProcessSample> parse_stat(std::string_view text, double ticks, std::uint64_t page);

/// Parses the PSS in /proc/PID/smaps_rollup, in bytes. Returns nullopt if it is absent.
std::optional<std::uint64_t> parse_pss(std::string_view text);

/// Returns the inodes of the sockets in /proc/net/tcp or tcp6 whose own port is one of these.
std::set<std::string> parse_sockets(std::string_view text, const std::set<int>& ports);

class ProcessReader {
public:
    /// Returns whether this system has a /proc with processes.
    static bool is_available();

    /// Returns all processes that this user may see, without their PSS.
    std::map<std::int64_t, ProcessSample> all() const;

    /// Sets the PSS of a process, which the kernel has to add up: reads it once in `validity` seconds.
    void add_pss(ProcessSample& process, double time);

    /// Returns the process that `id` is a thread of, if it is a thread and not a process.
    static std::optional<std::int64_t> process_of_thread(std::int64_t id);

    /// Returns the name of the program as it was called, without its folder; empty if it is unknown.
    static std::string program_called(std::int64_t pid);

    /// Returns false if the process has no TCP connection from any of these ports. Returns true also if that cannot be seen: for a
    /// Unix socket, which is port 0, and a process of another user.
    static bool may_be_connected_from(std::int64_t pid, const std::set<int>& ports);

private:
    static constexpr double validity = 5;

    struct Known {
        std::uint64_t started = 0;
        double time = 0;
        std::optional<std::uint64_t> pss{};
    };
    std::map<std::int64_t, Known> known_{};
};

}  // namespace slipsdev
