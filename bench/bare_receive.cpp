// The measure of all things: what stock hiredis needs to receive published messages, and nothing else.
//
// usage: bare_receive PORT CHANNEL COUNT, writes "ready" when it is subscribed and ends after COUNT messages.
#include <hiredis/hiredis.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::unique_ptr<redisContext, decltype(&redisFree)> redis(redisConnect("127.0.0.1", std::atoi(argv[1])),
                                                                   redisFree);
    if (!redis || redis->err) return 1;
    freeReplyObject(redisCommand(redis.get(), "SUBSCRIBE %s", argv[2]));
    std::puts("ready");
    std::fflush(stdout);
    for (long left = std::atol(argv[3]); left > 0; --left) {
        void* reply = nullptr;
        if (redisGetReply(redis.get(), &reply) != REDIS_OK) return 1;
        freeReplyObject(reply);
    }
}
