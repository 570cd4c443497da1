// slipsdev new: a module to begin with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/program/terminal.hpp"

namespace slipsdev {

struct NewOptions {
    std::string name{};
    std::string folder{"."};  ///< in which the module's own is made
};

/// Reads what follows `slipsdev new`. Throws UsageError, also for a name that will not do.
NewOptions parse_new_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev new --help`.
extern const char* const new_help;

/// Writes the template and tells what to do next. Returns the exit status. Throws UsageError and EnvironmentError.
int make_new_module(const NewOptions& options, Terminal& terminal);

}  // namespace slipsdev
