// What Slips takes as a module of its own: names it skips, channels it supports.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// The entry of Slips' list of disabled modules that makes it skip modules/<folder>/<folder>.py, which calls itself
/// `name`; nothing: it is started. Mirrors is_disabled_module() in managers/process_manager.py (current) and
/// load_modules() in slips.py (legacy).
std::optional<std::string> entry_that_skips(std::string_view folder, std::string_view name, Generation generation,
                                            const std::vector<std::string>& disabled);

/// Which process of current Slips imports modules, as the text of its managers/process_manager.py shows.
enum class Loader { main, child, unknown };
Loader loader_in(std::string_view process_manager);

/// Can Slips import modules/<name>/<name>.py? It does so by text, so almost every name will do.
bool is_importable(std::string_view name);

/// Why no module should be given this name, in either generation and with either build system; nothing: it will do.
/// `name` is that of its folder, of its program and of itself.
std::optional<std::string> name_fault(std::string_view name);

/// Modules that Slips disables by itself while the feature they serve is off.
const std::vector<std::string>& modules_off_by_default(Generation generation);

/// The list `disable` in section `modules` of slips.yaml or slips.conf, or what Slips takes where it is not set. In an
/// empty list legacy sees an empty entry, and that is a part of every name.
std::vector<std::string> disabled_modules_in(std::string_view config, Generation generation);

/// Slips' own list: a Python module cannot subscribe to others. A program can, but mostly nothing comes there.
bool is_supported_channel(std::string_view channel, Generation generation);

}  // namespace slipsdev
