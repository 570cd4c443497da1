// Evidence for current Slips (1.1.21), as JSON and as the commands that set it.
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

#include "slips/evidence.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

/// What only current Slips (1.1.21) writes and reads.
namespace slips::inline SLIPS_SDK_ABI::wire::current {

/// What Slips knows of an attacker or a victim, as JSON: "null" where it knows nothing. Its whitelists look here.
struct Enrichment {
    std::string ti{"null"};              ///< name of the feed that lists it
    std::string as{"null"};              ///< {"number": …, "org": …}
    std::string rdns{"null"};            ///< name that reverse DNS found
    std::string sni{"null"};             ///< TLS server name, the first that is known
    std::string dns_resolution{"null"};  ///< of a domain: its addresses
    std::string queries{"null"};         ///< of an address: the domains it was the answer for
    std::string cname{"null"};           ///< of a domain
};

/// The hashes of the cache that hold facts about an address; the field is the address.
inline constexpr std::array<std::string_view, 5> ip_facts{
    "IPsInfo:asn", "IPsInfo:reverse_dns", "IPsInfo:SNI", "IPsInfo:threatintelligence", "IPsInfo:DNS_resolution"};

/// Bytes of a fact; a longer one is left out, since each evidence about that address would be as long.
inline constexpr std::size_t longest_fact = 64 * 1024;

/// Takes in what the cache holds in `ip_facts[fact]`; what has not the form Slips writes is left out.
void read_ip_fact(std::size_t fact, std::string_view text, Enrichment& out);

/// Takes in what the cache holds in DomainsInfo.
void read_domain_facts(std::string_view text, Enrichment& out);

/// The first address of a domain, whose AS is the domain's; empty when none is known.
std::string first_address(const Enrichment& domain);

/// `IPsInfo:score` of an address whose highest level this is, as Python writes the number.
constexpr std::string_view score_of(ThreatLevel highest);

/// The hash that holds the evidence of a time window.
inline Pieces<4> evidence_hash(const Context& context) {
    return {{context.profileid, "_", context.twid, "_evidence"}};
}

/// The evidence as Slips stores it, without the version. `keys`: which ones this Slips writes.
std::string encode(const Evidence& evidence, const Context& context, const Enrichment& attacker,
                   const Enrichment& victim, const EvidenceKeys& keys = {});

/// The same as Slips publishes it: `version` goes last.
std::string stamp(std::string_view json, std::string_view version);

/// `{"text": …, "version": …}`, as a plain text is published.
std::string stamp_text(std::string_view text, std::string_view version);

/// The width of a time window that never ends, seconds. Slips writes it as an integer, every other as a float.
inline constexpr double only_one_window = 9'999'999'999;

/// What must be known besides the evidence before it is written.
struct Facts {
    bool new_profile = false;         ///< Slips does not know the evidence's profile yet
    double width = 3600;              ///< of a time window, seconds
    bool raise_max_level = false;     ///< the attacker was never as threatening
};

/// How long Slips keeps things, seconds.
struct Lifetimes {
    std::int64_t standard = 600;   ///< Slips' default_ttl; this is a capture file's
    std::int64_t extended = 3600;  ///< Slips' extended_ttl; this is a capture file's
};

/// Where the commands that count answer among EXEC's results.
struct Places {
    std::size_t store = 0;    ///< HSET into the window's hash, in which Slips' evidence handler looks
    std::size_t publish = 0;  ///< PUBLISH of the evidence
};

/// Sends one evidence as one transaction: EXEC's reply goes to `exec`, all others to `queued`. Returns the places of its
/// commands.
Places send(Pipeline& main, ReplyTo queued, ReplyTo exec, const Evidence& evidence, const Context& context,
            std::string_view json, std::string_view version, const Facts& facts);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline std::string ascii(const nlohmann::json& value) {
    return value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// `null` unless it is a list, of which the texts that `accept` are kept: Slips' whitelists end its evidence handler at others.
template <class Accept>
std::string list_of_texts(const nlohmann::json& value, Accept&& accept) {
    if (!value.is_array()) return "null";
    nlohmann::json texts = nlohmann::json::array();
    for (const auto& item : value)
        if (item.is_string() && accept(item.template get_ref<const std::string&>())) texts.push_back(item);
    return ascii(texts);
}
inline bool is_some_text(std::string_view text) { return !text.empty(); }

/// The number and the organisation of an AS; `null` where neither is a text.
inline std::string as_of(const nlohmann::json& value) {
    nlohmann::json as = nlohmann::json::object();
    if (value.is_object())
        for (const char* key : {"number", "org"})
            if (const auto found = value.find(key); found != value.end() && found->is_string()) as[key] = *found;
    return as.empty() ? "null" : ascii(as);
}

inline void write_ioc(ObjectWriter object, std::string& json, const Ioc& ioc, bool attacker, const Enrichment& facts,
                      const EvidenceKeys& keys) {
    object.text("direction", to_string(ioc.direction.value_or(Direction::src)));
    object.text("ioc_type", to_string(ioc.type.value_or(IocType::ip)));
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
        const std::string* const values[] = {&profile,  &facts.ti,  &facts.as, &facts.rdns, &facts.sni, &facts.dns_resolution,
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
    nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) value = std::string(text);  // Slips takes what is no JSON as it is
    switch (fact) {
        case 0: out.as = detail::as_of(value); return;
        case 1:
            if (value.is_string()) out.rdns = detail::ascii(value);
            return;
        case 2:
            if (value.is_array() && !value.empty()) value = nlohmann::json(value.front());
            if (value.is_object() && value.contains("server_name") && value["server_name"].is_string())
                out.sni = detail::ascii(value["server_name"]);
            return;
        case 3:
            if (value.is_object() && value.contains("source") && value["source"].is_string())
                out.ti = detail::ascii(value["source"]);
            return;
        default:
            if (value.is_object() && value.contains("domains")) value = nlohmann::json(value["domains"]);
            out.queries = detail::list_of_texts(value, detail::is_some_text);
    }
}

inline void read_domain_facts(std::string_view text, Enrichment& out) {
    if (too_deep(text) || text.size() > longest_fact) return;
    const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (!value.is_object()) return;
    out.cname = value.contains("CNAME") ? detail::list_of_texts(value["CNAME"], detail::is_some_text) : "[]";
    out.dns_resolution = value.contains("IPs") ? detail::list_of_texts(value["IPs"], is_ip) : "[]";
    if (const auto ti = value.find("threatintelligence"); ti != value.end()) read_ip_fact(3, detail::ascii(*ti), out);
}

inline std::string first_address(const Enrichment& domain) {
    const nlohmann::json addresses = nlohmann::json::parse(domain.dns_resolution, nullptr, false);
    return addresses.is_array() && !addresses.empty() ? addresses.front().get<std::string>() : std::string();
}

constexpr std::string_view score_of(ThreatLevel highest) {
    constexpr std::string_view scores[] = {"0", "0.2", "0.5", "0.8", "1"};
    return slips::detail::name_of(scores, highest);
}

inline std::string encode(const Evidence& evidence, const Context& context, const Enrichment& attacker,
                          const Enrichment& victim, const EvidenceKeys& keys) {
    std::string json;
    json.reserve(1024);
    ObjectWriter object(json);
    object.text("evidence_type", evidence.type.current).text("description", evidence.description);
    detail::write_ioc(object.object("attacker"), json, evidence.attacker, true, attacker, keys);
    object.text("threat_level", to_string(evidence.threat_level.value_or(ThreatLevel::info)));
    object.object("profile").text("ip", context.profile_ip()).end();
    object.object("timewindow")
        .raw("number", std::string_view(context.twid).substr(std::string_view("timewindow").size()))
        .text("start_time", "")
        .text("end_time", "")
        .end();
    object.texts("uid", evidence.uids);
    object.number("timestamp", evidence.timestamp.seconds().value_or(0)).text("interface", evidence.interface);
    if (evidence.victim.empty()) object.raw("victim", "false");
    else detail::write_ioc(object.object("victim"), json, evidence.victim, false, victim, keys);
    if (evidence.proto) object.text("proto", to_string(*evidence.proto));
    else object.raw("proto", "false");
    const auto port = [&object](std::string_view key, const std::optional<int>& value) {
        if (value) object.integer(key, *value);
        else object.raw(key, "null");
    };
    port("dst_port", evidence.dst_port);
    port("src_port", evidence.src_port);
    object.text("method", to_string(evidence.method)).text("id", evidence.id);
    object.number("confidence", evidence.confidence.value_or(0));
    if (evidence.related_ids.empty()) object.raw("rel_id", "null");
    else object.texts("rel_id", evidence.related_ids);
    json += keys.more;
    object.end();
    return json;
}

namespace detail {

/// What stands in the place of the closing brace.
inline std::string stamp_end(std::string_view version) {
    std::string end = ", \"version\": ";
    append_json(end, version);
    end += '}';
    return end;
}

}  // namespace detail

inline std::string stamp(std::string_view json, std::string_view version) {
    return std::string(json.substr(0, json.size() - 1)) + detail::stamp_end(version);
}

inline std::string stamp_text(std::string_view text, std::string_view version) {
    std::string json;
    ObjectWriter(json).text("text", text).text("version", version).end();
    return json;
}

inline Places send(Pipeline& main, ReplyTo queued, ReplyTo exec, const Evidence& evidence, const Context& context,
                   std::string_view json, std::string_view version, const Facts& facts) {
    std::size_t commands = 0;
    const auto queue = [&](const auto&... words) {
        main.send(queued, words...);
        ++commands;
    };
    const auto publish = [&](std::string_view channel, const auto& payload) {
        queue("HINCRBY", "msgs_published_at_runtime", channel, 1);
        queue("PUBLISH", channel, payload);
    };
    main.send(queued, "MULTI");
    if (facts.new_profile) {
        const double time = evidence.timestamp.seconds().value_or(0);
        const std::string wrapped = stamp_text(context.profile_ip(), version);
        queue("ZADD", "profiles", time, context.profileid);
        queue("ZREMRANGEBYRANK", "profiles", 0, -2001);
        queue("HSET", context.profileid, "starttime", time);
        queue("HSET", context.profileid, "duration",
              facts.width >= only_one_window ? "9999999999" : python_repr(facts.width));
        queue("HSET", context.profileid, "confidence", 0.05);
        publish("new_ip", wrapped);
        publish("new_profile", wrapped);
    }
    std::string uids;
    append_json(uids, evidence.uids);
    queue("HSET", "flows_causing_evidence", evidence.id, uids);
    queue("HSET", evidence_hash(context), evidence.id, json);
    Places places{.store = commands - 1};
    queue("INCRBY", "number_of_evidence", 1);
    const std::string end = detail::stamp_end(version);
    publish("evidence_added", Pieces<2>{{json.substr(0, json.size() - 1), end}});
    places.publish = commands - 1;
    if (evidence.attacker.type == IocType::ip) {
        const Pieces<2> profile{{"profile_", evidence.attacker.value}};
        const std::string_view level = to_lower_string(evidence.threat_level.value_or(ThreatLevel::info));
        queue("HSET", profile, "threat_level", level);
        if (facts.raise_max_level) queue("HSET", profile, "max_threat_level", level);
    }
    main.send(exec, "EXEC");
    return places;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire::current
