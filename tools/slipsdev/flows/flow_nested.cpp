// Flows of Slips before 1.1.2: texts in texts. And the fields that all releases require.
#include <slips/ip.hpp>
#include <slips/timestamp.hpp>

#include <cmath>
#include <string>
#include <utility>

#include "slipsdev/flows/conn_state.hpp"
#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

/// Returns float(text), or the integer 0 if that fails; since 1.0.4 int(text).
Json tsv_number(const ZeekRecord& record, const FlowForm& form, std::string_view name) {
    const std::string text = text_member(record.fields, name);
    if (form.modern) return python_whole(text).value_or(0);
    const auto number = python_float(text);
    if (!number || !std::isfinite(*number)) return 0;
    return *number;
}

/// Returns the value in a JSON log, or `otherwise` if it is missing.
Json json_value(const ZeekRecord& record, std::string_view name, Json otherwise) {
    const Json* value = find_member(record.fields, name);
    return value == nullptr ? otherwise : *value;
}

/// Returns the value, "" if it is missing, also as "-" in a TSV log since 1.0.4.
Json value_of(const ZeekRecord& record, const FlowForm& form, std::string_view name) {
    Json value = json_value(record, name, "");
    return value == "-" && record.from_tsv && form.modern ? Json("") : value;
}

/// Returns a + b; nullopt if one of them is no number.
std::optional<Json> sum(const Json& a, const Json& b) {
    if (!is_python_number(a) || !is_python_number(b)) return std::nullopt;
    return python_sum(a, b);
}

std::string family_of(std::string_view address) { return slips::is_ipv4(address) ? "4" : "6"; }

}  // namespace

namespace detail {

bool read_time(const ZeekRecord& record, const FlowForm& form, FlowDraft& draft, std::string& why) {
    const Json* time = find_member(record.fields, "ts");
    if (time == nullptr || time->is_null()) {
        why = "no ts";
        return false;
    }
    std::optional<double> seconds;
    if (time->is_number()) seconds = time->get<double>();
    if (time->is_string()) seconds = python_float(time->get_ref<const std::string&>());
    const auto micros = seconds ? micros_from_epoch(*seconds) : std::nullopt;
    if (!micros) {
        // Slips' reader could convert a date, but the line never reaches it: its input process requires a number.
        const bool is_date = time->is_string() && slips::parse_timestamp(time->get_ref<const std::string&>());
        why = is_date ? "ts is a date, and Slips reads only seconds since the epoch; let Zeek write them, with "
                        "LogAscii::json_timestamps = JSON::TS_EPOCH"
                      : "ts is not seconds since the epoch";
        return false;
    }
    if (*seconds == 0) {  // Slips' input process tests "if timestamp:" after float(), so that text counts, too
        why = "ts is 0, which Slips takes for a missing one";
        return false;
    }
    constexpr Micros second = 1000000;
    const Micros fraction = (*micros % second + second) % second;
    switch (form.time) {
        case FlowForm::Time::aware: draft.time = static_cast<double>(*micros) / 1e6; break;
        case FlowForm::Time::naive:
            draft.time = static_cast<double>((*micros - fraction) / second) + static_cast<double>(fraction) / 1e6;
            break;
        case FlowForm::Time::raw: draft.time = *seconds; break;
    }
    draft.stime = form.time == FlowForm::Time::raw ? *time : Json(draft.time);
    return true;
}

bool read_identity(const ZeekRecord& record, const FlowForm& form, FlowDraft& draft, std::string& why) {
    if (!read_time(record, form, draft, why)) return false;
    draft.uid = text_member(record.fields, "uid");
    if (draft.uid.empty() || draft.uid == "-") {
        why = "no uid";
        return false;
    }
    draft.saddr = text_member(record.fields, "id.orig_h");
    draft.daddr = text_member(record.fields, "id.resp_h");
    for (const auto& [column, address] : {std::pair("id.orig_h", &draft.saddr), std::pair("id.resp_h", &draft.daddr)}) {
        if (slips::is_ip(*address)) continue;
        why = address->empty() ? "no " + std::string(column) : column + std::string(" is not an IP address");
        return false;
    }
    return true;
}

}  // namespace detail

