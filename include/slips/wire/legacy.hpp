// Evidence for legacy Slips (0.9, June 2022), as JSON and as the commands that set it.
//
// Mirrors setEvidence() and set_score_confidence() in slips_files/core/database.py of that version.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/evidence.hpp"
#include "slips/version.hpp"
#include "slips/wire/json.hpp"

/// What only legacy Slips (0.9) writes and reads.
namespace slips::inline SLIPS_SDK_ABI::wire::legacy {

/// The evidence as Slips publishes it and stores it under its description.
std::string encode(const Evidence& evidence, const Context& context);

/// What a time window holds: description → JSON text of the evidence, in the order in which they came.
class Window {
public:
    /// From the hash field `Evidence`; an empty text is an empty window. False: it is not what Slips writes.
    bool read(std::string_view text);

    /// Puts an evidence in. True: the description is new here, so the evidence is to be published; a repeat
    /// takes the place of the one before.
    bool put(const std::string& description, std::string json);

    /// For the hash field.
    std::string text() const;

private:
    nlohmann::ordered_json held_ = nlohmann::ordered_json::object();
};

/// `IPsInfo` of an address with the score an evidence gives it: {…old, "score": 1, "confidence": 1}.
std::string scored(std::string_view old_text);

/// The address whose score an evidence sets: the profile's for srcip, the attacker's for dstip, else none.
std::string scored_ip(const Evidence& evidence, const Context& context);

// ---------------------------------------------------------------------------------------------------------

inline std::string encode(const Evidence& evidence, const Context& context) {
    // Slips' own rule: evidence about the profile itself weighs nothing
    const bool own = evidence.attacker.value.find(context.profile_ip()) != std::string::npos;
    const ThreatLevel level = own ? ThreatLevel::info : evidence.threat_level.value_or(ThreatLevel::info);
    std::string json;
    json.reserve(512);
    ObjectWriter object(json);
    object.text("profileid", context.profileid).text("twid", context.twid);
    object.text("type_detection", legacy_type_detection(evidence.attacker.type.value_or(IocType::ip),
                                                        evidence.attacker.direction.value_or(Direction::src)));
    object.text("detection_info", evidence.attacker.value).text("type_evidence", evidence.type.legacy);
    object.text("description", evidence.description);
    object.number("stime", evidence.timestamp.seconds().value_or(0));  // an integer would end Slips' evidence process
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

inline bool Window::read(std::string_view text) {
    held_ = nlohmann::ordered_json::object();
    if (text.empty()) return true;
    nlohmann::ordered_json parsed = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!parsed.is_object()) return false;
    for (const auto& evidence : parsed)
        if (!evidence.is_string()) return false;
    held_ = std::move(parsed);
    return true;
}

inline bool Window::put(const std::string& description, std::string json) {
    // through JSON and back, so that bytes which are no UTF-8 make the same key each time
    std::string text;
    append_json(text, description);
    const std::string key = nlohmann::json::parse(text).get<std::string>();
    const bool fresh = !held_.contains(key);
    held_[key] = std::move(json);
    return fresh;
}

inline std::string Window::text() const {
    return held_.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

inline std::string scored(std::string_view old_text) {
    if (too_deep(old_text)) old_text = {};
    nlohmann::ordered_json info = nlohmann::ordered_json::parse(old_text, nullptr, false);
    if (!info.is_object()) info = nlohmann::ordered_json::object();
    info["score"] = 1;
    info["confidence"] = 1;
    return info.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

inline std::string scored_ip(const Evidence& evidence, const Context& context) {
    if (evidence.attacker.type != IocType::ip) return {};
    return evidence.attacker.direction == Direction::dst ? evidence.attacker.value : context.profile_ip();
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::legacy
