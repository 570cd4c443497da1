// Learns how many bytes a flow of each service has (Welford's algorithm), and sets evidence for a flow far from the
// mean. Saves the model when Slips stops, and loads it at the next start.
//
// To try it without Slips, from the folder of the SDK, run this twice:
//
//   build/bin/slipsdev play --output out --flows tests/data/examples/outlier.conn.log -- build/bin/flow_baseline
//
// One of 40 web flows is a thousand times as large as the others. The second run continues with the model of the first,
// and then knows enough ssl flows to find an outlier among them.
//
// Slips has a new output folder for each run. To keep the model in one place, name a file in Slips' configuration:
//
//   flow_baseline:
//     model_file: /var/lib/slips/flow_baseline.json
//
// (slips.conf of Slips before 1.1: a section [flow_baseline] with model_file = ...). Without it, the environment variable
// SLIPS_FLOW_BASELINE may name the file.
//
// To break it:
// - write `{` into out/flow_baseline/model.json: the module reports the error and starts with an empty model
// - use `deviation` in the place of `tolerance`: the dns flows all have the same size but one, which is now reported
#pragma once

#include <slips/slips.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

struct FlowBaseline : slips::Module<FlowBaseline> {
    static constexpr slips::Setting<std::string> model_file_setting{
        .name = "model_file", .description = "keeps the model; empty: a file in the output folder"};
    static constexpr slips::ModuleInfo info{.name = "flow_baseline",
                                            .description = "learns how large flows are",
                                            .version = "1.0.0",
                                            .settings = {model_file_setting}};

    bool pre_main() override {
        path_ = model_file();
        try {
            if (std::filesystem::exists(path_)) services_ = load(path_);
        } catch (const std::exception& error) {
            print("starts with an empty model; cannot use " + path_.string() + ": " + error.what(), 1, 1);
        }
        return true;
    }

    void on(const slips::NewFlow& msg) {
        if (msg.flow.appproto.empty() || !msg.flow.bytes) return;
        const std::string& service = msg.flow.appproto;
        if (services_.size() >= most_services && !services_.contains(service)) return;

        Model& model = services_[service];
        const double bytes = static_cast<double>(*msg.flow.bytes);
        if (model.is_unusual(bytes)) report(msg, model);
        model.learn(bytes);  // unusual sizes as well: what happens often becomes usual
    }

    void shutdown_gracefully() override {
        try {
            save(path_);
            print("saved the model of " + std::to_string(services_.size()) + " services to " + path_.string());
        } catch (const std::exception& error) {
            print("the model was not saved: " + std::string(error.what()), 1, 1);
        }
    }

private:
    static constexpr std::size_t most_services = 1000;  // bounds the memory

    struct Model {
        double count = 0;
        double mean = 0;
        double squares = 0;  // the sum of the squared differences from the mean

        bool is_unusual(double bytes) const {
            if (count < 30) return false;
            const double deviation = std::sqrt(squares / (count - 1));
            const double tolerance = std::max(deviation, mean / 10 + 1);
            return std::abs(bytes - mean) > 5 * tolerance;
        }

        void learn(double bytes) {
            const double difference = bytes - mean;
            count += 1;
            mean += difference / count;
            squares += difference * (bytes - mean);
        }
    };

    using Services = std::map<std::string, Model>;
    using SavedServices = std::map<std::string, std::array<double, 3>>;  // count, mean, squares

    std::filesystem::path model_file() {
        const std::string configured = setting(model_file_setting);
        if (!configured.empty()) return configured;
        const char* variable = std::getenv("SLIPS_FLOW_BASELINE");
        if (variable) return variable;
        return output_dir() / "model.json";
    }

    void report(const slips::NewFlow& msg, const Model& model) {
        const std::string bytes = std::to_string(*msg.flow.bytes);
        const std::string mean = std::to_string(std::lround(model.mean));
        set_evidence(msg, slips::Evidence{
                              .type = slips::EvidenceType::malicious_flow,
                              .description = slips::printable(msg.flow.appproto) + " flow to " + msg.flow.daddr +
                                             " of " + bytes + " bytes; the mean is " + mean,
                              .attacker = msg.flow.saddr,
                              .victim = msg.flow.daddr,
                              .threat_level = slips::ThreatLevel::info,  // unusual is not malicious
                              .confidence = 0.5,
                              .category = "Anomaly.Traffic",
                              .method = slips::Method::statistical,
                          });
    }

    static Services load(const std::filesystem::path& path) {
        std::ifstream file(path);
        const SavedServices saved = nlohmann::json::parse(file).get<SavedServices>();
        Services services;
        for (const auto& [service, numbers] : saved) {
            const Model model{.count = numbers[0], .mean = numbers[1], .squares = numbers[2]};
            if (model.count < 1 || model.squares < 0) throw std::runtime_error("count or squares is out of range");
            services[service] = model;
        }
        return services;
    }

    void save(const std::filesystem::path& path) const {
        SavedServices saved;
        for (const auto& [service, model] : services_) saved[service] = {model.count, model.mean, model.squares};

        // Written beside the old model and renamed, so that a crash in between leaves the old one complete.
        const std::filesystem::path temporary = path.string() + ".new";
        std::ofstream file(temporary);
        file << nlohmann::json(saved).dump(1) << '\n';
        file.close();
        if (!file) throw std::runtime_error("cannot write " + temporary.string());
        std::filesystem::rename(temporary, path);
    }

    Services services_{};
    std::filesystem::path path_{};
};
