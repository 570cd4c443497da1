// slipsdev play --config: reading Slips' configuration, and merging it with the width.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/host/slips_config.hpp"
#include "slipsdev/program/errors.hpp"

using namespace slipsdev;

namespace {

/// A file that is removed with this object.
struct File {
    std::filesystem::path folder;
    std::string path;
    File(const std::string& name, const std::string& text) {
        std::random_device random;
        folder = std::filesystem::temp_directory_path() /
                 ("slipsdev-config-" + std::to_string(random()) + std::to_string(random()));
        std::filesystem::create_directories(folder);
        path = (folder / name).string();
        std::ofstream(path) << text;
    }
    ~File() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
};

std::string read(const std::string& text) { return to_python_json(read_yaml_sections(text, "slips.yaml")); }

std::string usage_error(const std::string& text) {
    try {
        read(text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

PlayOptions options_with(const std::string& file, Generation generation = Generation::current) {
    PlayOptions options;
    options.generation = generation;
    options.config = file;
    return options;
}

std::string error_with(const PlayOptions& options) {
    try {
        with_config(options);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("slipsdev: sections of a slips.yaml are read as PyYAML reads them") {
    CHECK(
        read(
            "---\n# a comment\nscan_counter:\n  many: 50  # of them\n  share: 0.25\n  on: yes\n  off: False\n\nother:\n"
            "    name: 10080 mins\n    no: ~\n    empty:\n    url: http://a/b#c\n") ==
        R"({"scan_counter": {"many": 50, "share": 0.25, "on": true, "off": false}, )"
        R"("other": {"name": "10080 mins", "no": null, "empty": null, "url": "http://a/b#c"}})");
    CHECK(
        read("a:\n  b: 'it''s # no'\n  c: \"x: \\\"y\\\"\\n\"\n  d: ''\n  e: -5\n  f: 1e5\n  g: 1.5e+3\n  h: 1.2.3\n  "
             "i: -\n") ==
        R"({"a": {"b": "it's # no", "c": "x: \"y\"\n", "d": "", "e": -5, "f": "1e5", "g": 1500.0, "h": "1.2.3", "i": "-"}})");
    CHECK(read("a:\n  b: []\n  c: [x, 5, 'y, z', \"q\"]\n  d:\n  - one\n  - 2\n  e:\n    - three\nf: {}\ng: 5\n") ==
          R"({"a": {"b": [], "c": ["x", 5, "y, z", "q"], "d": ["one", 2], "e": ["three"]}, "f": {}})");
    CHECK(read("a:\r\n  b: 1\r\n") == R"({"a": {"b": 1}})");
    CHECK(read("") == "{}");
    CHECK(read(R"({"a": {"b": [1, {"c": 2}]}, "d": 5})") == R"({"a": {"b": [1, {"c": 2}]}})");
}

TEST_CASE("slipsdev: what is not read of a slips.yaml is an error that names the line") {
    for (const std::string odd : {"a:\n  b: {c: 1}\n", "a:\n  b: &x 1\n", "a:\n  b: |\n", "a:\n  b:\n    c: 1\n",
                                  "a:\n  b 1\n", "a:\n  \"b\": 1\n", "a:\n  b: [1,\n", "a:\n  b: 'x\n",
                                  "a:\n  b: x: y\n", "a: 1\n  b: 2\n", "a:\n  b: \"\\x\"\n"}) {
        CAPTURE(odd);
        CHECK(usage_error(odd).starts_with("--config slips.yaml: line "));
        CHECK(usage_error(odd).find("write the file as JSON for more") != std::string::npos);
    }
    CHECK(usage_error("a:\n  b: 1\n\n  b: 2\n") == "--config slips.yaml: line 4: key b occurs twice");
    CHECK(usage_error("a:\na:\n") == "--config slips.yaml: line 2: section a occurs twice");
    CHECK(usage_error("a:\n\tb: 1\n") == "--config slips.yaml: line 2: YAML does not allow tabs for indentation");
    CHECK(usage_error("a:\n  b: 010\n") ==
          "--config slips.yaml: line 2: write 010 without leading zeros, or in quotation marks");
    CHECK(usage_error("{\"a\": ").starts_with("--config slips.yaml: "));
}

TEST_CASE("slipsdev: the width of --config is that of the time windows, and --width must not contradict it") {
    const File hour("my.yaml", "parameters:\n  time_window_width: 300\nscan_counter:\n  many: 5\n");
    PlayOptions options = with_config(options_with(hour.path));
    CHECK(options.window_width == 300);
    CHECK(to_python_json(options.sections) ==
          R"({"parameters": {"time_window_width": 300}, "scan_counter": {"many": 5}})");

    options = options_with(hour.path);
    options.window_width = 60;
    options.has_width = true;
    CHECK(error_with(options) == "--width 60.0 contradicts --config " + hour.path +
                                     ", in which parameters.time_window_width is 300.0; leave out --width");
    options.window_width = 300;
    CHECK(error_with(options).empty());

    const File none("my.yaml", "scan_counter:\n  many: 5\n");
    options = options_with(none.path);
    CHECK(with_config(options).window_width == 3600);
    options.window_width = 60;
    options.has_width = true;
    CHECK(with_config(options).window_width == 60);

    const File forever("my.json", R"({"parameters": {"time_window_width": "only_one_tw"}})");
    CHECK(with_config(options_with(forever.path)).window_width == only_one_window);
    for (const std::string bad : {"0", "-1", "x", "[1]", "99999999999", "nan"}) {
        const File wrong("my.yaml", "parameters:\n  time_window_width: " + bad + "\n");
        CHECK(error_with(options_with(wrong.path)).find("not a positive number of seconds or only_one_tw") !=
              std::string::npos);
    }
    CHECK(with_config(PlayOptions()).window_width == 3600);
}

TEST_CASE("slipsdev: --config has the form of the release") {
    const File conf("slips.conf", "[parameters]\ntime_window_width = 60\n[scan_counter]\nMany = 5\n");
    const PlayOptions options = with_config(options_with(conf.path, Generation::legacy));
    CHECK(options.window_width == 60);
    CHECK(options.sections["scan_counter"] == Json{{"many", "5"}});
    CHECK(error_with(options_with(conf.path)) ==
          "--config " + conf.path +
              ": Slips 1.1.22 reads config/slips.yaml; give a file whose name does not end in .conf");
    const File yaml("slips.yaml", "a:\n  b: 1\n");
    CHECK(error_with(options_with(yaml.path, Generation::legacy)).find("ends in .conf") != std::string::npos);
    CHECK(error_with(options_with("/no/such.yaml")) == "--config /no/such.yaml: it does not exist");
    const File broken("slips.conf", "many = 5\n");
    CHECK(error_with(options_with(broken.path, Generation::legacy)) ==
          "--config " + broken.path + ": line 1: it precedes the first [section]");
}
