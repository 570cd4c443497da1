#include "slipsdev/redis/bus.hpp"

#include <poll.h>

#include <slips/impl/wire/refusal.hpp>

#include <chrono>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/redis/credentials.hpp"

namespace slipsdev {
namespace {

/// Returns a pattern that matches only this channel.
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
    else if (option == "--redis-password-file") place.password_file = reader.value();
    else return false;
    return true;
}

slips::SlipsFolder::Life life_at(const Endpoint& endpoint) {
    using Life = slips::SlipsFolder::Life;
    constexpr std::chrono::seconds limit{1};
    try {
        RedisClient client(endpoint, 0, limit, limit);
        const Reply listeners = client.command({"PUBSUB", "NUMSUB", "evidence_added"});
        return listeners.items.size() == 2 && listeners.items[1].integer > 0 ? Life::slips : Life::redis;
    } catch (const AccessError&) {
        return Life::redis;
    } catch (const RedisError&) {
        return Life::gone;
    }
}

Endpoint endpoint_at(const RedisPlace& place) {
    if (place.port && !place.socket.empty()) throw UsageError("--redis-port or --redis-socket, not both");
    const Credentials credentials = find_credentials(place.password_file, place.slips_dir);
    Endpoint endpoint{place.port.value_or(0), place.socket,       credentials.user,
                      credentials.password,   credentials.source, credentials.problem};
    if (endpoint.port != 0 || !endpoint.socket_path.empty()) return endpoint;
    endpoint.port = 6379;
    if (place.slips_dir.empty()) return endpoint;
    const auto life_of = [&](const slips::SlipsRun& run) {
        Endpoint there = endpoint;
        there.port = run.port;
        return life_at(there);
    };
    std::string problem;
    bool ambiguous = false;
    const auto run = slips::SlipsFolder(place.slips_dir).choose_run(life_of, problem, ambiguous);
    if (!run && ambiguous) throw UsageError(problem);
    if (!run) throw EnvironmentError(problem);
    endpoint.port = run->port;
    return endpoint;
}

std::string access_advice(const Endpoint& endpoint, const AccessError& error) {
    if (!error.none_given)
        return "refuses the password of " + endpoint.password_source + " (" + error.what() +
               "); give the right one with --redis-password-file";
    if (!endpoint.password_problem.empty())
        return "requires a password: " + endpoint.password_problem +
               "; run as Slips' user, or give a file that you can read "
               "with --redis-password-file";
    return "requires a password; give the file that holds it with --redis-password-file, or set SLIPS_REDIS_PASSWORD";
}

std::string connection_advice(const std::string& where, const RedisError& error) {
    if (error.is_refusal) return "Redis at " + where + " refuses slipsdev: " + error.what();
    const std::string none = "no Redis at " + where + " (" + error.what() + "); ";
    if (error.is_absent) return none + "start Slips first, or give the port of its Redis with --redis-port";
    return none + "does another program use it, or speak TLS, which slipsdev does not?";
}

std::string name_of(const Endpoint& endpoint) {
    return endpoint.socket_path.empty() ? "port " + std::to_string(endpoint.port) : endpoint.socket_path;
}

RedisClient connect_to(const Endpoint& endpoint) try {
    RedisClient client{endpoint, 0, std::chrono::seconds(5), std::chrono::seconds(5)};
    client.command({"PING"});
    return client;
} catch (const AccessError& error) {
    throw RedisError("Redis at " + name_of(endpoint) + " " + access_advice(endpoint, error));
} catch (const RedisError& error) {
    throw RedisError(connection_advice(name_of(endpoint), error));
}

Bus::Bus(const Endpoint& endpoint, const std::vector<std::string>& channels) : client_(connect_to(endpoint)) {
    std::vector<std::string> patterns;
    for (const std::string& channel : channels) patterns.push_back(pattern_of(channel));
    if (patterns.empty()) patterns.emplace_back("*");
    RedisClient::Command command{"PSUBSCRIBE"};
    command.insert(command.end(), patterns.begin(), patterns.end());
    client_.append(command);  // as one, so that no message arrives between the replies
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const Reply reply = client_.next_reply();
        if (reply.kind == Reply::Kind::error)
            throw RedisError("redis-server: PSUBSCRIBE: " + slips::wire::with_remedy(reply.text));
    }
}

namespace {

void pass_on(Reply& reply, const std::function<void(CapturedMessage&&)>& take) {
    if (reply.items.size() != 4 || reply.items[0].text != "pmessage") return;
    take({std::move(reply.items[2].text), std::move(reply.items[3].text), seconds_since_epoch()});
}

}  // namespace

void Bus::listen(int milliseconds, const std::function<void(CapturedMessage&&)>& take) {
    pollfd waiting{client_.fd(), POLLIN, 0};
    ::poll(&waiting, 1, milliseconds);
    for (Reply& reply : client_.arrived()) pass_on(reply, take);
}

bool Bus::finish(std::chrono::milliseconds limit, const std::function<void(CapturedMessage&&)>& take) {
    const auto end = std::chrono::steady_clock::now() + limit;
    client_.set_patience(limit);
    client_.append({"PUNSUBSCRIBE"});  // its reply follows the last message
    while (std::chrono::steady_clock::now() < end) {
        Reply reply = client_.next_reply();
        if (!reply.items.empty() && reply.items[0].text == "punsubscribe") return true;
        pass_on(reply, take);
    }
    return false;
}

}  // namespace slipsdev
