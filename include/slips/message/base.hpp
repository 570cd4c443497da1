// The common part of all messages, and the channel of a message type.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The exact text that was published. Refers to the receive buffer while a handler runs; a copy owns its text.
class Payload {
public:
    Payload() = default;
    /// Copies, so that the new object owns its text.
    Payload(const Payload& other) : own_(other.view()), borrowed_(false) {}
    /// Copies, so that the new object owns its text.
    Payload(Payload&& other) : own_(other.view()), borrowed_(false) {}
    /// Copies, so that the new object owns its text.
    Payload& operator=(const Payload& other) {
        if (this != &other) own_ = std::string(other.view()), borrowed_ = false;
        return *this;
    }
    /// Copies, so that the new object owns its text.
    Payload& operator=(Payload&& other) { return *this = static_cast<const Payload&>(other); }
    ~Payload() = default;

    /// Returns the text; valid as long as this object, and, if borrowed, only within the handler.
    std::string_view view() const { return borrowed_ ? view_ : std::string_view(own_); }

    /// Refers to `text` without copying it; the caller keeps it alive as long as this object is read.
    void borrow(std::string_view text) { view_ = text, borrowed_ = true; }

private:
    std::string own_{};
    std::string_view view_{};
    bool borrowed_ = false;
};

/// The common members of all messages.
struct Message {
    std::string version{};  ///< Slips' version, set by Slips 1.1.20 and newer
    Payload payload{};      ///< the text as published

    /// Returns the whole message as JSON, including unknown keys; text that is not JSON becomes a JSON string. Parses at
    /// each call. Include <nlohmann/json.hpp> to use the result.
    SLIPS_SDK_DECL nlohmann::json json() const;
};

/// The common members of all messages about a flow.
template <class Flow>
struct FlowMessage : Message {
    std::string profileid{};  ///< "profile_<ip>", the profile of the flow
    std::string twid{};       ///< "timewindow<N>"
    Flow flow{};              ///< the flow itself
    Timestamp stime{};        ///< the flow's start again (legacy; current: `new_flow` only)

    /// Returns the address of the profile: the source of the flow, also where the flow itself lacks it (legacy DNS, TLS).
    std::string profile_ip() const {
        return profileid.empty() ? flow.saddr : std::string(detail::ip_of_profile(profileid));
    }

    operator Context() const;  // NOLINT(google-explicit-constructor): a message is a context
};

/// Returns the channel of M; empty if the generation has none. A message type declares it as `channel`, and also as
/// `legacy_channel` if legacy uses another name. A type that only legacy has, on a channel that carries something else in
/// current Slips, declares `legacy_channel` alone.
template <class M>
constexpr std::string_view channel_of(Generation generation) {
    if constexpr (requires { M::legacy_channel; }) {
        if (generation == Generation::legacy) return M::legacy_channel;
    }
    if constexpr (requires { M::channel; }) return M::channel;
    else return {};
}

/// A message on any other channel that was passed to subscribe(): the text as published.
struct RawMessage : Message {
    std::string channel{};  ///< the channel

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
