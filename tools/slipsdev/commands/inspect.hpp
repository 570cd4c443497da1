// slipsdev inspect: decodes real messages with the SDK.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct InspectOptions {
    std::optional<Generation> generation;
    RedisPlace place{};
    std::optional<double> seconds;  ///< duration; nullopt: until Ctrl-C
    std::vector<std::string> files;
};

/// Parses the arguments of `slipsdev inspect`. Throws UsageError.
InspectOptions parse_inspect_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev inspect --help`.
extern const char* const inspect_help;

/// Prints the report. Returns the exit status.
int inspect(const InspectOptions& options, Terminal& terminal);

}  // namespace slipsdev
