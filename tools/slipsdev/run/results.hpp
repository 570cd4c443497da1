// The files that a run writes.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

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
    /// Writes summary.json. Throws EnvironmentError if that fails.
    void write_summary(const Summary& summary);

    /// Ends the other files. Throws EnvironmentError if one is incomplete.
    void close();

private:
    /// A file of lines.
    struct File {
        std::filesystem::path path;
        std::ofstream out;
        int error = 0;  ///< of the first line that could not be written

        explicit File(const std::filesystem::path& path);
        void add(std::string_view line);
    };
    std::filesystem::path folder_;
    std::vector<File> files_;  ///< in the order of Index
    enum Index : std::size_t { alerts, evidence, log, errors };
};

}  // namespace slipsdev
