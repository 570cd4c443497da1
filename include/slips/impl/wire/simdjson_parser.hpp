// simdjson behind the seam of json.hpp: its DOM, which checks the whole document before anything is told of it. Nothing is
// allocated for a text that is no longer than the ones before.
#pragma once

#ifndef SLIPS_SDK_SIMDJSON
#error "slips: link slips::simdjson (CMake) or slips-module-sdk-simdjson (pkg-config, Meson); wire/json.hpp then includes this"
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <simdjson.h>
#include <string>
#include <string_view>

#include "slips/impl/wire/nlohmann_parser.hpp"
#include "slips/impl/wire/object_builder.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Reads JSON by simdjson; keeps its memory for the next text.
class Parser {
public:
    /// Tells the builder what is in the text. False: the builder ended the walk, or the text is no JSON; `error` says why.
    bool parse(std::string_view text, ObjectBuilder& builder, DecodeError& error);

    /// For a text within the text, which is read while this one is.
    Parser& inner() {
        if (!inner_) inner_ = std::make_unique<Parser>();
        return *inner_;
    }

    std::string key{};  ///< the builder's, kept so that its memory is

private:
    static constexpr std::size_t keep = 1 << 20;  ///< one huge message shall not hold its memory for ever

    std::unique_ptr<simdjson::dom::parser> parser_ = std::make_unique<simdjson::dom::parser>();
    std::unique_ptr<Parser> inner_{};
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline bool walk_list(const simdjson::dom::array& list, ObjectBuilder& builder);
inline bool walk_object(const simdjson::dom::object& object, ObjectBuilder& builder);

/// Tells one value. Always inlined: nearly all of a message are scalars, and a call costs as much as what is done with one.
[[gnu::always_inline]] inline bool tell(const simdjson::dom::element& element, ObjectBuilder& builder) {
    using Type = simdjson::dom::element_type;
    switch (element.type()) {
        case Type::NULL_VALUE: return builder.scalar({});
        case Type::BOOL:
            return builder.scalar({.kind = Scalar::Kind::boolean, .boolean = element.get_bool().value_unsafe()});
        case Type::INT64:
            return builder.scalar({.kind = Scalar::Kind::integer, .integer = element.get_int64().value_unsafe()});
        case Type::UINT64:  // what does not fit above
            return builder.scalar(
                {.kind = Scalar::Kind::real, .real = static_cast<double>(element.get_uint64().value_unsafe())});
        case Type::DOUBLE:
            return builder.scalar({.kind = Scalar::Kind::real, .real = element.get_double().value_unsafe()});
        case Type::STRING:
            return builder.scalar({.kind = Scalar::Kind::text, .text = element.get_string().value_unsafe()});
        case Type::ARRAY: return builder.passes_over() || walk_list(element.get_array().value_unsafe(), builder);
        case Type::OBJECT: return builder.passes_over() || walk_object(element.get_object().value_unsafe(), builder);
    }
    return false;
}

inline bool walk_list(const simdjson::dom::array& list, ObjectBuilder& builder) {
    if (!builder.begin_list()) return false;
    for (const simdjson::dom::element one : list)
        if (!tell(one, builder)) return false;
    return builder.end_list();
}

inline bool walk_object(const simdjson::dom::object& object, ObjectBuilder& builder) {
    if (!builder.begin_object()) return false;
    for (const simdjson::dom::key_value_pair field : object)
        if (!builder.key(field.key) || !tell(field.value, builder)) return false;
    return builder.end_object();
}

}  // namespace detail

inline bool Parser::parse(std::string_view text, ObjectBuilder& builder, DecodeError& error) {
    // copied into memory of the parser's own, behind which it may read
    const auto document = parser_->parse(text.data(), text.size(), true);
    // what it refuses may be good all the same (a number above 2^64, a thousand levels), and if not, where is worth knowing
    const bool walked = document.error() == simdjson::SUCCESS ? detail::tell(document.value_unsafe(), builder)
                                                              : parse_with_nlohmann(text, builder, error);
    if (text.size() > keep) parser_ = std::make_unique<simdjson::dom::parser>();
    return walked;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
