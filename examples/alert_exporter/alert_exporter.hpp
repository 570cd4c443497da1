// Collects the evidence and alerts of all modules, and saves them as text when Slips stops.
//
// To try it without Slips, from the folder of the SDK (one line):
//
//   build/bin/slipsdev play --generation current --output out
//       --flows tests/data/examples/evidence.current.jsonl -- build/bin/alert_exporter
//
// The file is a recording of what Slips publishes. out/alert_exporter/alerts.txt has one line for each piece of evidence
// and each alert in it. A conn.log has neither, because this module sets no evidence itself.
//
// To break it:
// - remove slips::printable(): the description that contains a line break, which may come from the network, adds a line
//   to the file that looks like evidence of its own
// - run `mkdir -p out/alert_exporter/alerts.txt` before the start: the file cannot be written, and one line reports it
#pragma once

#include <slips/slips.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

struct AlertExporter : slips::Module<AlertExporter> {
    static constexpr slips::ModuleInfo info{
        .name = "alert_exporter",
        .description = "saves the evidence and alerts of all modules to alerts.txt",
        .authors = "the slips-module-sdk authors",
        .version = "1.0.0",
    };

    void on(const slips::EvidenceAdded& msg) { add("evidence", msg, msg); }

    // Slips before 1.1.5 publishes no evidence with the alert: last_evidence is empty.
    void on(const slips::NewAlert& msg) { add("ALERT", msg, msg.last_evidence); }

    void shutdown_gracefully() override {
        try {
            const std::filesystem::path path = output_dir() / "alerts.txt";
            save(path);
            std::string report = "saved " + std::to_string(lines_.size()) + " lines to " + path.string();
            if (dropped_ > 0) report += "; the oldest " + std::to_string(dropped_) + " were dropped";
            print(report);
        } catch (const std::exception& error) {
            print("nothing saved: " + std::string(error.what()), 1, 1);
        }
    }

private:
    static constexpr std::size_t most_bytes = 16'000'000;  // of all lines in memory; the oldest are dropped first

    void add(const std::string& kind, const slips::Context& context, const slips::EvidenceRecord& evidence) {
        const std::string line = slips::printable(format(kind, context, evidence));
        lines_.push_back(line);
        bytes_ += line.size();
        while (bytes_ > most_bytes) {
            bytes_ -= lines_.front().size();
            lines_.pop_front();
            ++dropped_;
        }
    }

    static std::string format(const std::string& kind, const slips::Context& context,
                              const slips::EvidenceRecord& evidence) {
        const auto seconds = evidence.timestamp.seconds();
        std::string line = seconds ? slips::format_iso8601(*seconds) : "no time";
        for (const std::string& word : {kind, context.profileid, context.twid, evidence.threat_level, evidence.type})
            if (!word.empty()) line += " " + word;
        if (!evidence.description.empty()) line += ": " + evidence.description;
        return line;
    }

    void save(const std::filesystem::path& path) const {
        std::ofstream file(path);
        for (const std::string& line : lines_) file << line << '\n';
        file.close();  // writes what is buffered, which can fail as well
        if (!file) throw std::runtime_error("cannot write " + path.string());
    }

    std::deque<std::string> lines_{};
    std::size_t bytes_ = 0;
    std::size_t dropped_ = 0;
};
