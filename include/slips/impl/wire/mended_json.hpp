// What Python's json module writes and reads, but no parser here: mended once a text has been refused, so that other texts
// cost nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the text, of the same length, with U+FFFD for each escape of half a surrogate pair ("\ud800"), and 1e308 for each
/// integer of more than 308 digits; nullopt if it has neither. Python's texts may hold such halves, and its integers
/// have no largest one. Each byte that is replaced is within the text of a string or of a number.
std::optional<std::string> mended_json(std::string_view text);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Returns the half of a surrogate pair that is escaped at `at`: 'h' for the first, 'l' for the second, 0 for any other text.
constexpr char surrogate_at(std::string_view text, std::size_t at) {
    if (text.size() < 6 || at > text.size() - 6 || text[at] != '\\' || text[at + 1] != 'u') return 0;
    if (text[at + 2] != 'd' && text[at + 2] != 'D') return 0;
    constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
    if (text.substr(at + 3, 3).find_first_not_of(hexadecimal) != std::string_view::npos) return 0;
    const std::string_view first = "89abAB";
    const std::string_view second = "cdefCDEF";
    if (first.find(text[at + 3]) != std::string_view::npos) return 'h';
    return second.find(text[at + 3]) != std::string_view::npos ? 'l' : '\0';
}

}  // namespace detail

inline std::optional<std::string> mended_json(std::string_view text) {
    constexpr std::size_t most_digits = 308;  // of a finite double
    std::optional<std::string> mended;
    const auto replace = [&](std::size_t at, std::size_t size, std::string_view by) {
        if (!mended) mended.emplace(text);
        for (std::size_t i = 0; i < size; ++i) (*mended)[at + i] = i < by.size() ? by[i] : ' ';
    };
    bool quoted = false;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (quoted && c == '\\') {
            const char half = detail::surrogate_at(text, at);
            const bool paired = half == 'h' && detail::surrogate_at(text, at + 6) == 'l';
            if (half != 0 && !paired) replace(at, 6, "\\ufffd");
            at += paired ? 12 : half != 0 ? 6 : 2;
        } else if (!quoted && c >= '0' && c <= '9') {
            const std::size_t begin = at;
            while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
            const bool whole = at == text.size() || std::string_view(".eE").find(text[at]) == std::string_view::npos;
            const std::size_t before =
                begin - (begin > 0 && (text[begin - 1] == '-' || text[begin - 1] == '+') ? 1 : 0);
            const bool first = before == 0 || std::string_view(".eE").find(text[before - 1]) == std::string_view::npos;
            if (at - begin > most_digits && c != '0' && first && whole) replace(begin, at - begin, "1e308");
        } else {
            if (c == '"') quoted = !quoted;
            ++at;
        }
    }
    return mended;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
