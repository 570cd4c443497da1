// The lines of Zeek logs and captures, in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/recordings/line_reader.hpp"

namespace slipsdev {

/// What a look into a file tells.
struct FlowFile {
    enum class Kind { conn_log, capture };

    std::string path;
    std::optional<Kind> kind{};      ///< nothing: there is no line in it
    std::optional<Origin> origin{};  ///< of a capture that shows it
};

/// Throws UsageError when it is no file, EnvironmentError when it cannot be read.
FlowFile look_into(const std::string& path);

class FlowSource {
public:
    using Kind = FlowFile::Kind;

    struct Line {
        Kind kind = Kind::conn_log;
        bool first_of_file = false;
        std::string text{};         ///< of a conn.log
        CapturedMessage message{};  ///< of a capture
    };

    /// Looks into every file. Throws UsageError when one is no file, or is a capture of the other generation.
    FlowSource(const std::vector<std::string>& files, Generation generation);

    /// The next line that can be sent; nothing at the end of the last file. What is no captured message is skipped, and
    /// what steers Slips itself.
    std::optional<Line> next();

    /// The version of Slips that the captures among the files come from; "" when there is none.
    const std::string& slips_version() const { return slips_version_; }

    /// How much has been read, from 0 to 1.
    double progress() const;

    /// Where the line read last stands: "file:line".
    std::string place() const;

    /// Notes that the line read last cannot be sent.
    void skip(const std::string& reason);
    long long skipped() const { return skipped_; }
    /// One line per reason: how many, and where the first one stands.
    std::vector<std::string> skip_report() const;

private:
    struct Skips {
        long long count = 0;
        std::string first;
    };
    bool open_next();

    std::vector<FlowFile> files_;
    std::size_t next_file_ = 0;
    std::unique_ptr<LineReader> lines_;
    bool ended_ = false;  ///< lines_ has no more
    std::uintmax_t total_bytes_ = 0;
    std::uintmax_t done_bytes_ = 0;  ///< of the files before
    std::string slips_version_;
    long long skipped_ = 0;
    std::map<std::string, Skips> skips_;
};

}  // namespace slipsdev
