// JSON as a tree, for what has no fixed form. One place that parses and writes it, so that nlohmann's parser is compiled once.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Parses a text. Returns a discarded value (is_discarded()) if it is not JSON.
inline nlohmann::json parse_json(std::string_view text) {
    return nlohmann::json::parse(text.data(), text.data() + text.size(), nullptr, false);
}

/// Returns a value as JSON in ASCII, on one line.
inline std::string json_text(const nlohmann::json& value) {
    return value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
