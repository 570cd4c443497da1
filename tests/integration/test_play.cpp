// slipsdev play with the example module: what a new user runs first.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../recordings.hpp"
#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

namespace {

/// Writes a capture of flows with these uids.
std::string capture_of(const TemporaryFolder& folder, const std::vector<std::string>& uids, bool legacy = false) {
    std::string capture;
    for (const std::string& uid : uids) {
        const Flow flow{.uid = uid};
        capture +=
            Json{{"channel", "new_flow"}, {"data", legacy ? legacy_flow(flow) : current_flow(flow)}}.dump() + "\n";
    }
    return folder.write("capture.jsonl", capture);
}

const std::string source_dir = SLIPS_TEST_SOURCE_DIR;
const std::string demo_log = source_dir + "/examples/local_connection_detector/conn.log";

const std::vector<std::string> detector{SLIPS_TEST_LOCAL_CONNECTION_DETECTOR};

/// The detector, which sends its own evidence type even if Slips does not know it.
std::vector<std::string> sure_detector(const TemporaryFolder& folder) {
    return {"sh", folder.write("local_connection_detector",
                               "exec " + detector.front() + " \"$@\" --registered-types CONNECTION_TO_LOCAL_DEVICE\n")};
}

/// Files of a module that registers its evidence type when <name>.py is imported, not in __init__.py, as the SDK's first
/// launcher did.
std::string module_of_old(const TemporaryFolder& folder) {
    std::string package = read_file(source_dir + "/launcher/slips_package.py");
    const std::string last = "\nproblem = register()\n";
    REQUIRE(package.find(last) != std::string::npos);
    package.replace(package.find(last), last.size(), "\nproblem = \"\"\n");
    const std::string module = folder.make_folder("old");
    folder.write("old/__init__.py", package);
    folder.write("old/sh.py", read_file(source_dir + "/launcher/slips_module.py") +
                                  "\nof_old = importlib.import_module(__package__)\n"
                                  "of_old.register_types(of_old.evidence_types(of_old.read_description()))\n");
    return module;
}

/// Returns the evidence of a run without its ids.
std::vector<Json> evidence_of(const Played& played) {
    std::vector<Json> all;
    const std::string text = read_file(played.output + "/evidence.jsonl");
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
        all.push_back(Json::parse(text.substr(at, end - at)));
        all.back().erase("id");
    }
    return all;
}

}  // namespace

TEST_CASE("legacy writes the tutorial's two lines, and none for a repeat") {
    const Played played("legacy", demo_log, {}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    const std::string alerts = read_file(played.folder / "out/alerts.log");
    CHECK(count(alerts, "\n") == 2);
    CHECK(count(alerts, ": Src IP 192.168.1.12              . Detected Detected a connection to a local device "
                        "192.168.1.18\n") == 1);
    CHECK(count(alerts, ": Src IP 192.168.1.18              . Detected Detected a connection to a local device "
                        "192.168.1.12\n") == 1);
    CHECK(count(played.out, "Detected Detected") == 2);
    CHECK(count(played.err, "is not known") == 0);
    CHECK(count(played.err, "unknown which detections") == 0);
    const Json summary = played.summary();
    CHECK(summary["sent"] == 4);
    CHECK(summary["received"] == 4);
    CHECK(summary["accepted"] == 2);
    CHECK(summary["deduplicated"] == 1);
    CHECK(summary["refused"] == 0);
    CHECK(summary["lost"] == 0);
}

TEST_CASE("current writes its own form, one line for each evidence") {
    const Played played("current", demo_log, {}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    const std::string alerts = read_file(played.folder / "out/alerts/alerts.log");
    CHECK(count(alerts, "\n") == 3);
    CHECK(count(alerts, "(TW 1): Src IP 192.168.1.12              . Detected Detected a connection to a local device "
                        "192.168.1.18 Threat level: high.") == 2);
    CHECK(count(read_file(played.folder / "out/evidence.jsonl"), "CONNECTION_TO_LOCAL_DEVICE") == 3);
    CHECK(played.summary()["accepted"] == 3);
    CHECK(count(played.err, "is not known") == 0);
    CHECK(count(played.err, "unknown which detections") == 0);
}

TEST_CASE("--launcher: the results are the same, and the module's output is in Slips' log") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const bool current = generation == "current";
        const Played played(generation, demo_log, {"--launcher"}, detector);
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK(count(read_file(played.folder / (current ? "out/alerts/alerts.log" : "out/alerts.log")), "\n") ==
              (current ? 3 : 2));
        const Json summary = played.summary();
        CHECK(summary["sent"] == 4);
        CHECK(summary["received"] == 4);
        CHECK(summary["accepted"] == (current ? 3 : 2));
        CHECK(summary["lost"] == 0);
        const std::string line = std::string("[local_connection_detector] subscribed to new_flow; ") +
                                 (current ? "Slips 1." : "legacy Slips at ");
        CHECK(count(read_file(played.folder / "out/slips.log"), line) == 1);
    }
}

