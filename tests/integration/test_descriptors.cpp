// Standard input, output and error of a module: closed, full, or a pipe that nobody reads.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "host.hpp"

using namespace integration;

namespace {

/// Starts the module hooks, which prints a line per flow, with these redirections of a shell.
ModuleProcess start_redirected(Host& slips, const std::string& redirections, const std::string& out = "/dev/null") {
    Launch launch;
    launch.arguments = {"/bin/sh", "-c", "exec \"$0\" \"$@\" " + redirections};
    for (const std::string& argument : module_command("hooks")) launch.arguments.push_back(argument);
    for (const std::string& argument : slips.over_sockets()) launch.arguments.push_back(argument);
    launch.arguments.insert(launch.arguments.end(), {"--stats", slips.stats_file()});
    launch.out = out;
    return ModuleProcess(launch);
}

void check_life(Host& slips, ModuleProcess& module) {
    REQUIRE(slips.wait_for_listener("new_flow"));
    for (const char* uid : {"C1", "C2", "C3"}) slips.publish({.uid = uid});
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["handled"] == 3);
    CHECK(slips.stats()["stopped_by"] == "SIGTERM");
}

}  // namespace

TEST_CASE("a module works with closed, empty and full standard files: no printed line reaches its pipe or sockets") {
    for (const char* redirections :
         {"<&- >&- 2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&-", ">&-", "2>&-", "</dev/null >/dev/null 2>/dev/null",
#ifdef __linux__
          ">/dev/full 2>/dev/full", "<&- >/dev/full 2>&-",
#endif
          ""}) {
        CAPTURE(redirections);
        Host slips(Slips::current);
        auto module = start_redirected(slips, redirections);
        check_life(slips, module);
    }
}

TEST_CASE("a module survives that nobody reads its output any more") {
    Host slips(Slips::current);
    const std::string pipe = slips.folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    auto module = start_redirected(slips, "2>&1", pipe);
    REQUIRE(slips.wait_for_listener("new_flow"));
    ::close(reader);
    check_life(slips, module);
}

#ifdef __linux__
TEST_CASE("a module fails if what it is asked to print cannot be written") {
    for (const char* option : {"--help", "--version", "--describe"}) {
        CAPTURE(option);
        const TemporaryFolder folder;
        Launch launch;
        launch.arguments = {"/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full"};
        for (const std::string& argument : module_command("hooks")) launch.arguments.push_back(argument);
        launch.arguments.push_back(option);
        launch.err = folder / "err";
        ChildProcess process(launch);
        CHECK(process.wait(patience) == 3);
        CHECK(read_file(launch.err).find("the result cannot be written to stdout: ") != std::string::npos);
    }
}
#endif

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

TEST_CASE("slipsdev works with closed and empty standard files, and reports output that is lost") {
    struct Case {
        const char* redirections;
        int status;
    };
    for (const Case& the : {Case{"<&- >&- 2>&-", 0}, Case{"<&-", 0}, Case{">&-", 0}, Case{"2>&-", 0},
                            Case{"</dev/null >/dev/null 2>/dev/null", 0},
#ifdef __linux__
                            Case{">/dev/full", 3}, Case{"2>/dev/full", 0}, Case{">/dev/full 2>&1", 3},
#endif
                            Case{"", 0}}) {
        const std::string redirections = the.redirections;
        CAPTURE(redirections);
        const TemporaryFolder folder;
        const std::string source = SLIPS_TEST_SOURCE_DIR;
        const std::string recording = source + "/tests/data/examples/network.current.jsonl";
        const std::string log = source + "/examples/local_connection_detector/conn.log";
        for (const std::string& command :
             {"inspect " + recording,
              "play --output out --flows " + log + " -- " + std::string(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)}) {
            CAPTURE(command);
            Launch launch;
            launch.arguments = {"/bin/sh", "-c", "exec \"$0\" " + command + " " + redirections, SLIPS_TEST_SLIPSDEV};
            launch.folder = folder.path();
            launch.err = folder / "err";
            ChildProcess process(launch);
            CHECK(process.wait(3 * patience) == the.status);
            if (redirections == ">/dev/full")
                CHECK(read_file(launch.err).find("standard output cannot be written") != std::string::npos);
        }
    }
}

#endif
