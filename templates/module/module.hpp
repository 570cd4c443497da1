// The module. Its name is the name of this folder; the build defines it as SLIPS_MODULE_NAME.
#pragma once

#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    // An evidence type of your own: its names in Slips from 1.0.11 on and before. A type that Slips already has needs no
    // declaration: slips::EvidenceType::connection_to_private_ip and others.
    static constexpr slips::EvidenceType local_connection{"LOCAL_CONNECTION", "LocalConnection"};

    // What users may set, in the section with the module's name in slips.yaml or slips.conf, is declared like this, listed as
    // .settings = {least_port}, and read with setting(least_port):
    // static constexpr slips::Setting<int> least_port{.name = "least_port", .by_default = 0, .min = 0, .max = 65535};

    static constexpr slips::ModuleInfo info{
        .name = SLIPS_MODULE_NAME,
        .description = "describes in one line what the module detects",
        .authors = "Your name",
        .version = "0.1.0",
        .evidence_types = {local_connection},
    };

    // Called for each message of the channel new_flow; having the handler subscribes to it. Add others for more channels,
    // such as on(const slips::NewIp&) or on(const slips::TwClosed&). A channel that has no type needs subscribe("name")
    // in init() and on(const slips::RawMessage&). State of a host and time window: slips::PerWindow<T> state_{*this};
    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr)) return;
        if (!slips::is_private(msg.flow.daddr)) return;
        set_evidence(msg, slips::Evidence{
                              .type = local_connection,
                              .unless_registered = slips::EvidenceType::connection_to_private_ip,
                              .description = "a connection to the local device " + msg.flow.daddr,
                              .attacker = msg.flow.saddr,
                              .victim = msg.flow.daddr,
                              .threat_level = slips::ThreatLevel::low,
                              .confidence = 0.8,
                              .category = "Anomaly.Connection",
                          });
    }

    // Hooks. Keep `override` on those you use, so that a misspelt name is an error.

    // Runs before privileges are dropped and before the first message. Return false to stop the module.
    // bool init() override { return true; }

    // Runs after privileges were dropped and before the first message. Return false to stop the module.
    // bool pre_main() override { return true; }

    // Runs after the last message, when Slips stops. Evidence can still be set.
    // void shutdown_gracefully() override {}

    // Runs when messages were missed because the connection broke, or because Redis closed it as the module was too slow.
    // void on_gap(const slips::Gap&) override {}
};

// For module.cpp and the test, which work with a struct of any name.
using ThisModule = MyModule;
