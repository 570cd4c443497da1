// Expected values are those of Python's datetime.strptime(), datetime.isoformat() and repr().
#include "slips/timestamp.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>

namespace {

/// Sets the process's time zone during a test.
class Zone {
public:
    explicit Zone(const char* name) {
        if (const char* old = std::getenv("TZ")) {
            old_ = old;
            had_ = true;
        }
        set(name);
    }
    ~Zone() { set(had_ ? old_.c_str() : nullptr); }
    Zone(const Zone&) = delete;
    Zone& operator=(const Zone&) = delete;

private:
    static void set(const char* name) {
        if (name != nullptr) {
            ::setenv("TZ", name, 1);
        } else {
            ::unsetenv("TZ");
        }
        ::tzset();
    }
    std::string old_;
    bool had_ = false;
};

// Central Europe and Lord Howe Island by rule, so that no time zone files are needed.
constexpr const char* prague = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr const char* lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";

struct Case {
    std::string_view text;
    double seconds;
};

// clang-format off
constexpr Case in_utc[] = {
    // epoch seconds as text
    {"1654185117", 1654185117.0}, {"1654185117.123456", 1654185117.123456}, {" 1654185117.5\n", 1654185117.5},
    {"1.5e9", 1.5e9}, {"+1.", 1.0}, {".5", 0.5}, {"0", 0.0}, {"-1", -1.0}, {"1_654_185_117", 1654185117.0},
    {"20220602", 20220602.0}, {"253402214400", 253402214400.0}, {"1e-400", 0.0},
    // naive: local time
    {"2022-06-02T16:51:57", 1654188717.0}, {"2022-06-02 16:51:57", 1654188717.0},
    {"2022-06-02 16:51:57.123456", 1654188717.123456}, {"2022-06-02 16:51:57.1", 1654188717.1},
    {"2022/06/02 16:51:57", 1654188717.0}, {"2022/06/02 16:51:57.5", 1654188717.5},
    {"2022/06/02-16:51:57", 1654188717.0},
    // with a zone
    {"2022-06-02T16:51:57+0200", 1654181517.0}, {"2022-06-02T16:51:57+02:00", 1654181517.0},
    {"2022-06-02T16:51:57Z", 1654188717.0}, {"2022-06-02T16:51:57.000001-0530", 1654208517.000001},
    {"2022-06-02 16:51:57+0000", 1654188717.0}, {"2022-06-02 16:51:57.25Z", 1654188717.25},
    {"2022/06/02 16:51:57.25-23:59", 1654275057.25}, {"2022-06-02T16:51:57+02:00:30", 1654181487.0},
    {"2022-06-02T16:51:57+020030.5", 1654181486.5},
    // what strptime accepts
    {"2022-6-2 6:1:7", 1654149667.0}, {"2022-06- 2 06:01:07", 1654149667.0}, {"2022-06-02t16:51:57", 1654188717.0},
    {"2022-06-02 \t 16:51:57", 1654188717.0}, {"2020-02-29 00:00:00", 1582934400.0},
    {"0001-01-02 00:00:00", -62135510400.0}, {"9999-12-31 00:00:00", 253402214400.0},
};
// clang-format on

// clang-format off
constexpr std::string_view bad[] = {
    "", " ", "now", "nan", "NaN", "inf", "-inf", "Infinity", "1e400", "0x62", "1,5", "1 2", "1__0", "_1", "1_",
    "1e", "e5", ".", "--1", "1654185117s",
    // milliseconds and the like: too large to be seconds
    "1654185117123", "1654185117123.0", "1e12", "253402214401", "-62135510401",
    // fractions
    "2022-06-02T16:51:57.123456", "2022-06-02 16:51:57.1234567", "2022-06-02T16:51:57.1234567Z",
    "2022-06-02 16:51:57.", "2022/06/02-16:51:57.5", "2022-06-02 16:51:57,5",
    // parts
    "2022-06-02", "2022/06/02", "2022-06-02 16:51", "16:51:57", "2022-06-02T", "2022-06-02T16:51:57 ",
    " 2022-06-02T16:51:57", "22-06-02 16:51:57", "2022-06-02  ", "2022-06-02T16:51:57 UTC",
    "2022-06-02T16:51:57\n",
    // separators
    "2022/06/02T16:51:57", "2022-06-02-16:51:57", "2022-06/02 16:51:57", "2022.06.02 16:51:57", "20220602T165157",
    "2022-06-0216:51:57", "02/06/2022 16:51:57",
    // values
    "2022-00-02 16:51:57", "2022-13-02 16:51:57", "2022-06-00 16:51:57", "2022-06-31 16:51:57",
    "2022-02-29 16:51:57", "1900-02-29 16:51:57", "2022-06-02 24:00:00", "2022-06-02 16:60:57",
    "2022-06-02 16:51:60", "0000-06-02 16:51:57", "2022-006-02 16:51:57", "2022-06- 12 16:51:57",
    "2022-06- 0 16:51:57", "10000-06-02 16:51:57",
    // zones
    "2022/06/02 16:51:57+0200", "2022/06/02-16:51:57+0200", "2022-06-02T16:51:57z", "2022-06-02T16:51:57+02",
    "2022-06-02T16:51:57+2400", "2022-06-02T16:51:57+0260", "2022-06-02T16:51:57+02:0030",
    "2022-06-02T16:51:57+0200:30", "2022-06-02T16:51:57 +0200", "2022-06-02T16:51:57+02:00:30.1234567",
    "2022-06-02T16:51:57+02:00+02:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
};
// clang-format on

}  // namespace

