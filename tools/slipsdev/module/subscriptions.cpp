#include "slipsdev/module/subscriptions.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace slipsdev {

bool Subscriptions::update() {
    std::set<std::string, std::less<>> now;
    for (const auto& [channel, count] : counts()) {
        const auto others = of_others_.find(channel);
        if (count >= (others == of_others_.end() ? 0 : others->second) + copies_) now.insert(channel);
    }
    return std::exchange(channels_, now) != now;
}

Subscriptions::Counts Subscriptions::counts() const {
    const std::vector<Reply> names = main_.command({"PUBSUB", "CHANNELS"}).items;
    RedisClient::Command command{"PUBSUB", "NUMSUB"};
    for (const Reply& name : names) command.emplace_back(name.text);
    const std::vector<Reply> replies = main_.command(command).items;
    Counts counts;
    for (std::size_t i = 0; i + 1 < replies.size(); i += 2) counts[replies[i].text] = replies[i + 1].integer;
    return counts;
}

}  // namespace slipsdev
