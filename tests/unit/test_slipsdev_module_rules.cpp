// Which modules Slips skips, and which channels it supports.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slipsdev/module/module_rules.hpp"

using slipsdev::disabled_modules_in;
using slipsdev::entry_that_skips;
using slipsdev::Generation;
using Names = std::vector<std::string>;

TEST_CASE("slipsdev rules: current skips a name that contains a disabled one, without case and separators") {
    const Names disabled{"template", "p2p_trust"};
    CHECK(entry_that_skips("native_template", "its_name", Generation::current, disabled) == "template");
    CHECK(entry_that_skips("MyTemplates", "its_name", Generation::current, disabled) == "template");
    CHECK(entry_that_skips("p2pTrusted", "its_name", Generation::current, disabled) == "p2p_trust");
    CHECK_FALSE(entry_that_skips("local_connection_detector", "its_name", Generation::current, disabled));
    CHECK(entry_that_skips("non_blocking", "its_name", Generation::current,
                           slipsdev::modules_off_by_default(Generation::current)) == "blocking");
    CHECK(entry_that_skips("encyst", "its_name", Generation::current,
                           slipsdev::modules_off_by_default(Generation::current)) == "cyst");
}

TEST_CASE("slipsdev rules: legacy compares case-sensitively") {
    CHECK(entry_that_skips("native_template", "its_name", Generation::legacy, {"template"}) == "template");
    CHECK_FALSE(entry_that_skips("MyTemplates", "its_name", Generation::legacy, {"template"}));
    CHECK_FALSE(entry_that_skips("p2pTrusted", "its_name", Generation::legacy, {"p2p_trust"}));
    CHECK(entry_that_skips("folder", "its_name", Generation::legacy, {"its_name"}) == "its_name");
    CHECK_FALSE(entry_that_skips("folder", "its_name", Generation::current, {"its_name"}));
    CHECK(entry_that_skips("folder", "its_name", Generation::legacy, {""}) == "");  // a part of every name
}

TEST_CASE("slipsdev rules: the list in Slips' configuration, as the installation reads it") {
    std::ifstream file(std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/disabled_modules.json");
    for (const auto& one : nlohmann::json::parse(file)) {
        const std::string text = one["text"];
        CAPTURE(text);
        const bool current = one["generation"] == "current";
        CHECK(disabled_modules_in(text, current ? Generation::current : Generation::legacy) ==
              one["disabled"].get<Names>());
    }
}

TEST_CASE("slipsdev rules: which process of Slips imports modules") {
    using slipsdev::Loader;
    using slipsdev::loader_in;
    CHECK(loader_in("") == Loader::unknown);
    CHECK(loader_in("def get_modules(self):\n    return []\n") == Loader::unknown);
    const std::string imports = "def _import_module(self, name):\n    return importlib.import_module(name)\n";
    CHECK(loader_in(imports) == Loader::unknown);
    CHECK(loader_in(imports + "def get_modules(self):\n    for name in names:\n        self._import_module(name)\n") ==
          Loader::main);
    CHECK(loader_in("def load_modules(self):\n    importlib.import_module(name)\n") == Loader::main);
    const std::string runs = "def _run(self, name):\n    self._import_module(name)\n";
    CHECK(loader_in(imports + runs + "def load_modules(self):\n    Process(target=self._run, args=())\n") ==
          Loader::child);
    CHECK(loader_in(imports + runs + "def load_modules(self):\n    Process(\n        target=self._run\n    )\n") ==
          Loader::child);
    // a process for something else
    CHECK(loader_in(imports + "def get_modules(self):\n    self._import_module(name)\n"
                              "def start(self):\n    Process(target=self._run_input)\n") == Loader::main);
}

TEST_CASE("slipsdev rules: channels of each generation") {
    CHECK(is_supported_channel("new_flow", Generation::current));
    CHECK(is_supported_channel("new_flow", Generation::legacy));
    CHECK(is_supported_channel("control_channel", Generation::current));
    CHECK_FALSE(is_supported_channel("control_channel", Generation::legacy));
    CHECK(is_supported_channel("new_dns_flow", Generation::legacy));
    CHECK_FALSE(is_supported_channel("new_dns_flow", Generation::current));
    CHECK_FALSE(is_supported_channel("new_flows", Generation::current));
}

TEST_CASE("slipsdev rules: names for a new module") {
    for (const char* good : {"mymodule", "local_connection_detector", "my-module", "_x", "9lives", "tester"}) {
        CAPTURE(good);
        CHECK(slipsdev::name_fault(good).value_or("") == "");
    }
    CHECK(slipsdev::name_fault("my_Template") ==
          "current Slips skips a module whose name contains \"template\", which is disabled");
    CHECK(slipsdev::name_fault("my_ensembling") ==
          "legacy Slips skips a module whose name contains \"ensembling\", which is disabled");
    CHECK(slipsdev::name_fault("non_blocking") ==
          "current Slips skips a module whose name contains \"blocking\", which is disabled");
    CHECK(slipsdev::name_fault("p2ptrusted") ==
          "current Slips skips a module whose name contains \"p2p_trust\", which is disabled");
    CHECK(slipsdev::name_fault("arp") == "current Slips has a module of that name");
    CHECK(slipsdev::name_fault("flowalerts") == "legacy Slips has a module of that name");
    CHECK(slipsdev::name_fault("rnn_cc_detection") == "current Slips has a module of that name");
    CHECK_FALSE(slipsdev::name_fault("arp_watch"));
    for (const char* bad : {"", "a b", "a.b", "a/b", "..", "-x", "\xc3\xbc", "__init__", "__pycache__", "test",
                            "slips_sdk", "CMakeFiles"}) {
        CAPTURE(bad);
        CHECK(slipsdev::name_fault(bad));
    }
}

TEST_CASE("slipsdev rules: versions of a module are compared by their numbers") {
    using slipsdev::is_older_version;
    CHECK(is_older_version("1.9.3", "1.10.0"));
    CHECK(is_older_version("1.9", "1.9.1"));
    CHECK(is_older_version("1", "1.0.1"));
    CHECK(is_older_version("2024.11.30", "2025.1.1"));
    CHECK(is_older_version("99999999999999999999.1", "99999999999999999999.2"));
    CHECK(is_older_version("1.0.0.9", "1.0.0.10"));
    CHECK_FALSE(is_older_version("1.10.0", "1.9.3"));
    CHECK_FALSE(is_older_version("1.2.0", "1.2.0"));
    CHECK_FALSE(is_older_version("1.2", "1.2.0"));
    CHECK_FALSE(is_older_version("01.02", "1.2"));
    CHECK_FALSE(is_older_version("1.2.0-rc1", "1.2.0"));
    CHECK_FALSE(is_older_version("", "1.2.0"));
    CHECK_FALSE(is_older_version("1.2.0", ""));
    CHECK_FALSE(is_older_version("first", "1.2.0"));
}
