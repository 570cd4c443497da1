// Credentials for Slips' Redis servers.
#pragma once

#include <string>

namespace slipsdev {

struct Credentials {
    std::string user{};      ///< empty: Redis' default user
    std::string password{};  ///< empty: none
    std::string source{};    ///< where the password comes from, for messages
    std::string problem{};   ///< why Slips' own file cannot be read, in one line; empty: it was read, or does not exist
};

/// Returns the password from `file`, from SLIPS_REDIS_PASSWORD, or from Slips' folder `slips_dir`, the first that exists.
/// Throws UsageError when `file` is given and holds none.
Credentials find_credentials(const std::string& file, const std::string& slips_dir);

}  // namespace slipsdev
