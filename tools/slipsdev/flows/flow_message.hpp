// Converts lines of conn.log to new_flow messages as Slips does.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "slipsdev/flows/zeek_log.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// The flow as a release sees it, before it has a profile and a time window.
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
std::optional<FlowDraft> draft_flow(const ZeekRecord& record, const FlowForm& form, std::string& why);

/// Returns the payload of new_flow. `twid` is "timewindow<N>".
std::string flow_message(const FlowDraft& draft, std::string_view twid, const Release& release);

/// Returns the field `aid` of current flows: "1:" and a SHA-1 of protocol, time and end points; "" for other protocols.
std::string flow_aid(std::string_view proto, const Json& starttime, std::string_view saddr, std::string_view daddr,
                     const Json& sport, const Json& dport);

namespace detail {

/// Thrown where Slips drops a line, with the reason.
struct Dropped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Draft a flow that is an object, and one that is a text in a text.
std::optional<FlowDraft> draft_object(const ZeekRecord& record, const FlowForm& form, std::string& why);
std::optional<FlowDraft> draft_nested(const ZeekRecord& record, const FlowForm& form, std::string& why);

/// Reads the time as the release does. Returns false, with the reason, if there is none, or if Slips skips the line because of it.
bool read_time(const ZeekRecord& record, const FlowForm& form, FlowDraft& draft, std::string& why);

/// Reads the fields that all releases require. Returns false, with the reason, if one is missing.
bool read_identity(const ZeekRecord& record, const FlowForm& form, FlowDraft& draft, std::string& why);

}  // namespace detail

}  // namespace slipsdev
