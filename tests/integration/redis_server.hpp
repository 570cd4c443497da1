// A private redis-server for a test: loopback only, and ended with the test.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "processes.hpp"
#include "redis_client.hpp"
#include "slipsdev/redis/server.hpp"

namespace integration {

using slipsdev::free_port;

struct ServerSettings {
    bool tcp = false;          ///< listens on a free port of the loopback, too
    bool append_only = false;  ///< writes that were acknowledged survive a kill
    std::string password{};
    std::vector<std::string> more{};  ///< further words for its command line
};

class RedisServer {
public:
    /// Starts it and waits until it answers. Throws std::runtime_error, also when redis-server is not installed.
    RedisServer(const TemporaryFolder& folder, const std::string& name, const ServerSettings& settings = {});

    const std::string& socket() const { return socket_; }
    std::string port() const { return std::to_string(server_.port()); }
    Client client() const { return Client(socket_, password_); }

    /// SIGKILL: everything that is not on disk is lost.
    void kill() { server_.kill(); }

    /// Starts it again, in the same place, after kill().
    void start() { server_.start(); }

    /// It accepts connections and bytes, and answers nothing.
    void pause() { integration::pause(server_.pid()); }
    void go_on() { server_.send_signal(SIGCONT); }

private:
    std::string password_;
    slipsdev::RedisServer server_;
    std::string socket_ = server_.socket();
};

}  // namespace integration
