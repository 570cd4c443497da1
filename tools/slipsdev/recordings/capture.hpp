// Captured messages: one {"channel": …, "data": …, "time": …} a line, `data` being the exact payload, `time`, where it is
// there, when it was heard.
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

/// The line, with its end. Bytes that are no UTF-8 become U+FFFD, because JSON cannot hold them and Slips does not
/// publish them; everything else is read back as it was.
std::string capture_line(const CapturedMessage& message);

/// Nothing when the line is no captured message; `why` then tells.
std::optional<CapturedMessage> read_capture_line(std::string_view line, std::string& why);

/// Texts that steer Slips itself. Played, they would end the module or the bookkeeping of the run.
bool is_control_message(const CapturedMessage& message);

/// What a payload tells about its sender; nothing where it could be of either generation.
struct Origin {
    Generation generation = Generation::current;
    std::string slips_version;  ///< of a current message that carries one
};
std::optional<Origin> origin_of(const CapturedMessage& message);

}  // namespace slipsdev
