// Learns how many bytes a flow of each service has (Welford's algorithm), and raises an evidence for a flow far from
// the mean. What it has learnt is saved before Slips stops, and loaded when it starts again.
//
// To try it without Slips, from the folder of the SDK, twice:
//
//   build/bin/slipsdev play --output out --flows tests/data/examples/outlier.conn.log -- build/bin/flow_baseline
//
// One of 40 web flows is a thousand times as large as the others. The second run goes on where the first one ended,
// and knows enough of the ssl flows by then. Slips has a new folder for each run: SLIPS_FLOW_BASELINE=FILE in its
// environment names a model that stays.
//
// To break it:
// - write `{` into out/flow_baseline/model.json: the module says what is wrong with it, and begins anew
// - take `, mean / 10 + 1` away, and the std::max: the dns flows, all of one size but one, have an evidence
#include <slips/slips.hpp>

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

struct FlowBaseline : slips::Module<FlowBaseline> {
    static constexpr slips::ModuleInfo info{.name = "flow_baseline", .description = "learns how large flows are"};

    bool pre_main() override {
        const char* chosen = std::getenv("SLIPS_FLOW_BASELINE");
        path_ = chosen ? std::filesystem::path(chosen) : output_dir() / "model.json";
        try {
            if (!std::filesystem::exists(path_)) return true;
            const auto loaded = nlohmann::json::parse(std::ifstream(path_)).get<std::map<std::string, Model>>();
            for (const auto& [service, model] : loaded)
                if (!(model[0] >= 1 && model[2] >= 0)) throw std::runtime_error("no numbers to go on from");
            services_ = loaded;
        } catch (const std::exception& error) {
            print("begins anew, as " + path_.string() + " is no model: " + error.what(), 1, 1);
        }
        return true;
    }

    void on(const slips::NewFlow& msg) {
        const auto& flow = msg.flow;
        if (flow.appproto.empty() || !flow.bytes) return;
        if (services_.size() >= 1000 && !services_.contains(flow.appproto)) return;  // memory has an end
        auto& [count, mean, squares] = services_[flow.appproto];
        const double difference = static_cast<double>(*flow.bytes) - mean;
        if (count >= 30 && std::abs(difference) > 5 * std::max(std::sqrt(squares / (count - 1)), mean / 10 + 1))
            set_evidence(msg, {
                .type = slips::EvidenceType::malicious_flow,
                .description = slips::printable(flow.appproto) + " flow to " + flow.daddr + " of " +
                               std::to_string(*flow.bytes) + " bytes; usual are " + std::to_string(std::lround(mean)),
                .attacker = flow.saddr,
                .victim = flow.daddr,
                .threat_level = slips::ThreatLevel::info,  // unusual is not malicious
                .confidence = 0.5,
                .category = "Anomaly.Traffic",
                .method = slips::Method::statistical,
            });
        mean += difference / ++count;  // unusual ones are learnt, too: what goes on is not unusual for long
        squares += difference * (static_cast<double>(*flow.bytes) - mean);
    }

    void shutdown_gracefully() override try {
        std::ofstream file(path_.string() + ".new");  // a stop halfway leaves the old model as it was
        if (!(file << nlohmann::json(services_).dump(1) << std::endl))
            throw std::runtime_error("cannot write " + path_.string() + ".new");
        std::filesystem::rename(path_.string() + ".new", path_);
        print("saved what it knows of " + std::to_string(services_.size()) + " services to " + path_.string());
    } catch (const std::exception& error) {
        print("what it has learnt is not saved: " + std::string(error.what()), 1, 1);
    }

private:
    using Model = std::array<double, 3>;  // of a service: count, mean, sum of the squared differences from it
    std::map<std::string, Model> services_{};
    std::filesystem::path path_{};
};

int main(int argc, char** argv) { return slips::run<FlowBaseline>(argc, argv); }
