// Reads slips.yaml, the configuration file of Slips 1.1 and newer. Requires slips::yaml, which links yaml-cpp.
#pragma once

#ifndef SLIPS_SDK_YAML
#error "slips: this header requires slips::yaml; write target_link_libraries(<module> PRIVATE slips::yaml)"
#endif

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Converts the text of a slips.yaml to JSON, {section: {key: value}}, in the form that the launcher sends. Follows PyYAML's
/// yaml.safe_load(), with which Slips reads it: quoted text stays text; without quotes yes, no, on, off, true and false are
/// booleans, integers and decimals are numbers, ~ and null are null. (Unlike in Python, dates, 12:30, .inf and .nan stay
/// text, and << is not merged.) If the text is invalid, returns nullopt and sets `error` to line, section, key and reason.
std::optional<std::string> slips_yaml_to_json(std::string_view text, std::string& error);

// ---------------------------------------------------------------------------------------------------------

/// Appends an unquoted scalar to `out`, interpreted as YAML 1.1 like in PyYAML.
inline void append_plain_scalar(std::string& out, const std::string& text) {
    static constexpr std::string_view yes[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
    static constexpr std::string_view no[] = {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
    static const std::regex whole("[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)");
    static const std::regex decimal("[-+]?[0-9][0-9_]*\\.[0-9_]*([eE][-+][0-9]+)?|\\.[0-9][0-9_]*([eE][-+][0-9]+)?");
    for (const auto word : yes)
        if (text == word) return void(out += "true");
    for (const auto word : no)
        if (text == word) return void(out += "false");
    if (text.size() > 60) return wire::append_json(out, text);  // too long for a number
    std::string digits;                                         // with the sign
    for (const char c : text)
        if (c != '_' && (c != '+' || !digits.empty())) digits += c;
    if (std::regex_match(text, decimal)) {
        if (const auto number = parse_python_float(digits)) return append_python_repr(out, *number);
    } else if (std::regex_match(text, whole)) {
        const std::size_t sign = digits.front() == '-' ? 1 : 0;
        const char second = digits.size() > sign + 1 ? digits[sign + 1] : '\0';
        if (digits[sign] != '0' || second == '\0') return void(out += digits);
        const int base = second == 'x' ? 16 : second == 'b' ? 2 : 8;
        digits.erase(sign, base == 8 ? 1 : 2);
        std::int64_t number = 0;
        const char* const end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, number, base);
        if (read.ec == std::errc() && read.ptr == end) return void(out += std::to_string(number));
    }
    wire::append_json(out, text);
}

class SlipsYaml {
public:
    std::string json(const YAML::Node& document) {
        if (!document.IsMap()) throw wrong(document, "", "it is not a mapping of sections");
        std::string out;
        wire::ObjectWriter sections(out);
        each(document, "", [&](const std::string& name, const YAML::Node& section) {
            if (section.IsMap()) sections.raw(name, value(section, name, 1));  // values outside sections are ignored
        });
        sections.end();
        return out;
    }

private:
    static std::runtime_error wrong(const YAML::Node& node, const std::string& where, const std::string& what) {
        return std::runtime_error("line " + std::to_string(node.Mark().line + 1) + (where.empty() ? "" : ", " + where) +
                                  ": " + what);
    }

    template <class Function>
    static void each(const YAML::Node& map, const std::string& where, Function&& call) {
        for (const auto& entry : map) {
            if (!entry.first.IsScalar()) throw wrong(map, where, "a key is not text");
            call(entry.first.Scalar(), entry.second);
        }
    }

    /// Limits number, size and depth of values: aliases may make a node contain itself, or a small file large.
    std::string value(const YAML::Node& node, const std::string& where, int depth) {
        constexpr std::size_t most = 100'000;
        constexpr std::size_t most_bytes = 4'000'000;
        constexpr int deepest = 20;
        const std::string& tag = node.Tag();  // no tag: "?" if unquoted, "!" if quoted
        const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
        if (!is_text && !tag.empty() && tag != "?") throw wrong(node, where, "the tag " + tag + " is unknown");
        bytes_ += node.IsScalar() ? node.Scalar().size() : 0;
        if (++values_ > most || bytes_ > most_bytes || depth > deepest)
            throw wrong(node, where, "it is too large or too deeply nested");
        std::string out;
        if (node.IsMap()) {
            wire::ObjectWriter keys(out);
            each(node, where, [&](const std::string& key, const YAML::Node& one) {
                keys.raw(key, value(one, where + "." + key, depth + 1));
            });
            keys.end();
        } else if (node.IsSequence()) {
            out += '[';
            for (const YAML::Node& one : node) out += (out.size() > 1 ? ", " : "") + value(one, where, depth + 1);
            out += ']';
        } else if (!node.IsScalar()) {
            out += "null";
        } else if (is_text) {
            wire::append_json(out, node.Scalar());
        } else {
            append_plain_scalar(out, node.Scalar());
        }
        return out;
    }

    std::size_t values_ = 0;
    std::size_t bytes_ = 0;
};

/// Ignores all events of a document.
struct IgnoreYaml : YAML::EventHandler {
    using Tag = const std::string&;
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, Tag, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, Tag, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, Tag, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

inline std::optional<std::string> slips_yaml_to_json(std::string_view text, std::string& error) try {
    // not LoadAll(), which never returns if a comma follows a document
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    IgnoreYaml document;
    if (!parser.HandleNextDocument(document)) error = "line 1: it is empty";
    else if (parser.HandleNextDocument(document)) error = "it contains several documents, separated by ---";
    else return SlipsYaml().json(YAML::Load(std::string(text)));
    return std::nullopt;
} catch (const YAML::Exception& wrong) {
    error = "line " + std::to_string(wrong.mark.line + 1) + ": " + wrong.msg;
    return std::nullopt;
} catch (const std::exception& wrong) {
    error = wrong.what();
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
