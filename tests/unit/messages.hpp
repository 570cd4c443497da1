// Messages as Slips publishes them, and the tutorial's evidence, for tests of the session and the layers below.
#pragma once

#include <string>

#include "slips/evidence.hpp"

namespace slips_test {

/// Returns `new_flow` of current Slips. An empty version: as before 1.1.20, without one.
inline std::string current_flow(const std::string& uid = "CUid1", const std::string& version = "1.1.21",
                                const std::string& daddr = "192.168.1.18") {
    return R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "flow": {"interface": "default", )"
           R"("starttime": 1654188705.5, "uid": ")" +
           uid + R"(", "saddr": "192.168.1.12", "daddr": ")" + daddr +
           R"(", "proto": "icmp", "sport": 8, "dport": 0, "type_": "conn"}, "stime": 1654188705.5, )"
           R"("interpreted_state": "Established", "label": "benign", "module_labels": {})" +
           (version.empty() ? "" : R"(, "version": ")" + version + "\"") + "}";
}

/// Returns `new_flow` of legacy Slips: three nested JSON texts.
inline std::string legacy_flow(const std::string& uid = "CUid1", const std::string& daddr = "192.168.1.18",
                               const std::string& twid = "timewindow1") {
    return R"({"profileid": "profile_192.168.1.12", "twid": ")" + twid + R"(", "flow": "{\")" + uid +
           R"(\": \"{\\\"ts\\\": 1654188705.5, \\\"dur\\\": 3.05, \\\"saddr\\\": \\\"192.168.1.12\\\", )"
           R"(\\\"sport\\\": 8, \\\"daddr\\\": \\\")" +
           daddr +
           R"(\\\", \\\"dport\\\": 0, \\\"proto\\\": \\\"icmp\\\", \\\"origstate\\\": \\\"OTH\\\", )"
           R"(\\\"state\\\": \\\"Established\\\", \\\"pkts\\\": 228, \\\"allbytes\\\": 448, \\\"spkts\\\": 4, )"
           R"(\\\"sbytes\\\": 224, \\\"appproto\\\": \\\"\\\", \\\"label\\\": \\\"normal\\\", )"
           R"(\\\"flow_type\\\": \\\"conn\\\", \\\"module_labels\\\": {}}\"}", "stime": 1654188705.5})";
}

/// Returns the tutorial's evidence, of a type that Slips has.
inline slips::Evidence local_connection(const std::string& daddr = "192.168.1.18") {
    return {.type = slips::EvidenceType::connection_to_private_ip,
            .description = "a connection to the local device " + daddr,
            .attacker = "192.168.1.12",
            .victim = daddr,
            .threat_level = slips::ThreatLevel::high,
            .confidence = 0.8,
            .category = "Anomaly.Connection"};
}

}  // namespace slips_test
