// Evidence for Slips 1.0.11 and newer: as JSON, and as the commands that store and publish it.
//
// Mirrors set_evidence() and update_threat_level() in slips_files/core/database/redis_db/alert_handler.py,
// get_ip_identification() and publish() in database.py, add_profile() in profile_handler.py.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/facts.hpp"
#include "slips/impl/wire/idea.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/impl/wire/score.hpp"
#include "slips/impl/wire/stamp.hpp"
#include "slips/version.hpp"

/// Formats of Slips 1.0.11 and newer.
namespace slips::inline SLIPS_SDK_ABI::wire::hash_evidence {

using facts::hash_of;
using facts::IpFact;
using slips::detail::Dialect;
using slips::detail::dialect_of;

/// The facts Slips stores about an attacker or a victim, as JSON; "null" for an unknown fact. Slips' whitelists use them.
struct Enrichment {
    std::string ti{"null"};              ///< the name of the feed that lists it
    std::string as{"null"};              ///< {"number": …, "org": …}
    std::string rdns{"null"};            ///< the name found by reverse DNS
    std::string sni{"null"};             ///< the first known TLS server name
    std::string dns_resolution{"null"};  ///< for a domain: its addresses
    std::string queries{"null"};         ///< for an address: the domains that resolved to it
    std::string cname{"null"};           ///< for a domain
};

/// The hashes of the cache from which an address is enriched; the field is the address.
inline constexpr std::array<std::string_view, 5> ip_facts{
    hash_of(IpFact::as), hash_of(IpFact::reverse_dns), hash_of(IpFact::server_names),
    hash_of(IpFact::threat_intelligence), "IPsInfo:DNS_resolution"};

/// The hash of the cache in which Slips before 1.1.17 keeps all facts about an address as one object.
inline constexpr std::string_view ip_objects = "IPsInfo";

/// The longest fact that is used, bytes: it makes every evidence about the address as long.
inline constexpr std::size_t longest_fact = 64 * 1024;

/// Stores the fact that the cache holds in `ip_facts[fact]`. Ignores text in any form that Slips does not write.
void read_ip_fact(std::size_t fact, std::string_view text, Enrichment& out);

/// Stores the facts that the cache holds in `ip_objects`.
void read_ip_object(std::string_view text, Enrichment& out);

/// Stores the facts that the cache holds in DomainsInfo.
void read_domain_facts(std::string_view text, Enrichment& out);

/// Returns the first address of a domain, whose AS counts as the domain's; empty if none is known.
std::string first_address(const Enrichment& domain);

/// Returns the key of the hash that holds the evidence of a time window.
inline Pieces<4> evidence_hash(const Context& context) { return {{context.profileid, "_", context.twid, "_evidence"}}; }

/// Returns the evidence as Slips stores it, without the version. `keys` are those that this Slips instance writes.
std::string encode(const Evidence& evidence, const Context& context, const Enrichment& attacker,
                   const Enrichment& victim, const EvidenceKeys& keys = {},
                   const Dialect& dialect = dialect_of(Generation::current));

/// The width of a time window that never ends, seconds. Slips writes it as an integer, other widths as floats.
inline constexpr double only_one_window = 9'999'999'999;

/// The confidence in the threat level of a new profile.
inline constexpr double new_confidence = 0.05;

/// What send() needs to know besides the evidence.
struct Facts {
    bool new_profile = false;      ///< Slips does not know the profile yet: create it
    double width = 3600;           ///< of a time window, seconds
    bool raise_max_level = false;  ///< the evidence exceeds the attacker's highest threat level
    // up to 1.1.12; empty: not written
    std::string first_levels{};  ///< the earlier threat levels of the new profile
    std::string past_levels{};   ///< those of the attacker
};

/// After how many seconds Slips lets keys expire. The defaults are those of Slips for capture files.
struct Lifetimes {
    std::int64_t standard = 600;   ///< Slips' default_ttl
    std::int64_t extended = 3600;  ///< Slips' extended_ttl
};

/// The indexes of two commands in EXEC's reply.
struct Places {
    std::size_t store = 0;    ///< HSET into the window's hash, which Slips' evidence handler reads
    std::size_t publish = 0;  ///< PUBLISH of the evidence
};

/// Sends one evidence as one transaction: EXEC's reply goes to `exec`, all others to `queued`. Returns the places of its
/// commands.
Places send(Pipeline& main, ReplyTo queued, ReplyTo exec, const Evidence& evidence, const Context& context,
            std::string_view json, std::string_view version, const Facts& facts,
            const Dialect& dialect = dialect_of(Generation::current));

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Returns the elements that `accept` accepts if `value` is a list, else "null". Any other element makes the whitelists end
/// Slips' evidence handler.
template <class Accept>
std::string list_of_texts(const nlohmann::json& value, Accept&& accept) {
    if (!value.is_array()) return "null";
    nlohmann::json texts = nlohmann::json::array();
    for (const auto& item : value)
        if (item.is_string() && accept(item.template get_ref<const std::string&>())) texts.push_back(item);
    return to_ascii(texts);
}
inline bool is_some_text(std::string_view text) { return !text.empty(); }

/// Returns the number and the organisation of an AS, or "null" if neither is a text.
inline std::string as_of(const nlohmann::json& value) {
    nlohmann::json as = nlohmann::json::object();
    for (const char* key : {"number", "org"})
        if (const std::string* text = find_text(value, key)) as[key] = *text;
    return as.empty() ? "null" : to_ascii(as);
}

/// Stores a text as JSON; leaves `out` alone if there is none.
inline void read_text(const std::string* text, std::string& out) {
    if (text) out = to_ascii(*text);
}

inline void write_ioc(ObjectWriter object, std::string& json, const Ioc& ioc, bool attacker, const Enrichment& facts,
                      const EvidenceKeys& keys) {
    object.text("direction", to_string(ioc.direction.value_or(Direction::src)));
    object.text(keys.ioc_type ? "ioc_type"
                : attacker    ? attacker_type
                              : victim_type,
                to_string(ioc.type.value_or(IocType::ip)));
    object.text("value", ioc.value);
    const std::uint32_t bits = attacker ? keys.attacker : keys.victim;
    if (bits == EvidenceKeys::all || bits == EvidenceKeys::all_of_victim) [[likely]] {
        if (attacker) {
            if (ioc.type == IocType::ip) object.object("profile").text("ip", ioc.value).end();
            else object.text("profile", "");
        }
        object.raw("TI", facts.ti).raw("AS", facts.as).raw("rDNS", facts.rdns).raw("SNI", facts.sni);
        object.raw("DNS_resolution", facts.dns_resolution).raw("queries", facts.queries).raw("CNAME", facts.cname);
    } else {
        const std::string profile = ioc.type == IocType::ip ? "{\"ip\": \"" + ioc.value + "\"}" : "\"\"";
        const std::string* const values[] = {&profile,       &facts.ti,   &facts.as,
                                             &facts.rdns,    &facts.sni,  &facts.dns_resolution,
                                             &facts.queries, &facts.cname};
        for (std::size_t i = attacker ? 3 : 4; i < ioc_keys.size(); ++i)
            if ((bits >> i & 1u) != 0) object.raw(ioc_keys[i], *values[i - 3]);
    }
    json += attacker ? keys.more_of_attacker : keys.more_of_victim;
    object.end();
}

}  // namespace detail