TEST_CASE("--copies: three processes have the results of one") {
    for (const char* const generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played one(generation, demo_log, {"--launcher"}, detector);
        const Played three(generation, demo_log, {"--launcher", "--copies", "3"}, detector);
        CHECK(three.status == 0);
        CHECK(three.summary() == one.summary());
        for (int i = 1; i <= 3; ++i) {
            const Json stats = Json::parse(read_file(three.output + "/stats.json." + std::to_string(i)));
            CHECK(stats["messages"]["received"].get<int>() + stats["messages"]["skipped"].get<int>() ==
                  one.summary()["received"].get<int>());
            CHECK(count(read_file(three.output + "/slips.log"),
                        "[local_connection_detector] (" + std::to_string(i) + "/3) subscribed to new_flow") == 1);
        }
    }
    CHECK(Played("current", demo_log, {"--copies", "2"}, detector).status == 2);
    for (const char* const wrong : {"0", "65", "two"})
        CHECK(Played("current", demo_log, {"--launcher", "--copies", wrong}, detector).status == 2);
}

TEST_CASE("--launcher: a module that crashes is reported with the reason") {
    const TemporaryFolder folder;
    const std::string script =
        folder.write("crasher", "[ \"$1\" = --describe ] && exec " + std::string(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR) +
                                    " --describe\nkill -ABRT $$\n");
    const Played played("current", demo_log, {"--launcher"}, {"sh", script});
    CHECK(played.status == 1);
    CHECK_MESSAGE(count(played.err, "ended by itself: signal 6 (SIGABRT)") >= 1, played.err);
}

TEST_CASE("--loader child: a module imported in its own process registers its types, too") {
    const TemporaryFolder folder;
    const Played played("current", demo_log, {"--launcher", "--loader", "child"}, sure_detector(folder));
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(played.summary()["accepted"] == 3);
    CHECK(count(read_file(played.output + "/evidence.jsonl"), "CONNECTION_TO_LOCAL_DEVICE") == 3);
    CHECK(count(played.err, "registered the evidence type CONNECTION_TO_LOCAL_DEVICE, in Slips' main process") == 1);
}

TEST_CASE("--loader child: evidence of a type known only to the module's process is refused") {
    const TemporaryFolder folder;
    const std::map<std::string, std::string> old{{"SLIPSDEV_TEST_MODULE_FILES", module_of_old(folder)}};
    const Played refused("current", demo_log, {"--launcher", "--loader", "child"}, sure_detector(folder), {}, old);
    CHECK_MESSAGE(refused.status == 1, refused.err);
    CHECK(refused.summary()["accepted"] == 0);
    CHECK(refused.summary()["refused"] == 3);
    CHECK(count(refused.err,
                "refused: CONNECTION_TO_LOCAL_DEVICE of profile_192.168.1.12: evidence_type is unknown to Slips") == 2);
    CHECK(count(refused.err, "CONNECTION_TO_LOCAL_DEVICE is not known to Slips' main process") == 1);

    const Played accepted("current", demo_log, {"--launcher", "--loader", "main"}, sure_detector(folder), {}, old);
    CHECK_MESSAGE(accepted.status == 0, accepted.err);
    CHECK(accepted.summary()["accepted"] == 3);
}

