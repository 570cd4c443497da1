// The tutorial's module after step 6, with an evidence type that Slips already has.
#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::ModuleInfo info{.name = SLIPS_MODULE_NAME};

    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr)) return;
        if (!slips::is_private(msg.flow.daddr)) return;
        set_evidence(msg, slips::Evidence{
                              .type = slips::EvidenceType::connection_to_private_ip,
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