inline void read_ip_fact(std::size_t fact, std::string_view text, Enrichment& out) {
    if (too_deep(text) || text.size() > longest_fact) return;
    nlohmann::json value = parse_value(text);
    if (value.is_discarded()) value = std::string(text);  // as Slips does
    switch (fact) {
        case 0: out.as = detail::as_of(value); return;
        case 1: return detail::read_text(value.get_ptr<const std::string*>(), out.rdns);
        case 2:
            if (value.is_array() && !value.empty()) {
                nlohmann::json first = value.front();  // a copy, since it goes with the value
                value = std::move(first);
            }
            return detail::read_text(find_text(value, "server_name"), out.sni);
        case 3: return detail::read_text(find_text(value, "source"), out.ti);
        default:
            if (value.is_object() && value.contains("domains")) {
                nlohmann::json domains = value["domains"];
                value = std::move(domains);
            }
            out.queries = detail::list_of_texts(value, detail::is_some_text);
    }
}

inline void read_ip_object(std::string_view text, Enrichment& out) {
    if (too_deep(text) || text.size() > longest_fact) return;
    const nlohmann::json object = parse_value(text);
    if (!object.is_object()) return;
    constexpr std::string_view prefix = "IPsInfo:";
    for (std::size_t i = 0; i < ip_facts.size(); ++i)
        if (const auto value = object.find(ip_facts[i].substr(prefix.size())); value != object.end())
            read_ip_fact(i, to_ascii(*value), out);
}

inline void read_domain_facts(std::string_view text, Enrichment& out) {
    if (too_deep(text) || text.size() > longest_fact) return;
    const nlohmann::json value = parse_value(text);
    if (!value.is_object()) return;
    out.cname = value.contains("CNAME") ? detail::list_of_texts(value["CNAME"], detail::is_some_text) : "[]";
    out.dns_resolution = value.contains("IPs") ? detail::list_of_texts(value["IPs"], is_ip) : "[]";
    if (const auto ti = value.find("threatintelligence"); ti != value.end()) read_ip_fact(3, to_ascii(*ti), out);
}

inline std::string first_address(const Enrichment& domain) {
    const nlohmann::json addresses = parse_value(domain.dns_resolution);
    return addresses.is_array() && !addresses.empty() ? addresses.front().get<std::string>() : std::string();
}

