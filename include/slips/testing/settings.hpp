// Settings of a test: the Slips that is simulated, and how strict the test is.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "slips/detail/dialect.hpp"
#include "slips/generation.hpp"
#include "slips/share.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Prints what hangs and aborts the program: code that does not return cannot be ended otherwise.
inline void abort_on_hang(const std::string& what) {
    std::fprintf(stderr, "slips: %s; the test cannot go on and is aborted\n", what.c_str());
    std::abort();
}

/// Settings of a test.
struct Settings {
    Generation generation = Generation::current;  ///< of the simulated Slips; follows from its version if that is set
    std::string
        slips_version{};   ///< such as "1.0.10"; empty: that of the first message, or else the newest tested (current)
                           ///< or Slips of June 2022 (legacy)
    std::string config{};  ///< configuration of Slips, {section: {key: value}} as JSON; empty: none
    /// The module's own settings, as text: {{"many", "5"}} is `many: 5` in the section with its name. Takes precedence over
    /// `config`, which can hold lists and other types.
    std::map<std::string, std::string> module_settings{};
    bool registered =
        true;       ///< whether Slips knows the module's own evidence types, as when its launcher started the module
    Share share{};  ///< the part of the profiles that the module handles, as with --share
    bool golden_times =
        false;  ///< whether golden files contain the times of evidence, and expect_golden() compares them
    /// Whether errors that the SDK would log (evidence refused, a handler that threw, a message that cannot be decoded…) are
    /// thrown by the call that causes them. Otherwise they are only kept, in complaints().
    bool strict = true;
    std::chrono::nanoseconds patience =
        std::chrono::seconds(10);  ///< for code that does not return; real time, 0: unlimited
    std::function<void(const std::string& what)> on_hang = abort_on_hang;  ///< called on another thread

    /// Returns the dialect of the simulated Slips. Not for module authors.
    const slips::detail::Dialect& dialect() const {
        const auto release = slips::detail::parse_release(slips_version);
        return release ? slips::detail::dialect_of(*release) : slips::detail::dialect_of(generation);
    }
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
