// Values of nlohmann_json: parsing, reading without exceptions, writing as plain ASCII. All parsing goes through here, so
// that the parser is instantiated once.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Parses JSON text; is_discarded() if it is not JSON.
inline nlohmann::json parse_value(std::string_view text) {
    return nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
}

/// Returns the text under `key`, or nullptr if `value` is not an object or holds no text there.
inline const std::string* find_text(const nlohmann::json& value, const char* key) {
    if (!value.is_object()) return nullptr;
    const auto at = value.find(key);
    return at != value.end() ? at->get_ptr<const std::string*>() : nullptr;
}

/// Returns the text under `key`; an empty one if there is none.
inline std::string text_of(const nlohmann::json& value, const char* key) {
    const std::string* const text = find_text(value, key);
    return text ? *text : std::string();
}

/// Returns `value` as JSON in plain ASCII, with U+FFFD for bytes that are not UTF-8. Recursive: see too_deep().
inline std::string to_ascii(const nlohmann::json& value) {
    return value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
