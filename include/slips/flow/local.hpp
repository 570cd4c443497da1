// Flows about a network and the devices in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A DHCP lease (dhcp.log).
struct Dhcp {
    std::vector<std::string> uids{};            ///< ids of its connections
    std::string type{};                         ///< Slips' name of the flow type
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the client
    std::string daddr{};                        ///< the server
    std::string client_addr{};                  ///< the client
    std::string server_addr{};                  ///< the server
    std::string host_name{};                    ///< the client's host name
    std::string smac{};                         ///< hardware address of the client
    std::string requested_addr{};               ///< the requested address
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// An ARP packet (arp.log). Current Slips also sends the keys of a connection, most of them empty.
struct Arp {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the sender
    std::string daddr{};                        ///< the address asked for, or the receiver of the answer
    std::string smac{};                         ///< hardware address of the sender
    std::string dmac{};                         ///< hardware address of the receiver
    std::string src_hw{};                       ///< hardware address of the sender in the packet
    std::string dst_hw{};                       ///< hardware address of the receiver in the packet
    std::string operation{};                    ///< "request", "reply"
    std::optional<double> dur{};                ///< seconds
    std::string proto{};                        ///< "ARP"
    std::string appproto{};                     ///< empty
    std::string state{};                        ///< as for a connection
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::optional<std::int64_t> pkts{};         ///< as for a connection
    std::optional<std::int64_t> spkts{};        ///< as for a connection
    std::optional<std::int64_t> dpkts{};        ///< as for a connection
    std::optional<std::int64_t> bytes{};        ///< as for a connection
    std::optional<std::int64_t> sbytes{};       ///< as for a connection
    std::optional<std::int64_t> dbytes{};       ///< as for a connection
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// A notice from Zeek (notice.log).
struct Notice {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< of the connection concerned
    std::string daddr{};                        ///< of the connection concerned
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string note{};                         ///< "SSL::Invalid_Server_Cert"
    std::string msg{};                          ///< the text of the notice
    std::optional<int> scanned_port{};          ///< of a port scan: 0..65535
    std::string scanning_ip{};                  ///< of a port scan: the scanner
    std::string dst{};                          ///< current
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// Unusual activity found by Zeek (weird.log).
struct Weird {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the flow type
    std::string interface = {};         ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< of the connection concerned
    std::string daddr{};                ///< of the connection concerned
    std::string name{};                 ///< "DNS_TXT_char_str_past_rdlen"
    std::string addl{};                 ///< additional information
};

/// A tunnel (tunnel.log).
struct Tunnel {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< one end
    std::string daddr{};                        ///< the other end
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string tunnel_type{};                  ///< "Tunnel::GRE"
    std::string action{};                       ///< "Tunnel::DISCOVER"
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// Software that a device uses (software.log).
struct Software {
    std::string uid{};                            ///< Slips' id of the flow
    std::string type{};                           ///< Slips' name of the flow type
    std::string interface = {};                   ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};            ///< seconds since the epoch
    std::string saddr{};                          ///< the device
    std::string daddr{};                          ///< always empty
    std::optional<int> sport{};                   ///< 0..65535
    std::string software{};                       ///< "SSH::CLIENT"
    std::string software_name{};                  ///< "OpenSSH" (1.1.19 and newer)
    std::string unparsed_version{};               ///< "OpenSSH_8.1"
    std::optional<std::int64_t> version_major{};  ///< the 8 of 8.1
    std::optional<std::int64_t> version_minor{};  ///< the 1 of 8.1
    std::optional<bool> http_browser{};           ///< 1.0.4 and newer
    std::string ground_truth_label{};             ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};    ///< the detailed label from the log, if any (current)
};

/// A service that a device offers (known_services.log).
struct Service {
    std::string uid{};                  ///< Slips' id of the flow
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< the device
    std::optional<int> port{};          ///< 0..65535
    std::string proto{};                ///< of the port: "tcp"
    std::vector<std::string> names{};   ///< "HTTP"
};

}  // namespace slips::inline SLIPS_SDK_ABI
