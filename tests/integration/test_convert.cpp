// slipsdev convert: files, the table of what was lost, and the converted recording in inspect and replay.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

const std::string recordings = SLIPS_TEST_SOURCE_DIR "/tests/data/messages/";

std::string line(const std::string& channel, const std::string& data) {
    return Json{{"channel", channel}, {"data", data}}.dump() + "\n";
}

}  // namespace

TEST_CASE("convert: every recording, to releases of each form; all of it can be inspected") {
    const TemporaryFolder folder;
    for (const char* name : {"current", "legacy", "slips-1.0.10", "slips-1.1.18"}) {
        for (const char* release : {"0.9.1", "1.0.10", "1.1.12", "1.1.22"}) {
            CAPTURE(name);
            CAPTURE(release);
            const std::string file = folder / (std::string(name) + "-" + release + ".jsonl.gz");
            const Ran ran(folder,
                          {"convert", recordings + name + ".jsonl", "--slips-version", release, "--output", file});
            CHECK_MESSAGE(ran.status == 0, ran.err);
            CHECK(ran.out.empty());
            CHECK_MESSAGE(ran.reports(" written as Slips " + std::string(release) + " publishes them"), ran.err);
            const Ran inspected(folder, {"inspect", file});
            CHECK_MESSAGE(inspected.status == 0, inspected.out);
            CHECK_MESSAGE(inspected.prints(" 0 failed\n"), inspected.out);
        }
    }
}

#if defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)
TEST_CASE("convert: a module plays the converted recording like its own release's") {
    const TemporaryFolder folder;
    for (const char* release : {"0.9.1", "1.0.10", "1.1.12", "1.1.22"}) {
        CAPTURE(release);
        const std::string file = folder / (std::string("flows-") + release + ".jsonl");
        const Ran ran(folder, {"convert", recordings + "current.jsonl", "--slips-version", release, "--output", file});
        REQUIRE_MESSAGE(ran.status == 0, ran.err);
        const Ran replayed(folder, {"replay", "--fast", "--slips-version", release, "--output", folder / "out", file,
                                    "--", SLIPS_TEST_LOCAL_CONNECTION_DETECTOR});
        CHECK_MESSAGE(replayed.status == 0, replayed.err);
        const Json summary = Json::parse(read_file(folder / "out/summary.json"));
        CHECK(summary["sent"] == 5);
        CHECK(summary["received"] == 5);
        CHECK(summary["undecodable"] == 0);
    }
}
#endif

TEST_CASE("convert: the table counts what was lost by channel and field; --strict makes it a fault") {
    const TemporaryFolder folder;
    const std::string flow =
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": {"starttime": 7.5, "uid": "C1", )"
        R"("saddr": "192.0.2.1", "daddr": "192.0.2.2", "history": "D", "novel": 1, "type_": "conn"}, "version": "1.1.21"})";
    const std::string text = line("new_flow", flow) + line("new_flow", flow) + line("my_channel", "x") + "\n" +
                             line("new_ip", R"({"text": "192.0.2.1", "version": "1.1.21"})");
    const std::string file = folder.write("recording.jsonl", text);
    const Ran ran(folder, {"convert", file, "--generation", "legacy"});
    CHECK(ran.status == 0);
    CHECK(ran.prints(R"({"channel": "new_ip", "data": "192.0.2.1"})"
                     "\n"));
    CHECK(ran.prints(R"(\"flow\": \"{\\\"C1\\\": )"));
    CHECK(ran.err == "slipsdev: 4 messages of Slips 1.1.21, 4 written as Slips 0.9.1 publishes them\n"
                     "slipsdev:  lost  channel     field\n"
                     "slipsdev:     1  my_channel  (copied unchanged: the SDK has no type for this channel)\n"
                     "slipsdev:     2  new_flow    flow.history\n"
                     "slipsdev:     2  new_flow    flow.novel\n"
                     "slipsdev:     2  new_flow    flow.state_hist\n");
    CHECK(Ran(folder, {"convert", file, "--generation", "legacy", "--strict"}).status == 1);
    const std::string plain = folder.write("plain.jsonl", line("new_ip", "192.0.2.1"));
    const Ran good(folder, {"convert", plain, "--slips-version", "1.1.22", "--strict"});
    CHECK(good.status == 0);
    CHECK(good.out == R"({"channel": "new_ip", "data": "{\"text\": \"192.0.2.1\", \"version\": \"1.1.22\"}"})"
                      "\n");
    CHECK(good.reports("1 messages of Slips, 1 written as Slips 1.1.22 publishes them; nothing was lost\n"));
    CHECK_FALSE(good.reports("newer"));
    const Ran newer(folder, {"convert", plain, "--slips-version", "9.9.9"});
    CHECK(newer.status == 0);
    CHECK(
        newer.reports("slipsdev: Slips 9.9.9 is newer than slipsdev knows: converted like the newest release known\n"));
}

