// A report for other programs: JSON, and the text format of Prometheus. No input or output.
#pragma once

#include <string>
#include <string_view>

#include "slipsdev/text/python_json.hpp"
#include "slipsdev/watch/report.hpp"

namespace slipsdev {

/// Returns the report as an object; a value that is unknown or that this release of Slips does not store is null.
Json to_json(const Report& report);

/// Returns the text that Prometheus scrapes. Values that are unknown are left out.
std::string to_prometheus(const Report& report);
/// Returns it for a Slips that is not there: slips_up is 0.
std::string to_prometheus_down();

/// Returns a label's value between its quotes: escaped, and without what would affect a terminal.
std::string label_text(std::string_view text);

}  // namespace slipsdev
