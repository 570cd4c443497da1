// LogLevel: how serious a line is that a module logs.
#pragma once

#include <cstdint>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// How serious a line is: that of log_error(), log_warning() or log_debug().
enum class LogLevel : std::uint8_t { error, warning, debug };

/// Returns "error", "warning" or "debug".
constexpr std::string_view to_string(LogLevel level) {
    return level == LogLevel::error ? "error" : level == LogLevel::warning ? "warning" : "debug";
}

}  // namespace slips::inline SLIPS_SDK_ABI
