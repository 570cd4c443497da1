// A redis-server of our own: nothing is kept on disk, nobody but this machine reaches it, and it ends with us.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "slipsdev/processes/process.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// A folder in the system's temporary directory, removed with everything in it.
class TemporaryFolder {
public:
    explicit TemporaryFolder(Undertaker& undertaker);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class RedisServer {
public:
    /// Starts a server named `name` and waits until it answers. It demands the password, unless that is empty. Throws
    /// EnvironmentError.
    RedisServer(const std::string& name, bool unix_socket, const std::string& password,
                const std::filesystem::path& folder, Undertaker& undertaker);

    const Endpoint& endpoint() const { return endpoint_; }
    bool is_alive() { return !process_->ending(); }

private:
    bool start(const std::string& program, const std::string& name, const std::filesystem::path& folder,
               Undertaker& undertaker);

    Endpoint endpoint_;
    std::unique_ptr<ChildProcess> process_;
};

}  // namespace slipsdev
