// The form of evidence in the running Slips, as the launcher reports it. A newer Slips may have types, levels and fields that
// this SDK does not know, and lack some that it does; its evidence handler ends at evidence that it cannot read.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// The keys of evidence that this SDK knows: those of all dialects.
inline constexpr std::array<std::string_view, 22> evidence_keys{
    "evidence_type",     "description", "attacker",   "threat_level", "category", "profile",  "timewindow", "uid",
    "timestamp",         "interface",   "victim",     "proto",        "port",     "dst_port", "src_port",   "method",
    "source_target_tag", "id",          "conn_count", "confidence",   "rel_id",   "version"};

/// The keys of an attacker or victim, in the order in which Slips writes them.
inline constexpr std::array<std::string_view, 11> ioc_keys{
    "direction", "ioc_type", "value", "profile", "TI", "AS", "rDNS", "SNI", "DNS_resolution", "queries", "CNAME"};
inline constexpr std::string_view attacker_type = "attacker_type";  ///< ioc_type before 1.1.7
inline constexpr std::string_view victim_type = "victim_type";      ///< likewise

/// The keys evidence is written with.
struct EvidenceKeys {
    static constexpr std::uint32_t all = (1u << ioc_keys.size()) - 1;  ///< all of ioc_keys
    static constexpr std::uint32_t profile = 1u << 3;                  ///< which a victim does not have
    static constexpr std::uint32_t all_of_victim = all & ~profile;     ///< all but the profile

    std::uint32_t attacker = all;          ///< bit i: ioc_keys[i]. Slips' classes accept no other keys
    std::uint32_t victim = all_of_victim;  ///< the same
    bool ioc_type = true;                  ///< false: `attacker_type`, `victim_type`
    std::string more{};              ///< `, "key": value` for each key that Slips writes and this SDK does not know
    std::string more_of_attacker{};  ///< the same within the attacker
    std::string more_of_victim{};    ///< the same within the victim

    /// Returns the keys of a dialect.
    static EvidenceKeys of(const slips::detail::Dialect& dialect) {
        EvidenceKeys keys;
        keys.attacker = (1u << (4 + dialect.ioc_facts)) - 1;
        keys.victim = keys.attacker & ~profile;
        keys.ioc_type = dialect.ioc_type;
        return keys;
    }
};

/// The form of evidence in this Slips instance.
struct EvidenceForm {
    using Names = std::set<std::string, std::less<>>;  ///< the members of an enum of Slips, in capitals

    Names types{};               ///< of evidence, including those that the launcher has registered
    Names threat_levels{};       ///< "HIGH"
    Names methods{};             ///< how evidence is found
    Names ioc_types{};           ///< types of attackers and victims
    Names directions{};          ///< their sides of the flow
    Names protos{};              ///< protocols
    EvidenceKeys keys{};         ///< the keys it is written with
    std::string unregistered{};  ///< why the module's own types could not be registered; empty if they could
    std::string problem{};       ///< why no evidence can be set; empty if it can

    /// Reads the hello line of the launcher: {"slips": {"types": […], …, "attacker": [fields], "template": {…}}}. Returns
    /// nullopt if it reports no form (an older launcher).
    static std::optional<EvidenceForm> from_launcher(std::string_view line);

    /// Returns the first field of a completed evidence whose value Slips does not know, and that value; empty if Slips knows
    /// all. Does not check the type.
    std::string unknown_in(const Evidence& evidence, const slips::detail::Dialect& dialect) const;
};

/// Reads the launcher's answer to an evidence it was asked to check: {"check": number, "problem": why Slips cannot read it}.
/// Returns false if the line is not such an answer.
bool read_checked(std::string_view line, std::uint32_t& number, std::string& problem);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline EvidenceForm::Names names_in(const nlohmann::json& form, const char* key) {
    EvidenceForm::Names names;
    for (const auto& name : form.value(key, nlohmann::json::array()))
        if (name.is_string()) names.insert(name.get<std::string>());
    return names;
}

