// One question to a Redis server that may not be there, asked at once and waited for: who listens?
#pragma once

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <memory>
#include <optional>
#include <string>

#include "slips/redis/connection.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// How many listen to the channel; -1 when the server does not tell (a password, say). Nothing: no server answers there.
/// Waits a second at most for each of connection and answer.
inline std::optional<long long> count_listeners(const Endpoint& endpoint, const std::string& channel) {
    struct Free {
        void operator()(redisContext* context) const { redisFree(context); }
        void operator()(redisReply* reply) const { freeReplyObject(reply); }
    };
    const timeval limit{1, 0};
    const std::unique_ptr<redisContext, Free> context(
        endpoint.socket.empty() ? redisConnectWithTimeout(endpoint.host.c_str(), endpoint.port, limit)
                                : redisConnectUnixWithTimeout(endpoint.socket.c_str(), limit));
    if (!context || context->err || redisSetTimeout(context.get(), limit) != REDIS_OK) return std::nullopt;
    const std::unique_ptr<redisReply, Free> reply(
        static_cast<redisReply*>(redisCommand(context.get(), "PUBSUB NUMSUB %s", channel.c_str())));
    if (!reply) return std::nullopt;
    const bool told = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                      reply->element[1]->type == REDIS_REPLY_INTEGER;
    return told ? reply->element[1]->integer : -1;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
