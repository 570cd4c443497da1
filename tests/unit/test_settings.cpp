// Settings of a module: declared in its info, read from its section of Slips' configuration.
#include "slips/setting.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "slips/impl/program/describe.hpp"
#include "slips/impl/program/slips_conf.hpp"
#include "slips/impl/session/setting_check.hpp"
#include "slips/slips.hpp"
#include "slips/testing.hpp"

using slips::Generation;
using slips::Setting;
using slips::testing::Failure;
using slips::testing::Harness;
using slips::testing::Settings;
using Lines = std::vector<std::string>;

namespace {

struct Tuned : slips::Module<Tuned> {
    static constexpr Setting<int> many{
        .name = "many", .by_default = 20, .min = 1, .max = 1000, .description = "ports of a scanner"};
    static constexpr Setting<double> share{.name = "share", .by_default = 0.5, .min = 0, .description = "of the flows"};
    static constexpr Setting<bool> reports{.name = "reports", .by_default = true};
    static constexpr Setting<std::string> file{.name = "file_name", .by_default = "/tmp/a \"b\""};
    static constexpr Setting<std::size_t> size{.name = "size"};
    static constexpr Setting<double> score{.name = "score", .by_default = -1, .max = 0};
    static constexpr Setting<int> undeclared{.name = "undeclared"};
    static constexpr slips::ModuleInfo info{.name = "Tuned-1", .settings = {many, share, reports, file, size, score}};

    bool init() override {
        value = setting(many);
        return true;
    }
    void on(const slips::NewFlow&) {}
    using ModuleBase::config;
    using ModuleBase::setting;
    int value = 0;
};

/// Declares no settings, reads its section by itself.
struct Free : slips::Module<Free> {
    static constexpr slips::ModuleInfo info{.name = "free"};
    void on(const slips::NewFlow&) {}
};

struct One : slips::Module<One> {
    static constexpr Setting<int> many{.name = "many", .by_default = 20};
    static constexpr slips::ModuleInfo info{.name = "one", .settings = {many}};
    void on(const slips::NewFlow&) {}
    bool init() override { return setting(many) != 13; }
};

struct Early : slips::Module<Early> {
    static constexpr Setting<int> many{.name = "many", .by_default = 20};
    static constexpr slips::ModuleInfo info{.name = "early", .settings = {many}};
    Early() { setting(many); }
    void on(const slips::NewFlow&) {}
};

constexpr auto settings = Tuned::info.settings;
static_assert(settings.size() == 6 && settings.contains("many") && !settings.contains("undeclared"));
static_assert(slips::detail::are_sound(settings));
static_assert(!Setting<int>{.name = "n", .by_default = 0, .min = 1}.accepts(0));

slips::Config config(const std::string& json, const std::string& source = "slips.yaml") {
    std::string error;
    const auto parsed = slips::Config::parse(json, error, source);
    REQUIRE_MESSAGE(parsed, error);
    return *parsed;
}

Lines problems(const std::string& section) {
    return slips::detail::setting_problems(config("{\"Tuned-1\": " + section + "}"), Tuned::info);
}

template <std::size_t Count>
constexpr bool sound(const Setting<int> (&list)[Count]) {
    slips::SettingList all;
    if constexpr (Count == 1) all = {list[0]};
    else all = {list[0], list[1]};
    return slips::detail::are_sound(all);
}

}  // namespace

static_assert(sound({{.name = "a_1"}, {.name = "b", .by_default = 5, .min = 5, .max = 5}}));
static_assert(!sound({{.name = ""}}) && !sound({{.name = "A"}}) && !sound({{.name = "1a"}}) &&
              !sound({{.name = "a b"}}));
static_assert(!sound({{.name = "a"}, {.name = "a"}}));
static_assert(!sound({{.name = "a", .by_default = 4, .min = 5}}) && !sound({{.name = "a", .by_default = 6, .max = 5}}));
static_assert(!sound({{.name = "a", .by_default = 6, .min = 7, .max = 5}}));

TEST_CASE("settings: a value of the section, in the types of slips.yaml and as the text of slips.conf") {
    for (const std::string section :
         {R"({"many": 7, "share": 2, "reports": false, "file_name": "/x", "size": 9, "score": -2.5})",
          R"({"many": "7", "share": "2.0", "reports": "no", "file_name": "/x", "size": "9", "score": "-2.5"})"}) {
        CAPTURE(section);
        Harness<Tuned> host(Settings{.config = "{\"Tuned-1\": " + section + "}"});
        host.start();
        Tuned& module = host.module();
        CHECK(module.value == 7);
        CHECK(module.setting(Tuned::share) == 2.0);
        CHECK_FALSE(module.setting(Tuned::reports));
        CHECK(module.setting(Tuned::file) == "/x");
        CHECK(module.setting(Tuned::size) == 9);
        CHECK(module.setting(Tuned::score) == -2.5);
        host.stop();
    }
}

