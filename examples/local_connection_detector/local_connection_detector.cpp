// Raises an evidence for each connection between two devices of the local network: the module of Slips' tutorial
// on writing modules, in C++.
//
// To try it without Slips, from the folder of the SDK:
//
//   build/bin/slipsdev play --generation current --output out
//       --flows examples/local_connection_detector/conn.log -- build/bin/local_connection_detector
//
// written as one line. Two hosts of conn.log ping each other; each ping raises an alert. `--generation legacy` shows
// them as Slips 0.9 writes them; it keeps the same description once, so a repeated ping adds nothing.
//
// To break it:
// - leave out `.confidence`, or put a line break into `.description`: the evidence is refused, and the field is named
// - give the handler a `slips::NewFlow&` that is not const: the compiler says what to write
// - take `.unless_registered` away and play with --no-register: Slips does not know the type, so nothing is sent
#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};
    static constexpr slips::ModuleInfo info{
        .name = "local_connection_detector",
        .description = "detects connections to other devices in your local network",
        .authors = "the slips-module-sdk authors",
        .evidence_types = {local_device},
    };

    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr) || !slips::is_private(msg.flow.daddr)) return;
        set_evidence(msg, {
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

int main(int argc, char** argv) { return slips::run<LocalConnectionDetector>(argc, argv); }
