// Owning pointers to hiredis' objects, and its blocking connect.
#pragma once

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "slips/impl/redis/endpoint.hpp"
#include "slips/impl/redis/farewell.hpp"
#include "slips/impl/wire/refusal.hpp"
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

/// Returns whether the call of hiredis that has just failed had waited too long.
inline bool is_too_slow(const redisContext& context) {
    return context.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT);
}

/// Returns why the call of hiredis has just failed; `limit`: see connect_blocking().
inline std::string trouble_of(const redisContext& context, timeval limit) {
    if (is_too_slow(context)) return "no reply within " + std::to_string(limit.tv_sec) + " s";
    const std::string_view error(context.errstr);
    if (context.err == REDIS_ERR_PROTOCOL && error.find(R"("\x15")") != std::string_view::npos)
        return std::string(speaks_tls);
    return error.empty() ? std::string("the connection was lost") : wire::with_remedy(error);
}

/// Connects and waits at most `limit`, also for each reply. Returns null and sets `error` if it fails.
inline ContextPtr connect_blocking(const Endpoint& endpoint, timeval limit, std::string& error) {
    ContextPtr context(endpoint.socket.empty() ? redisConnectWithTimeout(endpoint.host.c_str(), endpoint.port, limit)
                                               : redisConnectUnixWithTimeout(endpoint.socket.c_str(), limit));
    if (context && context->err == 0) {
        ::fcntl(context->fd, F_SETFD, FD_CLOEXEC);
        redisSetTimeout(context.get(), limit);  // sets `err` when it fails
    }
    if (!context || context->err != 0) {
        error = context ? trouble_of(*context, limit) : "out of memory";
        return nullptr;
    }
    if (endpoint.is_encrypted() && !endpoint.tls->encrypt(*context, endpoint.host, error)) return nullptr;
    return context;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
