// Why a Redis cannot be used, and what to do about it.
#pragma once

#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// The errors that Redis, or the system, gives a client that cannot be served.
struct Refusal {
    std::string_view part{};    ///< the error begins or ends with it
    bool is_temporary = false;  ///< the client may be served later, without a change to the module's options
    std::string_view remedy{};  ///< what to do; empty: nothing, or the error says it
};

/// Errors that are not listed are permanent, and their texts explain them.
inline constexpr Refusal refusals[] = {
    {"LOADING", true, {}},
    {"BUSY", true, {}},
    {"MASTERDOWN", true, {}},
    {"ERR max number of clients", true, "end other clients, or raise maxclients of Redis"},
    {"DENIED", true, "connect from the machine of Redis, or give Redis a password"},
    {"NOPERM", false, "give the user the rights that docs/redis.md lists"},
    {"Protocol error", true, "is this the port of a Redis server?"},
    {"Too many open files", true, "raise the limit of open files (ulimit -n)"},
};

/// Returns what is known about an error, or an empty Refusal.
constexpr Refusal refusal_of(std::string_view error) {
    for (const Refusal& refusal : refusals)
        if (error.starts_with(refusal.part) || error.ends_with(refusal.part)) return refusal;
    return {};
}

/// Returns the first sentence of an error and what to do about it. Redis explains its protected mode in nine hundred characters.
inline std::string with_remedy(std::string_view error) {
    const Refusal refusal = refusal_of(error);
    if (refusal.remedy.empty()) return std::string(error);
    error = error.substr(0, error.find(". "));
    return std::string(error) + "; " + std::string(refusal.remedy);
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
