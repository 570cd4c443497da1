// Modules that set evidence.
#include "modules.hpp"

#include <slips/slips.hpp>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

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
        if (last_ == "Cprints") print_all();
        print("flow " + last_);
    }
    void shutdown_gracefully() override {
        if (last_ == "Cthrows-at-the-end") throw std::runtime_error("cannot end");
        if (last_ == "Changs-at-the-end") hang("the end");
        if (last_ == "Ccalls-from-a-thread") std::thread([this] { print("from a thread"); }).join();
    }

private:
    void print_all() {
        for (int verbose = 0; verbose <= 3; ++verbose)
            for (int debug = 0; debug <= 3; ++debug)
                print("text " + std::to_string(verbose) + std::to_string(debug), verbose, debug);
        log_error("text error");
        log_warning("text warning");
        log_debug("text debug");
    }
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

/// Sets an evidence for each flow, which says how many flows of its window came before it, and one at the end of the window: what
/// it finds depends on all messages of a profile. With state "elsewhere", the evidence is about one window for all.
struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{
        .name = "counter", .description = "counts the flows of each window", .authors = "the tests"};

    void on(const slips::NewFlow& msg) { count(msg, msg.flow.state == "elsewhere"); }
    void on(const slips::NewDns& msg) { count(msg); }
    void on(const slips::NewHttp& msg) { count(msg); }
    void on(const slips::NewSsl& msg) { count(msg); }
    void on(const slips::NewSmtp& msg) { count(msg); }
    void on(const slips::NewArp& msg) { count(msg); }
    void on(const slips::NewNotice& msg) { count(msg); }
    void on(const slips::NewDownloadedFile& msg) { count(msg); }
    void on(const slips::NewSoftware& msg) { count(msg); }
    void on(const slips::TwClosed& msg) {
        if (const int* const flows = std::as_const(windows_).find(msg)) find(msg, "in all " + std::to_string(*flows));
    }

private:
    template <class M>
    void count(const M& msg, bool is_elsewhere = false) {
        slips::Context context = msg;
        if (is_elsewhere) context.profileid = "profile_192.168.1.66", context.twid = "timewindow1";
        find(context, "flow " + std::to_string(++windows_[msg]) + " of " + msg.profile_ip() + ": " +
                          std::string(M::channel) + " " + std::string(context.uids.empty() ? "" : context.uids.back()));
    }
    void find(slips::Context context, const std::string& what) {
        if (context.timestamp.empty()) context.timestamp = slips::Timestamp(1700000000.5);
        set_evidence(context, {.type = slips::EvidenceType::connection_to_private_ip,
                               .description = what,
                               .attacker = context.profile_ip(),
                               .threat_level = slips::ThreatLevel::low,
                               .confidence = 0.8,
                               .category = "Anomaly.Connection"});
    }
    slips::PerWindow<int> windows_{*this};
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
int counter(int argc, char** argv) { return slips::run<Counter>(argc, argv); }
int scripted(int argc, char** argv) { return slips::run<Scripted>(argc, argv); }
