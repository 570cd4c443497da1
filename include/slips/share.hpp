// Share: the part of the profiles that a process of a module handles.
#pragma once

#include <string>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The part of the profiles that this process handles, if a module runs as several: `--share 2/4` is {2, 4}. Each message is
/// handled by one process, and all messages of a profile by the same one.
struct Share {
    static constexpr int most = 64;  ///< processes

    int index = 1;  ///< 1..count
    int count = 1;  ///< processes, 1..64

    /// Returns whether this is the only process.
    constexpr bool is_whole() const { return count == 1; }
    /// Returns whether this process handles the messages without a profile: for work that one process is to do, such as a
    /// timer that is about no profile.
    constexpr bool is_first() const { return index == 1; }
    /// Returns "2/4".
    std::string text() const { return std::to_string(index) + "/" + std::to_string(count); }

    friend constexpr bool operator==(const Share&, const Share&) = default;
};

}  // namespace slips::inline SLIPS_SDK_ABI
