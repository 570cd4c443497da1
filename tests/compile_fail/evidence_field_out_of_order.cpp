// expect g++: designator order for field 'slips::.*Evidence::victim' does not match declaration order
// expect clang++: ISO C\+\+ requires field designators to be specified in declaration order; field 'threat_level' will be initialized after field 'victim'
// errors: 1
#include <slips/slips.hpp>

#ifdef __clang__  // a warning, by default
#pragma clang diagnostic error "-Wreorder-init-list"
#endif

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};

    void on(const slips::NewFlow& msg) {
        set_evidence(msg, slips::Evidence{
                              .type = slips::EvidenceType::arp_scan,
                              .description = "scans " + msg.flow.daddr,
                              .attacker = msg.flow.saddr,
                              .threat_level = slips::ThreatLevel::low,
                              .victim = msg.flow.daddr,
                              .confidence = 0.8,
                              .category = "Recon.Scanning",
                          });
    }
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
