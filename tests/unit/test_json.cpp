// The interface to the JSON parser: text into members by a table, and JSON text from any bytes.
#include "slips/impl/wire/json.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/impl/wire/table.hpp"
#include "slips/timestamp.hpp"

namespace wire = slips::wire;
using wire::DecodeError;

namespace {

struct Inner {
    std::string name{};
    std::optional<std::int64_t> number{};
};

/// One member of each type that a table supports.
struct Everything {
    std::string text{};
    std::optional<double> real{};
    std::optional<std::int64_t> integer{};
    std::optional<int> port{};
    std::optional<bool> boolean{};
    slips::Timestamp time{};
    std::vector<std::string> texts{};
    std::vector<double> numbers{};
    std::string ip{};
    Inner inner{};
};

inline constexpr std::array inner_fields{wire::required<&Inner::name>("name"),
                                         wire::optional<&Inner::number>("number")};
inline constexpr wire::Table inner{.fields = inner_fields};

template <bool InnerNeeded>
struct Tables {
    static constexpr std::array fields{
        wire::optional<&Everything::text>("text"),
        wire::optional<&Everything::real>("real"),
        wire::optional<&Everything::integer>("integer"),
        wire::optional<&Everything::port>("port"),
        wire::optional<&Everything::boolean>("boolean"),
        wire::optional<&Everything::time>("time"),
        wire::optional<&Everything::texts>("texts"),
        wire::optional<&Everything::numbers>("numbers"),
        wire::object<&Everything::inner>("inner", inner, InnerNeeded),
    };
    static constexpr wire::Table table{.fields = fields};
};
constexpr const wire::Table& everything = Tables<false>::table;
constexpr const wire::Table& with_inner = Tables<true>::table;

inline constexpr std::array address_fields{wire::address<&Everything::ip>("ip")};
inline constexpr wire::Table address{.fields = address_fields};

/// Returns the decoded object; fails the test if it cannot be decoded.
Everything decoded(std::string_view text, const wire::Table& table = everything) {
    Everything object;
    DecodeError error;
    const bool good = wire::decode_object(text, table, &object, error);
    CAPTURE(std::string(text.substr(0, 200)));
    CAPTURE(error.what);
    CHECK(good);
    CHECK(error.what.empty());
    return object;
}

/// Returns the error of a text that cannot be decoded, or of an optional field that is left out, "" if there is none.
std::string fault(std::string_view text, const wire::Table& table = everything) {
    Everything object;
    DecodeError error;
    if (wire::decode_object(text, table, &object, error))
        return error.left_out.empty() ? "" : "left out: " + error.left_out.front();
    CHECK_FALSE(error.what.empty());
    return error.what;
}

std::string json_of(std::string_view text) {
    std::string out;
    wire::append_json(out, text);
    return out;
}

}  // namespace

// --- writing -------------------------------------------------------------------------------------------------

TEST_CASE("text is written as Python's json.dumps writes it") {
    CHECK(json_of("") == R"("")");
    CHECK(json_of("plain ~ text") == R"("plain ~ text")");
    CHECK(json_of(R"(a "b" \ /)") == R"("a \"b\" \\ /")");
    CHECK(json_of("\n\r\t\b\f") == R"("\n\r\t\b\f")");
    CHECK(json_of(std::string_view("\0", 1)) == R"("\u0000")");
    CHECK(json_of("\x7f") == "\"\x7f\"");  // json.dumps leaves it, too
    CHECK(json_of("caf\xc3\xa9") == R"("caf\u00e9")");
    CHECK(json_of("\xe2\x82\xac\xef\xbf\xbd") == R"("\u20ac\ufffd")");
    CHECK(json_of("\xf0\x9f\x90\x9b") == R"("\ud83d\udc1b")");
    CHECK(json_of("\xf4\x8f\xbf\xbf") == R"("\udbff\udfff")");
    CHECK(json_of("\xf0\x90\x80\x80") == R"("\ud800\udc00")");
}

