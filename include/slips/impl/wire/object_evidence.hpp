// Evidence for Slips before 1.0.11: as JSON, and the window in which Slips stores it.
//
// Mirrors setEvidence() in slips_files/core/database.py (later database/database.py, database/redis_db/alert_handler.py).
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"

/// Formats of Slips before 1.0.11.
namespace slips::inline SLIPS_SDK_ABI::wire::object_evidence {

using slips::detail::Dialect;
using slips::detail::dialect_of;

/// Returns the evidence as Slips publishes and stores it.
std::string encode(const Evidence& evidence, const Context& context,
                   const Dialect& dialect = dialect_of(Generation::legacy));

/// Returns the key under which a window stores the evidence.
inline std::string_view key_of(const Evidence& evidence, const Dialect& dialect) {
    return dialect.store == slips::detail::EvidenceStore::by_description ? evidence.description : evidence.id;
}

/// The evidence of a time window: its key → JSON text of the evidence, in order of arrival.
class Window {
public:
    /// Reads the hash field `Evidence`; an empty text is an empty window. Returns false if Slips does not write such text.
    bool read(std::string_view text);

    /// Adds an evidence, or replaces the one with the same key. Returns true if the key is new here: only then the evidence is
    /// published.
    bool put(std::string_view key, std::string_view json);

    /// Returns the text of the hash field.
    std::string text() const;

private:
    static const Table& table();
    std::size_t place_of(std::string_view key);

    /// One evidence. Both are JSON strings, so that bytes that are not UTF-8 read the same each time.
    struct Entry {
        std::string key{};
        std::string evidence{};
    };
    std::vector<Entry> entries_{};
    std::unordered_map<std::string, std::size_t> places_{};  ///< key → index in entries_
    std::size_t open_ = 0;                                   ///< while reading: the entry whose evidence comes next
};

/// Returns the victim: the evidence's, else the profile's address unless it is the attacker, as Slips does.
inline std::string victim_of(const Evidence& evidence, const Context& context) {
    if (!evidence.victim.empty()) return evidence.victim.value;
    const std::string own = context.profile_ip();
    return evidence.attacker.value.find(own) == std::string::npos ? own : std::string();
}

/// Returns a time that Python takes for true: Slips up to 0.9.3 treats a number that is 0, or an integer, as text, and its
/// evidence process ends. A billionth of a second is less than its dates show.
inline double true_time(double seconds) { return seconds == 0 ? 1e-9 : seconds; }

// ---------------------------------------------------------------------------------------------------------

inline std::string encode(const Evidence& evidence, const Context& context, const Dialect& dialect) {
    const bool own = evidence.attacker.value.find(context.profile_ip()) != std::string::npos ||
                     slips::detail::same_address(evidence.attacker.value, context.profile_ip());
    const ThreatLevel level =
        own && dialect.own_is_info ? ThreatLevel::info : evidence.threat_level.value_or(ThreatLevel::info);
    std::string json;
    json.reserve(512);
    ObjectWriter object(json);
    object.text("profileid", context.profileid).text("twid", context.twid);
    const bool renamed = dialect.attacker_names;
    object.text(renamed ? JsonKey("attacker_direction") : JsonKey("type_detection"),
                legacy_type_detection(evidence.attacker.type.value_or(IocType::ip),
                                      evidence.attacker.direction.value_or(Direction::src)));
    object.text(renamed ? JsonKey("attacker") : JsonKey("detection_info"), evidence.attacker.value);
    object.text(renamed ? JsonKey("evidence_type") : JsonKey("type_evidence"), evidence.type.legacy);
    object.text("description", evidence.description);
    object.number("stime", true_time(evidence.timestamp.seconds().value_or(0)));
    if (dialect.uid_list) object.texts("uid", evidence.uids);
    else if (evidence.uids.empty()) object.text("uid", "");
    else object.text("uid", dialect.last_uid ? evidence.uids.back() : evidence.uids.front());
    object.number("confidence", evidence.confidence.value_or(0)).text("threat_level", to_lower_string(level));
    object.text("category", evidence.category).text("ID", evidence.id);
    if (dialect.victim) object.text("victim", victim_of(evidence, context));
    if (evidence.connection_count) object.integer("conn_count", *evidence.connection_count);
    if (!evidence.source_target_tag.empty()) object.text("source_target_tag", evidence.source_target_tag);
    if (const auto port = evidence.dst_port ? evidence.dst_port : evidence.src_port; port)
        object.text("port", std::to_string(*port));
    if (evidence.proto) object.text("proto", to_string(*evidence.proto));
    object.end();
    return json;
}

/// Accepts any key.
inline const Table& Window::table() {
    static constexpr std::array fields{Field{
        .member = [](void* window) { return window; },
        .assign_member =
            [](void* object, const Scalar& value) {
                auto& window = *static_cast<Window*>(object);
                std::string& evidence = window.entries_[window.open_].evidence;
                evidence.clear();
                append_json(evidence, value.text);
                return value.kind == Scalar::Kind::text;
            },
        .clear_member = [](void* object) { *static_cast<Window*>(object) = {}; },
        .named =
            [](void* object, std::string_view key) {
                auto& window = *static_cast<Window*>(object);
                window.open_ = window.place_of(key);
            },
        .required = true,  // a value that is not text is not left out: writing the window would delete it
    }};
    static constexpr Table table{.fields = fields, .others = &fields[0], .required = 0};
    return table;
}

inline std::size_t Window::place_of(std::string_view key) {
    std::string quoted;
    append_json(quoted, key);
    const auto [at, fresh] = places_.try_emplace(quoted, entries_.size());
    if (fresh) entries_.push_back({std::move(quoted), {}});
    return at->second;
}

inline bool Window::read(std::string_view text) {
    *this = {};
    DecodeError error;
    if (text.empty() || decode_object(text, table(), this, error)) return true;
    *this = {};
    return false;
}

inline bool Window::put(std::string_view key, std::string_view json) {
    const std::size_t before = entries_.size();
    std::string& evidence = entries_[place_of(key)].evidence;
    evidence.clear();
    append_json(evidence, json);
    return entries_.size() != before;
}

inline std::string Window::text() const {
    std::string text = "{";
    for (const Entry& entry : entries_) {
        if (text.size() > 1) text += ", ";
        text.append(entry.key).append(": ").append(entry.evidence);
    }
    return text += '}';
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::object_evidence
