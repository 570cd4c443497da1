#include "slipsdev/redis/pipeline.hpp"

#include <algorithm>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

/// Returns the largest omem of CLIENT LIST: the bytes held for the slowest subscriber.
std::size_t largest_output_memory(std::string_view clients) {
    constexpr std::string_view key = " omem=";
    std::size_t largest = 0;
    for (std::size_t at = clients.find(key); at != std::string_view::npos; at = clients.find(key, at + 1)) {
        const std::size_t begin = at + key.size();
        const auto value = python_int(clients.substr(begin, clients.find(' ', begin) - begin));
        if (value && *value > 0) largest = std::max(largest, static_cast<std::size_t>(*value));
    }
    return largest;
}

}  // namespace

void Pipeline::add(const RedisClient::Command& command) {
    client_.append(command);
    expected_ += '.';
}

void Pipeline::publish(std::string_view channel, std::string_view payload, bool counted) {
    add({"PUBLISH", channel, payload});
    if (counted) expected_.back() = 'c';
    bytes_sent_ += payload.size();
}

void Pipeline::flush() {
    std::string error;
    for (const char kind : expected_) {
        const Reply reply = client_.next_reply();
        if (reply.kind == Reply::Kind::error && error.empty()) error = reply.text;
        if (kind == 'c' && reply.integer > 0) ++delivered_;
    }
    expected_.clear();
    flushed_at_ = bytes_sent_;
    if (!error.empty()) throw RedisError("redis-server: " + error);
}

std::size_t Pipeline::unread_bytes() {
    return largest_output_memory(client_.command({"CLIENT", "LIST", "TYPE", "pubsub"}).text);
}

Pipeline::Stall Pipeline::hold_back(const std::function<bool(Stall)>& meanwhile) {
    using Clock = std::chrono::steady_clock;
    if (bytes_sent_ - checked_at_ < check_every_bytes) return Stall(0);
    checked_at_ = bytes_sent_;
    std::size_t least = unread_bytes();
    std::size_t unread = least;
    auto last_progress = Clock::now();
    Stall stall(0);
    while (unread > most_unread_bytes && stall < patience && meanwhile(stall)) {
        unread = unread_bytes();
        if (unread < least) last_progress = Clock::now();
        least = std::min(least, unread);
        stall = Clock::now() - last_progress;
    }
    return stall;
}

}  // namespace slipsdev
