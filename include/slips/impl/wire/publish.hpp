// Checks what a module publishes: messages that would end other modules are refused before they are sent.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/generation.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/stamp.hpp"
#include "slips/ip.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns why `text` must not be published on `channel`; empty if it may. A template, so that only modules that publish
/// contain all tables.
template <class List = Messages>
std::string publishing_fault(std::string_view channel, std::string_view text, Generation generation);

/// Returns why current Slips cannot read a flow of an input module, `{"flow": {…}, "module": "name"}` where the flow is a line
/// of Zeek's conn.log as JSON; empty if it can. What Slips cannot read there ends its input process, or is lost.
/// Mirrors slips_files/core/input/cyst/cyst_input.py and ZeekJSON.process_line() of Slips 1.1.21.
std::string module_flow_fault(const nlohmann::json& json);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Checks a message of a type, including what Python modules rely on and the decoder does not need.
template <class M>
std::string typed_fault(std::string_view text, const nlohmann::json& json, Generation generation) {
    M message;
    DecodeError error;
    const bool current = generation == Generation::current;
    if constexpr (requires { table_of(&message); }) {
        const bool plain = !current && requires { read(text, message); };
        if (plain == json.is_object()) return plain ? "must be plain text" : "must be a JSON object";
    }
    if (!decode(text, message, error)) return error.what;
    if (!error.left_out.empty()) return error.left_out.front();
    if constexpr (requires { message.flow; }) {
        const auto flow = json.find("flow");
        if (current && (flow == json.end() || !flow->is_object())) return "flow must be an object";
        if (current && !(flow->contains("type_") && (*flow)["type_"].is_string()))
            return "flow.type_ is missing, expected text";
        if (!current && flow != json.end() && !flow->is_string()) return "flow must be JSON text in legacy Slips";
    }
    return {};
}

template <class... M>
std::string typed_fault(Types<M...>, std::string_view channel, std::string_view text, const nlohmann::json& json,
                        Generation generation) {
    std::string fault;
    (void)((channel_of<M>(generation) == channel && (fault = typed_fault<M>(text, json, generation), true)) || ...);
    return fault;
}

}  // namespace detail

inline std::string module_flow_fault(const nlohmann::json& json) {
    const auto text = [](const nlohmann::json& object, const char* key) {
        const auto value = object.find(key);
        return value != object.end() && value->is_string() ? value->get<std::string>() : std::string();
    };
    if (!json.is_object()) return R"(must be a JSON object, {"flow": {…}, "module": "name"})";
    if (text(json, "module").empty()) return "module is missing, expected the name of the module";
    const auto flow = json.find("flow");
    if (flow == json.end() || !flow->is_object()) return "flow must be an object, a line of Zeek's conn.log";
    if (const auto ts = flow->find("ts"); ts == flow->end() || !ts->is_number() || *ts == 0)
        return "flow.ts is missing, expected seconds since the epoch";
    for (const char* key : {"id.orig_h", "id.resp_h"})
        if (!is_ip(text(*flow, key))) return std::string("flow.") + key + " is missing, expected an IP address";
    for (const char* key : {"uid", "proto"})
        if (text(*flow, key).empty()) return std::string("flow.") + key + " is missing, expected text";
    for (const char* key : {"id.orig_p", "id.resp_p", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "duration"})
        if (const auto value = flow->find(key); value != flow->end() && !value->is_number())
            return std::string("flow.") + key + " must be a number";
    return {};
}

template <class List>
std::string publishing_fault(std::string_view channel, std::string_view text, Generation generation) {
    if (channel.empty()) return "the channel has no name";
    if (channel == "evidence_added") return "use set_evidence() instead";
    if (channel == "control_channel" || channel == "finished_modules")
        return "Slips obeys the messages on this channel";
    if (generation == Generation::legacy && text == "stop_process") return "stop_process ends the modules of Slips";
    if (too_deep(text)) return "nested too deep";
    nlohmann::json json;
    if (text.starts_with('{')) {
        json = parse_value(text);  // refuses invalid UTF-8 and NaN
        if (json.is_discarded()) return "not JSON";
    } else if (generation == Generation::legacy) {  // legacy sends the text as it is
        std::string quoted;
        append_json(quoted, text);
        std::string again = parse_value(quoted).template get<std::string>();
        if (again != text) return "not UTF-8";
    }
    if (generation == Generation::current && channel == "new_module_flow") return module_flow_fault(json);
    return detail::typed_fault(List(), channel, text, json, generation);
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
