// What a test of a module throws when something is not as it should be.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// A test failed; what() tells what was expected and what was there. Doctest, Catch2 and GoogleTest all print it.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {
/// Lines below a sentence, indented.
inline std::string listed(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line;
    return lines.empty() ? "\n  nothing" : text;
}
}  // namespace detail

}  // namespace slips::inline SLIPS_SDK_ABI::testing
