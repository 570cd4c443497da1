// The two generations of Slips, which are forms of messages. detail/dialect.hpp has all that differs between releases.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The generation of Slips, which is the form of its messages; see ModuleBase::generation().
enum class Generation : std::uint8_t {
    current,  ///< Slips 1.1.2 and newer: a flow is a JSON object
    legacy,   ///< Slips up to 1.1.1: a flow is JSON text within JSON text
};

/// Returns "current" or "legacy", as in `--generation`.
constexpr std::string_view to_string(Generation generation) {
    return generation == Generation::current ? "current" : "legacy";
}

/// Parses "current" or "legacy"; returns nullopt for other text.
constexpr std::optional<Generation> parse_generation(std::string_view text) {
    if (text == "current") return Generation::current;
    if (text == "legacy") return Generation::legacy;
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI
