// The monotonic clock of the event loop.
#pragma once

#include <chrono>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// For timers and deadlines: durations, not dates.
using Clock = std::chrono::steady_clock;

}  // namespace slips::inline SLIPS_SDK_ABI
