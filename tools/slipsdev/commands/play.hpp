// `slipsdev play`: a run of Slips for one module.
#pragma once

#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/flows/flow_source.hpp"
#include "slipsdev/program/terminal.hpp"

namespace slipsdev {

/// Returns the exit status. Throws UsageError, EnvironmentError and RedisError.
int play(const PlayOptions& options, Terminal& terminal);
/// Plays files that have been inspected, in place of options.flows.
int play(const PlayOptions& options, std::vector<FlowFile> files, Terminal& terminal);

}  // namespace slipsdev
