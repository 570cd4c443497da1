#include "bus.hpp"

#include <poll.h>

#include <slips/join.hpp>

#include <chrono>

#include "errors.hpp"

namespace slipsdev {
namespace {

/// A pattern that only this channel matches.
std::string pattern_of(const std::string& channel) {
    std::string pattern;
    for (const char c : channel) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

double seconds_since_epoch() {
    using std::chrono::duration_cast;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<double>(duration_cast<std::chrono::microseconds>(now).count()) / 1e6;
}

}  // namespace

bool take_redis_place(const std::string& option, ArgumentReader& reader, RedisPlace& place) {
    if (option == "--redis-port") place.port = port_number(option, reader.value());
    else if (option == "--redis-socket") place.socket = reader.value();
    else if (option == "--slips-dir") place.slips_dir = reader.value();
    else return false;
    return true;
}

Endpoint endpoint_at(const RedisPlace& place) {
    if (place.port && !place.socket.empty()) throw UsageError("--redis-port or --redis-socket, not both");
    slips::Options options;
    options.redis_port = place.port;
    options.redis_socket = place.socket;
    options.slips_dir = place.slips_dir;
    std::string problem;
    if (const auto status = slips::detail::find_slips(options, problem)) {
        if (*status == slips::Exit::usage) throw UsageError(problem);
        throw EnvironmentError(problem);
    }
    return {options.redis_port.value_or(0), options.redis_socket};
}

std::string name_of(const Endpoint& endpoint) {
    return endpoint.socket_path.empty() ? "port " + std::to_string(endpoint.port) : endpoint.socket_path;
}

RedisClient connect_to(const Endpoint& endpoint) try {
    return {endpoint, 0, std::chrono::seconds(5), std::chrono::seconds(5)};
} catch (const RedisError& error) {
    throw RedisError("no Redis at " + name_of(endpoint) + " (" + error.what() +
                     "); start Slips first, or say where its Redis is with --redis-port");
}

Bus::Bus(const Endpoint& endpoint, const std::vector<std::string>& channels) : client_(connect_to(endpoint)) {
    std::vector<std::string> patterns;
    for (const std::string& channel : channels) patterns.push_back(pattern_of(channel));
    if (patterns.empty()) patterns.emplace_back("*");
    RedisClient::Command command{"PSUBSCRIBE"};
    command.insert(command.end(), patterns.begin(), patterns.end());
    client_.append(command);  // as one, so that no message comes between the replies
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const Reply reply = client_.next_reply();
        if (reply.kind == Reply::Kind::error) throw RedisError("redis-server: PSUBSCRIBE: " + reply.text);
    }
}

namespace {

void hand_out(Reply& reply, const std::function<void(CapturedMessage&&)>& take) {
    if (reply.elements.size() != 4 || reply.elements[0].text != "pmessage") return;
    take({std::move(reply.elements[2].text), std::move(reply.elements[3].text), seconds_since_epoch()});
}

}  // namespace

void Bus::listen(int milliseconds, const std::function<void(CapturedMessage&&)>& take) {
    pollfd waiting{client_.fd(), POLLIN, 0};
    ::poll(&waiting, 1, milliseconds);
    for (Reply& reply : client_.arrived()) hand_out(reply, take);
}

bool Bus::finish(std::chrono::milliseconds limit, const std::function<void(CapturedMessage&&)>& take) {
    const auto end = std::chrono::steady_clock::now() + limit;
    client_.set_patience(limit);
    client_.append({"PUNSUBSCRIBE"});  // its answer comes behind the last message
    while (std::chrono::steady_clock::now() < end) {
        Reply reply = client_.next_reply();
        if (!reply.elements.empty() && reply.elements[0].text == "punsubscribe") return true;
        hand_out(reply, take);
    }
    return false;
}

}  // namespace slipsdev
