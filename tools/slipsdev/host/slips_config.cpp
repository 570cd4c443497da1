#include "slipsdev/host/slips_config.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "slips/impl/program/slips_conf.hpp"
#include "slips/impl/program/slips_folder.hpp"
#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Reads a slips.yaml line by line.
class YamlSections {
public:
    explicit YamlSections(const std::string& file) : file_(file) {}

    Json read(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            ++line_;
            add(without_comment(text.substr(0, end)));
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        }
        return std::move(sections_);
    }

private:
    [[noreturn]] void refuse(const std::string& what) const {
        throw UsageError("--config " + file_ + ": line " + std::to_string(line_) + ": " + what);
    }
    [[noreturn]] void refuse_form() const {
        refuse("slipsdev reads sections of `key: value` and lists only; write the file as JSON for more");
    }

    static std::string_view without_comment(std::string_view line) {
        char quote = '\0';
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            const char next = at + 1 < line.size() ? line[at + 1] : '\0';
            const char before = at == 0 ? ' ' : line[at - 1];
            if (quote == '\0') {
                if (c == '#' && is_blank(before)) return line.substr(0, at);
                if ((c == '"' || c == '\'') && (is_blank(before) || before == '[' || before == ',')) quote = c;
            } else if ((quote == '"' && c == '\\') || (quote == '\'' && c == '\'' && next == '\'')) {
                ++at;  // an escaped character
            } else if (c == quote) {
                quote = '\0';
            }
        }
        return line;
    }

    void add(std::string_view line) {
        const std::string_view words = trimmed(line);
        if (words.empty() || words == "---") return;
        const auto indent = static_cast<std::size_t>(words.data() - line.data());
        if (line.substr(0, indent).find('\t') != std::string_view::npos)
            refuse("YAML does not allow tabs for indentation");
        if (open_ && indent >= key_indent_ && (words == "-" || words.starts_with("- "))) {
            if (!open_->is_array()) *open_ = Json::array();
            open_->push_back(value(trimmed(words.substr(1)), false));
            return;
        }
        open_ = nullptr;
        const std::size_t colon = words.find(':');
        if (colon == std::string_view::npos || colon == 0 || (colon + 1 < words.size() && !is_blank(words[colon + 1])))
            refuse_form();
        const std::string name(trimmed(words.substr(0, colon)));
        if (name.find_first_of("\"'{}[]&*!|>%@`?,") != std::string::npos) refuse_form();
        const std::string_view rest = trimmed(words.substr(colon + 1));
        if (indent == 0) {
            if (sections_.contains(name)) refuse("section " + name + " occurs twice");
            section_ = nullptr;
            key_indent_ = 0;
            if (!rest.empty() && rest != "{}") value(rest, true);  // Slips has no values outside sections
            else sections_[name] = Json::object();
            section_ = rest.empty() ? &sections_[name] : nullptr;
            return;
        }
        if (section_ == nullptr) refuse_form();
        if (key_indent_ == 0) key_indent_ = indent;
        if (indent != key_indent_) refuse_form();
        if (section_->contains(name)) refuse("key " + name + " occurs twice");
        Json& member = (*section_)[name] = rest.empty() ? Json() : value(rest, true);
        if (rest.empty()) open_ = &member;
    }

    Json value(std::string_view text, bool may_be_list) const {
        if (may_be_list && text.starts_with('[')) {
            if (!text.ends_with(']')) refuse_form();
            return list(text.substr(1, text.size() - 2));
        }
        if (text.starts_with('"')) {
            std::string why;
            auto json = parse_json(text, why);
            if (!json || !json->is_string()) refuse_form();
            return std::move(*json);
        }
        if (text.starts_with('\'')) return quoted(text);
        if (text.find_first_of("{}[]&*!|>%@`?") == 0 || text.find(": ") != std::string_view::npos) refuse_form();
        return plain(std::string(text));
    }

    Json quoted(std::string_view text) const {
        std::string out;
        if (text.size() < 2 || !text.ends_with('\'')) refuse_form();
        text = text.substr(1, text.size() - 2);
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\'' && (at + 1 == text.size() || text[++at] != '\'')) refuse_form();
            out += text[at];
        }
        return out;
    }

    Json list(std::string_view text) const {
        Json all = Json::array();
        text = trimmed(text);
        while (!text.empty()) {
            const char quote = text.front() == '"' || text.front() == '\'' ? text.front() : '\0';
            const std::size_t from = quote == '\0' ? 0 : text.find(quote, 1);
            const std::size_t comma = from == std::string_view::npos ? from : text.find(',', from);
            all.push_back(value(trimmed(text.substr(0, comma)), false));
            text = comma == std::string_view::npos ? std::string_view() : trimmed(text.substr(comma + 1));
        }
        return all;
    }

    /// Mirrors PyYAML, octal and other rare forms aside.
    Json plain(const std::string& text) const {
        std::string lower = text;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
        if (lower == "yes" || lower == "true" || lower == "on") return true;
        if (lower == "no" || lower == "false" || lower == "off") return false;
        if (lower.empty() || lower == "~" || lower == "null") return Json();
        const bool is_number = text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
                               text.find_first_of("0123456789") != std::string::npos;
        if (!is_number) return text;
        const std::size_t first = text.find_first_not_of("+-");
        const bool is_octal = text[first] == '0' && first + 1 < text.size() && text[first + 1] != '.';
        if (is_octal) refuse("write " + text + " without leading zeros, or in quotation marks");
        if (const auto number = python_int(text)) return *number;
        const bool has_point = text.find('.') != std::string::npos;  // without one PyYAML reads text
        if (const auto number = python_float(text); number && has_point) return *number;
        return text;
    }

    const std::string& file_;
    std::size_t line_ = 0;
    Json sections_ = Json::object();
    Json* section_ = nullptr;
    std::size_t key_indent_ = 0;
    Json* open_ = nullptr;  ///< of a key without a value: list items may follow
};