TEST_CASE("convert: lines and messages that cannot be read are reported, and the rest is written") {
    const TemporaryFolder folder;
    const std::string file =
        folder.write("recording.jsonl", "no message\n" + line("new_ip", "192.0.2.1") +
                                            line("new_flow", R"({"profileid": "profile_192.0.2.1"})") +
                                            R"({"channel": "new_ip", "da)");
    const Ran ran(folder, {"convert", file, "--slips-version", "1.1.19"});
    CHECK(ran.status == 1);
    CHECK(ran.out == R"({"channel": "new_ip", "data": "192.0.2.1"})"
                     "\n");
    CHECK_MESSAGE(ran.reports(file + ":1: "), ran.err);
    CHECK_MESSAGE(ran.reports(file + ":4: the file is cut off in this line\n"), ran.err);
    CHECK_MESSAGE(ran.reports("new_flow  (the message: it cannot be decoded: "), ran.err);
}

TEST_CASE("convert: a full disk is reported with exit status 3") {
    if (::access("/dev/full", W_OK) != 0) return;
    const TemporaryFolder folder;
    const std::string file = folder.write("recording.jsonl", line("new_ip", "192.0.2.1"));
    const std::vector<std::string> arguments{"convert", file, "--slips-version", "1.1.19"};
    Launch launch = launch_of_slipsdev(folder, arguments);
    launch.out = "/dev/full";
    ChildProcess to_standard_output(launch);
    CHECK(to_standard_output.wait() == 3);
    CHECK(read_file(launch.err) == "slipsdev: cannot write to standard output: No space left on device\n");
    std::filesystem::create_symlink("/dev/full", folder / "full.jsonl.gz");
    for (const std::string& output : {std::string("/dev/full"), folder / "full.jsonl.gz"}) {
        CAPTURE(output);
        std::vector<std::string> to_file = arguments;
        to_file.insert(to_file.end(), {"--output", output});
        const Ran ran(folder, to_file);
        CHECK(ran.status == 3);
        CHECK_MESSAGE(ran.reports("cannot write " + output + ": No space left on device; "), ran.err);
    }
}

TEST_CASE("convert: wrong usage and files that are no recordings") {
    const TemporaryFolder folder;
    const std::string file = folder.write("recording.jsonl", line("new_ip", "192.0.2.1"));
    const std::string existing = folder.write("existing.jsonl", "precious\n");
    const std::string zeek = folder.write("conn.log", R"({"ts": 7.5, "uid": "C1"})"
                                                      "\n");
    const std::string empty = folder.write("empty.jsonl", "\n");
    struct {
        std::vector<std::string> arguments;
        std::string reason;
    } cases[] = {
        {{file}, "--slips-version is missing"},
        {{"--slips-version", "1.0.10"}, "no recording"},
        {{file, file, "--slips-version", "1.0.10"}, "one recording at a time"},
        {{file, "--slips-version", "0.8.0"}, "--slips-version: 0.8.0 is not a version of Slips"},
        {{file, "--slips-version", "1.0.10", "--generation", "legacy"}, "exclude each other"},
        {{file, "--slips-version", "1.0.10", "--colour"}, "unknown option --colour"},
        {{file, "--slips-version", "1.0.10", "--output", existing}, existing},
        {{zeek, "--slips-version", "1.0.10"}, "is a Zeek log, not a recording"},
        {{empty, "--slips-version", "1.0.10"}, "is empty"},
        {{folder / "none.jsonl", "--slips-version", "1.0.10"}, "none.jsonl"},
    };
    for (const auto& the : cases) {
        auto arguments = the.arguments;
        const std::string reason = the.reason;
        CAPTURE(reason);
        arguments.insert(arguments.begin(), "convert");
        const Ran ran(folder, arguments);
        CHECK((ran.status == 2 || (reason == "none.jsonl" && ran.status == 3)));
        CHECK_MESSAGE(ran.reports(reason), ran.err);
        CHECK(ran.out.empty());
    }
    CHECK(read_file(existing) == "precious\n");
    const Ran help(folder, {"convert", "--help"});
    CHECK(help.status == 0);
    CHECK(help.prints("usage: slipsdev convert RECORDING --slips-version VERSION"));
    for (std::size_t at = 0, end; (end = help.out.find('\n', at)) != std::string::npos; at = end + 1)
        CHECK(end - at <= 120);
}

#endif
