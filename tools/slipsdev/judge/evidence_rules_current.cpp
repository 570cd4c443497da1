// The rules of Slips 1.1.21: evidence that neither its evidence handler nor its alert logger fails on.
#include <slips/ip.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "slipsdev/judge/evidence_rules.hpp"

namespace slipsdev {
namespace {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string upper(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

/// Returns a value for a complaint: short, one line.
std::string shown(const Json& value) {
    std::string text = to_python_json(value);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
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

void judge_party(const std::string& name, const Json& party, bool has_profile) {
    if (!party.is_object()) throw Broken(name + " is " + shown(party) + ", not an object");
    constexpr std::array<std::string_view, 10> known{"direction", "ioc_type", "value",          "TI",      "AS",
                                                     "rDNS",      "SNI",      "DNS_resolution", "queries", "CNAME"};
    for (const auto& [key, value] : party.items()) {
        const bool is_profile = has_profile && key == "profile";
        if (!is_profile && std::find(known.begin(), known.end(), key) == known.end()) {
            throw Broken(name + " has the unknown key " + key);
        }
        if ((key == "queries" || key == "CNAME" || key == "DNS_resolution") && !value.is_null() && !value.is_array()) {
            throw Broken(name + "." + key + " is " + shown(value) + ", neither null nor a list");
        }
    }
    for (const std::string_view key : {"direction", "ioc_type", "value"}) {
        if (find_member(party, key) == nullptr) throw Broken(name + " has no " + std::string(key));
    }
    // Slips compares these two case-sensitively.
    for (const std::string_view key : {"direction", "ioc_type"}) {
        const Json& value = party.at(std::string(key));
        const std::string field = name + "." + std::string(key);
        const std::string word =
            key == "direction" ? one_of(field, value, directions) : one_of(field, value, ioc_types);
        if (word != value.get_ref<const std::string&>()) throw Broken(field + " is not in capitals");
    }
    const Json& value = party.at("value");
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        throw Broken(name + ".value is " + shown(value) + ", not text");
    }
    if (party.at("ioc_type") == "IP" && !slips::is_ip(value.get_ref<const std::string&>())) {
        throw Broken(name + ".value is " + shown(value) + ", not an IP address");
    }
}

Micros judge_timestamp(const Json& value) {
    std::optional<Micros> time;
    if (value.is_number()) time = micros_from_epoch(value.get<double>());
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (const auto seconds = python_float(text)) {
            time = micros_from_epoch(*seconds);
        } else {
            for (const std::string_view format :
                 {"%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f%z",
                  "%Y/%m/%d %H:%M:%S.%f%z", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%z",
                  "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y/%m/%d-%H:%M:%S"}) {
                if (!time) time = micros_from_text(text, format);
            }
        }
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
        throw Broken(std::string(key) + " is " + shown(*value) + ", not a port number");
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

void judge_fields(const CurrentRules& rules, Evidence& evidence) {
    const Json& json = evidence.json;
    const Json* version = find_member(json, "version");
    if (version == nullptr) throw Broken("version is missing: Slips ignores evidence without one");
    if (*version != rules.slips_version) {
        throw Broken("version is " + shown(*version) + ": Slips " + rules.slips_version + " ignores other versions");
    }
    if (!is_known_evidence_type(evidence.type) && !(rules.is_registered && rules.is_registered(evidence.type))) {
        throw Broken("evidence_type is unknown to Slips and not registered: its evidence handler would end");
    }
    evidence.description = required_text(json, "description");
    required(json, "interface");
    judge_party("attacker", required(json, "attacker"), true);
    const std::string level = one_of("threat_level", required(json, "threat_level"), levels);
    const Json& profile = required(json, "profile");
    const std::string ip = text_member(profile, "ip");
    if (!slips::is_ip(ip)) throw Broken("profile is " + shown(profile) + ", not {\"ip\": an IP address}");
    const Json& window = required(json, "timewindow");
    const Json* number = find_member(window, "number");
    if (number == nullptr || !number->is_number_integer()) {
        throw Broken("timewindow is " + shown(window) + ", not {\"number\": a whole number}");
    }
    judge_uids(required(json, "uid"));
    evidence.time = judge_timestamp(required(json, "timestamp"));
    evidence.id = required_text(json, "id");
    if (!detail::is_uuid(evidence.id, true)) throw Broken("id is " + shown(evidence.id) + ", not a uuid4");
    judge_related(required(json, "rel_id"));
    const Json& confidence = required(json, "confidence");
    if (!confidence.is_number() || confidence.get<double>() < 0 || confidence.get<double>() > 1) {
        throw Broken("confidence is " + shown(confidence) + ", not a number from 0 to 1");
    }
    one_of("method", required(json, "method"), methods);
    if (const Json* victim = find_member(json, "victim"); victim != nullptr && is_truthy(*victim)) {
        judge_party("victim", *victim, false);
    }
    if (const Json* proto = find_member(json, "proto"); proto != nullptr && is_truthy(*proto)) {
        one_of("proto", *proto, protocols);
    }
    judge_port(json, "dst_port");
    judge_port(json, "src_port");

    evidence.profileid = "profile_" + ip;
    evidence.twid = "timewindow" + to_python_json(*number);
    for (const char c : level) evidence.level += static_cast<char>(c - 'A' + 'a');
    evidence.weight = threat_level_value(level).value_or(0) * confidence.get<double>();
    evidence.counts = level != "INFO" && json.at("attacker").at("direction") == "SRC";
}

}  // namespace

namespace detail {

Complaint judge_text(std::string_view payload, Json& json) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        if (static_cast<unsigned char>(payload[i]) >= 0x80) {
            return "byte " + std::to_string(i) + " is not ASCII: Slips' JSON is, and invalid UTF-8 ends Slips";
        }
    }
    std::string why;
    auto parsed = parse_json(payload, why);
    if (!parsed) return why;
    if (!parsed->is_object()) return "not a JSON object";
    json = std::move(*parsed);
    return std::nullopt;
}

std::string label_of(const Json& json) {
    std::string label = text_member(json, "evidence_type");
    if (label.empty()) label = text_member(json, "type_evidence");
    std::string profile = text_member(json, "profileid");
    if (const Json* object = find_member(json, "profile")) profile = "profile_" + text_member(*object, "ip");
    return (label.empty() ? "evidence" : label) + (profile.empty() ? "" : " of " + profile);
}

bool is_uuid(std::string_view text, bool version_4) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return !version_4 || (text[14] == '4' && std::string_view("89abAB").find(text[19]) != std::string_view::npos);
}

}  // namespace detail

