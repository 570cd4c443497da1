// slipsdev replay: captured messages once more, to a module or to a Redis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct ReplayOptions {
    PlayOptions play{};                      ///< files and pace; the rest where a module is to hear them
    std::optional<Generation> generation{};  ///< nothing: the files tell
    RedisPlace place{};                      ///< told: publish there
    bool force = false;                      ///< also where somebody listens as Slips does
};

/// Reads what follows `slipsdev replay`. Throws UsageError.
ReplayOptions parse_replay_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev replay --help`.
extern const char* const replay_help;

/// Returns the exit status. Throws UsageError, EnvironmentError and RedisError.
int replay(const ReplayOptions& options, Terminal& terminal);

}  // namespace slipsdev
