// Prints the tables of slips/impl/wire/ as JSON; docs/reference.py generates docs/reference.md from it.
//
// The tables contain no member names, because modules do not need them. This program wraps the functions that
// create the lines of a table: the wrappers store the member's name, as the compiler spells it, in Field::expected.
#include "slips/flow.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/message.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the members as the compiler spells them: "…{&slips::…::Conn::sport}…".
template <auto... Members>
constexpr const char* spelt() {
    return __PRETTY_FUNCTION__;
}

/// Returns the type as the compiler spells it: "…slips::…::NewFlow…".
template <class Type>
constexpr const char* spelt_type() {
    return __PRETTY_FUNCTION__;
}

constexpr Field named(Field field, const char* members) {
    field.expected = members;
    return field;
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_optional(std::string_view key) {
    return named(optional<Member, Owner>(key), spelt<Member>());
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_required(std::string_view key) {
    return named(required<Member, Owner>(key), spelt<Member>());
}
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field named_within(std::string_view key) {
    return named(within<Outer, Inner, Owner>(key), spelt<Outer, Inner>());
}
template <auto Member, Prefix prefix, class Owner = class_of_t<Member>>
constexpr Field named_prefixed(std::string_view key) {
    return named(prefixed<Member, prefix, Owner>(key), spelt<Member>());
}
template <auto Member>
constexpr Field named_address(std::string_view key) {
    return named(address<Member>(key), spelt<Member>());
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_object(std::string_view key, const Table& table, bool needed = true) {
    return named(object<Member, Owner>(key, table, needed), spelt<Member>());
}
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field named_object_or_text(std::string_view key, const Table& table) {
    return named(object_or_text<Outer, Inner, Owner>(key, table), spelt<Outer>());
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire

#define optional named_optional
#define required named_required
#define within named_within
#define prefixed named_prefixed
#define address named_address
#define object named_object
#define object_or_text named_object_or_text
#include "slips/impl/wire/flow_tables.hpp"
#include "slips/impl/wire/message_tables.hpp"
#undef optional
#undef required
#undef within
#undef prefixed
#undef address
#undef object
#undef object_or_text

#include "slips/impl/wire/decode.hpp"

namespace {

namespace wire = slips::wire;
using Json = nlohmann::ordered_json;

Json lines_of(const wire::Table& table) {
    Json lines = Json::array();
    for (const wire::Field& field : table.fields) {
        if (field.key.empty() && &field != table.others) continue;  // only cleared, never filled
        Json line{
            {"key", field.key}, {"needed", field.required}, {"one_of", field.one_of}, {"members", field.expected}};
        if (&field == table.others) {
            line["members"] = field.named ? "&NewZeekFieldsLine::file" : "&NewZeekFieldsLine::columns";
        } else if (field.named) {
            line["members"] = "&Lookup::key";  // stores the key
            line["needed"] = false;
            lines.push_back(line);
            line["members"] = "&Lookup::to_lookup";
            line["needed"] = true;
        }
        if (field.nested) {
            line["nested"] = lines_of(*field.nested);
            int owner = 0;
            line["part"] = field.member(&owner) == &owner;  // its keys fill members of the same struct
            if (field.nested->wrapped) line["wrapped"] = lines_of(*field.nested->wrapped);
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

template <class M>
Json described() {
    Json message{{"type", wire::spelt_type<M>()},
                 {"current", slips::channel_of<M>(slips::Generation::current)},
                 {"legacy", slips::channel_of<M>(slips::Generation::legacy)},
                 {"object", false},
                 {"text", false},
                 {"lines", Json::array()}};
    if constexpr (requires(const M* none) { wire::table_of(none); }) {
        message["object"] = true;
        message["lines"] = lines_of(wire::table_of(static_cast<const M*>(nullptr)));
    }
    if constexpr (requires(M & m) { wire::read("", m); }) message["text"] = true;
    return message;
}

template <class... M>
Json described(wire::Types<M...>) {
    return Json::array({described<M>()...});
}

}  // namespace

int main() {
    std::puts(described(wire::Messages()).dump(1).c_str());
    return 0;
}
