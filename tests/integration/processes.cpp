#include "processes.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

extern char** environ;

namespace integration {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

/// A process that waits for our end, and then kills and removes what we had no time to.
class Watcher {
public:
    static Watcher& of_this_program() {
        static Watcher watcher;
        return watcher;
    }

    void watch(pid_t pid) { tell("+" + std::to_string(pid)); }
    void forget(pid_t pid) { tell("-" + std::to_string(pid)); }
    void watch(const std::string& folder) { tell(folder); }

private:
    Watcher() {
        int ends[2];
        if (::pipe(ends) != 0) fail("pipe");
        for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        pid_ = ::fork();
        if (pid_ < 0) fail("fork");
        if (pid_ == 0) keep_watch(ends[0], ends[1]);
        ::close(ends[0]);
        orders_ = ends[1];
    }
    ~Watcher() {
        ::close(orders_);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    void tell(const std::string& order) {
        const std::string line = order + "\n";  // shorter than PIPE_BUF: written whole
        while (::write(orders_, line.data(), line.size()) < 0 && errno == EINTR) {
        }
    }

    [[noreturn]] static void keep_watch(int orders, int our_end) {
        ::close(our_end);
        ::setsid();
        for (int fd = 0; fd <= STDERR_FILENO; ++fd) ::close(fd);  // who reads our output waits for its end
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
        std::set<pid_t> pids;
        std::set<std::string> folders;
        std::string line;
        for (char byte = 0;;) {
            const ssize_t count = ::read(orders, &byte, 1);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            if (byte != '\n') {
                line += byte;
                continue;
            }
            if (line[0] == '/') folders.insert(line);
            if (line[0] == '+') pids.insert(static_cast<pid_t>(std::atol(line.c_str() + 1)));
            if (line[0] == '-') pids.erase(static_cast<pid_t>(std::atol(line.c_str() + 1)));
            line.clear();
        }
        for (const pid_t pid : pids) ::kill(pid, SIGKILL);
        std::error_code ignored;
        for (const std::string& folder : folders) std::filesystem::remove_all(folder, ignored);
        ::_exit(0);
    }

    pid_t pid_ = -1;
    int orders_ = -1;
};

/// Ours, without what decides how a module behaves, and with what the test wants.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& wanted) {
    std::vector<std::string> variables;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string variable = *at;
        const std::string name = variable.substr(0, variable.find('='));
        if (name.starts_with("SLIPS_") || name.starts_with("SUDO_") || wanted.contains(name)) continue;
        variables.push_back(variable);
    }
    for (const auto& [name, value] : wanted) variables.push_back(name + "=" + value);
    return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// In the child, between fork and the program: only calls that are safe there.
[[noreturn]] void become(const Launch& launch, char* const* arguments, char* const* environment, int report,
                         pid_t parent) {
    ::setpgid(0, 0);  // Ctrl-C is ours
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) ::signal(number, SIG_DFL);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(launch.out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    const int err = ::open(launch.err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < 256; ++fd)
        if (fd != report) ::close(fd);
    if (launch.without_input) ::close(STDIN_FILENO);
    bool good = launch.folder.empty() || ::chdir(launch.folder.c_str()) == 0;
    if (good && !launch.groups.empty())
        good = ::setgroups(static_cast<unsigned short>(launch.groups.size()), launch.groups.data()) == 0;  // size_t or int
    if (good && launch.user != 0) good = ::setgid(launch.user) == 0 && ::setuid(launch.user) == 0;
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
#else
    static_cast<void>(parent);
#endif
    if (good) ::execve(arguments[0], arguments, environment);
    const int error = errno;
    ::_exit(::write(report, &error, sizeof error) == sizeof error ? 127 : 126);
}

}  // namespace

void breathe() { std::this_thread::sleep_for(2ms); }

TemporaryFolder::TemporaryFolder() {
    // short, because the path of a Unix socket must be
    const char* variable = std::getenv("TMPDIR");
    path_ = std::string(variable == nullptr || *variable == '\0' ? "/tmp" : variable) + "/slips-test.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) fail("mkdtemp " + path_);
    Watcher::of_this_program().watch(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
    const std::string file = *this / name;
    std::ofstream(file) << text;
    return file;
}

std::string TemporaryFolder::make_folder(const std::string& name) const {
    const std::string folder = *this / name;
    std::filesystem::create_directory(folder);
    return folder;
}

std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

ChildProcess::ChildProcess(const Launch& launch) {
    Watcher& watcher = Watcher::of_this_program();
    std::vector<std::string> arguments = launch.arguments;
    std::vector<std::string> environment = environment_with(launch.environment);
    const auto argv = pointers_to(arguments);
    const auto envp = pointers_to(environment);
    int report[2];
    if (::pipe(report) != 0) fail("pipe");
    for (const int end : report) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(launch, argv.data(), envp.data(), report[1], parent);
    ::close(report[1]);
    int error = pid_ < 0 ? errno : 0;
    const bool failed = pid_ < 0 || ::read(report[0], &error, sizeof error) > 0;
    ::close(report[0]);
    if (failed) {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        errno = error;
        fail("cannot start " + launch.arguments.front());
    }
    watcher.watch(pid_);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ending_(other.ending_) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0 || ending()) return;
    ::kill(pid_, SIGKILL);
    while (!ending()) breathe();
}

void ChildProcess::signal(int number) const {
    if (!ending_) ::kill(pid_, number);
}

void ChildProcess::pause() {
    signal(SIGSTOP);
    int status = 0;
    while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    if (!WIFSTOPPED(status)) throw std::runtime_error("the process to be paused has ended");
}

std::optional<Ending> ChildProcess::ending() {
    if (ending_) return ending_;
    int status = 0;
    const pid_t waited = ::waitpid(pid_, &status, WNOHANG);
    if (waited == pid_) ending_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    else if (waited < 0 && errno == ECHILD) ending_ = 127;
    if (ending_) Watcher::of_this_program().forget(pid_);
    return ending_;
}

std::optional<Ending> ChildProcess::wait(std::chrono::milliseconds limit) {
    eventually([this] { return ending().has_value(); }, limit);
    return ending_;
}

}  // namespace integration
