// DecodeError: why a message, or a field of it, could not be decoded.
#pragma once

#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Why a text could not be decoded. `what` names the field and what was expected; it is the same for every message with the
/// same fault, so that a fault is reported once. `detail` is about this message.
struct DecodeError {
    std::string what{};    ///< field, and what was expected
    std::string detail{};  ///< which message; may be empty
    /// The same as `what` for each optional field that is absent or incomplete because its value has another type: the
    /// message is decoded all the same. At most 64 of a text.
    std::vector<std::string> left_out{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::wire
