// Collects the evidence and alerts of all modules, and saves them as text when Slips stops.
//
// To try it without Slips, from the folder of the SDK:
//
//   build/bin/slipsdev play --generation current --output out
//       --flows tests/data/examples/evidence.current.jsonl -- build/bin/alert_exporter
//
// written as one line. The file is a recording of what Slips publishes; out/alert_exporter/alerts.txt has a line for
// each evidence and alert in it. (A conn.log brings none: this module sets no evidence itself.)
//
// To break it:
// - take slips::printable() away: the description with a line break, which a stranger may have written, makes a line of
//   its own in the file: an evidence that nobody set
// - `mkdir -p out/alert_exporter/alerts.txt` before the start: what cannot be saved is told in one line
#include <slips/slips.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

struct AlertExporter : slips::Module<AlertExporter> {
    static constexpr slips::ModuleInfo info{
        .name = "alert_exporter",
        .description = "saves the evidence and alerts of all modules to alerts.txt",
        .authors = "the slips-module-sdk authors",
    };

    void on(const slips::EvidenceAdded& msg) { keep("evidence", msg, msg); }

    // Slips 0.9 tells no evidence with the alert.
    void on(const slips::NewAlert& msg) { keep("ALERT", msg, msg.last_evidence); }

    void shutdown_gracefully() override {
        try {
            const auto path = output_dir() / "alerts.txt";
            std::ofstream file(path);
            for (const std::string& line : lines_) file << line << '\n';
            file.close();  // what is still on its way to the disk may fail, too
            if (!file) throw std::runtime_error("cannot write " + path.string());
            print("saved " + std::to_string(lines_.size()) + " lines to " + path.string() +
                  (dropped_ == 0 ? "" : "; the oldest " + std::to_string(dropped_) + " had to go"));
        } catch (const std::exception& error) {
            print("nothing saved: " + std::string(error.what()), 1, 1);
        }
    }

private:
    static constexpr std::size_t most_bytes = 16'000'000;  // kept in memory; the oldest go first

    void keep(const std::string& what, const slips::Context& context, const slips::EvidenceRecord& evidence) {
        const auto seconds = evidence.timestamp.seconds();
        std::string line = seconds ? slips::format_iso8601(*seconds) : "no time";
        for (const std::string& word : {what, context.profileid, context.twid, evidence.threat_level, evidence.type})
            line += word.empty() ? "" : ' ' + word;
        if (!evidence.description.empty()) line += ": " + evidence.description;
        lines_.push_back(slips::printable(line));
        bytes_ += lines_.back().size();
        for (; bytes_ > most_bytes; ++dropped_) {
            bytes_ -= lines_.front().size();
            lines_.pop_front();
        }
    }

    std::deque<std::string> lines_{};
    std::size_t bytes_ = 0;
    std::size_t dropped_ = 0;
};

int main(int argc, char** argv) { return slips::run<AlertExporter>(argc, argv); }
