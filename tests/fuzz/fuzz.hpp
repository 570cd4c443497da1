// The parts of every fuzz target: one function that accepts any bytes, and expect(), which aborts the program, as
// libFuzzer requires, when an invariant does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Cuts the text off up to the next line break and returns it, which keeps inputs readable.
inline std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

inline void expect(bool holds, const char* what, std::string_view left = {}, std::string_view right = {}) {
    if (holds) return;
    std::fprintf(stderr, "fuzz: %s\n  %s\n  %s\n", what, std::string(left).c_str(), std::string(right).c_str());
    std::abort();
}

}  // namespace fuzz
