// What the measuring programs share: a connection of stock hiredis to a port or to a Unix socket.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

/// `where`: a port of the loopback, or a Unix socket's path. Ends the program when nobody is there.
inline Context connect_to(const char* where) {
    Context redis(*where == '/' ? redisConnectUnix(where) : redisConnect("127.0.0.1", std::atoi(where)));
    if (redis && redis->err == 0) return redis;
    std::fprintf(stderr, "%s: %s\n", where, redis ? redis->errstr : "out of memory");
    std::exit(1);
}
