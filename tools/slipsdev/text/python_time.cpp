#include "slipsdev/text/python_time.hpp"

#include <chrono>
#include <cmath>
#include <ctime>

namespace slipsdev {
namespace {

constexpr Micros micros_per_second = 1'000'000;
constexpr Micros seconds_per_day = 86'400;
constexpr Micros first_second = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr Micros end_second = 253'402'300'800;    // 10000-01-01T00:00:00Z

struct Civil {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
};

Micros floor_div(Micros value, Micros by) { return value / by - (value % by < 0 ? 1 : 0); }

std::optional<Micros> seconds_of(const Civil& civil) {
    const std::chrono::year_month_day date{std::chrono::year{civil.year},
                                           std::chrono::month{static_cast<unsigned>(civil.month)},
                                           std::chrono::day{static_cast<unsigned>(civil.day)}};
    if (!date.ok() || civil.year < 1) return std::nullopt;
    const Micros days = std::chrono::sys_days{date}.time_since_epoch().count();
    return days * seconds_per_day + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

Civil civil_of(Micros moment) {
    const Micros seconds = floor_div(moment, micros_per_second);
    const Micros days = floor_div(seconds, seconds_per_day);
    const auto rest = static_cast<int>(seconds - days * seconds_per_day);
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    Civil civil;
    civil.year = static_cast<int>(date.year());
    civil.month = static_cast<int>(static_cast<unsigned>(date.month()));
    civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
    civil.hour = rest / 3600;
    civil.minute = rest / 60 % 60;
    civil.second = rest % 60;
    civil.micros = static_cast<int>(moment - seconds * micros_per_second);
    return civil;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads up to `most` digits, as many as possible; Python's patterns are greedy, too.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most, int low, int high) {
    std::size_t length = 0;
    while (length < most && length < text.size() && is_digit(text[length])) ++length;
    for (; length >= least && length > 0; --length) {
        int value = 0;
        for (const char c : text.substr(0, length)) value = value * 10 + (c - '0');
        if (value < low || value > high) continue;
        text.remove_prefix(length);
        return value;
    }
    return std::nullopt;
}

/// Reads %z: "Z", "+0200", "+02:00", with optional seconds. Returns seconds ahead of UTC.
std::optional<int> take_zone(std::string_view& text) {
    if (!text.empty() && text.front() == 'Z') {
        text.remove_prefix(1);
        return 0;
    }
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2, 2, 0, 99);
    if (!hours) return std::nullopt;
    const bool colon = !text.empty() && text.front() == ':';
    if (colon) text.remove_prefix(1);
    const auto minutes = take_number(text, 2, 2, 0, 59);
    if (!minutes) return std::nullopt;
    int seconds = 0;
    if (text.size() >= 2 && (colon ? text.front() == ':' : is_digit(text.front()))) {
        if (colon) text.remove_prefix(1);
        const auto taken = take_number(text, 2, 2, 0, 59);
        if (!taken) return std::nullopt;
        seconds = *taken;
    }
    if (*hours >= 24) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60 + seconds);
}

std::optional<int> take_fraction(std::string_view& text) {
    std::size_t length = 0;
    int value = 0;
    while (length < 6 && length < text.size() && is_digit(text[length])) value = value * 10 + (text[length++] - '0');
    if (length == 0) return std::nullopt;
    text.remove_prefix(length);
    for (; length < 6; ++length) value *= 10;
    return value;
}

Micros local_to_utc(const Civil& civil, Micros seconds_as_if_utc) {
    std::tm parts{};
    parts.tm_year = civil.year - 1900;
    parts.tm_mon = civil.month - 1;
    parts.tm_mday = civil.day;
    parts.tm_hour = civil.hour;
    parts.tm_min = civil.minute;
    parts.tm_sec = civil.second;
    parts.tm_isdst = -1;
    const std::time_t seconds = std::mktime(&parts);
    return seconds == static_cast<std::time_t>(-1) ? seconds_as_if_utc : static_cast<Micros>(seconds);
}

std::string padded(int value, std::size_t width) {
    const std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string zone_text(int offset, bool colon) {
    const int magnitude = offset < 0 ? -offset : offset;
    std::string text(1, offset < 0 ? '-' : '+');
    text += padded(magnitude / 3600, 2);
    if (colon) text += ':';
    text += padded(magnitude / 60 % 60, 2);
    if (magnitude % 60 == 0) return text;
    if (colon) text += ':';
    return text + padded(magnitude % 60, 2);
}

}  // namespace

std::optional<Micros> micros_from_epoch(double seconds) {
    if (!std::isfinite(seconds) || seconds < static_cast<double>(first_second) ||
        seconds >= static_cast<double>(end_second)) {
        return std::nullopt;
    }
    double whole = 0;
    const double fraction = std::modf(seconds, &whole) * 1e6;
    // nearbyint rounds half to even in the default rounding mode, as Python does here.
    return static_cast<Micros>(whole) * micros_per_second + static_cast<Micros>(std::nearbyint(fraction));
}

std::optional<Micros> micros_from_text(std::string_view text, std::string_view format) {
    Civil civil;
    std::optional<int> zone;
    const auto take = [&text](int& into, std::size_t least, std::size_t most, int low, int high) {
        const auto value = take_number(text, least, most, low, high);
        if (value) into = *value;
        return value.has_value();
    };
    for (std::size_t i = 0; i < format.size(); ++i) {
        bool good = false;
        if (format[i] != '%') {
            good = !text.empty() && text.front() == format[i];
            if (good) text.remove_prefix(1);
        } else {
            switch (format[++i]) {
                case 'Y': good = take(civil.year, 4, 4, 1, 9999); break;
                case 'm': good = take(civil.month, 1, 2, 1, 12); break;
                case 'd': good = take(civil.day, 1, 2, 1, 31); break;
                case 'H': good = take(civil.hour, 1, 2, 0, 23); break;
                case 'M': good = take(civil.minute, 1, 2, 0, 59); break;
                case 'S': good = take(civil.second, 1, 2, 0, 59); break;
                case 'f': {
                    const auto micros = take_fraction(text);
                    good = micros.has_value();
                    if (good) civil.micros = *micros;
                    break;
                }
                case 'z':
                    zone = take_zone(text);
                    good = zone.has_value();
                    break;
                default: break;
            }
        }
        if (!good) return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
    const auto seconds = seconds_of(civil);
    if (!seconds) return std::nullopt;
    const Micros utc = zone ? *seconds - *zone : local_to_utc(civil, *seconds);
    return utc * micros_per_second + civil.micros;
}

int local_offset(Micros moment) {
    const auto seconds = static_cast<std::time_t>(floor_div(moment, micros_per_second));
    std::tm parts{};
    if (localtime_r(&seconds, &parts) == nullptr) return 0;
    // Not every system has tm_gmtoff.
    Civil civil;
    civil.year = parts.tm_year + 1900;
    civil.month = parts.tm_mon + 1;
    civil.day = parts.tm_mday;
    civil.hour = parts.tm_hour;
    civil.minute = parts.tm_min;
    civil.second = parts.tm_sec;
    const auto local = seconds_of(civil);
    return local ? static_cast<int>(*local - static_cast<Micros>(seconds)) : 0;
}

Micros now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string iso_time(Micros moment, int offset) {
    const bool has_fraction = floor_div(moment, micros_per_second) * micros_per_second != moment;
    return format_time(moment, has_fraction ? "%Y-%m-%dT%H:%M:%S.%f" : "%Y-%m-%dT%H:%M:%S", offset) +
           zone_text(offset, true);
}

std::string format_time(Micros moment, std::string_view format, int offset) {
    const Civil civil = civil_of(moment + offset * micros_per_second);
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        switch (format[++i]) {
            case 'Y': out += padded(civil.year, 4); break;
            case 'm': out += padded(civil.month, 2); break;
            case 'd': out += padded(civil.day, 2); break;
            case 'H': out += padded(civil.hour, 2); break;
            case 'M': out += padded(civil.minute, 2); break;
            case 'S': out += padded(civil.second, 2); break;
            case 'f': out += padded(civil.micros, 6); break;
            case 'z': out += zone_text(offset, false); break;
            default: out += format[i]; break;
        }
    }
    return out;
}

}  // namespace slipsdev
