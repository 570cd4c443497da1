#include "slipsdev/flows/flow_source.hpp"

#include <filesystem>
#include <system_error>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

// The first flow of a capture shows its generation; few messages come before.
constexpr int lines_to_inspect = 5000;

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

bool is_blank_or_comment(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string::npos || line[first] == '#';
}

}  // namespace

FlowFile inspect_file(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        throw UsageError(path + ": " + (error ? error.message() : "not a file"));
    FlowFile file{path};
    LineReader lines(path);
    std::string line, why;
    for (int i = 0; i < lines_to_inspect && lines.next(line); ++i) {
        if (is_blank_or_comment(line)) continue;
        const auto message = read_capture_line(line, why);
        if (!file.kind) file.kind = message ? FlowFile::Kind::capture : FlowFile::Kind::conn_log;
        if (file.kind == FlowFile::Kind::conn_log) return file;
        if (message) file.origin = origin_of(*message);
        if (file.origin) return file;
    }
    return file;
}

FlowSource::FlowSource(const std::vector<std::string>& files, Generation generation) {
    for (const std::string& path : files) {
        const FlowFile& file = files_.emplace_back(inspect_file(path));
        std::error_code error;
        total_bytes_ += std::filesystem::file_size(path, error);
        if (!file.origin) continue;
        if (file.origin->generation != generation) {
            const std::string theirs(name_of(file.origin->generation));
            throw UsageError(path + ": messages of " + theirs + " Slips; play them with --generation " + theirs);
        }
        if (slips_version_.empty()) slips_version_ = file.origin->slips_version;
    }
}

bool FlowSource::open_next() {
    if (lines_ && !ended_) {
        ended_ = true;
        if (!lines_->cut().empty()) skip(lines_->cut() + "; the rest is missing");
    }
    if (next_file_ == files_.size()) return false;
    if (lines_) done_bytes_ += lines_->offset();
    ended_ = false;
    lines_ = std::make_unique<LineReader>(files_[next_file_++].path);
    return true;
}

std::optional<FlowSource::Line> FlowSource::next() {
    Line line;
    for (;;) {
        while (!lines_ || !lines_->next(line.text)) {
            if (!open_next()) return std::nullopt;
            line.first_of_file = true;
        }
        if (!lines_->too_long().empty()) {
            skip(lines_->too_long());
            continue;
        }
        line.kind = files_[next_file_ - 1].kind.value_or(Kind::conn_log);
        if (line.kind == Kind::conn_log) return line;
        if (is_blank(line.text)) continue;
        std::string why;
        auto message = read_capture_line(line.text, why);
        if (message && !is_control_message(*message)) {
            line.message = std::move(*message);
            return line;
        }
        skip(message             ? "a message that controls Slips itself"
             : lines_->has_end() ? why
                                 : "the file is cut off in this line");
    }
}

double FlowSource::progress() const {
    if (total_bytes_ == 0) return 1;
    const std::uintmax_t read = done_bytes_ + (lines_ ? lines_->offset() : 0);
    return static_cast<double>(read) / static_cast<double>(total_bytes_);
}

std::string FlowSource::place() const { return lines_->path() + ":" + std::to_string(lines_->number()); }

void FlowSource::skip(const std::string& reason) {
    ++skipped_;
    // Without the place, which differs in each line.
    Skips& skips = skips_[reason.substr(0, reason.find(" at line"))];
    if (skips.count++ == 0) skips.first = place();
}

std::vector<std::string> FlowSource::skip_report() const {
    std::vector<std::string> report;
    for (const auto& [reason, skips] : skips_) {
        report.push_back(std::to_string(skips.count) + (skips.count == 1 ? " line" : " lines") + " skipped: " + reason +
                         (skips.count == 1 ? " (" : " (first: ") + skips.first + ")");
    }
    return report;
}

}  // namespace slipsdev
