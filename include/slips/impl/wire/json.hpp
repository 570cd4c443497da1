// The only interface to a JSON parser: a Parser walks the text and reports to an ObjectBuilder what it reads.
//
// Nothing else in the SDK reads messages, so another parser only needs another Parser. The target that a program links
// selects it: slips::simdjson, else nlohmann_json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/impl/wire/json_writer.hpp"
#include "slips/impl/wire/mended_json.hpp"
#include "slips/impl/wire/nlohmann_parser.hpp"
#include "slips/impl/wire/object_builder.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_SIMDJSON
#include "slips/impl/wire/simdjson_parser.hpp"
#endif

namespace slips::inline SLIPS_SDK_ABI::wire {

#ifndef SLIPS_SDK_SIMDJSON
/// Reads JSON with nlohmann's parser; keeps its memory for the next text.
class Parser {
public:
    /// Reports the text to the builder. Returns false if the builder ends the walk, or the text is not JSON, and sets `error`.
    bool parse(std::string_view text, ObjectBuilder& builder, DecodeError& error) {
        return parse_with_nlohmann(text, builder, error);
    }

    /// Returns the parser for JSON text within the text.
    Parser& inner() { return *this; }

    std::string key{};  ///< for the builder; here, its memory is kept
};
#endif

/// Fills the object that `table` describes from JSON text. Unknown keys are skipped; of a key that comes twice the last
/// counts, as in Python. Optional fields of another type are left out, see DecodeError. Half a surrogate pair is read as
/// U+FFFD, see mended_json(). On failure returns false and sets `error`; the object is then partly filled. Keep `parser` for the next text: it reuses its memory.
bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error, Parser& parser);
/// The same for a single text: no parser is kept.
bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error);

/// Returns true if objects and lists are nested so deep that writing them, which is recursive, could overflow the stack.
/// Slips writes nothing of the kind.
bool too_deep(std::string_view text);

// ---------------------------------------------------------------------------------------------------------

inline bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error, Parser& parser) {
    table.clear(object);
    const std::size_t left_out = error.left_out.size();
    ObjectBuilder builder(table, object, error, parser);
    if (parser.parse(text, builder, error)) return builder.complete();
    if (error.what.empty()) error.what = "not JSON";
    if (error.what != "not JSON") return false;
    const std::optional<std::string> mended = mended_json(text);
    if (!mended) return false;
    error.what.clear();
    error.detail.clear();
    error.left_out.resize(left_out);
    return decode_object(*mended, table, object, error, parser);
}

inline bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error) {
    Parser parser;
    return decode_object(text, table, object, error, parser);
}

inline void ObjectBuilder::remember_key(std::string_view name) { parser_.key.assign(name); }

/// Slips before 1.1.2 wrote JSON text into JSON text.
inline bool ObjectBuilder::decode_text(const Level& level, std::string_view text) {
    DecodeError error;
    if (decode_object(text, *level.field->nested, level.field->member(level.object), error, parser_.inner())) {
        for (const std::string& field : error.left_out)
            if (error_.left_out.size() < most_left_out)
                error_.left_out.push_back(std::string(level.field->key) + ": " + field);
        return true;
    }
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
