// Files embedded in slipsdev, so that it needs no data folder where it is installed.
#pragma once

#include <string_view>
#include <vector>

namespace slipsdev {

struct EmbeddedFile {
    std::string_view path;  ///< of launcher and template as in the repository, else below tools/slipsdev
    std::string_view text;
};

/// Returns the launcher, the stand-ins for Slips' Python side, and the template of a module.
const std::vector<EmbeddedFile>& embedded_files();

/// Returns the text of the file with this path. Throws std::logic_error if there is none.
std::string_view embedded_file(std::string_view path);

}  // namespace slipsdev
