// Tables that map JSON keys to members, one table per kind of object. The decoder needs nothing else: the parser behind
// json.hpp drives an ObjectBuilder, which looks keys up in the table and assigns the members.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "slips/impl/wire/scalar.hpp"
#include "slips/ip.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

struct Table;

/// One key of an object: the member it fills, and how. Written with the functions below, such as optional().
struct Field {
    std::string_view key{};                   ///< as Slips writes it
    void* (*member)(void* object) = nullptr;  ///< returns the member, or the nested object
    bool (*assign_member)(void* member,
                          const Scalar&) = nullptr;               ///< converts and stores; of an object: a text instead
    void (*clear_member)(void* member) = nullptr;                 ///< makes the member absent or empty
    const Table* nested = nullptr;                                ///< the table of the object that the key holds
    void (*named)(void* object, std::string_view key) = nullptr;  ///< called with the key when it is met
    std::string_view prefix{};                                    ///< stands before the value in the member
    const char* expected = "";                                    ///< the type for error messages
    Type type{};                                                  ///< of the member, for encode.hpp
    bool required = false;                                        ///< a message without it is not decoded
    bool one_of = false;                                          ///< required, unless another such field is present
    bool list = false;                                            ///< accepts a list: its elements are assigned in turn
    bool flat = false;                                            ///< duplicates a field of a nested object
    bool also = false;  ///< another release's key for a member of another field: encode.hpp does not write it

    /// Stores `value` in the member of `object`. Returns false if it cannot be converted.
    bool assign(void* object, const Scalar& value) const { return assign_member(member(object), value); }
    /// Makes the member of `object` absent or empty.
    void clear(void* object) const { clear_member(member(object)); }
};

namespace detail {
/// One bit for each field that is required, and either is one of several or is not.
constexpr std::uint64_t bits_of_required(std::span<const Field> fields, bool one_of) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].required && fields[i].one_of == one_of) bits |= std::uint64_t{1} << i;
    return bits;
}
}  // namespace detail

/// The keys of one kind of object, in the order in which Slips writes them, which makes lookups cheapest.
struct Table {
    std::span<const Field> fields{};  ///< at most 64
    const Table* wrapped = nullptr;   ///< legacy wraps a flow as {uid: "<JSON text>"}: the table of that text
    const Field* uid = nullptr;       ///< of a wrapped table: the field that stores that uid
    const Field* others = nullptr;    ///< one of the fields: receives every key that has no field
    bool lenient = false;             ///< ignores values that cannot be converted instead of failing
    std::uint64_t required = detail::bits_of_required(fields, false);  ///< one bit for each required field
    std::uint64_t one_of = detail::bits_of_required(fields, true);  ///< one bit for each field of which one is required

    /// Clears all members of `object`. Of nested objects only those that may be missing: the others are cleared when
    /// they are read.
    void clear(void* object) const {
        for (const Field& field : fields) {
            if (!field.nested) field.clear(object);
            else if (!field.required || field.one_of) field.nested->clear(field.member(object));
        }
    }
};

// --- what Field::assign_member and Field::clear_member point to: one function per type, not per member --------

/// assign() and clear() for a member whose address is known.
template <class T>
bool assign_to(void* member, const Scalar& value) {
    return assign(*static_cast<T*>(member), value);
}
/// clear() for a member of type T.
template <class T>
void clear_at(void* member) {
    clear(*static_cast<T*>(member));
}

/// Accepts text only: an identifier is not null, false or a number.
inline bool assign_text(void* member, const Scalar& value) {
    return value.kind == Scalar::Kind::text && assign_to<std::string>(member, value);
}
/// Accepts the text of an IP address only.
inline bool assign_address(void* member, const Scalar& value) {
    return value.kind == Scalar::Kind::text && is_ip(value.text) && assign_to<std::string>(member, value);
}

/// What stands before the value in the member: {"ip": "10.0.0.1"} becomes profile_10.0.0.1, window number 3 becomes
/// timewindow3.
enum class Prefix : std::uint8_t { profile, timewindow };
/// The text of a prefix.
constexpr std::string_view name_of(Prefix prefix) { return prefix == Prefix::profile ? "profile_" : "timewindow"; }
/// Stores text with a prefix; empty text remains empty.
template <Prefix prefix>
bool assign_prefixed(void* member, const Scalar& value) {
    if (!assign_to<std::string>(member, value)) return false;
    auto& text = *static_cast<std::string*>(member);
    if (!text.empty()) text.insert(0, name_of(prefix));
    return true;
}

