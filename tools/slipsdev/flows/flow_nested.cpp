// Flows of Slips before 1.1.2: texts in texts. And the fields that all releases require.
#include <slips/ip.hpp>

#include <cmath>
#include <string>
#include <utility>

#include "slipsdev/flows/conn_state.hpp"
#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

constexpr StateWords first_words{"Established", "NotEstablished", true};

/// Returns float(text), or the integer 0 if that fails, as legacy does for a TSV column.
Json tsv_number(const ZeekRecord& record, std::string_view name) {
    const auto number = python_float(text_member(record.fields, name));
    if (!number || !std::isfinite(*number)) return 0;
    return *number;
}

/// Returns the value in a JSON log, or `otherwise` if it is missing.
Json json_value(const ZeekRecord& record, std::string_view name, Json otherwise) {
    const Json* value = find_member(record.fields, name);
    return value == nullptr ? otherwise : *value;
}

/// Returns a + b; nullopt if one of them is no number.
std::optional<Json> sum(const Json& a, const Json& b) {
    if (!a.is_number() || !b.is_number()) return std::nullopt;
    return python_sum(a, b);
}

std::string family_of(std::string_view address) { return slips::is_ipv4(address) ? "4" : "6"; }

}  // namespace

namespace detail {

std::optional<double> time_of(const ZeekRecord& record, std::string& why) {
    const Json* time = find_member(record.fields, "ts");
    if (time == nullptr || time->is_null()) {
        why = "no ts";
        return std::nullopt;
    }
    std::optional<double> seconds;
    if (time->is_number()) seconds = time->get<double>();
    if (time->is_string()) seconds = python_float(time->get_ref<const std::string&>());
    if (!seconds || !micros_from_epoch(*seconds)) {
        why = "ts is not seconds since the epoch";
        return std::nullopt;
    }
    if (*seconds == 0) {  // Slips' readers test "if timestamp:"
        why = "ts is 0, which Slips takes for a missing one";
        return std::nullopt;
    }
    return seconds;
}

bool read_identity(const ZeekRecord& record, FlowDraft& draft, std::string& why) {
    const auto seconds = time_of(record, why);
    if (!seconds) return false;
    draft.time = *seconds;
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
    if (!read_identity(record, draft, why)) return std::nullopt;
    if (family_of(draft.saddr) != family_of(draft.daddr)) {
        why = "one address is IPv4, the other IPv6";
        return std::nullopt;
    }
    // Legacy converts the time to a datetime, which has microseconds.
    draft.time = static_cast<double>(*micros_from_epoch(draft.time)) / 1e6;
    draft.stime = draft.time;

    Json duration, packets, bytes, source_packets, source_bytes;
    if (record.from_tsv) {
        duration = tsv_number(record, "duration");
        source_packets = tsv_number(record, "orig_pkts");
        source_bytes = tsv_number(record, "orig_bytes");
        packets = *sum(source_packets, tsv_number(record, "resp_pkts"));
        bytes = *sum(source_bytes, tsv_number(record, "resp_bytes"));
    } else {
        const Json raw = json_value(record, "duration", 0);
        std::optional<double> seconds;
        if (raw.is_number()) seconds = raw.get<double>();
        if (raw.is_string()) seconds = python_float(raw.get_ref<const std::string&>());
        if (!seconds || !std::isfinite(*seconds)) {
            why = "duration is not a number of seconds";
            return std::nullopt;
        }
        duration = *seconds;
        source_packets = json_value(record, "orig_pkts", 0);
        source_bytes = json_value(record, "orig_bytes", 0);
        // The first releases' own mistake: for JSON logs, pkts adds the originator's bytes to the responder's packets.
        const auto odd_packets = sum(form.modern ? source_packets : source_bytes, json_value(record, "resp_pkts", 0));
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
    draft.interpreted_state = interpreted_state(state, packets.get<double>(), form.modern ? StateWords{} : first_words);

    Json& flow = draft.flow;
    flow["ts"] = draft.stime;
    flow["dur"] = duration;
    flow["saddr"] = normal_address(draft.saddr).value_or(draft.saddr);
    flow["sport"] = json_value(record, "id.orig_p", "");
    flow["daddr"] = normal_address(draft.daddr).value_or(draft.daddr);
    flow["dport"] = json_value(record, "id.resp_p", "");
    flow["proto"] = proto;
    flow["origstate"] = state;
    flow["state"] = draft.interpreted_state;
    flow["pkts"] = packets;
    flow["allbytes"] = bytes;
    flow["spkts"] = source_packets;
    flow["sbytes"] = source_bytes;
    flow["appproto"] = json_value(record, "service", "");
    if (form.macs) flow["smac"] = flow["dmac"] = "";
    flow["label"] = form.modern ? "benign" : "normal";
    flow["flow_type"] = "conn";
    flow["module_labels"] = Json::object();
    return draft;
}

}  // namespace slipsdev
