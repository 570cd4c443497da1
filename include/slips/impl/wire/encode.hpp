// Encodes messages as Slips publishes them, by the tables of decode(). For tests: Harness::send() and the tests of the
// decoder; modules do not encode messages.
//
// A table lists a member's key in current Slips first and legacy's last. Absent members are left out, so the text has the
// form in which Slips writes it, but not all of its keys.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "slips/detail/evidence_rules.hpp"
#include "slips/detail/number.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/stamp.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/ip.hpp"
#include "slips/message.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the text that Slips of `generation` publishes for a message, also for one that this generation does not publish.
template <class M>
std::string encode(const M& message, Generation generation);

// --- the plain texts: the inverse of read() in decode.hpp -------------------------------------------------------

inline std::string plain_text(const NewIp& message) { return message.ip; }
inline std::string plain_text(const NewProfile& message) { return message.ip; }
inline std::string plain_text(const IpInfoChange& message) { return message.ip; }
inline std::string plain_text(const DnsInfoChange& message) { return message.domain; }
inline std::string plain_text(const NewDomain& message) { return message.domain; }
inline std::string plain_text(const FinishedModules& message) { return message.module; }
inline std::string plain_text(const ControlChannel& message) { return message.text; }
inline std::string plain_text(const NewAlert& message) {
    return message.profileid + "_" + message.twid + "_" + message.id;
}
inline std::string plain_text(const TwClosed& message) { return message.profileid + "_" + message.twid; }
inline std::string plain_text(const TwModified& message) { return message.profileid + ":" + message.twid; }

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline bool write(std::string& out, const Field& field, std::string text) {
    const bool present = !text.empty();
    const bool is_number = field.prefix == name_of(Prefix::timewindow) && slips::detail::is_timewindow(text);
    if (text.starts_with(field.prefix)) text.erase(0, field.prefix.size());
    if (is_number) out += text;
    else append_json(out, text);
    return present;
}
inline bool write(std::string& out, const Timestamp& time) {
    if (time.is_number()) out += time.text();
    else append_json(out, time.text());
    return !time.empty();
}
template <class Number>
bool write(std::string& out, const std::optional<Number>& number) {
    if (!number) return false;
    if constexpr (std::is_same_v<Number, bool>) out += *number ? "true" : "false";
    else if constexpr (std::is_same_v<Number, double>) append_python_repr(out, *number);
    else out += std::to_string(*number);
    return true;
}
inline bool write(std::string& out, const std::vector<double>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) append_python_repr(out += i ? ", " : "[", numbers[i]);
    if (!numbers.empty()) out += ']';
    return !numbers.empty();
}

/// Appends a member as JSON. Returns false if it is absent.
inline bool write(std::string& out, const Field& field, const void* member) {
    switch (field.type) {
        case Type::text: return write(out, field, *static_cast<const std::string*>(member));
        case Type::real: return write(out, *static_cast<const std::optional<double>*>(member));
        case Type::integer: return write(out, *static_cast<const std::optional<std::int64_t>*>(member));
        case Type::port: return write(out, *static_cast<const std::optional<int>*>(member));
        case Type::boolean: return write(out, *static_cast<const std::optional<bool>*>(member));
        case Type::time: return write(out, *static_cast<const Timestamp*>(member));
        case Type::reals: return write(out, *static_cast<const std::vector<double>*>(member));
        case Type::texts: {
            const auto& texts = *static_cast<const std::vector<std::string>*>(member);
            append_json(out, texts);
            return !texts.empty();
        }
    }
    return false;
}

/// Writes the object that a table describes.
class Encoder {
public:
    /// `chosen` is the key to write where one of several keys is possible.
    Encoder(Generation generation, std::string_view chosen) : generation_(generation), chosen_(chosen) {}

