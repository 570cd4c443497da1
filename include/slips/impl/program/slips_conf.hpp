// slips.conf, the file that legacy Slips is configured with.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/number.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// The text of a slips.conf as JSON, {section: {key: text}}, as the launcher tells it: what Python's
/// ConfigParser(interpolation=None), by which Slips reads it, makes of it. Keys have small letters; a value goes on in the
/// lines that are indented deeper than its key; a comment has a line of its own; what stands in [DEFAULT] stands in every
/// section. (Unlike Python it knows small letters and blanks of ASCII only, and takes bytes that are no UTF-8.)
/// Nothing: Slips would not start with it either, and `error` says in which line, and what is wrong.
std::optional<std::string> slips_conf_to_json(std::string_view text, std::string& error);

// ---------------------------------------------------------------------------------------------------------

class SlipsConf {
public:
    /// What is wrong with the text; empty: nothing.
    std::string read(std::string_view text);
    std::string json() const;

private:
    using Keys = std::map<std::string, std::string, std::less<>>;

    static std::string_view next_line(std::string_view& text);
    std::string open(std::string_view name);
    std::string set(std::string_view line);

    static constexpr std::string_view defaults = "DEFAULT";
    std::map<std::string, Keys, std::less<>> sections_{{std::string(defaults), {}}};
    std::pair<const std::string, Keys>* section_ = nullptr;  ///< the one that is read
    std::string* value_ = nullptr;                           ///< the one that may go on
};

inline std::optional<std::string> slips_conf_to_json(std::string_view text, std::string& error) {
    SlipsConf conf;
    error = conf.read(text);
    if (!error.empty()) return std::nullopt;
    return conf.json();
}

/// As a file that Python opens as text: it may end its lines as others do.
inline std::string_view SlipsConf::next_line(std::string_view& text) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos) text = {};
    else text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    return line;
}

inline std::string SlipsConf::read(std::string_view text) {
    std::size_t indentation = 0;  // of the last key or section
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = next_line(text);
        const std::string_view content = trimmed(line);
        if (content.empty()) {
            if (value_) *value_ += '\n';
            continue;
        }
        if (content.front() == '#' || content.front() == ';') continue;
        const auto indented = static_cast<std::size_t>(content.data() - line.data());
        if (value_ && indented > indentation) {
            (*value_ += '\n') += content;
            continue;
        }
        indentation = indented;
        const std::size_t bracket = content.front() == '[' ? content.rfind(']') : std::string_view::npos;
        const bool is_section = bracket != std::string_view::npos && bracket > 1;
        const std::string wrong = is_section ? open(content.substr(1, bracket - 1)) : set(content);
        if (!wrong.empty()) return "line " + std::to_string(number) + ": " + wrong;
    }
    return {};
}

inline std::string SlipsConf::open(std::string_view name) {
    const auto [at, is_new] = sections_.try_emplace(std::string(name));
    if (!is_new && name != defaults) return "there is a section [" + std::string(name) + "] already";
    section_ = &*at;
    value_ = nullptr;
    return {};
}

inline std::string SlipsConf::set(std::string_view line) {
    if (!section_) return "it stands before the first [section]";
    const std::size_t sign = line.find_first_of("=:");
    std::string key(trimmed(line.substr(0, sign)));
    if (sign == std::string_view::npos || key.empty()) return "it is neither a [section] nor key = value";
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto [at, is_new] = section_->second.try_emplace(key, trimmed(line.substr(sign + 1)));
    if (!is_new) return "there is a key " + key + " in section [" + section_->first + "] already";
    value_ = &at->second;
    return {};
}

inline std::string SlipsConf::json() const {
    const Keys& everywhere = sections_.find(defaults)->second;
    std::string out;
    wire::ObjectWriter all(out);
    for (const auto& [name, own] : sections_) {
        Keys keys = own;
        keys.insert(everywhere.begin(), everywhere.end());
        std::string section;
        wire::ObjectWriter writer(section);
        for (const auto& [key, value] : keys) {
            std::string_view text = value;  // without the empty lines behind it
            while (!text.empty() && is_python_space(text.back())) text.remove_suffix(1);
            writer.text(key, text);
        }
        writer.end();
        all.raw(name, section);
    }
    all.end();
    return out;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
