// The one seam to a JSON parser. Reading: parse() drives an ObjectBuilder, which follows a table and writes into
// the members. Writing: JSON as Python's json.dumps spells it, plain ASCII whatever the bytes.
//
// Nothing else in the SDK reads JSON off the wire, so another parser is another parse() and nothing more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "slips/number.hpp"
#include "slips/version.hpp"
#include "slips/wire/table.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Why a text could not be decoded. `what` names the field and what was expected, and is the same for every
/// message with the same fault, so that a fault is reported once; `detail` tells of this message.
struct DecodeError {
    std::string what{};
    std::string detail{};
};

/// Fills an object of `table`'s kind from JSON text. Unknown keys are passed over; of a key that comes twice the
/// last counts, as in Python. False: `error` says why, and the object is in parts filled.
bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error);

/// Objects and lists so deep in one another that writing them again, which is done by recursion, could end the
/// stack. Slips writes nothing of the kind.
bool too_deep(std::string_view text);

/// Appends `text` as a JSON string: ASCII only, \uXXXX for the rest, U+FFFD for each byte that is no UTF-8.
void append_json(std::string& out, std::string_view text);

/// The same for a list of texts.
void append_json(std::string& out, const std::vector<std::string>& texts);

/// Writes JSON as Slips does: `{"key": value, "key": value}`.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    ObjectWriter& text(std::string_view key, std::string_view value) { append_json(name(key), value); return *this; }
    ObjectWriter& raw(std::string_view key, std::string_view json) { name(key) += json; return *this; }
    ObjectWriter& number(std::string_view key, double value) { append_python_repr(name(key), value); return *this; }
    ObjectWriter& integer(std::string_view key, std::int64_t value) { name(key) += std::to_string(value); return *this; }
    ObjectWriter& texts(std::string_view key, const std::vector<std::string>& values) {
        append_json(name(key), values);
        return *this;
    }
    void end() { out_ += '}'; }

private:
    std::string& name(std::string_view key) {
        if (!first_) out_ += ", ";
        first_ = false;
        append_json(out_, key);
        return out_ += ": ";
    }

    std::string& out_;
    bool first_ = true;
};

// ---------------------------------------------------------------------------------------------------------

/// Follows a table while a parser walks a document: the parser tells what it meets, the builder assigns.
/// Each call returns false to end the walk; error() then says why.
class ObjectBuilder {
public:
    ObjectBuilder(const Table& table, void* object, DecodeError& error) : error_(error) {
        root_ = {&table, object};
    }

    bool key(std::string_view name);
    bool scalar(const Scalar& value);
    bool begin_object();
    bool end_object();
    bool begin_list();
    bool end_list();

    /// After the walk: was it an object, with all it needs?
    bool complete();

private:
    struct Level {
        const Table* table = nullptr;
        void* object = nullptr;
        const Field* field = nullptr;  ///< of the key last met; null for an unknown one
        std::size_t next = 0;          ///< where the field after it stands in the table
        std::uint64_t seen = 0;        ///< one bit a field
    };
    static constexpr std::size_t deepest = 4;  ///< kinds within kinds

    bool fail(const Level& level, const char* found);
    bool unexpected(const Level& level, const char* opened);
    bool check_required(const Level& level);
    bool decode_text(const Level& level, std::string_view text);
    bool scalar_as_wrapped(Level& level, const Scalar& value);

    DecodeError& error_;
    Level root_{};
    Level levels_[deepest]{};
    std::size_t depth_ = 0;        ///< levels in use
    std::uint64_t skipping_ = 0;   ///< open objects and lists that belong to no field
    bool in_list_ = false;
    std::string unknown_key_{};    ///< legacy: may be the uid that wraps a flow
};

namespace detail {

inline const char* name_of(Scalar::Kind kind) {
    switch (kind) {
        case Scalar::Kind::null: return "null";
        case Scalar::Kind::boolean: return "true or false";
        case Scalar::Kind::integer:
        case Scalar::Kind::real: return "a number";
        case Scalar::Kind::text: return "text";
    }
    return "something else";
}

/// nlohmann's SAX events, told on to a builder. Not derived from nlohmann::json_sax: no virtual call an event.
class SaxAdapter {
public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    SaxAdapter(ObjectBuilder& builder, DecodeError& error) : builder_(builder), error_(error) {}

