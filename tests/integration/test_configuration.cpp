// Slips' configuration in a module that was started by hand: where it finds the file, how it uses it,
// and what it reports if there is none.
#include "host.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <utility>

using namespace integration;

namespace {

constexpr const char* slips_conf = "[parameters]\ntime_window_width = 'only_one_tw'\nlabel = normal\n"
                                   "[DisabledAlerts]\ndisabled_detections = [ConnectionToPrivate LongDistance]\n";

/// Slips' own folder, with the files that identify the generation.
void lay_out(const TemporaryFolder& root, Slips slips) {
    root.write("slips.py", "");
    if (slips == Slips::current) root.write("VERSION", std::string(version) + "\n");
}

/// Publishes two flows; the second yields evidence of a type that is not disabled.
void expect_refusal(Host& slips, ModuleProcess& module) {
    const Flow second{.uid = "C2", .daddr = "192.168.1.19", .dport = 443};
    slips.know({.uid = "C1"});
    slips.publish({.uid = "C1"});
    slips.publish(second);
    CHECK(module.says("is disabled in Slips' configuration (DisabledAlerts.disabled_detections)"));
    CHECK(eventually([&] { return slips.stored() == 1; }));
    CHECK(slips.evidence(second).size() == 1);
}

}  // namespace

TEST_CASE("legacy: --slips-dir finds slips.conf, and evidence of disabled types is refused") {
    Host slips(Slips::legacy);
    const TemporaryFolder root;
    lay_out(root, Slips::legacy);
    const std::string file = root.write("slips.conf", slips_conf);
    auto module = slips.start_hearing("configured", {"--slips-dir", root.path()});
    CHECK(module.says("using " + file + " as Slips' configuration"));
    CHECK(module.says("init with width 9999999999.0"));
    expect_refusal(slips, module);
    CHECK(module.says("evidence refused: type: ConnectionToPrivateIP is disabled"));
    CHECK(module.says("width 9999999999.0"));

    slips.publish({.uid = "C3", .dport = 25});
    CHECK(module.says("on(new_flow) threw: " + file + ": parameters.label is \"normal\", not a whole number (uid C3)"));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["evidence"]["refused"] == 1);
}

TEST_CASE("--config reads a file at any path") {
    Host slips(Slips::legacy);
    const TemporaryFolder root;
    lay_out(root, Slips::legacy);
    root.write("slips.conf", "[DisabledAlerts]\ndisabled_detections = LongConnection\n");
    const std::string file = root.write("my.conf", slips_conf);
    auto module = slips.start_hearing("configured", {"--slips-dir", root.path(), "--config", file});
    CHECK(module.says("Slips is configured with " + file));
    expect_refusal(slips, module);
    CHECK(stop(module) == 0);

    auto refused = slips.start("configured", {"--config", root / "no.conf"});
    CHECK(refused.wait() == 2);
    CHECK(refused.says("--config: '" + (root / "no.conf") + "' is not a file that can be read"));
}

