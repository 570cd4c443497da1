// What a program needs of the machine's libraries.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "slipsdev/module/elf.hpp"

using namespace slipsdev;

TEST_CASE("the newest version of a family is chosen by number") {
    const std::vector<std::string> versions{"GLIBC_2.4",      "GLIBC_2.34",    "GLIBC_2.2.5", "GLIBC_PRIVATE",
                                            "GLIBCXX_3.4.31", "GLIBCXX_3.4.9", "CXXABI_1.3"};
    CHECK(newest_version(versions, "GLIBC") == "2.34");
    CHECK(newest_version(versions, "GLIBCXX") == "3.4.31");
    CHECK(newest_version({"GLIBC_2.34", "GLIBC_2.4"}, "GLIBC") == "2.34");
    CHECK(newest_version(versions, "OPENSSL").empty());
    CHECK(newest_version({"GLIBC_PRIVATE", "GLIBC_", "GLIBC"}, "GLIBC").empty());
}

TEST_CASE("a file that is no ELF file, or a damaged one, has no needs") {
    CHECK_FALSE(parse_elf(""));
    CHECK_FALSE(parse_elf("#!/bin/sh\n"));
    CHECK_FALSE(parse_elf("\x7f"
                          "ELF"));
    CHECK_FALSE(read_elf("/dev/null"));
    CHECK_FALSE(read_elf("/nowhere/at/all"));
}

#ifdef __GLIBC__

TEST_CASE("this program needs versions that this machine has") {
    const auto self = read_elf("/proc/self/exe");
    REQUIRE(self);
    CHECK(self->bits == 8 * sizeof(void*));
    if (self->is_static) return;
    const std::string needed = newest_version(self->needed_versions, "GLIBC");
    CHECK(needed.starts_with("2."));
    const auto library = library_for(*self, "libc.so.6");
    if (!library) {
        MESSAGE("skipped: this system has libc.so.6 elsewhere");
        return;
    }
    // The library of the running system reports its own version, without the ELF file.
    CHECK(newest_version(library->provided_versions, "GLIBC") ==
          std::to_string(__GLIBC__) + "." + std::to_string(__GLIBC_MINOR__));
}

TEST_CASE("any prefix of a program, and any byte of its tables, is read within its bounds") {
    std::ostringstream contents;
    contents << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
    const std::string whole = contents.str();
    REQUIRE(parse_elf(whole));
    for (std::size_t size = 0; size < 4096; ++size) parse_elf(std::string_view(whole).substr(0, size));
    for (std::size_t size = 4096; size < whole.size(); size += whole.size() / 256)
        parse_elf(std::string_view(whole).substr(0, size));
    std::string damaged = whole;
    for (std::size_t at = 4; at < 1024; ++at) {
        const char before = damaged[at];
        for (const char byte : {'\0', '\x7f', '\xff'}) {
            damaged[at] = byte;
            parse_elf(damaged);
        }
        damaged[at] = before;
    }
}

#endif
