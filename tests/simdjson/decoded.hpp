// What a decoder makes of a message, as text that can be compared.
#pragma once

#include <string>
#include <string_view>

/// As the type that hears the channel in either generation: the members as JSON, or "refused".
std::string decoded_by_nlohmann(std::string_view channel, std::string_view payload);
std::string decoded_by_simdjson(std::string_view channel, std::string_view payload);
