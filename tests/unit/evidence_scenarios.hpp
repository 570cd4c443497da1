// The evidence whose commands evidence_sequences.hpp lists: by name, so that a session in memory and a module with a
// real Redis set the same.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "messages.hpp"
#include "slips/evidence.hpp"

namespace slips_test {

inline slips::Context context_of_scenarios() {
    slips::Context context;
    context.profileid = "profile_192.168.1.12";
    context.twid = "timewindow1";
    context.uids = {"CUid1", "CUid2"};
    context.timestamp = 1654188705.5;
    context.interface = "eth0";
    context.saddr = "192.168.1.12";
    context.daddr = "192.168.1.18";
    return context;
}

inline slips::Evidence evidence_of_scenario(std::string_view scenario) {
    slips::Evidence evidence = local_connection();
    if (scenario == "the usual") return evidence;
    if (scenario == "the destination attacks") {
        evidence.attacker = "192.168.1.18";
        evidence.victim = "192.168.1.12";
        return evidence;
    }
    if (scenario == "no victim") {
        evidence.victim = {};
        return evidence;
    }
    if (scenario == "a domain attacks") {
        evidence.attacker = "evil.example";
        return evidence;
    }
    if (scenario == "every field") {
        evidence.attacker = "192.168.1.18";
        evidence.victim = {"http://nas.example/share", slips::Direction::src};
        evidence.threat_level = slips::ThreatLevel::critical;
        evidence.confidence = 1;
        evidence.category = "Recon.Scanning";
        evidence.timestamp = "2022-06-02T16:51:45+00:00";
        evidence.uids = {"CUid9"};
        evidence.interface = "wlan0";
        evidence.proto = slips::Proto::udp;
        evidence.src_port = 53;
        evidence.dst_port = 1024;
        evidence.method = slips::Method::statistical;
        evidence.related_ids = {"22222222-2222-4222-8222-222222222222"};
        evidence.connection_count = 25;
        evidence.source_target_tag = "Recon";
        return evidence;
    }
    if (scenario == "a low level") {
        evidence.threat_level = slips::ThreatLevel::low;
        return evidence;
    }
    if (scenario == "without a level") {
        evidence.threat_level.reset();
        return evidence;
    }
    throw std::invalid_argument("no such scenario: " + std::string(scenario));
}

}  // namespace slips_test
