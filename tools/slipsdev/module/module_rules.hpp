// Slips' rules for modules: names it skips, channels it supports.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// Returns the entry of Slips' list of disabled modules that makes it skip modules/<folder>/<folder>.py, whose class has
/// the name `name`; nullopt if Slips starts it. Mirrors is_disabled_module() in managers/process_manager.py (current)
/// and load_modules() in slips.py (legacy).
std::optional<std::string> entry_that_skips(std::string_view folder, std::string_view name, Generation generation,
                                            const std::vector<std::string>& disabled);

/// Returns which process of current Slips imports modules, judging by the text of managers/process_manager.py.
enum class Loader { main, child, unknown };
Loader loader_in(std::string_view process_manager);

/// Returns whether Slips can import modules/<name>/<name>.py. It does so by text, so almost every name is possible.
bool is_importable(std::string_view name);

/// Returns why a module must not have this name, for either generation and build system; nullopt if it may. The
/// module, its folder and its program share the name.
std::optional<std::string> name_fault(std::string_view name);

/// Returns the modules that Slips disables while their feature is off.
const std::vector<std::string>& modules_off_by_default(Generation generation);

/// Returns the list `disable` in section `modules` of slips.yaml or slips.conf, or Slips' default if it is not set. In
/// an empty list legacy sees an empty entry, which is a part of every name.
std::vector<std::string> disabled_modules_in(std::string_view config, Generation generation);

/// Returns whether the channel is in Slips' own list. Python modules cannot subscribe to others. Programs can, but mostly
/// receive nothing.
bool is_supported_channel(std::string_view channel, Generation generation);

/// Returns whether version `a` of a module is older than `b`, by the numbers between the dots: "1.9.3" is older than "1.10".
/// False if one of them has no number; what follows the numbers does not count.
bool is_older_version(std::string_view a, std::string_view b);

}  // namespace slipsdev
