// Evidence for legacy Slips (0.9, June 2022): as JSON, and the window in which Slips stores it.
//
// Mirrors setEvidence() and set_score_confidence() in slips_files/core/database.py of that version.
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"

/// Formats that only legacy Slips (0.9) writes and reads.
namespace slips::inline SLIPS_SDK_ABI::wire::legacy {

/// Returns the evidence as Slips publishes it and stores it under its description.
std::string encode(const Evidence& evidence, const Context& context);

/// The evidence of a time window: description → JSON text of the evidence, in order of arrival.
class Window {
public:
    /// Reads the hash field `Evidence`; an empty text is an empty window. Returns false if Slips does not write such text.
    bool read(std::string_view text);

    /// Adds an evidence, or replaces the one with the same description. Returns true if the description is new here: only
    /// then the evidence is published.
    bool put(std::string_view description, std::string_view json);

    /// Returns the text of the hash field.
    std::string text() const;

private:
    static const Table& table();
    std::size_t place_of(std::string_view description);

    /// One evidence. Both are JSON strings, so that bytes that are not UTF-8 read the same each time.
    struct Entry {
        std::string description{};
        std::string evidence{};
    };
    std::vector<Entry> entries_{};
    std::unordered_map<std::string, std::size_t> places_{};  ///< description → index in entries_
    std::size_t open_ = 0;                                   ///< while reading: the entry whose evidence comes next
};

/// Returns `IPsInfo` of an address with the score that evidence gives it: {…old, "score": 1, "confidence": 1}.
std::string scored(std::string_view old_text);

/// Returns the address whose score an evidence sets: the profile's for srcip, the attacker's for dstip, else empty.
std::string scored_ip(const Evidence& evidence, const Context& context);

// ---------------------------------------------------------------------------------------------------------

inline std::string encode(const Evidence& evidence, const Context& context) {
    // Slips' own rule: evidence about the profile itself has level info
    const bool own = evidence.attacker.value.find(context.profile_ip()) != std::string::npos ||
                     slips::detail::same_address(evidence.attacker.value, context.profile_ip());
    const ThreatLevel level = own ? ThreatLevel::info : evidence.threat_level.value_or(ThreatLevel::info);
    std::string json;
    json.reserve(512);
    ObjectWriter object(json);
    object.text("profileid", context.profileid).text("twid", context.twid);
    object.text("type_detection", legacy_type_detection(evidence.attacker.type.value_or(IocType::ip),
                                                        evidence.attacker.direction.value_or(Direction::src)));
    object.text("detection_info", evidence.attacker.value).text("type_evidence", evidence.type.legacy);
    object.text("description", evidence.description);
    object.number("stime", evidence.timestamp.seconds().value_or(0));  // an integer ends Slips' evidence process
    object.text("uid", evidence.uids.empty() ? std::string_view() : std::string_view(evidence.uids.front()));
    object.number("confidence", evidence.confidence.value_or(0)).text("threat_level", to_lower_string(level));
    object.text("category", evidence.category).text("ID", evidence.id);
    if (evidence.connection_count) object.integer("conn_count", *evidence.connection_count);
    if (!evidence.source_target_tag.empty()) object.text("source_target_tag", evidence.source_target_tag);
    if (const auto port = evidence.dst_port ? evidence.dst_port : evidence.src_port; port)
        object.text("port", std::to_string(*port));
    if (evidence.proto) object.text("proto", to_string(*evidence.proto));
    object.end();
    return json;
}

/// Accepts any key: it is a description.
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
            [](void* object, std::string_view description) {
                auto& window = *static_cast<Window*>(object);
                window.open_ = window.place_of(description);
            },
    }};
    static constexpr Table table{.fields = fields, .others = &fields[0]};
    return table;
}

inline std::size_t Window::place_of(std::string_view description) {
    std::string key;
    append_json(key, description);
    const auto [at, fresh] = places_.try_emplace(key, entries_.size());
    if (fresh) entries_.push_back({std::move(key), {}});
    return at->second;
}

inline bool Window::read(std::string_view text) {
    *this = {};
    DecodeError error;
    if (text.empty() || decode_object(text, table(), this, error)) return true;
    *this = {};
    return false;
}

inline bool Window::put(std::string_view description, std::string_view json) {
    const std::size_t before = entries_.size();
    std::string& evidence = entries_[place_of(description)].evidence;
    evidence.clear();
    append_json(evidence, json);
    return entries_.size() != before;
}

inline std::string Window::text() const {
    std::string text = "{";
    for (const Entry& entry : entries_) {
        if (text.size() > 1) text += ", ";
        text.append(entry.description).append(": ").append(entry.evidence);
    }
    return text += '}';
}

inline std::string scored(std::string_view old_text) {
    if (too_deep(old_text)) old_text = {};
    nlohmann::json info = parse_value(old_text);
    if (!info.is_object()) info = nlohmann::json::object();
    std::string json;
    ObjectWriter object(json);
    for (const auto& [key, value] : info.items())
        if (key != "score" && key != "confidence") object.raw(key, to_ascii(value));
    object.integer("score", 1).integer("confidence", 1).end();
    return json;
}

inline std::string scored_ip(const Evidence& evidence, const Context& context) {
    if (evidence.attacker.type != IocType::ip) return {};
    return evidence.attacker.direction == Direction::dst ? evidence.attacker.value : context.profile_ip();
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::legacy