std::optional<FlowDraft> detail::draft_nested(const ZeekRecord& record, const FlowForm& form, std::string& why) {
    FlowDraft draft;
    if (!read_identity(record, form, draft, why)) return std::nullopt;
    if (form.one_family && family_of(draft.saddr) != family_of(draft.daddr)) {
        why = "one address is IPv4, the other IPv6";
        return std::nullopt;
    }

    Json duration, packets, bytes, source_packets, source_bytes;
    if (record.from_tsv) {
        const auto seconds = python_float(text_member(record.fields, "duration"));
        duration = seconds && std::isfinite(*seconds) ? Json(*seconds) : Json(0);
        if (form.modern) duration = seconds ? *seconds : 0.0;
        source_packets = tsv_number(record, form, "orig_pkts");
        source_bytes = tsv_number(record, form, "orig_bytes");
        packets = *sum(source_packets, tsv_number(record, form, "resp_pkts"));
        bytes = *sum(source_bytes, tsv_number(record, form, "resp_bytes"));
    } else {
        const Json raw = json_value(record, "duration", 0);
        std::optional<double> seconds;
        if (is_python_number(raw)) seconds = float_of(raw);
        if (raw.is_string()) seconds = python_float(raw.get_ref<const std::string&>());
        if (!seconds || !std::isfinite(*seconds)) {
            why = "duration is not a number of seconds";
            return std::nullopt;
        }
        duration = form.modern ? raw : Json(*seconds);
        source_packets = json_value(record, "orig_pkts", 0);
        source_bytes = json_value(record, "orig_bytes", 0);
        // The first releases' own mistake: for JSON logs, pkts adds the originator's bytes to the responder's packets.
        const auto odd_packets =
            sum(form.right_packets ? source_packets : source_bytes, json_value(record, "resp_pkts", 0));
        const auto all_bytes = sum(source_bytes, json_value(record, "resp_bytes", 0));
        if (!odd_packets || !all_bytes) {
            why = "a packet or byte count is not a number";
            return std::nullopt;
        }
        packets = *odd_packets;
        bytes = *all_bytes;
    }
    const std::string proto = text_member(record.fields, "proto");
    if (proto.empty()) {
        why = "no proto";
        return std::nullopt;
    }
    const std::string state = text_member(record.fields, "conn_state");
    draft.interpreted_state =
        interpreted_state(state, float_of(packets),
                          {.not_established = form.spaced_state ? StateWords{}.not_established : "NotEstablished",
                           .match_anywhere = !form.modern});
    const auto port = [&](std::string_view name) {
        const Json value = value_of(record, form, name);
        return form.modern && record.from_tsv ? python_whole(text_member(record.fields, name)).value_or("") : value;
    };
    const auto address = [&](const std::string& text) {
        return form.modern ? text : normal_address(text).value_or(text);
    };

    Json& flow = draft.flow;
    flow["ts"] = draft.stime;
    flow["dur"] = duration;
    flow["saddr"] = address(draft.saddr);
    flow["sport"] = port("id.orig_p");
    flow["daddr"] = address(draft.daddr);
    flow["dport"] = port("id.resp_p");
    flow["proto"] = proto;
    flow["origstate"] = state;
    flow["state"] = draft.interpreted_state;
    flow["pkts"] = packets;
    flow["allbytes"] = bytes;
    flow["spkts"] = source_packets;
    flow["sbytes"] = source_bytes;
    flow["appproto"] = value_of(record, form, "service");
    if (form.macs) flow["smac"] = value_of(record, form, "orig_l2_addr");
    if (form.macs) flow["dmac"] = value_of(record, form, "resp_l2_addr");
    flow["label"] = form.modern ? "benign" : "normal";
    flow["flow_type"] = "conn";
    flow["module_labels"] = Json::object();
    return draft;
}

}  // namespace slipsdev
