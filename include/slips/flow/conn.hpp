// Connections from all sensors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A connection, as received on `new_flow` in both generations, from Zeek (JSON and TSV), Argus, Suricata or nfdump.
/// Members that the sensor does not provide are empty or absent. A count above 2^63-1 (Zeek's have no sign, Python's no limit)
/// is 2^63-1, also in other flows: check before you add two of them.
struct Conn {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< "conn", "argus", "nfdump"; legacy also "flow" (Suricata), "arp"
    std::string source{};                       ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::optional<double> endtime{};            ///< seconds since the epoch
    std::optional<double> dur{};                ///< seconds
    std::string saddr{};                        ///< the originator
    std::string daddr{};                        ///< the responder
    std::optional<int> sport{};                 ///< 0..65535; the type for ICMP
    std::optional<int> dport{};                 ///< 0..65535; the code for ICMP
    std::string proto{};                        ///< as written by the sensor: "tcp", "UDP"…
    std::string appproto{};                     ///< "dns", "http", "ssl"…
    std::string state{};                        ///< as reported by the sensor: "SF", "S_RA", "established"…
    std::string interpreted_state{};            ///< "Established" or "Not Established", as Slips interprets `state`
    std::string history{};                      ///< Zeek's history letters
    std::string state_hist{};                   ///< history, or the state if there is none
    std::string dir{};                          ///< "->"
    std::optional<std::int64_t> spkts{};        ///< packets from saddr
    std::optional<std::int64_t> dpkts{};        ///< packets from daddr
    std::optional<std::int64_t> pkts{};         ///< both (legacy Zeek: Slips' value, which is bytes + packets)
    std::optional<std::int64_t> sbytes{};       ///< bytes from saddr
    std::optional<std::int64_t> dbytes{};       ///< bytes from daddr
    std::optional<std::int64_t> bytes{};        ///< both
    std::string smac{};                         ///< hardware address of saddr
    std::string dmac{};                         ///< hardware address of daddr
    std::string aid{};                          ///< Slips' hash over addresses, ports, protocol and time
    std::string dport_name{};                   ///< Slips' name of the port and protocol (current)
    std::string timestamp_human{};              ///< starttime in readable form (current)
    std::string label{};                        ///< legacy: the label within the flow
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

}  // namespace slips::inline SLIPS_SDK_ABI
