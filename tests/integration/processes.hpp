// What the integration tests start: processes and folders that end with the test, however it ends, and bounded waiting.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/processes/cleanup.hpp"
#include "slipsdev/processes/temporary_folder.hpp"

namespace integration {

using namespace std::chrono_literals;

/// Long enough for a busy machine and a sanitizer's build; a test that passes does not wait for it.
inline constexpr std::chrono::milliseconds patience{20'000};

/// Sleeps between two checks of a bounded wait.
void breathe();

/// Checks repeatedly until `condition` holds. Returns false if it did not in time.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = patience) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= end) return false;
        breathe();
    }
}

/// Ends and removes what is left when this program ends.
slipsdev::Cleanup& cleanup();

/// A folder in the system's temporary directory, removed with everything in it; also when the test is killed.
class TemporaryFolder {
public:
    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Writes a file into it. Returns the file's path.
    std::string write(const std::string& name, const std::string& text) const;

    /// Makes a folder in it. Returns its path.
    std::string make_folder(const std::string& name) const;

private:
    slipsdev::TemporaryFolder folder_{cleanup(), "slips-test"};
    std::string path_ = folder_.path().string();
};

std::string read_file(const std::string& path);

/// How a process ended: its exit status, or the signal that killed it as a negative number.
using Ending = int;

/// The program to start, and its surroundings.
struct Launch {
    std::vector<std::string> arguments{};              ///< the program first
    std::map<std::string, std::string> environment{};  ///< added to ours, without the variables that modules read
    std::string folder{};                              ///< working directory; empty: ours
    std::string out{"/dev/null"};
    std::string err{"/dev/null"};
    bool without_input = false;   ///< standard input closed, instead of /dev/null
    unsigned user = 0;            ///< to be started as; only when we are root
    std::vector<gid_t> groups{};  ///< supplementary ones, instead of ours; only when we are root
};

/// Sends SIGSTOP to a child process, and waits until it has stopped. SIGCONT continues it.
void pause(pid_t pid);

/// A child process. Killed, with its group, when the object is destroyed.
class ChildProcess {
public:
    /// Throws std::runtime_error when the program cannot be started. To be called from the main thread: the child
    /// ends with the thread that started it.
    explicit ChildProcess(const Launch& launch);

    pid_t pid() const { return process_.pid(); }
    void signal(int number) { process_.send_signal(number); }
    void pause() { integration::pause(pid()); }

    bool runs() { return !ending(); }
    std::optional<Ending> ending();

    /// Waits. Returns nullopt if it has not ended in time.
    std::optional<Ending> wait(std::chrono::milliseconds limit = patience);

private:
    slipsdev::ChildProcess process_;
};

}  // namespace integration
