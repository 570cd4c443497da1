// What may be published where a Slips listens: nothing that ends one of its processes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// Why the message must not be published; nothing: it may. `slips_version` is of the Slips that it comes from (current).
std::optional<std::string> harm_of(const CapturedMessage& message, Generation generation, std::string_view slips_version);

}  // namespace slipsdev
