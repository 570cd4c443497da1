// What Slips was configured with: sections of keys and values, from slips.yaml (current) or slips.conf (legacy).
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A value that is not what it was asked for as; what() names section and key.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Slips' configuration, as far as it is known: from the launcher, or from Slips' own file (config_file.hpp).
class Config {
public:
    Config() = default;

    /// Of {section: {key: value}} as JSON. Nothing: `error` says why. `source` is what a ConfigError names.
    static std::optional<Config> parse(std::string_view json, std::string& error,
                                       std::string source = "Slips' configuration");

    /// Of what the launcher tells first: {"config": {section: {key: value}}}.
    static std::optional<Config> from_launcher(std::string_view line, std::string& error);

    bool empty() const { return sections_.empty(); }  ///< nothing is known
    /// Is the key set?
    bool has(std::string_view section, std::string_view key) const { return find(section, key) != nullptr; }

    /// The value of a key, as T: bool, an integer, double, std::string, std::vector<std::string>. `fallback` where it is
    /// not set. slips.conf knows text only, so text that reads as T will do, for bool yes, no, true and false; and its
    /// keys have small letters only, in which a key is found, too. As a number `only_one_tw` is 9999999999, as in Slips.
    /// Throws ConfigError when it is something else.
    template <class T>
    T get(std::string_view section, std::string_view key, T fallback) const;
    /// The same of a text.
    std::string get(std::string_view section, std::string_view key, const char* fallback) const {
        return get<std::string>(section, key, fallback);
    }

    /// The width of a time window in seconds. Slips' own default is an hour; 9999999999 is a window that does not end.
    double time_window_width() const { return get("parameters", "time_window_width", 3600.0); }

    /// How many minutes Slips waits, when it stops, for modules that still receive messages. Mirrors
    /// wait_for_modules_to_finish() of Slips' config_parser.py: a number with or without "mins", 15 by default.
    double wait_for_modules_to_finish() const;

    /// Evidence types of which Slips wants none: a list in slips.yaml; in slips.conf words apart by blanks, which legacy
    /// takes with whatever comma stands behind them.
    std::vector<std::string> disabled_detections() const;

private:
    static bool read(const nlohmann::json& value, std::string& out);
    static bool read(const nlohmann::json& value, bool& out);
    static bool read(const nlohmann::json& value, double& out);
    static bool read(const nlohmann::json& value, std::vector<std::string>& out);
    template <std::integral Integer>
    static bool read(const nlohmann::json& value, Integer& out);

    template <class T>
    static constexpr const char* kind() {
        if constexpr (std::same_as<T, bool>) return "yes or no";
        else if constexpr (std::integral<T>) return "a whole number";
        else if constexpr (std::same_as<T, double>) return "a number";
        else if constexpr (std::same_as<T, std::string>) return "text";
        else return "a list of texts";
    }
    const nlohmann::json* find(std::string_view section, std::string_view key) const;

    nlohmann::json sections_ = nlohmann::json::object();
    std::string source_{};
};

// ---------------------------------------------------------------------------------------------------------

inline std::optional<Config> Config::parse(std::string_view json, std::string& error, std::string source) {
    Config config;
    config.source_ = std::move(source);
    config.sections_ = nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
    if (config.sections_.is_object()) return config;
    error = config.sections_.is_discarded() ? "it is no JSON" : "it is no JSON object";
    return std::nullopt;
}

inline std::optional<Config> Config::from_launcher(std::string_view line, std::string& error) {
    auto config = parse(line, error);
    if (!config) return config;
    nlohmann::json sections = config->sections_.value("config", nlohmann::json());
    if (sections.is_object()) {
        config->sections_ = std::move(sections);
        return config;
    }
    error = "it has no \"config\"";
    return std::nullopt;
}

inline const nlohmann::json* Config::find(std::string_view section, std::string_view key) const {
    const auto at = sections_.find(std::string(section));
    if (at == sections_.end() || !at->is_object()) return nullptr;
    auto value = at->find(std::string(key));
    if (value == at->end()) {
        std::string small(key);
        for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        value = at->find(small);
    }
    return value == at->end() || value->is_null() ? nullptr : &*value;
}

template <class T>
T Config::get(std::string_view section, std::string_view key, T fallback) const {
    const nlohmann::json* const value = find(section, key);
    if (!value) return fallback;
    T result{};
    if (read(*value, result)) return result;
    throw ConfigError(source_ + ": " + std::string(section) + "." + std::string(key) + " is " +
                      value->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + ", not " + kind<T>());
}

inline double Config::wait_for_modules_to_finish() const {
    constexpr double by_default = 15;
    const nlohmann::json* const value = find("parameters", "wait_for_modules_to_finish");
    double minutes = by_default;
    if (value && value->is_string()) {
        const std::string& text = value->get_ref<const std::string&>();
        minutes = parse_python_float(text.substr(0, text.find_first_of("ms"))).value_or(by_default);
    } else if (value && value->is_number()) {
        minutes = value->get<double>();
    }
    return minutes >= 0 ? minutes : by_default;
}

inline std::vector<std::string> Config::disabled_detections() const {
    const auto* value = find("DisabledAlerts", "disabled_detections");
    if (!value || !value->is_string()) return get("DisabledAlerts", "disabled_detections", std::vector<std::string>{});
    std::vector<std::string> words(1);
    for (const char c : value->get_ref<const std::string&>()) {
        if (c == '[' || c == ']') continue;
        if (!detail::is_python_space(c)) words.back() += c;
        else if (!words.back().empty()) words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

inline bool Config::read(const nlohmann::json& value, std::string& out) {
    if (!value.is_string()) return false;
    out = value.get_ref<const std::string&>();
    return true;
}

inline bool Config::read(const nlohmann::json& value, bool& out) {
    if (value.is_boolean()) {
        out = value.get<bool>();
        return true;
    }
    std::string text;
    if (!read(value, text)) return false;
    out = text == "yes" || text == "true" || text == "True";
    return out || text == "no" || text == "false" || text == "False";
}

inline bool Config::read(const nlohmann::json& value, double& out) {
    if (value.is_number()) {
        out = value.get<double>();
        return true;
    }
    std::string text;
    if (!read(value, text)) return false;
    const auto number = parse_python_float(text);
    // within what it is quoted with, which configparser leaves; mirrors read_configuration() and get_tw_width_in_seconds()
    if (!number && text.find("only_one_tw") == std::string::npos) return false;
    out = number.value_or(9999999999.0);
    return true;
}

template <std::integral Integer>
bool Config::read(const nlohmann::json& value, Integer& out) {
    double number = 0;
    if (value.is_boolean() || !read(value, number) || number != std::trunc(number)) return false;
    // 2^digits is a double without rounding, the largest Integer may be none
    constexpr double beyond = 2.0 * static_cast<double>(Integer{1} << (std::numeric_limits<Integer>::digits - 1));
    if (number < static_cast<double>(std::numeric_limits<Integer>::min()) || number >= beyond) return false;
    out = static_cast<Integer>(number);
    return true;
}

inline bool Config::read(const nlohmann::json& value, std::vector<std::string>& out) {
    if (!value.is_array()) return false;
    for (const auto& one : value) {
        if (!one.is_string()) return false;
        out.push_back(one.get<std::string>());
    }
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI
