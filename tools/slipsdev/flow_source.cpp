#include "flow_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "errors.hpp"

namespace slipsdev {
namespace {

// A capture tells its generation with its first flow; what comes before is short.
constexpr int lines_to_look_at = 5000;

bool is_blank_or_comment(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string::npos || line[first] == '#';
}

}  // namespace

FlowSource::FlowSource(const std::vector<std::string>& files, Generation generation) {
    for (const std::string& path : files) files_.push_back(examine(path, generation));
}

FlowSource::File FlowSource::examine(const std::string& path, Generation generation) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        throw UsageError("--flows: " + path + ": " + (error ? error.message() : "not a file"));
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) throw UsageError("--flows: " + path + ": " + std::strerror(errno));
    total_bytes_ += std::filesystem::file_size(path, error);
    File file{path, Kind::conn_log};
    std::string line, why;
    bool kind_known = false;
    for (int i = 0; i < lines_to_look_at && std::getline(in, line); ++i) {
        if (is_blank_or_comment(line)) continue;
        const auto message = read_capture_line(line, why);
        if (!kind_known) {
            kind_known = true;
            if (!message) return file;
            file.kind = Kind::capture;
        }
        const auto origin = message ? origin_of(*message) : std::nullopt;
        if (!origin) continue;
        if (origin->generation != generation) {
            throw UsageError("--flows: " + path + ": messages of " + std::string(name_of(origin->generation)) +
                             " Slips; play them with --generation " + std::string(name_of(origin->generation)));
        }
        if (slips_version_.empty()) slips_version_ = origin->slips_version;
        return file;
    }
    return file;
}

std::optional<FlowSource::Line> FlowSource::next() {
    Line line;
    while (!in_.is_open() || !std::getline(in_, line.text)) {
        if (next_file_ == files_.size()) return std::nullopt;
        in_.close();
        in_.clear();
        in_.open(files_[next_file_++].path, std::ios::binary);
        line_number_ = 0;
        line.first_of_file = true;
    }
    ++line_number_;
    read_bytes_ += line.text.size() + 1;
    line.kind = files_[next_file_ - 1].kind;
    return line;
}

double FlowSource::progress() const {
    return total_bytes_ == 0 ? 1.0 : static_cast<double>(read_bytes_) / static_cast<double>(total_bytes_);
}

void FlowSource::skip(const std::string& reason) {
    ++skipped_;
    // Reasons that hold a place or a value would each be a kind of their own.
    Skips& skips = skips_[reason.substr(0, reason.find(" at line"))];
    if (skips.count++ == 0) skips.first = files_[next_file_ - 1].path + ":" + std::to_string(line_number_);
}

std::vector<std::string> FlowSource::skip_report() const {
    std::vector<std::string> report;
    for (const auto& [reason, skips] : skips_) {
        report.push_back(std::to_string(skips.count) + (skips.count == 1 ? " line" : " lines") +
                         " skipped: " + reason + (skips.count == 1 ? " (" : " (first: ") + skips.first + ")");
    }
    return report;
}

}  // namespace slipsdev
