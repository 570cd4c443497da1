// Escaping of text from the network, for log lines and descriptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "slips/detail/dialect.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Returns text from the network in a form that any description accepts: control characters, line breaks, characters that
/// are invisible or reverse the text, and one character of each of `detail::acting_words` become "\x0a"; quotation marks
/// become typographic ones. Without it an attacker could get evidence against him refused. Invalid UTF-8 is kept: the
/// encoder replaces it.
std::string printable(std::string_view text);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

constexpr unsigned byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// Returns the length of a prefix that needs no escaping anywhere: printable ASCII without quotation marks and
/// backslashes. Works on blocks of eight bytes, so up to seven more bytes may qualify.
inline std::size_t plain_start(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x8080808080808080;
    const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & high; };
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, 8);
        const std::uint64_t below_blank = (bytes - ones * 0x20) & ~bytes & high;
        if (below_blank | (bytes & high) | has_zero(bytes ^ ones * 0x7f) | has_zero(bytes ^ ones * '"') |
            has_zero(bytes ^ ones * '\'') | has_zero(bytes ^ ones * '\\'))
            break;
    }
    return at;
}

/// A UTF-8 character.
struct Character {
    std::uint32_t point = 0;  ///< Unicode code point
    std::size_t length = 0;   ///< bytes; 0: end of text or invalid UTF-8
};

/// Returns the character at `at`. Overlong forms, surrogates and values above U+10FFFF are invalid.
constexpr Character character_at(std::string_view text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    if (first < 0x80) return {first, at < text.size() ? std::size_t{1} : 0};
    if (first < 0xc2 || first >= 0xf5) return {};
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (at + length > text.size()) return {};
    std::uint32_t point = first & (length == 2 ? 0x1fU : length == 3 ? 0x0fU : 0x07U);
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned next = byte_at(text, at + i);
        if ((next & 0xc0U) != 0x80U) return {};
        point = point << 6 | (next & 0x3fU);
    }
    if (length == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return {};
    if (length == 4 && (point < 0x10000 || point > 0x10ffff)) return {};
    return {point, length};
}

/// Returns the length in bytes of the control character or line break (ASCII or Unicode) at `at`; 0 if there is none.
constexpr std::size_t control_at(std::string_view text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    if (first >= 0x20 && first < 0x7f) return 0;
    if (first < 0x20 || first == 0x7f) return 1;
    const unsigned second = byte_at(text, at + 1);
    if (first == 0xc2 && second >= 0x80 && second <= 0x9f) return 2;
    if (first == 0xe2 && second == 0x80 && (byte_at(text, at + 2) | 1U) == 0xa9) return 3;
    return 0;
}

/// Returns the length in bytes of the character at `at` if it is invisible or changes the direction of the text, so that
/// a reader would see a different name; otherwise 0.
constexpr std::size_t invisible_at(std::string_view text, std::size_t at) {
    if (byte_at(text, at) < 0xc2) return 0;
    const Character character = character_at(text, at);
    const std::uint32_t point = character.point;
    const bool invisible = point == 0xad || point == 0x61c || point == 0x180e || (point >= 0x200b && point <= 0x200f) ||
                           (point >= 0x202a && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
                           point == 0xfeff || (point >= 0xfff9 && point <= 0xfffb) ||
                           (point >= 0xe0000 && point <= 0xe007f);
    return invisible ? character.length : 0;
}

/// Returns the length in bytes of the character at `at` if Slips before 1.0.2 cannot write it to alerts.json, which it makes from
/// Python's repr() by replacing ' by "; otherwise 0. These are quotation marks and the characters that repr() escapes as
/// "\xa0", "\xad" or "\U000e0001": the no-break blank, the soft hyphen, and everything above U+FFFF except ranges that all
/// Python versions print.
constexpr std::size_t legacy_unquotable_at(std::string_view text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    const unsigned second = byte_at(text, at + 1);
    if (first == '"' || first == '\'') return 1;
    if (first == 0xc2 && (second == 0xa0 || second == 0xad)) return 2;
    if (first < 0xf0) return 0;
    const Character character = character_at(text, at);
    const std::uint32_t point = character.point;
    const bool printable = (point >= 0x1f300 && point <= 0x1f64f) || (point >= 0x20000 && point <= 0x2a6d6);
    return printable ? 0 : character.length;
}

/// A word that Slips treats as a command when it prints a text that contains it.
struct ActingWord {
    std::string_view word;
    Output output;  ///< what obeys it
};

/// The first ends the output process; the others send the line, and everything printed with it, elsewhere. Source:
/// slips_files/core/outputProcess.py (up to 1.0.7) and output.py (newer) of all releases.
inline constexpr ActingWord acting_words[] = {{"stop_process", Output::queue},
                                              {"log-only", Output::queue},
                                              {"initialize progress bar", Output::queue},
                                              {"update progress bar", Output::queue},
                                              {"analyzed IPs", Output::direct},
                                              {"Analyzed IPs", Output::capitalized}};

/// Returns the first word in a text that is a command for what prints it; empty if there is none.
constexpr std::string_view acting_word(std::string_view text, Output output) {
    for (const ActingWord& acting : acting_words)
        if (acting.output == output && text.find(acting.word) != std::string_view::npos) return acting.word;
    return {};
}

/// Appends each byte as an escape such as "\x0a".
inline void append_escaped(std::string& out, std::string_view bytes) {
    constexpr char hex[] = "0123456789abcdef";
    for (const char c : bytes) {
        out += "\\x";
        out += hex[static_cast<unsigned char>(c) >> 4];
        out += hex[static_cast<unsigned char>(c) & 0xf];
    }
}

/// Escapes one character of each command word of any release, as "\x5f".
inline void break_up_words(std::string& text) {
    for (const ActingWord& acting : acting_words) {
        const std::size_t gap = acting.word.find_first_of("_- ");
        for (std::size_t at = 0; (at = text.find(acting.word, at)) != std::string::npos; at += acting.word.size()) {
            std::string escaped;
            append_escaped(escaped, acting.word.substr(gap, 1));
            text.replace(at + gap, 1, escaped);
        }
    }
}

/// Returns a value for use in an error message, quoted and shortened: "'value'".
inline std::string shown(std::string_view value) {
    std::size_t most = 60;
    if (value.size() <= most) return "'" + printable(value) + "'";
    while (most > 0 && (byte_at(value, most) & 0xc0U) == 0x80U) --most;  // not within a character
    return "'" + printable(value.substr(0, most)) + "...'";
}

}  // namespace detail

inline std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        std::size_t bad = detail::control_at(text, at);
        if (bad == 0) bad = detail::invisible_at(text, at);
        if (bad == 0) bad = detail::legacy_unquotable_at(text, at);
        if (text[at] == '"') {
            out += "\xe2\x80\x9d";  // the right double quotation mark
        } else if (text[at] == '\'') {
            out += "\xe2\x80\x99";  // the right single one
        } else if (bad == 0) {
            out += text[at];
            bad = 1;
        } else {
            detail::append_escaped(out, text.substr(at, bad));
        }
        at += bad;
    }
    detail::break_up_words(out);  // last, since the last digit of an escape may start a word
    return out;
}

}  // namespace slips::inline SLIPS_SDK_ABI
