// The version with which Slips 1.1.20 and newer stamps every message.
//
// Mirrors publish() in slips_files/core/database/redis_db/database.py.
#pragma once

#include <string>
#include <string_view>

#include "slips/impl/wire/json_writer.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns what Slips 1.1.20 and newer publishes for `text`: an object with "version" last; for other text see stamp_text().
std::string stamped(std::string_view text, std::string_view version);

/// Returns `{"text": …, "version": …}`.
std::string stamp_text(std::string_view text, std::string_view version);

/// Returns what replaces the closing brace of an object that has members: `, "version": …}`.
std::string stamp_end(std::string_view version);

// ---------------------------------------------------------------------------------------------------------

inline std::string stamped(std::string_view text, std::string_view version) {
    if (!text.starts_with('{')) return stamp_text(text, version);
    std::string out(text.substr(0, text.rfind('}')));
    const std::string end = stamp_end(version);  // of a key that comes twice the last counts
    const bool has_members = out.find_first_not_of(" \t\r\n", 1) != std::string::npos;
    return out.append(end, has_members ? 0 : std::string_view(", ").size());
}

inline std::string stamp_text(std::string_view text, std::string_view version) {
    std::string json;
    ObjectWriter(json).text("text", text).text("version", version).end();
    return json;
}

inline std::string stamp_end(std::string_view version) {
    std::string end = ", \"version\": ";
    append_json(end, version);
    end += '}';
    return end;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
