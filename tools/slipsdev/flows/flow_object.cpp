// Flows of Slips 1.1.2 and newer: objects.
#include <cmath>
#include <stdexcept>
#include <string>

#include "slipsdev/flows/conn_state.hpp"
#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/text/sha1.hpp"

namespace slipsdev {
namespace {

using detail::Dropped;

/// Returns the field, "" if it is missing; Zeek writes "-" for that.
Json field(const ZeekRecord& record, std::string_view name) {
    const Json* value = find_member(record.fields, name);
    if (value == nullptr || (value->is_string() && value->get_ref<const std::string&>() == "-")) return "";
    return *value;
}

std::string text_field(const ZeekRecord& record, std::string_view name) {
    Json value = field(record, name);
    if (!value.is_string()) throw Dropped(std::string(name) + " is not text");
    return value.get<std::string>();
}

/// Returns int(value or 0), as python_whole() does.
Json count_field(const ZeekRecord& record, std::string_view name) {
    const Json value = field(record, name);
    if (!is_truthy(value)) return 0;
    if (value.is_number_integer() || value.is_binary()) return value;
    std::optional<Json> number;
    if (value.is_string()) number = python_whole(value.get_ref<const std::string&>());
    else if (value.is_number()) number = python_whole(value.get<double>());
    else if (value.is_boolean()) number = 1;
    if (!number) throw Dropped(std::string(name) + " is not a whole number");
    return *number;
}

/// Returns float(value or 0).
double seconds_field(const ZeekRecord& record, std::string_view name) {
    const Json value = field(record, name);
    if (!is_truthy(value)) return 0;
    std::optional<double> number;
    if (is_python_number(value)) number = float_of(value);
    if (value.is_string()) number = python_float(value.get_ref<const std::string&>());
    if (!number || !std::isfinite(*number)) throw Dropped(std::string(name) + " is not a number of seconds");
    return *number;
}

/// Returns whether the text has exactly six digits after a point, which the hash requires of its time.
bool has_microseconds(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    for (std::size_t point = text.find('.'); point != std::string_view::npos; point = text.find('.', point + 1)) {
        if (point == 0 || !digit(text[point - 1])) continue;
        std::size_t digits = 0;
        while (point + 1 + digits < text.size() && digit(text[point + 1 + digits])) ++digits;
        const std::size_t end = point + 1 + digits;
        if (digits == 6 && (end == text.size() || !letter(text[end]))) return true;
    }
    return false;
}

}  // namespace

std::string flow_aid(std::string_view proto, const Json& starttime, std::string_view saddr, std::string_view daddr,
                     const Json& sport, const Json& dport) {
    std::string lower;
    for (const char c : proto) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != "tcp" && lower != "udp" && lower != "icmp") return "";
    std::string time = starttime.is_string() ? starttime.get<std::string>() : to_python_json(starttime);
    if (!has_microseconds(time)) {
        // Slips pads by the length of the text after the last point, or of all the text if there is none.
        const std::size_t point = time.rfind('.');
        const std::size_t length = point == std::string::npos ? time.size() : time.size() - point - 1;
        if (length < 6) time.append(6 - length, '0');
    }
    std::string tuple = "('" + lower + "', '" + time + "', '";
    tuple += saddr;
    tuple += "', '";
    tuple += daddr;
    tuple += "', " + to_python_json(sport) + ", " + to_python_json(dport) + ")";
    return "1:" + sha1_hex(tuple);
}

std::optional<FlowDraft> draft_flow(const ZeekRecord& record, const FlowForm& form, std::string& why) {
    return form.nested ? detail::draft_nested(record, form, why) : detail::draft_object(record, form, why);
}

std::optional<FlowDraft> detail::draft_object(const ZeekRecord& record, const FlowForm& form, std::string& why) try {
    FlowDraft draft;
    if (!read_identity(record, form, draft, why)) return std::nullopt;

    const double duration = seconds_field(record, "duration");
    const Json sport = count_field(record, "id.orig_p");
    const Json dport = count_field(record, "id.resp_p");
    const Json spkts = count_field(record, "orig_pkts");
    const Json dpkts = count_field(record, "resp_pkts");
    const Json sbytes = count_field(record, "orig_bytes");
    const Json dbytes = count_field(record, "resp_bytes");
    std::string proto = text_field(record, "proto");
    if (proto == "unknown_transport") proto.clear();
    const std::string state = text_field(record, "conn_state");
    const Json history = field(record, "history");
    draft.interpreted_state = interpreted_state(state, float_of(python_sum(spkts, dpkts)), StateWords{});

    Json& flow = draft.flow;
    if (form.interface_key) flow["interface"] = "default";
    flow["starttime"] = draft.stime;
    flow["uid"] = draft.uid;
    flow["saddr"] = draft.saddr;
    flow["daddr"] = draft.daddr;
    flow["dur"] = duration;
    flow["proto"] = proto;
    flow["appproto"] = field(record, "service");
    flow["sport"] = sport;
    flow["dport"] = dport;
    flow["spkts"] = spkts;
    flow["dpkts"] = dpkts;
    flow["sbytes"] = sbytes;
    flow["dbytes"] = dbytes;
    flow["state"] = state;
    flow["history"] = history;
    flow["smac"] = "";  // Slips does not map Zeek's orig_l2_addr
    flow["dmac"] = "";
    if (form.labels) {
        flow["ground_truth_label"] = field(record, "label");
        flow["detailed_ground_truth_label"] = field(record, "detailedlabel");
    }
    if (form.derived) {
        flow["endtime"] = draft.time + duration;
        flow["pkts"] = python_sum(spkts, dpkts);
        flow["bytes"] = python_sum(sbytes, dbytes);
        flow["state_hist"] = is_truthy(history) ? history : Json(state);
        flow["aid"] = flow_aid(proto, draft.stime, draft.saddr, draft.daddr, sport, dport);
        flow["dport_name"] = "";
        flow["timestamp_human"] = "";
        flow["interpreted_state"] = "";  // set beside the flow only
    }
    flow["type_"] = "conn";
    flow["dir_"] = form.derived ? "->" : "";
    return draft;
} catch (const Dropped& dropped) {
    why = dropped.what();
    return std::nullopt;
}

std::string flow_message(const FlowDraft& draft, std::string_view twid, const Release& release) {
    Json message;
    message["profileid"] = "profile_" + draft.saddr;
    message["twid"] = twid;
    if (release.flow.nested) {
        Json by_uid;
        by_uid[draft.uid] = to_python_json(draft.flow);
        message["flow"] = to_python_json(by_uid);
        message["stime"] = draft.stime;
        return to_python_json(message);
    }
    message["flow"] = draft.flow;
    message["stime"] = draft.stime;
    message["interpreted_state"] = draft.interpreted_state;
    message["label"] = "benign";
    message["module_labels"] = Json::object();
    if (release.flow.wrapped) message["version"] = release.text;
    return to_python_json(message);
}

}  // namespace slipsdev
