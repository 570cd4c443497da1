// What is told of a network and the devices in it rather than of a conversation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A lease (dhcp.log; current).
struct Dhcp {
    std::vector<std::string> uids{};            ///< of the connections it took
    std::string type{};                         ///< Slips' name of the kind
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the client
    std::string daddr{};                        ///< the server
    std::string client_addr{};                  ///< the client
    std::string server_addr{};                  ///< the server
    std::string host_name{};                    ///< what the client calls itself
    std::string smac{};                         ///< hardware address of the client
    std::string requested_addr{};               ///< the address it asked for
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// An ARP packet (arp.log). Of what a connection has, current Slips sends the keys, most of them empty.
struct Arp {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< whose packet it is
    std::string daddr{};                        ///< whom it asks for or answers
    std::string smac{};                         ///< hardware address of the sender
    std::string dmac{};                         ///< hardware address of the receiver
    std::string src_hw{};                       ///< hardware address of the sender, as the packet says
    std::string dst_hw{};                       ///< hardware address of the receiver, as the packet says
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
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// What Zeek found worth a notice (notice.log).
struct Notice {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< of the connection it is about
    std::string daddr{};                        ///< of the connection it is about
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string note{};                         ///< "SSL::Invalid_Server_Cert"
    std::string msg{};                          ///< the notice, for people
    std::optional<int> scanned_port{};          ///< of a port scan: 0..65535
    std::string scanning_ip{};                  ///< of a port scan: who scans
    std::string dst{};                          ///< current
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// What Zeek found strange (weird.log; current).
struct Weird {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< of the connection it is about
    std::string daddr{};                ///< of the connection it is about
    std::string name{};                 ///< "DNS_TXT_char_str_past_rdlen"
    std::string addl{};                 ///< more of it
};

/// A tunnel (tunnel.log; current).
struct Tunnel {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< one end
    std::string daddr{};                        ///< the other end
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string tunnel_type{};                  ///< "Tunnel::GRE"
    std::string action{};                       ///< "Tunnel::DISCOVER"
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// Software that a device uses (software.log).
struct Software {
    std::string uid{};                            ///< Slips' id of the flow
    std::string type{};                           ///< Slips' name of the kind
    std::string interface{};                      ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};            ///< seconds since the epoch
    std::string saddr{};                          ///< the device
    std::string daddr{};                          ///< empty: Slips knows none
    std::optional<int> sport{};                   ///< 0..65535
    std::string software{};                       ///< "SSH::CLIENT"
    std::string software_name{};                  ///< "OpenSSH" (current)
    std::string unparsed_version{};               ///< "OpenSSH_8.1"
    std::optional<std::int64_t> version_major{};  ///< the 8 of 8.1
    std::optional<std::int64_t> version_minor{};  ///< the 1 of 8.1
    std::optional<bool> http_browser{};           ///< current
    std::string ground_truth_label{};             ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};    ///< the same in more words (current)
};

/// A service that a device offers (known_services.log; legacy).
struct Service {
    std::string uid{};                  ///< Slips' id of the flow
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< who offers it
    std::optional<int> port{};          ///< 0..65535
    std::string proto{};                ///< of the port: "tcp"
    std::vector<std::string> names{};   ///< "HTTP"
};

}  // namespace slips::inline SLIPS_SDK_ABI
