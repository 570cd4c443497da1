// Hooks, timers, post(), evidence set at once and later, from a copied context, the database, members of the module's own.
#include <slips/slips.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

struct Busy : slips::Module<Busy> {
    static constexpr slips::EvidenceType first{"FIRST_OF_ITS_KIND", "FirstOfItsKind"};
    static constexpr slips::EvidenceType second{"SECOND_OF_ITS_KIND", "SecondOfItsKind"};
    static constexpr slips::ModuleInfo info{
        .name = "busy",
        .description = "does everything a module may do",
        .authors = "the slips-module-sdk authors",
        .version = "1.2.0-rc1",
        .evidence_types = {first, second},
    };

    bool init() override {
        using namespace std::chrono_literals;
        every(1min, [this] { print("a minute has passed", 2, 0); });
        return true;
    }

    bool pre_main() override {
        worker = std::thread([this] { post([this] { print("from another thread"); }); });
        return true;
    }

    void on(const slips::NewFlow& msg) {
        seen.push_back(msg);
        count("flows");
        count(std::string("flows_") + "by_name", 2);
        gauge("seen", static_cast<double>(seen.size()));
        const bool accepted =
            set_evidence(msg, {
                                  .type = first,
                                  .description = "a flow to " + msg.flow.daddr,
                                  .attacker = msg.flow.saddr,
                                  .victim = slips::Ioc{msg.flow.daddr, slips::Direction::dst, slips::IocType::ip},
                                  .threat_level = slips::ThreatLevel::info,
                                  .confidence = 1,
                                  .category = "Anomaly.Connection",
                              });
        if (!accepted) log_error("refused");
        const auto [peer, window] =
            database().get(slips::query::ip(msg.flow.daddr), slips::query::window(msg.profileid, msg.twid));
        if (peer.score > 0.5 && window.start) store().set(peer.ip, peer.as_org);
    }

    void on_gap(const slips::Gap& gap) override { log_warning(gap.reason); }

    void shutdown_gracefully() override {
        slips::Evidence late;
        late.type = second;
        late.description = "the last flow once more";
        for (const slips::Context& context : seen) set_evidence(context, late);
        std::ofstream(output_dir() / "seen") << seen.size() << '\n';
        worker.join();
        log_debug("has ended");
    }

    std::vector<slips::Context> seen{};
    std::thread worker{};
};

int main(int argc, char** argv) { return slips::run<Busy>(argc, argv); }
