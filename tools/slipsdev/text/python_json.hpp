// JSON as Slips' Python reads and writes it.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace slipsdev {

/// Keeps the order of keys: the messages of Slips have one.
using Json = nlohmann::ordered_json;

/// The text of json.dumps(value): ", " and ": ", ASCII only, floats as repr().
std::string to_python_json(const Json& value);

/// The text of repr(value): the shortest that reads back the same, with ".0" where it looks like an integer.
std::string python_repr(double value);

/// float(text), nothing where Python would raise ValueError. "nan" and "inf" are floats, as in Python.
std::optional<double> python_float(std::string_view text);

/// int(text), nothing where Python would raise ValueError or the number does not fit 64 bits.
std::optional<long long> python_int(std::string_view text);

/// `if value:` of Python: false for null, false, 0, "" and empty containers.
bool is_truthy(const Json& value);

/// Parses one JSON text. Nothing when it is none, nested deeper than Python's parser would follow, or of more values than
/// any message of Slips; `why` then has the place.
std::optional<Json> parse_json(std::string_view text, std::string& why);

/// The member, or nullptr when `object` is no object or has no such key.
const Json* find_member(const Json& object, std::string_view key);

/// The member's text, or "" when it is absent or no text.
std::string text_member(const Json& object, std::string_view key);

}  // namespace slipsdev
