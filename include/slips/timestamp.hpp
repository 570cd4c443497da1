// Parsing and formatting of Slips' time formats.
//
// Mirrors utils.convert_to_datetime() of Slips 1.1.21: a number is epoch seconds, all other text must be in one of
// eleven strptime formats. Text that it cannot parse ends a worker of Slips' evidence handler.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/number.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A point in time as Slips writes it: epoch seconds as a number, or text in one of its formats. Stores any text;
/// seconds() returns nullopt if it cannot be parsed.
class Timestamp {
public:
    Timestamp() = default;
    /// Constructs it from seconds since the epoch.
    Timestamp(double epoch_seconds) : number_(epoch_seconds) {}  // NOLINT: implicit by design
    /// Constructs it from text in any form; see seconds().
    Timestamp(std::string text) : text_(std::move(text)) {}  // NOLINT
    /// As above.
    Timestamp(std::string_view text) : text_(text) {}  // NOLINT
    /// As above; nullptr means empty.
    Timestamp(const char* text) : text_(text == nullptr ? "" : text) {}  // NOLINT
    /// Constructs it from whole seconds since the epoch.
    template <std::integral Number>
    Timestamp(Number epoch_seconds) : number_(static_cast<double>(epoch_seconds)) {}  // NOLINT

    bool empty() const { return !number_ && text_.empty(); }  ///< neither number nor text

    /// Returns whether it was given as a number; numeric text counts as text.
    bool is_number() const { return number_.has_value(); }

    /// Returns seconds since the epoch, or nullopt if Slips cannot parse the text or the time is outside the years 1 to
    /// 9999 (NaN, infinity, milliseconds). Text without a zone is local time.
    std::optional<double> seconds() const;

    /// Returns the text as given; a number as Python's repr of a float.
    std::string text() const { return number_ ? python_repr(*number_) : text_; }

    // These keep the allocated text, for storage that is reused for each message.
    /// Makes it empty.
    void clear() {
        number_.reset();
        text_.clear();
    }
    /// Assigns seconds since the epoch.
    void assign(double epoch_seconds) {
        number_ = epoch_seconds;
        text_.clear();
    }
    /// Assigns text in any form.
    void assign(std::string_view text) {
        number_.reset();
        text_.assign(text);
    }

    friend bool operator==(const Timestamp&, const Timestamp&) = default;

private:
    std::optional<double> number_{};
    std::string text_{};
};

/// Parses text into seconds since the epoch: a number as Python's float() reads it, or
///   %Y-%m-%dT%H:%M:%S with optional %z          %Y-%m-%dT%H:%M:%S.%f%z
///   %Y-%m-%d %H:%M:%S with optional .%f and %z  %Y/%m/%d-%H:%M:%S
///   %Y/%m/%d %H:%M:%S with optional .%f and then %z
/// as strptime reads them: one-digit months, days, hours… are accepted; %f has one to six digits; %z is "Z", "+0200",
/// "+02:00", or either with seconds. Returns nullopt for anything else, and outside the years 1 to 9999.
std::optional<double> parse_timestamp(std::string_view text);

/// Returns "2022-06-02T16:51:57.123456+02:00": local time with its zone, like datetime.isoformat(); no fraction if the
/// microseconds are 0. Returns an empty text outside the years 1 to 9999.
std::string format_iso8601(double epoch_seconds);

/// Returns "2022/06/02 16:51:57.123456+0200": local time as in Slips' alerts, strptime's "%Y/%m/%d %H:%M:%S.%f%z".
/// Returns an empty text outside the years 1 to 9999.
std::string format_alert_time(double epoch_seconds);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

// Python's datetime covers the years 1 to 9999. A day is excluded at either end, for the zones: Slips converts to local
// time and does not catch the OverflowError of that conversion.
inline constexpr double min_epoch = -62135510400.0;  // 0001-01-02T00:00:00Z
inline constexpr double max_epoch = 253402214400.0;  // 9999-12-31T00:00:00Z

inline std::optional<double> epoch_or_nullopt(double seconds) {
    if (seconds >= min_epoch && seconds <= max_epoch) return seconds;  // false for NaN
    return std::nullopt;
}

