// What a module prints without Slips, and which files it leaves.
#include "host.hpp"
#include "played.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace integration;

namespace {

struct Result {
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};
};

Result run(const std::string& module, const std::vector<std::string>& arguments) {
    const TemporaryFolder folder;
    Launch launch;
    launch.arguments = module_command(module);
    launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
    launch.folder = folder.path();
    launch.out = folder / "out";
    launch.err = folder / "err";
    ModuleProcess process(launch);
    const auto status = process.wait();
    return {status, process.out(), process.err()};
}

}  // namespace

TEST_CASE("--describe prints the module's info as JSON, without a Redis") {
    const Result detector = run("detector", {"--describe"});
    CHECK(detector.status == 0);
    CHECK(detector.err.empty());
    CHECK(count(detector.out, "\n") == 1);
    Json json = Json::parse(detector.out);
    CHECK(json["sdk"].is_string());
    json.erase("sdk");
    CHECK(json == Json{{"name", "detector"},
                       {"description", "finds something in every flow"},
                       {"authors", "the tests"},
                       {"version", ""},
                       {"needs_root", false},
                       {"channels", {"new_flow"}},
                       {"hooks", Json::array()},
                       {"evidence_types", Json::array()},
                       {"settings", Json::array()}});
    json = Json::parse(run("hooks", {"--describe"}).out);
    CHECK(json["hooks"] == Json{"init", "pre_main", "on_gap", "shutdown_gracefully"});
    json = Json::parse(run("own_type", {"--describe"}).out);
    CHECK(json["evidence_types"] ==
          Json::array({{{"current", "CONNECTION_TO_LOCAL_DEVICE"}, {"legacy", "ConnectionToLocalDevice"}}}));
    CHECK(Json::parse(run("texts", {"--describe"}).out)["channels"].size() == 5);
    CHECK(Json::parse(run("needs_root", {"--describe"}).out)["needs_root"] == true);
    CHECK(Json::parse(run("metered", {"--describe"}).out)["version"] == "1.10.0");
}

TEST_CASE("--version and --help print their text and exit with 0") {
    const Result sdk = run("detector", {"--version"});
    CHECK(sdk.status == 0);
    CHECK(sdk.out.starts_with("detector, built with slips-module-sdk "));
    CHECK(run("metered", {"--version"}).out.starts_with("metered 1.10.0, built with slips-module-sdk "));
    CHECK(sdk.err.empty());
    const Result help = run("detector", {"--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    for (const std::string flag :
         {"--redis-host HOST", "--redis-port PORT", "--redis-socket PATH", "--cache-port PORT", "--cache-socket PATH",
          "--generation current|legacy", "--slips-dir DIR", "--output DIR", "--verbose 0..3", "--debug 0..3",
          "--stats FILE", "--strict", "--user NAME", "--register", "--stop-timeout SECONDS", "--describe", "--version",
          "--help"}) {
        CAPTURE(flag);
        CHECK(help.out.find("\n  " + flag + " ") != std::string::npos);
    }
    CHECK(help.out.find("exit status") != std::string::npos);
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < help.out.size(); begin = help.out.find('\n', begin) + 1)
        longest = std::max(longest, help.out.find('\n', begin) - begin);
    CHECK(longest <= 120);
}

TEST_CASE("an invalid command line exits with 2 and one line that names the remedy") {
    const struct {
        std::vector<std::string> arguments;
        std::string said;
    } cases[] = {
        {{"--nonsense"}, "unknown argument '--nonsense'; --help lists them"},
        {{"nonsense"}, "unknown argument 'nonsense'; --help lists them"},
        {{"-h"}, "unknown argument '-h'; --help lists them"},
        {{"--redis-port"}, "--redis-port needs a value: PORT"},
        {{"--redis-port", "0"}, "--redis-port: '0' is not a port, 1..65535"},
        {{"--redis-port=65536"}, "--redis-port: '65536' is not a port, 1..65535"},
        {{"--redis-port", "6379x"}, "--redis-port: '6379x' is not a port, 1..65535"},
        {{"--cache-port", ""}, "--cache-port: '' is not a port, 1..65535"},
        {{"--generation", "old"}, "--generation: 'old' is not current or legacy"},
        {{"--verbose", "4"}, "--verbose: '4' is not a level, 0..3"},
        {{"--debug", "-1"}, "--debug: '-1' is not a level, 0..3"},
        {{"--stop-timeout", "soon"}, "--stop-timeout: 'soon' is not whole seconds, 0..3600"},
        {{"--strict=yes"}, "--strict takes no value"},
        {{"--redis-socket="}, "--redis-socket: '' is not a non-empty text"},
        {{"--redis-password-file", "/nowhere/file"},
         "--redis-password-file: '/nowhere/file' is not a file with a password in it"},
        {{"--redis-db", "-1"}, "--redis-db: '-1' is not a database, 0..65535"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.said);
        const Result result = run("detector", one.arguments);
        CHECK(result.status == 2);
        CHECK(result.out.empty());
        CHECK(result.err == "[detector] " + one.said + "\n");
    }
}

