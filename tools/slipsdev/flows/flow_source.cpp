#include "slipsdev/flows/flow_source.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

// The first flow of a capture shows its generation; few messages come before.
constexpr int lines_to_inspect = 5000;

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

/// Enough for the first lines of a file.
constexpr std::size_t bytes_to_inspect = std::size_t{64} << 20;

/// Throws UsageError if a header of this log has another separator than Zeek's own.
void check_separator(const std::string& path, const std::string& line) {
    constexpr std::string_view name = "#separator";
    if (!line.starts_with(name)) return;
    std::string separator = line.substr(name.size());
    if (!separator.empty()) separator.erase(0, 1);
    while (!separator.empty() && (separator.back() == '\r' || separator.back() == ' ')) separator.pop_back();
    if (separator != "\\x09" && separator != "\t" && !separator.empty())
        throw UsageError(path + ": its #separator is " + separator +
                         ", but Slips reads only tabs (\\x09); let Zeek write "
                         "it with its default separator, or as JSON");
}

bool is_blank_or_comment(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string::npos || line[first] == '#';
}

}  // namespace

namespace {

/// Returns the logs of a folder, also compressed ones, by name. Throws UsageError if one is a link that leads nowhere.
std::vector<std::string> logs_in(const std::string& folder) {
    std::vector<std::string> logs;
    std::error_code error;
    const std::filesystem::directory_iterator end;
    for (std::filesystem::directory_iterator entry(folder, error); !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".log") || name.find(".log.") != std::string::npos) logs.push_back(entry->path().string());
    }
    if (error) throw UsageError(folder + ": " + error.message());
    std::sort(logs.begin(), logs.end());
    std::erase_if(logs, [](const std::string& log) {
        std::error_code reason;
        const auto status = std::filesystem::status(log, reason);
        if (std::filesystem::is_regular_file(status)) return false;
        if (reason && std::filesystem::is_symlink(std::filesystem::symlink_status(log, reason)))
            throw UsageError(log +
                             ": is a link to a file that is not there; remove it, or give the other logs by name");
        return true;
    });
    return logs;
}

}  // namespace

FlowFile inspect_file(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    const bool is_stream = path == "-" || status.type() == std::filesystem::file_type::fifo ||
                           status.type() == std::filesystem::file_type::character ||
                           status.type() == std::filesystem::file_type::socket;
    if (!is_stream && !std::filesystem::is_regular_file(status))
        throw UsageError(path + ": " + (error ? error.message() : "not a file"));
    FlowFile file{path};
    const auto lines = std::make_shared<LineReader>(path);
    if (is_stream) {
        lines->keep();
        file.opened = lines;
    }
    std::string line, why;
    std::size_t size = 0;
    bool is_readable = false;
    for (int i = 0; i < lines_to_inspect && size < bytes_to_inspect && lines->next(line); ++i) {
        size += line.size();
        if (const std::string_view fields = "#fields"; line.starts_with(fields)) file.has_header = true;
        check_separator(lines->path(), line);
        if (is_blank_or_comment(line)) continue;
        const auto message = read_capture_line(line, why);
        if (!file.kind) {
            file.kind = message ? FlowFile::Kind::capture : FlowFile::Kind::zeek_log;
            if (other_log(line) == OtherLog::eve)
                throw UsageError(lines->path() +
                                 " is Suricata's eve.json, which slipsdev does not read; give Zeek logs, or messages "
                                 "that slipsdev record recorded while Slips read it");
        }
        is_readable = is_readable || message || file.has_header || line.front() == '{' || line.front() == '[';
        if (file.kind == FlowFile::Kind::zeek_log && is_readable) break;
        if (message) file.origin = origin_of(*message);
        if (file.origin) break;
    }
    if (file.kind && !is_readable)
        throw UsageError(lines->path() +
                         ": neither JSON nor below a #fields header; give a whole Zeek log, or a recording");
    if (!file.kind) file.cut = lines->cut();
    if (is_stream) lines->rewind();
    return file;
}

namespace {

/// Returns why a file has no line to send.
std::string emptiness_of(const FlowFile& file) {
    const std::string path = file.path == "-" ? "standard input" : file.path;
    return path + (!file.cut.empty() ? ": " + file.cut + " before its first line"
                   : file.has_header ? " has a header, but no rows"
                                     : " is empty");
}

}  // namespace

