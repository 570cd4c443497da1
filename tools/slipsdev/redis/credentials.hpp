// How to sign in at the Redis servers of a Slips.
#pragma once

#include <string>

namespace slipsdev {

struct Credentials {
    std::string user{};      ///< empty: Redis' default user
    std::string password{};  ///< empty: there is none
    std::string source{};    ///< where the password is from, for messages
    std::string problem{};   ///< why Slips' own file cannot be read, in one line; empty: it can, or there is none
};

/// The password in `file`, that of SLIPS_REDIS_PASSWORD, or that of Slips in `slips_dir`, whichever is there first. Throws
/// UsageError when `file` is given and has none.
Credentials find_credentials(const std::string& file, const std::string& slips_dir);

}  // namespace slipsdev