TEST_CASE("every format that Slips accepts is read") {
    const Zone utc("UTC0");
    for (const auto& c : in_utc) {
        CAPTURE(c.text);
        REQUIRE(slips::parse_timestamp(c.text).has_value());
        CHECK(*slips::parse_timestamp(c.text) == c.seconds);
        CHECK(slips::Timestamp(c.text).seconds() == c.seconds);
    }
}

TEST_CASE("timestamps that end a worker of Slips are refused") {
    const Zone utc("UTC0");
    for (const auto text : bad) {
        CAPTURE(text);
        CHECK_FALSE(slips::parse_timestamp(text).has_value());
        CHECK_FALSE(slips::Timestamp(text).seconds().has_value());
    }
    CHECK_FALSE(slips::parse_timestamp(std::string(100000, '1')).has_value());
    for (const double number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity(), 1654185117123.0, -62135510401.0}) {
        CHECK_FALSE(slips::Timestamp(number).seconds().has_value());
    }
}

TEST_CASE("text without a zone is local time, as Python reads it at daylight saving changes") {
    {
        const Zone zone(prague);
        CHECK(slips::parse_timestamp("2022-06-02T16:51:57") == 1654181517.0);
        CHECK(slips::parse_timestamp("2022-01-02T16:51:57") == 1641138717.0);
        CHECK(slips::parse_timestamp("2022-06-02T16:51:57Z") == 1654188717.0);
        CHECK(slips::parse_timestamp("2022-03-27 01:59:59") == 1648342799.0);
        CHECK(slips::parse_timestamp("2022-03-27 02:30:00") == 1648344600.0);  // skipped when clocks go forward
        CHECK(slips::parse_timestamp("2022-03-27 03:00:00") == 1648342800.0);
        CHECK(slips::parse_timestamp("2022-10-30 02:30:00") == 1667089800.0);  // occurs twice when clocks go back
        CHECK(slips::parse_timestamp("2022-10-30 03:00:00") == 1667095200.0);
    }
    const Zone zone(lord_howe);
    CHECK(slips::parse_timestamp("2022-04-03 01:45:00") == 1648910700.0);
    CHECK(slips::parse_timestamp("2022-10-02 02:15:00") == 1664639100.0);
}

TEST_CASE("timestamps are written in the formats of isoformat() and of Slips' alerts") {
    {
        const Zone zone(prague);
        CHECK(slips::format_iso8601(1654181517.0) == "2022-06-02T16:51:57+02:00");
        CHECK(slips::format_iso8601(1654181517.123456) == "2022-06-02T16:51:57.123456+02:00");
        CHECK(slips::format_iso8601(1641138717.5) == "2022-01-02T16:51:57.500000+01:00");
        CHECK(slips::format_alert_time(1654181517.0) == "2022/06/02 16:51:57.000000+0200");
        CHECK(slips::format_alert_time(1654181517.9999996) == "2022/06/02 16:51:58.000000+0200");
        CHECK(slips::format_alert_time(-0.5) == "1970/01/01 00:59:59.500000+0100");
    }
    {
        const Zone zone("XST+3:30");
        CHECK(slips::format_iso8601(0.0) == "1969-12-31T20:30:00-03:30");
        CHECK(slips::format_alert_time(0.0) == "1969/12/31 20:30:00.000000-0330");
    }
    {
        const Zone zone("LMT-0:57:44");
        CHECK(slips::format_iso8601(0.0) == "1970-01-01T00:57:44+00:57:44");
        CHECK(slips::format_alert_time(0.0) == "1970/01/01 00:57:44.000000+005744");
    }
    CHECK(slips::format_iso8601(std::numeric_limits<double>::quiet_NaN()).empty());
    CHECK(slips::format_iso8601(1654185117123.0).empty());
    CHECK(slips::format_alert_time(std::numeric_limits<double>::infinity()).empty());
}

