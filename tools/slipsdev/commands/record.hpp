// slipsdev record: writes down what is published at a Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct RecordOptions {
    RedisPlace place{};
    std::vector<std::string> channels{};  ///< none: all
    std::string output{};
    std::optional<std::uint64_t> max_size{};  ///< bytes of lines, before compression
    std::optional<double> max_time{};         ///< seconds
};

/// Parses the arguments of `slipsdev record`. Throws UsageError.
RecordOptions parse_record_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev record --help`.
extern const char* const record_help;

/// Records until a limit, a signal or the end of Redis; prints the counts. Returns the exit status.
int record(const RecordOptions& options, Terminal& terminal);

}  // namespace slipsdev
