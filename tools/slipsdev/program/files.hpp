// Writing files, and quoting their names on a command line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace slipsdev {

/// Writes a file, and creates its folders. Throws EnvironmentError.
void write_file(const std::filesystem::path& path, std::string_view text);

/// Does the same, but only this user may read the file, which must not exist yet.
void write_private_file(const std::filesystem::path& path, std::string_view text);

/// Returns a word for a shell or Python's shlex: quoted if necessary.
std::string shell_word(const std::string& word);

}  // namespace slipsdev
