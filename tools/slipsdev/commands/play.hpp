// `slipsdev play`: a run of Slips for one module.
#pragma once

#include "slipsdev/commands/options.hpp"
#include "slipsdev/program/terminal.hpp"

namespace slipsdev {

/// Returns the exit status. Throws UsageError, EnvironmentError and RedisError.
int play(const PlayOptions& options, Terminal& terminal);

}  // namespace slipsdev