template <class Known>
std::string members_beside(const nlohmann::json& example, const Known& known) {
    std::string more;
    for (const auto& [key, value] : example.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        if (key == attacker_type || key == victim_type) continue;
        more += ", ";
        append_json(more, key);
        more += ": " + to_ascii(value);
    }
    return more;
}

inline std::uint32_t bits_of(const EvidenceForm::Names& fields) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < ioc_keys.size(); ++i) bits |= fields.contains(ioc_keys[i]) ? 1u << i : 0u;
    if (fields.contains(attacker_type) || fields.contains(victim_type)) bits |= 0b10;
    return bits;
}

}  // namespace detail

inline std::optional<EvidenceForm> EvidenceForm::from_launcher(std::string_view line) {
    if (too_deep(line)) return std::nullopt;
    const nlohmann::json parsed = parse_value(line);
    if (!parsed.is_object() || !parsed.contains("slips")) return std::nullopt;
    EvidenceForm form;
    try {
        const nlohmann::json& slips = parsed.at("slips");
        form.unregistered = slips.value("unregistered", "");
        form.problem = slips.value("problem", "");
        if (!form.problem.empty()) return form;
        form.types = detail::names_in(slips, "types");
        form.threat_levels = detail::names_in(slips, "threat_levels");
        form.methods = detail::names_in(slips, "methods");
        form.ioc_types = detail::names_in(slips, "ioc_types");
        form.directions = detail::names_in(slips, "directions");
        form.protos = detail::names_in(slips, "protos");
        const Names attacker_fields = detail::names_in(slips, "attacker");
        form.keys.ioc_type = !attacker_fields.contains(attacker_type);
        form.keys.attacker = detail::bits_of(attacker_fields);
        form.keys.victim = detail::bits_of(detail::names_in(slips, "victim"));
        const nlohmann::json& example = slips.at("template");
        form.keys.more = detail::members_beside(example, evidence_keys);
        form.keys.more_of_attacker = detail::members_beside(example.at("attacker"), ioc_keys);
        form.keys.more_of_victim = detail::members_beside(example.at("victim"), ioc_keys);
    } catch (const nlohmann::json::exception& error) {
        form.problem = std::string("the launcher's report of it cannot be read: ") + error.what();
        return form;
    }
    constexpr std::uint32_t needed = 0b111;  // direction, ioc_type, value
    if ((form.keys.attacker & needed) != needed || (form.keys.victim & needed) != needed)
        form.problem = "its attacker or victim has no direction, ioc_type or value";
    return form;
}

inline bool read_checked(std::string_view line, std::uint32_t& number, std::string& problem) {
    if (too_deep(line)) return false;
    const nlohmann::json answer = parse_value(line);
    if (!answer.is_object() || !answer.contains("check") || !answer["check"].is_number_unsigned()) return false;
    number = answer["check"].get<std::uint32_t>();
    const auto why = answer.find("problem");
    // only an empty text means that there is no problem
    problem = why != answer.end() && why->is_string() ? why->get<std::string>() : "the launcher gives no reason";
    return true;
}

inline std::string EvidenceForm::unknown_in(const Evidence& e, const slips::detail::Dialect& dialect) const {
    const auto check = [](const char* field, const Names& names, std::string_view name) {
        if (names.contains(name)) return std::string();
        return std::string(field) + ": Slips does not know " + slips::detail::shown(name);
    };
    std::string unknown = check("threat_level", threat_levels, to_string(e.threat_level.value_or(ThreatLevel::info)));
    if (unknown.empty() && dialect.alerts == slips::detail::Alerts::idmef)
        unknown = check("method", methods, to_string(e.method));
    if (unknown.empty() && e.proto) unknown = check("proto", protos, to_string(*e.proto));
    for (const auto& [field, ioc] : {std::pair{"attacker", &e.attacker}, std::pair{"victim", &e.victim}}) {
        if (ioc->empty()) continue;
        if (unknown.empty()) unknown = check(field, ioc_types, to_string(ioc->type.value_or(IocType::ip)));
        if (unknown.empty()) unknown = check(field, directions, to_string(ioc->direction.value_or(Direction::src)));
    }
    return unknown;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