TEST_CASE("command-line text is escaped before it is printed") {
    const Result result = run("detector", {"--\x1b[2J\nforged"});
    CHECK(result.status == 2);
    CHECK(result.err.find('\x1b') == std::string::npos);
    CHECK(count(result.err, "\n") == 1);
}

TEST_CASE("a --stats file that cannot be written ends a module before it does anything") {
    const Result result = run("detector", {"--stats", "/nowhere/stats.json", "--redis-socket", "/nowhere/socket"});
    CHECK(result.status == 3);
    CHECK(result.err == "[detector] --stats: cannot write /nowhere/stats.json: No such file or directory\n");
}

TEST_CASE("--stats contains every counter") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stats() ==
          Json{{"module", "detector"},
               {"generation", "current"},
               {"messages",
                {{"received", 1},
                 {"handled", 1},
                 {"undecodable", 0},
                 {"odd_fields", 0},
                 {"other_version", 0},
                 {"skipped", 0},
                 {"handler_errors", 0},
                 {"missed", 0},
                 {"channels", {{"new_flow", 1}}}}},
               {"evidence",
                {{"accepted", 1},
                 {"acknowledged", 1},
                 {"published", 1},
                 {"deduplicated", 0},
                 {"refused", 0},
                 {"unheard", 1},
                 {"given_up", 0},
                 {"lost", 0}}},
               {"redis",
                {{"reconnects", 0}, {"error_replies", slips.stats()["redis"]["error_replies"]}, {"conflicts", 0}}},
               {"metrics", {{"counts", Json::object()}, {"gauges", Json::object()}}},
               {"stopped_by", "SIGTERM"}});
}

TEST_CASE("a module needs no standard input") {
    Host slips(Slips::current);
    for (const bool without : {false, true}) {
        CAPTURE(without);
        auto module = slips.start("detector", slips.over_sockets(), {}, without);
        REQUIRE(slips.wait_for_listener("new_flow"));
        slips.publish({.uid = "C1"});
        CHECK(stop(module) == 0);
        CHECK(slips.stored() == (without ? 2 : 1));
    }
}

TEST_CASE("a module leaves no files where it ran") {
    Host slips(Slips::current);
    for (int run = 0; run < 2; ++run) {
        auto module = slips.start("detector", slips.over_sockets());
        REQUIRE(slips.wait_for_listener("new_flow"));
        slips.publish({.uid = "C1"});
        CHECK(stop(module) == 0);
        CHECK(std::filesystem::is_empty(slips.module_folder));
    }
}

TEST_CASE("an idle module sleeps") {
#ifdef __linux__
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.publish({.uid = "C1"});
    CHECK(eventually([&] { return slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "1"; }));
    const auto switches = [&] {
        const std::string status = read_file("/proc/" + std::to_string(module.pid()) + "/status");
        return std::stoi(status.substr(status.find("\nvoluntary_ctxt_switches:") + 25));
    };
    // the last replies arrive; after that at most one wake-up a second is allowed, and some seconds have none
    CHECK(eventually([&] {
        const int before = switches();
        CHECK_FALSE(module.wait(300ms).has_value());
        return switches() == before;
    }));
    CHECK(stop(module) == 0);
#endif
}

#ifdef SLIPS_TEST_SLIPSDEV

TEST_CASE("the help of slipsdev is at most 120 columns wide") {
    const TemporaryFolder folder;
    for (const char* command : {"new", "play", "check", "record", "replay", "inspect"}) {
        const Ran ran(folder, {command, "--help"});
        CHECK(ran.status == 0);
        for (std::size_t at = 0, end; (end = ran.out.find('\n', at)) != std::string::npos; at = end + 1) {
            CAPTURE(ran.out.substr(at, end - at));
            CHECK(end - at <= 120);
        }
    }
}

#endif
