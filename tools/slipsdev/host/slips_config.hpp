// The configuration file that a user gives to slipsdev play: Slips' settings and those of modules.
#pragma once

#include <string>
#include <string_view>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// Returns {section: {key: value}} of a slips.yaml, as Python reads it. Reads JSON, and of YAML what Slips' own file consists
/// of: sections of `key: value` with text, numbers, yes and no, and lists of them. Throws UsageError, with the line, for
/// anything else; `file` is its name.
Json read_yaml_sections(std::string_view text, const std::string& file);

/// Returns the options with the contents of --config, and with the width of time windows in it. Throws UsageError if the file
/// cannot be read or has another form than the release's, and if it contradicts --width.
PlayOptions with_config(PlayOptions options);

}  // namespace slipsdev
