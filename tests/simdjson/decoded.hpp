// Decodes a message into text that can be compared.
#pragma once

#include <string>
#include <string_view>

/// Decodes as the type that is subscribed to the channel in either generation. Returns the members as JSON, or "refused".
std::string decoded_by_nlohmann(std::string_view channel, std::string_view payload);
std::string decoded_by_simdjson(std::string_view channel, std::string_view payload);
