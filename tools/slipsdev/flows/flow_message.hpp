// Converts lines of conn.log to new_flow messages as Slips does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipsdev/flows/zeek_log.hpp"

namespace slipsdev {

/// The flow as a generation sees it, before it has a profile and a time window.
struct FlowDraft {
    std::string uid;
    std::string saddr;  ///< as in the log: it names the profile
    std::string daddr;
    double time = 0;  ///< seconds since the epoch
    Json stime;       ///< the same as in the message: a number or text
    std::string interpreted_state;
    Json flow;
};

/// Returns nullopt if Slips would drop the line; `why` is then the reason.
std::optional<FlowDraft> draft_current_flow(const ZeekRecord& record, std::string& why);
std::optional<FlowDraft> draft_legacy_flow(const ZeekRecord& record, std::string& why);

/// Returns the payload of new_flow. `twid` is "timewindow<N>".
std::string current_flow_message(const FlowDraft& draft, std::string_view twid, std::string_view slips_version);
std::string legacy_flow_message(const FlowDraft& draft, std::string_view twid);

/// Returns the field `aid` of current flows: "1:" and a SHA-1 of protocol, time and end points; "" for other protocols.
std::string flow_aid(std::string_view proto, const Json& starttime, std::string_view saddr, std::string_view daddr,
                     long long sport, long long dport);

namespace detail {

/// Reads the fields that both generations require. Returns false, with the reason, if one is missing.
bool read_identity(const ZeekRecord& record, FlowDraft& draft, std::string& why);

}  // namespace detail

}  // namespace slipsdev
