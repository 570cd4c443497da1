// The one seam to a JSON parser: decode_object() has a Parser walk the text, which tells an ObjectBuilder what it meets.
//
// Nothing else in the SDK reads messages, so another parser is another Parser and nothing more. Which one it is, the
// target that a program links decides: slips::simdjson, else nlohmann_json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "slips/impl/wire/json_writer.hpp"
#include "slips/impl/wire/nlohmann_parser.hpp"
#include "slips/impl/wire/object_builder.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_SIMDJSON
#include "slips/impl/wire/simdjson_parser.hpp"
#endif

namespace slips::inline SLIPS_SDK_ABI::wire {

#ifndef SLIPS_SDK_SIMDJSON
/// Reads JSON by nlohmann's parser; keeps its memory for the next text.
class Parser {
public:
    /// Tells the builder what is in the text. False: the builder ended the walk, or it is no JSON; `error` says why.
    bool parse(std::string_view text, ObjectBuilder& builder, DecodeError& error) {
        return parse_with_nlohmann(text, builder, error);
    }

    /// For a text within the text.
    Parser& inner() { return *this; }

    std::string key{};  ///< the builder's, kept so that its memory is
};
#endif

/// Fills an object of `table`'s kind from JSON text. Unknown keys are passed over; of a key that comes twice the
/// last counts, as in Python. False: `error` says why, and the object is in parts filled. `parser` is to be kept for the
/// next text: it reuses its memory.
bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error, Parser& parser);
/// The same, of one text: nothing is kept.
bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error);

/// Objects and lists so deep in one another that writing them again, which is done by recursion, could end the
/// stack. Slips writes nothing of the kind.
bool too_deep(std::string_view text);

// ---------------------------------------------------------------------------------------------------------

inline bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error, Parser& parser) {
    table.clear(object);
    ObjectBuilder builder(table, object, error, parser);
    if (parser.parse(text, builder, error)) return builder.complete();
    if (error.what.empty()) error.what = "not JSON";
    return false;
}

inline bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error) {
    Parser parser;
    return decode_object(text, table, object, error, parser);
}

inline void ObjectBuilder::remember_key(std::string_view name) { parser_.key.assign(name); }

/// Slips before 1.1.2 wrote JSON text into JSON text.
inline bool ObjectBuilder::decode_text(const Level& level, std::string_view text) {
    DecodeError error;
    if (decode_object(text, *level.field->nested, level.field->member(level.object), error, parser_.inner())) return true;
    if (!level.field->required) return true;
    error_.what = std::string(level.field->key) + ": " + error.what;
    error_.detail = std::move(error.detail);
    return false;
}

/// Legacy: {uid: "<JSON text of the flow>"}.
inline bool ObjectBuilder::scalar_as_wrapped(Level& level, const Scalar& value) {
    if (value.kind != Scalar::Kind::text || !value.text.starts_with('{')) return true;
    const Table& kind = *level.table->wrapped;
    if (!decode_object(value.text, kind, level.object, error_, parser_.inner())) return false;
    kind.uid->assign(level.object, {.kind = Scalar::Kind::text, .text = parser_.key});
    level.seen = ~std::uint64_t{0};
    return true;
}

inline bool too_deep(std::string_view text) {
    constexpr std::size_t deepest = 64;
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            else if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
