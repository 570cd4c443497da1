// Parses and formats times as Slips' Python does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipsdev {

/// Microseconds since the epoch, UTC.
using Micros = std::int64_t;

/// Returns datetime.fromtimestamp(seconds): the fraction rounded half to even; nullopt outside the years 1 to 9999,
/// which is the case for milliseconds mistaken for seconds.
std::optional<Micros> micros_from_epoch(double seconds);

/// Returns datetime.strptime(text, format) for %Y %m %d %H %M %S %f %z and literal characters. Text without a zone is
/// local time. Returns nullopt if Python would raise ValueError.
std::optional<Micros> micros_from_text(std::string_view text, std::string_view format);

/// Returns how many seconds local time is ahead of UTC at that moment.
int local_offset(Micros moment);

Micros now();

/// Returns datetime.isoformat() in a zone `offset` seconds ahead of UTC: "2022-06-02T18:51:57.250000+02:00", without the
/// fraction when that is zero.
std::string iso_time(Micros moment, int offset);

/// Returns datetime.strftime(format) in that zone, for %Y %m %d %H %M %S %f %z.
std::string format_time(Micros moment, std::string_view format, int offset);

}  // namespace slipsdev
