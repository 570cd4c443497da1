// The channels that the module under test subscribes to.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// Asks Redis, because --describe knows only the channels of handlers, not those of subscribe() in init().
class Subscriptions {
public:
    /// Begins before the module starts: what is subscribed to now, others subscribe to. The client outlives it. A channel
    /// counts once all processes of the module, `copies`, have subscribed to it.
    Subscriptions(RedisClient& main, int copies) : main_(main), copies_(copies), of_others_(counts()) {}

    /// Asks Redis again. Returns whether something has changed since the last time.
    bool update();

    bool contains(std::string_view channel) const { return channels_.contains(channel); }
    bool empty() const { return channels_.empty(); }
    const std::set<std::string, std::less<>>& channels() const { return channels_; }

private:
    using Counts = std::map<std::string, long long>;
    Counts counts() const;

    RedisClient& main_;
    int copies_;
    Counts of_others_;
    std::set<std::string, std::less<>> channels_{};
};

}  // namespace slipsdev
