// Shared by the measuring programs: a plain hiredis connection to a port or a Unix socket.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

/// Connects to `where`, a loopback port or the path of a Unix socket. Exits if that fails.
inline Context connect_to(const char* where) {
    Context redis(*where == '/' ? redisConnectUnix(where) : redisConnect("127.0.0.1", std::atoi(where)));
    if (redis && redis->err == 0) return redis;
    std::fprintf(stderr, "%s: %s\n", where, redis ? redis->errstr : "out of memory");
    std::exit(1);
}