struct CivilTime {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

constexpr int days_in_month(int year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/// Returns the seconds since 1970 of a UTC date in the years 1 to 9999. (timegm is not portable.)
constexpr std::int64_t civil_to_seconds(const CivilTime& t) {
    // Years start in March, so that the leap day is the last day.
    const std::int64_t y = t.month <= 2 ? t.year - 1 : t.year;
    const std::int64_t day_of_year = (153 * (t.month + (t.month > 2 ? -3 : 9)) + 2) / 5 + t.day - 1;
    const std::int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
    return ((days * 24 + t.hour) * 60 + t.minute) * 60 + t.second;
}

inline std::optional<CivilTime> local_civil(std::int64_t epoch) {
    const std::time_t clock = epoch;
    std::tm tm{};
#if defined(_WIN32)
    if (localtime_s(&tm, &clock) != 0) return std::nullopt;
#else
    if (localtime_r(&clock, &tm) == nullptr) return std::nullopt;
#endif
    return CivilTime{tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
}

/// Returns the offset of local time from UTC at this moment, in seconds. (tm_gmtoff is not portable.)
inline std::int64_t local_offset(std::int64_t epoch) {
    const auto civil = local_civil(epoch);
    return civil ? civil_to_seconds(*civil) - epoch : 0;
}

/// Returns the moment at which local time is `civil_seconds`. If that occurs twice, the first; if it is skipped, as if the
/// clocks had not changed yet: Python's choice, where mktime's is unspecified.
inline std::int64_t local_to_epoch(std::int64_t civil_seconds) {
    constexpr std::int64_t day = 24 * 3600;
    const std::int64_t before = local_offset(civil_seconds - day);
    const std::int64_t first = civil_seconds - before;
    if (local_offset(first) == before) return first;
    const std::int64_t second = civil_seconds - local_offset(civil_seconds + day);
    if (local_offset(second) == civil_seconds - second) return second;
    return first;
}

/// Reads a text from left to right, like strptime's regular expression.
class TimeScanner {
public:
    explicit TimeScanner(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    bool literal(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool spaces() {  // a blank in a format matches one or more
        if (rest_.empty() || !is_python_space(rest_.front())) return false;
        while (!rest_.empty() && is_python_space(rest_.front())) rest_.remove_prefix(1);
        return true;
    }

    /// Reads `least` to `most` digits.
    bool digits(int least, int most, int& value) {
        int count = 0;
        for (value = 0; count < most && is_digit(peek()); ++count) {
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return count >= least;
    }

    bool field(int low, int high, int& value) { return digits(1, 2, value) && value >= low && value <= high; }

    /// Reads %f, microseconds.
    bool fraction(int& microseconds) {
        const std::size_t before = rest_.size();
        if (!digits(1, 6, microseconds)) return false;
        for (std::size_t taken = before - rest_.size(); taken < 6; ++taken) microseconds *= 10;
        return true;
    }

    /// Reads %z, in microseconds ahead of UTC.
    bool zone(std::int64_t& offset) {
        if (literal('Z')) {
            offset = 0;
            return true;
        }
        const bool negative = peek() == '-';
        if (!literal('+') && !literal('-')) return false;
        int hours = 0, minutes = 0, seconds = 0, microseconds = 0;
        if (!digits(2, 2, hours) || hours > 23) return false;
        const bool colons = literal(':');
        if (!digits(2, 2, minutes) || minutes > 59) return false;
        if (colons ? literal(':') : is_digit(peek())) {
            if (!digits(2, 2, seconds) || seconds > 59) return false;
            if (literal('.') && !fraction(microseconds)) return false;
        }
        offset = ((hours * 60 + minutes) * 60 + seconds) * std::int64_t{1'000'000} + microseconds;
        if (negative) offset = -offset;
        return true;
    }

private:
    std::string_view rest_;
};

/// Appends "+02:00" with a colon, "+0200" without, and the seconds of old local mean times, if any.
inline void append_zone(std::string& out, std::int64_t offset, const char* colon) {
    const int size = static_cast<int>(offset < 0 ? -offset : offset);
    char text[24];
    std::snprintf(text, sizeof text, "%c%02d%s%02d", offset < 0 ? '-' : '+', size / 3600, colon, size / 60 % 60);
    out += text;
    if (size % 60 == 0) return;
    std::snprintf(text, sizeof text, "%s%02d", colon, size % 60);
    out += text;
}

/// Returns the nearest double, as Python divides integers.
inline double micros_to_seconds(std::int64_t micros) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    if (micros > -exact && micros < exact) return static_cast<double>(micros) / 1e6;
    return static_cast<double>(micros / 1'000'000) + static_cast<double>(micros % 1'000'000) / 1e6;
}

struct LocalMoment {
    CivilTime civil{};
    int microsecond = 0;
    std::int64_t offset = 0;
};

/// Converts like datetime.fromtimestamp(): rounded to microseconds, half to even.
inline std::optional<LocalMoment> to_local(double epoch_seconds) {
    if (!epoch_or_nullopt(epoch_seconds)) return std::nullopt;
    double whole = 0;
    double micro = std::nearbyint(std::modf(epoch_seconds, &whole) * 1e6);
    if (micro >= 1e6) {
        whole += 1;
        micro -= 1e6;
    } else if (micro < 0) {
        whole -= 1;
        micro += 1e6;
    }
    const auto epoch = static_cast<std::int64_t>(whole);
    const auto civil = local_civil(epoch);
    if (!civil) return std::nullopt;
    return LocalMoment{*civil, static_cast<int>(micro), civil_to_seconds(*civil) - epoch};
}

}  // namespace detail

inline std::optional<double> parse_timestamp(std::string_view text) {
    if (const auto number = parse_python_float(text)) return detail::epoch_or_nullopt(*number);

    detail::TimeScanner scan(text);
    detail::CivilTime t;
    if (!scan.digits(4, 4, t.year) || t.year == 0) return std::nullopt;
    const bool slashes = scan.literal('/');
    if (!slashes && !scan.literal('-')) return std::nullopt;
    if (!scan.field(1, 12, t.month) || !scan.literal(slashes ? '/' : '-')) return std::nullopt;
    // strptime also accepts " 5" as a day
    if (!(scan.literal(' ') ? scan.digits(1, 1, t.day) : scan.digits(1, 2, t.day))) return std::nullopt;
    if (t.day < 1 || t.day > detail::days_in_month(t.year, t.month)) return std::nullopt;

    enum class Form { blank, iso, dash } form = Form::blank;
    if (!slashes && (scan.literal('T') || scan.literal('t'))) {
        form = Form::iso;
    } else if (slashes && scan.literal('-')) {
        form = Form::dash;
    } else if (!scan.spaces()) {
        return std::nullopt;
    }
    if (!scan.field(0, 23, t.hour) || !scan.literal(':') || !scan.field(0, 59, t.minute) || !scan.literal(':') ||
        !scan.field(0, 59, t.second)) {
        return std::nullopt;
    }
    int microseconds = 0;
    const bool has_fraction = form != Form::dash && scan.literal('.');
    if (has_fraction && !scan.fraction(microseconds)) return std::nullopt;
    std::int64_t offset = 0;
    const bool has_zone = form != Form::dash && !scan.done();
    if (has_zone && !scan.zone(offset)) return std::nullopt;
    if (!scan.done()) return std::nullopt;
    // Slips has no formats with these combinations.
    if (form == Form::iso && has_fraction && !has_zone) return std::nullopt;
    if (slashes && has_zone && !has_fraction) return std::nullopt;

    const std::int64_t civil = detail::civil_to_seconds(t);
    if (!has_zone) {
        return detail::epoch_or_nullopt(static_cast<double>(detail::local_to_epoch(civil)) + microseconds / 1e6);
    }
    return detail::epoch_or_nullopt(detail::micros_to_seconds(civil * 1'000'000 + microseconds - offset));
}

inline std::optional<double> Timestamp::seconds() const {
    return number_ ? detail::epoch_or_nullopt(*number_) : parse_timestamp(text_);
}

inline std::string format_iso8601(double epoch_seconds) {
    const auto local = detail::to_local(epoch_seconds);
    if (!local) return {};
    const auto& c = local->civil;
    char text[96];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                  c.second);
    std::string out = text;
    if (local->microsecond != 0) {
        std::snprintf(text, sizeof text, ".%06d", local->microsecond);
        out += text;
    }
    detail::append_zone(out, local->offset, ":");
    return out;
}

inline std::string format_alert_time(double epoch_seconds) {
    const auto local = detail::to_local(epoch_seconds);
    if (!local) return {};
    const auto& c = local->civil;
    char text[112];
    std::snprintf(text, sizeof text, "%04d/%02d/%02d %02d:%02d:%02d.%06d", c.year, c.month, c.day, c.hour, c.minute,
                  c.second, local->microsecond);
    std::string out = text;
    detail::append_zone(out, local->offset, "");
    return out;
}

}  // namespace slips::inline SLIPS_SDK_ABI
