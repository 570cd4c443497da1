// Slips' configuration.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <slips/slips.hpp>

#include "slips/config.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/generation.hpp"
#include "slips/impl/program/config_file.hpp"
#include "slips/impl/program/slips_conf.hpp"

namespace {

slips::Config config(std::string_view json) {
    std::string error;
    const auto parsed = slips::Config::parse(json, error);
    REQUIRE_MESSAGE(parsed, error);
    return *parsed;
}

const std::string_view sections =
    R"({"parameters": {"time_window_width": 300, "pcapfilter": "no", "client_ips": ["10.0.0.1"],
    "rate": 0.5, "debug": true, "nothing": null}, "DisabledAlerts": {"disabled_detections": []}})";

}  // namespace

TEST_CASE("config: a named file is JSON, whatever blanks, line ends and byte order mark come first") {
    const auto& legacy = slips::detail::dialect_of(slips::Generation::legacy);
    for (const std::string start : {"", " ", "\n", " \t\r\n\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n  "}) {
        CAPTURE(start);
        const std::string text = start + R"({"own": {"key": "value"}})";
        CHECK(slips::detail::is_yaml(text, "slips.conf", &legacy));
#ifndef SLIPS_SDK_YAML
        std::string problem;
        const auto json = slips::detail::config_to_json(true, text, problem);
        REQUIRE_MESSAGE(json, problem);
        const auto config = slips::Config::parse(*json, problem);
        REQUIRE(config);
        CHECK(config->get("own", "key", "") == "value");
#endif
        CHECK_FALSE(slips::detail::is_yaml(start + "[own]\nkey = value\n", "slips.yaml", nullptr));
    }
    CHECK(slips::detail::is_yaml("", "slips.yaml", nullptr));
    CHECK_FALSE(slips::detail::is_yaml("\xEF\xBB\xBF", "slips.conf", nullptr));
}

TEST_CASE("config: values have the requested type") {
    const auto slips = config(sections);
    CHECK(slips.get("parameters", "time_window_width", 3600.0) == 300.0);
    CHECK(slips.get("parameters", "time_window_width", 3600) == 300);
    CHECK(slips.get("parameters", "rate", 1.0) == 0.5);
    CHECK(slips.get("parameters", "debug", false));
    CHECK(slips.get("parameters", "pcapfilter", true) == false);
    CHECK(slips.get("parameters", "pcapfilter", "yes") == "no");
    CHECK(slips.get("parameters", "client_ips", std::vector<std::string>{}) == std::vector<std::string>{"10.0.0.1"});
    CHECK(slips.has("parameters", "rate"));
}

TEST_CASE("config: unset values return the fallback") {
    const auto slips = config(sections);
    CHECK(slips.get("parameters", "nothing", 7) == 7);
    CHECK(slips.get("parameters", "no such key", "x") == "x");
    CHECK(slips.get("no such section", "key", 1.5) == 1.5);
    CHECK_FALSE(slips.has("parameters", "nothing"));
    CHECK(slips::Config().empty());
    CHECK(slips::Config().get("parameters", "rate", 2.0) == 2.0);
}

TEST_CASE("config: text that reads as a number converts to one, as in slips.conf") {
    const auto slips =
        config(R"({"parameters": {"time_window_width": "3600", "analysis_direction": "out", "big": "1e30"}})");
    CHECK(slips.get("parameters", "time_window_width", 1) == 3600);
    CHECK(slips.get("parameters", "time_window_width", 1.0) == 3600.0);
    CHECK(slips.get("parameters", "big", 1.0) == 1e30);
}

TEST_CASE("config: a wrong type names section and key") {
    const auto slips =
        config(R"({"parameters": {"rate": "fast", "half": 0.5, "big": 1e30, "flag": true, "list": [1]}})");
    const auto complaint = [&](auto fallback, std::string_view key) -> std::string {
        try {
            slips.get("parameters", key, fallback);
            return "nothing";
        } catch (const slips::ConfigError& error) {
            return error.what();
        }
    };
    CHECK(complaint(1.0, "rate") == "Slips' configuration: parameters.rate is \"fast\", not a number");
    CHECK(complaint(1, "half") == "Slips' configuration: parameters.half is 0.5, not a whole number");
    CHECK(complaint(std::int64_t{1}, "big") == "Slips' configuration: parameters.big is 1e+30, not a whole number");
    CHECK(complaint(std::uint8_t{1}, "big") == "Slips' configuration: parameters.big is 1e+30, not a whole number");
    CHECK(complaint(1, "flag") == "Slips' configuration: parameters.flag is true, not a whole number");
    CHECK(complaint(false, "half") == "Slips' configuration: parameters.half is 0.5, not yes or no");
    CHECK(complaint(std::string(), "half") == "Slips' configuration: parameters.half is 0.5, not text");
    CHECK(complaint(std::vector<std::string>{}, "list") ==
          "Slips' configuration: parameters.list is [1], not a list of texts");
}

TEST_CASE("config: whole numbers at the limits of their type") {
    const auto slips = config(R"({"n": {"127": 127, "128": 128, "-128": -128, "-129": -129, "-1": -1,
        "most": 9223372036854774784, "beyond": 9223372036854775808}})");
    CHECK(slips.get("n", "127", std::int8_t{}) == 127);
    CHECK(slips.get("n", "-128", std::int8_t{}) == -128);
    CHECK_THROWS_AS(slips.get("n", "128", std::int8_t{}), slips::ConfigError);
    CHECK_THROWS_AS(slips.get("n", "-129", std::int8_t{}), slips::ConfigError);
    CHECK_THROWS_AS(slips.get("n", "-1", std::uint64_t{}), slips::ConfigError);
    CHECK(slips.get("n", "most", std::int64_t{}) == 9223372036854774784);
    CHECK_THROWS_AS(slips.get("n", "beyond", std::int64_t{}), slips::ConfigError);
}

