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

std::string time_text(const Release& release, Micros time, int offset) {
    return release.evidence.is_typed() ? iso_time(time, offset) : format_time(time, legacy_time, offset);
}

}  // namespace

std::string evidence_line(const Release& release, const Evidence& evidence, int offset) {
    const AlertForm& form = release.alert;
    std::string line = time_text(release, evidence.time, offset);
    if (form.window) line += " (TW " + window_number(evidence) + ")";
    line += ": Src IP " + padded_ip(evidence) + ". ";
    line += evidence.type == "SSHSuccessful" ? "Did a successful SSH. " : form.detected;
    line += evidence.description;
    if (!form.level.empty()) line.append(form.level).append(evidence.level).append(".");
    return release.evidence.stamp ? line + " " : line;  // before what Slips knows about the address
}

std::string alert_line(const Release& release, const Evidence& last, int offset, Micros real_time, int real_offset) {
    std::string line = time_text(release, last.time, offset) + ": Src IP " + padded_ip(last) + ". ";
    line.append(release.alert.made) += " given enough evidence on timewindow " + window_number(last) + ". (real time ";
    line += format_time(real_time, release.evidence.is_typed() ? "%Y/%m/%d %H:%M:%S.%f%z" : "%Y/%m/%d %H:%M:%S",
                        real_offset);
    return line + ")";
}

AlertBook::AlertBook(const Release& release, double window_width)
    : typed_(release.evidence.is_typed()), threshold_(release.alert.threshold * window_width / 60) {}

std::optional<AlertBook::Alert> AlertBook::enter(const Evidence& evidence) {
    Window& window = windows_[evidence.profileid + "_" + evidence.twid];
    if (evidence.counts) window.weight += evidence.weight;
    if (!typed_ || evidence.json.at("attacker").at("direction") == "SRC") window.evidence_ids.push_back(evidence.id);
    if (window.weight < threshold_ || window.blocked || window.evidence_ids.empty()) return std::nullopt;
    Alert alert{window.weight, window.evidence_ids};
    if (typed_) {
        // The sum starts again, and evidence of a past alert is not counted twice.
        window.weight = 0;
        window.evidence_ids.clear();
    } else {
        // Legacy alerts again at each further evidence, until it blocks, which requires a dstip.
        window.blocked = text_member(evidence.json, "type_detection") == "dstip" ||
                         text_member(evidence.json, "attacker_direction") == "dstip";
    }
    return alert;
}

std::string new_alert_message(const Release& release, const Evidence& last, const AlertBook::Alert& alert,
                              const std::string& alert_id, double window_start, double window_width, int offset) {
    const std::string legacy_id = last.profileid + "_" + last.twid + "_" + last.id;
    if (release.alert.message == AlertForm::Message::text) return legacy_id;
    if (release.alert.message == AlertForm::Message::ids)
        return to_python_json(Json{{"alert_ID", legacy_id}, {"profileid", last.profileid}, {"twid", last.twid}});
    const double window_end = window_start + window_width;
    Json window;
    window["number"] = last.json.at("timewindow").at("number");
    window["start_time"] = window_start;
    window["end_time"] = window_end;

    Json evidence = last.json;
    evidence.erase("version");
    evidence["description"] = last.description + std::string(release.alert.level) + last.level + ".";
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
    if (release.flow.wrapped) message["version"] = release.text;
    return to_python_json(message);
}

}  // namespace slipsdev
