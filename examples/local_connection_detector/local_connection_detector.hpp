// Sets evidence for each connection between two devices of the local network: the module of Slips' tutorial on writing
// modules, in C++.
//
// To try it without Slips, from the folder of the SDK (one line):
//
//   build/bin/slipsdev play --generation current --output out
//       --flows examples/local_connection_detector/conn.log -- build/bin/local_connection_detector
//
// Two hosts of conn.log ping each other, and each ping raises an alert. `--generation legacy` shows the alerts as
// Slips 0.9.1 writes them. It stores evidence with the same description once, so a repeated ping adds nothing.
//
// To break it:
// - leave out `.confidence`, or put a line break into `.description`: the evidence is refused, and the field is named
// - make the handler's parameter a `slips::NewFlow&` that is not const: the compiler reports what to write instead
// - remove `.unless_registered` and play with --no-register: Slips does not know the type, so the evidence is refused
#pragma once

#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};
    static constexpr slips::ModuleInfo info{
        .name = "local_connection_detector",
        .description = "detects connections to other devices in your local network",
        .authors = "the slips-module-sdk authors",
        .version = "1.0.0",
        .evidence_types = {local_device},
    };

    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr)) return;
        if (!slips::is_private(msg.flow.daddr)) return;
        set_evidence(msg, slips::Evidence{
                              .type = local_device,
                              .unless_registered = slips::EvidenceType::connection_to_private_ip,
                              .description = "Detected a connection to a local device " + msg.flow.daddr,
                              .attacker = msg.flow.saddr,
                              .victim = msg.flow.daddr,
                              .threat_level = slips::ThreatLevel::high,
                              .confidence = 0.8,
                              .category = "Anomaly.Connection",
                          });
    }
};
