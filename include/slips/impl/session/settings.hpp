// What a session needs to know before it starts.
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
#include "slips/share.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a session needs to know before it starts.
struct SessionSettings {
    std::string module{};  ///< the module's name
    std::set<std::string, std::less<>>
        registered{};                        ///< the module's own evidence types that Slips knows (current names)
    std::optional<Generation> generation{};  ///< nullopt: detected
    std::string slips_version{};             ///< empty: read from Slips
    std::string user{};                      ///< of Redis' ACL; empty: none
    std::string password{};                  ///< empty: no AUTH
    int database = 0;                        ///< of the main Redis
    bool standalone = false;                 ///< started without the launcher: poll Redis for start and end
    bool register_pid = false;               ///< legacy: appear in PIDs, publish on finished_modules
    std::int64_t pid = 0;                    ///< of the module, for PIDs
    Share share{};                           ///< of the profiles that this process handles
    bool strict = false;                     ///< an exception of the module's code stops it
    bool allow_untested = false;             ///< see EvidenceFilter
    /// Receives log lines about Slips that are no errors; empty: they are logged like errors.
    std::function<void(std::string_view line)> inform{};
    std::function<void()> subscribed{};  ///< called once, when Redis has confirmed all subscriptions

    // for tests
    std::function<Clock::time_point()> clock{&Clock::now};            ///< of timers
    std::function<void(const Evidence&, const Context&)> accepted{};  ///< receives each accepted evidence, completed
    std::function<void(std::string_view channel, std::string_view text)>
        published{};                  ///< receives what publish() has sent
    std::function<void()> handled{};  ///< called when a handler has returned, or thrown
    bool repeats = false;             ///< logs repeated lines each time
};

}  // namespace slips::inline SLIPS_SDK_ABI