    bool null() { return builder_.scalar({}); }
    bool boolean(bool value) { return builder_.scalar({.kind = Scalar::Kind::boolean, .boolean = value}); }
    bool number_integer(number_integer_t value) {
        return builder_.scalar({.kind = Scalar::Kind::integer, .integer = value});
    }
    bool number_unsigned(number_unsigned_t value) {
        if (value > static_cast<number_unsigned_t>(INT64_MAX))
            return builder_.scalar({.kind = Scalar::Kind::real, .real = static_cast<double>(value)});
        return builder_.scalar({.kind = Scalar::Kind::integer, .integer = static_cast<std::int64_t>(value)});
    }
    bool number_float(number_float_t value, const string_t&) {
        return builder_.scalar({.kind = Scalar::Kind::real, .real = value});
    }
    bool string(string_t& value) { return builder_.scalar({.kind = Scalar::Kind::text, .text = value}); }
    bool binary(binary_t&) { return false; }
    bool start_object(std::size_t) { return builder_.begin_object(); }
    bool key(string_t& name) { return builder_.key(name); }
    bool end_object() { return builder_.end_object(); }
    bool start_array(std::size_t) { return builder_.begin_list(); }
    bool end_array() { return builder_.end_list(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        error_.what = "not JSON";
        error_.detail = "at byte " + std::to_string(position);
        return false;
    }

private:
    ObjectBuilder& builder_;
    DecodeError& error_;
};

}  // namespace detail

inline bool decode_object(std::string_view text, const Table& table, void* object, DecodeError& error) {
    table.clear(object);
    ObjectBuilder builder(table, object, error);
    detail::SaxAdapter sax(builder, error);
    if (nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &sax)) return builder.complete();
    if (error.what.empty()) error.what = "not JSON";
    return false;
}

inline bool ObjectBuilder::key(std::string_view name) {
    if (skipping_) return true;
    Level& level = levels_[depth_ - 1];
    const auto fields = level.table->fields;
    // Slips writes keys in the table's order, so the next field is nearly always the one
    std::size_t at = level.next;
    for (std::size_t tried = 0; tried < fields.size(); ++tried, ++at) {
        if (at >= fields.size()) at = 0;
        if (fields[at].key == name) {
            level.field = &fields[at];
            level.next = at + 1;
            if (level.field->named) level.field->named(level.object, name);
            return true;
        }
    }
    level.field = level.table->others;
    if (level.field && level.field->named) level.field->named(level.object, name);
    if (level.table->wrapped) unknown_key_.assign(name);
    return true;
}

