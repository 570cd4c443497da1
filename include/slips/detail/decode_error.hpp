// DecodeError: why a message could not be decoded.
#pragma once

#include <string>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Why a text could not be decoded. `what` names the field and what was expected; it is the same for every message with the
/// same fault, so that a fault is reported once. `detail` is about this message.
struct DecodeError {
    std::string what{};    ///< field, and what was expected
    std::string detail{};  ///< which message; may be empty
};

}  // namespace slips::inline SLIPS_SDK_ABI::wire
