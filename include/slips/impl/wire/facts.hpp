// Reads the facts that Slips keeps in Redis, in the forms of all its releases. Pure functions; text in a form that Slips does
// not write is ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/number.hpp"
#include "slips/facts.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/message_tables.hpp"
#include "slips/message/evidence.hpp"
#include "slips/version.hpp"

/// Facts in Slips' databases, which modules can query.
namespace slips::inline SLIPS_SDK_ABI::wire::facts {

/// Returns the texts of a JSON list; empty for anything else.
std::vector<std::string> texts(std::string_view json);

/// Reads {"source": …, "description": …, "threat_level": …, "tags": text or list}.
ThreatIntelligence threat_intelligence(std::string_view json);

/// Facts about an address. Slips 1.1.17 and newer keep each in a hash of its own (`IPsInfo:<fact>`), older releases all in
/// one object (IPsInfo).
enum class IpFact : std::uint8_t { as, reverse_dns, server_names, threat_intelligence, country, score, confidence };

/// Returns the hash of a fact; the field is the address.
constexpr std::string_view hash_of(IpFact fact) {
    constexpr std::string_view hashes[] = {
        "IPsInfo:asn",        "IPsInfo:reverse_dns", "IPsInfo:SNI",       "IPsInfo:threatintelligence",
        "IPsInfo:geocountry", "IPsInfo:score",       "IPsInfo:confidence"};
    return hashes[static_cast<std::size_t>(fact)];
}
/// Returns the key of a fact in the object of an address.
constexpr std::string_view key_of(IpFact fact) { return hash_of(fact).substr(std::string_view("IPsInfo:").size()); }

/// Stores a fact of a hash of its own: JSON, or plain text.
void take(IpInfo& info, IpFact fact, std::string_view stored);

/// Stores all facts of the object of an address.
void take_all(IpInfo& info, std::string_view json);

/// Stores DNSresolution: {"ts": …, "domains": […], "resolved-by": […]}.
void take_resolution(IpInfo& info, std::string_view json);

/// Stores DomainsInfo: {"IPs": […], "CNAME": […], "threatintelligence": {…}}.
void take(DomainInfo& info, std::string_view json);

/// Reads {"IP": …}, {"MAC": …} or {"Vendor": …}.
Gateway gateway(std::string_view json);

/// The network device of a profile.
struct Device {
    std::string mac{};        ///< empty: unknown, as the others
    std::string vendor{};     ///< of the device
    std::string host_name{};  ///< of the device
};

/// Reads a profile's MAC: the address itself, or {"MAC": …, "Vendor": …, "host_name": …} (1.0.1 to 1.0.8).
Device device(std::string_view stored);

/// Reads one evidence as it is stored in its window. Returns nullopt if the text is not evidence.
std::optional<EvidenceRecord> evidence(std::string_view json);

/// Reads the object in which Slips before 1.0.11 keeps all evidence of a window: {description or id: "<JSON text of the
/// evidence>"}.
std::vector<EvidenceRecord> window_object(std::string_view json);

/// Reads {id: "<JSON list of evidence ids>"}.
std::vector<AlertRecord> alerts(std::string_view json);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

using Json = nlohmann::json;

inline std::vector<std::string> texts_of(const Json& value) {
    std::vector<std::string> found;
    if (value.is_string()) return facts::texts(value.get_ref<const std::string&>());
    if (!value.is_array()) return found;
    for (const auto& one : value)
        if (one.is_string()) found.push_back(one.get<std::string>());
    return found;
}

inline std::vector<std::string> texts_of(const Json& object, const char* key) {
    if (!object.is_object()) return {};
    const auto at = object.find(key);
    return at == object.end() ? std::vector<std::string>() : texts_of(*at);
}

/// Splits a list of tags, which Slips writes as text, also within a list: "['phishing', 'honeypot']", cut at 30 characters.
inline void add_tags(std::vector<std::string>& tags, std::string_view text) {
    std::string tag;
    const auto add = [&] {
        while (!tag.empty() && tag.back() == ' ') tag.pop_back();
        if (!tag.empty()) tags.push_back(std::exchange(tag, {}));
    };
    for (const char c : text) {
        if (c == ',') add();
        else if (c != '[' && c != ']' && c != '\'' && c != '"' && (c != ' ' || !tag.empty())) tag += c;
    }
    add();
}

inline ThreatIntelligence threat_intelligence_of(const Json& object) {
    ThreatIntelligence found;
    found.source = text_of(object, "source");
    found.description = text_of(object, "description");
    found.threat_level = text_of(object, "threat_level");
    if (const auto tags = object.is_object() ? object.find("tags") : object.end(); tags != object.end())
        for (const Json& one : tags->is_array() ? *tags : Json::array({*tags}))
            if (one.is_string()) add_tags(found.tags, one.get_ref<const std::string&>());
    return found;
}

/// Returns a number, also one written as text: "0.8", or "confidence: 0.8" (1.0.1 to 1.0.11).
inline std::optional<double> number_of(const Json& value) {
    if (value.is_number()) return value.get<double>();
    if (!value.is_string()) return std::nullopt;
    std::string_view text = value.get_ref<const std::string&>();
    constexpr std::string_view label = "confidence: ";
    if (text.starts_with(label)) text.remove_prefix(label.size());
    return parse_python_float(text);
}

inline void take(IpInfo& info, IpFact fact, const Json& value) {
    switch (fact) {
        case IpFact::as:
            info.as_number = text_of(value, "number");
            info.as_org =
                text_of(value, value.is_object() && value.contains("org") ? "org" : "asnorg");  // before 1.0.4
            return;
        case IpFact::reverse_dns:
            info.reverse_dns = value.is_string() ? value.get<std::string>() : std::string();
            return;
        case IpFact::server_names:
            info.server_names.clear();
            for (const Json& one : value.is_array() ? value : Json::array({value}))
                if (std::string name = text_of(one, "server_name"); !name.empty())
                    info.server_names.push_back(std::move(name));
            return;
        case IpFact::threat_intelligence: info.threat_intelligence = threat_intelligence_of(value); return;
        case IpFact::country: info.country = value.is_string() ? value.get<std::string>() : std::string(); return;
        case IpFact::score: info.score = number_of(value); return;
        case IpFact::confidence: info.confidence = number_of(value); return;
    }
}

}  // namespace detail

