// Runs the programs of the tutorial, step by step, and checks the output that it shows.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

namespace {

const std::string source = SLIPS_TEST_SOURCE_DIR;
const std::string conn_log = source + "/examples/local_connection_detector/conn.log";

std::vector<std::string> step(const std::string& name) { return {SLIPS_TEST_TUTORIAL "/tutorial_" + name}; }

}  // namespace

TEST_CASE("the smallest module, and the tutorial's up to the private check") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played channels(generation, conn_log, {}, step("channels"));
        CHECK_MESSAGE(channels.status == 0, channels.err);
        CHECK(channels.summary()["received"] == 4);
        const std::string line = std::string("[local_connection_detector] subscribed to new_flow; ") +
                                 (generation == "current" ? "current Slips at " : "legacy Slips at ");
        CHECK(count(channels.err, line) == 1);

        for (const std::string name : {"greeter", "addresses"}) {
            const Played talks(generation, conn_log, {}, step(name));
            CHECK_MESSAGE(talks.status == 0, talks.err);
            CHECK_MESSAGE(count(talks.err, "] 192.168.1.12 talks to 192.168.1.18\n") == 2, talks.err);
            CHECK(count(talks.err, " talks to ") == 4);
        }

        const Played checked(generation, conn_log, {}, step("private_check"));
        CHECK_MESSAGE(checked.status == 0, checked.err);
        CHECK(count(checked.err, "] local: 192.168.1.12 to 192.168.1.18\n") == 2);
        CHECK(count(checked.err, "] local: ") == 3);
    }
}

TEST_CASE("the test that the README shows passes") {
    Launch launch;
    launch.arguments = step("in_a_test");
    CHECK(ChildProcess(launch).wait() == 0);
}

TEST_CASE("the programs of docs/threads.md and docs/pitfalls.md find what the pages claim, with the same text") {
    for (const std::string name : {"threads", "pitfalls"}) {
        CAPTURE(name);
        const TemporaryFolder folder;
        Launch launch;
        launch.arguments = step(name);
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        CHECK_MESSAGE(ChildProcess(launch).wait() == 0, read_file(launch.err));
        CHECK(read_file(launch.out) == read_file(source + "/docs/tutorial/" + name + ".txt"));
    }
}

TEST_CASE("the tutorial's module sets evidence, first of a type that Slips already has") {
    const Played played("current", conn_log, {"--no-register"}, step("evidence"));
    CHECK_MESSAGE(played.status == 0, played.err);
    const std::string evidence = read_file(played.output + "/evidence.jsonl");
    CHECK(count(evidence, "CONNECTION_TO_PRIVATE_IP") == 3);
    CHECK(count(evidence, "Detected a connection to a local device 192.168.1.12") == 1);
}

TEST_CASE("the alerts in the documentation are those that the module raises") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played played(generation, conn_log, {}, {SLIPS_TEST_LOCAL_CONNECTION_DETECTOR});
        CHECK_MESSAGE(played.status == 0, played.err);
        const std::string shown = read_file(source + "/docs/tutorial/alerts." + generation + ".txt");
        CHECK(played.out == shown);
        CHECK(Played(generation, conn_log, {"--launcher"}, {SLIPS_TEST_LOCAL_CONNECTION_DETECTOR}).out == shown);
    }
}

TEST_CASE("the module explained line by line keeps its model from one run to the next") {
    const TemporaryFolder folder;
    for (const std::string flows : {"4", "8"}) {
        const Played played("current", conn_log, {}, step("line_by_line"), folder.path());
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK(count(played.err, "[line_by_line] some text\n") == 1);
        CHECK_MESSAGE(count(played.err, "[line_by_line] " + flows + " flows, in windows of 3600 s\n") == 1, played.err);
        CHECK(read_file(folder / "line_by_line/model.txt") == flows + "\n");
    }
}
#endif