TEST_CASE("--closed-names: the module's name is added to the list, or the module is not started") {
    for (const std::string loader : {"main", "child"}) {
        CAPTURE(loader);
        const TemporaryFolder folder;
        const std::vector<std::string> options{"--launcher", "--closed-names", "--loader", loader};
        const Played started("current", demo_log, options, detector);
        CHECK_MESSAGE(started.status == 0, started.err);
        CHECK(started.summary()["accepted"] == 3);

        const Played refused("current", demo_log, options, sure_detector(folder), {},
                             {{"SLIPSDEV_TEST_MODULE_FILES", module_of_old(folder)}});
        CHECK(refused.status == 1);
        CHECK_MESSAGE(count(refused.err, "is not started: 'local_connection_detector' is not a valid Modules") >= 1,
                      refused.err);
    }
}

TEST_CASE("--password: the module finds it in Slips' file or in its environment") {
    const std::map<std::string, std::string> wrong{{"SLIPS_REDIS_PASSWORD", "of another Redis"}};
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{"--password"}, {"--password", "--launcher"}, {"--password", "--unix"}, {}}) {
        CAPTURE(options.size());
        const Played played("current", demo_log, options, detector, {}, wrong);
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK(played.summary()["accepted"] == 3);
        CHECK(played.summary()["lost"] == 0);
    }
}

TEST_CASE("--password: it is in no command line, no environment, and no file that others can read") {
    const TemporaryFolder folder;
    // What a module can see: the files of the run, and the processes.
    const std::string script = folder.write("curious", "[ \"$1\" = --describe ] && exec " + detector.front() +
                                                           " --describe\n"
                                                           "env > " +
                                                           folder / "environment" +
                                                           "\n"
                                                           "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' > " +
                                                           folder / "commands" +
                                                           "\n"
                                                           "pwd > " +
                                                           folder / "where" +
                                                           "\n"
                                                           "stat -c '%a %n' permanent/redis_auth.conf > " +
                                                           folder / "modes" +
                                                           "\n"
                                                           "cat permanent/redis_auth.conf > " +
                                                           folder / "file" +
                                                           "\n"
                                                           "exec " +
                                                           detector.front() + " \"$@\"\n");
    const Played played("current", demo_log, {"--password", "--launcher"}, {"sh", script});
    CHECK_MESSAGE(played.status == 0, played.err);
    const std::string file = read_file(folder / "file"), begin = "requirepass ";
    REQUIRE(file.size() > begin.size() + 32);
    CHECK(file.starts_with(begin));
    const std::string password = file.substr(begin.size(), file.size() - begin.size() - 1);
    CHECK(count(read_file(folder / "environment"), "PATH=") >= 1);
    CHECK(count(read_file(folder / "environment"), password) == 0);
    CHECK(read_file(folder / "modes") == "600 permanent/redis_auth.conf\n");
    CHECK(count(read_file(folder / "commands"), "redis-server") >= 2);
    CHECK(count(read_file(folder / "commands"), password) == 0);
}

TEST_CASE("valkey-server is started where there is no redis-server") {
    const TemporaryFolder folder;
    std::filesystem::create_symlink(SLIPS_TEST_REDIS_SERVER, folder / "valkey-server");
    const Played played("current", demo_log, {}, detector, {}, {{"PATH", folder.path()}});
    CHECK_MESSAGE(played.status == 0, played.err);
    std::filesystem::remove(folder / "valkey-server");
    const Played without("current", demo_log, {}, detector, {}, {{"PATH", folder.path()}});
    CHECK(count(without.err, "neither redis-server nor valkey-server is in PATH") == 1);
}

TEST_CASE("--live-update: only evidence of the module's own Slips counts") {
    const Played alone("current", demo_log, {"--launcher"}, detector);
    REQUIRE(alone.status == 0);
    const Played both("current", demo_log, {"--launcher", "--live-update"}, detector);
    CHECK_MESSAGE(both.status == 0, both.err);
    CHECK(evidence_of(both) == evidence_of(alone));
    CHECK(both.summary() == alone.summary());
}

