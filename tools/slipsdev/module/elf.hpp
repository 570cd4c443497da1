// What an ELF file needs of the machine's libraries, and what a library offers: Linux and the BSDs.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipsdev {

/// An ELF file: a program or a shared library.
struct Elf {
    int machine = 0;                               ///< e_machine: the processor
    int bits = 0;                                  ///< 32 or 64
    bool is_static = false;                        ///< it loads no shared library
    std::vector<std::string> needed_versions{};    ///< of other libraries: "GLIBC_2.34"
    std::vector<std::string> provided_versions{};  ///< its own, if it is a library
};

/// Returns what the contents of an ELF file need and provide; nullopt if this is no ELF file, or a damaged one.
std::optional<Elf> parse_elf(std::string_view contents);

/// Reads an ELF file; nullopt as in parse_elf(), or if it cannot be read.
std::optional<Elf> read_elf(const std::filesystem::path& path);

/// Returns the newest of the versions of a family: "2.34" of {"GLIBC_2.4", "GLIBC_2.34", "GLIBC_PRIVATE"} for "GLIBC"; ""
/// if there is none.
std::string newest_version(const std::vector<std::string>& versions, std::string_view family);

/// Returns the library of this name that a program of the same kind loads by default; nullopt if it is not found.
std::optional<Elf> library_for(const Elf& program, const std::string& name);

}  // namespace slipsdev
