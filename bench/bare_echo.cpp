// The floor of latency: stock hiredis receives a flow and, when its addresses are private, publishes the flow's uid on
// evidence_added. No parser, no bookkeeping, no evidence.
//
// usage: bare_echo PORT|SOCKET, writes "ready" when it is subscribed and ends with the connection.
#include <cstring>

#include "bare.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const Context in = connect_to(argv[1]);
    const Context out = connect_to(argv[1]);
    freeReplyObject(redisCommand(in.get(), "SUBSCRIBE new_flow"));
    std::puts("ready");
    std::fflush(stdout);
    void* message = nullptr;
    while (redisGetReply(in.get(), &message) == REDIS_OK) {
        const char* const text = static_cast<redisReply*>(message)->element[2]->str;
        const char* const uid = std::strstr(text, "\"uid\": \"");
        if (uid != nullptr && std::strstr(text, "\"daddr\": \"192.168.") != nullptr)
            freeReplyObject(redisCommand(out.get(), "PUBLISH evidence_added %b", uid + 8, std::size_t{18}));
        freeReplyObject(message);
    }
}