TEST_CASE("every control character is escaped and read back") {
    for (int c = 0; c < 0x20; ++c) {
        const std::string text(1, static_cast<char>(c));
        const std::string json = json_of("a" + text + "b");
        for (const char byte : json) CHECK(byte >= 0x20);
        CHECK(nlohmann::json::parse(json).get<std::string>() == "a" + text + "b");
    }
}

TEST_CASE("each invalid UTF-8 byte becomes U+FFFD, and the text after it is kept") {
    const std::string bad = R"(\ufffd)";
    const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
    CHECK(json_of("\x80") == quoted(bad));                       // a lone continuation
    CHECK(json_of("\xff\xfe") == quoted(bad + bad));             // never valid
    CHECK(json_of("\xc3") == quoted(bad));                       // cut off
    CHECK(json_of("\xc3(") == quoted(bad + "("));                // not continued
    CHECK(json_of("\xe2\x82") == quoted(bad + bad));             // cut off after two
    CHECK(json_of("\xe2\x82\"") == quoted(bad + bad + "\\\""));  // the quote is still escaped
    CHECK(json_of("\xf0\x9f\x90") == quoted(bad + bad + bad));   // cut off after three
    CHECK(json_of("\xc0\xaf") == quoted(bad + bad));             // overlong '/'
    CHECK(json_of("\xc1\xbf") == quoted(bad + bad));
    CHECK(json_of("\xe0\x80\xaf") == quoted(bad + bad + bad));            // overlong in three
    CHECK(json_of("\xf0\x80\x80\xaf") == quoted(bad + bad + bad + bad));  // overlong in four
    CHECK(json_of("\xed\xa0\x80") == quoted(bad + bad + bad));            // a surrogate, U+D800
    CHECK(json_of("\xed\xbf\xbf") == quoted(bad + bad + bad));            // a surrogate, U+DFFF
    CHECK(json_of("\xed\x9f\xbf") == quoted(R"(\ud7ff)"));                // the last before them
    CHECK(json_of("\xf4\x90\x80\x80") == quoted(bad + bad + bad + bad));  // above U+10FFFF
    CHECK(json_of("\xf8\x88\x80\x80\x80") == quoted(bad + bad + bad + bad + bad));
    CHECK(json_of("\xc3\xc3\xa9") == quoted(bad + R"(\u00e9)"));  // valid after invalid
}

TEST_CASE("any two bytes become ASCII JSON") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
            const std::string json = json_of(std::string_view(bytes, 2));
            bool ascii = true;
            for (const char c : json) ascii = ascii && c >= 0x20;
            REQUIRE(ascii);
            REQUIRE(nlohmann::json::accept(json));
        }
    }
}

TEST_CASE("objects have Python's separators") {
    std::string out = "before ";
    wire::ObjectWriter(out)
        .text(std::string("a \"key\""), "text")
        .raw("raw", "null")
        .number("number", 1)
        .number("small", 1e-7)
        .integer("integer", -5)
        .texts("texts", {"x", "\xff"})
        .texts("none", {})
        .end();
    CHECK(out == R"(before {"a \"key\"": "text", "raw": null, "number": 1.0, "small": 1e-07, "integer": -5, )"
                 R"("texts": ["x", "\ufffd"], "none": []})");
    std::string empty;
    wire::ObjectWriter(empty).end();
    CHECK(empty == "{}");
}

// --- reading: what a member accepts ---------------------------------------------------------------------------

TEST_CASE("a text member accepts text, numbers as Python spells them; false and null clear it") {
    const auto text = [](std::string_view value) { return decoded("{\"text\": " + std::string(value) + "}").text; };
    CHECK(text(R"("a \"b\" \u00e9 \ud83d\udc1b")") == "a \"b\" \xc3\xa9 \xf0\x9f\x90\x9b");
    CHECK(text("5") == "5");
    CHECK(text("-0.5") == "-0.5");
    CHECK(text("1e16") == "1e+16");
    CHECK(text("18446744073709551615") == "1.8446744073709552e+19");
    CHECK(text("false").empty());
    CHECK(text("null").empty());
    CHECK(fault(R"({"text": true})") == "left out: text is true or false, expected text");
    CHECK(fault(R"({"text": {}})") == "left out: text is an object, expected text");
    CHECK(fault(R"({"text": []})") == "left out: text is a list, expected text");
}

