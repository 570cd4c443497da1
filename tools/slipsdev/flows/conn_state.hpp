// What Slips makes of a connection's state and its address texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipsdev {

/// Slips' reading of conn_state: "Established", "Not Established" (without the blank in legacy). `packets` tells
/// apart some resets; nothing where it would be needed and is no number.
struct StateWords {
    std::string_view established = "Established";
    std::string_view not_established = "Not Established";
    bool match_anywhere = false;  ///< legacy looks for "S0" and the like anywhere in the state
};
std::string interpreted_state(std::string_view state, double packets, const StateWords& words);

/// str(ipaddress.ip_address(text)): lower case, zeros compressed. Nothing when it is no address.
std::optional<std::string> normal_address(std::string_view text);

}  // namespace slipsdev
