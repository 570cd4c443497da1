// The rules of Slips 1.0.11 and newer: evidence that neither its evidence process nor its alert logger fails on.
#include <slips/ip.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "slipsdev/judge/evidence_rules.hpp"

namespace slipsdev {
namespace {

using detail::Broken;
using detail::may_be_domain;

std::string shown(const Json& value) { return detail::shown(&value); }

std::string upper(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

const Json& required(const Json& json, std::string_view key) {
    const Json* value = find_member(json, key);
    if (value == nullptr) throw Broken(std::string(key) + " is missing");
    return *value;
}

std::string required_text(const Json& json, std::string_view key) {
    const Json& value = required(json, key);
    if (!value.is_string()) throw Broken(std::string(key) + " is " + shown(value) + ", not text");
    return value.get<std::string>();
}

template <std::size_t N>
std::string one_of(const std::string& field, const Json& value, const std::array<std::string_view, N>& names) {
    const std::string name = value.is_string() ? upper(value.get_ref<const std::string&>()) : std::string();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        std::string listed;
        for (const std::string_view known : names) {
            if (!listed.empty()) listed += ' ';
            listed += known;
        }
        throw Broken(field + " is " + shown(value) + ", not one of " + listed);
    }
    return name;
}

constexpr std::array<std::string_view, 16> methods{
    "BIOMETRIC", "SIGNATURE", "MONITOR",   "POLICY",   "STATISTICAL", "AI",    "HEAT",        "MOVEMENT",
    "BLACKHOLE", "HEURISTIC", "INTEGRITY", "HONEYPOT", "TARPIT",      "RECON", "CORRELATION", "THRESHOLD"};
constexpr std::array<std::string_view, 5> levels{"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
constexpr std::array<std::string_view, 3> protocols{"TCP", "UDP", "ICMP"};
constexpr std::array<std::string_view, 2> directions{"SRC", "DST"};
// MD5 is a member of Slips' IoCType, but such evidence is missing in alerts.json.
constexpr std::array<std::string_view, 3> ioc_types{"IP", "URL", "DOMAIN"};

constexpr std::array<std::string_view, 10> categories{
    "ANOMALY_TRAFFIC", "ANOMALY_FILE", "ANOMALY_CONNECTION", "ANOMALY_BEHAVIOUR", "INFO", "MALWARE", "RECON_SCANNING",
    "ATTEMPT_LOGIN",   "RECON",        "INTRUSION_BOTNET"};
constexpr std::array<std::string_view, 14> target_tags{"SUSPICIOUS_USER_AGENT",
                                                       "INCOMPATIBLE_USER_AGENT",
                                                       "EXECUTABLE_MIME_TYPE",
                                                       "MULTIPLE_USER_AGENT",
                                                       "SENDING_UNENCRYPTED_DATA",
                                                       "MALWARE",
                                                       "RECON",
                                                       "MITM",
                                                       "ORIGIN_MALWARE",
                                                       "CC",
                                                       "BOTNET",
                                                       "BLACKLISTED_ASN",
                                                       "BLACKLISTED_IP",
                                                       "BLACKLISTED_DOMAIN"};

/// Facts about an attacker or victim, in the order in which Slips learnt them; the last three are lists.
constexpr std::array<std::string_view, 7> all_facts{"TI", "AS", "rDNS", "SNI", "DNS_resolution", "queries", "CNAME"};

/// Like one_of(), for names that Slips compares case-sensitively.
template <std::size_t N>
void exactly_one_of(const std::string& field, const Json& value, const std::array<std::string_view, N>& names,
                    std::optional<Harm> harm = {}) {
    const std::string name = one_of(field, value, names);
    if (name != value.get_ref<const std::string&>()) throw Broken(field + " is not in capitals", harm);
}

void judge_party(const EvidenceForm& form, const std::string& name, const Json& party, bool has_profile) {
    if (!party.is_object()) throw Broken(name + " is " + shown(party) + ", not an object");
    const std::string kind = form.kind_by_party ? name + "_type" : "ioc_type";
    for (const auto& [key, value] : party.items()) {
        const auto fact = std::find(all_facts.begin(), all_facts.begin() + form.facts, key) - all_facts.begin();
        const bool is_own = key == "direction" || key == kind || key == "value" || (has_profile && key == "profile");
        if (!is_own && fact == form.facts) throw Broken(name + " has the unknown key " + key);
        if (!is_own && fact >= 4 && !value.is_null() && !value.is_array())
            throw Broken(name + "." + key + " is " + shown(value) + ", neither null nor a list");
    }
    for (const std::string& key : {std::string("direction"), kind, std::string("value")}) {
        if (find_member(party, key) == nullptr) throw Broken(name + " has no " + key);
    }
    exactly_one_of(name + ".direction", party.at("direction"), directions);
    exactly_one_of(name + "." + kind, party.at(kind), ioc_types);
    const Json& value = party.at("value");
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        throw Broken(name + ".value is " + shown(value) + ", not text");
    }
    if (party.at(kind) == "IP" && !slips::is_ip(value.get_ref<const std::string&>())) {
        throw Broken(name + ".value is " + shown(value) + ", not an IP address");
    }
    if (party.at(kind) == "DOMAIN" && !may_be_domain(value.get_ref<const std::string&>()))
        throw Broken(name + ".value is " + shown(value) + ", not a domain", Harm::misleads);
}

Micros judge_timestamp(const EvidenceReading& reading, const Json& value) {
    std::optional<Micros> time;
    if (value.is_number()) time = micros_from_epoch(value.get<double>());
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const auto seconds = python_float(text);
        time = seconds ? micros_from_epoch(*seconds) : detail::time_from_text(text, reading);
    }
    if (!time) {
        throw Broken("timestamp is " + shown(value) + ", neither seconds since the epoch nor a date Slips can read");
    }
    return *time;
}

void judge_port(const Json& json, std::string_view key) {
    const Json* value = find_member(json, key);
    if (value == nullptr || !is_truthy(*value)) return;
    std::optional<long long> number;
    if (value->is_number_integer()) number = value->get<long long>();
    if (value->is_string()) {
        const auto& text = value->get_ref<const std::string&>();
        if (text.rfind("0x", 0) == 0) return;  // netflow: an ICMP code in place of a port
        number = python_int(text);
    }
    if (!number || *number < 0 || *number > 65535) {
        throw Broken(std::string(key) + " is " + shown(*value) + ", not a port number", Harm::misleads);
    }
}

void judge_uids(const Json& value) {
    const bool good =
        value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& uid) { return uid.is_string(); });
    if (!good) throw Broken("uid is " + shown(value) + ", not a list of texts");
}