TEST_CASE("a number member accepts numbers and numeric text, nothing else") {
    const auto real = [](std::string_view value) { return decoded("{\"real\": " + std::string(value) + "}").real; };
    CHECK(real("0.5") == 0.5);
    CHECK(real("7") == 7.0);
    CHECK(real("-7") == -7.0);
    CHECK(real(R"("0.250000")") == 0.25);
    CHECK(real(R"("1e3")") == 1000.0);
    for (const char* none : {R"("")", R"("-")", R"("abc")", R"("nan")", "null", "false"}) CHECK_FALSE(real(none));
    CHECK(fault(R"({"real": true})") == "left out: real is true or false, expected a number");
}

TEST_CASE("an integer member accepts whole numbers in any notation") {
    const auto integer = [](std::string_view value) {
        return decoded("{\"integer\": " + std::string(value) + "}").integer;
    };
    CHECK(integer("5") == 5);
    CHECK(integer("-5") == -5);
    CHECK(integer("9223372036854775807") == INT64_MAX);
    CHECK(integer("2.0") == 2);
    CHECK(integer(R"("60")") == 60);
    CHECK(integer(R"("2.0")") == 2);
    CHECK(integer(R"("0x0303")") == 0x303);
    for (const char* none :
         {R"("")", R"("-")", R"("0x")", R"("0xzz")", R"("1.5")", R"("many")", R"("nan")", R"("inf")", "null", "false"})
        CHECK_FALSE(integer(none));
    CHECK(fault(R"({"integer": true})") == "left out: integer is true or false, expected an integer");
}

TEST_CASE("a value that is no number is left out and reported, unless it stands for none") {
    CHECK(fault(R"({"real": "abc"})") == "left out: real is text, expected a number");
    CHECK(fault(R"({"integer": "abc"})") == "left out: integer is text, expected an integer");
    CHECK(fault(R"({"port": "http"})") == "left out: port is text, expected a port");
    for (const char* port : {"65536", "-1", "1180591620717411303424"})
        CHECK(fault("{\"port\": " + std::string(port) + "}") == "left out: port is a number, expected a port");
    for (const char* none : {R"("")", R"("-")", "null", "false"}) {
        CAPTURE(none);
        for (const char* key : {"real", "integer", "port"})
            CHECK(fault("{\"" + std::string(key) + "\": " + none + "}").empty());
    }
}

TEST_CASE("an integer that needs more than 64 bits becomes the nearest one") {
    const auto integer = [](std::string_view value) {
        return decoded("{\"integer\": " + std::string(value) + "}").integer;
    };
    const auto same_as_text = [&](const std::string& value) {
        CAPTURE(value);
        CHECK(integer(value) == integer("\"" + value + "\""));
        return integer(value);
    };
    for (const char* most : {"9223372036854775807", "9223372036854775808", "18446744073709551615",
                             "18446744073709551616", "1000000000000000000000000000000", "1e300", "9.3e18"})
        CHECK(same_as_text(most) == INT64_MAX);
    for (const char* least :
         {"-9223372036854775808", "-9223372036854775809", "-1000000000000000000000000000000", "-1e300"})
        CHECK(same_as_text(least) == INT64_MIN);
    CHECK(same_as_text("9007199254740993") == 9007199254740993);
    CHECK(same_as_text("9.1e18") == 9100000000000000000);
    CHECK(same_as_text("-9.1e18") == -9100000000000000000);
    CHECK(same_as_text("-9223372036854775807") == -INT64_MAX);
    CHECK(integer(R"("0xffffffffffffffffff")") == INT64_MAX);
    CHECK(integer("9223372036854774784.0") == 9223372036854774784);
    CHECK(integer("2.9") == 2);
    CHECK(integer("-2.9") == -2);
}

