#include "slipsdev/processes/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>
#include <system_error>
#include <thread>

#include "slipsdev/program/errors.hpp"

extern char** environ;  // POSIX leaves the declaration to the program

namespace slipsdev {
namespace {

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

void close_fd(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

/// Both ends are closed in programs started later (pipe2 would do it in one step, but not everywhere).
Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        throw EnvironmentError(std::string("cannot make a pipe: ") + std::strerror(errno));
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return {ends[0], ends[1]};
}

/// Closes what is open above standard error.
void close_all_but(int keep) {
    const long most = ::sysconf(_SC_OPEN_MAX);
    const int end = most > 0 && most < 4096 ? static_cast<int>(most) : 4096;
    for (int fd = STDERR_FILENO + 1; fd < end; ++fd) {
        if (fd != keep) ::close(fd);
    }
}

/// Our environment with these changes.
std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
    const auto name_of = [](const std::string& variable) { return variable.substr(0, variable.find('=')); };
    std::vector<std::string> variables;
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
        const std::string name = name_of(*one);
        if (std::none_of(changes.begin(), changes.end(), [&](const std::string& change) { return name_of(change) == name; }))
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

/// What the child does between fork and the program. Only async-signal-safe calls.
[[noreturn]] void become(char* const* arguments, char** environment, int in, int out, int err, int report, pid_t parent) {
    ::setpgid(0, 0);
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
#else
    static_cast<void>(parent);
#endif
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) ::signal(signal, SIG_DFL);
    const int null_input = ::open("/dev/null", O_RDONLY);
    const int null_output = ::open("/dev/null", O_WRONLY);
    ::dup2(in >= 0 ? in : null_input, STDIN_FILENO);
    ::dup2(out >= 0 ? out : null_output, STDOUT_FILENO);
    ::dup2(err >= 0 ? err : null_output, STDERR_FILENO);
    // Nothing of ours is left open in a program we start: not every library marks its sockets.
    close_all_but(report);
    environ = environment;
    ::execvp(arguments[0], arguments);
    const int error = errno;
    const ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(written == sizeof error ? 127 : 126);
}

/// The undertaker's own life: collect orders, and carry them out at the end of the pipe.
[[noreturn]] void keep_watch(int orders) {
    ::setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
    for (int fd = 0; fd <= STDERR_FILENO; ++fd) ::close(fd);
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

std::string Ending::text() const {
    if (!by_signal) return "exit status " + std::to_string(code);
    return "signal " + std::to_string(code) + " (" + ::strsignal(code) + ")";
}

Undertaker::Undertaker() {
    Pipe orders = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) throw EnvironmentError(std::string("cannot start a process: ") + std::strerror(errno));
    if (pid_ == 0) keep_watch(orders.read_end);
    close_fd(orders.read_end);
    pipe_ = orders.write_end;
}

Undertaker::~Undertaker() {
    close_fd(pipe_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Undertaker::tell(std::string order) {
    order += '\n';
    // Shorter than PIPE_BUF, so it is written whole or not at all.
    while (::write(pipe_, order.data(), order.size()) < 0 && errno == EINTR) {
    }
}

void Undertaker::watch(pid_t pid) { tell(std::to_string(pid).insert(0, 1, '+')); }
void Undertaker::forget(pid_t pid) { tell(std::to_string(pid).insert(0, 1, '-')); }
void Undertaker::watch(const std::filesystem::path& folder) { tell(std::filesystem::absolute(folder).string()); }

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, Output output, Undertaker& undertaker, Input input,
                           const std::vector<std::string>& environment)
    : undertaker_(undertaker) {
    std::vector<std::string> words = arguments;
    std::vector<std::string> variables = changed_environment(environment);
    std::vector<char*> raw_words = pointers_to(words);
    std::vector<char*> raw_variables = pointers_to(variables);
    Pipe in, out, err;
    if (input == Input::held) in = make_pipe();
    if (output == Output::pipe) {
        out = make_pipe();
        err = make_pipe();
    }
    Pipe report = make_pipe();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(raw_words.data(), raw_variables.data(), in.read_end, out.write_end, err.write_end, report.write_end, parent);
    const int fork_error = errno;
    close_fd(in.read_end);
    close_fd(out.write_end);
    close_fd(err.write_end);
    close_fd(report.write_end);
    int start_error = fork_error;
    const bool failed = pid_ < 0 || ::read(report.read_end, &start_error, sizeof start_error) > 0;
    close_fd(report.read_end);
    in_ = in.write_end;
    out_ = out.read_end;
    err_ = err.read_end;
    if (failed) {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        close_fd(in_);
        close_fd(out_);
        close_fd(err_);
        throw EnvironmentError("cannot start " + arguments.front() + ": " + std::strerror(start_error));
    }
    undertaker_.watch(pid_);
    for (const int fd : {out_, err_}) {
        if (fd >= 0) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
}

ChildProcess::~ChildProcess() {
    kill_group();
    while (!ending()) sleep_milliseconds(1);
    close_fd(in_);
    close_out();
    close_err();
}

void ChildProcess::close_out() { close_fd(out_); }
void ChildProcess::close_err() { close_fd(err_); }

std::optional<Ending> ChildProcess::ending() {
    if (ending_) return ending_;
    int status = 0;
    const pid_t waited = ::waitpid(pid_, &status, WNOHANG);
    if (waited == pid_) {
        ending_ = WIFSIGNALED(status) ? Ending{true, WTERMSIG(status)} : Ending{false, WEXITSTATUS(status)};
    } else if (waited < 0 && errno == ECHILD) {
        ending_ = Ending{};
    }
    if (ending_) undertaker_.forget(pid_);
    return ending_;
}

void ChildProcess::send_signal(int signal) {
    if (!ending()) ::kill(pid_, signal);
}

void ChildProcess::kill_group() {
    // The group may outlive its leader; once that is reaped, its id is not ours for certain any more.
    if (!ending()) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
    }
}

bool read_available(int fd, std::string& into) {
    constexpr std::size_t most = 1024 * 1024;  // who writes without end is left for a moment, to look after the rest
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

constexpr std::size_t most_output = std::size_t{8} << 20;

Captured run_captured(const std::vector<std::string>& command, std::chrono::seconds limit, Undertaker& undertaker,
                      const std::vector<std::string>& environment) {
    ChildProcess process(command, ChildProcess::Output::pipe, undertaker, ChildProcess::Input::nothing, environment);
    Captured captured;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (process.out() >= 0 && std::chrono::steady_clock::now() < deadline) {
        std::array<pollfd, 2> waiting{{{process.out(), POLLIN, 0}, {process.err(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), 50);
        if (!read_available(process.out(), captured.out)) process.close_out();
        if (process.err() >= 0 && !read_available(process.err(), captured.err)) process.close_err();
        if (captured.out.size() + captured.err.size() > most_output)
            throw EnvironmentError(command.front() + " prints without end: killed");
    }
    while (!process.ending() && std::chrono::steady_clock::now() < deadline) sleep_milliseconds(1);
    captured.ending = process.ending();
    return captured;
}

void sleep_milliseconds(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

std::optional<std::string> find_program(const std::string& name) {
    const char* variable = std::getenv("PATH");
    const std::string path = variable == nullptr ? "/usr/bin:/bin" : variable;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        const std::string folder = begin == end ? "." : path.substr(begin, end - begin);
        const std::string candidate = folder + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(candidate))
            return candidate;
        begin = end + 1;
    }
    return std::nullopt;
}

std::filesystem::path path_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return std::filesystem::absolute(program);
    const auto found = find_program(program);
    if (!found) throw EnvironmentError("cannot find " + program + " in PATH");
    return std::filesystem::absolute(*found);
}

}  // namespace slipsdev
