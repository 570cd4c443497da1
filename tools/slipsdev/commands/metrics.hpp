// slipsdev metrics: what slipsdev top shows, for Prometheus.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/bus.hpp"

namespace slipsdev {

struct MetricsOptions {
    RedisPlace place{};
    std::optional<int> port{};  ///< to serve them on; nullopt: print them once
};

/// Parses the arguments of `slipsdev metrics`. Throws UsageError.
MetricsOptions parse_metrics_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev metrics --help`.
extern const char* const metrics_help;

/// Prints the metrics, or serves them until SIGTERM. Returns the exit status.
int metrics(const MetricsOptions& options, Terminal& terminal);

}  // namespace slipsdev
