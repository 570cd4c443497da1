// A private redis-server: keeps nothing on disk unless it is asked to, listens on this machine only, and ends with this program.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// Returns a port of 127.0.0.1 that was free a moment ago. Throws EnvironmentError.
int free_port();

class RedisServer {
public:
    struct Settings {
        std::string name{"redis"};             ///< of its files in the folder
        bool tcp = true;                       ///< listens on a free port, too
        std::string password{};                ///< empty: it requires none
        std::filesystem::path dump{};          ///< loaded at the start if it exists, written by save(); empty: none
        std::string program{};                 ///< empty: redis-server or valkey-server in PATH
        std::vector<std::string> arguments{};  ///< added to the command line; they override the ones set here
    };

    /// Starts a server with its files in `folder`, and waits until it answers. Throws EnvironmentError; UsageError if the
    /// dump is not one that this redis-server can load.
    RedisServer(Settings settings, const std::filesystem::path& folder, Cleanup& cleanup);

    /// Its port if it has one, else its socket.
    const Endpoint& endpoint() const { return endpoint_; }
    std::string socket() const { return file("sock"); }
    int port() const { return endpoint_.port; }  ///< 0: none
    bool is_alive() { return process_ && !process_->ending(); }
    void send_signal(int signal) { process_->send_signal(signal); }
    pid_t pid() const { return process_->pid(); }

    /// Writes all its databases into the dump, which stays as it was if that fails. Throws EnvironmentError.
    void save();
    /// Kills it: everything that is not on disk is lost.
    void kill();
    /// Starts it again in the same place, after kill(). Throws EnvironmentError.
    void start();

private:
    std::string file(const std::string& extension) const {
        return (folder_ / (settings_.name + "." + extension)).string();
    }
    bool launch();

    Settings settings_;
    std::filesystem::path folder_;
    Cleanup* cleanup_;
    Endpoint endpoint_{};
    std::optional<ChildProcess> process_{};
};

}  // namespace slipsdev
