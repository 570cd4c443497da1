// Reads the lines of Zeek logs and captures in order.
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

/// The kind and origin of a file.
struct FlowFile {
    enum class Kind { conn_log, capture };

    std::string path;
    std::optional<Kind> kind{};      ///< nullopt: the file has no line
    std::optional<Origin> origin{};  ///< of a capture, if it shows
};

/// Reads the first lines of a file. Throws UsageError if it is not a file, EnvironmentError if it cannot be read.
FlowFile inspect_file(const std::string& path);

class FlowSource {
public:
    using Kind = FlowFile::Kind;

    struct Line {
        Kind kind = Kind::conn_log;
        bool first_of_file = false;
        std::string text{};         ///< of a conn.log
        CapturedMessage message{};  ///< of a capture
    };

    /// Inspects every file. Throws UsageError if one is not a file, or is a capture whose flows have another form: of
    /// `generation`, flows are texts in texts in legacy.
    FlowSource(const std::vector<std::string>& files, Generation generation);

    /// Returns the next line to send, or nullopt at the end of the last file. Skips invalid lines of captures, and messages
    /// that control Slips.
    std::optional<Line> next();

    /// Returns the version of Slips in the captures; "" if there is none.
    const std::string& slips_version() const { return slips_version_; }

    /// Returns the part that has been read, from 0 to 1.
    double progress() const;

    /// Returns the place of the line read last: "file:line".
    std::string place() const;

    /// Counts the line read last as skipped.
    void skip(const std::string& reason);
    long long skipped() const { return skipped_; }
    /// Returns a line per reason, with the count and the place of the first one.
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
    bool ended_ = false;  ///< lines_ is at its end
    std::uintmax_t total_bytes_ = 0;
    std::uintmax_t done_bytes_ = 0;  ///< of earlier files
    std::string slips_version_;
    long long skipped_ = 0;
    std::map<std::string, Skips> skips_;
};

}  // namespace slipsdev
