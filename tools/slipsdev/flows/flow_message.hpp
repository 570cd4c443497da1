// A line of conn.log turned into the new_flow message that Slips makes of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipsdev/flows/zeek_log.hpp"

namespace slipsdev {

/// The flow as a generation sees it, before it has a profile and a time window.
struct FlowDraft {
    std::string uid;
    std::string saddr;  ///< as the log has it: it names the profile
    std::string daddr;
    double time = 0;  ///< seconds since the epoch
    Json stime;       ///< the same as the message carries it: a number or a text
    std::string interpreted_state;
    Json flow;
};

/// Nothing where Slips would drop the line; `why` then tells the reason.
std::optional<FlowDraft> draft_current_flow(const ZeekRecord& record, std::string& why);
std::optional<FlowDraft> draft_legacy_flow(const ZeekRecord& record, std::string& why);

/// The payloads for new_flow. `twid` is "timewindow<N>".
std::string current_flow_message(const FlowDraft& draft, std::string_view twid, std::string_view slips_version);
std::string legacy_flow_message(const FlowDraft& draft, std::string_view twid);

/// The field `aid` of current flows: "1:" and a SHA-1 of protocol, time and end points; "" for other protocols.
std::string flow_aid(std::string_view proto, const Json& starttime, std::string_view saddr, std::string_view daddr,
                     long long sport, long long dport);

namespace detail {

/// What both generations want of a line. Nothing, and the reason, where one is missing.
bool take_identity(const ZeekRecord& record, FlowDraft& draft, std::string& why);

}  // namespace detail

}  // namespace slipsdev