TEST_CASE("--loader child, --closed-names, --password and --live-update go together") {
    const Played played("current", demo_log,
                        {"--launcher", "--loader", "child", "--closed-names", "--password", "--live-update"}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(played.summary()["accepted"] == 3);
}

TEST_CASE("the conditions of newer Slips are refused for legacy Slips") {
    const Played legacy("legacy", demo_log, {"--launcher", "--loader", "child"}, detector);
    CHECK(legacy.status == 2);
    CHECK(count(legacy.err, "--loader requires --generation current: legacy Slips has no such feature") == 1);
}

TEST_CASE("--launcher excludes --unix and --no-register") {
    CHECK(Played("current", demo_log, {"--launcher", "--unix"}, detector).status == 2);
    CHECK(Played("current", demo_log, {"--launcher", "--no-register"}, detector).status == 2);
}

TEST_CASE("without registration the type is replaced by one that Slips knows") {
    const Played played("current", demo_log, {"--no-register"}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(count(read_file(played.folder / "out/evidence.jsonl"), "CONNECTION_TO_PRIVATE_IP") == 3);
    CHECK(count(played.err, "does not know CONNECTION_TO_LOCAL_DEVICE") == 1);
}

TEST_CASE("without registration and without a replacement the evidence is refused") {
    const Played played("current", demo_log, {"--no-register"}, module_command("own_type"));
    CHECK(played.status == 1);
    CHECK(played.summary()["accepted"] == 0);
    CHECK(played.summary()["refused"].get<int>() > 0);
}

TEST_CASE("a module that crashes is reported, and sets the exit status") {
    const Played played("current", demo_log, {}, {"/bin/false"});
    CHECK(played.status != 0);
    CHECK(!played.err.empty());
}

TEST_CASE("exceptions of handlers and hooks are counted, and set the exit status") {
    const TemporaryFolder folder;
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const bool legacy = generation == "legacy";
        for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--launcher"}}) {
            CAPTURE(options.size());
            const Played handlers(generation, capture_of(folder, {"Cthrows", "Cthrows", "Cthrows"}, legacy), options,
                                  module_command("unruly"));
            CHECK(handlers.status == 1);
            CHECK(handlers.summary()["exceptions"] == 3);
            CHECK(count(handlers.out, "0 lost") == 1);
            CHECK(count(handlers.out, ", 3 exceptions\n") == 1);
            CHECK_MESSAGE(count(handlers.err, "on(new_flow) threw: no such thing (uid Cthrows)") == 1, handlers.err);
            const Played hook(generation, capture_of(folder, {"Cthrows-at-the-end"}, legacy), options,
                              module_command("unruly"));
            CHECK(hook.status == 1);
            CHECK(count(hook.out, ", 1 exception\n") == 1);
            if (!legacy || options.empty())  // legacy Slips prints nothing of a module that stops
                CHECK_MESSAGE(count(hook.err, "shutdown_gracefully() threw: cannot end") == 1, hook.err);
            const Played thread(generation, capture_of(folder, {"Ccalls-from-a-thread"}, legacy), options,
                                module_command("unruly"));
            CHECK(thread.status == 1);
            CHECK(count(thread.out, ", 1 exception\n") == 1);
            if (!legacy || options.empty())
                CHECK_MESSAGE(count(thread.err, "print() was called from another thread, and refused") == 1,
                              thread.err);
        }
    }
}

TEST_CASE("an option that slipsdev sets is refused among the module's own arguments") {
    const TemporaryFolder folder;
    const std::string messages = capture_of(folder, {"C1"}, false);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"play", "--flows", messages}, {"replay", messages}}) {
        CAPTURE(command[0]);
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--output", folder / "out", "--"});
        for (const std::string& word : module_command("unruly")) arguments.push_back(word);
        arguments.insert(arguments.end(), {"--strict", "--config", folder.write("slips.yaml", "{}")});
        const Ran ran(folder, arguments);
        CHECK(ran.status == 2);
        CHECK(ran.reports("--config after PROGRAM: slipsdev sets it; give --config before --"));
    }
}

