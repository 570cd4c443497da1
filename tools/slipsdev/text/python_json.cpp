#include "slipsdev/text/python_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/impl/wire/mended_json.hpp"
#include "slips/text.hpp"

namespace slipsdev {
namespace {

// Python's parser fails at about 1000; real messages nest four levels. The limit also protects our own recursion (dump,
// comparison) from a hostile payload.
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
            if (length == 0) {  // a log line can hold any bytes
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
        case Json::value_t::binary: out.append(value.get_binary().begin(), value.get_binary().end()); break;
        case Json::value_t::null:
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

/// Removes single underscores between digits, which Python allows. Returns false for others.
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

/// Returns an integer; `digits` has at least one.
Json whole_of(bool is_negative, std::string digits) {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    std::uint64_t size = 0;
    const bool fits = std::from_chars(digits.data(), digits.data() + digits.size(), size).ec == std::errc{};
    if (fits && !is_negative) return size > INT64_MAX ? Json(size) : Json(static_cast<std::int64_t>(size));
    if (fits && size <= INT64_MAX) return -static_cast<std::int64_t>(size);
    if (fits && size == std::uint64_t{INT64_MAX} + 1) return INT64_MIN;
    if (is_negative) digits.insert(0, 1, '-');
    return Json::binary(Json::binary_t::container_type(digits.begin(), digits.end()));
}

/// An integer without its sign, and its sign.
struct Whole {
    explicit Whole(const Json& number) : digits(to_python_json(number)), is_negative(digits.front() == '-') {
        if (is_negative) digits.erase(0, 1);
    }
    std::string digits;
    bool is_negative;
};

/// Returns a + sign * b. If the sign is -1, b is not larger than a.
std::string sum_of(std::string a, const std::string& b, int sign) {
    if (a.size() < b.size()) a.insert(0, b.size() - a.size(), '0');
    int carry = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        char& digit = a[a.size() - 1 - i];
        const int value = digit - '0' + carry + (i < b.size() ? sign * (b[b.size() - 1 - i] - '0') : 0);
        carry = value > 9 ? 1 : value < 0 ? -1 : 0;
        digit = static_cast<char>('0' + value - 10 * carry);
    }
    return carry == 0 ? a : "1" + a;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

// Each takes some fifty bytes, even if shorter in the text; real messages have some dozens.
constexpr std::size_t most_values = 1'000'000;

/// The nesting of a JSON text, and an upper bound of its values.
struct Shape {
    int deepest = 0;
    std::size_t values = 1;
};

Shape shape_of(std::string_view text) {
    int depth = 0;
    Shape shape;
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
            if (++depth > shape.deepest) shape.deepest = depth;
            ++shape.values;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == ',') {
            ++shape.values;
        }
    }
    return shape;
}

/// Builds a Json from parser events. The library's own builder searches all keys of an object for each new one, so that a
/// message with some hundred thousand keys would take hours.
class Builder {
public:
    using Number = Json::number_integer_t;
    using Unsigned = Json::number_unsigned_t;

