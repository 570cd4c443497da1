// The command line of `slipsdev play`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture.hpp"

namespace slipsdev {

struct PlayOptions {
    Generation generation = Generation::current;
    std::vector<std::string> flows;
    std::string output;
    bool register_types = true;
    std::optional<double> rate;  ///< flows per second
    bool unix_socket = false;
    bool launcher = false;  ///< start the module as Slips does
    double window_width = 3600;
    std::string stop_timeout;          ///< passed on as given; "" is the module's own
    std::vector<std::string> program;  ///< and its arguments
};

/// The value of --generation. Throws UsageError, which names the option.
Generation generation_named(const std::string& option, const std::string& name);

/// Reads what follows `slipsdev play`. Throws UsageError.
PlayOptions parse_play_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev play --help`.
extern const char* const play_help;

}  // namespace slipsdev