TEST_CASE("--slips-version with --config: the module knows that this is Slips' configuration") {
    const TemporaryFolder folder;
    const std::string config = folder.write("mine.yaml", "{}");
    std::vector<std::string> arguments{"play",    "--slips-version", "1.1.22",   "--config",     config,
                                       "--flows", demo_log,          "--output", folder / "out", "--"};
    for (const std::string& word : module_command("unruly")) arguments.push_back(word);
    const Ran ran(folder, arguments);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    CHECK(ran.reports("Slips is configured with " + config));
    CHECK(!ran.reports("if Slips was started with -c"));
}

TEST_CASE("slips.log contains what the module prints, and errors.log its errors") {
    const TemporaryFolder folder;
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--launcher"}}) {
            CAPTURE(options.size());
            const Played played(generation, capture_of(folder, {"C1", "Cthrows"}, generation == "legacy"), options,
                                module_command("unruly"));
            const std::string log = read_file(played.output + "/slips.log");
            const std::string errors = read_file(played.output + "/errors.log");
            CHECK(count(log, "] subscribed to new_flow; ") == 1);
            CHECK(count(log, "] flow C1\n") == 1);
            CHECK(count(errors, "flow C1") == 0);
            for (const std::string& text : {log, errors})
                CHECK(count(text, "] on(new_flow) threw: no such thing") == 1);
        }
    }
}

TEST_CASE("slips.log and errors.log contain the levels that Slips writes with -e 1") {
    const TemporaryFolder folder;
    const auto texts_of = [](const std::string& file) {
        std::multiset<std::string> texts;  // stdout and stderr arrive in any order
        std::istringstream lines(read_file(file));
        for (std::string line; std::getline(lines, line);)
            if (const auto at = line.find("text "); at != std::string::npos) texts.insert(line.substr(at + 5));
        std::string words;
        for (const std::string& text : texts) words += text + " ";
        return words;
    };
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--launcher"}}) {
            CAPTURE(options.size());
            const Played played(generation, capture_of(folder, {"Cprints"}, generation == "legacy"), options,
                                module_command("unruly"));
            CHECK(texts_of(played.output + "/slips.log") == "01 10 11 12 13 21 31 error warning ");
            CHECK(count(read_file(played.output + "/errors.log"), "warning") == 0);
            CHECK(count(read_file(played.output + "/errors.log"), "text error") == 1);
            CHECK(played.status == 0);
        }
    }
    const Played quiet("current", capture_of(folder, {"Cprints"}, false), {},
                       {module_command("unruly")[0], module_command("unruly")[1], "--debug=0"});
    CHECK(texts_of(quiet.output + "/slips.log") == "10 11 12 13 error warning ");
}

TEST_CASE("a module that is killed because it does not stop has named the handler or hook that does not return") {
    const TemporaryFolder folder;
    for (const char* generation : {"current", "legacy"}) {
        for (const bool launcher : {false, true}) {
            for (const std::string uid : {"Changs", "Changs-at-the-end"}) {
                CAPTURE(generation);
                CAPTURE(launcher);
                CAPTURE(uid);
                const bool at_the_end = uid == "Changs-at-the-end";
                std::vector<std::string> arguments{"play",
                                                   "--generation",
                                                   generation,
                                                   "--flows",
                                                   capture_of(folder, {uid}, std::string(generation) == "legacy"),
                                                   "--output",
                                                   folder / "out"};
                if (launcher) arguments.emplace_back("--launcher");
                arguments.emplace_back("--");
                for (const std::string& word : module_command("unruly")) arguments.push_back(word);
                const Launch launch = launch_of_slipsdev(folder, arguments);
                for (const std::string& printed : {launch.out, launch.err}) std::filesystem::remove(printed);
                ChildProcess process(launch);
                const auto printed = [&](const std::string& text) {
                    return eventually([&] { return count(read_file(launch.err), text) != 0; });
                };
                const bool is_muted = launcher && std::string(generation) == "legacy";  // once it stops
                CHECK(printed(!at_the_end ? "hangs in the handler" : is_muted ? "flow " + uid : "hangs in the end"));
                process.signal(SIGINT);  // no need to wait until the time is over
                CHECK(eventually([&] {
                    if (!is_muted) process.signal(SIGINT);  // at a second one, legacy Slips kills its modules itself
                    return process.ending().has_value();
                }));
                CHECK(printed(std::string(at_the_end ? "shutdown_gracefully()" : "on(new_flow)") +
                              " has not returned for "));
                CHECK_MESSAGE(count(read_file(launch.err), " did not stop within") >= 1, read_file(launch.err));
                if (!launcher)
                    CHECK_MESSAGE(
                        count(read_file(launch.err), std::string(" seconds, because ") +
                                                         (at_the_end ? "shutdown_gracefully()" : "on(new_flow)") +
                                                         " did not return: slipsdev killed it\n") == 1,
                        read_file(launch.err));
            }
        }
    }
}

