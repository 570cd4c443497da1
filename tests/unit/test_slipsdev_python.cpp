// slipsdev parses and formats JSON, numbers and times as Python does.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <iterator>
#include <limits>
#include <string>

#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"
#include "slipsdev/text/sha1.hpp"

using namespace slipsdev;

namespace {

std::string dumped(const char* text) {
    std::string why;
    const auto json = parse_json(text, why);
    return json ? to_python_json(*json) : "error: " + why;
}

/// The tests do not depend on the local time zone.
struct ZoneOfTheTest {
    explicit ZoneOfTheTest(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    ~ZoneOfTheTest() {
        ::unsetenv("TZ");
        ::tzset();
    }
};

}  // namespace

TEST_CASE("slipsdev: json.dumps") {
    CHECK(dumped(R"({"b":1,"a":[1,2.0,true,null,"x"],"c":{}})") ==
          R"({"b": 1, "a": [1, 2.0, true, null, "x"], "c": {}})");
    CHECK(dumped(R"([])") == "[]");
    CHECK(dumped("\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"") == R"("\u00e4 \u20ac \ud83d\ude00")");
    CHECK(dumped(R"("\u0000\u001f\b\f\n\r\t\"\\/\u007f")") == "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7f\"");
    CHECK(dumped("18446744073709551615") == "18446744073709551615");
    CHECK(to_python_json(Json(std::numeric_limits<double>::infinity())) == "Infinity");
}

TEST_CASE("slipsdev: repr of floats") {
    CHECK(python_repr(0) == "0.0");
    CHECK(python_repr(-0.0) == "-0.0");
    CHECK(python_repr(22.335172) == "22.335172");
    CHECK(python_repr(0.09060300000000155) == "0.09060300000000154");  // of equally short ones, the nearest
    CHECK(python_repr(0.1 + 0.2) == "0.30000000000000004");
    CHECK(python_repr(1654188705) == "1654188705.0");
    CHECK(python_repr(1e15) == "1000000000000000.0");
    CHECK(python_repr(1e16) == "1e+16");
    CHECK(python_repr(1.5e300) == "1.5e+300");
    CHECK(python_repr(0.0001) == "0.0001");
    CHECK(python_repr(0.00001) == "1e-05");
    CHECK(python_repr(-1.25e-7) == "-1.25e-07");
    CHECK(python_repr(123456.789) == "123456.789");
}

TEST_CASE("slipsdev: float() and int() of text") {
    CHECK(python_float(" 1.5\n") == 1.5);
    CHECK(python_float("1_000.5") == 1000.5);
    CHECK(python_float("+1e3") == 1000.0);
    CHECK(python_float(".5") == 0.5);
    for (const char* bad : {"", "-", "1__0", "_1", "0x10", "1,5", "1 2", "1e", "abc"}) {
        CAPTURE(bad);
        CHECK_FALSE(python_float(bad));
    }
    CHECK(python_float("nan").has_value());
    CHECK(python_int(" +42 ") == 42);
    CHECK(python_int("-7") == -7);
    CHECK(python_int("007") == 7);
    for (const char* bad : {"", "+", "4.0", "0x8", "1e3", "99999999999999999999", "+-1"}) {
        CAPTURE(bad);
        CHECK_FALSE(python_int(bad));
    }
}

TEST_CASE("slipsdev: each byte of a log that is not UTF-8 becomes U+FFFD") {
    CHECK(to_python_json(Json("a\xf7\xbf\xbf\xbf"
                              "b")) == R"("a\ufffd\ufffd\ufffd\ufffdb")");
    CHECK(to_python_json(Json("\xed\xa0\x80\xc0\x80\xe2\x82")) == R"("\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")");
    CHECK(to_python_json(Json("\xc3\xa9\xf0\x9f\x90\x9b")) == R"("\u00e9\ud83d\udc1b")");
}

TEST_CASE("slipsdev: JSON that is invalid or nested too deep") {
    std::string why;
    CHECK_FALSE(parse_json("{\"a\":", why));
    CHECK(why.find("not JSON: ") == 0);
    CHECK_FALSE(parse_json("{\"a\": NaN}", why));
    CHECK(parse_json(R"({"uri": "/\ud800\ud801", "user_agent": "x\udc00y"})", why).value().dump() ==
          "{\"uri\":\"/\xef\xbf\xbd\xef\xbf\xbd\",\"user_agent\":\"x\xef\xbf\xbdy\"}");
    CHECK_FALSE(parse_json("\"\xff\"", why));
    CHECK_FALSE(parse_json(std::string(100'000, '['), why));
    CHECK(why.find("nested deeper") != std::string::npos);
    CHECK(parse_json(std::string(200, '[') + std::string(200, ']'), why));
    CHECK(parse_json("\"" + std::string(1000, '[') + "\"", why));  // brackets in text do not count
}

TEST_CASE("slipsdev: JSON with very many values or keys takes little memory and time") {
    std::string why;
    std::string many = "[";
    for (int i = 0; i < 1'000'001; ++i) many += "0,";
    CHECK_FALSE(parse_json(many + "0]", why));
    CHECK(why == "JSON of more than 1000000 values");
    CHECK(parse_json("\"" + std::string(2'000'000, ',') + "\"", why));

    std::string keys = "{";
    for (int i = 0; i < 300'000; ++i) keys += "\"" + std::to_string(i) + "\":[{}],";
    const auto json = parse_json(keys + "\"5\":null}", why);  // the last of two counts, at the place of the first
    REQUIRE(json);
    CHECK(json->size() == 300'000);
    CHECK(json->begin()->dump() == "[{}]");
    CHECK(json->at("5").is_null());
    CHECK(std::next(json->begin(), 5).key() == "5");
    CHECK(parse_json(R"({"a": 1, "b": {"a": [1, {"c": -2.5, "c": true}], "a": "x"}, "a": {}})", why).value().dump() ==
          R"({"a":{},"b":{"a":"x"}})");
    CHECK_FALSE(parse_json("{\"a\": 1e999}", why));
    CHECK(why.starts_with("not JSON: number overflow"));
}

TEST_CASE("slipsdev: SHA-1") {
    CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1_hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    // Lengths around the padding's edge
    CHECK(sha1_hex(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
    CHECK(sha1_hex(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
    CHECK(sha1_hex(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
}

TEST_CASE("slipsdev: times") {
    CHECK(micros_from_epoch(0.5) == 500'000);
    CHECK(micros_from_epoch(30.043784) == 30'043'784);
    CHECK(micros_from_epoch(-1.25) == -1'250'000);
    CHECK(micros_from_epoch(0.0000005) == 0);  // half to even
    CHECK(micros_from_epoch(0.0000015) == 2);
    CHECK_FALSE(micros_from_epoch(1654188705000.0));  // milliseconds
    CHECK_FALSE(micros_from_epoch(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(micros_from_epoch(std::numeric_limits<double>::infinity()));

    const Micros moment = 1'654'188'717'250'000;  // 2022-06-02 16:51:57.25 UTC
    CHECK(iso_time(moment, 0) == "2022-06-02T16:51:57.250000+00:00");
    CHECK(iso_time(moment - 250'000, 7200) == "2022-06-02T18:51:57+02:00");
    CHECK(iso_time(moment, -5400) == "2022-06-02T15:21:57.250000-01:30");
    CHECK(format_time(moment, "%Y/%m/%d %H:%M:%S.%f%z", 0) == "2022/06/02 16:51:57.250000+0000");
    CHECK(iso_time(-1'000'000, 0) == "1969-12-31T23:59:59+00:00");
}

TEST_CASE("slipsdev: strptime") {
    const ZoneOfTheTest zone("EST5");
    const Micros moment = 1'654'188'717'000'000;
    CHECK(micros_from_text("2022-06-02T16:51:57+00:00", "%Y-%m-%dT%H:%M:%S%z") == moment);
    CHECK(micros_from_text("2022-06-02T18:51:57.5+0200", "%Y-%m-%dT%H:%M:%S.%f%z") == moment + 500'000);
    CHECK(micros_from_text("2022-06-02T16:51:57Z", "%Y-%m-%dT%H:%M:%S%z") == moment);
    CHECK(micros_from_text("2022/6/2-11:51:57", "%Y/%m/%d-%H:%M:%S") == moment);  // local
    CHECK(local_offset(moment) == -5 * 3600);
    const auto bad = [](const char* text, const char* format) {
        CAPTURE(text);
        CHECK_FALSE(micros_from_text(text, format));
    };
    bad("2022-06-02T16:51:57", "%Y-%m-%dT%H:%M:%S%z");
    bad("2022-06-02T16:51:57.1234567+00:00", "%Y-%m-%dT%H:%M:%S.%f%z");
    bad("2022-02-30T16:51:57Z", "%Y-%m-%dT%H:%M:%S%z");
    bad("2022-06-02T24:51:57Z", "%Y-%m-%dT%H:%M:%S%z");
    bad("2022-06-02", "%Y-%m-%dT%H:%M:%S");
    bad("2022-06-02T16:51:57 ", "%Y-%m-%dT%H:%M:%S");
}