Complaint judge_current(std::string_view payload, const CurrentRules& rules, Evidence& evidence) {
    if (Complaint complaint = detail::judge_text(payload, evidence.json)) return complaint;
    try {
        evidence.type = required_text(evidence.json, "evidence_type");
        judge_fields(rules, evidence);
    } catch (const Broken& broken) {
        return broken.what();
    }
    if (evidence.description.find("analyzed IPs") != std::string::npos) {
        evidence.notes.emplace_back(
            "Slips mistakes \"analyzed IPs\" in the description for its statistics: the alert is missing in "
            "slips.log");
    }
    if (evidence.description.find_first_of("\r\n") != std::string::npos) {
        evidence.notes.emplace_back("the description's line break splits its line in alerts.log");
    }
    return std::nullopt;
}

Complaint judge_current_stored(const Evidence& evidence, const std::optional<std::string>& entry,
                               const std::optional<std::string>& uids) {
    const std::string key = evidence.profileid + "_" + evidence.twid + "_evidence";
    if (!entry) return "not stored in " + key + " before it was published";
    Json stored;
    if (const Complaint complaint = detail::judge_text(*entry, stored)) return "stored in " + key + ": " + *complaint;
    if (stored.contains("version")) return "stored in " + key + " with a version, which only messages have";
    Json published = evidence.json;
    published.erase("version");
    if (stored != published) return "stored in " + key + " differently from the published evidence";
    if (!uids) return "its id is not in flows_causing_evidence";
    std::string why;
    const auto list = parse_json(*uids, why);
    if (!list || *list != evidence.json.at("uid")) return "flows_causing_evidence does not hold its list of uids";
    return std::nullopt;
}

}  // namespace slipsdev
