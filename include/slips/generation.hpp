// The two generations of Slips a module can live in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Which Slips; see ModuleBase::generation().
enum class Generation : std::uint8_t {
    current, ///< Slips 1.x: JSON objects that carry a version
    legacy,  ///< Slips 0.9 of 2022: nested JSON texts without one
};

/// "current" or "legacy", as `--generation` spells them.
constexpr std::string_view to_string(Generation generation) {
    return generation == Generation::current ? "current" : "legacy";
}

/// nothing when it is neither of the two
constexpr std::optional<Generation> parse_generation(std::string_view text) {
    if (text == "current") return Generation::current;
    if (text == "legacy") return Generation::legacy;
    return std::nullopt;
}

} // namespace slips::inline SLIPS_SDK_ABI