TEST_CASE("a capture is published unchanged") {
    const TemporaryFolder folder;
    const Played played("current", capture_of(folder, {"C0", "C1", "C2", "C3", "C4"}), {}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(played.summary()["sent"] == 5);
    CHECK(played.summary()["accepted"] == 5);
}

TEST_CASE("the real Zeek log gives the results of real Slips") {
    const auto logs = folder_named_by("SLIPS_TEST_LOGS");
    if (!logs) return;
    const std::string log = *logs / "conn.log";
    const Played current("current", log, {}, detector);
    CHECK_MESSAGE(current.status == 0, current.err);
    CHECK(count(current.out, "576 sent, 576 received, 14 accepted, 0 refused, 0 lost") == 1);
    const Played legacy("legacy", log, {}, detector);
    CHECK_MESSAGE(legacy.status == 0, legacy.err);
    const Json summary = legacy.summary();
    CHECK(summary["received"] == 576);
    CHECK(summary["accepted"].get<int>() + summary["deduplicated"].get<int>() == 14);
    CHECK(summary["lost"] == 0);
}

TEST_CASE("play: links and pipes in the output folder are removed, not written to") {
    const TemporaryFolder folder;
    const std::string precious = folder.write("precious", "precious\n");
    const std::string output = folder.make_folder("out");
    for (const char* name : {"summary.json", "stats.json", "alerts.log", "evidence.jsonl", "slips.log"})
        std::filesystem::create_symlink(precious, output + "/" + name);
    REQUIRE(::mkfifo((output + "/errors.log").c_str(), 0600) == 0);
    const Played played("legacy", demo_log, {}, detector, output);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(read_file(precious) == "precious\n");
    CHECK(played.summary()["accepted"] == 2);
}

TEST_CASE("play: --keep-cache keeps the module's store for the next run, however a run ends") {
    const TemporaryFolder folder;
    const std::string cache = folder / "kept/cache";
    const std::vector<std::string> asker{SLIPS_TEST_MODULES, "asker"};
    const auto text_of = [](const Played& played) { return played.out + played.err; };

    const Played first("current", demo_log, {"--keep-cache", cache}, asker);
    CHECK_MESSAGE(first.status == 0, first.err);
    CHECK(count(text_of(first), "store had nothing") == 1);
    const std::string failing =
        folder.write("failing", "'" + asker.front() + "' \"$@\"; [ \"$2\" = --describe ] || exit 7\n");
    const Played second("legacy", demo_log, {"--keep-cache", cache, "--unix", "--width", "300"},
                        {"sh", failing, "asker"});
    CHECK(second.status == 1);
    CHECK(count(text_of(second), "store had 4") == 1);
    const Played third("current", demo_log, {"--keep-cache", cache, "--password"}, asker);
    CHECK_MESSAGE(third.status == 0, third.err);
    CHECK(count(text_of(third), "store had 4") == 1);
    const Played without("current", demo_log, {}, asker);
    CHECK(count(text_of(without), "store had nothing") == 1);
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(cache)) files += !file.path().empty();
    CHECK(files == 1);
}