TEST_CASE("settings: the default if the section or the key is not set") {
    for (const std::string sections :
         {"", "{}", R"({"Tuned-1": {}})", R"({"Tuned-1": {"many": null}})", R"({"tuned-1": {"many": 3}})"}) {
        CAPTURE(sections);
        const bool is_misspelt = sections.starts_with("{\"tuned");
        Harness<Tuned> host(Settings{.config = sections, .strict = !is_misspelt});
        host.start();
        CHECK(host.complaints().size() == (is_misspelt ? 1 : 0));  // which section it is, is tested below
        CHECK(host.module().value == 20);
        CHECK(host.module().setting(Tuned::share) == 0.5);
        CHECK(host.module().setting(Tuned::reports));
        CHECK(host.module().setting(Tuned::file) == "/tmp/a \"b\"");
        CHECK(host.module().setting(Tuned::size) == 0);
        host.stop();
    }
}

TEST_CASE("settings: a wrong value is one line with file, section, name, value and what is expected") {
    CHECK(problems(R"({"many": "x"})") ==
          Lines{R"(slips.yaml: Tuned-1.many is "x", not a whole number from 1 to 1000; using 20)"});
    CHECK(problems(R"({"many": 0})") ==
          Lines{"slips.yaml: Tuned-1.many is 0, not a whole number from 1 to 1000; using 20"});
    CHECK(problems(R"({"many": 1001})").size() == 1);
    CHECK(problems(R"({"many": 1.5})").size() == 1);
    CHECK(problems(R"({"many": [5]})") ==
          Lines{"slips.yaml: Tuned-1.many is [5], not a whole number from 1 to 1000; using 20"});
    CHECK(problems(R"({"many": true})").size() == 1);
    CHECK(problems(R"({"many": 99999999999999999999})").size() == 1);
    CHECK(problems(R"({"share": -0.1})") ==
          Lines{"slips.yaml: Tuned-1.share is -0.1, not a number, 0.0 or more; using 0.5"});
    CHECK(problems(R"({"share": "nan"})").size() == 1);
    CHECK(problems(R"({"share": "inf"})").size() == 1);
    CHECK(problems(R"({"score": 1})") ==
          Lines{"slips.yaml: Tuned-1.score is 1, not a number, 0.0 or less; using -1.0"});
    CHECK(problems(R"({"reports": 1})") == Lines{"slips.yaml: Tuned-1.reports is 1, not yes or no; using true"});
    CHECK(problems(R"({"file_name": 5})") ==
          Lines{R"(slips.yaml: Tuned-1.file_name is 5, not text; write it in quotes; using "/tmp/a \"b\"")"});
    CHECK(problems(R"({"file_name": true})").at(0).find("is true, not text; write it in quotes; using ") !=
          std::string::npos);
    CHECK(problems(R"({"file_name": ["a"]})").at(0).find("not text; using ") != std::string::npos);
    CHECK(problems(R"({"size": -1})") ==
          Lines{"slips.yaml: Tuned-1.size is -1, not a whole number, 0 or more; using 0"});
    CHECK(problems(R"({"many": 1, "share": 0, "reports": true, "file_name": "", "size": 0, "score": 0})").empty());
    CHECK(problems(R"({"many": 1000})").empty());
    const Lines both = problems(R"({"many": "x", "share": "y"})");
    CHECK(both.size() == 2);
    const Lines long_value = problems("{\"many\": \"" + std::string(100'000, 'x') + "\"}");
    REQUIRE(long_value.size() == 1);
    CHECK(long_value[0].size() < 300);
    CHECK(problems(R"({"many": "a\nb"})").at(0).find('\n') == std::string::npos);
}

TEST_CASE("settings: a wrong value is not used, whoever asks") {
    for (const std::string many : {"0", "1001", "\"x\"", "[1]", "{}", "1.5", "true"}) {
        CAPTURE(many);
        Harness<Tuned> host(Settings{.config = R"({"Tuned-1": {"many": )" + many + "}}", .strict = false});
        host.start();
        CHECK(host.module().value == 20);
        CHECK(host.complaints().size() == 1);
        host.stop();
    }
}

TEST_CASE("settings: an unknown key is one line, with the closest name or all") {
    CHECK(problems(R"({"mnay": 5})") ==
          Lines{"slips.yaml: Tuned-1.mnay is 5, but the module has no such setting; did you mean many?"});
    CHECK(problems(R"({"unrelated": 5})") == Lines{"slips.yaml: Tuned-1.unrelated is 5, but the module has no such "
                                                   "setting; it has many, share, reports, file_name, size, score"});
    CHECK(problems(R"({"Many": 5})").size() == 1);  // slips.yaml is case-sensitive, as Slips is
    CHECK(problems("{\"a\\u001b[2Jb\": 5}").at(0).find('\x1b') == std::string::npos);
    CHECK(slips::detail::setting_problems(config(R"({"free": {"any": 5}})"), Free::info).empty());
}

TEST_CASE("settings: a section that is none, or is named otherwise, is one line") {
    const auto problems_in = [](const std::string& json, const slips::ModuleInfo& info = Tuned::info) {
        return slips::detail::setting_problems(config(json), info);
    };
    for (const std::string value : {"5", "[1]", "\"x\"", "true"}) {
        CAPTURE(value);
        CHECK(problems(value) ==
              Lines{"slips.yaml: Tuned-1 is " + value + ", not a section with settings; using the defaults"});
    }
    CHECK(problems("null").empty());  // as if it was absent: all of its lines are comments
    CHECK(problems("\"" + std::string(10'000, 'x') + "\"").at(0).size() < 200);
    CHECK(problems_in(R"({"free": 5})", Free::info).size() == 1);  // also of a module without settings

    const auto named = [](const std::string& other) {
        return Lines{"slips.yaml: the section " + other + " is not used: that of this module is named Tuned-1"};
    };
    for (const std::string other : {"tuned-1", "TUNED_1", "tuned1"}) {
        CAPTURE(other);
        CHECK(problems_in("{\"" + other + "\": {\"any\": 5}}") == named(other));
        CHECK(problems_in("{\"" + other + "\": {\"many\": 5}, \"Tuned-1\": {}}").empty());
    }
    CHECK(problems_in(R"({"Free": {"any": 5}})", Free::info).size() == 1);
    CHECK(problems_in(R"({"Tunde-1": {"many": 5}})") == named("Tunde-1"));
    CHECK(problems_in(R"({"Tuned-2": {"any": 5}})").empty());  // another module
    CHECK(problems_in(R"({"other": {"many": 5}})").empty());
}

TEST_CASE("settings: slips.conf has lower-case keys, and its [DEFAULT] is no mistake of the module's section") {
    std::string error;
    const auto json = slips::detail::slips_conf_to_json(
        "[DEFAULT]\neverywhere = 1\n[Tuned-1]\nMany = 7\nReports = no\nSiez = 3\n", error);
    REQUIRE_MESSAGE(json, error);
    const auto conf = config(*json, "slips.conf");
    CHECK(Tuned::many.read(conf, "Tuned-1") == 7);
    CHECK(Tuned::reports.read(conf, "Tuned-1") == false);
    CHECK(slips::detail::setting_problems(conf, Tuned::info) ==
          Lines{R"(slips.conf: Tuned-1.siez is "3", but the module has no such setting; did you mean size?)"});
}

TEST_CASE("settings: a test sets them as text, and a wrong one fails it at the start") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<Tuned> host(
            Settings{.generation = generation,
                     .config = R"({"parameters": {"time_window_width": 60}, "Tuned-1": {"many": 3, "size": 4}})",
                     .module_settings = {{"many", "7"}, {"reports", "no"}}});
        host.start();
        CHECK(host.module().value == 7);
        CHECK(host.module().setting(Tuned::size) == 4);
        CHECK_FALSE(host.module().setting(Tuned::reports));
        CHECK(host.module().config().time_window_width() == 60);
        host.stop();
    }
    Harness<Tuned> wrong(Settings{.module_settings = {{"many", "many"}}});
    CHECK_THROWS_WITH_AS(wrong.start(),
                         doctest::Contains(R"(Tuned-1.many is "many", not a whole number from 1 to 1000; using 20)"),
                         Failure);
    Harness<Tuned> unknown(Settings{.module_settings = {{"man", "7"}}});
    CHECK_THROWS_WITH_AS(unknown.start(), doctest::Contains("did you mean many?"), Failure);
    Harness<One> refuses(Settings{.module_settings = {{"many", "13"}}});
    CHECK_THROWS_WITH_AS(refuses.start(), doctest::Contains("init() returned false"), Failure);
    CHECK_THROWS_WITH_AS(Harness<One>(Settings{.config = "[]", .module_settings = {{"many", "13"}}}),
                         doctest::Contains("Settings::config"), Failure);
}

TEST_CASE("settings: one that info does not list, and one in the constructor, are errors of the author") {
    Harness<Tuned> host;
    host.start();
    CHECK_THROWS_WITH_AS(host.module().setting(Tuned::undeclared), doctest::Contains("list it in info.settings"),
                         std::logic_error);
    host.stop();
    std::string thrown;
    Harness<Tuned> asked(Settings{.strict = false});
    asked.start();
    std::thread([&] {
        try {
            asked.module().setting(Tuned::many);
        } catch (const std::logic_error& error) {
            thrown = error.what();
        }
    }).join();
    CHECK(thrown.find("slips: setting() was called from another thread") == 0);
    asked.stop();
    CHECK_THROWS_WITH_AS(Harness<Early>(), doctest::Contains("call it in init()"), std::logic_error);
}

TEST_CASE("settings: --describe lists them") {
    const auto type = slips::detail::module_type<Tuned>();
    const std::string text = slips::detail::describe(type, {});
    CHECK_MESSAGE(
        text.find(
            R"("settings": [{"name": "many", "type": "integer", "default": 20, "min": 1, "max": 1000, "description": "ports of a scanner"}, )"
            R"({"name": "share", "type": "number", "default": 0.5, "min": 0.0, "description": "of the flows"}, )"
            R"({"name": "reports", "type": "bool", "default": true, "description": ""}, )"
            R"({"name": "file_name", "type": "text", "default": "/tmp/a \"b\"", "description": ""}, )"
            R"({"name": "size", "type": "integer", "default": 0, "min": 0, "description": ""}, )"
            R"({"name": "score", "type": "number", "default": -1.0, "max": 0.0, "description": ""}])") !=
            std::string::npos,
        text);
    const auto none = slips::detail::describe(slips::detail::module_type<Free>(), {});
    CHECK(none.find(R"("settings": [])") != std::string::npos);
}

TEST_CASE("settings: limits of the largest types") {
    constexpr slips::SettingInfo largest =
        Setting<std::uint64_t>{.name = "n", .by_default = std::numeric_limits<std::uint64_t>::max()};
    static_assert(largest.natural == std::numeric_limits<std::uint64_t>::max() && !largest.has_max && largest.has_min);
    CHECK(slips::detail::default_of(largest) == "18446744073709551615");
    constexpr slips::SettingInfo least =
        Setting<std::int64_t>{.name = "n", .by_default = std::numeric_limits<std::int64_t>::min()};
    static_assert(least.integer == std::numeric_limits<std::int64_t>::min() && !least.has_min);
    CHECK(slips::detail::expected_of(least) == "a whole number");

    constexpr Setting<std::uint64_t> mask{
        .name = "mask", .by_default = 0x8000000000000001, .min = 0x8000000000000000, .max = 0xfffffffffffffff0};
    const slips::ModuleInfo info{.name = "m", .settings = {mask}};
    for (const std::string quote : {"", "\""}) {
        const auto of = [&](const std::string& value) {
            return config(R"({"m": {"mask": )" + quote + value + quote + "}}");
        };
        CHECK(slips::detail::setting_problems(of("9223372036854775809"), info).empty());
        CHECK(mask.read(of("9223372036854775809"), "m") == 9223372036854775809U);
        CHECK(mask.read(of("18446744073709551600"), "m") == 18446744073709551600U);
        CHECK_FALSE(mask.read(of("18446744073709551616"), "m"));
        for (const char* beyond : {"9223372036854775807", "18446744073709551601", "-1", "5"}) {
            CHECK_FALSE(mask.read(of(beyond), "m"));
            CHECK(slips::detail::setting_problems(of(beyond), info) ==
                  Lines{"slips.yaml: m.mask is " + quote + beyond + quote +
                        ", not a whole number from 9223372036854775808 to 18446744073709551600; using "
                        "9223372036854775809"});
        }
    }
}

TEST_CASE("config: try_get, keys and where") {
    const auto all = config(R"({"a": {"b": 1, "c": "x"}, "d": {}})");
    CHECK(all.try_get<int>("a", "b") == 1);
    CHECK_FALSE(all.try_get<int>("a", "c"));
    CHECK_FALSE(all.try_get<int>("a", "d"));
    CHECK(all.keys("a") == Lines{"b", "c"});
    CHECK(all.keys("d").empty());
    CHECK(all.keys("e").empty());
    CHECK(all.where("a", "c") == R"(slips.yaml: a.c is "x")");
    CHECK(all.where("a", "z") == "slips.yaml: a.z");
}
