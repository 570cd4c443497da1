// What the integration tests start and leave behind: nothing. Processes and folders that end with the test, however
// it ends, and waiting that is bounded.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace integration {

using namespace std::chrono_literals;

/// Long enough for a busy machine and a sanitizer's build; what passes does not wait for it.
inline constexpr std::chrono::milliseconds patience{20'000};

/// Between two looks of a bounded wait.
void breathe();

/// Looks again and again until `condition` holds. False: it did not in time.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = patience) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= end) return false;
        breathe();
    }
}

/// A folder in the system's temporary directory, removed with everything in it; also when the test is killed.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Writes a file into it. Returns the file's path.
    std::string write(const std::string& name, const std::string& text) const;

    /// Makes a folder in it. Returns its path.
    std::string make_folder(const std::string& name) const;

private:
    std::string path_;
};

std::string read_file(const std::string& path);

/// How a process ended: its exit status, or the signal that killed it as a negative number.
using Ending = int;

/// What to start, and how.
struct Launch {
    std::vector<std::string> arguments{};  ///< the program first
    std::map<std::string, std::string>
        environment{};     ///< beside ours, in which nothing is left that a module reads
    std::string folder{};  ///< to run in; empty: ours
    std::string out{"/dev/null"};
    std::string err{"/dev/null"};
    bool without_input = false;  ///< standard input closed, instead of /dev/null
    unsigned user = 0;           ///< to be started as; only when we are root
    std::vector<gid_t> groups{};  ///< supplementary ones, instead of ours; only when we are root
};

/// A child process. Killed when the object goes.
class ChildProcess {
public:
    /// Throws std::runtime_error when the program cannot be started. To be called from the main thread: the child
    /// ends with the thread that started it.
    explicit ChildProcess(const Launch& launch);
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;

    /// SIGSTOP, and waits until it has stopped. signal(SIGCONT) lets it go on.
    void pause();

    bool runs() { return !ending(); }
    std::optional<Ending> ending();

    /// Waits. Nothing: it has not ended in time.
    std::optional<Ending> wait(std::chrono::milliseconds limit = patience);

private:
    pid_t pid_ = -1;
    std::optional<Ending> ending_{};
};

}  // namespace integration
