// The lines of the files given with --flows, in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture.hpp"

namespace slipsdev {

class FlowSource {
public:
    enum class Kind { conn_log, capture };

    struct Line {
        Kind kind = Kind::conn_log;
        bool first_of_file = false;
        std::string text;
    };

    /// Looks into every file. Throws UsageError when one cannot be read, or is a capture of the other generation.
    FlowSource(const std::vector<std::string>& files, Generation generation);

    /// The next line; nothing at the end of the last file.
    std::optional<Line> next();

    /// The version of Slips that the captures among the files come from; "" when there is none.
    const std::string& slips_version() const { return slips_version_; }

    /// How much has been read, from 0 to 1.
    double progress() const;

    /// Notes that the line read last cannot be sent.
    void skip(const std::string& reason);
    long long skipped() const { return skipped_; }
    /// One line per reason: how many, and where the first one stands.
    std::vector<std::string> skip_report() const;

private:
    struct File {
        std::string path;
        Kind kind = Kind::conn_log;
    };
    struct Skips {
        long long count = 0;
        std::string first;
    };
    File examine(const std::string& path, Generation generation);

    std::vector<File> files_;
    std::size_t next_file_ = 0;
    std::ifstream in_;
    long long line_number_ = 0;
    std::uintmax_t total_bytes_ = 0;
    std::uintmax_t read_bytes_ = 0;
    std::string slips_version_;
    long long skipped_ = 0;
    std::map<std::string, Skips> skips_;
};

}  // namespace slipsdev
