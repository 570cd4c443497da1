// The lower bound of latency: plain hiredis receives a flow and, if its addresses are private, publishes the flow's uid on
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
        // in both generations: the uid is a C and 17 digits, the address the first digits after the word
        const char* uid = std::strchr(text, 'C');
        while (uid != nullptr && (uid[1] < '0' || uid[1] > '9')) uid = std::strchr(uid + 1, 'C');
        const char* const word = std::strstr(text, "daddr");
        if (uid != nullptr && word != nullptr &&
            std::strncmp(word + std::strcspn(word, "0123456789"), "192.168.", 8) == 0)
            freeReplyObject(redisCommand(out.get(), "PUBLISH evidence_added %b", uid, std::size_t{18}));
        freeReplyObject(message);
    }
}
