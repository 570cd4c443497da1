// Which release of Slips is installed in a folder or running in a Redis.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "slipsdev/redis/client.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// A version and what shows it.
struct Detected {
    std::string version{};  ///< "" if only the bounds are known
    std::string how{};
    Version since{}, last{};  ///< the bounds
};

/// Reads the version from VERSION or slips.py. Returns nullopt if neither holds one.
std::optional<Detected> version_in_folder(const std::filesystem::path& folder);

/// Reads the version that Slips has stored; without one, what the form of its database shows: "1.1.18 or newer", "0.9.2 to
/// 0.9.4". Returns nullopt if the database shows nothing. Throws RedisError.
std::optional<Detected> version_in_redis(RedisClient& redis);

}  // namespace slipsdev
