// What a test observes of a module: prints, publications, evidence.
#pragma once

#include <string>

#include "slips/evidence.hpp"
#include "slips/log_level.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// A call of print().
struct Print {
    std::string text{};  ///< without the module's name
    int verbose = 1;     ///< 0..3, see print()
    int debug = 0;       ///< 0..3
};

/// A call of log_error(), log_warning() or log_debug().
struct Logged {
    LogLevel level = LogLevel::error;  ///< which of them
    std::string text{};                ///< as it was passed
};

/// A message that the module published, as it was sent: from 1.1.20 on with its version.
struct Published {
    std::string channel{};  ///< where
    std::string text{};     ///< the payload
};

/// A call of set_evidence() that was accepted.
struct Accepted {
    Evidence evidence{};  ///< with the fields that the SDK filled in
    Context context{};    ///< of the message
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
