// What Slips is like in a test, and how strict the test is.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "slips/generation.hpp"
#include "slips/impl/testing/watchdog.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Says what hangs, and ends the program: nothing else can be done about code that does not return.
inline void abort_on_hang(const std::string& what) {
    std::fprintf(stderr, "slips: %s; the test cannot go on and is aborted\n", what.c_str());
    std::abort();
}

/// What Slips is like in a test, and how strict the test is.
struct Settings {
    Generation generation = Generation::current;  ///< of the Slips that is stood in for
    std::string slips_version{};  ///< of current Slips; empty: as the first message has it, or else the newest tested
    std::string config{};         ///< what Slips is configured with, {section: {key: value}} as JSON; empty: nothing
    bool registered = true;       ///< Slips knows the module's own evidence types, as it does when it has started the module
    /// Whatever the SDK would complain of to who runs the module (evidence refused, a handler that threw, a message that
    /// cannot be decoded…) is thrown by the call in which it happens. Off: it is only kept, in complaints().
    bool strict = true;
    std::chrono::nanoseconds patience = std::chrono::seconds(10);  ///< for code that does not return; in real time, 0: endless
    Watchdog::OnHang on_hang = abort_on_hang;                      ///< runs on another thread
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
