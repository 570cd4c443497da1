// Recordings of real Slips and the logs it read, which are not in the repository. Environment variables name the folders.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

/// Returns the folder that SLIPS_TEST_CAPTURES or SLIPS_TEST_LOGS names. If unset, reports that the test is skipped.
inline std::optional<std::filesystem::path> folder_told_by(const char* variable) {
    if (const char* told = std::getenv(variable); told != nullptr && *told != '\0') return told;
    MESSAGE("left out: " << std::string(variable) << " names no folder");
    return std::nullopt;
}