std::vector<FlowFile> inspect_files(const std::vector<std::string>& paths) {
    std::vector<FlowFile> files;
    bool has_lines = paths.empty();
    for (const std::string& path : paths) {
        std::error_code error;
        const bool in_folder = std::filesystem::is_directory(path, error);
        for (const std::string& file : in_folder ? logs_in(path) : std::vector<std::string>{path}) {
            files.push_back(inspect_file(file));
            files.back().in_folder = in_folder;
            has_lines = has_lines || files.back().kind.has_value();
        }
    }
    if (has_lines) return files;
    const auto cut = std::find_if(files.begin(), files.end(), [](const FlowFile& file) { return !file.cut.empty(); });
    if (cut != files.end()) throw UsageError(emptiness_of(*cut) + ": get the whole file");
    throw UsageError((files.empty() ? paths.front() + " has no *.log" : emptiness_of(files.front())) +
                     ": there is nothing to send; give a Zeek log or a recording");
}

FlowSource::FlowSource(std::vector<FlowFile> files, Generation generation) : files_(std::move(files)) {
    for (const FlowFile& file : files_) {
        std::error_code error;
        const std::uintmax_t size = file.opened ? 0 : std::filesystem::file_size(file.path, error);
        if (!error) total_bytes_ += size;
        if (!file.origin) continue;
        if (file.origin->generation != generation) {
            const std::string theirs(name_of(file.origin->generation));
            throw UsageError(file.path + ": messages of " + theirs + " Slips; play them with --generation " + theirs);
        }
        if (slips_version_.empty()) slips_version_ = file.origin->slips_version;
    }
}

void FlowSource::close_file() {
    if (!lines_->cut().empty()) skip_as(Skips::Kind::cut, lines_->cut() + "; the rest is missing");
}

bool FlowSource::open_next() {
    if (lines_ && !ended_) {
        ended_ = true;
        close_file();
    }
    if (next_file_ == files_.size()) return false;
    if (lines_) done_bytes_ += lines_->offset();
    ended_ = false;
    file_ = next_file_++;
    const FlowFile& file = files_[file_];
    lines_ = file.opened ? file.opened : std::make_shared<LineReader>(file.path);
    reader_ = ZeekLogReader(file.path);
    return true;
}

void FlowSource::open_folder() {
    // Between two folders, a file that is none starts a new group; the logs of adjacent folders are read together.
    for (; next_file_ < files_.size() && files_[next_file_].in_folder; ++next_file_) {
        const std::string& path = files_[next_file_].path;
        Log log{next_file_, std::make_shared<LineReader>(path), ZeekLogReader(path)};
        if (read_next(log)) logs_.push_back(std::move(log));
    }
}

/// Reads the next line with a record. Returns false at the end.
bool FlowSource::read_next(Log& log) {
    lines_ = log.lines;
    file_ = log.file;
    log.next = Line{};
    while (lines_->next(log.next.text)) {
        if (!lines_->too_long().empty()) {
            skip(lines_->too_long());
            continue;
        }
        log.next.record = log.reader.read(log.next.text, log.next.why);
        if (log.next.record) {
            const Json* time = find_member(log.next.record->fields, "ts");
            if (time != nullptr && time->is_number()) log.time = time->get<double>();
            if (time != nullptr && time->is_string())
                log.time = python_float(time->get_ref<const std::string&>()).value_or(log.time);
            return true;
        }
        if (log.next.why.empty()) continue;
        if (is_cut()) skip_cut();
        else skip(log.next.why);
    }
    close_file();
    ended_ = true;
    return false;
}

/// Returns the oldest of the next lines of all logs, as Slips does.
std::optional<FlowSource::Line> FlowSource::next_of_folder() {
    const auto is_older = [](const Log& a, const Log& b) { return a.time < b.time; };
    const auto last = std::find_if(logs_.begin(), logs_.end(), [this](const Log& log) { return log.file == file_; });
    if (is_returned_ && last != logs_.end() && !read_next(*last)) {
        done_bytes_ += last->lines->offset();
        logs_.erase(last);
    }
    is_returned_ = false;
    const auto oldest = std::min_element(logs_.begin(), logs_.end(), is_older);
    if (oldest == logs_.end()) return std::nullopt;
    is_returned_ = true;
    lines_ = oldest->lines;
    file_ = oldest->file;
    return oldest->next;
}

