// Errors, by the exit status they lead to.
#pragma once

#include <stdexcept>
#include <string>

namespace slipsdev {

/// The command line asks for something that cannot be done. Exit status 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The machine lacks something, or PROGRAM cannot be used. Exit status 3.
struct EnvironmentError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The exit statuses of slipsdev, as `slipsdev play --help` lists them.
enum ExitStatus : int {
    exit_ok = 0,
    exit_fault = 1,
    exit_usage = 2,
    exit_environment = 3,
    exit_interrupted = 130,
};

}  // namespace slipsdev
