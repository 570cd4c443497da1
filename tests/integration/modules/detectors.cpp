// Modules that set evidence.
#include "modules.hpp"

#include <slips/slips.hpp>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "../../unit/evidence_scenarios.hpp"

namespace {

/// Sets one evidence for each flow. Its level is in the flow's appproto; with state "attacked" the destination is the
/// attacker; port 25 adds one evidence, which is refused.
slips::Evidence evidence_of(const slips::NewFlow& msg) {
    const bool attacked = msg.flow.state == "attacked";
    return {
        .type = slips::EvidenceType::connection_to_private_ip,
        .description = "Connection to " + msg.flow.daddr,
        .attacker = attacked ? msg.flow.daddr : msg.flow.saddr,
        .victim = attacked ? msg.flow.saddr : msg.flow.daddr,
        .threat_level = slips::parse_threat_level(msg.flow.appproto).value_or(slips::ThreatLevel::high),
        .confidence = 0.8,
        .category = "Anomaly.Connection",
        .proto = slips::Proto::tcp,
        .dst_port = msg.flow.dport,
    };
}

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{
        .name = "detector", .description = "finds something in every flow", .authors = "the tests"};

    void on(const slips::NewFlow& msg) {
        set_evidence(msg, evidence_of(msg));
        if (msg.flow.dport != 25) return;
        slips::Evidence bad = evidence_of(msg);
        bad.confidence.reset();
        set_evidence(msg, bad);
    }
};

struct Thrower : slips::Module<Thrower> {
    static constexpr slips::ModuleInfo info{
        .name = "thrower", .description = "throws at port 666 and 667", .authors = "the tests"};

    void on(const slips::NewFlow& msg) {
        if (msg.flow.dport == 666) throw std::runtime_error("the devil's port");
        if (msg.flow.dport == 667) throw 667;
        set_evidence(msg, evidence_of(msg));
    }
};

/// Sets its evidence slowly, and throws every third time.
struct Stumbler : slips::Module<Stumbler> {
    static constexpr slips::ModuleInfo info{
        .name = "stumbler", .description = "is slow, and throws", .authors = "the tests"};

    void on(const slips::NewFlow& msg) {
        set_evidence(msg, evidence_of(msg));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (++flows_ % 3 == 0) throw std::runtime_error("every third time");
    }

    int flows_ = 0;
};

/// Handles each flow slowly.
struct Sluggard : slips::Module<Sluggard> {
    static constexpr slips::ModuleInfo info{.name = "sluggard", .description = "is very slow", .authors = "the tests"};

    void on(const slips::NewFlow& msg) {
        print("flow " + msg.flow.uid);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
};

/// Throws or does not return, as the uid of a flow demands.
struct Unruly : slips::Module<Unruly> {
    static constexpr slips::ModuleInfo info{.name = "unruly", .description = "does not behave", .authors = "the tests"};

    void on(const slips::NewFlow& msg) {
        last_ = msg.flow.uid;
        if (last_ == "Cthrows") throw std::runtime_error("no such thing");
        if (last_ == "Changs") hang("the handler");
        print("flow " + last_);
    }
    void shutdown_gracefully() override {
        if (last_ == "Cthrows-at-the-end") throw std::runtime_error("cannot end");
        if (last_ == "Changs-at-the-end") hang("the end");
    }

private:
    void hang(const std::string& where) {
        std::fprintf(stderr, "hangs in %s\n",
                     where.c_str());  // at once: with a launcher, the loop sends what is printed
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
    std::string last_{};
};

struct OwnType : slips::Module<OwnType> {
    static constexpr slips::EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};
    static constexpr slips::ModuleInfo info{.name = "own_type",
                                            .description = "has evidence types of its own",
                                            .authors = "the tests",
                                            .evidence_types = {local_device}};

    void on(const slips::NewFlow& msg) {
        slips::Evidence evidence = evidence_of(msg);
        evidence.type = local_device;
        if (msg.flow.dport == 80) evidence.unless_registered = slips::EvidenceType::connection_to_private_ip;
        set_evidence(msg, evidence);
    }
};

/// Sets the evidence that a text on its own channel names.
struct Scripted : slips::Module<Scripted> {
    static constexpr slips::ModuleInfo info{
        .name = "scripted", .description = "sets evidence by name", .authors = "the tests"};

    bool init() override {
        subscribe("scenario");
        return true;
    }
    void on(const slips::RawMessage& msg) {
        const auto json = msg.json();
        set_evidence(slips_test::context_of_scenarios(),
                     slips_test::evidence_of_scenario((json.is_object() ? json["text"] : json).get<std::string>()));
    }
};

}  // namespace

int detector(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
int thrower(int argc, char** argv) { return slips::run<Thrower>(argc, argv); }
int stumbler(int argc, char** argv) { return slips::run<Stumbler>(argc, argv); }
int sluggard(int argc, char** argv) { return slips::run<Sluggard>(argc, argv); }
int unruly(int argc, char** argv) { return slips::run<Unruly>(argc, argv); }
int own_type(int argc, char** argv) { return slips::run<OwnType>(argc, argv); }
int scripted(int argc, char** argv) { return slips::run<Scripted>(argc, argv); }
