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
    std::vector<std::string> uids{};  ///< of the connections it took
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::string client_addr{};
    std::string server_addr{};
    std::string host_name{};
    std::string smac{};
    std::string requested_addr{};
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// An ARP packet (arp.log). Of what a connection has, current Slips sends the keys, most of them empty.
struct Arp {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::string smac{};
    std::string dmac{};
    std::string src_hw{};
    std::string dst_hw{};
    std::string operation{};  ///< "request", "reply"
    std::optional<double> dur{};
    std::string proto{};      ///< "ARP"
    std::string appproto{};
    std::string state{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::optional<std::int64_t> pkts{};
    std::optional<std::int64_t> spkts{};
    std::optional<std::int64_t> dpkts{};
    std::optional<std::int64_t> bytes{};
    std::optional<std::int64_t> sbytes{};
    std::optional<std::int64_t> dbytes{};
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// What Zeek found worth a notice (notice.log).
struct Notice {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string note{};         ///< "SSL::Invalid_Server_Cert"
    std::string msg{};
    std::optional<int> scanned_port{};
    std::string scanning_ip{};
    std::string dst{};          ///< current
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// What Zeek found strange (weird.log; current).
struct Weird {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::string name{};  ///< "DNS_TXT_char_str_past_rdlen"
    std::string addl{};
};

/// A tunnel (tunnel.log; current).
struct Tunnel {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string tunnel_type{};  ///< "Tunnel::GRE"
    std::string action{};       ///< "Tunnel::DISCOVER"
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// Software that a device uses (software.log).
struct Software {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::string software{};          ///< "SSH::CLIENT"
    std::string software_name{};     ///< "OpenSSH" (current)
    std::string unparsed_version{};  ///< "OpenSSH_8.1"
    std::optional<std::int64_t> version_major{};
    std::optional<std::int64_t> version_minor{};
    std::optional<bool> http_browser{};  ///< current
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// A service that a device offers (known_services.log; legacy).
struct Service {
    std::string uid{};
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< who offers it
    std::optional<int> port{};          ///< 0..65535
    std::string proto{};                ///< of the port: "tcp"
    std::vector<std::string> names{};   ///< "HTTP"
};

}  // namespace slips::inline SLIPS_SDK_ABI
