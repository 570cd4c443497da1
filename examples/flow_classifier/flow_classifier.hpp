// Classifies flows with a linear model that scikit-learn trained, and sets evidence for those that it calls malicious.
//
// README.md in this folder shows the whole path: train, export, test, play, install. Slips' configuration names the model:
//
//   flow_classifier:
//     model_file: /var/lib/slips/model.json
//
// (slips.conf of Slips before 1.1: a section [flow_classifier] with model_file = ...). Without it, the environment variable
// SLIPS_FLOW_CLASSIFIER may name the file. The model is loaded again when the file changes.
//
// To try it without Slips, from the folder of the SDK (one line):
//
//   SLIPS_FLOW_CLASSIFIER=examples/flow_classifier/model.json build/bin/slipsdev play --output out
//       --flows examples/flow_classifier/labelled.conn.log -- build/bin/flow_classifier
//
// To break it:
// - change the name of a feature in model.json: the module does not start and names the feature
// - do the same while it runs: it reports the error and keeps the model that it has
#pragma once

#include <slips/slips.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "linear_model.hpp"

struct FlowClassifier : slips::Module<FlowClassifier> {
    static constexpr slips::Setting<std::string> model_file_setting{
        .name = "model_file", .description = "a model that export_model.py wrote"};
    static constexpr slips::ModuleInfo info{.name = "flow_classifier",
                                            .description = "classifies flows with a linear model of scikit-learn",
                                            .version = "1.0.0",
                                            .settings = {model_file_setting}};

    bool pre_main() override {
        file_ = model_file();
        if (file_.empty()) {
            print("there is no model: set model_file in section flow_classifier of Slips' configuration, or "
                  "SLIPS_FLOW_CLASSIFIER, to a file that export_model.py wrote",
                  1, 1);
            return false;
        }
        written_ = time_of(file_);
        if (!load()) return false;
        every(std::chrono::seconds(1), [this] { load_again_if_changed(); });
        return true;
    }

    void on(const slips::NewFlow& msg) {
        if (!model_->covers(msg)) return;
        if (!model_->is_malicious(adds_bytes_to_packets() ? model_->score(without_pkts(msg)) : model_->score(msg)))
            return;
        set_evidence(msg, slips::Evidence{
                              .type = slips::EvidenceType::malicious_flow,
                              .description = "Flow with malicious characteristics by ML. Src IP " + msg.flow.saddr +
                                             port(msg.flow.sport) + " to " + msg.flow.daddr + port(msg.flow.dport),
                              .attacker = msg.flow.saddr,
                              .victim = msg.flow.daddr,
                              .threat_level = slips::ThreatLevel::low,
                              .confidence = 0.1,  // as Slips' own model: many flows of a profile make an alert, not one
                              .category = "Anomaly.Traffic",
                              .method = slips::Method::ai,
                          });
    }

private:
    // Slips before 0.9.3, whose version may be unknown, adds bytes to the `pkts` of a JSON log.
    bool adds_bytes_to_packets() {
        return generation() == slips::Generation::legacy && (slips_version().empty() || slips_version() < "0.9.3");
    }
    static slips::NewFlow without_pkts(slips::NewFlow msg) {
        msg.flow.pkts.reset();
        return msg;
    }

    std::filesystem::path model_file() {
        const std::string configured = setting(model_file_setting);
        if (!configured.empty()) return configured;
        const char* variable = std::getenv("SLIPS_FLOW_CLASSIFIER");
        return variable ? variable : "";
    }

    // Returns false, and keeps the model there is, if the file cannot be used.
    bool load() {
        try {
            model_ = LinearModel::load(file_);
        } catch (const std::exception& error) {
            print(error.what(), 1, 1);
            return false;
        }
        print("uses the model " + file_.string() + " with " + std::to_string(model_->size()) + " features");
        return true;
    }

    void load_again_if_changed() {
        const auto now = time_of(file_);
        if (now == written_) return;
        written_ = now;
        if (!load()) print("keeps the model that it has", 1, 1);
    }

    static std::optional<std::filesystem::file_time_type> time_of(const std::filesystem::path& file) {
        std::error_code missing;
        const auto time = std::filesystem::last_write_time(file, missing);
        return missing ? std::nullopt : std::optional(time);
    }

    static std::string port(const std::optional<int>& number) { return number ? ":" + std::to_string(*number) : ""; }

    std::filesystem::path file_{};
    std::optional<std::filesystem::file_time_type> written_{};
    std::optional<LinearModel> model_{};
};
