// The messages about flows: one struct for each channel.
#pragma once

#include <string>
#include <string_view>

#include "slips/flow.hpp"
#include "slips/message/base.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// `new_flow`: Slips saw a flow. Current: profile_handler.add_flow(); legacy: database.add_flow().
struct NewFlow : FlowMessage<Conn> {
    static constexpr std::string_view channel = "new_flow";
    std::string interpreted_state{};  ///< "Established" or "Not Established" (current)
    std::string label{};              ///< "benign", "malicious"… (current)
};

/// `new_dns`, up to 1.0.4 `new_dns_flow`: a DNS query and its answers. Legacy sends no addresses, 1.0.0 to
/// 1.1.1 only daddr.
struct NewDns : FlowMessage<Dns> {
    static constexpr std::string_view channel = "new_dns";
    static constexpr std::string_view legacy_channel = "new_dns_flow";
};

/// `new_http`: an HTTP request. Legacy sends no addresses.
struct NewHttp : FlowMessage<Http> {
    static constexpr std::string_view channel = "new_http";
};

/// `new_url`: the same as `new_http`, on a channel of its own.
struct NewUrl : FlowMessage<Http> {
    static constexpr std::string_view channel = "new_url";
};

/// `new_ssl`: a TLS handshake. Legacy sends daddr and dport only.
struct NewSsl : FlowMessage<Ssl> {
    static constexpr std::string_view channel = "new_ssl";
};

/// `new_ssh`: an SSH session. Legacy sends no addresses.
struct NewSsh : FlowMessage<Ssh> {
    static constexpr std::string_view channel = "new_ssh";
};

/// `new_smtp`: a mail session.
struct NewSmtp : FlowMessage<Smtp> {
    static constexpr std::string_view channel = "new_smtp";
};

/// `new_downloaded_file`: a file was transferred; the profile is the sender's.
struct NewDownloadedFile : FlowMessage<File> {
    static constexpr std::string_view channel = "new_downloaded_file";
    std::string type{};  ///< "zeek" or "suricata" (current)
};

/// `new_login` (1.1.21 and newer): a login.
struct NewLogin : FlowMessage<Login> {
    static constexpr std::string_view channel = "new_login";
};

/// `new_dhcp` (0.9.5 and newer): a DHCP lease. Until 1.0.3 without saddr, daddr, smac and host_name.
struct NewDhcp : FlowMessage<Dhcp> {
    static constexpr std::string_view channel = "new_dhcp";
};

/// `new_arp`: an ARP packet.
struct NewArp : FlowMessage<Arp> {
    static constexpr std::string_view channel = "new_arp";
};

/// `new_notice`: a notice from Zeek. Legacy sends no saddr.
struct NewNotice : FlowMessage<Notice> {
    static constexpr std::string_view channel = "new_notice";
};

/// `new_weird` (1.0.1 and newer): unusual activity found by Zeek.
struct NewWeird : FlowMessage<Weird> {
    static constexpr std::string_view channel = "new_weird";
};

/// `new_tunnel` (1.0.4 and newer): a tunnel.
struct NewTunnel : FlowMessage<Tunnel> {
    static constexpr std::string_view channel = "new_tunnel";
};

/// `new_software`: software that a device uses. Slips sends no profileid; Context uses saddr.
struct NewSoftware : FlowMessage<Software> {
    static constexpr std::string_view channel = "new_software";
};

/// `new_service` (up to 0.9.3): a service that a device offers.
struct NewService : FlowMessage<Service> {
    static constexpr std::string_view channel = "new_service";
};

/// `new_letters`: a letter was added to the behaviour of a connection.
struct NewLetters : FlowMessage<Conn> {
    static constexpr std::string_view channel = "new_letters";
    std::string new_symbol{};  ///< "88h,y,"
    std::string tupleid{};     ///< "<daddr>-<dport>-<proto>"
};

}  // namespace slips::inline SLIPS_SDK_ABI
