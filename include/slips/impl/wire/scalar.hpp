// Values of JSON, and how they are converted to the types of members: everything that the contract tolerates, in one place.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

/// What Slips writes and reads: JSON, plain texts, Redis commands and their replies.
namespace slips::inline SLIPS_SDK_ABI::wire {

/// A JSON value other than an object or a list.
struct Scalar {
    /// The types of JSON, with integers apart from other numbers.
    enum class Kind : std::uint8_t { null, boolean, integer, real, text };
    Kind kind = Kind::null;    ///< which of the members below is valid
    bool boolean = false;      ///< valid for Kind::boolean
    std::int64_t integer = 0;  ///< valid for Kind::integer
    double real = 0;           ///< valid for Kind::real
    std::string_view text{};   ///< valid for Kind::text; owned by the parser
};

/// The type of a member.
enum class Type : std::uint8_t { text, real, integer, port, boolean, time, texts, reals };

/// Returns the integer nearest to `value`, fractions cut off: Python's integers and Zeek's counts exceed 64 bits with a
/// sign. Returns nullopt for NaN.
std::optional<std::int64_t> integer_near(double value);

/// Reads an integer from text. Some sensors write integers as text: "443", also "2.0" and, as Argus writes ICMP,
/// "0x0303". Returns the nearest integer for one that needs more bits, and nullopt for any other text.
std::optional<std::int64_t> integer_in(std::string_view text);

/// Stores `value` in `member`. Returns false if `value` cannot be converted. null, and false except for bool members,
/// clear the member: Python code writes false where it has nothing. Numbers become text as Python writes them.
bool assign(std::string& member, const Scalar& value);
bool assign(std::optional<double>& member, const Scalar& value);        ///< as Python's float(); "" and "-" clear
bool assign(std::optional<std::int64_t>& member, const Scalar& value);  ///< see integer_in() and integer_near()
bool assign(std::optional<int>& member, const Scalar& value);           ///< a port, 0..65535
bool assign(std::optional<bool>& member, const Scalar& value);          ///< also Zeek's "T" and "F"; other text clears
bool assign(Timestamp& member, const Scalar& value);                    ///< a number, or any text
bool assign(std::vector<std::string>& member, const Scalar& value);     ///< appends one element
bool assign(std::vector<double>& member, const Scalar& value);          ///< appends; splits text at commas

/// Makes a member empty.
inline void clear(std::string& member) { member.clear(); }
/// Makes a member empty.
inline void clear(Timestamp& member) { member = Timestamp(); }
/// Makes a member absent.
template <class T>
void clear(std::optional<T>& member) {
    member.reset();
}
/// Makes a member empty.
template <class T>
void clear(std::vector<T>& member) {
    member.clear();
}

/// The Type of a C++ type.
template <class T>
inline constexpr Type type_of = Type::text;
template <>
inline constexpr Type type_of<std::optional<double>> = Type::real;
template <>
inline constexpr Type type_of<std::optional<std::int64_t>> = Type::integer;
template <>
inline constexpr Type type_of<std::optional<int>> = Type::port;
template <>
inline constexpr Type type_of<std::optional<bool>> = Type::boolean;
/// The Type of a time.
template <>
inline constexpr Type type_of<Timestamp> = Type::time;
template <>
inline constexpr Type type_of<std::vector<std::string>> = Type::texts;
template <>
inline constexpr Type type_of<std::vector<double>> = Type::reals;

/// The name of a type in error messages.
constexpr const char* expected_of(Type type) {
    switch (type) {
        case Type::text: return "text";
        case Type::real: return "a number";
        case Type::integer: return "an integer";
        case Type::port: return "a port";
        case Type::boolean: return "true or false";
        case Type::time: return "a time";
        case Type::texts: return "a list of texts";
        case Type::reals: return "a list of numbers";
    }
    return "";
}

// ---------------------------------------------------------------------------------------------------------

inline std::optional<std::int64_t> integer_near(double value) {
    constexpr double end = 9223372036854775808.0;  // 2^63
    if (std::isnan(value)) return std::nullopt;
    if (value >= end) return std::numeric_limits<std::int64_t>::max();
    if (value < -end) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(value);
}

inline std::optional<std::int64_t> integer_in(std::string_view text) {
    const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (end == digits.data() + digits.size()) {
        if (error == std::errc()) return value;
        if (error == std::errc::result_out_of_range)
            return digits[0] == '-' ? std::numeric_limits<std::int64_t>::min()
                                    : std::numeric_limits<std::int64_t>::max();
    }
    if (hexadecimal) return std::nullopt;
    const std::optional<double> real = parse_python_float(text);
    if (!real || std::trunc(*real) != *real) return std::nullopt;
    return integer_near(*real);
}

namespace detail {

/// Returns whether the text stands for no value at all, as sensors write it.
inline bool is_no_value(std::string_view text) { return text.empty() || text == "-"; }

/// The rest of assign(): apart from it, so that nearly every call is short.
inline bool assign_other(std::string& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::text:
        case Scalar::Kind::null: member.clear(); return true;
        case Scalar::Kind::integer: member = std::to_string(value.integer); return true;
        case Scalar::Kind::real: member = python_repr(value.real); return true;
        case Scalar::Kind::boolean:
            if (value.boolean) return false;
            member.clear();
            return true;
    }
    return false;
}

}  // namespace detail