std::string contents_of(const std::string& file) {
    std::string problem;
    const auto text = slips::detail::read_small_file(std::filesystem::path(file), problem);
    if (!text) throw UsageError("--config " + file + ": " + (problem.empty() ? "it does not exist" : problem));
    return *text;
}

Json conf_sections(const std::string& text, const std::string& file) {
    std::string problem;
    const auto json = slips::detail::slips_conf_to_json(text, problem);
    if (!json) throw UsageError("--config " + file + ": " + problem);
    return Json::parse(*json);
}

/// Returns the width in the configuration; nullopt if it has none.
std::optional<double> width_of(const Json& sections, const std::string& file) {
    const Json* const parameters = find_member(sections, "parameters");
    const Json* const width = parameters != nullptr ? find_member(*parameters, "time_window_width") : nullptr;
    if (width == nullptr || width->is_null()) return std::nullopt;
    std::optional<double> seconds;
    if (width->is_number()) seconds = width->get<double>();
    else if (width->is_string()) seconds = width_named(width->get<std::string>());
    if (!seconds || !(*seconds > 0) || *seconds > only_one_window)
        throw UsageError("--config " + file + ": parameters.time_window_width is " + to_python_json(*width) +
                         ", not a positive number of seconds or only_one_tw");
    return seconds;
}

}  // namespace

Json read_yaml_sections(std::string_view text, const std::string& file) {
    if (!trimmed(text.substr(0, text.find('\n'))).starts_with('{')) return YamlSections(file).read(text);
    std::string why;
    const auto json = parse_json(text, why);
    if (!json || !json->is_object())
        throw UsageError("--config " + file + ": " + (json ? "it is not a JSON object" : why));
    Json sections = Json::object();  // Slips has no values outside sections
    for (const auto& [name, section] : json->items())
        if (section.is_object()) sections[name] = section;
    return sections;
}

PlayOptions with_config(PlayOptions options) {
    if (options.config.empty()) return options;
    const Release release = options.release();
    const std::string text = contents_of(options.config);
    const bool is_conf = release.folder.config.ends_with(".conf");
    if (is_conf != options.config.ends_with(".conf"))
        throw UsageError("--config " + options.config + ": Slips " + release.text + " reads " +
                         std::string(release.folder.config) + "; give a file whose name " +
                         (is_conf ? "ends in .conf" : "does not end in .conf"));
    options.sections = is_conf ? conf_sections(text, options.config) : read_yaml_sections(text, options.config);
    const auto width = width_of(options.sections, options.config);
    if (width && options.has_width && *width != options.window_width)
        throw UsageError("--width " + width_text(options.window_width) + " contradicts --config " + options.config +
                         ", in which parameters.time_window_width is " + width_text(*width) + "; leave out --width");
    if (width) options.window_width = *width;
    return options;
}

}  // namespace slipsdev
