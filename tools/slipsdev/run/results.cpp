#include "slipsdev/run/results.hpp"

#include <slips/impl/program/printer.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"

namespace slipsdev {

Results::File::File(const std::filesystem::path& file) : path(file), out(file, std::ios::binary | std::ios::trunc) {
    if (!out) throw UsageError("--output: cannot write " + path.string());
}

void Results::File::add(std::string_view line) {
    if (error != 0) return;  // what comes after a lost line would look complete
    errno = 0;
    out << line << '\n' << std::flush;
    if (!out) error = errno == 0 ? EIO : errno;
}

Results::Results(const std::string& folder, std::string_view alerts_folder) {
    std::error_code error;
    folder_ = std::filesystem::absolute(folder, error).lexically_normal();
    if (!folder_.has_filename()) folder_ = folder_.parent_path();  // "out/" is "out"
    const std::filesystem::path of_alerts = alerts_folder.empty() ? folder_ : folder_ / alerts_folder;
    std::filesystem::create_directories(of_alerts, error);
    if (error) throw UsageError("--output: cannot create " + of_alerts.string() + ": " + error.message());
    // Removed, not overwritten: they may be links or pipes.
    for (const char* stale :
         {"summary.json", "stats.json", "alerts.log", "alerts/alerts.log", "evidence.jsonl", "slips.log", "errors.log"})
        std::filesystem::remove(folder_ / stale, error);
    for (int copy = 1; std::filesystem::remove(folder_ / ("stats.json." + std::to_string(copy)), error); ++copy) {
    }
    files_.reserve(4);
    for (const auto& file :
         {of_alerts / "alerts.log", folder_ / "evidence.jsonl", folder_ / "slips.log", folder_ / "errors.log"})
        files_.emplace_back(file);
}

void Results::add_alert_line(const std::string& line) { files_[alerts].add(line); }

void Results::add_evidence(const std::string& payload) { files_[evidence].add(payload); }

void Results::add_module_line(std::string_view line, bool is_error) {
    const std::string text = slips::screen_line(line);
    files_[log].add(text);
    if (is_error) files_[errors].add(text);
}

void Results::write_summary(const Summary& summary) {
    write_file(folder_ / "summary.json", summary_json(summary) + "\n");
}

void Results::close() {
    for (File& file : files_) {
        file.out.close();
        if (file.error != 0)
            throw EnvironmentError("cannot write " + file.path.string() + ": " +
                                   std::generic_category().message(file.error) + "; it is incomplete");
    }
}

}  // namespace slipsdev
