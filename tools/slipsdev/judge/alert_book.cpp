#include "slipsdev/judge/alert_book.hpp"

namespace slipsdev {
namespace {

std::string padded_ip(const Evidence& evidence) {
    std::string ip = evidence.profileid.substr(evidence.profileid.find('_') + 1);
    if (ip.size() < 26) ip.resize(26, ' ');
    return ip;
}

std::string window_number(const Evidence& evidence) {
    constexpr std::string_view prefix = "timewindow";
    return evidence.twid.rfind(prefix, 0) == 0 ? evidence.twid.substr(prefix.size()) : evidence.twid;
}

// Legacy writes an stime that is text unchanged and a float as ISO 8601. Here every time has the form of the published
// tutorial's log, so that runs can be compared line by line.
constexpr std::string_view legacy_time = "%Y/%m/%d-%H:%M:%S";

std::string time_text(Generation generation, Micros time, int offset) {
    return generation == Generation::current ? iso_time(time, offset) : format_time(time, legacy_time, offset);
}

}  // namespace

std::string evidence_line(Generation generation, const Evidence& evidence, int offset) {
    std::string line = time_text(generation, evidence.time, offset);
    if (generation == Generation::current) {
        line += " (TW " + window_number(evidence) + "): Src IP " + padded_ip(evidence) + ". Detected " +
                evidence.description + " Threat level: " + evidence.level + ". ";
        return line;
    }
    line += ": Src IP " + padded_ip(evidence) + ". ";
    line += evidence.type == "SSHSuccessful" ? "Did a successful SSH. " : "Detected ";
    return line + evidence.description;
}

std::string alert_line(Generation generation, const Evidence& last, int offset, Micros real_time, int real_offset) {
    const bool current = generation == Generation::current;
    std::string line = time_text(generation, last.time, offset) + ": Src IP " + padded_ip(last) + ". ";
    line += current ? "Generated an alert" : "Blocked";
    line += " given enough evidence on timewindow " + window_number(last) + ". (real time ";
    line += format_time(real_time, current ? "%Y/%m/%d %H:%M:%S.%f%z" : "%Y/%m/%d %H:%M:%S", real_offset);
    return line + ")";
}

AlertBook::AlertBook(Generation generation, double window_width)
    : generation_(generation), threshold_((generation == Generation::current ? 0.25 : 0.1) * window_width / 60) {}

std::optional<AlertBook::Alert> AlertBook::enter(const Evidence& evidence) {
    Window& window = windows_[evidence.profileid + "_" + evidence.twid];
    const bool current = generation_ == Generation::current;
    if (evidence.counts) window.weight += evidence.weight;
    if (!current || evidence.json.at("attacker").at("direction") == "SRC") window.evidence_ids.push_back(evidence.id);
    if (window.weight < threshold_ || window.blocked || window.evidence_ids.empty()) return std::nullopt;
    Alert alert{window.weight, window.evidence_ids};
    if (current) {
        // The sum starts again, and evidence of a past alert is not counted twice.
        window.weight = 0;
        window.evidence_ids.clear();
    } else {
        // Legacy alerts again at each further evidence, until it blocks, which requires a dstip.
        window.blocked = text_member(evidence.json, "type_detection") == "dstip";
    }
    return alert;
}

std::string new_alert_message(Generation generation, const Evidence& last, const AlertBook::Alert& alert,
                              const std::string& alert_id, double window_start, double window_width, int offset,
                              std::string_view slips_version) {
    if (generation == Generation::legacy) return last.profileid + "_" + last.twid + "_" + last.id;
    const double window_end = window_start + window_width;
    Json window;
    window["number"] = last.json.at("timewindow").at("number");
    window["start_time"] = window_start;
    window["end_time"] = window_end;

    Json evidence = last.json;
    evidence.erase("version");
    evidence["description"] = last.description + " Threat level: " + last.level + ".";
    evidence["timewindow"] = window;
    for (const char* absent : {"victim", "proto"}) {
        if (!is_truthy(evidence.value(absent, Json(false)))) evidence[absent] = nullptr;
    }
    Json message;
    message["profile"] = last.json.at("profile");
    message["timewindow"] = window;
    message["last_evidence"] = evidence;
    message["accumulated_threat_level"] = alert.weight;
    message["id"] = alert_id;
    message["correl_id"] = alert.evidence_ids;
    message["last_flow_datetime"] = iso_time(last.time, offset);
    message["threat_level"] = "CRITICAL";
    // Slips maps 4.8, its most sensitive threshold, to 0 and 26 to 1.
    message["confidence"] = (alert.weight - 4.8) / (26 - 4.8);
    message["version"] = slips_version;
    return to_python_json(message);
}

}  // namespace slipsdev
