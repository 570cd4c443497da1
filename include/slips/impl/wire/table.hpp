// One table a kind: from JSON key to member. A table is all a decoder needs to know of a kind; the parser
// behind json.hpp drives an ObjectBuilder, which writes into the members.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/ip.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

/// What Slips writes and reads: JSON, plain texts, Redis commands and their replies.
namespace slips::inline SLIPS_SDK_ABI::wire {

/// A JSON value that is no object: what a member is assigned from.
struct Scalar {
    /// What JSON tells apart, and numbers by whether they are whole.
    enum class Kind : std::uint8_t { null, boolean, integer, real, text };
    Kind kind = Kind::null;    ///< which of the members below counts
    bool boolean = false;      ///< of a boolean
    std::int64_t integer = 0;  ///< of an integer
    double real = 0;           ///< of a real
    std::string_view text{};   ///< of a text; of the parser's memory
};

struct Table;

/// What a member is.
enum class Type : std::uint8_t { text, real, integer, port, boolean, time, texts, reals };

/// One key of a kind.
struct Field {
    std::string_view key{};                    ///< as Slips writes it
    bool (*assign)(void* object, const Scalar& value) = nullptr;  ///< false: the member takes no such value
    void (*clear)(void* object) = nullptr;     ///< makes the member absent or empty
    const Table* nested = nullptr;             ///< the key holds an object of this kind
    void* (*member)(void* object) = nullptr;   ///< where the value is kept: the nested object, or the member
    Type type{};                               ///< of the member, for who reads it (encode.hpp)
    std::string_view prefix{};                 ///< stands before the value in the member
    const char* expected = "";                 ///< what to tell an author it should have been
    bool required = false;                     ///< a message without it is not decoded
    bool list = false;                         ///< takes a list as well: its elements are assigned in turn
    bool one_of = false;                       ///< required, but any other such field of the table will do
    bool flat = false;                         ///< stands for a field of a nested object, which may be there instead
    void (*named)(void* object, std::string_view key) = nullptr;  ///< told the key it stands for
};

/// A kind: its fields, in the order Slips writes them (looking up costs least then).
struct Table {
    std::span<const Field> fields{};  ///< 64 at most
    const Table* wrapped = nullptr;  ///< legacy wraps a flow as {uid: "<JSON text>"}: the kind of that text
    const Field* uid = nullptr;      ///< of a wrapped kind: where that uid goes
    const Field* others = nullptr;   ///< one of the fields: takes every key that no other field has
    bool lenient = false;            ///< what a member does not take is passed over: the rest counts

