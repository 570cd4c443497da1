// The clock of the loop: it never jumps.
#pragma once

#include <chrono>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Of timers and deadlines: it tells durations, not dates.
using Clock = std::chrono::steady_clock;

}  // namespace slips::inline SLIPS_SDK_ABI
