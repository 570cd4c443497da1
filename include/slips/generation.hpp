// The two generations of Slips that the SDK supports.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The generation of Slips; see ModuleBase::generation().
enum class Generation : std::uint8_t {
    current,  ///< Slips 1.x: messages are JSON objects with a version
    legacy,   ///< Slips 0.9 of 2022: nested JSON texts without a version
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
