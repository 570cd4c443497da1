// The monotonic clock of the event loop, and the time of day.
#pragma once

#include <chrono>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// For timers and deadlines: durations, not dates.
using Clock = std::chrono::steady_clock;

namespace detail {

/// Returns the time of the system's clock in seconds since the epoch.
inline double time_of_the_clock() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace detail

}  // namespace slips::inline SLIPS_SDK_ABI