inline std::string encode(const Evidence& evidence, const Context& context, const Enrichment& attacker,
                          const Enrichment& victim, const EvidenceKeys& keys, const Dialect& dialect) {
    const bool idmef = dialect.alerts == slips::detail::Alerts::idmef;
    std::string json;
    json.reserve(1024);
    ObjectWriter object(json);
    object.text("evidence_type", slips::detail::type_name(evidence.type.current, dialect));
    object.text("description", evidence.description);
    detail::write_ioc(object.object("attacker"), json, evidence.attacker, true, attacker, keys);
    object.text("threat_level", to_string(evidence.threat_level.value_or(ThreatLevel::info)));
    if (!idmef) object.text("category", member_of_category(evidence.category));
    object.object("profile").text("ip", context.profile_ip()).end();
    ObjectWriter window = object.object("timewindow");
    window.raw("number", std::string_view(context.twid).substr(std::string_view("timewindow").size()));
    if (idmef) window.text("start_time", "").text("end_time", "");
    window.end();
    object.texts("uid", evidence.uids);
    object.number("timestamp", evidence.timestamp.seconds().value_or(0));
    if (dialect.interface) object.text("interface", evidence.interface);
    if (evidence.victim.empty()) object.raw("victim", "false");
    else detail::write_ioc(object.object("victim"), json, evidence.victim, false, victim, keys);
    if (evidence.proto) object.text("proto", to_string(*evidence.proto));
    else object.raw("proto", "false");
    const auto port = [&object](std::string_view key, const std::optional<int>& value) {
        if (value) object.integer(key, *value);
        else object.raw(key, "null");
    };
    if (idmef) {
        port("dst_port", evidence.dst_port);
        port("src_port", evidence.src_port);
        object.text("method", to_string(evidence.method)).text("id", evidence.id);
    } else {
        port("port", evidence.dst_port ? evidence.dst_port : evidence.src_port);
        if (const auto tag = member_of_tag(evidence.source_target_tag); !tag.empty())
            object.text("source_target_tag", tag);
        else object.raw("source_target_tag", "false");
        object.text("id", evidence.id).integer("conn_count", evidence.connection_count.value_or(1));
    }
    object.number("confidence", evidence.confidence.value_or(0));
    if (idmef && evidence.related_ids.empty()) object.raw("rel_id", "null");
    else if (idmef) object.texts("rel_id", evidence.related_ids);
    json += keys.more;
    object.end();
    return json;
}

inline Places send(Pipeline& main, ReplyTo queued, ReplyTo exec, const Evidence& evidence, const Context& context,
                   std::string_view json, std::string_view version, const Facts& facts, const Dialect& dialect) {
    std::size_t commands = 0;
    const auto queue = [&](const auto&... words) {
        main.send(queued, words...);
        ++commands;
    };
    const auto publish = [&](std::string_view channel, const auto& payload) {
        if (dialect.counters != slips::detail::Counters::none)
            queue("HINCRBY", "msgs_published_at_runtime", channel, 1);
        queue("PUBLISH", channel, payload);
    };
    main.send(queued, "MULTI");
    if (facts.new_profile) {
        const double time = evidence.timestamp.seconds().value_or(0);
        const std::string ip = context.profile_ip();
        const std::string sent = dialect.stamped ? stamp_text(ip, version) : ip;
        if (dialect.sorted_profiles) {
            queue("ZADD", "profiles", time, context.profileid);
            queue("ZREMRANGEBYRANK", "profiles", 0, -2001);
        } else {
            queue("SADD", "profiles", context.profileid);
        }
        queue("HSET", context.profileid, "starttime", time);
        queue("HSET", context.profileid, "duration",
              facts.width >= only_one_window ? "9999999999" : python_repr(facts.width));
        if (dialect.profile_is_info) {
            queue("HSET", context.profileid, "threat_level", to_lower_string(ThreatLevel::info));
            if (!facts.first_levels.empty()) queue("HSET", context.profileid, "past_threat_levels", facts.first_levels);
            // an attacker has one before it has a profile
            queue("HSETNX", context.profileid, "max_threat_level", to_lower_string(ThreatLevel::info));
        }
        queue("HSET", context.profileid, "confidence", new_confidence);
        if (dialect.announces_ip) publish("new_ip", sent);
        publish("new_profile", sent);
    }
    std::string uids;
    append_json(uids, evidence.uids);
    queue("HSET", "flows_causing_evidence", evidence.id, uids);
    queue("HSET", evidence_hash(context), evidence.id, json);
    Places places{.store = commands - 1};
    queue("INCRBY", "number_of_evidence", 1);
    const std::string end = dialect.stamped ? stamp_end(version) : "}";
    publish("evidence_added", Pieces<2>{{json.substr(0, json.size() - 1), end}});
    places.publish = commands - 1;
    if (const std::string ip = scored_ip(evidence, context, dialect); !ip.empty()) {
        const Pieces<2> profile{{"profile_", ip}};
        const std::string_view level = to_lower_string(evidence.threat_level.value_or(ThreatLevel::info));
        queue("HSET", profile, "threat_level", level);
        if (!facts.past_levels.empty()) queue("HSET", profile, "past_threat_levels", facts.past_levels);
        if (facts.raise_max_level) queue("HSET", profile, "max_threat_level", level);
    }
    main.send(exec, "EXEC");
    return places;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::hash_evidence
