// One question to a Redis server that may not be there, asked at once and waited for: how many subscribers has a channel?
#pragma once

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <memory>
#include <optional>
#include <string>

#include "slips/impl/redis/connection.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Returns how many clients have subscribed to the channel; -1 when the server refuses to answer (a wrong password, say).
/// Nothing: no server answers there. Waits a second at most for the connection and for each answer. A server that has no
/// password answers all the same.
inline std::optional<long long> count_listeners(const Endpoint& endpoint, const std::string& channel,
                                                const std::string& user = {}, const std::string& password = {}) {
    struct Free {
        void operator()(redisContext* context) const { redisFree(context); }
        void operator()(redisReply* reply) const { freeReplyObject(reply); }
    };
    const timeval limit{1, 0};
    const std::unique_ptr<redisContext, Free> context(
        endpoint.socket.empty() ? redisConnectWithTimeout(endpoint.host.c_str(), endpoint.port, limit)
                                : redisConnectUnixWithTimeout(endpoint.socket.c_str(), limit));
    if (!context || context->err || redisSetTimeout(context.get(), limit) != REDIS_OK) return std::nullopt;
    const auto ask = [&context](auto... words) {
        return std::unique_ptr<redisReply, Free>(static_cast<redisReply*>(redisCommand(context.get(), words...)));
    };
    if (!password.empty() && !(user.empty() ? ask("AUTH %s", password.c_str())
                                            : ask("AUTH %s %s", user.c_str(), password.c_str())))
        return std::nullopt;
    const auto reply = ask("PUBSUB NUMSUB %s", channel.c_str());
    if (!reply) return std::nullopt;
    const bool told = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                      reply->element[1]->type == REDIS_REPLY_INTEGER;
    return told ? reply->element[1]->integer : -1;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