    Builder(Json& root, bool keeps_large) : root_(root), keeps_large_(keeps_large) {}

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(Number value) { return put(value); }
    bool number_unsigned(Unsigned value) { return put(value); }
    bool number_float(double value, const std::string& text) {
        if (!keeps_large_ || text.find_first_of(".eE") != std::string::npos) return put(value);
        const bool is_negative = text.front() == '-';
        return put(whole_of(is_negative, text.substr(is_negative ? 1 : 0)));
    }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(Json::binary_t&) { return false; }  // not in a text
    bool start_object(std::size_t) { return open(Json::object()); }
    bool start_array(std::size_t) { return open(Json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        Open& now = open_.back();
        auto& members = now.value->get_ref<Json::object_t&>();
        const std::size_t at = now.place_of(name, members);
        if (at == members.size()) members.emplace_back(std::move(name), nullptr);
        now.next = &members.data()[at].second;  // the last of several with one name counts
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
        what = error.what();
        return false;
    }

    std::string what{};

private:
    /// An open object or array. It is the last element of the previous one, which does not grow meanwhile.
    struct Open {
        Json* value = nullptr;
        Json* next = nullptr;                                   ///< of an object: set by the next value
        std::unordered_map<std::string, std::size_t> places{};  ///< of its keys, if there are many

        /// Returns the place of the key, or the end if it is missing.
        std::size_t place_of(const std::string& name, const Json::object_t& members) {
            constexpr std::size_t few = 32;
            if (members.size() < few) {
                std::size_t at = 0;
                while (at < members.size() && members.data()[at].first != name) ++at;
                return at;
            }
            for (std::size_t at = 0; places.size() < few; ++at) places.emplace(members.data()[at].first, at);
            return places.try_emplace(name, members.size()).first->second;
        }
    };

    template <class Value>
    bool put(Value&& value) {
        place() = std::forward<Value>(value);
        return true;
    }
    bool open(Json value) {
        Json& there = place();
        there = std::move(value);
        open_.push_back({&there});
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    Json& place() {
        if (open_.empty()) return root_;
        Open& now = open_.back();
        if (now.value->is_object()) return *now.next;
        return now.value->get_ref<Json::array_t&>().emplace_back();
    }

    Json& root_;
    bool keeps_large_;
    std::vector<Open> open_{};
};

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
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
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
    const bool is_word = equals_ignoring_case(unsigned_part, "nan") || equals_ignoring_case(unsigned_part, "inf") ||
                         equals_ignoring_case(unsigned_part, "infinity");
    // strtod accepts hexadecimal floats, Python does not.
    if (!is_word && unsigned_part.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(plain.c_str(), &end);
    if (end != plain.c_str() + plain.size()) return std::nullopt;
    return value;
}

std::optional<Json> python_whole(std::string_view text) {
    text = strip(text);
    std::string plain;
    if (text.empty() || !drop_underscores(text, plain)) return std::nullopt;
    const bool is_negative = plain.front() == '-';
    if (is_negative || plain.front() == '+') plain.erase(0, 1);
    if (plain.empty() || !std::all_of(plain.begin(), plain.end(), is_digit)) return std::nullopt;
    constexpr std::size_t most_digits = 4300;  // a limit of Python, too
    if (plain.size() > most_digits) return std::nullopt;
    return whole_of(is_negative, std::move(plain));
}

std::optional<Json> python_whole(double number) {
    if (!std::isfinite(number)) return std::nullopt;
    std::array<char, 320> text{};  // of DBL_MAX: 309 digits
    const int size = std::snprintf(text.data(), text.size(), "%.0f", std::trunc(std::fabs(number)));
    return whole_of(number < 0, std::string(text.data(), static_cast<std::size_t>(size)));
}

bool is_python_number(const Json& value) { return value.is_number() || value.is_binary(); }

double float_of(const Json& number) {
    return number.is_binary() ? std::strtod(to_python_json(number).c_str(), nullptr) : number.get<double>();
}

Json python_sum(const Json& a, const Json& b) {
    if (a.is_number_float() || b.is_number_float()) return Json(float_of(a) + float_of(b));
    const Whole first(a), second(b);
    if (first.is_negative == second.is_negative)
        return whole_of(first.is_negative, sum_of(first.digits, second.digits, 1));
    const bool is_smaller = first.digits.size() != second.digits.size() ? first.digits.size() < second.digits.size()
                                                                        : first.digits < second.digits;
    return is_smaller ? whole_of(second.is_negative, sum_of(second.digits, first.digits, -1))
                      : whole_of(first.is_negative, sum_of(first.digits, second.digits, -1));
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

std::optional<Json> parse_json(std::string_view text, std::string& why, bool keeps_large) {
    const Shape shape = shape_of(text);
    if (shape.deepest > deepest_nesting) {
        why = "JSON nested deeper than " + std::to_string(deepest_nesting) + " levels";
        return std::nullopt;
    }
    if (shape.values > most_values) {
        why = "JSON of more than " + std::to_string(most_values) + " values";
        return std::nullopt;
    }
    std::optional<Json> json(std::in_place);
    Builder builder(*json, keeps_large);
    if (Json::sax_parse(text.begin(), text.end(), &builder)) return json;
    if (const auto mended = slips::wire::mended_json(text)) return parse_json(*mended, why);
    // "[json.exception.parse_error.101] parse error at line 1, column 5: …; last read: '…'"
    std::string_view message = builder.what;
    if (const auto bracket = message.find("] "); bracket != std::string_view::npos) message.remove_prefix(bracket + 2);
    if (const auto tail = message.find("; last read"); tail != std::string_view::npos)
        message = message.substr(0, tail);
    why = "not JSON: ";
    why += message;
    return std::nullopt;
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
