// Reads the lines of Zeek logs and captures in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/flows/zeek_log.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/recordings/line_reader.hpp"

namespace slipsdev {

/// The kind and origin of a file.
struct FlowFile {
    enum class Kind { zeek_log, capture };

    std::string path;
    std::optional<Kind> kind{};            ///< nullopt: the file has no line
    bool has_header = false;               ///< of a Zeek log
    std::optional<Origin> origin{};        ///< of a capture, if it shows
    std::string cut{};                     ///< of a file without a line: why its archive is incomplete
    bool in_folder = false;                ///< it was found in a folder, whose logs are read together
    std::shared_ptr<LineReader> opened{};  ///< of a pipe, which cannot be opened twice
};

/// Reads the first lines of a file, of a pipe, or of standard input ("-"). Throws UsageError if there is no such file, or
/// slipsdev does not read its format; EnvironmentError if it cannot be read.
FlowFile inspect_file(const std::string& path);

/// Inspects all of them, and the logs of folders. Throws UsageError, too, if none has a line.
std::vector<FlowFile> inspect_files(const std::vector<std::string>& paths);

class FlowSource {
public:
    using Kind = FlowFile::Kind;

    struct Line {
        Kind kind = Kind::zeek_log;
        bool first_of_file = false;
        std::string text{};                  ///< of a Zeek log
        std::optional<ZeekRecord> record{};  ///< what it holds; nullopt for a header, and for an invalid line
        std::string why{};                   ///< why it is invalid
        CapturedMessage message{};           ///< of a capture
    };

    /// Throws UsageError if a file is a capture whose flows have another form: of `generation`, flows are texts in texts in
    /// legacy.
    FlowSource(std::vector<FlowFile> files, Generation generation);
    /// Inspects the files first.
    FlowSource(const std::vector<std::string>& files, Generation generation)
        : FlowSource(inspect_files(files), generation) {}

    /// Returns the next line to send, or nullopt at the end of the last file. Skips invalid lines of captures, and messages
    /// that control Slips.
    std::optional<Line> next();

    /// Returns the version of Slips in the captures; "" if there is none.
    const std::string& slips_version() const { return slips_version_; }

    /// Returns the part that has been read, from 0 to 1.
    double progress() const;

    /// Returns the place of the line read last: "file:line".
    std::string place() const;
    /// Returns whether the line read last is the end of a file that has no line break there.
    bool is_cut() const { return !lines_->has_end(); }
    /// Returns whether the line read last is of a folder.
    bool in_folder() const { return files_[file_].in_folder; }

    /// Counts the line read last as skipped, because it cannot be used.
    void skip(const std::string& reason);
    /// Counts it as skipped, because it must not be sent.
    void leave_out(const std::string& reason);
    /// Counts it as skipped, because nothing is sent of such logs.
    void leave_out_log(const std::string& reason);
    /// Counts it as skipped, because the file ends in it.
    void skip_cut() { skip_as(Skips::Kind::cut, "the file is cut off in this line"); }
    long long skipped() const { return skipped_; }

    /// Returns why the input as a whole was unusable, and the remedy, if it was: nothing or less than half of it could be
    /// used, all of it is left out, or logs of which nothing is sent, or a file is cut off. `used`: the lines that were.
    /// nullopt: it was usable.
    std::optional<std::string> fault(long long used) const;
    /// Returns a line per reason, with the count and the place of the first one, and one per file given by name that has no
    /// line.
    std::vector<std::string> skip_report() const;

private:
    struct Skips {
        enum class Kind { unusable, left_out, other_log, cut };
        Kind kind = Kind::unusable;
        long long count = 0;
        std::string first{};
    };
    /// An open log of a folder, with its next line.
    struct Log {
        std::size_t file = 0;
        std::shared_ptr<LineReader> lines{};
        ZeekLogReader reader{};
        Line next{};
        double time = 0;
    };
    bool open_next();
    void open_folder();
    void close_file();
    bool read_next(Log& log);
    std::optional<Line> next_of_folder();
    void skip_as(Skips::Kind kind, const std::string& reason);

    std::vector<FlowFile> files_;
    std::size_t next_file_ = 0;
    std::size_t file_ = 0;     ///< of the line read last
    std::vector<Log> logs_{};  ///< of the folder that is being read
    ZeekLogReader reader_{};
    std::shared_ptr<LineReader> lines_;
    bool ended_ = false;        ///< lines_ is at its end
    bool is_returned_ = false;  ///< the next line of its log was returned
    std::uintmax_t total_bytes_ = 0;
    std::uintmax_t done_bytes_ = 0;  ///< of earlier files
    std::string slips_version_;
    long long skipped_ = 0;
    std::map<std::string, Skips> skips_;
};

}  // namespace slipsdev
