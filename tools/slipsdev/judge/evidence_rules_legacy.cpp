// The rules of Slips of June 2022: evidence that its evidence process does not fail on.
#include <slips/ip.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "slipsdev/judge/evidence_rules.hpp"

namespace slipsdev {
namespace {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string shown(const Json* value) {
    if (value == nullptr) return "missing";
    std::string text = to_python_json(*value);
    return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

std::string text_of(const Json& json, std::string_view key) {
    const Json* value = find_member(json, key);
    if (value == nullptr || !value->is_string()) throw Broken(std::string(key) + " is " + shown(value) + ", not text");
    return value->get<std::string>();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Slips formats stime when it logs, and parses its own result again when it makes an alert.
Micros judge_stime(const Json& json) {
    const Json* value = find_member(json, "stime");
    std::optional<Micros> time;
    if (value != nullptr && value->is_number_float() && is_truthy(*value)) {
        time = micros_from_epoch(value->get<double>());
    } else if (value != nullptr && value->is_string()) {
        std::string text = value->get<std::string>();
        if (contains(text, " ")) {
            std::replace(text.begin(), text.end(), '/', '-');
            time = micros_from_text(text, "%Y-%m-%d %H:%M:%S.%f%z");
            if (!time) time = micros_from_text(text, "%Y-%m-%d %H:%M:%S.%f");
        } else {
            time = micros_from_text(text, contains(text, ".") ? "%Y-%m-%dT%H:%M:%S.%f%z" : "%Y-%m-%dT%H:%M:%S%z");
        }
    }
    if (!time) throw Broken("stime is " + shown(value) + ", neither a float nor ISO 8601 with a zone");
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

/// Slips prints texts of evidence at an alert, and its output process treats some words as commands.
void judge_words(const Json& json) {
    for (const auto& [key, value] : json.items())
        if (value.is_string() && contains(value.get_ref<const std::string&>(), "stop_process"))
            throw Broken(key + " contains \"stop_process\": printed, it ends Slips' output process");
}

void note_words(Evidence& evidence) {
    for (const std::string word : {"log-only", "initialize progress bar", "update progress bar"})
        for (const auto& [key, value] : evidence.json.items())
            if (value.is_string() && contains(value.get_ref<const std::string&>(), word))
                evidence.notes.push_back(key + " contains \"" + word +
                                         "\", which the output process of Slips 0.9.6 to 1.0.7 treats "
                                         "as a command");
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

/// Slips extracts details from the descriptions of two types, and from the detection_info of a dstip.
void judge_special_cases(const Evidence& evidence, const std::string& detection, const Json& info) {
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
    if (contains(detection, "dstip") || contains(detection, "dip")) {
        if (!info.is_string()) throw Broken("detection_info is " + shown(&info) + ", not text, for a dstip");
        const Json* tag = find_member(evidence.json, "source_target_tag");
        const bool needs_target =
            (tag != nullptr && is_truthy(*tag)) || contains(text, "rDNS: ") || contains(text, "SNI: ");
        const auto& peer = info.get_ref<const std::string&>();
        const bool is_mac = std::count(peer.begin(), peer.end(), ':') == 5 && peer.size() == 17;
        if (needs_target && !slips::is_ip(peer) && !is_mac) {
            throw Broken("detection_info is " + shown(&info) + ", not an address, for a dstip with a target");
        }
    }
}

void judge_fields(Evidence& evidence) {
    const Json& json = evidence.json;
    evidence.profileid = text_of(json, "profileid");
    const std::size_t separator = evidence.profileid.find('_');
    if (separator == std::string::npos)
        throw Broken("profileid is " + shown(find_member(json, "profileid")) + ", not profile_<ip>");
    evidence.twid = text_of(json, "twid");
    const std::string detection = text_of(json, "type_detection");
    const Json* info = find_member(json, "detection_info");
    if (info == nullptr || !(info->is_string() || info->is_number())) {
        throw Broken("detection_info is " + shown(info) + ", neither text nor a number");
    }
    evidence.description = text_of(json, "description");
    if (contains(evidence.description, "\""))
        throw Broken("description contains a double quote, which breaks alerts.json");
    evidence.time = judge_stime(json);
    const Json* uid = find_member(json, "uid");
    if (uid == nullptr || !(uid->is_string() || uid->is_number())) throw Broken("uid is " + shown(uid) + ", not text");
    const double confidence = judge_confidence(json);
    evidence.level = text_of(json, "threat_level");
    for (char& c : evidence.level) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const auto level = threat_level_value(evidence.level);
    if (!level) throw Broken("threat_level is \"" + evidence.level + "\", not info, low, medium, high or critical");
    text_of(json, "category");
    evidence.id = text_of(json, "ID");
    judge_optional(json);
    judge_words(json);
    judge_special_cases(evidence, detection, *info);

    // Slips weighs evidence that accuses the profile itself as info, so the level stored for it must be info, too.
    const std::string ip =
        evidence.profileid.substr(separator + 1, evidence.profileid.find('_', separator + 1) - separator - 1);
    const std::string accused = info->is_string() ? info->get<std::string>() : to_python_json(*info);
    if (contains(accused, ip) && evidence.level != "info") {
        throw Broken("threat_level is " + evidence.level +
                     ", but detection_info names the profile itself: it must be info");
    }
    evidence.weight = *level * confidence;
    evidence.counts = true;
}

}  // namespace

Complaint judge_legacy(std::string_view payload, Evidence& evidence) {
    if (Complaint complaint = detail::judge_text(payload, evidence.json)) return complaint;
    try {
        evidence.type = text_of(evidence.json, "type_evidence");
        judge_fields(evidence);
    } catch (const Broken& broken) {
        return broken.what();
    }
    if (contains(evidence.description, "'")) {
        evidence.notes.emplace_back("the description's single quote makes its line in alerts.json invalid");
    }
    if (evidence.description.find_first_of("\r\n") != std::string::npos) {
        evidence.notes.emplace_back("the description's line break splits its line in alerts.log");
    }
    note_words(evidence);
    return std::nullopt;
}

Complaint judge_legacy_stored(const Evidence& evidence, const Json& window_object, const Json& profile_object) {
    const std::string window_key = evidence.profileid + "_" + evidence.twid;
    const Json* in_window = find_member(window_object, evidence.description);
    if (in_window == nullptr) return "not stored under its description in Evidence of " + window_key;
    const Json* in_profile = find_member(profile_object, evidence.description);
    if (in_profile == nullptr) return "not stored under its description in evidence" + evidence.profileid;
    if (*in_window != *in_profile)
        return "stored differently in " + window_key + " and in evidence" + evidence.profileid;
    Evidence stored;
    const Complaint complaint = in_window->is_string() ? judge_legacy(in_window->get_ref<const std::string&>(), stored)
                                                       : Complaint("not a text of JSON");
    if (complaint) return "stored in " + window_key + ": " + *complaint;
    // A repeat may have replaced it by now, with a new ID and stime; everything else is the same evidence.
    if (stored.id == evidence.id && stored.json != evidence.json) {
        return "stored in " + window_key + " differently from the published evidence";
    }
    if (stored.description != evidence.description || stored.profileid != evidence.profileid ||
        stored.twid != evidence.twid) {
        return "stored in " + window_key + " under a description that is not its own";
    }
    return std::nullopt;
}

}  // namespace slipsdev
