// Child processes, none of which outlives this program.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/processes/cleanup.hpp"

namespace slipsdev {

/// How a process ended.
struct Ending {
    bool by_signal = false;
    int code = 0;  ///< exit status, or the signal's number

    bool good() const { return !by_signal && code == 0; }
    std::string text() const;  ///< "exit status 3", "signal 11 (Segmentation fault)"
};

/// The program to start, and its surroundings.
struct Launch {
    enum class Input {
        nothing,  ///< /dev/null
        held,     ///< a pipe in which nothing arrives, and which ends with us
        closed
    };

    std::vector<std::string> arguments{};    ///< the program first
    std::vector<std::string> environment{};  ///< changes ours: "NAME=value" sets a variable, "NAME" removes it
    std::string folder{};                    ///< working directory; empty: ours
    Input input = Input::nothing;
    std::string out{"/dev/null"};  ///< the file to which standard output is appended
    std::string err{"/dev/null"};
    bool piped = false;           ///< into ChildProcess::out() and err() instead of these files
    uid_t user = 0;               ///< user and group; 0: ours. Needs root
    std::vector<gid_t> groups{};  ///< supplementary groups; empty: ours. Needs root
};

/// A child process in a process group of its own, so that Ctrl-C reaches only us. Killed, with its group, when the
/// object is destroyed, and when the thread that started it ends.
class ChildProcess {
public:
    /// Throws EnvironmentError when the program cannot be started.
    ChildProcess(const Launch& launch, Cleanup& cleanup);
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;

    pid_t pid() const { return pid_; }
    int out() const { return out_; }  ///< reading ends, non-blocking; -1 without a pipe or after close
    int err() const { return err_; }
    void close_out();
    void close_err();

    /// Returns how it ended, or nullopt while it runs; does not wait.
    std::optional<Ending> ending();
    void send_signal(int signal);
    void send_signal_to_group(int signal);
    /// SIGKILL to the whole group.
    void kill_group();

private:
    Cleanup* cleanup_;
    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::optional<Ending> ending_{};
};

/// Reads the bytes available, a megabyte at most. Returns false at the end of the pipe.
bool read_available(int fd, std::string& into);

}  // namespace slipsdev
