// A module that looks at Slips' configuration. Built a second time, with slips::yaml, as a program of its own.
#include "modules.hpp"

#include <slips/slips.hpp>

#include <string>

namespace {

/// Sets an evidence of each flow, to port 443 of another type. Port 25 asks for what the configuration has otherwise.
struct Configured : slips::Module<Configured> {
    static constexpr slips::ModuleInfo info{
        .name = "configured", .description = "prints what Slips was configured with", .authors = "the tests"};

    bool init() override {
        print(config().empty() ? "init without a configuration"
                               : "init with width " + slips::python_repr(config().time_window_width()));
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
