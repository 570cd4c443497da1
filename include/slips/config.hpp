// Config: the configuration of Slips, as sections of keys and values from slips.yaml (1.1 and newer) or slips.conf.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Thrown when a value cannot be read as the requested type; what() names the section and the key.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {

/// A value of the configuration. null counts as absent and is not stored.
struct ConfigValue {
    enum class Kind : std::uint8_t { boolean, number, text, list, other };
    Kind kind = Kind::other;  ///< which of the members below is set
    bool boolean = false;
    double number = 0;
    std::string text{};
    std::vector<std::string> list{};  ///< of texts; a list of anything else is `other`
    std::string json{};               ///< the value as JSON, for errors
};

}  // namespace detail

/// The configuration of Slips: sent by the launcher, or read from the file of Slips (impl/program/config_file.hpp).
class Config {
public:
    Config() = default;

    /// Parses {section: {key: value}} as JSON. Returns nullopt and sets `error` if it is not that. `source` is named by
    /// ConfigError.
    SLIPS_SDK_DECL static std::optional<Config> parse(std::string_view json, std::string& error,
                                                      std::string source = "Slips' configuration");

    /// Parses the first line of the launcher: {"config": {section: {key: value}}}.
    SLIPS_SDK_DECL static std::optional<Config> from_launcher(std::string_view line, std::string& error,
                                                              std::string source = "Slips' configuration");

    bool empty() const { return sections_.empty(); }  ///< true if nothing is known
    /// Returns whether the key is set.
    bool has(std::string_view section, std::string_view key) const { return find(section, key) != nullptr; }

    /// Returns the value of a key, or `fallback` if the key is not set. T: bool, an integer, double, std::string,
    /// std::vector<std::string>.
    ///
    /// slips.conf contains only text: text that reads as T is converted, for bool yes, no, true and false. Its keys are
    /// lower case; `key` is also looked up in lower case. As a number, `only_one_tw` is 9999999999, as in Slips.
    /// Throws ConfigError if the value is of another type.
    template <class T>
    T get(std::string_view section, std::string_view key, T fallback) const;
    /// Returns a text; see above.
    std::string get(std::string_view section, std::string_view key, const char* fallback) const {
        return get<std::string>(section, key, fallback);
    }

    /// Returns the value of a key, converted as by get(); nullopt if the key is not set or has another type.
    template <class T>
    std::optional<T> try_get(std::string_view section, std::string_view key) const;

    /// Returns the keys of a section, of slips.conf in lower case; empty if there is no such section.
    std::vector<std::string> keys(std::string_view section) const;

    /// Returns the names of all sections.
    std::vector<std::string> sections() const;

    /// Returns what a section is that holds no keys, as JSON, such as "5"; empty if it holds keys, is null or absent.
    std::string no_section(std::string_view section) const {
        const auto found = no_sections_.find(section);
        return found == no_sections_.end() ? std::string() : found->second;
    }

    const std::string& source() const { return source_; }  ///< the file, or what else it was read from

    /// Returns where a value comes from and what it is, for error messages: "/etc/slips.yaml: scan_counter.many is \"x\"". Without
    /// the value if the key is not set.
    std::string where(std::string_view section, std::string_view key) const;

    /// Returns the width of a time window in seconds. The default of Slips is 3600; 9999999999 is a window without end.
    double time_window_width() const { return get("parameters", "time_window_width", 3600.0); }

    /// Returns how many minutes Slips waits, when it stops, for modules that still receive messages. Mirrors
    /// wait_for_modules_to_finish() of Slips' config_parser.py: a number with or without "mins", 15 by default.
    double wait_for_modules_to_finish() const;

    /// Returns the evidence types that Slips ignores. slips.yaml holds a list; slips.conf holds words separated by blanks,
    /// of which legacy Slips keeps a trailing comma.
    std::vector<std::string> disabled_detections() const;

private:
    using Value = detail::ConfigValue;

    static bool read(const Value& value, std::string& out);
    static bool read(const Value& value, bool& out);
    static bool read(const Value& value, double& out);
    static bool read(const Value& value, std::vector<std::string>& out);
    template <std::integral Integer>
    static bool read(const Value& value, Integer& out);

    template <class T>
    static constexpr const char* kind() {
        if constexpr (std::same_as<T, bool>) return "yes or no";
        else if constexpr (std::integral<T>) return "a whole number";
        else if constexpr (std::same_as<T, double>) return "a number";
        else if constexpr (std::same_as<T, std::string>) return "text";
        else return "a list of texts";
    }
    const Value* find(std::string_view section, std::string_view key) const;

    std::map<std::string, std::map<std::string, Value, std::less<>>, std::less<>> sections_{};
    std::map<std::string, std::string, std::less<>> no_sections_{};  ///< see no_section()
    std::string source_{};
};

