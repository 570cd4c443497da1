// Lines of a Zeek conn.log, as JSON or as tab-separated values with a #fields header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// One line: Zeek's field names to values. In a TSV log every value is text, "-" included.
struct ZeekRecord {
    Json fields = Json::object();
    bool from_tsv = false;
};

/// Reads one log line by line; a header holds until the next one.
class ZeekLogReader {
public:
    /// The record of the line. Nothing for headers and blank lines (`why` is empty then) and for lines that cannot
    /// be read (`why` tells).
    std::optional<ZeekRecord> read(std::string_view line, std::string& why);

private:
    std::vector<std::string> field_names_;
};

/// Zeek's columns: by tabs, or by two blanks and more where a line has no tab; a thousand at most.
std::vector<std::string> split_columns(std::string_view line);

}  // namespace slipsdev
