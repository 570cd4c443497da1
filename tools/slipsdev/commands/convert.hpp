// slipsdev convert: writes a recording in the form of another release of Slips.
#pragma once

#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

struct ConvertOptions {
    std::string file;
    Release target{};
    std::string output{};  ///< empty: standard output
    bool strict = false;   ///< what is lost is a fault
};

/// Parses the arguments of `slipsdev convert`. Throws UsageError.
ConvertOptions parse_convert_options(const std::vector<std::string>& arguments);

/// Converts, and returns the exit status. Throws UsageError or EnvironmentError.
int convert(const ConvertOptions& options, Terminal& terminal);

/// The text of `slipsdev convert --help`.
extern const char* const convert_help;

}  // namespace slipsdev
