// The examples, each played what it looks for: what they find, leave in their folders, and say.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_ALERT_EXPORTER)

namespace {

const std::string data = std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/examples/";
const std::vector<std::string> exporter{SLIPS_TEST_ALERT_EXPORTER};

/// A line of a capture.
std::string captured(const std::string& channel, const std::string& text) {
    return Json{{"channel", channel}, {"data", text}}.dump() + "\n";
}

}  // namespace

TEST_CASE("alert_exporter saves evidence and alerts, one line each, whatever stands in a description") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played played(generation, data + "evidence." + generation + ".jsonl", {}, exporter);
        CHECK_MESSAGE(played.status == 0, played.err);
        const std::string file = played.output + "/alert_exporter/alerts.txt";
        const std::string saved = read_file(file);
        CHECK_MESSAGE(count(saved, "\n") == 4, saved);
        CHECK(count(saved, ": 192.168.1.50 tried 25 ports of 198.51.100.9\n") == (generation == "current" ? 2 : 1));
        CHECK(count(saved, "\\x1b[2J\\x0a2023-11-14T23:00:00+00:00 evidence") == 1);
        CHECK(count(saved, "\x1b") == 0);
        CHECK(count(saved, " ALERT profile_192.168.1.50 timewindow1") == 1);
        CHECK_MESSAGE(count(played.err, "saved 4 lines to " + file + "\n") == 1, played.err);
    }
}

TEST_CASE("alert_exporter says in one line that its file cannot be written") {
    const TemporaryFolder folder;
    const std::string file = folder.make_folder("alert_exporter") + "/alerts.txt";
    for (const bool disk_is_full : {false, true}) {
        CAPTURE(disk_is_full);
        std::filesystem::remove(file);
        if (disk_is_full) std::filesystem::create_symlink("/dev/full", file);
        else std::filesystem::create_directory(file);
        const Played played("current", data + "evidence.current.jsonl", {}, exporter, folder.path());
        CHECK_MESSAGE(count(played.err, "nothing saved: cannot write " + file + "\n") == 1, played.err);
    }
}

TEST_CASE("alert_exporter keeps no more than its bound, and the newest of it") {
    const TemporaryFolder folder;
    std::string capture;
    for (int i = 0; i < 20; ++i) {
        const Json evidence{{"evidence_type", "ARP_SCAN"}, {"version", version},
                            {"description", std::to_string(i) + " of many " + std::string(1'000'000, 'x')}};
        capture += captured("evidence_added", evidence.dump());
    }
    const Played played("current", folder.write("large.jsonl", capture), {}, exporter);
    const std::string saved = read_file(played.output + "/alert_exporter/alerts.txt");
    CHECK(saved.size() < 16'100'000);
    CHECK(count(saved, "19 of many") == 1);
    CHECK(count(saved, ": 0 of many") == 0);
    CHECK_MESSAGE(count(played.err, "saved 15 lines") == 1, played.err);
    CHECK(count(played.err, "the oldest 5 had to go") == 1);
}

TEST_CASE("what alert_exporter finds in the recordings of real Slips") {
    const std::string captures = std::string(SLIPS_TEST_SOURCE_DIR) + "/../shared/contract/captures/";
    if (!std::filesystem::exists(captures)) {
        MESSAGE("skipped: the recordings are not here");
        return;
    }
    const Played current("current", captures + "current-zeek-json.jsonl", {}, exporter);
    const std::string saved = read_file(current.output + "/alert_exporter/alerts.txt");
    CHECK(count(saved, " evidence profile_") == 108);
    CHECK(count(saved, " ALERT profile_10.0.2.15 timewindow1 ") == 4);
    const Played legacy("legacy", captures + "legacy-zeek-json.jsonl", {}, exporter);
    CHECK(count(read_file(legacy.output + "/alert_exporter/alerts.txt"), "\n") == 63);
}
#endif