// ---------------------------------------------------------------------------------------------------------

inline const detail::ConfigValue* Config::find(std::string_view section, std::string_view key) const {
    const auto keys = sections_.find(section);
    if (keys == sections_.end()) return nullptr;
    auto value = keys->second.find(key);
    if (value == keys->second.end()) {
        std::string lower(key);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        value = keys->second.find(lower);
    }
    return value == keys->second.end() ? nullptr : &value->second;
}

template <class T>
T Config::get(std::string_view section, std::string_view key, T fallback) const {
    const Value* const value = find(section, key);
    if (!value) return fallback;
    T result{};
    if (read(*value, result)) return result;
    throw ConfigError(where(section, key) + ", not " + kind<T>());
}

template <class T>
std::optional<T> Config::try_get(std::string_view section, std::string_view key) const {
    const Value* const value = find(section, key);
    std::optional<T> result;
    if (value && !read(*value, result.emplace())) result.reset();
    return result;
}

inline std::vector<std::string> Config::keys(std::string_view section) const {
    std::vector<std::string> names;
    const auto found = sections_.find(section);
    if (found == sections_.end()) return names;
    for (const auto& [key, value] : found->second) names.push_back(key);
    return names;
}

inline std::vector<std::string> Config::sections() const {
    std::vector<std::string> names;
    for (const auto& [name, keys] : sections_) names.push_back(name);
    return names;
}

inline std::string Config::where(std::string_view section, std::string_view key) const {
    std::string text = source_ + ": " + std::string(section) + "." + std::string(key);
    if (const Value* const value = find(section, key)) text += " is " + value->json;
    return text;
}

inline double Config::wait_for_modules_to_finish() const {
    constexpr double by_default = 15;
    const Value* const value = find("parameters", "wait_for_modules_to_finish");
    double minutes = by_default;
    if (value && value->kind == Value::Kind::text)
        minutes = parse_python_float(value->text.substr(0, value->text.find_first_of("ms"))).value_or(by_default);
    else if (value && value->kind == Value::Kind::number) minutes = value->number;
    return minutes >= 0 ? minutes : by_default;
}

inline std::vector<std::string> Config::disabled_detections() const {
    const Value* const value = find("DisabledAlerts", "disabled_detections");
    if (!value || value->kind != Value::Kind::text)
        return get("DisabledAlerts", "disabled_detections", std::vector<std::string>{});
    std::vector<std::string> words(1);
    for (const char c : value->text) {
        if (c == '[' || c == ']') continue;
        if (!detail::is_python_space(c)) words.back() += c;
        else if (!words.back().empty()) words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

inline bool Config::read(const Value& value, std::string& out) {
    if (value.kind != Value::Kind::text) return false;
    out = value.text;
    return true;
}

inline bool Config::read(const Value& value, bool& out) {
    if (value.kind == Value::Kind::boolean) {
        out = value.boolean;
        return true;
    }
    if (value.kind != Value::Kind::text) return false;
    const std::string& text = value.text;
    out = text == "yes" || text == "true" || text == "True";
    return out || text == "no" || text == "false" || text == "False";
}

inline bool Config::read(const Value& value, double& out) {
    if (value.kind == Value::Kind::number) {
        out = value.number;
        return true;
    }
    if (value.kind != Value::Kind::text) return false;
    const auto number = parse_python_float(value.text);
    // configparser leaves quotation marks; mirrors read_configuration() and get_tw_width_in_seconds()
    if (!number && value.text.find("only_one_tw") == std::string::npos) return false;
    out = number.value_or(9999999999.0);
    return true;
}

template <std::integral Integer>
bool Config::read(const Value& value, Integer& out) {
    // exactly, if it is written as a whole number; a double has 53 bits
    const std::string& digits = value.kind == Value::Kind::number ? value.json : value.text;
    const bool is_scalar = value.kind == Value::Kind::number || value.kind == Value::Kind::text;
    Integer exact = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
    if (is_scalar && !digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
        out = exact;
        return true;
    }
    double number = 0;
    if (!read(value, number) || number != std::trunc(number)) return false;
    // 2^digits is a double without rounding, the largest Integer may not be one
    constexpr double beyond = 2.0 * static_cast<double>(Integer{1} << (std::numeric_limits<Integer>::digits - 1));
    if (number < static_cast<double>(std::numeric_limits<Integer>::min()) || number >= beyond) return false;
    out = static_cast<Integer>(number);
    return true;
}

inline bool Config::read(const Value& value, std::vector<std::string>& out) {
    if (value.kind != Value::Kind::list) return false;
    out = value.list;
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI
