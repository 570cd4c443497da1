// slipsdev top: shows what a running Slips and its modules do.
#pragma once

#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct TopOptions {
    RedisPlace place{};
    bool once = false;    ///< a table instead of the screen
    bool json = false;    ///< JSON instead of the table
    double interval = 1;  ///< seconds between samples
};

/// Parses the arguments of `slipsdev top`. Throws UsageError.
TopOptions parse_top_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev top --help`.
extern const char* const top_help;

/// Shows the screen until q, or prints one table. Returns the exit status.
int top(const TopOptions& options, Terminal& terminal);

}  // namespace slipsdev
