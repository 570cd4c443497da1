// What is wrong in the module's section of Slips' configuration.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slips/config.hpp"
#include "slips/detail/channel_names.hpp"
#include "slips/detail/number.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/module.hpp"
#include "slips/setting.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns a default or a limit as JSON. Each kind of setting has its own members.
inline std::string default_of(const SettingInfo& setting) {
    using Kind = SettingInfo::Kind;
    std::string json;
    switch (setting.kind) {
        case Kind::boolean: return setting.boolean ? "true" : "false";
        case Kind::integer: return std::to_string(setting.integer);
        case Kind::natural: return std::to_string(setting.natural);
        case Kind::number: append_python_repr(json, setting.number); break;
        case Kind::text: wire::append_json(json, setting.text); break;
    }
    return json;
}
inline std::string limit_of(SettingInfo::Kind kind, std::int64_t integer, std::uint64_t natural, double number) {
    using Kind = SettingInfo::Kind;
    if (kind == Kind::integer) return std::to_string(integer);
    if (kind == Kind::natural) return std::to_string(natural);
    std::string json;
    append_python_repr(json, number);
    return json;
}
inline std::string min_of(const SettingInfo& setting) {
    return limit_of(setting.kind, setting.integer_min, setting.natural_min, setting.number_min);
}
inline std::string max_of(const SettingInfo& setting) {
    return limit_of(setting.kind, setting.integer_max, setting.natural_max, setting.number_max);
}

/// Returns "a whole number from 1 to 1000".
inline std::string expected_of(const SettingInfo& setting) {
    constexpr const char* kinds[] = {"yes or no", "a whole number", "a number", "text", "a whole number"};
    std::string text = kinds[static_cast<std::size_t>(setting.kind)];
    if (setting.has_min && setting.has_max) text += " from " + min_of(setting) + " to " + max_of(setting);
    else if (setting.has_min) text += ", " + min_of(setting) + " or more";
    else if (setting.has_max) text += ", " + max_of(setting) + " or less";
    return text;
}

inline bool is_valid(const SettingInfo& setting, const Config& config, std::string_view section) {
    using Kind = SettingInfo::Kind;
    if (setting.kind == Kind::boolean) return config.try_get<bool>(section, setting.name).has_value();
    if (setting.kind == Kind::text) return config.try_get<std::string>(section, setting.name).has_value();
    if (setting.kind == Kind::number) {
        const auto number = config.try_get<double>(section, setting.name);
        return number && *number >= setting.number_min && *number <= setting.number_max;
    }
    if (setting.kind == Kind::natural) {
        const auto natural = config.try_get<std::uint64_t>(section, setting.name);
        return natural && *natural >= setting.natural_min && *natural <= setting.natural_max;
    }
    const auto integer = config.try_get<std::int64_t>(section, setting.name);
    return integer && *integer >= setting.integer_min && *integer <= setting.integer_max;
}

/// Returns whether a text is missing only because YAML and JSON read it as a number or a boolean.
inline bool lacks_quotes(const SettingInfo& setting, const Config& config, std::string_view section) {
    if (setting.kind != SettingInfo::Kind::text) return false;
    return config.try_get<double>(section, setting.name) || config.try_get<bool>(section, setting.name);
}

/// Returns a name in lower case, without '_' and '-'.
inline std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char c : name)
        if (c != '_' && c != '-') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return plain;
}

/// Returns whether `section` is meant for the module, under another name: it differs in case, '_' and '-' only, or little, and
/// holds one of the module's settings. The section of another module may have a similar name.
inline bool is_misspelt_section(const Config& config, std::string_view section, const ModuleInfo& info) {
    if (plain_name(section) == plain_name(info.name)) return true;
    if (difference(section, info.name) > 2) return false;
    const auto keys = config.keys(section);
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
        return info.settings.contains(key) && !config.has("DEFAULT", key);
    });
}

/// Returns a line if the module's section is none, or has another name.
inline std::vector<std::string> section_problems(const Config& config, const ModuleInfo& info) {
    constexpr std::size_t longest = 80;
    const std::string name(info.name);
    if (const std::string other = config.no_section(name); !other.empty())
        return {config.source() + ": " + name + " is " + other.substr(0, longest) +
                (other.size() > longest ? "..." : "") + ", not a section with settings; using the defaults"};
    const auto sections = config.sections();
    if (std::find(sections.begin(), sections.end(), name) != sections.end()) return {};
    for (const std::string& section : sections)
        if (is_misspelt_section(config, section, info))
            return {config.source() + ": the section " + printable(section) +
                    " is not used: that of this module is named " + name};
    return {};
}

/// Returns one line for each wrong value and each unknown key in the section of a module that declares settings, and one if
/// what may be meant for its section is none.
inline std::vector<std::string> setting_problems(const Config& config, const ModuleInfo& info) {
    const auto where = [&](std::string_view key) {  // a value is ASCII; a key may be any text
        constexpr std::size_t longest = 200;
        std::string text = config.where(info.name, key);
        if (text.size() > longest) text = text.substr(0, longest) + "...";
        const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
        return is_plain ? text : printable(text);
    };
    std::vector<std::string> lines = section_problems(config, info);
    std::vector<std::string_view> names;
    for (const SettingInfo& setting : info.settings) {
        names.push_back(setting.name);
        if (config.has(info.name, setting.name) && !is_valid(setting, config, info.name))
            lines.push_back(where(setting.name) + ", not " + expected_of(setting) +
                            (lacks_quotes(setting, config, info.name) ? "; write it in quotes" : "") + "; using " +
                            default_of(setting));
    }
    if (info.settings.empty()) return lines;
    for (const std::string& key : config.keys(info.name)) {
        if (info.settings.contains(key)) continue;
        if (config.has("DEFAULT", key)) continue;  // in slips.conf a key there is in every section
        const std::string_view close = closest_word(names, key);
        std::string known;
        for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
        lines.push_back(where(key) + ", but the module has no such setting; " +
                        (close.empty() ? "it has " + known : "did you mean " + std::string(close) + "?"));
    }
    return lines;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