TEST_CASE("--config is read before init(), also while Slips is unknown, and what is found of Slips later does not "
          "replace it") {
    const TemporaryFolder root;
    for (const Slips generation : {Slips::legacy, Slips::current}) {
        CAPTURE(generation == Slips::legacy);
        // A slips.conf also beside current Slips, and JSON, which is YAML, also beside legacy Slips
        for (const auto& named : {std::pair("t.conf", "; mine\n[parameters]\ntime_window_width = 17\n"),
                                  std::pair("settings", "[parameters]\ntime_window_width = 17\n"),
                                  std::pair("t.yaml", "{\"parameters\": {\"time_window_width\": 17}}\n")}) {
            const auto* const name = named.first;
            const auto* const text = named.second;
            CAPTURE(name);
            Host slips(generation);
            const TemporaryFolder output;
            output.make_folder("metadata");
            output.write("metadata/slips.conf", "[parameters]\ntime_window_width = 99\n");
            output.write("metadata/slips.yaml", "{\"parameters\": {\"time_window_width\": 99}}\n");
            slips.db.command({"FLUSHDB"});
            const std::string file = root.write(name, text);
            auto arguments = slips.over_sockets();
            arguments.insert(arguments.end(), {"--config", file});
            auto module = slips.start("configured", arguments);
            CHECK(slips.wait_for_listener("new_flow"));
            CHECK(module.says("init with width 17.0"));
            CHECK(module.says("pre_main with width 17.0"));
            CHECK(module.says("Slips is configured with " + file));
            slips.introduce();
            slips.db.command({"HSET", "analysis", "output_dir", output.path()});
            slips.know({.uid = "C1"});
            slips.publish({.uid = "C1"});
            CHECK(module.says("] width 17.0"));
            CHECK(eventually([&] {
                slips.publish({.uid = "C2"});
                return slips.stored() >= 1;  // so Slips is known
            }));
            CHECK(stop(module) == 0);
            const std::string all = module.out() + module.err();
            CHECK(count(all, "Slips is configured with ") == 1);
            CHECK(count(all, "width 99") == 0);
        }
    }
}

TEST_CASE("a module that does not know Slips' configuration reports it once, with the remedy") {
    const TemporaryFolder root;
    const std::string unknown = "unknown which detections are disabled: ";
    {
        Host slips(Slips::legacy);
        lay_out(root, Slips::legacy);
        auto nowhere = slips.start_hearing("configured", {"--generation", "legacy"});
        CHECK(nowhere.says(unknown + "set Slips' folder with --slips-dir, or its configuration with --config"));
        CHECK(nowhere.says("init without a configuration"));
        slips.publish({.uid = "C1"});
        CHECK(nowhere.says("width 3600.0"));
        CHECK(stop(nowhere) == 0);
        CHECK(count(nowhere.out() + nowhere.err(), unknown) == 1);

        auto missing = slips.start_hearing("configured", {"--slips-dir", root.path()});
        CHECK(missing.says(unknown + root.path() + "/slips.conf does not exist; set the file with --config"));
        CHECK(stop(missing) == 0);

        const std::string file = root.write("slips.conf", "[DisabledAlerts]\ndisabled_detections\n");
        auto broken = slips.start_hearing("configured", {"--slips-dir", root.path()});
        CHECK(broken.says(unknown + file + ": line 2: it is neither a [section] nor key = value"));
        CHECK(broken.says("init without a configuration"));
        CHECK(stop(broken) == 0);

        root.write("slips.conf", "[parameters]\ntime_window_width = wide\n");
        auto wrong = slips.start_hearing("detector", {"--slips-dir", root.path()});
        CHECK(wrong.says(file + ": parameters.time_window_width is \"wide\", not a number"));
        CHECK(stop(wrong) == 0);
    }
    Host slips(Slips::current);
    lay_out(root, Slips::current);
    root.make_folder("config");
    root.write("config/slips.yaml", "DisabledAlerts: {disabled_detections: [CONNECTION_TO_PRIVATE_IP]}\n");
    auto module = slips.start_hearing("configured", {"--slips-dir", root.path()});
    CHECK(module.says(unknown + "this module cannot read slips.yaml; link slips::yaml, or let Slips start the module"));
    slips.publish({.uid = "C1"});
    CHECK(eventually([&] { return slips.stored() == 1; }));
    CHECK(stop(module) == 0);
    CHECK(count(module.out() + module.err(), unknown) == 1);
}

#ifdef SLIPS_TEST_CONFIGURED_WITH_YAML
TEST_CASE("current, without slips::yaml: a named file that cannot be read ends the module before init()") {
    Host slips(Slips::current);
    const TemporaryFolder folder;
    const std::string file = folder.write("my.yaml", "parameters:\n  time_window_width: 17\n");
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--config", file});
    auto module = slips.start("configured", arguments);
    CHECK(module.wait() == 2);
    CHECK(module.says("--config: " + file +
                      ": this module cannot read slips.yaml; link slips::yaml, or let Slips start the module"));
    CHECK(count(module.out() + module.err(), "init with") + count(module.out() + module.err(), "init without") == 0);
}

