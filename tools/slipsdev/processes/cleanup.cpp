#include "slipsdev/processes/cleanup.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <system_error>

#include "slipsdev/processes/descriptors.hpp"
#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

/// Collects orders, and carries them out at the end of the pipe.
[[noreturn]] void run_cleanup(int orders) {
    ::setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
    for (int fd = 0; fd <= STDERR_FILENO; ++fd) ::close(fd);  // a reader of our output waits for its end
    close_all_but(orders);
    std::set<pid_t> pids;
    std::set<std::string> folders;
    std::string line;
    char c = 0;
    for (;;) {
        const ssize_t count = ::read(orders, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        if (c != '\n') {
            line += c;
            continue;
        }
        const std::string what = line.substr(1);
        if (line[0] == '+') pids.insert(static_cast<pid_t>(std::atol(what.c_str())));
        if (line[0] == '-') pids.erase(static_cast<pid_t>(std::atol(what.c_str())));
        if (line[0] == '/') folders.insert(line);
        line.clear();
    }
    for (const pid_t pid : pids) {
        ::kill(-pid, SIGKILL);
        ::kill(pid, SIGKILL);
    }
    for (const std::string& folder : folders) {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    ::_exit(0);
}

}  // namespace

Cleanup::Cleanup() {
    Pipe orders = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) throw EnvironmentError(std::string("cannot start a process: ") + std::strerror(errno));
    if (pid_ == 0) run_cleanup(orders.read_end);
    close_descriptor(orders.read_end);
    pipe_ = orders.write_end;
}

Cleanup::~Cleanup() {
    close_descriptor(pipe_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Cleanup::send(std::string order) {
    order += '\n';
    // Shorter than PIPE_BUF, so it is written whole or not at all.
    while (::write(pipe_, order.data(), order.size()) < 0 && errno == EINTR) {
    }
}

void Cleanup::watch(pid_t pid) { send(std::to_string(pid).insert(0, 1, '+')); }
void Cleanup::forget(pid_t pid) { send(std::to_string(pid).insert(0, 1, '-')); }
void Cleanup::watch(const std::filesystem::path& folder) { send(std::filesystem::absolute(folder).string()); }

}  // namespace slipsdev
