// Settings of a test: the Slips that is simulated, and how strict the test is.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "slips/generation.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Prints what hangs and aborts the program: code that does not return cannot be ended otherwise.
inline void abort_on_hang(const std::string& what) {
    std::fprintf(stderr, "slips: %s; the test cannot go on and is aborted\n", what.c_str());
    std::abort();
}

/// Settings of a test.
struct Settings {
    Generation generation = Generation::current;  ///< of the simulated Slips
    std::string slips_version{};  ///< of current Slips; empty: that of the first message, or else the newest tested
    std::string config{};         ///< configuration of Slips, {section: {key: value}} as JSON; empty: none
    bool registered =
        true;  ///< whether Slips knows the module's own evidence types, as when its launcher started the module
    /// Whether errors that the SDK would log (evidence refused, a handler that threw, a message that cannot be decoded…) are
    /// thrown by the call that causes them. Otherwise they are only kept, in complaints().
    bool strict = true;
    std::chrono::nanoseconds patience =
        std::chrono::seconds(10);  ///< for code that does not return; real time, 0: unlimited
    std::function<void(const std::string& what)> on_hang = abort_on_hang;  ///< called on another thread
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
