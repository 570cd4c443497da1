// Config::parse(): from JSON to sections.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/config.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

inline ConfigValue config_value(const nlohmann::json& json) {
    using Kind = ConfigValue::Kind;
    ConfigValue value;
    value.json = wire::to_ascii(json);
    if (json.is_boolean()) {
        value.kind = Kind::boolean;
        value.boolean = json.get<bool>();
    } else if (json.is_number()) {
        value.kind = Kind::number;
        value.number = json.get<double>();
    } else if (json.is_string()) {
        value.kind = Kind::text;
        value.text = json.get<std::string>();
    } else if (json.is_array() &&
               std::all_of(json.begin(), json.end(), [](const auto& one) { return one.is_string(); })) {
        value.kind = Kind::list;
        for (const auto& one : json) value.list.push_back(one.get<std::string>());
    }
    return value;
}

}  // namespace detail

SLIPS_SDK_DECL std::optional<Config> Config::parse(std::string_view json, std::string& error, std::string source) {
    const auto parsed = wire::parse_value(json);
    if (!parsed.is_object()) {
        error = parsed.is_discarded() ? "it is not JSON" : "it is not a JSON object";
        return std::nullopt;
    }
    Config config;
    config.source_ = std::move(source);
    for (const auto& [section, keys] : parsed.items()) {
        auto& values = config.sections_[section];
        if (!keys.is_object() && !keys.is_null()) config.no_sections_[section] = wire::to_ascii(keys);
        if (!keys.is_object()) continue;
        for (const auto& [key, value] : keys.items())
            if (!value.is_null()) values[key] = detail::config_value(value);
    }
    return config;
}

SLIPS_SDK_DECL std::optional<Config> Config::from_launcher(std::string_view line, std::string& error,
                                                           std::string source) {
    const auto parsed = wire::parse_value(line);
    if (parsed.is_object() && parsed.contains("config") && parsed["config"].is_object())
        return parse(parsed["config"].dump(), error, std::move(source));
    error = parsed.is_discarded() ? "it is not JSON"
            : !parsed.is_object() ? "it is not a JSON object"
                                  : "it has no \"config\"";
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI
