// Files that slipsdev makes, and their names on a command line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace slipsdev {

/// Writes the file, and makes the folders that it stands in. Throws EnvironmentError.
void write_file(const std::filesystem::path& path, std::string_view text);

/// The same, but nobody except this user may read the file, which must not be there yet.
void write_private_file(const std::filesystem::path& path, std::string_view text);

/// A word as a shell, and Python's shlex, take it: quoted where it has to be.
std::string shell_word(const std::string& word);

}  // namespace slipsdev
