// Writes JSON as Python's json.dumps() does, in plain ASCII for any bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Appends `text` as a JSON string: ASCII, `\uXXXX` for other characters, U+FFFD for each byte that is not UTF-8.
void append_json(std::string& out, std::string_view text);

/// Appends a list of JSON strings.
void append_json(std::string& out, const std::vector<std::string>& texts);

/// The key of a member. A literal is prepared at compile time, so that writing it only appends it.
class JsonKey {
public:
    /// A literal of at most 40 characters. Does not compile if any of them must be escaped.
    template <std::size_t Size>
    consteval JsonKey(const char (&name)[Size])
        : size_(Size + 5) {  // NOLINT(google-explicit-constructor): a key is a text
        std::size_t at = 0;
        for (const char c : {',', ' ', '"'}) ready_[at++] = c;
        for (std::size_t i = 0; i + 1 < Size; ++i) {
            if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\') throw "this key must be escaped";
            ready_[at++] = name[i];
        }
        for (const char c : {'"', ':', ' '}) ready_[at++] = c;
    }
    /// Any text, which must outlive the key. Characters are escaped where necessary.
    JsonKey(std::string_view name) : name_(name) {}  // NOLINT(google-explicit-constructor)
    /// Any text, which must outlive the key.
    JsonKey(const std::string& name) : name_(name) {}  // NOLINT(google-explicit-constructor)

    /// Appends the key with its separators.
    void append_to(std::string& out, bool first) const {
        if (size_ != 0) return static_cast<void>(out.append(ready_ + (first ? 2 : 0), size_ - (first ? 2 : 0)));
        if (!first) out += ", ";
        append_json(out, name_);
        out += ": ";
    }

private:
    char ready_[46]{};      ///< `, "key": `
    std::size_t size_ = 0;  ///< of `ready_`; 0 if only the name is known
    std::string_view name_{};
};

/// Writes JSON as Slips does: `{"key": value, "key": value}`.
class ObjectWriter {
public:
    /// Appends to `out`, which must outlive the writer; the object is complete after end().
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    /// Adds a key and a string; returns the writer, as all of these do.
    ObjectWriter& text(const JsonKey& key, std::string_view value) { return append_json(name(key), value), *this; }
    /// Adds a key and an object, which must be ended before anything else is added.
    ObjectWriter object(const JsonKey& key) { return ObjectWriter(name(key)); }
    /// Adds a key and a value that is JSON text already.
    ObjectWriter& raw(const JsonKey& key, std::string_view json) { return name(key) += json, *this; }
    /// Adds a key and a float as Python's repr() writes it.
    ObjectWriter& number(const JsonKey& key, double value) { return append_python_repr(name(key), value), *this; }
    /// Adds a key and an integer.
    ObjectWriter& integer(const JsonKey& key, std::int64_t value) { return name(key) += std::to_string(value), *this; }
    /// Adds a key and a list of strings.
    ObjectWriter& texts(const JsonKey& key, const std::vector<std::string>& values) {
        return append_json(name(key), values), *this;
    }
    void end() { out_ += '}'; }  ///< closes the object; nothing may follow

private:
    std::string& name(const JsonKey& key) {
        key.append_to(out_, first_);
        first_ = false;
        return out_;
    }

    std::string& out_;
    bool first_ = true;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {
/// The bytes that a JSON string contains unescaped: ASCII without control characters, quotation mark and backslash.
inline constexpr auto is_unescaped = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
    return table;
}();
}  // namespace detail

inline void append_json(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    const auto escape = [&out](unsigned unit) {
        const char code[] = {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
        out.append(code, sizeof code);
    };
    std::size_t i = slips::detail::plain_start(text);
    while (i < text.size() && detail::is_unescaped[static_cast<unsigned char>(text[i])]) ++i;
    if (char quoted[64]; i == text.size() && i + 2 <= sizeof quoted) {  // nearly always: one append
        quoted[0] = '"';
        text.copy(quoted + 1, i);
        quoted[i + 1] = '"';
        out.append(quoted, i + 2);
        return;
    }
    out += '"';
    std::size_t plain = 0;  // start of the bytes not yet copied
    while (i < text.size()) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (detail::is_unescaped[c]) {
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
        const auto [point, length] = slips::detail::character_at(text, i);
        if (length == 0) {
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
