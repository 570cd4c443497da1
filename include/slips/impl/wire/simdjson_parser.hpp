// simdjson behind the interface of json.hpp: its DOM, which checks the whole document before any of it is reported. Nothing
// is allocated for a text that is no longer than the ones before.
#pragma once

#ifndef SLIPS_SDK_SIMDJSON
#error                                                                                                                 \
    "slips: link slips::simdjson (CMake) or slips-module-sdk-simdjson (pkg-config, Meson); wire/json.hpp then includes this"
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

/// Reads JSON with simdjson; keeps its memory for the next text.
class Parser {
public:
    /// Reports the text to the builder. Returns false if the builder ends the walk, or the text is not JSON, and sets `error`.
    bool parse(std::string_view text, ObjectBuilder& builder, DecodeError& error);

    /// Returns the parser for JSON text within the text, which is read while this one is.
    Parser& inner() {
        if (!inner_) inner_ = std::make_unique<Parser>();
        return *inner_;
    }

    std::string key{};  ///< for the builder; here, its memory is kept

private:
    static constexpr std::size_t keep = 1 << 20;  ///< bytes; the memory of a longer text is released

    std::unique_ptr<simdjson::dom::parser> parser_ = std::make_unique<simdjson::dom::parser>();
    std::unique_ptr<Parser> inner_{};
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline bool walk_list(const simdjson::dom::array& list, ObjectBuilder& builder);
inline bool walk_object(const simdjson::dom::object& object, ObjectBuilder& builder);

/// Reports one value. Always inlined: nearly all values are scalars, and a call costs as much as processing one.
[[gnu::always_inline]] inline bool report_value(const simdjson::dom::element& element, ObjectBuilder& builder) {
    using Type = simdjson::dom::element_type;
    switch (element.type()) {
        case Type::NULL_VALUE: return builder.scalar({});
        case Type::BOOL:
            return builder.scalar({.kind = Scalar::Kind::boolean, .boolean = element.get_bool().value_unsafe()});
        case Type::INT64:
            return builder.scalar({.kind = Scalar::Kind::integer, .integer = element.get_int64().value_unsafe()});
        case Type::UINT64:  // above the range of int64
            return builder.scalar(
                {.kind = Scalar::Kind::real, .real = static_cast<double>(element.get_uint64().value_unsafe())});
        case Type::DOUBLE:
            return builder.scalar({.kind = Scalar::Kind::real, .real = element.get_double().value_unsafe()});
        case Type::STRING:
            return builder.scalar({.kind = Scalar::Kind::text, .text = element.get_string().value_unsafe()});
        case Type::ARRAY: return builder.skips_next() || walk_list(element.get_array().value_unsafe(), builder);
        case Type::OBJECT: return builder.skips_next() || walk_object(element.get_object().value_unsafe(), builder);
    }
    return false;
}

inline bool walk_list(const simdjson::dom::array& list, ObjectBuilder& builder) {
    if (!builder.begin_list()) return false;
    for (const simdjson::dom::element one : list)
        if (!report_value(one, builder)) return false;
    return builder.end_list();
}

inline bool walk_object(const simdjson::dom::object& object, ObjectBuilder& builder) {
    if (!builder.begin_object()) return false;
    for (const simdjson::dom::key_value_pair field : object)
        if (!builder.key(field.key) || !report_value(field.value, builder)) return false;
    return builder.end_object();
}

}  // namespace detail

inline bool Parser::parse(std::string_view text, ObjectBuilder& builder, DecodeError& error) {
    // copies the text into the parser's own memory, since it reads beyond the end
    const auto document = parser_->parse(text.data(), text.size(), true);
    // nlohmann's parser accepts some texts that this one refuses (a number above 2^64, a thousand levels), and reports where
    // others are broken
    const bool walked = document.error() == simdjson::SUCCESS ? detail::report_value(document.value_unsafe(), builder)
                                                              : parse_with_nlohmann(text, builder, error);
    if (text.size() > keep) parser_ = std::make_unique<simdjson::dom::parser>();
    return walked;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
