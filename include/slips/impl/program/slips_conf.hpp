// Reads slips.conf, the configuration file of Slips before 1.1.
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

/// Converts the text of a slips.conf to JSON, {section: {key: text}}, in the form that the launcher sends. Follows Python's
/// ConfigParser(interpolation=None), with which Slips reads it: keys become lower case; a value continues in lines that are
/// indented deeper than its key; comments have their own lines; keys of [DEFAULT] appear in every section. (Unlike Python,
/// it handles case and blanks in ASCII only, and accepts invalid UTF-8.) If the text is invalid, so that Slips would not
/// start with it either, returns nullopt and sets `error` to line and reason.
std::optional<std::string> slips_conf_to_json(std::string_view text, std::string& error);

// ---------------------------------------------------------------------------------------------------------

class SlipsConf {
public:
    /// Returns the first error in the text; empty if there is none.
    std::string read(std::string_view text);
    std::string json() const;

private:
    using Keys = std::map<std::string, std::string, std::less<>>;

    static std::string_view next_line(std::string_view& text);
    std::string open(std::string_view name);
    std::string set(std::string_view line);

    static constexpr std::string_view defaults = "DEFAULT";
    std::map<std::string, Keys, std::less<>> sections_{{std::string(defaults), {}}};
    std::pair<const std::string, Keys>* section_ = nullptr;  ///< the current section
    std::string* value_ = nullptr;                           ///< the value that the next line may continue
};

inline std::optional<std::string> slips_conf_to_json(std::string_view text, std::string& error) {
    SlipsConf conf;
    error = conf.read(text);
    if (!error.empty()) return std::nullopt;
    return conf.json();
}

/// Accepts all line ends that Python accepts in text files.
inline std::string_view SlipsConf::next_line(std::string_view& text) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos) text = {};
    else text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    return line;
}

inline std::string SlipsConf::read(std::string_view text) {
    std::size_t indentation = 0;  // of the previous key or section
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
    if (!is_new && name != defaults) return "section [" + std::string(name) + "] occurs twice";
    section_ = &*at;
    value_ = nullptr;
    return {};
}

inline std::string SlipsConf::set(std::string_view line) {
    if (!section_) return "it precedes the first [section]";
    const std::size_t sign = line.find_first_of("=:");
    std::string key(trimmed(line.substr(0, sign)));
    if (sign == std::string_view::npos || key.empty()) return "it is neither a [section] nor key = value";
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto [at, is_new] = section_->second.try_emplace(key, trimmed(line.substr(sign + 1)));
    if (!is_new) return "key " + key + " occurs twice in section [" + section_->first + "]";
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
            std::string_view text = value;  // without trailing empty lines
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
