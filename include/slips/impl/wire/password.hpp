// Reads the password of Redis from text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Returns true for the error with which a Redis without a password answers AUTH: the connection works without one.
constexpr bool wants_no_password(std::string_view error) {
    return error.starts_with("ERR") &&  // protected mode (DENIED) mentions that no password is set as well
           (error.find("without any password") != std::string_view::npos ||
            error.find("no password is set") != std::string_view::npos);  // before Redis 6
}

/// Returns true for errors with which a Redis that requires another password, or any, refuses a client.
constexpr bool is_about_password(std::string_view error) {
    return error.starts_with("NOAUTH") || error.starts_with("WRONGPASS") ||
           (error.starts_with("ERR") && error.find("password") != std::string_view::npos);
}

/// Returns the password in the text of a file: that of the line `requirepass <password>`, as in Slips' redis_auth.conf and
/// in Redis' configuration, otherwise the first line. Removes a byte order mark, the line's end and, after `requirepass`,
/// quotation marks.
inline std::string password_in(std::string_view text) {
    constexpr std::string_view mark = "\xef\xbb\xbf", directive = "requirepass";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    std::string_view first;
    for (bool is_first = true; !text.empty(); is_first = false) {
        std::string_view line = text.substr(0, text.find_first_of("\r\n"));
        text.remove_prefix(line.size() + (line.size() < text.size() ? 1 : 0));
        if (is_first) first = line;
        if (!line.starts_with(directive) || line.size() == directive.size()) continue;
        if (line[directive.size()] != ' ' && line[directive.size()] != '\t') continue;
        const std::size_t begin = line.find_first_not_of(" \t", directive.size());
        if (begin == std::string_view::npos) return {};
        line = line.substr(begin, line.find_last_not_of(" \t") - begin + 1);
        if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.front() == line.back())
            line = line.substr(1, line.size() - 2);
        return std::string(line);
    }
    return std::string(first);
}

}  // namespace slips::inline SLIPS_SDK_ABI