void judge_related(const Json& value) {
    if (value.is_null()) return;
    const bool good = value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& id) {
                          return id.is_string() && detail::is_uuid(id.get_ref<const std::string&>(), false);
                      });
    if (!good) throw Broken("rel_id is " + shown(value) + ", neither null nor a list of uuids");
}

/// Judges the keys of the two forms of details.
void judge_details(const EvidenceForm& form, const Json& json) {
    if (form.details == EvidenceForm::Details::method) {
        judge_related(required(json, "rel_id"));
        one_of("method", required(json, "method"), methods);
        judge_port(json, "dst_port");
        judge_port(json, "src_port");
        return;
    }
    exactly_one_of("category", required(json, "category"), categories);
    if (const Json* tag = find_member(json, "source_target_tag"); tag != nullptr && is_truthy(*tag))
        exactly_one_of("source_target_tag", *tag, target_tags);
    required(json, "port");
    judge_port(json, "port");
    if (const Json& count = required(json, "conn_count"); !count.is_number_integer())
        throw Broken("conn_count is " + shown(count) + ", not a whole number");
}

}  // namespace

void detail::judge_typed(const EvidenceRules& rules, Evidence& evidence) {
    const Release& release = rules.release;
    const EvidenceForm& form = release.evidence;
    const Json& json = evidence.json;
    evidence.type = required_text(json, "evidence_type");
    if (form.stamp) {
        const Json* version = find_member(json, "version");
        if (version == nullptr) throw Broken("version is missing: Slips ignores evidence without one", Harm::ignored);
        if (*version != release.text)
            throw Broken("version is " + shown(version) + ": Slips " + release.text + " ignores other versions",
                         Harm::ignored);
    }
    if (!is_known_evidence_type(release, evidence.type) && !(rules.is_registered && rules.is_registered(evidence.type)))
        throw Broken("evidence_type is unknown to Slips and not registered: its evidence handler would end");
    evidence.description = required_text(json, "description");
    if (form.interface_key) required(json, "interface");
    judge_party(form, "attacker", required(json, "attacker"), true);
    const Json& level_value = required(json, "threat_level");
    const std::string level = one_of("threat_level", level_value, levels);
    if (form.upper_case_level && level_value != level)
        throw Broken("threat_level is " + shown(&level_value) + ", not in capitals");
    const Json& profile = required(json, "profile");
    const std::string ip = text_member(profile, "ip");
    if (!slips::is_ip(ip)) throw Broken("profile is " + shown(&profile) + ", not {\"ip\": an IP address}");
    const Json& window = required(json, "timewindow");
    const Json* number = find_member(window, "number");
    if (number == nullptr || !number->is_number_integer()) {
        throw Broken("timewindow is " + shown(&window) + ", not {\"number\": a whole number}");
    }
    judge_uids(required(json, "uid"));
    evidence.time = judge_timestamp(release.reading, required(json, "timestamp"));
    evidence.id = required_text(json, "id");
    if (!is_uuid(evidence.id, true)) throw Broken("id is " + shown(&json.at("id")) + ", not a uuid4", Harm::misleads);
    const Json& confidence = required(json, "confidence");
    if (!confidence.is_number() || confidence.get<double>() < 0 || confidence.get<double>() > 1) {
        throw Broken("confidence is " + shown(&confidence) + ", not a number from 0 to 1",
                     confidence.is_number() ? std::optional(Harm::misleads) : std::nullopt);
    }
    judge_details(form, json);
    if (const Json* victim = find_member(json, "victim"); victim != nullptr && is_truthy(*victim)) {
        judge_party(form, "victim", *victim, false);
    }
    if (const Json* proto = find_member(json, "proto"); proto != nullptr && is_truthy(*proto)) {
        one_of("proto", *proto, protocols);
    }

    evidence.profileid = "profile_" + ip;
    evidence.twid = "timewindow" + to_python_json(*number);
    for (const char c : level) evidence.level += static_cast<char>(c - 'A' + 'a');
    evidence.confidence = confidence.get<double>();
    evidence.weight = threat_level_value(level).value_or(0) * evidence.confidence;
    evidence.counts = level != "INFO" && json.at("attacker").at("direction") == "SRC";
}

Complaint judge_stored_field(const EvidenceRules& rules, const Evidence& evidence,
                             const std::optional<std::string>& entry, const std::optional<std::string>& uids) {
    const std::string key = evidence.profileid + "_" + evidence.twid + "_evidence";
    if (!entry) return "not stored in " + key + " before it was published";
    Json stored;
    if (const Complaint complaint = detail::judge_text(*entry, stored)) return "stored in " + key + ": " + *complaint;
    Json published = evidence.json;
    if (rules.release.evidence.stamp) {
        if (stored.contains("version")) return "stored in " + key + " with a version, which only messages have";
        published.erase("version");
    }
    if (stored != published) return "stored in " + key + " differently from the published evidence";
    if (!uids) return "its id is not in flows_causing_evidence";
    std::string why;
    const auto list = parse_json(*uids, why);
    if (!list || *list != evidence.json.at("uid")) return "flows_causing_evidence does not hold its list of uids";
    return std::nullopt;
}

}  // namespace slipsdev