TEST_CASE("a port is 0..65535, or absent") {
    const auto port = [](std::string_view value) { return decoded("{\"port\": " + std::string(value) + "}").port; };
    CHECK(port("0") == 0);
    CHECK(port("65535") == 65535);
    CHECK(port(R"("443")") == 443);
    for (const char* none : {"65536", "-1", R"("70000")", R"("")", R"("http")", "null", "false", "4294967376",
                             "18446744073709551615", R"("1e300")", "-1e300"})
        CHECK_FALSE(port(none));
    CHECK(fault(R"({"port": true})") == "left out: port is true or false, expected a port");
}

TEST_CASE("a bool member accepts Python's, Zeek's and JSON's values") {
    const auto boolean = [](std::string_view value) {
        return decoded("{\"boolean\": " + std::string(value) + "}").boolean;
    };
    for (const char* yes : {"true", R"("T")", R"("True")", R"("true")"}) CHECK(boolean(yes) == true);
    for (const char* no : {"false", R"("F")", R"("False")", R"("false")"}) CHECK(boolean(no) == false);
    for (const char* none : {"null", R"("")", R"("-")"}) CHECK_FALSE(boolean(none).has_value());
    CHECK(fault(R"({"boolean": 1})") == "left out: boolean is a number, expected true or false");
}

TEST_CASE("a time member accepts numbers and any text") {
    const auto time = [](std::string_view value) { return decoded("{\"time\": " + std::string(value) + "}").time; };
    CHECK(time("5.5") == slips::Timestamp(5.5));
    CHECK(time("5") == slips::Timestamp(5));
    CHECK(time(R"("1601998366.785668")").seconds() == 1601998366.785668);
    CHECK(time(R"("some day")").text() == "some day");
    CHECK(time("null").empty());
    CHECK(time("false").empty());
    CHECK(fault(R"({"time": true})") == "left out: time is true or false, expected a time");
}

TEST_CASE("lists accept lists, and a single value as a list of one") {
    const auto texts = [](std::string_view value) { return decoded("{\"texts\": " + std::string(value) + "}").texts; };
    CHECK(texts(R"(["a", "b"])") == std::vector<std::string>{"a", "b"});
    CHECK(texts(R"(["a", 5, null, ""])") == std::vector<std::string>{"a", "5"});
    CHECK(texts(R"("a")") == std::vector<std::string>{"a"});
    for (const char* none : {"[]", R"("")", "null", "false"}) CHECK(texts(none).empty());
    CHECK(fault(R"({"texts": true})") == "left out: texts is true or false, expected a list of texts");
    CHECK(fault(R"({"texts": [["a"]]})") == "left out: texts is a list, expected a list of texts");
    CHECK(fault(R"({"texts": [{"a": 1}]})") == "left out: texts is an object, expected a list of texts");

    const auto numbers = [](std::string_view value) {
        return decoded("{\"numbers\": " + std::string(value) + "}").numbers;
    };
    CHECK(numbers("[1, 2.5]") == std::vector<double>{1, 2.5});
    CHECK(numbers(R"("15.000000,105.000000")") == std::vector<double>{15, 105});
    CHECK(numbers(R"("15,-,x,")") == std::vector<double>{15});
    for (const char* none : {"[]", R"("")", "null", "false"}) CHECK(numbers(none).empty());
    CHECK(fault(R"({"numbers": true})") == "left out: numbers is true or false, expected a list of numbers");
}

TEST_CASE("a message with an invalid address is refused") {
    CHECK(decoded(R"({"ip": "fe80::1%eth0"})", address).ip == "fe80::1%eth0");
    for (const char* bad : {R"("")", R"("no address")", R"("1.2.3")", "5", "null", "false"})
        CHECK(fault("{\"ip\": " + std::string(bad) + "}", address).ends_with(", expected an IP address"));
    CHECK(fault("{}", address) == "ip is missing, expected an IP address");
}

