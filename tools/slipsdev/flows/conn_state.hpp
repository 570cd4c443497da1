// Slips' interpretation of connection states and addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipsdev {

/// The words of a generation for connection states.
struct StateWords {
    std::string_view established = "Established";
    std::string_view not_established = "Not Established";
    bool match_anywhere = false;  ///< legacy looks for "S0" and the like anywhere in the state
};
/// Returns Slips' interpretation of conn_state: "Established", "Not Established" (without the blank in legacy).
/// `packets` distinguishes some resets.
std::string interpreted_state(std::string_view state, double packets, const StateWords& words);

/// Returns str(ipaddress.ip_address(text)): lower case, zeros compressed; nullopt if it is not an address.
std::optional<std::string> normal_address(std::string_view text);

}  // namespace slipsdev
