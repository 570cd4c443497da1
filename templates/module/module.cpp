// A Slips module. Its name is the name of this folder; the build passes it in as SLIPS_MODULE_NAME.
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    // An evidence type of your own: its name in Slips 1.x, and in Slips 0.9. A type that Slips has already needs no
    // declaration: see slips::EvidenceType::connection_to_private_ip and its like.
    static constexpr slips::EvidenceType local_connection{"LOCAL_CONNECTION", "LocalConnection"};

    static constexpr slips::ModuleInfo info{
        .name = SLIPS_MODULE_NAME,
        .description = "says in one line what the module detects",
        .authors = "Your name",
        .evidence_types = {local_connection},
    };

    // A handler is the subscription: this one listens to new_flow. Others stand beside it: on(const slips::NewIp&),
    // on(const slips::TwClosed&)…; for a channel that has no type, subscribe("name") in init() and
    // on(const slips::RawMessage&).
    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr) || !slips::is_private(msg.flow.daddr)) return;
        set_evidence(msg, {
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

    // The moments in a module's life. Keep `override` on those you use: a misspelt name is then an error.

    // Before privileges are dropped, before the first message. false: the module does not start.
    // bool init() override { return true; }

    // After privileges were dropped, before the first message. false: the module does not start.
    // bool pre_main() override { return true; }

    // After the last message, when Slips stops: the last chance to set evidence.
    // void shutdown_gracefully() override {}

    // Messages were missed: the connection to Redis broke, or Redis cut it because the module was too slow.
    // void on_gap(const slips::Gap&) override {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