TEST_CASE("config: time_window_width is a number of seconds") {
    CHECK(slips::Config().time_window_width() == 3600);
    CHECK(config(sections).time_window_width() == 300);
    CHECK_THROWS_AS(config(R"({"parameters": {"time_window_width": "wide"}})").time_window_width(), slips::ConfigError);
}

TEST_CASE("config: wait_for_modules_to_finish is a number of minutes") {
    const auto minutes = [](const std::string& json) {
        std::string error;
        return slips::Config::parse(R"({"parameters": {"wait_for_modules_to_finish": )" + json + "}}", error)
            .value()
            .wait_for_modules_to_finish();
    };
    CHECK(slips::Config().wait_for_modules_to_finish() == 15);
    CHECK(minutes(R"("10080 mins")") == 10080);
    CHECK(minutes(R"("0.5 mins")") == 0.5);
    CHECK(minutes(R"("15")") == 15);
    CHECK(minutes("3") == 3);
    for (const char* odd : {R"("a while")", R"("-1 mins")", "null", "[]", "true"}) CHECK(minutes(odd) == 15);
}

TEST_CASE("config: only_one_tw converts to a number, with or without its quotes") {
    for (const char* text : {"only_one_tw", "'only_one_tw'"}) {
        const auto slips = config(R"({"parameters": {"time_window_width": ")" + std::string(text) + R"("}})");
        CHECK(slips.time_window_width() == 9999999999.0);
        CHECK(slips.get("parameters", "time_window_width", 3600.0) == 9999999999.0);
        CHECK(slips.get("parameters", "time_window_width", std::int64_t{3600}) == 9999999999);
        CHECK_THROWS_AS(slips.get("parameters", "time_window_width", std::int32_t{3600}), slips::ConfigError);
        CHECK(slips.get("parameters", "time_window_width", "3600") == text);
    }
}

TEST_CASE("config: keys are also found in lower case, the only form in slips.conf") {
    const auto slips = config(R"({"ExportingAlerts": {"taxii_server": "localhost", "Port": 1, "port": 2}})");
    CHECK(slips.get("ExportingAlerts", "TAXII_server", "") == "localhost");
    CHECK(slips.get("ExportingAlerts", "Port", 0) == 1);
    CHECK(slips.get("ExportingAlerts", "PORT", 0) == 2);
    CHECK(slips.get("exportingalerts", "Port", 0) == 0);
}

TEST_CASE("config: errors name the file, if there is one") {
    std::string error;
    const auto slips = slips::Config::parse(R"({"detection": {"popup_alerts": "maybe"}})", error, "Slips/slips.conf");
    REQUIRE(slips);
    try {
        slips->get("detection", "popup_alerts", false);
        FAIL("it was accepted as yes or no");
    } catch (const slips::ConfigError& wrong) {
        CHECK(std::string(wrong.what()) == "Slips/slips.conf: detection.popup_alerts is \"maybe\", not yes or no");
    }
}

TEST_CASE("config: disabled detections, as a list and as text split the way legacy does") {
    using Names = std::vector<std::string>;
    CHECK(slips::Config().disabled_detections().empty());
    CHECK(config(R"({"DisabledAlerts": {"disabled_detections": ["A", "B"]}})").disabled_detections() ==
          Names{"A", "B"});
    CHECK(config(R"({"DisabledAlerts": {"disabled_detections": "[A, B]"}})").disabled_detections() == Names{"A,", "B"});
    CHECK(config(R"({"DisabledAlerts": {"disabled_detections": " [ ] "}})").disabled_detections().empty());
    CHECK_THROWS_AS(config(R"({"DisabledAlerts": {"disabled_detections": 1}})").disabled_detections(),
                    slips::ConfigError);
}

TEST_CASE("config: slips.conf becomes the JSON that the launcher sends, or an error with the line") {
    std::string error;
    const auto json = [&](std::string_view text) {
        return slips::detail::slips_conf_to_json(text, error).value_or(error);
    };
    CHECK(json("[parameters]\nTime_Window_Width = 300\nlist =\n  a\n\n  b\n\n") ==
          R"({"DEFAULT": {}, "parameters": {"list": "\na\n\nb", "time_window_width": "300"}})");
    CHECK(json("a = 1\n") == "line 1: it precedes the first [section]");
    CHECK(json("[a]\n\n  k\n") == "line 3: it is neither a [section] nor key = value");
    CHECK(json("[a]\nk = 1\nK : 2\n") == "line 3: key k occurs twice in section [a]");
    CHECK(json("[a]\n[b]\n[a]\n") == "line 3: section [a] occurs twice");
}

TEST_CASE("config: the launcher's first line") {
    std::string error;
    const auto config = slips::Config::from_launcher(R"({"config": {"a": {"b": 1}}})", error);
    REQUIRE(config);
    CHECK(config->get("a", "b", 0) == 1);
    CHECK_FALSE(slips::Config::from_launcher(R"({"configuration": {}})", error));
    CHECK(error == "it has no \"config\"");
    CHECK_FALSE(slips::Config::from_launcher("[1]", error));
    CHECK(error == "it is not a JSON object");
    CHECK_FALSE(slips::Config::from_launcher("{", error));
    CHECK(error == "it is not JSON");
}
