// A module that reads Slips' configuration. Also built with slips::yaml, as a separate program.
#include "modules.hpp"

#include <slips/slips.hpp>

#include <string>

namespace {

/// Sets one evidence for each flow, of another type for port 443. Port 25 queries other values of the configuration.
struct Configured : slips::Module<Configured> {
    static constexpr slips::ModuleInfo info{
        .name = "configured", .description = "prints what Slips was configured with", .authors = "the tests"};

    bool init() override {
        print(config().empty() ? "init without a configuration"
                               : "init with width " + slips::python_repr(config().time_window_width()));
        return true;
    }
    bool pre_main() override {
        print("pre_main with width " + slips::python_repr(config().time_window_width()));
        return true;
    }
    void on(const slips::NewFlow& msg) {
        print("width " + slips::python_repr(config().get("parameters", "time_window_width", 3600.0)));
        if (msg.flow.dport == 25) config().get("parameters", "label", 1);
        set_evidence(msg, {
                              .type = msg.flow.dport == 443 ? slips::EvidenceType::long_connection
                                                            : slips::EvidenceType::connection_to_private_ip,
                              .description = "Connection to " + msg.flow.daddr,
                              .attacker = msg.flow.saddr,
                              .threat_level = slips::ThreatLevel::high,
                              .confidence = 0.8,
                              .category = "Anomaly.Connection",
                          });
    }
};

}  // namespace

int configured(int argc, char** argv) { return slips::run<Configured>(argc, argv); }
