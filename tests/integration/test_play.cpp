// slipsdev play with the example module: what a new user runs first.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../recordings.hpp"
#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

namespace {

const std::string source_dir = SLIPS_TEST_SOURCE_DIR;
const std::string demo_log = source_dir + "/examples/local_connection_detector/conn.log";

const std::vector<std::string> detector{SLIPS_TEST_LOCAL_CONNECTION_DETECTOR};

} // namespace

TEST_CASE("the tutorial's two lines come out of legacy, and a repeat adds none") {
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
}

TEST_CASE("through the launcher the same comes out, and what the module prints is in Slips' log") {
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
        CHECK(count(read_file(played.folder / "out/slips.log"), "[local_connection_detector] hears new_flow of " +
                                                                    generation + " Slips") == 1);
    }
}

TEST_CASE("through the launcher a module that dies is told of, with its reason") {
    const TemporaryFolder folder;
    const std::string script = folder.write(
        "crasher", "[ \"$1\" = --describe ] && exec " + std::string(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR) +
                       " --describe\nkill -ABRT $$\n");
    const Played played("current", demo_log, {"--launcher"}, {"sh", script});
    CHECK(played.status == 1);
    CHECK_MESSAGE(count(played.err, "ended by itself: signal 6 (SIGABRT)") >= 1, played.err);
}

TEST_CASE("--launcher refuses what it cannot do") {
    CHECK(Played("current", demo_log, {"--launcher", "--unix"}, detector).status == 2);
    CHECK(Played("current", demo_log, {"--launcher", "--no-register"}, detector).status == 2);
}

TEST_CASE("without registration the type is replaced by one that Slips knows") {
    const Played played("current", demo_log, {"--no-register"}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(count(read_file(played.folder / "out/evidence.jsonl"), "CONNECTION_TO_PRIVATE_IP") == 3);
    CHECK(count(played.err, "does not know CONNECTION_TO_LOCAL_DEVICE") == 1);
}

TEST_CASE("without registration and without a replacement the evidence is refused, and play says so") {
    const Played played("current", demo_log, {"--no-register"}, module_command("own_type"));
    CHECK(played.status == 1);
    CHECK(played.summary()["accepted"] == 0);
    CHECK(played.summary()["refused"].get<int>() > 0);
}

TEST_CASE("a module that dies is told and makes the status 1") {
    const Played played("current", demo_log, {}, {"/bin/false"});
    CHECK(played.status != 0);
    CHECK(!played.err.empty());
}

TEST_CASE("a capture is played as it is") {
    const TemporaryFolder folder;
    std::string capture;
    for (int i = 0; i < 5; ++i) {
        Flow flow;
        flow.uid = "C" + std::to_string(i);
        capture += Json{{"channel", "new_flow"}, {"data", current_flow(flow)}}.dump() + "\n";
    }
    const Played played("current", folder.write("capture.jsonl", capture), {}, detector);
    CHECK_MESSAGE(played.status == 0, played.err);
    CHECK(played.summary()["sent"] == 5);
    CHECK(played.summary()["accepted"] == 5);
}

TEST_CASE("the real Zeek log gives what real Slips found in it") {
    const auto logs = folder_told_by("SLIPS_TEST_LOGS");
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

#endif
