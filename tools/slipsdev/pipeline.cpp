#include "pipeline.hpp"

namespace slipsdev {

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
    if (!error.empty()) throw RedisError("redis-server: " + error);
}

}  // namespace slipsdev
