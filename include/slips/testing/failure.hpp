// Failure: thrown when a test of a module fails.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Thrown when a test fails; what() names what was expected and what was found. doctest, Catch2 and GoogleTest print it.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {
/// Returns lines to append to a sentence, indented.
inline std::string listed(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line;
    return lines.empty() ? "\n  nothing" : text;
}
}  // namespace detail

}  // namespace slips::inline SLIPS_SDK_ABI::testing
