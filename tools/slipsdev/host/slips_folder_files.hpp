// The files in Slips' folder from which a module learns about a running Slips: version, configuration, list of instances.
#pragma once

#include <filesystem>
#include <string>

#include "slipsdev/releases/release.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// The running instance that the files describe.
struct RunningSlips {
    int port = 0;  ///< of its Redis; 0: it is not listed
    std::string input{};
    std::filesystem::path output{};
    double window_width = 3600;
    Json config = Json::object();  ///< {section: {key: value}}, besides the width
};

/// Writes the files as the release does; without a port, all but the list.
void write_slips_folder(const std::filesystem::path& folder, const Release& release, const RunningSlips& running);

/// Returns the contents of the release's configuration file: the sections, and the width unless they contain one.
std::string config_text(const Release& release, double window_width, Json sections = Json::object());

}  // namespace slipsdev
