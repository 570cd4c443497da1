// The reference: what plain hiredis needs to receive published messages.
//
// usage: bare_receive PORT|SOCKET CHANNEL COUNT, writes "ready" when it is subscribed and ends after COUNT messages.
#include "bare.hpp"

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const Context redis = connect_to(argv[1]);
    freeReplyObject(redisCommand(redis.get(), "SUBSCRIBE %s", argv[2]));
    std::puts("ready");
    std::fflush(stdout);
    for (long left = std::atol(argv[3]); left > 0; --left) {
        void* reply = nullptr;
        if (redisGetReply(redis.get(), &reply) != REDIS_OK) return 1;
        freeReplyObject(reply);
    }
}
