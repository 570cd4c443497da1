// The files that a run writes.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "slipsdev/judge/alert_book.hpp"
#include "slipsdev/run/summary.hpp"

namespace slipsdev {

/// The folder of --output.
class Results {
public:
    /// `alerts_folder`: of alerts.log, below the folder. Creates both and removes the files of an earlier run. Throws UsageError if that fails.
    Results(const std::string& folder, std::string_view alerts_folder);

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path stats_file() const { return folder_ / "stats.json"; }

    void add_alert_line(const std::string& line);
    void add_evidence(const std::string& payload);
    /// Adds a line of the module's output to slips.log, and an error to errors.log as well. With --launcher Slips' stand-in
    /// writes both files.
    void add_module_line(std::string_view line, bool is_error);
    void write_summary(const Summary& summary);

private:
    std::filesystem::path folder_;
    std::ofstream alerts_;
    std::ofstream evidence_;
    std::ofstream log_;
    std::ofstream errors_;
};

}  // namespace slipsdev
