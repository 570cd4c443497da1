// Ends processes and removes folders after this program has ended.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace slipsdev {

/// A process that waits until this program has ended, however that happened, then kills the processes and removes the
/// folders it was given. Works without the kernel's parent-death signal, and after SIGKILL.
class Cleanup {
public:
    /// Starts the process. Throws EnvironmentError.
    Cleanup();
    ~Cleanup();
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;

    /// Kills this process, with its group, at the end.
    void watch(pid_t pid);
    void forget(pid_t pid);
    /// Removes this folder, with everything in it, at the end.
    void watch(const std::filesystem::path& folder);

private:
    void send(std::string order);

    pid_t pid_ = -1;
    int pipe_ = -1;
};

}  // namespace slipsdev