inline bool assign(std::string& member, const Scalar& value) {
    if (value.kind != Scalar::Kind::text) return detail::assign_other(member, value);
    member.assign(value.text);
    return true;
}

inline bool assign(std::optional<double>& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::real: member = value.real; return true;
        case Scalar::Kind::integer: member = static_cast<double>(value.integer); return true;
        case Scalar::Kind::text:
            member = parse_python_float(value.text);
            return member || detail::is_no_value(value.text);
        case Scalar::Kind::null: member.reset(); return true;
        case Scalar::Kind::boolean: member.reset(); return !value.boolean;
    }
    return false;
}

inline bool assign(std::optional<std::int64_t>& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::integer: member = value.integer; return true;
        case Scalar::Kind::real: member = integer_near(value.real); return true;
        case Scalar::Kind::text: member = integer_in(value.text); return member || detail::is_no_value(value.text);
        case Scalar::Kind::null: member.reset(); return true;
        case Scalar::Kind::boolean: member.reset(); return !value.boolean;
    }
    return false;
}

inline bool assign(std::optional<int>& member, const Scalar& value) {
    std::optional<std::int64_t> port;
    if (!assign(port, value)) return false;
    member.reset();
    if (port && (*port < 0 || *port > 65535)) return false;
    if (port) member = static_cast<int>(*port);
    return true;
}

inline bool assign(std::optional<bool>& member, const Scalar& value) {
    member.reset();
    if (value.kind == Scalar::Kind::boolean) member = value.boolean;
    else if (value.kind == Scalar::Kind::text) {
        if (value.text == "T" || value.text == "true" || value.text == "True") member = true;
        else if (value.text == "F" || value.text == "false" || value.text == "False") member = false;
    } else if (value.kind != Scalar::Kind::null) return false;
    return true;
}

inline bool assign(Timestamp& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::real: member = Timestamp(value.real); return true;
        case Scalar::Kind::integer: member = Timestamp(static_cast<double>(value.integer)); return true;
        case Scalar::Kind::text: member = Timestamp(value.text); return true;
        case Scalar::Kind::null: member = Timestamp(); return true;
        case Scalar::Kind::boolean: member = Timestamp(); return !value.boolean;
    }
    return false;
}

inline bool assign(std::vector<std::string>& member, const Scalar& value) {
    if (value.kind == Scalar::Kind::null || (value.kind == Scalar::Kind::boolean && !value.boolean)) return true;
    if (value.kind == Scalar::Kind::text && value.text.empty()) return true;
    std::string text;
    if (!assign(text, value)) return false;
    member.push_back(std::move(text));
    return true;
}

inline bool assign(std::vector<double>& member, const Scalar& value) {
    if (value.kind == Scalar::Kind::real) member.push_back(value.real);
    else if (value.kind == Scalar::Kind::integer) member.push_back(static_cast<double>(value.integer));
    else if (value.kind == Scalar::Kind::text) {
        std::string_view rest = value.text;  // Zeek TSV: "15.000000,105.000000"
        while (!rest.empty()) {
            const std::size_t comma = rest.find(',');
            if (const auto number = parse_python_float(rest.substr(0, comma))) member.push_back(*number);
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        }
    } else return value.kind == Scalar::Kind::null || !value.boolean;
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
