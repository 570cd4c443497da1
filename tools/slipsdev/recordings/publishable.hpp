// Decides which messages may be published to Slips: none that ends one of its processes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// Returns why the message must not be published; nullopt if it may. `slips_version`: of the Slips that it comes from;
/// ignored if its flows do not have the form of the generation.
std::optional<std::string> harm_of(const CapturedMessage& message, Generation generation,
                                   std::string_view slips_version);

}  // namespace slipsdev
