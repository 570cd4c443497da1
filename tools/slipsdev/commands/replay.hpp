// slipsdev replay: publishes captured messages again, to a module or to Redis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct ReplayOptions {
    PlayOptions play{};                      ///< files and pace; the rest if a module receives them
    std::optional<Generation> generation{};  ///< nullopt: as the files show
    RedisPlace place{};                      ///< given: publish there
    bool force = false;                      ///< also if somebody subscribes as Slips does
};

/// Parses the arguments of `slipsdev replay`. Throws UsageError.
ReplayOptions parse_replay_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev replay --help`.
extern const char* const replay_help;

/// Returns the exit status. Throws UsageError, EnvironmentError and RedisError.
int replay(const ReplayOptions& options, Terminal& terminal);

}  // namespace slipsdev
