// Parses and formats JSON as Slips' Python does.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace slipsdev {

/// Keeps the order of keys, as Slips' messages do. An integer beyond 64 bits, which Python has, is a binary value of its
/// digits.
using Json = nlohmann::ordered_json;

/// Returns json.dumps(value): with ", " and ": ", ASCII only, floats as repr().
std::string to_python_json(const Json& value);

/// Returns repr(value): the shortest text that reads back the same, with ".0" if it looks like an integer.
std::string python_repr(double value);

/// Returns float(text); nullopt if Python would raise ValueError. "nan" and "inf" are floats, as in Python.
std::optional<double> python_float(std::string_view text);

/// Returns int(text); nullopt if Python would raise ValueError or the number does not fit 64 bits.
std::optional<long long> python_int(std::string_view text);

/// Returns int(text) as an integer of any size; nullopt if Python would raise ValueError.
std::optional<Json> python_whole(std::string_view text);

/// Returns int(number) in the same way; nullopt for NaN and infinity.
std::optional<Json> python_whole(double number);

/// Returns whether it is a number, also an integer beyond 64 bits.
bool is_python_number(const Json& value);

/// Returns float(number).
double float_of(const Json& number);

/// Returns a + b for numbers: the sum of integers is an integer of any size.
Json python_sum(const Json& a, const Json& b);

/// Returns whether `if value:` holds in Python: not for null, false, 0, "" and empty containers.
bool is_truthy(const Json& value);

/// Parses a JSON text. Returns nullopt if it is invalid, nested deeper than Python's parser allows, or has more values
/// than any message of Slips; `why` is then the reason with the place. `keeps_large`: integers beyond 64 bits keep their
/// digits; otherwise they become floating-point numbers.
std::optional<Json> parse_json(std::string_view text, std::string& why, bool keeps_large = false);

/// Returns the member, or nullptr if `object` is not an object or has no such key.
const Json* find_member(const Json& object, std::string_view key);

/// Returns the member's text, or "" if it is absent or not text.
std::string text_member(const Json& object, std::string_view key);

}  // namespace slipsdev