std::optional<FlowSource::Line> FlowSource::next() {
    Line line;
    for (;;) {
        if (!logs_.empty()) {
            if (auto found = next_of_folder()) return found;
        }
        while (!lines_ || ended_ || !lines_->next(line.text)) {
            if (next_file_ < files_.size() && files_[next_file_].in_folder) {
                if (lines_ && !ended_) close_file();
                ended_ = true;
                open_folder();
                return next();
            }
            if (!open_next()) return std::nullopt;
            line.first_of_file = true;
        }
        if (!lines_->too_long().empty()) {
            skip(lines_->too_long());
            continue;
        }
        line.kind = files_[next_file_ - 1].kind.value_or(Kind::zeek_log);
        if (line.kind == Kind::zeek_log) {
            line.record = reader_.read(line.text, line.why);
            return line;
        }
        if (is_blank(line.text)) continue;
        std::string why;
        auto message = read_capture_line(line.text, why);
        if (message && !is_control_message(*message)) {
            line.message = std::move(*message);
            return line;
        }
        if (message) leave_out("a message that controls Slips itself");
        else if (is_cut()) skip_cut();
        else skip(why);
    }
}

double FlowSource::progress() const {
    if (total_bytes_ == 0) return 1;
    const std::uintmax_t read = done_bytes_ + (lines_ ? lines_->offset() : 0);
    return std::min(1.0, static_cast<double>(read) / static_cast<double>(total_bytes_));
}

std::string FlowSource::place() const { return lines_->path() + ":" + std::to_string(lines_->number()); }

void FlowSource::skip(const std::string& reason) { skip_as(Skips::Kind::unusable, reason); }

void FlowSource::leave_out(const std::string& reason) { skip_as(Skips::Kind::left_out, reason); }

void FlowSource::leave_out_log(const std::string& reason) { skip_as(Skips::Kind::other_log, reason); }

void FlowSource::skip_as(Skips::Kind kind, const std::string& reason) {
    ++skipped_;
    // Without the place, which differs in each line.
    Skips& skips = skips_[reason.substr(0, reason.find(" at line"))];
    skips.kind = kind;
    if (skips.count++ == 0) skips.first = place();
}

std::optional<std::string> FlowSource::fault(long long used) const {
    long long unusable = 0;
    const std::pair<const std::string, Skips>*most = nullptr, *other = nullptr, *left_out = nullptr;
    for (const auto& entry : skips_) {
        const Skips& skips = entry.second;
        if (skips.kind == Skips::Kind::cut)
            return skips.first + ": " + entry.first + "; only what comes before was sent: get the whole file";
        if (skips.kind == Skips::Kind::other_log && other == nullptr) other = &entry;
        if (skips.kind == Skips::Kind::left_out && left_out == nullptr) left_out = &entry;
        if (skips.kind != Skips::Kind::unusable) continue;
        unusable += skips.count;
        if (most == nullptr || skips.count > most->second.count) most = &entry;
    }
    if (most == nullptr && other != nullptr && used == 0)
        return other->second.first + ": " + other->first +
               ", and nothing else was given; slipsdev play --help lists the logs that are sent";
    if (most == nullptr && left_out != nullptr && used == 0)
        return left_out->second.first + ": nothing of the input was sent (" + left_out->first +
               "); give a log or a recording with messages for modules";
    if (most == nullptr || used >= unusable) return std::nullopt;
    return most->second.first + ": " +
           (used == 0 ? "no line"
                      : "only " + std::to_string(used) + " of " + std::to_string(used + unusable) + " lines") +
           " of the input could be used (" + most->first + "); give whole Zeek logs, or recordings";
}

std::vector<std::string> FlowSource::skip_report() const {
    std::vector<std::string> report;
    for (const auto& [reason, skips] : skips_) {
        report.push_back(std::to_string(skips.count) + (skips.count == 1 ? " line" : " lines") + " skipped: " + reason +
                         (skips.count == 1 ? " (" : " (first: ") + skips.first + ")");
    }
    for (const FlowFile& file : files_) {  // one of a folder is a log without an event; one that is cut is a skip
        if (!file.kind && !file.in_folder && file.cut.empty())
            report.push_back(emptiness_of(file) + ": nothing of it was sent");
    }
    return report;
}

}  // namespace slipsdev