    /// Makes every member of `object` absent or empty; of the objects within those that may stay away: the others are
    /// cleared when they come.
    void clear(void* object) const {
        for (const Field& field : fields) {
            if (!field.nested) field.clear(object);
            else if (!field.required || field.one_of) field.nested->clear(field.member(object));
        }
    }
};

// --- what a member takes: the tolerance of the contract, in one place --------------------------------------

/// Whole numbers come as text from some sensors: "443", also "2.0" and, as Argus writes ICMP, "0x0303".
/// Text that is no whole number is an absent one.
std::optional<std::int64_t> integer_in(std::string_view text);

/// Of all of these, false: the member takes no such value. null is an absent one; so is false, which Python code writes
/// for nothing, but for a bool. Text: a number is written as Python does.
bool assign(std::string& member, const Scalar& value);
bool assign(std::optional<double>& member, const Scalar& value);        ///< as Python's float(); other text is absent
bool assign(std::optional<std::int64_t>& member, const Scalar& value);  ///< see integer_in(); a fraction is cut off
bool assign(std::optional<int>& member, const Scalar& value);  ///< a port: 0..65535, else absent
bool assign(std::optional<bool>& member, const Scalar& value);  ///< also "T", "F" of Zeek; other text is absent
bool assign(Timestamp& member, const Scalar& value);            ///< a number, or any text
bool assign(std::vector<std::string>& member, const Scalar& value);  ///< one element more
bool assign(std::vector<double>& member, const Scalar& value);       ///< one more; of text as many as commas part

inline void clear(std::string& member) { member.clear(); }         ///< empty
inline void clear(Timestamp& member) { member = Timestamp(); }     ///< absent
template <class T>
void clear(std::optional<T>& member) { member.reset(); }           ///< absent
template <class T>
void clear(std::vector<T>& member) { member.clear(); }             ///< empty

/// What a member of a type of C++ is.
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
template <>
inline constexpr Type type_of<Timestamp> = Type::time;  ///< whatever form it has
template <>
inline constexpr Type type_of<std::vector<std::string>> = Type::texts;
template <>
inline constexpr Type type_of<std::vector<double>> = Type::reals;

/// What to tell an author a member of that type takes.
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

// --- how a table is written ---------------------------------------------------------------------------------

template <class>
struct member_of;
/// A pointer to a member, taken apart.
template <class Object, class Member>
struct member_of<Member Object::*> {
    using object = Object;  ///< whose member it is
    using type = Member;    ///< of the member
};

/// A key that may be absent. `Owner` names the struct when the member is inherited.
template <auto Member, class Owner = typename member_of<decltype(Member)>::object>
constexpr Field optional(std::string_view key) {
    Field field;
    field.key = key;
    field.assign = [](void* object, const Scalar& value) { return assign(static_cast<Owner*>(object)->*Member, value); };
    field.clear = [](void* object) { clear(static_cast<Owner*>(object)->*Member); };
    field.member = [](void* object) -> void* { return &(static_cast<Owner*>(object)->*Member); };
    field.type = type_of<typename member_of<decltype(Member)>::type>;
    field.expected = expected_of(field.type);
    field.list = field.type == Type::texts || field.type == Type::reals;
    return field;
}

/// A key without which the message means nothing.
template <auto Member, class Owner = typename member_of<decltype(Member)>::object>
constexpr Field required(std::string_view key) {
    Field field = optional<Member, Owner>(key);
    field.required = true;
    if constexpr (std::is_same_v<typename member_of<decltype(Member)>::type, std::string>) {
        field.assign = [](void* object, const Scalar& value) {  // null, false or a number are none
            return value.kind == Scalar::Kind::text && assign(static_cast<Owner*>(object)->*Member, value);
        };
    }
    return field;
}

/// Some keys of which one at least must be there: the same thing under several names, or in several places.
constexpr Field one_of(Field field) {
    field.required = field.one_of = true;
    return field;
}

/// A key of the message for what is a member of a member: legacy writes some flows flat.
template <auto Outer, auto Inner, class Owner = typename member_of<decltype(Outer)>::object>
constexpr Field within(std::string_view key) {
    Field field = optional<Inner>(key);
    field.assign = [](void* object, const Scalar& value) {
        return assign((static_cast<Owner*>(object)->*Outer).*Inner, value);
    };
    field.clear = [](void* object) { clear((static_cast<Owner*>(object)->*Outer).*Inner); };
    field.member = [](void* object) -> void* { return &((static_cast<Owner*>(object)->*Outer).*Inner); };
    field.flat = true;
    return field;
}

/// Text that stands behind a prefix in the member: {"ip": "10.0.0.1"} is profile_10.0.0.1, a window's number 3 is
/// timewindow3.
enum class Prefix : std::uint8_t { profile, timewindow };
/// As it stands in the member.
constexpr std::string_view name_of(Prefix prefix) { return prefix == Prefix::profile ? "profile_" : "timewindow"; }
/// A key whose value stands behind `prefix` in the member; it may be absent.
template <auto Member, Prefix prefix, class Owner = typename member_of<decltype(Member)>::object>
constexpr Field prefixed(std::string_view key) {
    Field field = optional<Member, Owner>(key);
    field.assign = [](void* object, const Scalar& value) {
        std::string& member = static_cast<Owner*>(object)->*Member;
        if (!assign(member, value)) return false;
        if (!member.empty()) member.insert(0, name_of(prefix));
        return true;
    };
    field.prefix = name_of(prefix);
    return field;
}

/// A table's fields, and more.
template <std::size_t A, std::size_t B>
constexpr std::array<Field, A + B> joined(const std::array<Field, A>& first, const std::array<Field, B>& then) {
    std::array<Field, A + B> all{};
    for (std::size_t i = 0; i < A; ++i) all[i] = first[i];
    for (std::size_t i = 0; i < B; ++i) all[A + i] = then[i];
    return all;
}

/// A required key that holds an IP address.
template <auto Member>
constexpr Field address(std::string_view key) {
    using Owner = typename member_of<decltype(Member)>::object;
    Field field = required<Member>(key);
    field.expected = "an IP address";
    field.assign = [](void* object, const Scalar& value) {
        return value.kind == Scalar::Kind::text && is_ip(value.text) &&
               assign(static_cast<Owner*>(object)->*Member, value);
    };
    return field;
}

/// A required key that holds an object, or the JSON text of one.
template <auto Member, class Owner = typename member_of<decltype(Member)>::object>
constexpr Field object(std::string_view key, const Table& table, bool needed = true) {
    Field field;
    field.key = key;
    field.nested = &table;
    field.member = [](void* owner) -> void* { return &(static_cast<Owner*>(owner)->*Member); };
    field.expected = "an object";
    field.required = needed;
    return field;
}

/// A key that holds an object, whose keys are members of the same struct.
constexpr Field part(std::string_view key, const Table& table, bool needed = false) {
    Field field;
    field.key = key;
    field.nested = &table;
    field.member = [](void* owner) { return owner; };
    field.expected = "an object";
    field.required = needed;
    return field;
}

// ---------------------------------------------------------------------------------------------------------

inline std::optional<std::int64_t> integer_in(std::string_view text) {
    const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (error == std::errc() && end == digits.data() + digits.size()) return value;
    if (hexadecimal) return std::nullopt;
    const std::optional<double> real = parse_python_float(text);
    if (!real || std::abs(*real) > 9007199254740992.0 || std::trunc(*real) != *real) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

inline bool assign(std::string& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::text: member.assign(value.text); return true;
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

inline bool assign(std::optional<double>& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::real: member = value.real; return true;
        case Scalar::Kind::integer: member = static_cast<double>(value.integer); return true;
        case Scalar::Kind::text: member = parse_python_float(value.text); return true;
        case Scalar::Kind::null: member.reset(); return true;
        case Scalar::Kind::boolean: member.reset(); return !value.boolean;
    }
    return false;
}

inline bool assign(std::optional<std::int64_t>& member, const Scalar& value) {
    switch (value.kind) {
        case Scalar::Kind::integer: member = value.integer; return true;
        case Scalar::Kind::real:
            if (std::abs(value.real) <= 9007199254740992.0) member = static_cast<std::int64_t>(value.real);
            else member.reset();
            return true;
        case Scalar::Kind::text: member = integer_in(value.text); return true;
        case Scalar::Kind::null: member.reset(); return true;
        case Scalar::Kind::boolean: member.reset(); return !value.boolean;
    }
    return false;
}

inline bool assign(std::optional<int>& member, const Scalar& value) {
    std::optional<std::int64_t> port;
    if (!assign(port, value)) return false;
    member.reset();
    if (port && *port >= 0 && *port <= 65535) member = static_cast<int>(*port);
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