TEST_CASE("current, with slips::yaml: evidence of types that slips.yaml disables is refused") {
    Host slips(Slips::current);
    const TemporaryFolder root;
    lay_out(root, Slips::current);
    root.make_folder("config");
    const std::string file =
        root.write("config/slips.yaml", "# all of it\n---\nparameters:\n  time_window_width: 300\n  label: normal\n"
                                        "DisabledAlerts:\n  disabled_detections: [CONNECTION_TO_PRIVATE_IP]\n");
    auto module = slips.start_hearing("configured_with_yaml", {"--slips-dir", root.path()});
    CHECK(module.says("using " + file + " as Slips' configuration"));
    CHECK(module.says("init with width 300.0"));
    expect_refusal(slips, module);
    CHECK(module.says("evidence refused: type: CONNECTION_TO_PRIVATE_IP is disabled"));

    slips.publish({.uid = "C3", .saddr = "192.168.1.77", .dport = 443});  // Slips has no profile for this address
    CHECK(eventually([&] { return slips.db.text({"HGET", "profile_192.168.1.77", "duration"}) == "300.0"; }));
    CHECK(stop(module) == 0);

    root.write("config/slips.yaml", "parameters:\n  time_window_width: [1\n");
    auto broken = slips.start_hearing("configured_with_yaml", {"--slips-dir", root.path()});
    CHECK(broken.says("unknown which detections are disabled: " + file + ": line "));
    CHECK(stop(broken) == 0);
}

TEST_CASE("current, with slips::yaml: the file given with -c, found in Slips' output folder, takes precedence") {
    Host slips(Slips::current);
    const TemporaryFolder root;
    lay_out(root, Slips::current);
    for (const char* folder : {"config", "output", "output/metadata"}) root.make_folder(folder);
    root.write("config/slips.yaml", "parameters: {time_window_width: 1}\n");
    const std::string before = root.write("output/metadata/a.yaml", "parameters: {time_window_width: 2}\n");
    const std::string file =
        root.write("output/metadata/my.yaml", "parameters: {time_window_width: 3}\n"
                                              "DisabledAlerts: {disabled_detections: [CONNECTION_TO_PRIVATE_IP]}\n");
    std::filesystem::last_write_time(before, std::filesystem::last_write_time(file) - std::chrono::hours(1));
    slips.db.command({"HSET", "analysis", "output_dir", "output"});
    auto module = slips.start_hearing("configured_with_yaml", {"--slips-dir", root.path()});
    CHECK(module.says("Slips is configured with " + file));
    CHECK(module.says("init with width 3.0"));
    expect_refusal(slips, module);
    CHECK(stop(module) == 0);
}

TEST_CASE("current, with slips::yaml: a module that was started before Slips is configured when Slips starts") {
    Host slips(Slips::current);
    const TemporaryFolder output;
    output.make_folder("metadata");
    const std::string file =
        output.write("metadata/slips.yaml", "parameters: {time_window_width: 300}\n"
                                            "DisabledAlerts: {disabled_detections: [CONNECTION_TO_PRIVATE_IP]}\n");
    slips.db.command({"FLUSHDB"});
    auto module = slips.start("configured_with_yaml", slips.over_sockets());
    CHECK(slips.wait_for_listener("new_flow"));
    CHECK(module.says("init without a configuration"));
    slips.introduce();
    slips.db.command({"HSET", "analysis", "output_dir", output.path()});
    CHECK(eventually([&] {
        slips.publish({.uid = "C1", .dport = 443});
        return module.out().find("Slips is configured with " + file) != std::string::npos;
    }));
    slips.publish({.uid = "C2"});
    CHECK(module.says("evidence refused: type: CONNECTION_TO_PRIVATE_IP is disabled"));
    CHECK(module.says("width 300.0"));
    CHECK(stop(module) == 0);
}
#endif
