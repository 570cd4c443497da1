#include "slipsdev/flows/zeek_log.hpp"

#include <algorithm>
#include <utility>

#include "slipsdev/flows/log_kinds.hpp"

namespace slipsdev {

std::vector<std::string> split_columns(std::string_view line) {
    constexpr std::size_t most_columns = 1000;  // Zeek has some twenty
    std::vector<std::string> columns;
    const bool has_tabs = line.find('\t') != std::string_view::npos;
    for (std::size_t begin = 0; columns.size() < most_columns;) {
        const std::size_t gap = has_tabs ? line.find('\t', begin) : line.find("  ", begin);
        columns.emplace_back(line.substr(begin, gap - begin));
        if (gap == std::string_view::npos) break;
        begin = has_tabs ? gap + 1 : std::min(line.find_first_not_of(' ', gap), line.size());
    }
    return columns;
}

std::optional<ZeekRecord> ZeekLogReader::read(std::string_view line, std::string& why) {
    why.clear();
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) return std::nullopt;
    if (line.front() == '#') {
        constexpr std::string_view fields = "#fields", path = "#path";
        if (line.substr(0, path.size()) == path) {
            const std::size_t begin = line.find_first_not_of(" \t", path.size());
            path_ = begin == std::string_view::npos ? "" : line.substr(begin);
        }
        if (line.substr(0, fields.size()) == fields) {
            field_names_ = split_columns(line.substr(fields.size()));
            // A separator follows "#fields".
            if (!field_names_.empty() && field_names_.front().empty()) field_names_.erase(field_names_.begin());
        }
        return std::nullopt;
    }
    ZeekRecord record;
    if (line.front() == '{' || line.front() == '[') {
        auto parsed = parse_json(line, why, true);
        if (!parsed) return std::nullopt;
        if (!parsed->is_object()) {
            why = "not a JSON object";
            return std::nullopt;
        }
        record.fields = std::move(*parsed);
        record.path = path_of(record, path_, file_);
        return record;
    }
    if (field_names_.empty()) {
        why = "neither JSON nor after a #fields header";
        return std::nullopt;
    }
    const std::vector<std::string> columns = split_columns(line);
    record.from_tsv = true;
    for (std::size_t i = 0; i < columns.size() && i < field_names_.size(); ++i) {
        record.fields[field_names_[i]] = columns[i];
    }
    record.path = path_of(record, path_, file_);
    record.is_short = columns.size() < field_names_.size();
    return record;
}

}  // namespace slipsdev
