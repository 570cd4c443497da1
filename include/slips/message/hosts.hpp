// The messages about addresses, their profiles and time windows, and about Slips itself: one struct for each channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/message/base.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// `new_ip`: an address was seen for the first time.
struct NewIp : Message {
    static constexpr std::string_view channel = "new_ip";
    std::string ip{};  ///< the address; empty for a profile without one
};

/// `new_profile`: a profile was created for this address.
struct NewProfile : Message {
    static constexpr std::string_view channel = "new_profile";
    std::string ip{};  ///< the address; empty if the flow's log names none, as software.log and weird.log may

    std::string profile_ip() const { return ip; }  ///< the same; every message about a profile has it
};

/// `new_dns` (up to 1.0.4): a domain was seen for the first time. From 1.0.5 on this channel carries NewDns.
struct NewDomain : Message {
    static constexpr std::string_view legacy_channel = "new_dns";
    static constexpr bool is_foreign_text = true;  ///< the whole message is text from the network
    std::string domain{};                          ///< the domain
};

/// `new_MAC`: the hardware address of a profile was found.
struct NewMac : Message {
    static constexpr std::string_view channel = "new_MAC";
    std::string mac{};        ///< "08:00:27:12:34:56"
    std::string profileid{};  ///< "profile_<ip>"
    std::string host_name{};  ///< legacy

    /// Returns the address of the profile.
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }
};

/// A message about a time window of a profile.
struct WindowMessage : Message {
    std::string profileid{};  ///< "profile_<ip>"; "profile_" for a profile without an address
    std::string twid{};       ///< "timewindow<N>"

    /// Returns the address of the profile; empty for a profile without one.
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }

    operator Context() const {  // NOLINT(google-explicit-constructor): a message is a context
        Context context;
        context.profileid = profileid;
        context.twid = twid;
        return context;
    }
};

/// `tw_closed`: no more flows are expected in this time window.
struct TwClosed : WindowMessage {
    static constexpr std::string_view channel = "tw_closed";
};

/// `tw_modified` (up to 1.1.18): a flow was added to this time window.
struct TwModified : WindowMessage {
    static constexpr std::string_view channel = "tw_modified";
};

/// `ip_info_change` (up to 1.1.16): Slips' information about this address has changed.
struct IpInfoChange : Message {
    static constexpr std::string_view channel = "ip_info_change";
    std::string ip{};  ///< the address
};

/// `dns_info_change` (up to 1.1.16): Slips' information about this domain has changed.
struct DnsInfoChange : Message {
    static constexpr std::string_view channel = "dns_info_change";
    static constexpr bool is_foreign_text = true;  ///< the whole message is text from the network
    std::string domain{};                          ///< the domain
};

/// `new_blocking`: an address is to be blocked or unblocked (source: evidence_handler_worker.decide_blocking() and
/// handle_new_blame_message(); legacy: evidenceProcess.run()).
struct NewBlocking : Message {
    static constexpr std::string_view channel = "new_blocking";
    std::string ip{};                   ///< the address
    std::optional<bool> block{};        ///< false: unblock it
    std::optional<bool> from{};         ///< traffic from it; if this and `to` are absent, both apply
    std::optional<bool> to{};           ///< traffic to it
    std::string twid{};                 ///< "timewindow<N>" of the alert (1.1.10 and newer)
    std::string interface = {};         ///< where it was seen; empty if Slips reads a file (1.1.15 and newer)
    std::optional<double> block_for{};  ///< seconds (up to 1.1.9)
};

/// A request to look something up.
struct Lookup : Message {
    std::string to_lookup{};  ///< an address or a domain
    std::string key{};        ///< its key: "to_lookup" (0.9.6 and newer), "ip", "query", "host" or "server_name"
    std::string profileid{};  ///< "profile_<ip>", the profile of the flow
    std::string twid{};       ///< "timewindow<N>"
    std::string proto{};      ///< the text "False" if there is none (current)
    std::string ip_state{};   ///< "dst", "dstip", "srcip"…
    Timestamp stime{};        ///< the start of the flow
    std::string uid{};        ///< of the flow
    std::string daddr{};      ///< current
    std::optional<bool> is_dns_response{};  ///< current: it is an answer to dns_query
    std::string dns_query{};                ///< current

    /// Returns the address of the profile.
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }

    operator Context() const {  // NOLINT(google-explicit-constructor)
        Context context;
        context.profileid = profileid;
        context.twid = twid;
        if (!uid.empty()) context.uids.push_back(uid);
        context.timestamp = stime;
        context.daddr = daddr;
        return context;
    }
};

/// `get_modified_profiles_since`, up to 1.1.16 `give_threat_intelligence`: a request to look it up in threat intelligence.
struct GiveThreatIntelligence : Lookup {
    static constexpr std::string_view channel = "get_modified_profiles_since";
    static constexpr std::string_view legacy_channel = "give_threat_intelligence";
};

/// `p2p_data_request`: a request to ask the peers about it.
struct P2pDataRequest : Lookup {
    static constexpr std::string_view channel = "p2p_data_request";
    std::optional<std::int64_t> cache_age{};  ///< seconds
};

/// `new_zeek_fields_line` (1.1.17 and newer): the Slips field for each column of a TSV log.
struct NewZeekFieldsLine : Message {
    static constexpr std::string_view channel = "new_zeek_fields_line";
    std::string file{};                  ///< "dns.log"
    std::vector<std::string> columns{};  ///< "starttime", "uid"…; empty if Slips ignores the column
};

/// `finished_modules` (up to 1.0.5): a module has stopped.
struct FinishedModules : Message {
    static constexpr std::string_view channel = "finished_modules";
    std::string module{};  ///< its name
};

/// `control_channel` (1.0.6 and newer): "stop_slips" if Slips' input failed. It also stops this module.
struct ControlChannel : Message {
    static constexpr std::string_view channel = "control_channel";
    std::string text{};  ///< "stop_slips"
};

}  // namespace slips::inline SLIPS_SDK_ABI
