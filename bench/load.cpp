// Publishes flows at a rate and measures the time from PUBLISH to evidence_added.
//
// usage: load PORT|SOCKET RATE FLOWS EVERY < messages
//
// Reads one message per line, whose flow has the uid "C" and its number in 17 digits. Every EVERYth leads to evidence.
// Publishes FLOWS of them, RATE per second, and prints one line of JSON with milliseconds.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "bare.hpp"

namespace {

using Clock = std::chrono::steady_clock;

/// Returns the number in the first uid in the text, or -1.
long long uid_in(std::string_view text) {
    constexpr std::size_t digits = 17;
    for (std::size_t at = text.find('C'); at != std::string_view::npos; at = text.find('C', at + 1)) {
        if (at + digits >= text.size()) return -1;
        const std::string_view number = text.substr(at + 1, digits);
        if (std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return std::stoll(std::string(number));
    }
    return -1;
}

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const double rate = std::atof(argv[2]);
    const auto count = static_cast<std::size_t>(std::atoll(argv[3]));
    const auto every = static_cast<std::size_t>(std::atoll(argv[4]));
    std::vector<std::string> messages;
    for (std::string line; messages.size() < count && std::getline(std::cin, line);)
        messages.push_back(std::move(line));
    if (messages.size() < count || every == 0) return 2;

    const Context out = connect_to(argv[1]);
    const Context in = connect_to(argv[1]);
    freeReplyObject(redisCommand(in.get(), "SUBSCRIBE evidence_added"));
    out->flags &= ~REDIS_BLOCK;
    in->flags &= ~REDIS_BLOCK;
    std::vector<Clock::time_point> published(count);
    std::vector<bool> came_already(count);
    std::vector<double> latencies;
    const std::size_t expected = (count + every - 1) / every;
    const Clock::time_point begin = Clock::now();
    Clock::time_point end_of_sending = begin;
    Clock::time_point last = begin;
    std::size_t sent = 0;
    int unwritten = 0;
    while (sent < count || (latencies.size() < expected && Clock::now() - last < std::chrono::seconds(3))) {
        const Clock::time_point now = Clock::now();
        const auto due =
            std::min(count, static_cast<std::size_t>(std::chrono::duration<double>(now - begin).count() * rate) + 1);
        for (std::size_t burst = 0; sent < due && burst < 64; ++sent, ++burst) {
            const char* words[] = {"PUBLISH", "new_flow", messages[sent].data()};
            const std::size_t sizes[] = {7, 8, messages[sent].size()};
            redisAppendCommandArgv(out.get(), 3, words, sizes);
            published[sent] = now;
            unwritten = 1;
        }
        if (sent == count && end_of_sending == begin) end_of_sending = now;
        int done = 0;
        if (unwritten != 0 && redisBufferWrite(out.get(), &done) != REDIS_OK) return 1;
        if (done != 0) unwritten = 0;
        const auto next = begin + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(static_cast<double>(sent) / rate));
        const auto wait = sent == count
                              ? std::chrono::nanoseconds(50'000'000)
                              : std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(next - Clock::now()));
        pollfd sockets[] = {{out->fd, static_cast<short>(POLLIN | (unwritten != 0 ? POLLOUT : 0)), 0},
                            {in->fd, POLLIN, 0}};
        const timespec time{0, static_cast<long>(wait.count() % 1'000'000'000)};
        ::ppoll(sockets, 2, &time, nullptr);
        if ((sockets[0].revents & POLLIN) != 0 && redisBufferRead(out.get()) != REDIS_OK) return 1;
        if ((sockets[1].revents & POLLIN) != 0 && redisBufferRead(in.get()) != REDIS_OK) return 1;
        const Clock::time_point came = Clock::now();
        void* reply = nullptr;
        while (redisGetReplyFromReader(out.get(), &reply) == REDIS_OK && reply != nullptr) freeReplyObject(reply);
        while (redisGetReplyFromReader(in.get(), &reply) == REDIS_OK && reply != nullptr) {
            const auto* const message = static_cast<redisReply*>(reply);
            if (message->elements == 3 && message->element[2]->str != nullptr) {
                const long long uid = uid_in({message->element[2]->str, message->element[2]->len});
                const auto number = static_cast<std::size_t>(uid);
                if (uid >= 0 && number < sent && number % every == 0 && !came_already[number]) {
                    came_already[number] = true;
                    latencies.push_back(milliseconds(came - published[number]));
                    last = came;
                }
            }
            freeReplyObject(reply);
        }
        if (sent < count) last = came;
    }
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&](double share) {
        return latencies.empty()
                   ? 0.0
                   : latencies[std::min(latencies.size() - 1,
                                        static_cast<std::size_t>(share * static_cast<double>(latencies.size())))];
    };
    std::printf("{\"sent\": %zu, \"achieved\": %.0f, \"expected\": %zu, \"came\": %zu, \"p50\": %.3f, \"p99\": %.3f, "
                "\"max\": %.3f}\n",
                sent, static_cast<double>(count) / std::chrono::duration<double>(end_of_sending - begin).count(),
                expected, latencies.size(), at(0.5), at(0.99), at(1));
}
