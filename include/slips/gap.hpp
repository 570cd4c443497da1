// Gap: messages that a module missed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Messages that were missed: Redis closed the subscription, or was unreachable for a while.
struct Gap {
    std::chrono::milliseconds duration{};  ///< between the end of one connection and the next
    /// Messages, of all profiles; empty: unknown (Slips before 1.1.1 has no counters).
    std::optional<std::uint64_t> lost{};
    std::string reason{};  ///< what ended the connection
};

}  // namespace slips::inline SLIPS_SDK_ABI