// --- how tables are written -----------------------------------------------------------------------------------

/// The class a pointer to member belongs to.
template <class>
struct class_of;
/// The class a pointer to member belongs to.
template <class Class, class Member>
struct class_of<Member Class::*> {
    using type = Class;  ///< that class
};
/// The class a pointer to member belongs to.
template <auto Member>
using class_of_t = typename class_of<decltype(Member)>::type;

/// A field for the member of `Owner` that the pointers to members lead to. Its type determines everything else.
template <class Owner, auto... Path>
constexpr Field field(std::string_view key) {
    using Member = std::remove_reference_t<decltype((std::declval<Owner&>().*....*Path))>;
    constexpr Type type = type_of<Member>;
    Field made;
    made.key = key;
    made.member = [](void* object) -> void* { return &(*static_cast<Owner*>(object).*....*Path); };
    made.assign_member = assign_to<Member>;
    made.clear_member = clear_at<Member>;
    made.expected = expected_of(type);
    made.type = type;
    made.list = type == Type::texts || type == Type::reals;
    return made;
}

/// A key that may be missing. `Owner` names the struct if the member is inherited, here and below.
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field optional(std::string_view key) {
    return field<Owner, Member>(key);
}

/// A key without which a message is not decoded.
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field required(std::string_view key) {
    Field made = field<Owner, Member>(key);
    made.required = true;
    if (made.type == Type::text) made.assign_member = assign_text;
    return made;
}

/// One of several keys of which at least one is required: the same value under several names, or in several places.
constexpr Field one_of(Field made) {
    made.required = made.one_of = true;
    return made;
}

/// Another key for a member that has one, of releases between the two generations.
constexpr Field also(Field made) {
    made.also = true;
    return made;
}

/// A key of the message for a member of its member `Outer`: legacy writes some flows flat.
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field within(std::string_view key) {
    Field made = field<Owner, Outer, Inner>(key);
    made.flat = true;
    return made;
}

/// A key that may be missing, and whose value stands behind `prefix` in the member.
template <auto Member, Prefix prefix, class Owner = class_of_t<Member>>
constexpr Field prefixed(std::string_view key) {
    Field made = field<Owner, Member>(key);
    made.assign_member = assign_prefixed<prefix>;
    made.prefix = name_of(prefix);
    return made;
}

/// A required key that holds an IP address.
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field address(std::string_view key) {
    Field made = required<Member, Owner>(key);
    made.assign_member = assign_address;
    made.expected = "an IP address";
    return made;
}

/// A key that holds an object, or the JSON text of one.
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field object(std::string_view key, const Table& table, bool needed = true) {
    Field made;
    made.key = key;
    made.nested = &table;
    made.member = [](void* owner) -> void* { return &(static_cast<Owner*>(owner)->*Member); };
    made.expected = "an object";
    made.required = needed;
    return made;
}

/// A key that may be missing, and holds an object, or plain text: the value of its member `Inner`.
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field object_or_text(std::string_view key, const Table& table) {
    Field made = object<Outer, Owner>(key, table, false);
    made.assign_member = [](void* member, const Scalar& value) {
        return wire::assign(static_cast<class_of_t<Inner>*>(member)->*Inner, value);
    };
    return made;
}

/// A key that holds an object whose keys fill members of the same struct.
constexpr Field part(std::string_view key, const Table& table, bool needed = false) {
    Field made;
    made.key = key;
    made.nested = &table;
    made.member = [](void* owner) { return owner; };
    made.expected = "an object";
    made.required = needed;
    return made;
}

/// The number of fields in a part of a table: one field, or an array of them.
template <class Part>
inline constexpr std::size_t size_of = std::tuple_size_v<Part>;
/// One field.
template <>
inline constexpr std::size_t size_of<Field> = 1;

/// Returns the fields of a table from fields and arrays of fields, in that order.
template <class... Parts>
constexpr auto joined(const Parts&... parts) {
    std::array<Field, (size_of<Parts> + ...)> all{};
    std::size_t at = 0;
    const auto add = [&]<class Part>(const Part& part) {
        if constexpr (std::is_same_v<Part, Field>) all[at++] = part;
        else
            for (const Field& one : part) all[at++] = one;
    };
    (add(parts), ...);
    return all;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
