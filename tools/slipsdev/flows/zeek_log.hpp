// Parses the lines of a Zeek log: JSON, or tab-separated values with a #fields header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// A line: Zeek's field names and values. In a TSV log every value is text, including "-".
struct ZeekRecord {
    Json fields = Json::object();
    bool from_tsv = false;
    std::string path{};     ///< the log it belongs to: "conn", "dns"...; "" if that is unknown
    bool is_short = false;  ///< it has fewer columns than the header
};

/// Parses a log line by line; a header applies until the next one.
class ZeekLogReader {
public:
    /// `file`: its name may show which log it is.
    explicit ZeekLogReader(std::string file = {}) : file_(std::move(file)) {}

    /// Returns the record of the line; nullopt for headers and blank lines (`why` is then empty) and for invalid lines
    /// (`why` is then the reason).
    std::optional<ZeekRecord> read(std::string_view line, std::string& why);

private:
    std::string file_;
    std::string path_{};  ///< of the header
    std::vector<std::string> field_names_{};
};

/// Splits at tabs, or at two or more blanks if the line has no tab. Returns a thousand columns at most.
std::vector<std::string> split_columns(std::string_view line);

}  // namespace slipsdev
