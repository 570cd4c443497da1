#include "slipsdev/redis/server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"

namespace slipsdev {
namespace {

constexpr int start_attempts = 10;
constexpr std::chrono::seconds start_limit{10};

/// A port that was free a moment ago.
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

/// Is it our process that answers there, and not somebody who took the port first?
bool is_process(RedisClient& client, pid_t pid) {
    const Reply info = client.command({"INFO", "server"});
    return info.text.find("process_id:" + std::to_string(pid) + "\r\n") != std::string::npos;
}

std::string last_line(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line, last;
    while (std::getline(in, line)) {
        if (!line.empty()) last = line;
    }
    return last;
}

}  // namespace

TemporaryFolder::TemporaryFolder(Undertaker& undertaker) {
    // Short, because the path of a Unix socket must be.
    const char* variable = std::getenv("TMPDIR");
    std::string name =
        std::string(variable == nullptr || *variable == '\0' ? "/tmp" : variable) + "/slipsdev.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw EnvironmentError("cannot make a folder " + name + ": " + std::strerror(errno));
    }
    path_ = name;
    undertaker.watch(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

RedisServer::RedisServer(const std::string& name, bool unix_socket, const std::string& password,
                         const std::filesystem::path& folder, Undertaker& undertaker) {
    const auto program = find_program("redis-server");
    if (!program)
        throw EnvironmentError("redis-server is not in PATH: install it (Debian: apt install redis-server)");
    endpoint_.password = password;
    // in a file: a command line is for everyone to read
    write_private_file(folder / (name + ".conf"), password.empty() ? "" : "requirepass " + password + "\n");
    if (unix_socket) endpoint_.socket_path = (folder / (name + ".sock")).string();
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        if (!unix_socket) endpoint_.port = free_port();
        if (start(*program, name, folder, undertaker)) return;
    }
    throw EnvironmentError("redis-server does not start: " + last_line(folder / (name + ".log")));
}

bool RedisServer::start(const std::string& program, const std::string& name, const std::filesystem::path& folder,
                        Undertaker& undertaker) {
    const std::string log = (folder / (name + ".log")).string();
    const std::vector<std::string> arguments{
        program, (folder / (name + ".conf")).string(), "--bind", "127.0.0.1", "--port", std::to_string(endpoint_.port), "--unixsocket",
        (folder / (name + ".sock")).string(), "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
        "--dir", folder.string(), "--logfile", log, "--daemonize", "no",
        // As Slips sets it. The player keeps far below, so that a slow module delays the flows and loses none.
        "--client-output-buffer-limit", "pubsub 4294967296 2147483648 600"};
    process_ = std::make_unique<ChildProcess>(arguments, ChildProcess::Output::discard, undertaker);
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (!process_->ending() && std::chrono::steady_clock::now() < deadline) {
        try {
            RedisClient client(endpoint_, 0, std::chrono::milliseconds(500));
            return is_process(client, process_->pid());
        } catch (const RedisError&) {
            sleep_milliseconds(2);
        }
    }
    return false;
}

}  // namespace slipsdev