inline bool ObjectBuilder::scalar(const Scalar& value) {
    if (skipping_) return true;
    if (depth_ == 0) {
        error_.what = std::string(detail::name_of(value.kind)) + ", expected an object";
        return false;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return !level.table->wrapped || depth_ != 1 || level.seen || scalar_as_wrapped(level, value);
    level.seen |= std::uint64_t{1} << (level.field - level.table->fields.data());
    if (level.field->nested) {
        if (value.kind == Scalar::Kind::text) return decode_text(level, value.text);
        return !level.field->required || fail(level, detail::name_of(value.kind));
    }
    if (level.field->list && !in_list_) level.field->clear(level.object);
    return level.field->assign(level.object, value) || level.table->lenient || fail(level, detail::name_of(value.kind));
}

inline bool ObjectBuilder::begin_object() {
    if (skipping_) return ++skipping_, true;
    if (depth_ == 0) {
        levels_[depth_++] = root_;
        return true;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return ++skipping_, true;
    if (!level.field->nested || in_list_) return unexpected(level, "an object");
    if (depth_ == deepest) return fail(level, "an object nested too deep");
    level.seen |= std::uint64_t{1} << (level.field - level.table->fields.data());
    void* member = level.field->member(level.object);
    level.field->nested->clear(member);  // of a key that comes twice the last counts
    levels_[depth_] = Level{level.field->nested, member, nullptr, 0, 0};
    ++depth_;
    return true;
}

inline bool ObjectBuilder::end_object() {
    if (skipping_) return --skipping_, true;
    if (depth_ == 1) {
        root_ = levels_[0];
        --depth_;
        return true;
    }
    --depth_;
    return check_required(levels_[depth_]);
}

inline bool ObjectBuilder::begin_list() {
    if (skipping_) return ++skipping_, true;
    if (depth_ == 0) {
        error_.what = "a list, expected an object";
        return false;
    }
    Level& level = levels_[depth_ - 1];
    if (!level.field) return ++skipping_, true;
    if (!level.field->list || in_list_) return unexpected(level, "a list");
    level.seen |= std::uint64_t{1} << (level.field - level.table->fields.data());
    level.field->clear(level.object);
    in_list_ = true;
    return true;
}

inline bool ObjectBuilder::end_list() {
    if (skipping_) return --skipping_, true;
    in_list_ = false;
    return true;
}

inline bool ObjectBuilder::complete() { return check_required(root_); }

inline bool ObjectBuilder::check_required(const Level& level) {
    const Field* missing = nullptr;
    bool found = false;  // one of several
    for (std::size_t i = 0; i < level.table->fields.size(); ++i) {
        const Field& field = level.table->fields[i];
        if (!field.required) continue;
        if (level.seen >> i & 1) {
            found |= field.one_of;
            continue;
        }
        if (!missing || !field.one_of) missing = &field;
        if (!field.one_of) break;
    }
    if (!missing || (missing->one_of && found)) return true;
    error_.what = std::string(missing->key) + " is missing, expected " + missing->expected;
    return false;
}

inline bool ObjectBuilder::fail(const Level& level, const char* found) {
    error_.what = std::string(level.field->key) + " is " + found + ", expected " + level.field->expected;
    return false;
}

/// An object or a list where the field takes none: passed over where it does no harm.
inline bool ObjectBuilder::unexpected(const Level& level, const char* opened) {
    if (!level.table->lenient && (!level.field->nested || level.field->required)) return fail(level, opened);
    return ++skipping_, true;
}

/// Slips before 1.1.2 wrote JSON text into JSON text.
inline bool ObjectBuilder::decode_text(const Level& level, std::string_view text) {
    const std::string inner(text);  // the parser's own buffer, which the next level would overwrite
    DecodeError error;
    if (decode_object(inner, *level.field->nested, level.field->member(level.object), error)) return true;
    if (!level.field->required) return true;
    error_.what = std::string(level.field->key) + ": " + error.what;
    error_.detail = std::move(error.detail);
    return false;
}

/// Legacy: {uid: "<JSON text of the flow>"}.
inline bool ObjectBuilder::scalar_as_wrapped(Level& level, const Scalar& value) {
    if (value.kind != Scalar::Kind::text || !value.text.starts_with('{')) return true;
    const std::string inner(value.text);
    const std::string uid = unknown_key_;
    const Table& kind = *level.table->wrapped;
    if (!decode_object(inner, kind, level.object, error_)) return false;
    kind.uid->assign(level.object, {.kind = Scalar::Kind::text, .text = uid});
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

inline void append_json(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    const auto escape = [&out](unsigned unit) {
        const char code[] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
        out.append(code, sizeof code);
    };
    out += '"';
    std::size_t plain = 0;  // start of the run not yet copied
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            ++i;
            continue;
        }
        out.append(text, plain, i - plain);
        if (c < 0x80) {
            switch (c) {
                case '"': out += "\\\""; break;
                case '\\': out += "\\\\"; break;
                case '\n': out += "\\n"; break;
                case '\r': out += "\\r"; break;
                case '\t': out += "\\t"; break;
                case '\b': out += "\\b"; break;
                case '\f': out += "\\f"; break;
                default: escape(c);
            }
            plain = ++i;
            continue;
        }
        // a well-formed sequence (no overlong form, no surrogate, nothing above U+10FFFF), or one bad byte
        const std::size_t length = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
        std::uint32_t point = length == 2 ? c & 0x1Fu : length == 3 ? c & 0x0Fu : c & 0x07u;
        bool good = length != 0 && i + length <= text.size();
        for (std::size_t k = 1; good && k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            good = (next & 0xC0) == 0x80;
            point = point << 6 | (next & 0x3Fu);
        }
        if (good && ((length == 3 && (point < 0x800 || (point >= 0xD800 && point < 0xE000))) ||
                     (length == 4 && (point < 0x10000 || point > 0x10FFFF))))
            good = false;
        if (!good) {
            escape(0xFFFD);
            plain = ++i;
            continue;
        }
        if (point >= 0x10000) {
            escape(0xD800 + ((point - 0x10000) >> 10));
            escape(0xDC00 + ((point - 0x10000) & 0x3FF));
        } else {
            escape(point);
        }
        plain = i += length;
    }
    out.append(text, plain, text.size() - plain);
    out += '"';
}

inline void append_json(std::string& out, const std::vector<std::string>& texts) {
    out += '[';
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i) out += ", ";
        append_json(out, texts[i]);
    }
    out += ']';
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
