#include "python_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "slips/text.hpp"

namespace slipsdev {
namespace {

// Python's parser gives up at about 1000; the real messages nest four levels. The bound also keeps our own
// recursion (dump, comparison) off a hostile payload.
constexpr int deepest_nesting = 500;

void append_escape(std::string& out, std::uint32_t unit) {
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 0xFu];
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x80) {
            const auto [point, length] = slips::detail::character_at(text, at);
            if (length == 0) {  // the line of a log is any bytes
                append_escape(out, 0xFFFDu);
            } else if (point >= 0x10000) {
                append_escape(out, 0xD800u + ((point - 0x10000u) >> 10));
                append_escape(out, 0xDC00u + ((point - 0x10000u) & 0x3FFu));
            } else {
                append_escape(out, point);
            }
            at += length == 0 ? 1 : length;
            continue;
        }
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\f': out += "\\f"; break;
            case '\b': out += "\\b"; break;
            default:
                if (c < 0x20) {
                    append_escape(out, c);
                } else {
                    out += static_cast<char>(c);
                }
        }
        ++at;
    }
    out += '"';
}

void append_value(std::string& out, const Json& value) {
    switch (value.type()) {
        case Json::value_t::object: {
            out += '{';
            bool first = true;
            for (const auto& [key, member] : value.items()) {
                if (!first) out += ", ";
                first = false;
                append_string(out, key);
                out += ": ";
                append_value(out, member);
            }
            out += '}';
            break;
        }
        case Json::value_t::array: {
            out += '[';
            bool first = true;
            for (const Json& element : value) {
                if (!first) out += ", ";
                first = false;
                append_value(out, element);
            }
            out += ']';
            break;
        }
        case Json::value_t::string: append_string(out, value.get_ref<const std::string&>()); break;
        case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; break;
        case Json::value_t::number_integer: out += std::to_string(value.get<std::int64_t>()); break;
        case Json::value_t::number_unsigned: out += std::to_string(value.get<std::uint64_t>()); break;
        case Json::value_t::number_float: {
            const double number = value.get<double>();
            if (std::isnan(number)) {
                out += "NaN";
            } else if (std::isinf(number)) {
                out += number > 0 ? "Infinity" : "-Infinity";
            } else {
                out += python_repr(number);
            }
            break;
        }
        case Json::value_t::null:
        case Json::value_t::binary:
        case Json::value_t::discarded: out += "null"; break;
    }
}

std::string_view strip(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Python lets single underscores stand between digits. false where one stands elsewhere.
bool drop_underscores(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            out += text[i];
        } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
            return false;
        }
    }
    return true;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

/// How deep the brackets of a JSON text go, strings aside.
int nesting_of(std::string_view text) {
    int depth = 0;
    int deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) deepest = depth;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return deepest;
}

}  // namespace

std::string to_python_json(const Json& value) {
    std::string out;
    append_value(out, value);
    return out;
}

std::string python_repr(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    // Shortest digits first, then Python's layout: positional for exponents -4..15, otherwise 1e+16.
    std::array<char, 40> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
    std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    std::string out;
    if (text.front() == '-') {
        out += '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find('e');
    int exponent = 0;
    const char* exponent_at = text.data() + e + 1 + (text[e + 1] == '+' ? 1 : 0);
    std::from_chars(exponent_at, text.data() + text.size(), exponent);
    std::string digits;
    for (const char c : text.substr(0, e)) {
        if (c != '.') digits += c;
    }
    if (exponent < -4 || exponent >= 16) {
        out += digits.substr(0, 1);
        if (digits.size() > 1) out += "." + digits.substr(1);
        out += exponent < 0 ? "e-" : "e+";
        const std::string magnitude = std::to_string(std::abs(exponent));
        if (magnitude.size() < 2) out += '0';
        return out + magnitude;
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
    return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<double> python_float(std::string_view text) {
    text = strip(text);
    std::string plain;
    if (text.empty() || !drop_underscores(text, plain)) return std::nullopt;
    const std::string_view unsigned_part =
        std::string_view(plain).substr(plain.front() == '-' || plain.front() == '+' ? 1 : 0);
    const bool is_word = equals_ignoring_case(unsigned_part, "nan") ||
                         equals_ignoring_case(unsigned_part, "inf") ||
                         equals_ignoring_case(unsigned_part, "infinity");
    // strtod would take hexadecimal floats, Python does not.
    if (!is_word && unsigned_part.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
        return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(plain.c_str(), &end);
    if (end != plain.c_str() + plain.size()) return std::nullopt;
    return value;
}

std::optional<long long> python_int(std::string_view text) {
    text = strip(text);
    std::string plain;
    if (text.empty() || !drop_underscores(text, plain)) return std::nullopt;
    const char* begin = plain.c_str() + (plain.front() == '+' && plain.size() > 1 && is_digit(plain[1]) ? 1 : 0);
    const char* end = plain.c_str() + plain.size();
    long long value = 0;
    const auto [at, error] = std::from_chars(begin, end, value);
    if (error != std::errc{} || at != end) return std::nullopt;
    return value;
}

bool is_truthy(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
        case Json::value_t::discarded: return false;
        case Json::value_t::boolean: return value.get<bool>();
        case Json::value_t::string: return !value.get_ref<const std::string&>().empty();
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
        case Json::value_t::number_float: return value.get<double>() < 0 || value.get<double>() > 0;
        case Json::value_t::object:
        case Json::value_t::array:
        case Json::value_t::binary: break;
    }
    return !value.empty();
}

std::optional<Json> parse_json(std::string_view text, std::string& why) {
    if (nesting_of(text) > deepest_nesting) {
        why = "JSON nested deeper than " + std::to_string(deepest_nesting) + " levels";
        return std::nullopt;
    }
    try {
        return Json::parse(text.begin(), text.end());
    } catch (const Json::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 5: …; last read: '…'"
        std::string_view message = error.what();
        if (const auto bracket = message.find("] "); bracket != std::string_view::npos)
            message.remove_prefix(bracket + 2);
        if (const auto tail = message.find("; last read"); tail != std::string_view::npos)
            message = message.substr(0, tail);
        why = "not JSON: ";
        why += message;
        return std::nullopt;
    }
}

const Json* find_member(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    for (auto member = object.begin(); member != object.end(); ++member) {
        if (member.key() == key) return &member.value();
    }
    return nullptr;
}

std::string text_member(const Json& object, std::string_view key) {
    const Json* member = find_member(object, key);
    return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace slipsdev
