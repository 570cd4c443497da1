// What a session is told before it starts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "slips/detail/clock.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a session is told before it starts.
struct SessionSettings {
    std::string module{};                         ///< the module's name
    std::set<std::string, std::less<>> registered{};  ///< evidence types of its own that Slips knows (current names)
    std::optional<Generation> generation{};       ///< when it was told
    std::string slips_version{};                  ///< when it was told
    std::string user{};                           ///< of Redis' ACL; empty: none
    std::string password{};                       ///< empty: no AUTH
    int database = 0;                             ///< of the main Redis
    bool standalone = false;                      ///< nobody tells that Slips has come or is over: look for yourself
    bool register_pid = false;                    ///< legacy: appear in PIDs, answer finished_modules
    std::int64_t pid = 0;                         ///< the module's own, for PIDs
    bool strict = false;                          ///< a handler that throws ends the module
    bool allow_untested = false;                  ///< set evidence in a Slips too new for its form to be known
    std::function<void(std::string_view line)> inform{};  ///< gets what is learned of Slips; empty: it is reported as errors are

    // for tests
    std::function<Clock::time_point()> clock{&Clock::now};  ///< what timers count from
    std::function<void(const Evidence&, const Context&)> accepted{};  ///< told of each evidence, completed
    std::function<void(std::string_view channel, std::string_view text)> published{};  ///< and of what publish() sent
    bool repeats = false;                         ///< says the same thing each time
};

}  // namespace slips::inline SLIPS_SDK_ABI
