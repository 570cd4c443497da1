// The rules of Slips before 1.0.11: evidence that its evidence process does not fail on.
#include <slips/ip.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "slipsdev/judge/evidence_rules.hpp"

namespace slipsdev {
namespace {

using detail::Broken;
using detail::may_be_domain;
using detail::may_be_url;
using detail::shown;

std::string text_of(const Json& json, std::string_view key) {
    const Json* value = find_member(json, key);
    if (value == nullptr || !value->is_string()) throw Broken(std::string(key) + " is " + shown(value) + ", not text");
    return value->get<std::string>();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Up to 0.9.3, Slips formats stime when it logs, and parses its own result again when it makes an alert.
std::optional<Micros> first_time_from_text(std::string text) {
    if (!contains(text, " "))
        return micros_from_text(text, contains(text, ".") ? "%Y-%m-%dT%H:%M:%S.%f%z" : "%Y-%m-%dT%H:%M:%S%z");
    std::replace(text.begin(), text.end(), '/', '-');
    const auto time = micros_from_text(text, "%Y-%m-%d %H:%M:%S.%f%z");
    return time ? time : micros_from_text(text, "%Y-%m-%d %H:%M:%S.%f");
}

Micros judge_stime(const EvidenceReading& reading, const Json& json) {
    const Json* value = find_member(json, "stime");
    std::optional<Micros> time;
    // 0 is a time like any other; only the first releases test whether it is true.
    if (value != nullptr && (is_truthy(*value) || (reading.many_times && value->is_number()))) {
        if (value->is_number_float() || (reading.many_times && value->is_number()))
            time = micros_from_epoch(value->get<double>());
        else if (value->is_string() && reading.many_times) {
            const auto& text = value->get_ref<const std::string&>();
            const auto number = python_float(text);
            time = number ? micros_from_epoch(*number) : detail::time_from_text(text, reading);
        } else if (value->is_string()) time = first_time_from_text(value->get<std::string>());
    }
    if (!time)
        throw Broken("stime is " + shown(value) +
                     (reading.many_times ? ", neither a number nor a date Slips can read"
                                         : ", neither a float nor ISO 8601 with a zone"));
    return *time;
}

double judge_confidence(const Json& json) {
    const Json* value = find_member(json, "confidence");
    std::optional<double> number;
    if (value != nullptr && value->is_number()) number = value->get<double>();
    if (value != nullptr && value->is_boolean()) number = value->get<bool>() ? 1 : 0;
    if (value != nullptr && value->is_string()) number = python_float(value->get_ref<const std::string&>());
    if (!number || !std::isfinite(*number)) throw Broken("confidence is " + shown(value) + ", not a number");
    return *number;
}

void judge_optional(const Json& json) {
    if (const Json* port = find_member(json, "port"); port != nullptr && is_truthy(*port)) {
        const bool numeric =
            port->is_number() || (port->is_string() && python_int(port->get_ref<const std::string&>()));
        if (!numeric) throw Broken("port is " + shown(port) + ", not a number");
    }
    if (const Json* proto = find_member(json, "proto"); proto != nullptr && is_truthy(*proto) && !proto->is_string()) {
        throw Broken("proto is " + shown(proto) + ", not text");
    }
}

/// Slips extracts details from the descriptions of two types, and from the address of a dstip.
void judge_special_cases(const Evidence& evidence, const std::string& direction, const Json& attacker,
                         const std::string& attacker_key) {
    const std::string& text = evidence.description;
    if (evidence.type == "Command-and-Control-channels-detection") {
        const std::size_t at = text.find("destination IP: ");
        const std::string ip = at == std::string::npos ? "" : text.substr(at + 16, text.find(' ', at + 16) - at - 16);
        if (!slips::is_ip(ip)) throw Broken("description lacks the \"destination IP: \" that Slips looks for");
    }
    if (contains(evidence.type, "MaliciousDownloadedFile")) {
        const std::size_t at = text.find("size:");
        const auto size = at == std::string::npos
                              ? std::nullopt
                              : python_int(std::string_view(text).substr(at + 5, text.find("from", at) - at - 5));
        if (!size) throw Broken("description lacks the \"size:<number> from\" that Slips looks for");
    }
    if (contains(direction, "domain") && attacker.is_string() &&
        !may_be_domain(attacker.get_ref<const std::string&>()) && !may_be_url(attacker.get_ref<const std::string&>()))
        throw Broken(attacker_key + " is " + shown(&attacker) + ", not a domain", Harm::misleads);
    if (contains(direction, "dstip") || contains(direction, "dip")) {
        if (!attacker.is_string()) throw Broken(attacker_key + " is " + shown(&attacker) + ", not text, for a dstip");
        const Json* tag = find_member(evidence.json, "source_target_tag");
        const bool needs_target =
            (tag != nullptr && is_truthy(*tag)) || contains(text, "rDNS: ") || contains(text, "SNI: ");
        const auto& peer = attacker.get_ref<const std::string&>();
        const bool is_mac = std::count(peer.begin(), peer.end(), ':') == 5 && peer.size() == 17;
        if (needs_target && !slips::is_ip(peer) && !is_mac) {
            throw Broken(attacker_key + " is " + shown(&attacker) + ", not an address, for a dstip with a target");
        }
    }
}

void judge_uid(const EvidenceForm& form, const Json& json) {
    const Json* uid = find_member(json, "uid");
    const bool is_one = uid != nullptr && (uid->is_string() || uid->is_number());
    const bool is_list = uid != nullptr && uid->is_array() &&
                         std::all_of(uid->begin(), uid->end(), [](const Json& each) { return each.is_string(); });
    if (form.uid_list ? !is_list : !is_one)
        throw Broken("uid is " + shown(uid) + (form.uid_list ? ", not a list of texts" : ", not text"));
}

}  // namespace

void detail::judge_flat(const Release& release, Evidence& evidence) {
    const EvidenceForm& form = release.evidence;
    const Json& json = evidence.json;
    const std::string attacker_key = form.old_names ? "detection_info" : "attacker";
    evidence.type = text_of(json, form.old_names ? "type_evidence" : "evidence_type");
    evidence.profileid = text_of(json, "profileid");
    const std::size_t separator = evidence.profileid.find('_');
    if (separator == std::string::npos)
        throw Broken("profileid is " + shown(find_member(json, "profileid")) + ", not profile_<ip>");
    evidence.twid = text_of(json, "twid");
    const std::string direction = text_of(json, form.old_names ? "type_detection" : "attacker_direction");
    const Json* attacker = find_member(json, attacker_key);
    if (attacker == nullptr || !(attacker->is_string() || attacker->is_number())) {
        throw Broken(attacker_key + " is " + shown(attacker) + ", neither text nor a number");
    }
    evidence.description = text_of(json, "description");
    if (release.reading.quotes_break && contains(evidence.description, "\""))
        throw Broken("description contains a double quote, which breaks alerts.json", Harm::misleads);
    evidence.time = judge_stime(release.reading, json);
    judge_uid(form, json);
    const double confidence = judge_confidence(json);
    evidence.level = text_of(json, "threat_level");
    for (char& c : evidence.level) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto level = threat_level_value(evidence.level);
    if (!level) throw Broken("threat_level is \"" + evidence.level + "\", not info, low, medium, high or critical");
    text_of(json, "category");
    evidence.id = text_of(json, "ID");
    if (form.victim) text_of(json, "victim");
    judge_optional(json);
    judge_special_cases(evidence, direction, *attacker, attacker_key);

    if (form.self_is_info) {
        // Slips weighs evidence that accuses the profile itself as info, so the level stored for it must be info, too.
        const std::string ip =
            evidence.profileid.substr(separator + 1, evidence.profileid.find('_', separator + 1) - separator - 1);
        const std::string accused = attacker->is_string() ? attacker->get<std::string>() : to_python_json(*attacker);
        if (contains(accused, ip) && evidence.level != "info") {
            throw Broken("threat_level is " + evidence.level + ", but " + attacker_key +
                             " names the profile itself: it must be info",
                         Harm::misleads);
        }
    }
    evidence.confidence = confidence;
    evidence.weight = *level * confidence;
    evidence.counts = true;
    if (release.reading.quotes_break && contains(evidence.description, "'"))
        evidence.notes.emplace_back("the description's single quote makes its line in alerts.json invalid");
}

const std::string& key_of(const EvidenceRules& rules, const Evidence& evidence) {
    return rules.release.evidence.store == EvidenceForm::Store::by_description ? evidence.description : evidence.id;
}

Complaint judge_stored_objects(const EvidenceRules& rules, const Evidence& evidence, const Json& window_object,
                               const Json& profile_object) {
    const bool by_description = rules.release.evidence.store == EvidenceForm::Store::by_description;
    const std::string key_name = by_description ? "description" : "ID";
    const std::string window_key = evidence.profileid + "_" + evidence.twid;
    const Json* in_window = find_member(window_object, key_of(rules, evidence));
    if (in_window == nullptr) return "not stored under its " + key_name + " in Evidence of " + window_key;
    const Json* in_profile = find_member(profile_object, key_of(rules, evidence));
    if (in_profile == nullptr) return "not stored under its " + key_name + " in evidence" + evidence.profileid;
    if (*in_window != *in_profile)
        return "stored differently in " + window_key + " and in evidence" + evidence.profileid;
    Evidence stored;
    const Complaint complaint = in_window->is_string()
                                    ? judge_evidence(in_window->get_ref<const std::string&>(), rules, stored)
                                    : Complaint("not a text of JSON");
    if (complaint) return "stored in " + window_key + ": " + *complaint;
    // A repeat may have replaced it by now, with a new ID and stime; everything else is the same evidence.
    if (stored.id == evidence.id && stored.json != evidence.json) {
        return "stored in " + window_key + " differently from the published evidence";
    }
    if (key_of(rules, stored) != key_of(rules, evidence) || stored.profileid != evidence.profileid ||
        stored.twid != evidence.twid) {
        return "stored in " + window_key + " under a " + key_name + " that is not its own";
    }
    return std::nullopt;
}

}  // namespace slipsdev