TEST_CASE("written timestamps are read back") {
    const Zone zone(prague);
    for (const double seconds : {0.0, 1654181517.0, 1654181517.123456, 1648342799.999999, 253402214400.0, -1.5}) {
        CAPTURE(seconds);
        CHECK(slips::parse_timestamp(slips::format_alert_time(seconds)) == seconds);
        CHECK(slips::parse_timestamp(slips::format_iso8601(seconds)) == seconds);
    }
}

TEST_CASE("a Timestamp keeps the form that it was given") {
    const slips::Timestamp none;
    CHECK(none.empty());
    CHECK(none.text().empty());
    CHECK_FALSE(none.seconds().has_value());
    CHECK(slips::Timestamp("").empty());
    CHECK(slips::Timestamp(static_cast<const char*>(nullptr)).empty());

    const slips::Timestamp number = 1654181517.25;
    CHECK_FALSE(number.empty());
    CHECK(number.is_number());
    CHECK(number.text() == "1654181517.25");
    const slips::Timestamp integer = 1654181517;
    CHECK(integer.is_number());
    CHECK(integer.text() == "1654181517.0");
    CHECK_FALSE(slips::Timestamp(0).empty());

    const slips::Timestamp text = "1654181517";
    CHECK_FALSE(text.is_number());
    CHECK(text.text() == "1654181517");
    CHECK(text.seconds() == 1654181517.0);
    CHECK_FALSE(text == integer);
    CHECK(text == slips::Timestamp(std::string("1654181517")));

    slips::Timestamp reused = text;
    reused.assign(1.5);
    CHECK(reused == slips::Timestamp(1.5));
    reused.assign(std::string_view("yesterday"));
    CHECK(reused.text() == "yesterday");
    CHECK_FALSE(reused.seconds().has_value());
    reused.clear();
    CHECK(reused == none);
}

TEST_CASE("numbers are spelled as by Python's repr") {
    const Case cases[] = {
        {"0.0", 0.0},
        {"-0.0", -0.0},
        {"1.0", 1.0},
        {"-1.5", -1.5},
        {"0.1", 0.1},
        {"0.30000000000000004", 0.1 + 0.2},
        {"1e-05", 1e-5},
        {"0.0001", 1e-4},
        {"0.00012345", 1.2345e-4},
        {"9.999e-05", 9.999e-5},
        {"1e+16", 1e16},
        {"1234567890123456.0", 1234567890123456.0},
        {"1.2345678901234568e+16", 12345678901234568.0},
        {"9999999999999998.0", 9999999999999998.0},
        {"100000.0", 1e5},
        {"123.456", 123.456},
        {"1e+22", 1e22},
        {"1e+100", 1e100},
        {"5e-324", 5e-324},
        {"1.7976931348623157e+308", 1.7976931348623157e308},
        {"1654181517.123456", 1654181517.123456},
        {"inf", std::numeric_limits<double>::infinity()},
        {"-inf", -std::numeric_limits<double>::infinity()},
    };
    for (const auto& c : cases) {
        CHECK(slips::python_repr(c.seconds) == c.text);
        CHECK(std::string(c.text) == slips::python_repr(c.seconds));
    }
    CHECK(slips::python_repr(std::numeric_limits<double>::quiet_NaN()) == "nan");
    std::string out = "[";
    slips::append_python_repr(out, 0.8);
    CHECK(out == "[0.8");
}

TEST_CASE("numbers are read back with and without floating-point from_chars") {
    for (const double value : {0.0, 0.1, 1e-5, 1e16, 5e-324, 1.7976931348623157e308, 1654181517.123456}) {
        const std::string text = slips::python_repr(value);
        CAPTURE(text);
        CHECK(slips::parse_python_float(text) == value);
        CHECK(slips::detail::strtod_portable(text) == value);
        char buffer[40];
        char other[40];
        const auto length = slips::detail::shortest_portable(buffer, sizeof buffer, value);
        const auto usual = slips::detail::shortest_scientific(other, sizeof other, value);
        CHECK(std::string_view(buffer, length) == std::string_view(other, usual));
    }
}
