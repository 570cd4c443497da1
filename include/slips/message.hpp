// What arrives on a channel: one struct a channel, each with the channel's name.
//
// A handler takes a message by const reference. Copies are always safe to keep: a copy owns its payload.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "slips/evidence.hpp"
#include "slips/flow.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The exact text that was published. Borrowed from the receive buffer while a handler runs, owned once copied.
class Payload {
public:
    Payload() = default;
    Payload(const Payload& other) : own_(other.view()), borrowed_(false) {}
    Payload(Payload&& other) : own_(other.view()), borrowed_(false) {}
    Payload& operator=(const Payload& other) {
        if (this != &other) own_ = std::string(other.view()), borrowed_ = false;
        return *this;
    }
    Payload& operator=(Payload&& other) { return *this = static_cast<const Payload&>(other); }
    ~Payload() = default;

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
    nlohmann::json json() const;
};

/// `new_flow`: Slips saw a flow. Current: profile_handler.add_flow(); legacy: database.add_flow().
struct NewFlow : Message {
    static constexpr std::string_view channel = "new_flow";
    std::string profileid{};          ///< "profile_<ip>", whose flow it is
    std::string twid{};               ///< "timewindow<N>"
    Conn flow{};
    Timestamp stime{};                ///< the flow's start again
    std::string interpreted_state{};  ///< "Established" or "Not Established" (current)
    std::string label{};              ///< "benign", "malicious"… (current)

    operator Context() const;  // NOLINT(google-explicit-constructor): a message is a context
};

/// `new_ip`: an address seen for the first time.
struct NewIp : Message {
    static constexpr std::string_view channel = "new_ip";
    std::string ip{};
};

/// `new_profile`: a profile was made for this address.
struct NewProfile : Message {
    static constexpr std::string_view channel = "new_profile";
    std::string ip{};
};

/// `tw_closed`: no more flows are expected in this time window.
struct TwClosed : Message {
    static constexpr std::string_view channel = "tw_closed";
    std::string profileid{};  ///< "profile_<ip>"
    std::string twid{};       ///< "timewindow<N>"

    operator Context() const;  // NOLINT(google-explicit-constructor)
};

/// `tw_modified` (legacy): a flow was added to this time window.
struct TwModified : Message {
    static constexpr std::string_view channel = "tw_modified";
    std::string profileid{};
    std::string twid{};

    operator Context() const;  // NOLINT(google-explicit-constructor)
};

/// `ip_info_change`: what Slips knows of this address has changed (legacy).
struct IpInfoChange : Message {
    static constexpr std::string_view channel = "ip_info_change";
    std::string ip{};
};

/// `dns_info_change`: what Slips knows of this domain has changed (legacy).
struct DnsInfoChange : Message {
    static constexpr std::string_view channel = "dns_info_change";
    std::string domain{};
};

/// Any other channel, chosen with subscribe(): the text as it came.
struct RawMessage : Message {
    std::string channel{};

    std::string_view text() const { return payload.view(); }
};

// ---------------------------------------------------------------------------------------------------------

inline NewFlow::operator Context() const {
    Context context;
    context.profileid = profileid;
    context.twid = twid;
    if (!flow.uid.empty()) context.uids.push_back(flow.uid);
    if (flow.starttime) context.timestamp = *flow.starttime;
    else context.timestamp = stime;
    context.interface = flow.interface;
    context.saddr = flow.saddr;
    context.daddr = flow.daddr;
    return context;
}

inline TwClosed::operator Context() const {
    Context context;
    context.profileid = profileid;
    context.twid = twid;
    return context;
}

inline TwModified::operator Context() const {
    Context context;
    context.profileid = profileid;
    context.twid = twid;
    return context;
}

}  // namespace slips::inline SLIPS_SDK_ABI
