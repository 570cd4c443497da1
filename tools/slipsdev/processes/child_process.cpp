#include "slipsdev/processes/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "slipsdev/processes/descriptors.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/errors.hpp"

extern char** environ;  // POSIX leaves the declaration to the program

namespace slipsdev {
namespace {

/// Returns our environment with these changes.
std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
    const auto name_of = [](const std::string& variable) { return variable.substr(0, variable.find('=')); };
    std::vector<std::string> variables;
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
        const std::string name = name_of(*one);
        if (std::none_of(changes.begin(), changes.end(),
                         [&](const std::string& change) { return name_of(change) == name; }))
            variables.emplace_back(*one);
    }
    for (const std::string& change : changes)
        if (change.find('=') != std::string::npos) variables.push_back(change);
    return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// The child's ends of pipes; -1: none.
struct ChildEnds {
    int in = -1;
    int out = -1;
    int err = -1;
    int report = -1;
};

/// Runs in the child between fork and exec. Only async-signal-safe calls.
[[noreturn]] void become(const Launch& launch, char* const* arguments, char** environment, const ChildEnds& ends,
                         pid_t parent) {
    ::setpgid(0, 0);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) ::signal(signal, SIG_DFL);
    const auto open_to_write = [](const std::string& file) {
        return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    };
    ::dup2(ends.in >= 0 ? ends.in : ::open("/dev/null", O_RDONLY), STDIN_FILENO);
    const int out = ends.out >= 0 ? ends.out : open_to_write(launch.out);
    const int err = ends.err >= 0 ? ends.err : open_to_write(launch.err);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // Some libraries do not mark their sockets close-on-exec.
    close_all_but(ends.report);
    if (launch.input == Launch::Input::closed) ::close(STDIN_FILENO);
    bool good = launch.folder.empty() || ::chdir(launch.folder.c_str()) == 0;
    if (good && !launch.groups.empty())
        good =
            ::setgroups(static_cast<unsigned short>(launch.groups.size()), launch.groups.data()) == 0;  // size_t or int
    if (good && launch.user != 0) good = ::setgid(launch.user) == 0 && ::setuid(launch.user) == 0;
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid(), which resets it
    if (::getppid() != parent) ::_exit(127);
#else
    static_cast<void>(parent);
#endif
    environ = environment;
    if (good) ::execvp(arguments[0], arguments);
    const int error = errno;
    const ssize_t written = ::write(ends.report, &error, sizeof error);
    ::_exit(written == sizeof error ? 127 : 126);
}

}  // namespace

std::string Ending::text() const {
    if (!by_signal) return "exit status " + std::to_string(code);
    return "signal " + std::to_string(code) + " (" + ::strsignal(code) + ")";
}

ChildProcess::ChildProcess(const Launch& launch, Cleanup& cleanup) : cleanup_(&cleanup) {
    std::vector<std::string> words = launch.arguments;
    std::vector<std::string> variables = changed_environment(launch.environment);
    std::vector<char*> raw_words = pointers_to(words);
    std::vector<char*> raw_variables = pointers_to(variables);
    Pipe in, out, err;
    if (launch.input == Launch::Input::held) in = make_pipe();
    if (launch.piped) {
        out = make_pipe();
        err = make_pipe();
    }
    Pipe report = make_pipe();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0)
        become(launch, raw_words.data(), raw_variables.data(),
               {in.read_end, out.write_end, err.write_end, report.write_end}, parent);
    const int fork_error = errno;
    close_descriptor(in.read_end);
    close_descriptor(out.write_end);
    close_descriptor(err.write_end);
    close_descriptor(report.write_end);
    int start_error = fork_error;
    const bool failed = pid_ < 0 || ::read(report.read_end, &start_error, sizeof start_error) > 0;
    close_descriptor(report.read_end);
    in_ = in.write_end;
    out_ = out.read_end;
    err_ = err.read_end;
    if (failed) {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        close_descriptor(in_);
        close_descriptor(out_);
        close_descriptor(err_);
        throw EnvironmentError("cannot start " + launch.arguments.front() + ": " + std::strerror(start_error));
    }
    cleanup_->watch(pid_);
    for (const int fd : {out_, err_}) {
        if (fd >= 0) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : cleanup_(other.cleanup_), pid_(std::exchange(other.pid_, -1)), in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)), err_(std::exchange(other.err_, -1)), ending_(other.ending_) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    kill_group();
    while (!ending()) sleep_milliseconds(1);
    close_descriptor(in_);
    close_out();
    close_err();
}

void ChildProcess::close_out() { close_descriptor(out_); }
void ChildProcess::close_err() { close_descriptor(err_); }

std::optional<Ending> ChildProcess::ending() {
    if (ending_) return ending_;
    int status = 0;
    const pid_t waited = ::waitpid(pid_, &status, WNOHANG);
    if (waited == pid_) {
        ending_ = WIFSIGNALED(status) ? Ending{true, WTERMSIG(status)} : Ending{false, WEXITSTATUS(status)};
    } else if (waited < 0 && errno == ECHILD) {
        ending_ = Ending{};
    }
    if (ending_) cleanup_->forget(pid_);
    return ending_;
}

void ChildProcess::send_signal(int signal) {
    if (!ending()) ::kill(pid_, signal);
}

void ChildProcess::send_signal_to_group(int signal) {
    if (!ending()) ::kill(-pid_, signal);
}

void ChildProcess::kill_group() {
    // The group may outlive its leader, but once the leader is reaped, its id may belong to others.
    if (!ending()) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
    }
}

bool read_available(int fd, std::string& into) {
    constexpr std::size_t most = 1024 * 1024;  // a program that writes without end must not block the rest
    std::array<char, 16 * 1024> buffer{};
    for (const std::size_t before = into.size(); into.size() - before < most;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count > 0) {
            into.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0) {
            return false;
        } else if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
    }
    return true;
}

}  // namespace slipsdev
