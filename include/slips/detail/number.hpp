// Floating-point numbers as text, formatted and parsed as in Python, independent of the locale.
//
// Slips stores numbers as Python's repr() of a float and reads them with float().
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Returns Python's repr() of a float: the shortest text that reads back as the same number, always with a point or an
/// exponent: "1.0", "0.1", "1e+16", "1e-05", "nan", "inf", "-inf".
std::string python_repr(double value);

/// Appends python_repr(value) to `out`.
void append_python_repr(std::string& out, double value);

/// Parses like Python's float(text), finite numbers only: surrounding blanks are allowed, "1_000" is 1000. Returns nullopt
/// for other text, "nan", "inf", numbers too large for a double, and more than 400 characters.
std::optional<double> parse_python_float(std::string_view text);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns whether Python's str.strip() and regular expressions treat it as a blank; ASCII only.
constexpr bool is_python_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }

/// Python's str.strip(), ASCII only.
constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_python_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_python_space(text.back())) text.remove_suffix(1);
    return text;
}

/// Returns the decimal point of the process's locale, which printf and strtod use and a module may have set.
inline std::string_view locale_point(char (&buffer)[16]) {
    const int written = std::snprintf(buffer, sizeof buffer, "%.1f", 0.5);
    return written > 2 ? std::string_view(buffer, static_cast<std::size_t>(written))
                             .substr(1, static_cast<std::size_t>(written) - 2)
                       : std::string_view(".");
}

/// Calls strtod on a clean decimal number (see parse_python_float) with the locale's decimal point.
inline double strtod_portable(std::string_view number) {
    char buffer[16];
    std::string copy(number);
    if (const auto at = copy.find('.'); at != std::string::npos) copy.replace(at, 1, locale_point(buffer));
    return std::strtod(copy.c_str(), nullptr);
}

/// Writes "d.ddde±xx" with the fewest digits that read back as `value`; finite values only. Same as std::to_chars.
inline std::size_t shortest_portable(char* out, std::size_t room, double value) {
    char buffer[16];
    const std::string_view point = locale_point(buffer);
    int written = 0;
    for (int digits = 0; digits <= 16; ++digits) {
        written = std::snprintf(out, room, "%.*e", digits, value);
        if (std::strtod(out, nullptr) == value) break;
    }
    std::string_view text(out, static_cast<std::size_t>(written));
    const auto at = text.find(point);
    if (at == std::string_view::npos || point == ".") return text.size();
    std::string clean(text);
    clean.replace(at, point.size(), ".");
    clean.copy(out, clean.size());
    return clean.size();
}

inline std::size_t shortest_scientific(char* out, std::size_t room, double value) {
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
    const auto [end, error] = std::to_chars(out, out + room, value, std::chars_format::scientific);
    if (error == std::errc{}) return static_cast<std::size_t>(end - out);
#endif
    return shortest_portable(out, room, value);
}

}  // namespace detail

inline void append_python_repr(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "nan";
        return;
    }
    if (std::signbit(value)) out += '-';
    if (std::isinf(value)) {
        out += "inf";
        return;
    }
    char text[40];
    const std::size_t length = detail::shortest_scientific(text, sizeof text, std::fabs(value));
    // split "d.ddde±xx" into its digits and its exponent
    char digits[24];
    std::size_t count = 0;
    std::size_t at = 0;
    for (; at < length && text[at] != 'e'; ++at) {
        if (detail::is_digit(text[at]) && count < sizeof digits) digits[count++] = text[at];
    }
    int exponent = 0;
    const bool small = at + 1 < length && text[at + 1] == '-';
    for (at += 2; at < length; ++at) exponent = exponent * 10 + (text[at] - '0');
    if (small) exponent = -exponent;

    if (exponent < -4 || exponent >= 16) {
        out += digits[0];
        if (count > 1) out.append(".").append(digits + 1, count - 1);
        out += exponent < 0 ? "e-" : "e+";
        const int size = exponent < 0 ? -exponent : exponent;
        if (size >= 100) out += static_cast<char>('0' + size / 100);
        out += static_cast<char>('0' + size / 10 % 10);
        out += static_cast<char>('0' + size % 10);
    } else if (exponent < 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-exponent - 1), '0').append(digits, count);
    } else {
        const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
        if (count <= whole) {
            out.append(digits, count).append(whole - count, '0').append(".0");
        } else {
            out.append(digits, whole).append(".").append(digits + whole, count - whole);
        }
    }
}

inline std::string python_repr(double value) {
    std::string out;
    append_python_repr(out, value);
    return out;
}

inline std::optional<double> parse_python_float(std::string_view text) {
    text = detail::trimmed(text);
    if (text.empty() || text.size() > 400) return std::nullopt;
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') text.remove_prefix(1);

    // from_chars and strtod accept different texts (hexadecimal, "inf"), so only validated text reaches them.
    char clean[400];
    std::size_t length = 0;
    std::size_t at = 0;
    const auto take_digits = [&] {  // Python allows one underscore between two digits
        const std::size_t before = length;
        while (at < text.size()) {
            if (detail::is_digit(text[at])) {
                clean[length++] = text[at++];
            } else if (text[at] == '_' && length > before && at + 1 < text.size() && detail::is_digit(text[at + 1])) {
                ++at;
            } else {
                break;
            }
        }
        return length - before;
    };
    std::size_t digits = take_digits();
    if (at < text.size() && text[at] == '.') {
        clean[length++] = text[at++];
        digits += take_digits();
    }
    if (digits == 0) return std::nullopt;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        clean[length++] = text[at++];
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) clean[length++] = text[at++];
        if (take_digits() == 0) return std::nullopt;
    }
    if (at != text.size()) return std::nullopt;

    double value = 0;
    bool done = false;
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
    const auto [end, error] = std::from_chars(clean, clean + length, value);
    done = error == std::errc{} && end == clean + length;
#endif
    // also if from_chars returns "out of range", which covers both too large and too small (0 in Python)
    if (!done) value = detail::strtod_portable({clean, length});
    if (!std::isfinite(value)) return std::nullopt;
    return negative ? -value : value;
}

}  // namespace slips::inline SLIPS_SDK_ABI
