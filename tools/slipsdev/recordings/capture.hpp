// Captured messages: one {"channel": …, "data": …, "time": …} a line, with the exact payload and optionally the time of
// arrival.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

enum class Generation { current, legacy };

std::string_view name_of(Generation generation);

struct CapturedMessage {
    std::string channel;
    std::string data;
    std::optional<double> time{};  ///< seconds since the epoch
};

/// Returns the line with its line break. Bytes that are not UTF-8 become U+FFFD, because JSON cannot hold them and Slips
/// does not publish them; everything else is read back unchanged.
std::string capture_line(const CapturedMessage& message);

/// Returns nullopt if the line is not a captured message; `why` is then the reason.
std::optional<CapturedMessage> read_capture_line(std::string_view line, std::string& why);

/// A log that is not a recording.
enum class OtherLog { zeek, eve };
/// Returns which log the line belongs to, if that is certain. nullopt: a captured message, or anything else.
std::optional<OtherLog> other_log(std::string_view line);

/// Returns whether the message controls Slips itself. Published, it would end the module or disturb the run.
bool is_control_message(const CapturedMessage& message);

/// The Slips that published a message.
struct Origin {
    Generation generation = Generation::current;
    std::string slips_version;  ///< of a current message that has one
};
/// Returns the origin that the payload shows; nullopt if it could be of either generation.
std::optional<Origin> origin_of(const CapturedMessage& message);

}  // namespace slipsdev
