// The addresses that accepted evidence accuses: their threat levels, and their scores in the cache.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/redis/client.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// Returns the address that the evidence accuses in this release; "" if it stores nothing about one.
std::string accused_address(const Release& release, const Evidence& evidence);

class Accused {
public:
    /// `copies`: processes of the module, which may write in another order than they publish.
    Accused(const Release& release, int copies) : release_(release), copies_(copies) {}

    /// Adds accepted evidence, in the order of its publication.
    void add(const Evidence& evidence);

    /// What slipsdev itself has written about a profile.
    struct Made {
        bool profile = false;
        bool level_once = true;  ///< its threat level was set to 0 with the first flow only
    };
    /// Returns what the databases lack, or hold with a wrong value: a line for each kind. `cache`: its database 1.
    std::vector<std::string> faults(RedisClient& main, RedisClient& cache,
                                    const std::function<Made(const std::string& profileid)>& made) const;

private:
    using Clock = std::chrono::steady_clock;

    struct Said {
        std::string level;  ///< lower case
        double confidence = 0;
    };
    struct Address {
        Clock::time_point first{};
        /// By time window: a module may write the evidence of several windows in another order than it publishes it.
        std::map<std::string, std::vector<Said>> said{};
        std::string highest{};
        bool has_evidence = false;  ///< about its own profile, so that it may have been made by it
        bool is_peer = false;       ///< accused by evidence of another profile, perhaps before its first flow
    };

    std::vector<Said> last(const Address& address) const;
    bool may_be(const std::string& level, const Address& address, const Made& made) const;

    const Release release_;
    const int copies_;
    std::map<std::string, Address> addresses_{};
};

}  // namespace slipsdev