inline std::vector<std::string> texts(std::string_view json) {
    const auto list = parse_value(json);
    return list.is_array() ? detail::texts_of(list) : std::vector<std::string>();
}

inline ThreatIntelligence threat_intelligence(std::string_view json) {
    return detail::threat_intelligence_of(parse_value(json));
}

inline void take(IpInfo& info, IpFact fact, std::string_view stored) {
    auto value = parse_value(stored);
    if (value.is_discarded() || fact == IpFact::reverse_dns || fact == IpFact::country) value = std::string(stored);
    detail::take(info, fact, value);
}

inline void take_all(IpInfo& info, std::string_view json) {
    const auto object = parse_value(json);
    if (!object.is_object()) return;
    for (const IpFact fact : {IpFact::as, IpFact::reverse_dns, IpFact::server_names, IpFact::threat_intelligence,
                              IpFact::country, IpFact::score, IpFact::confidence})
        if (const auto at = object.find(key_of(fact)); at != object.end()) detail::take(info, fact, *at);
}

inline void take_resolution(IpInfo& info, std::string_view json) {
    const auto object = parse_value(json);
    info.domains = detail::texts_of(object, "domains");
    info.resolved_by = detail::texts_of(object, "resolved-by");
}

inline void take(DomainInfo& info, std::string_view json) {
    const auto object = parse_value(json);
    info.ips = detail::texts_of(object, "IPs");
    info.cnames = detail::texts_of(object, "CNAME");
    if (!object.is_object()) return;
    if (const auto at = object.find("threatintelligence"); at != object.end())
        info.threat_intelligence = detail::threat_intelligence_of(*at);
}

inline Gateway gateway(std::string_view json) {
    const auto object = parse_value(json);
    return {text_of(object, "IP"), text_of(object, "MAC"), text_of(object, "Vendor")};
}

inline Device device(std::string_view stored) {
    const auto object = parse_value(stored);
    if (!object.is_object()) return {.mac = std::string(stored), .vendor = {}, .host_name = {}};
    return {text_of(object, "MAC"), text_of(object, "Vendor"), text_of(object, "host_name")};
}

inline std::optional<EvidenceRecord> evidence(std::string_view json) {
    EvidenceRecord record;
    DecodeError ignored;
    wire::evidence.clear(&record);
    if (!decode_object(json, wire::evidence, &record, ignored)) return std::nullopt;
    return record;
}

inline std::vector<EvidenceRecord> window_object(std::string_view json) {
    std::vector<EvidenceRecord> records;
    const auto object = parse_value(json);
    if (!object.is_object()) return records;
    for (const auto& text : object)
        if (text.is_string())
            if (auto record = evidence(text.get_ref<const std::string&>())) records.push_back(std::move(*record));
    return records;
}

inline std::vector<AlertRecord> alerts(std::string_view json) {
    std::vector<AlertRecord> found;
    const auto object = parse_value(json);
    if (!object.is_object()) return found;
    for (const auto& [id, ids] : object.items()) found.push_back({id, detail::texts_of(ids)});
    return found;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::facts
