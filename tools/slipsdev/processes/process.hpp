// Programs that slipsdev starts, and the promise that none of them outlives it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace slipsdev {

/// How a process ended.
struct Ending {
    bool by_signal = false;
    int code = 0;  ///< exit status, or the signal's number

    bool good() const { return !by_signal && code == 0; }
    std::string text() const;  ///< "exit status 3", "signal 11 (Segmentation fault)"
};

/// Ends the processes and removes the folders it knows of when slipsdev is gone, however it went: a process of its
/// own that waits for the end of a pipe. Works where the kernel has no parent-death signal, and after SIGKILL.
class Undertaker {
public:
    Undertaker();
    ~Undertaker();
    Undertaker(const Undertaker&) = delete;
    Undertaker& operator=(const Undertaker&) = delete;

    void watch(pid_t pid);
    void forget(pid_t pid);
    void watch(const std::filesystem::path& folder);

private:
    void tell(std::string order);
    pid_t pid_ = -1;
    int pipe_ = -1;
};

/// A child process in a process group of its own, so that Ctrl-C reaches slipsdev alone. Killed, with its group, when
/// the object goes.
class ChildProcess {
public:
    enum class Output { discard, pipe };
    enum class Input {
        nothing,  ///< /dev/null
        held      ///< a pipe in which nothing comes, and which ends with us
    };

    /// `environment` changes ours for the program: "NAME=value" sets a variable, "NAME" removes it. Throws
    /// EnvironmentError when the program cannot be started.
    ChildProcess(const std::vector<std::string>& arguments, Output output, Undertaker& undertaker,
                 Input input = Input::nothing, const std::vector<std::string>& environment = {});
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    pid_t pid() const { return pid_; }
    int out() const { return out_; }  ///< reading ends, non-blocking; -1 without a pipe or after close
    int err() const { return err_; }
    void close_out();
    void close_err();

    /// How it ended, if it has; does not wait.
    std::optional<Ending> ending();
    void send_signal(int signal);
    /// SIGKILL to the whole group.
    void kill_group();

private:
    Undertaker& undertaker_;
    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::optional<Ending> ending_;
};

/// Reads what is there, a megabyte at most; false at the end of the pipe.
bool read_available(int fd, std::string& into);

/// What a program printed, and how it ended.
struct Captured {
    std::string out{};
    std::string err{};
    std::optional<Ending> ending{};  ///< nothing: it did not within the time, and was killed
};

/// Runs a program to its end. `environment` as of ChildProcess. Throws EnvironmentError when it cannot be started, or prints
/// without end.
Captured run_captured(const std::vector<std::string>& command, std::chrono::seconds limit, Undertaker& undertaker,
                      const std::vector<std::string>& environment = {});

/// Waits; goes on waiting when a signal interrupts.
void sleep_milliseconds(int milliseconds);

/// The program's path as the shell would find it in PATH; nothing when there is none.
std::optional<std::string> find_program(const std::string& name);

/// The program as a path that holds wherever it is looked at from. Throws EnvironmentError.
std::filesystem::path path_of(const std::string& program);

}  // namespace slipsdev
