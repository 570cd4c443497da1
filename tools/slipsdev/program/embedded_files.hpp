// Files that slipsdev carries with it, so that it needs no folder of its own where it is installed.
#pragma once

#include <string_view>
#include <vector>

namespace slipsdev {

struct EmbeddedFile {
    std::string_view path;  ///< as in the repository
    std::string_view text;
};

/// The launcher, the stand-ins for Slips' Python side, and the template of a module.
const std::vector<EmbeddedFile>& embedded_files();

/// One of them by its path. Throws std::logic_error when there is none.
std::string_view embedded_file(std::string_view path);

}  // namespace slipsdev