TEST_CASE("play: --keep-cache keeps what the module stored also if an error of slipsdev itself ends the run") {
    const TemporaryFolder folder;
    const std::string cache = folder / "cache", output = folder.make_folder("out");
    folder.make_folder("out/summary.json");
    folder.write("out/summary.json/file", "which is in the way");
    const std::vector<std::string> asker{SLIPS_TEST_MODULES, "asker"};
    const Played failed("current", demo_log, {"--keep-cache", cache}, asker, output);
    CHECK(failed.status == 3);
    CHECK_MESSAGE(count(failed.err, "cannot write " + output + "/summary.json: Is a directory\n") == 1, failed.err);
    const Played next("current", demo_log, {"--keep-cache", cache}, asker);
    CHECK(count(next.out + next.err, "store had 4") == 1);
}

TEST_CASE("play: what an earlier run left in a kept cache is no fault of this one") {
    const TemporaryFolder folder;
    const std::string cache = folder.make_folder("cache");
    for (const char* generation : {"legacy", "current", "legacy"}) {
        const Played played(generation, demo_log, {"--keep-cache", cache}, detector);
        CHECK_MESSAGE(played.status == 0, played.err);
    }
}

TEST_CASE("play: --keep-cache reports a folder or a file that it cannot use") {
    const TemporaryFolder folder;
    const std::string file = folder.write("file", "precious\n");
    const Played no_folder("current", demo_log, {"--keep-cache", file}, detector);
    CHECK(no_folder.status == 2);
    CHECK_MESSAGE(count(no_folder.err, "--keep-cache: " + file + " is not a folder") == 1, no_folder.err);
    const Played below_file("current", demo_log, {"--keep-cache", file + "/cache"}, detector);
    CHECK(below_file.status == 2);
    CHECK_MESSAGE(count(below_file.err, "--keep-cache: cannot create " + file + "/cache: ") == 1, below_file.err);
    const std::string cache = folder.make_folder("cache");
    // valkey-server takes the number of a future version for another signature
    const RedisServer server(folder, "server");
    const bool is_valkey = server.client().text({"INFO", "server"}).find("server_name:valkey") != std::string::npos;
    for (const auto& [text, reason] :
         {std::pair("REDIS9999 of the future", is_valkey ? "signature" : "Can't handle RDB format version 9999"),
          std::pair("a text file\n", "signature")}) {
        const std::string dump = folder.write("cache/cache.rdb", text);
        const Played played("current", demo_log, {"--keep-cache", cache}, detector);
        CHECK(played.status == 2);
        CHECK_MESSAGE(count(played.err, dump + " is not a dump that ") == 1, played.err);
        CHECK_MESSAGE(count(played.err, reason) == 1, played.err);
        CHECK(count(played.err, "remove the file") == 1);
        CHECK(read_file(dump) == text);
    }
    if (::geteuid() == 0) return;  // root may write everywhere
    REQUIRE(::chmod(cache.c_str(), 0500) == 0);
    const Played read_only("current", demo_log, {"--keep-cache", cache}, detector);
    CHECK(read_only.status == 2);
    CHECK_MESSAGE(count(read_only.err, "--keep-cache: " + cache + " is not writable") == 1, read_only.err);
}

TEST_CASE("play: control characters in a module's output are escaped, and a module that prints without end is killed") {
    const TemporaryFolder folder;
    const std::string noisy =
        folder.write("noisy", "printf '\\033[2J\\rforged\\r\\n'\nexec " + detector.front() + " \"$@\"\n");
    const Played played("current", demo_log, {}, {"sh", noisy});
    CHECK(count(played.out + played.err, "\x1b") == 0);
    CHECK(count(played.out + played.err, "\r") == 0);
    const std::string endless = folder.write("endless", "exec yes 'a line without end'\n");
    const Played ended("current", demo_log, {}, {"sh", endless});
    CHECK(ended.status == 3);
    CHECK(count(ended.err, "sh prints without end: killed") == 1);
}

#endif
