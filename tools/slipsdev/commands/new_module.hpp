// slipsdev new: creates a module from the template.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/program/terminal.hpp"

namespace slipsdev {

struct NewOptions {
    std::string name{};
    std::string folder{"."};  ///< in which the module's folder is created
};

/// Parses the arguments of `slipsdev new`. Throws UsageError, also for a name that modules cannot have.
NewOptions parse_new_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev new --help`.
extern const char* const new_help;

/// Writes the template and prints the next steps. Returns the exit status. Throws UsageError and EnvironmentError.
int make_new_module(const NewOptions& options, Terminal& terminal);

}  // namespace slipsdev
