// Recordings of real Slips and the logs it read, which are not in the repository. Environment variables name the folders.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

/// Returns the folder that SLIPS_TEST_CAPTURES or SLIPS_TEST_LOGS names. If unset, reports that the test is skipped.
inline std::optional<std::filesystem::path> folder_named_by(const char* variable) {
    if (const char* folder = std::getenv(variable); folder != nullptr && *folder != '\0') return folder;
    MESSAGE("skipped: " << std::string(variable) << " names no folder");
    return std::nullopt;
}
