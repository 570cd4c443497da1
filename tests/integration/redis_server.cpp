#include "redis_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace integration {

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool good = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (fd >= 0) ::close(fd);
    if (!good) throw std::runtime_error("there is no free port on the loopback");
    return ntohs(address.sin_port);
}

RedisServer::RedisServer(const TemporaryFolder& folder, std::string name, ServerSettings settings)
    : folder_(folder.make_folder(name)), name_(std::move(name)), settings_(std::move(settings)),
      socket_(folder_ + "/socket") {
    for (int attempt = 0; attempt < 10; ++attempt) {
        if (settings_.tcp) port_ = free_port();
        if (launch()) return;
        process_.clear();
    }
    throw std::runtime_error("redis-server does not start: " + read_file(folder_ + "/log"));
}

void RedisServer::kill() {
    process_.clear();
    ::unlink(socket_.c_str());
}

void RedisServer::start() {
    if (!launch()) throw std::runtime_error("redis-server does not start again: " + read_file(folder_ + "/log"));
}

bool RedisServer::launch() {
#ifndef SLIPS_TEST_REDIS_SERVER
    throw std::runtime_error("the integration tests need redis-server (Debian: apt install redis-server)");
#else
    Launch launch;
    launch.arguments = {SLIPS_TEST_REDIS_SERVER,
                        "--bind",
                        "127.0.0.1",
                        "--port",
                        port(),
                        "--unixsocket",
                        socket_,
                        "--unixsocketperm",
                        "777",
                        "--dir",
                        folder_,
                        "--save",
                        "",
                        "--daemonize",
                        "no",
                        "--client-output-buffer-limit",
                        "pubsub 0 0 0"};
    const auto add = [&](const std::vector<std::string>& words) {
        launch.arguments.insert(launch.arguments.end(), words.begin(), words.end());
    };
    add({"--appendonly", settings_.append_only ? "yes" : "no", "--appendfsync", "always"});
    if (!settings_.password.empty()) add({"--requirepass", settings_.password});
    add(settings_.more);
    launch.out = launch.err = folder_ + "/log";
    process_.emplace_back(launch);
    const auto answers = [&] {
        try {
            return client().text({"PING"}) == "PONG";  // not so while it loads
        } catch (const std::runtime_error&) {
            return false;
        }
    };
    return eventually([&] { return !process_.front().runs() || answers(); }) && process_.front().runs();
#endif
}

}  // namespace integration
