#include "slipsdev/redis/server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"

namespace slipsdev {
namespace {

constexpr int start_attempts = 10;
constexpr std::chrono::seconds start_limit{20}, save_limit{60};

std::string last_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line, last;
    while (std::getline(in, line)) {
        if (!line.empty()) last = line;
    }
    return last;
}

/// Returns the log's line about a dump that could not be loaded; "" if that is not what happened.
std::string dump_failure(const std::filesystem::path& log) {
    std::ifstream in(log);
    std::string failure;
    for (std::string line; failure.empty() && std::getline(in, line);) {
        for (const char* words : {"Can't handle RDB format", "Wrong signature", "loading the DB"}) {
            if (const std::size_t at = line.find(words); at != std::string::npos) failure = line.substr(at);
        }
    }
    return failure;
}

/// Returns the text as a word of redis.conf.
std::string config_word(const std::string& text) {
    std::string word = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') word += '\\';
        word += c;
    }
    return word + '"';
}

}  // namespace

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool good = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!good) throw EnvironmentError(std::string("no free port on 127.0.0.1: ") + std::strerror(error));
    return ntohs(address.sin_port);
}

RedisServer::RedisServer(Settings settings, const std::filesystem::path& folder, Cleanup& cleanup)
    : settings_(std::move(settings)), folder_(folder), cleanup_(&cleanup) {
    if (settings_.program.empty()) {
        auto program = find_program("redis-server");
        if (!program) program = find_program("valkey-server");
        if (!program)
            throw EnvironmentError(
                "neither redis-server nor valkey-server is in PATH: install one (Debian: apt install "
                "redis-server)");
        settings_.program = *program;
    }
    endpoint_.password = settings_.password;
    // in a file, because every user of the machine can read command lines
    write_private_file(file("conf"),
                       settings_.password.empty() ? "" : "requirepass " + config_word(settings_.password) + "\n");
    if (!settings_.tcp) endpoint_.socket_path = socket();
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        if (settings_.tcp) endpoint_.port = free_port();
        if (launch()) return;
        process_.reset();
        const std::string failure = settings_.dump.empty() ? "" : dump_failure(file("log"));
        if (!failure.empty())
            throw UsageError(settings_.dump.string() + " is not a dump that " + settings_.program +
                             " can load: " + failure + "; use the redis-server that wrote it, or remove the file");
    }
    throw EnvironmentError("redis-server does not start: " + last_line(file("log")));
}

void RedisServer::save() try {
    Endpoint over_socket = endpoint_;
    over_socket.socket_path = socket();
    RedisClient client(over_socket, 0, save_limit);
    client.command({"SAVE"});
} catch (const RedisError& error) {
    throw EnvironmentError("cannot write " + settings_.dump.string() + ": " + error.what() + "; " +
                           last_line(file("log")));
}

void RedisServer::kill() {
    process_.reset();
    ::unlink(socket().c_str());
}

void RedisServer::start() {
    if (!launch()) throw EnvironmentError("redis-server does not start again: " + last_line(file("log")));
}

bool RedisServer::launch() {
    Launch launch;
    launch.arguments = {settings_.program, file("conf"), "--bind", "127.0.0.1", "--port",
                        std::to_string(endpoint_.port), "--unixsocket", socket(), "--unixsocketperm", "700", "--save",
                        "", "--appendonly", "no", "--dir", folder_.string(), "--daemonize", "no",
                        // As Slips sets it. `slipsdev play` keeps far below, so that a slow module delays the flows
                        // and loses none.
                        "--client-output-buffer-limit", "pubsub 4294967296 2147483648 600"};
    if (!settings_.dump.empty()) {
        const std::string place = settings_.dump.parent_path().string(), name = settings_.dump.filename().string();
        launch.arguments.insert(launch.arguments.end(), {"--dir", place, "--dbfilename", name});
    }
    launch.arguments.insert(launch.arguments.end(), settings_.arguments.begin(), settings_.arguments.end());
    launch.out = launch.err = file("log");
    process_.emplace(launch, *cleanup_);
    // Over the socket, which no other process can take. It opens after the port.
    Endpoint over_socket = endpoint_;
    over_socket.socket_path = socket();
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (!process_->ending() && std::chrono::steady_clock::now() < deadline) {
        try {
            RedisClient client(over_socket, 0, std::chrono::milliseconds(500));
            client.command({"PING"});  // an error while it loads its files
            return true;
        } catch (const RedisError&) {
            sleep_milliseconds(2);
        }
    }
    return false;
}

}  // namespace slipsdev
