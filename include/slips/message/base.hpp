// What all messages have in common, and on which channel a type arrives.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The exact text that was published. Borrowed from the receive buffer while a handler runs, owned once copied.
class Payload {
public:
    Payload() = default;
    /// A copy owns its text.
    Payload(const Payload& other) : own_(other.view()), borrowed_(false) {}
    /// So does what was moved.
    Payload(Payload&& other) : own_(other.view()), borrowed_(false) {}
    /// A copy owns its text.
    Payload& operator=(const Payload& other) {
        if (this != &other) own_ = std::string(other.view()), borrowed_ = false;
        return *this;
    }
    /// So does what was moved.
    Payload& operator=(Payload&& other) { return *this = static_cast<const Payload&>(other); }
    ~Payload() = default;

    /// The text; valid as long as this object, and while it is borrowed within the handler.
    std::string_view view() const { return borrowed_ ? view_ : std::string_view(own_); }

    /// Refers to `text` without copying it; the caller keeps it alive as long as this very object is read.
    void borrow(std::string_view text) { view_ = text, borrowed_ = true; }

private:
    std::string own_{};
    std::string_view view_{};
    bool borrowed_ = false;
};

/// What every message has.
struct Message {
    std::string version{};  ///< Slips' version as stamped by current Slips; empty in legacy
    Payload payload{};      ///< the text as published

    /// The whole message as JSON, unknown keys included; a plain text arrives as a JSON string, text that is
    /// no JSON too. Parses anew at each call. Include <nlohmann/json.hpp> to use the result.
    SLIPS_SDK_DECL nlohmann::json json() const;
};

/// What every message about a flow has.
template <class Flow>
struct FlowMessage : Message {
    std::string profileid{};  ///< "profile_<ip>", whose flow it is
    std::string twid{};       ///< "timewindow<N>"
    Flow flow{};              ///< the flow itself
    Timestamp stime{};        ///< the flow's start again (legacy; current: `new_flow` only)

    operator Context() const;  // NOLINT(google-explicit-constructor): a message is a context
};

/// The channel on which M arrives; empty: that generation has none. A message type names it as `channel`; one that has
/// another name in legacy, as `legacy_channel`, too; one that is legacy's only, and whose name means something else in
/// current Slips, as `legacy_channel` alone.
template <class M>
constexpr std::string_view channel_of(Generation generation) {
    if constexpr (requires { M::legacy_channel; }) {
        if (generation == Generation::legacy) return M::legacy_channel;
    }
    if constexpr (requires { M::channel; }) return M::channel;
    else return {};
}

/// Any other channel, chosen with subscribe(): the text as it came.
struct RawMessage : Message {
    std::string channel{};  ///< on which it came

    std::string_view text() const { return payload.view(); }  ///< as published
};

// ---------------------------------------------------------------------------------------------------------

template <class Flow>
FlowMessage<Flow>::operator Context() const {
    Context context;
    context.profileid = profileid;
    if (profileid.empty() && !flow.saddr.empty()) context.profileid = "profile_" + flow.saddr;  // new_software
    context.twid = twid;
    if constexpr (requires { flow.uids; }) context.uids = flow.uids;
    else if (!flow.uid.empty()) context.uids.push_back(flow.uid);
    if (flow.starttime) context.timestamp = *flow.starttime;
    else context.timestamp = stime;
    context.saddr = flow.saddr;
    if constexpr (requires { flow.interface; }) context.interface = flow.interface;
    if constexpr (requires { flow.daddr; }) context.daddr = flow.daddr;
    return context;
}

}  // namespace slips::inline SLIPS_SDK_ABI
