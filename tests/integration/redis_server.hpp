// A redis-server of the test's own: loopback only, gone with the test.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "processes.hpp"
#include "redis_client.hpp"

namespace integration {

struct ServerSettings {
    bool tcp = false;          ///< on a free port of the loopback as well
    bool append_only = false;  ///< what was acknowledged survives a kill
    std::string password{};
    std::vector<std::string> more{};  ///< further words for its command line
};

class RedisServer {
public:
    /// Starts it and waits until it answers. Throws std::runtime_error, which says so when there is no redis-server.
    RedisServer(const TemporaryFolder& folder, std::string name, ServerSettings settings = {});

    const std::string& socket() const { return socket_; }
    std::string port() const { return std::to_string(port_); }
    Client client() const { return Client(socket_, settings_.password); }

    /// SIGKILL: what is not on disk is gone.
    void kill();

    /// Again, in the same place, after kill().
    void start();

    /// It takes connections and bytes, and answers nothing.
    void pause() { process_.front().pause(); }
    void go_on() { process_.front().signal(SIGCONT); }

private:
    bool launch();

    std::string folder_;
    std::string name_;
    ServerSettings settings_;
    std::string socket_;
    int port_ = 0;
    std::vector<ChildProcess> process_{};  ///< one, or none
};

/// A port of the loopback that was free a moment ago.
int free_port();

}  // namespace integration
