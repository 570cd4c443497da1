// slipsdev check: checks the conditions for a module to work with Slips, and reports each problem.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

struct CheckOptions {
    std::string slips_dir;
    std::optional<int> redis_port;
    int cache_port = 6379;
    std::optional<Generation> generation;
    std::string slips_version{};       ///< takes precedence over what the folder and Redis show
    std::string python = "python3";    ///< the Python that runs Slips
    std::string password_file{};       ///< --redis-password-file
    std::vector<std::string> program;  ///< and its arguments; may be empty
};

/// Parses the arguments of `slipsdev check`. Throws UsageError.
CheckOptions parse_check_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev check --help`.
extern const char* const check_help;

/// Prints a line for each check. Returns the exit status.
int check(const CheckOptions& options, Terminal& terminal);

}  // namespace slipsdev
