// slips.yaml as current Slips reads it. Expected values are those of yaml.safe_load() of PyYAML 6.0.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "slips/config.hpp"
#include "slips/impl/program/slips_yaml.hpp"

namespace {

std::string json(std::string_view yaml) {
    std::string error;
    return slips::detail::slips_yaml_to_json(yaml, error).value_or(error);
}

std::string value(const std::string& scalar) {
    const std::string all = json("s:\n  k: " + scalar + "\n");
    CHECK(all.starts_with(R"({"s": {"k": )"));
    return all.substr(12, all.size() - 14);
}

}  // namespace

TEST_CASE("slips.yaml: unquoted scalars have the types that PyYAML gives them") {
    for (const char* text : {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
        CHECK(value(text) == "true");
    for (const char* text : {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
        CHECK(value(text) == "false");
    for (const char* text : {"~", "null", "Null", "NULL", ""}) CHECK(value(text) == "null");
    struct Case {
        const char* yaml;
        const char* json;
    };
    for (const Case& one : std::vector<Case>{{"0", "0"},
                                             {"1", "1"},
                                             {"+5", "5"},
                                             {"-1", "-1"},
                                             {"1_000", "1000"},
                                             {"007", "7"},
                                             {"-010", "-8"},
                                             {"0x1F", "31"},
                                             {"-0x10", "-16"},
                                             {"0b101", "5"},
                                             {"9999999999", "9999999999"},
                                             {"0.25", "0.25"},
                                             {"3.0", "3.0"},
                                             {".5", "0.5"},
                                             {"1.", "1.0"},
                                             {"-1.5", "-1.5"},
                                             {"1.0e+5", "100000.0"}})
        CHECK(value(one.yaml) == one.json);
    for (const char* text : {"1e5",         "1.0e5",      "08",
                             "0o10",        "0b2",        "0xG",
                             "_1",          "1.2.3",      "10.0.0.1",
                             "11.0.0.0/24", "-.5",        "y",
                             "n",           "yEs",        "nUll",
                             ".",           "30min",      "10080 mins",
                             "only_one_tw", "modules/x/", "a#b",
                             ".inf",        ".nan",       "12:30",
                             "2022-01-01",  "1.0e+400",   "0xffffffffffffffffff"})
        CHECK(value(text) == std::string(1, '"') + text + '"');
}

TEST_CASE("slips.yaml: quoted and multi-line text stays text") {
    CHECK(value("'only_one_tw'") == R"("only_one_tw")");
    CHECK(value("\"yes\"") == R"("yes")");
    CHECK(value("'1'") == R"("1")");
    CHECK(value("\"~\"") == R"("~")");
    CHECK(value("''") == R"("")");
    CHECK(value("!!str 1") == R"("1")");
    CHECK(value("a\n    b  # c") == R"("a b")");
    CHECK(value("|\n    1") == R"("1\n")");
    CHECK(value("\xc3\xbc\xf0\x9f\x9a\xa8") == R"("\u00fc\ud83d\udea8")");
}

TEST_CASE("slips.yaml: lists, mappings, sections") {
    CHECK(value("[]") == "[]");
    CHECK(value("[A, 'B', 1, yes, ~]") == R"(["A", "B", 1, true, null])");
    CHECK(value("\n  - A\n  - B") == R"(["A", "B"])");
    CHECK(value("{a: {b: [1]}}") == R"({"a": {"b": [1]}})");
    CHECK(json("# c\n---\na:\n  k : 1\n  # l: 2\n\nb:\nc: {}\n") == R"({"a": {"k": 1}, "c": {}})");
    CHECK(json("a: &x {k: 1}\nb: *x\n") == R"({"a": {"k": 1}, "b": {"k": 1}})");
}

TEST_CASE("slips.yaml: errors name the line, section and key") {
    CHECK(json("a:\n  k: 1\n  time_window_width = 86400\n  l: 2\n") == "line 4: illegal map value");
    CHECK(json("a:\n  k: [1,2\n").starts_with("line "));
    CHECK(json("a:\n\tk: 1\n").starts_with("line 2: "));
    CHECK(json("") == "line 1: it is empty");
    CHECK(json("[]") == "line 1: it is not a mapping of sections");
    CHECK(json("just text") == "line 1: it is not a mapping of sections");
    CHECK(json("version: 2\na: {k: 1}\nb: [1]\n") ==
          R"({"a": {"k": 1}})");  // entries that are not sections are ignored
    CHECK(json("a:\n  k:\n    l: !python/name:os.system 1\n") ==
          "line 3, a.k.l: the tag !python/name:os.system is unknown");
    CHECK(json("a:\n  [1]: 1\n") == "line 2, a: a key is not text");
    CHECK(json("a: {}\n---\nb: {}\n") == "it contains several documents, separated by ---");
    CHECK(json("{a: {k: 1}},\n") ==
          "it contains several documents, separated by ---");  // yaml-cpp 0.7 would read this forever
    CHECK(json(",").starts_with("it contains several"));
}

TEST_CASE("slips.yaml: recursive aliases and documents that expand too far are refused") {
    CHECK(json("s:\n  k: &a [*a]\n") == "line 2, s.k: it is too large or too deeply nested");
    std::string yaml = "s:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        yaml += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int j = 1; j < 10; ++j) yaml += ", " + last;
        yaml += "]\n";
    }
    CHECK(json(yaml).ends_with("it is too large or too deeply nested"));

    // few values, many bytes
    yaml = "s:\n  k: &a \"" + std::string(100'000, 'x') + "\"\n  l: [*a";
    for (int i = 0; i < 100; ++i) yaml += ", *a";
    CHECK(json(yaml + "]\n").ends_with("it is too large or too deeply nested"));
}

TEST_CASE("slips.yaml: a Config returns values in the requested type") {
    std::string error;
    const auto text =
        slips::detail::slips_yaml_to_json("parameters:\n  time_window_width: only_one_tw\n  deletePrevdb: off\n"
                                          "DisabledAlerts:\n  disabled_detections: [ARP_SCAN, LONG_CONNECTION]\n",
                                          error);
    REQUIRE_MESSAGE(text, error);
    const auto config = slips::Config::parse(*text, error);
    REQUIRE_MESSAGE(config, error);
    CHECK(config->get("parameters", "time_window_width", 3600.0) == 9999999999.0);
    CHECK_FALSE(config->get("parameters", "deletePrevdb", true));
    CHECK(config->disabled_detections() == std::vector<std::string>{"ARP_SCAN", "LONG_CONNECTION"});
}

TEST_CASE("slips::yaml changes the name of the inline namespace") {
#ifdef SLIPS_SDK_SEPARATE_COMPILATION
    CHECK(std::is_same_v<slips::Config, slips::v0_separate_yaml::Config>);
#else
    CHECK(std::is_same_v<slips::Config, slips::v0_yaml::Config>);
#endif
}