// --- reading: the walk ---------------------------------------------------------------------------------------

TEST_CASE("the last of duplicate keys wins, as in Python") {
    CHECK(decoded(R"({"text": "a", "text": "b"})").text == "b");
    CHECK(decoded(R"({"text": "a", "text": null})").text.empty());
    CHECK(decoded(R"({"texts": ["a", "b"], "texts": ["c"]})").texts == std::vector<std::string>{"c"});
    CHECK(decoded(R"({"texts": ["a"], "texts": "c"})").texts == std::vector<std::string>{"c"});
    CHECK(decoded(R"({"texts": ["a"], "texts": null})").texts.empty());
    CHECK(decoded(R"({"numbers": [1], "numbers": "2,3"})").numbers == std::vector<double>{2, 3});
    const auto twice = decoded(R"({"inner": {"name": "a", "number": 5}, "inner": {"name": "b"}})").inner;
    CHECK(twice.name == "b");
    CHECK_FALSE(twice.number);
    CHECK(fault(R"({"inner": {"name": "a"}, "inner": {}})") == "name is missing, expected text");
    CHECK(decoded(R"({"inner": {"name": "a", "number": 5}, "inner": "{\"name\": \"b\"}"})").inner.name == "b");
}

TEST_CASE("keys may have any order, and unknown ones are skipped with their content") {
    const auto object =
        decoded(R"({"x": {"text": "wrong", "y": [{"text": "wrong"}, [1, [2]], null]}, "port": 1, "text": "right", )"
                R"("z": [[{"inner": {}}]], "integer": 2, "": 3, "real": 4})");
    CHECK(object.text == "right");
    CHECK(object.port == 1);
    CHECK(object.integer == 2);
    CHECK(object.real == 4.0);
}

TEST_CASE("decoding clears previous values, also of members that the new text does not contain") {
    Everything object;
    DecodeError error;
    REQUIRE(wire::decode_object(
        R"({"text": "a", "real": 1, "integer": 1, "port": 1, "boolean": true, "time": 1, "texts": ["a"], "numbers": [1], )"
        R"("inner": {"name": "a", "number": 1}})",
        everything, &object, error));
    CHECK(object.inner.number == 1);
    REQUIRE(wire::decode_object("{}", everything, &object, error));
    CHECK(object.text.empty());
    CHECK_FALSE(object.real);
    CHECK_FALSE(object.integer);
    CHECK_FALSE(object.port);
    CHECK_FALSE(object.boolean);
    CHECK(object.time.empty());
    CHECK(object.texts.empty());
    CHECK(object.numbers.empty());
    CHECK(object.inner.name.empty());
    CHECK_FALSE(object.inner.number);
}

TEST_CASE("a nested value is an object, or the JSON text of one") {
    CHECK(decoded(R"({"inner": {"name": "a", "x": {"name": "b"}, "number": "5"}})", with_inner).inner.number == 5);
    CHECK(decoded(R"({"inner": "{\"name\": \"a \\\"b\\\" \\u00e9\"}", "text": "after"})", with_inner).text == "after");
    CHECK(decoded(R"({"inner": "{\"name\": \"a \\\"b\\\" \\u00e9\"}"})", with_inner).inner.name == "a \"b\" \xc3\xa9");
    CHECK(fault(R"({"inner": {"number": 5}})", with_inner) == "name is missing, expected text");
    CHECK(fault(R"({"inner": "no JSON"})", with_inner) == "inner: not JSON");
    CHECK(fault(R"({"inner": "{\"number\": 5}"})", with_inner) == "inner: name is missing, expected text");
    CHECK(fault(R"({"inner": "[]"})", with_inner) == "inner: a list, expected an object");
    CHECK(fault("{}", with_inner) == "inner is missing, expected an object");
    CHECK(fault(R"({"inner": null})", with_inner) == "inner is null, expected an object");
    CHECK(fault(R"({"inner": 5})", with_inner) == "inner is a number, expected an object");
    CHECK(fault(R"({"inner": []})", with_inner) == "inner is a list, expected an object");
    // an optional one may be anything
    for (const char* other : {"null", "5", "false", R"("text")", "[]", "[1, {}]"})
        CHECK(decoded("{\"inner\": " + std::string(other) + R"(, "text": "after"})").text == "after");
}

TEST_CASE("text that is not an object is refused with one message") {
    CHECK(fault("[]") == "a list, expected an object");
    CHECK(fault("5") == "a number, expected an object");
    CHECK(fault("\"text\"") == "text, expected an object");
    CHECK(fault("null") == "null, expected an object");
    CHECK(fault("true") == "true or false, expected an object");
    for (const char* text : {"",
                             " ",
                             "{",
                             "{\"text\"",
                             "{\"text\": ",
                             "{\"text\": \"a",
                             "{\"text\": \"a\"",
                             "}",
                             "plain text",
                             "{} trailing",
                             "{}{}",
                             "{\"a\": NaN}",
                             "{\"a\": Infinity}",
                             "{\"a\": -Infinity}",
                             "{'a': 1}",
                             "{\"a\": 01}",
                             "{\"a\": 1,}",
                             "{\"a\" 1}",
                             "{\"a\": \"\\x\"}",
                             "{\"a\": \"\\ud80\"}",
                             "{\"a\": \"\\ud800}",
                             "{\"a\": \"\xff\"}",
                             "{\"a\": \"\xc3\"}",
                             "{\"a\": \"\n\"}",
                             "{\"a\": 1e999}"}) {
        CAPTURE(text);
        CHECK(fault(text) == "not JSON");
    }
}

TEST_CASE("half a surrogate pair, which Python writes and reads, becomes U+FFFD") {
    const std::string bad = "\xef\xbf\xbd";
    const auto text = [](const std::string& value) {
        return decoded(R"({"texts": ["before"], "text": ")" + value + R"(", "port": 7})");
    };
    CHECK(text(R"(\ud800)").text == bad);
    CHECK(text(R"(/\ud800\uD801)").text == "/" + bad + bad);
    CHECK(text(R"(x\uDC00y)").text == "x" + bad + "y");
    CHECK(text(R"(\udbff\u0041)").text == bad + "A");
    CHECK(text(R"(\udfff\ud83d\ude00\ud83d)").text == bad + "\xf0\x9f\x98\x80" + bad);
    CHECK(text(R"(\\ud800\ud800)").text == "\\ud800" + bad);  // the first is an escaped backslash
    const Everything object = text(R"(\ud800)");
    CHECK(object.texts == std::vector<std::string>{"before"});  // read once, though the text is parsed twice
    CHECK(object.port == 7);
    CHECK(decoded(R"({"a": {"\ud800": ["\udc00"]}, "text": "b"})").text == "b");
    CHECK(fault(R"({"text": {}, "a": "\ud800"})") == "left out: text is an object, expected text");
    CHECK(fault(R"({"a": "\ud800", "b": NaN})") == "not JSON");
    Everything nested;
    DecodeError error;
    CHECK(wire::decode_object(R"({"inner": "{\"name\": \"\\ud800\"}"})", with_inner, &nested, error));
    CHECK(nested.inner.name == bad);
}

TEST_CASE("an integer of any number of digits is read as the nearest one, like Python's") {
    const auto integer = [](const std::string& value) { return decoded("{\"integer\": " + value + "}").integer; };
    CHECK(integer(std::string(309, '9')) == INT64_MAX);
    CHECK(integer("-" + std::string(401, '1')) == INT64_MIN);
    CHECK(decoded("{\"x\": " + std::string(5000, '1') + ", \"text\": \"a\"}").text == "a");
    CHECK(decoded("{\"text\": \"" + std::string(401, '1') + "\", \"x\": \"\\ud800\"}").text == std::string(401, '1'));
    for (const char* before : {"0", "1e", "1.5e", "1e+"})
        CHECK(fault("{\"a\": " + (before + std::string(401, '1')) + "}") == "not JSON");
    CHECK(decoded("{\"real\": 1e-" + std::string(401, '1') + ", \"x\": \"\\ud800\"}").real == 0.0);
    CHECK(fault("{\"a\": " + std::string(401, '1') + ".5}") == "not JSON");
}

TEST_CASE("the same error has the same message; its position is in the detail") {
    Everything object;
    DecodeError first;
    DecodeError second;
    wire::decode_object("{\"text\": ", everything, &object, first);
    wire::decode_object("{\"text\": \"abc\", ", everything, &object, second);
    CHECK(first.what == second.what);
    CHECK(first.detail.starts_with("at byte "));
    CHECK(first.detail != second.detail);
}

TEST_CASE("every truncated text is an error, never a crash") {
    const std::string text =
        R"({"text": "a\u00e9\"", "texts": ["a", 1], "inner": {"name": "x"}, "x": [{"y": [1, 2]}], "real": -1.5e3})";
    CHECK(fault(text).empty());
    for (std::size_t length = 0; length < text.size(); ++length) CHECK_FALSE(fault(text.substr(0, length)).empty());
}

TEST_CASE("deep nesting does not exhaust the stack") {
    const std::size_t depth = 100'000;
    const std::string lists = std::string(depth, '[') + std::string(depth, ']');
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += "{\"text\": ";
    objects += "5" + std::string(depth, '}');
    CHECK(decoded("{\"x\": " + lists + ", \"text\": \"after\"}").text == "after");
    CHECK(decoded("{\"x\": " + objects + ", \"text\": \"after\"}").text == "after");
    CHECK(decoded("{\"inner\": " + lists + ", \"text\": \"after\"}").text == "after");
    CHECK(decoded("{\"inner\": {\"x\": " + objects + ", \"name\": \"a\"}, \"text\": \"after\"}").text == "after");
    CHECK(fault(objects) == "left out: text is an object, expected text");
    CHECK(fault(lists) == "a list, expected an object");
    CHECK(fault("{\"texts\": " + lists + "}") == "left out: texts is a list, expected a list of texts");
    CHECK(fault(std::string(depth, '[')) == "a list, expected an object");
    CHECK(fault("{\"x\": " + std::string(depth, '{')) == "not JSON");
}

TEST_CASE("texts of 10 MB and lists of a million numbers are read") {
    const std::string long_text(10'000'000, 'x');
    CHECK(decoded("{\"text\": \"" + long_text + "\", \"port\": 1}").text.size() == long_text.size());
    CHECK(decoded("{\"y\": \"" + long_text + "\", \"port\": 1}").port == 1);
    CHECK(decoded("{\"" + long_text + "\": 1, \"port\": 1}").port == 1);
    CHECK_FALSE(decoded("{\"real\": \"" + long_text + "\"}").real);
    CHECK_FALSE(decoded("{\"integer\": \"" + long_text + "\"}").integer);
    CHECK(fault("{\"inner\": \"" + long_text + "\"}", with_inner) == "inner: not JSON");
    std::string many = "{\"numbers\": [0";
    for (int i = 0; i < 1'000'000; ++i) many += ",1";
    CHECK(decoded(many + "]}").numbers.size() == 1'000'001);
}

TEST_CASE("too_deep() counts brackets outside of strings") {
    CHECK_FALSE(wire::too_deep(R"({"a": [1, {"b": "[[[[[["}]})"));
    CHECK_FALSE(wire::too_deep(""));
    CHECK_FALSE(wire::too_deep("]]]}}}"));
    CHECK_FALSE(wire::too_deep("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '[') + "\""));
    CHECK(wire::too_deep(std::string(1000, '[')));
    CHECK(wire::too_deep("\"\\\\\"" + std::string(1000, '{')));
}