    std::string object(const Table& table, const void* object) {
        std::string out;
        ObjectWriter writer(out);
        for (const Field& field : table.fields) {
            if (!is_of_generation(table, field, object)) continue;
            const void* const member = place(field, object);
            if (field.nested) {
                writer.raw(field.key, nested(*field.nested, member));
            } else {
                std::string value;
                const bool present = write(value, field, member);
                if (!present && !field.required) continue;
                writer.raw(field.key, present ? value : "\"\"");
                written_.push_back(member);
            }
        }
        writer.end();
        return out;
    }

private:
    /// The encoder only reads, though tables take objects they may change.
    static void* place(const Field& field, const void* object) { return field.member(const_cast<void*>(object)); }

    bool is_of_generation(const Table& table, const Field& field, const void* object) const {
        // that uid is the key around it
        if (field.key.empty() || !field.member || field.also || &field == table.uid) return false;
        if (field.nested) {
            const bool is_flat = !field.required || field.one_of;
            return generation_ == Generation::current ? is_written(field, object) : !is_flat;
        }
        const void* const member = place(field, object);
        const auto same = [&](const Field& other) {
            return !other.nested && !other.also && other.member && place(other, object) == member;
        };
        const auto first = std::find_if(table.fields.begin(), table.fields.end(), same);
        const auto last = std::find_if(table.fields.rbegin(), table.fields.rend(), same);
        if (field.named) return field.key == chosen_;
        if (generation_ == Generation::legacy) return &field == &*last;
        if (field.flat && has_object(table, object)) return false;
        return &field == &*first && std::find(written_.begin(), written_.end(), member) == written_.end();
    }
    static bool has_object(const Table& table, const void* object) {
        return std::any_of(table.fields.begin(), table.fields.end(),
                           [&](const Field& field) { return field.nested && is_written(field, object); });
    }
    /// Returns true if the object is required, or if it has a member and each that it requires.
    static bool is_written(const Field& field, const void* object) {
        const void* const member = place(field, object);
        const auto is_present = [&](const Field& inner) {
            std::string ignored;
            return inner.nested ? is_written(inner, member) : write(ignored, inner, place(inner, member));
        };
        const auto& inside = field.nested->fields;
        return field.required || (std::any_of(inside.begin(), inside.end(), is_present) &&
                                  std::all_of(inside.begin(), inside.end(), [&](const Field& inner) {
                                      return !inner.required || inner.one_of || is_present(inner);
                                  }));
    }

    std::string nested(const Table& table, const void* member) {
        if (generation_ == Generation::current) return object(table, member);
        std::string text = object(table.wrapped ? *table.wrapped : table, member);
        if (table.wrapped) {
            std::string wrapped;
            ObjectWriter(wrapped)
                .text(*static_cast<const std::string*>(place(*table.wrapped->uid, member)), text)
                .end();
            text = wrapped;
        }
        std::string quoted;
        append_json(quoted, text);
        return quoted;
    }

    Generation generation_;
    std::string_view chosen_;
    std::vector<const void*> written_{};
};

/// Returns the key of a look-up: its own, else the generation's.
inline std::string_view key_of(const Lookup& lookup, Generation generation) {
    if (!lookup.key.empty()) return lookup.key;
    if (generation == Generation::current) return "to_lookup";
    return is_ip(lookup.to_lookup) ? "ip" : "host";
}

}  // namespace detail

template <class M>
std::string encode(const M& message, Generation generation) {
    const auto plain = [&] {
        if constexpr (requires { plain_text(message); }) return plain_text(message);
        else return std::string();
    };
    if constexpr (requires { table_of(&message); }) {
        if constexpr (requires { plain_text(message); }) {
            if (generation == Generation::legacy) return plain();
        }
        std::string_view chosen;
        if constexpr (requires(const M& m) { detail::key_of(m, generation); })
            chosen = detail::key_of(message, generation);
        static constexpr Table table = table_of(static_cast<const M*>(nullptr));
        return detail::Encoder(generation, chosen).object(table, &message);
    } else {
        if (generation == Generation::legacy || message.version.empty()) return plain();
        return stamp_text(plain(), message.version);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
