#include "slipsdev/run/results.hpp"

#include <slips/impl/program/printer.hpp>

#include <string>
#include <system_error>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

std::ofstream open_empty(const std::filesystem::path& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    if (!out) throw UsageError("--output: cannot write " + file.string());
    return out;
}

}  // namespace

Results::Results(const std::string& folder, std::string_view alerts_folder) {
    std::error_code error;
    folder_ = std::filesystem::absolute(folder, error).lexically_normal();
    if (!folder_.has_filename()) folder_ = folder_.parent_path();  // "out/" is "out"
    const std::filesystem::path alerts = alerts_folder.empty() ? folder_ : folder_ / alerts_folder;
    std::filesystem::create_directories(alerts, error);
    if (error) throw UsageError("--output: cannot create " + alerts.string() + ": " + error.message());
    // Removed, not overwritten: they may be links or pipes.
    for (const char* stale :
         {"summary.json", "stats.json", "alerts.log", "alerts/alerts.log", "evidence.jsonl", "slips.log", "errors.log"})
        std::filesystem::remove(folder_ / stale, error);
    for (int copy = 1; std::filesystem::remove(folder_ / ("stats.json." + std::to_string(copy)), error); ++copy) {
    }
    alerts_ = open_empty(alerts / "alerts.log");
    evidence_ = open_empty(folder_ / "evidence.jsonl");
    log_ = open_empty(folder_ / "slips.log");
    errors_ = open_empty(folder_ / "errors.log");
}

void Results::add_alert_line(const std::string& line) { alerts_ << line << '\n' << std::flush; }

void Results::add_evidence(const std::string& payload) { evidence_ << payload << '\n' << std::flush; }

void Results::add_module_line(std::string_view line, bool is_error) {
    const std::string text = slips::screen_line(line);
    log_ << text << '\n' << std::flush;
    if (is_error) errors_ << text << '\n' << std::flush;
}

void Results::write_summary(const Summary& summary) {
    open_empty(folder_ / "summary.json") << summary_json(summary) << '\n' << std::flush;
}

}  // namespace slipsdev
