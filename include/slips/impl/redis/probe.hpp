// Asks a Redis server that may not exist how many subscribers a channel has.
#pragma once

#include <optional>
#include <string>

#include "slips/impl/redis/endpoint.hpp"
#include "slips/impl/redis/hiredis.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Returns how many clients have subscribed to the channel, -1 if the server refuses the question (with a wrong password, for
/// example), or nullopt if no server answers. Waits a second at most for the connection and for each reply. A password has no
/// effect on a server that needs none.
inline std::optional<long long> count_listeners(const Endpoint& endpoint, const std::string& channel,
                                                const std::string& user = {}, const std::string& password = {}) {
    std::string error;
    const ContextPtr context = connect_blocking(endpoint, {1, 0}, error);
    if (!context) return std::nullopt;
    const auto ask = [&context](auto... words) {
        return ReplyPtr(static_cast<redisReply*>(redisCommand(context.get(), words...)));
    };
    if (!password.empty() &&
        !(user.empty() ? ask("AUTH %s", password.c_str()) : ask("AUTH %s %s", user.c_str(), password.c_str())))
        return std::nullopt;
    const auto reply = ask("PUBSUB NUMSUB %s", channel.c_str());
    if (!reply) return std::nullopt;
    const bool has_count =
        reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[1]->type == REDIS_REPLY_INTEGER;
    return has_count ? reply->element[1]->integer : -1;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
