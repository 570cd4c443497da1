// What a module may have written besides evidence: profiles, and scores in the cache.
#pragma once

#include <string>
#include <vector>

#include "slipsdev/redis/client.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// Returns what is in the databases and not in the form of the release, a line each. `cache`: its database 1.
std::vector<std::string> database_faults(RedisClient& main, RedisClient& cache, const Release& release);

}  // namespace slipsdev
