// Owning pointers to hiredis' objects, and its blocking connect.
#pragma once

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <memory>

#include "slips/impl/redis/endpoint.hpp"
#include "slips/version.hpp"

/// Connections to Redis servers, by hiredis. This folder alone includes it.
namespace slips::inline SLIPS_SDK_ABI::redis {

/// Frees what hiredis has allocated.
struct Free {
    void operator()(redisContext* context) const { redisFree(context); }     ///< a connection
    void operator()(redisReply* reply) const { freeReplyObject(reply); }     ///< a reply
    void operator()(redisReader* reader) const { redisReaderFree(reader); }  ///< a reader
};
using ContextPtr = std::unique_ptr<redisContext, Free>;  ///< owns a connection
using ReplyPtr = std::unique_ptr<redisReply, Free>;      ///< owns a reply
using ReaderPtr = std::unique_ptr<redisReader, Free>;    ///< owns a reader

/// Connects and waits at most `limit`, also for each reply. Returns null if memory is short; check the context's `err`.
inline ContextPtr connect_blocking(const Endpoint& endpoint, timeval limit) {
    ContextPtr context(endpoint.socket.empty() ? redisConnectWithTimeout(endpoint.host.c_str(), endpoint.port, limit)
                                               : redisConnectUnixWithTimeout(endpoint.socket.c_str(), limit));
    if (!context || context->err != 0) return context;
    ::fcntl(context->fd, F_SETFD, FD_CLOEXEC);
    redisSetTimeout(context.get(), limit);  // sets `err` when it fails
    return context;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
