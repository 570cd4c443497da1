// Recordings: their lines, their files, when messages are due, and which of them may be published.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "slipsdev/flows/flow_source.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/recordings/capture_writer.hpp"
#include "slipsdev/recordings/line_reader.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/recordings/pace.hpp"
#include "slipsdev/recordings/publishable.hpp"

using namespace slipsdev;
namespace fs = std::filesystem;

namespace {

struct Scratch {
    fs::path path;
    Scratch() {
        std::random_device random;
        path = fs::temp_directory_path() / ("slipsdev-unit-" + std::to_string(random()) + std::to_string(random()));
        fs::create_directories(path);
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::string operator/(const std::string& name) const { return (path / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name, std::ios::binary) << text;
        return *this / name;
    }
};

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_of(LineReader& reader) {
    std::vector<std::string> lines;
    for (std::string line; reader.next(line);) lines.push_back(line);
    return lines;
}

/// A message that compresses badly, so that an archive grows with each.
CapturedMessage message_of(std::mt19937& random) {
    CapturedMessage message{"new_flow", "", 1.5};
    for (int i = 0; i < 100; ++i) message.data += static_cast<char>('!' + random() % 90);
    return message;
}

std::string write_archive(const Scratch& scratch, const std::string& name, int messages) {
    CaptureWriter writer(scratch / name);
    std::mt19937 random(1);
    for (int i = 0; i < messages; ++i) writer.add(capture_line(message_of(random)));
    writer.close();
    return scratch / name;
}

}  // namespace

TEST_CASE("slipsdev recordings: a line is read back unchanged") {
    std::string why;
    for (const std::string& text : {std::string("{\"a\": \"b\"}"),
                                    std::string("b\xc3\xbc"
                                                "cher \xf0\x9f\x98\x80"),
                                    std::string("a\0b\x7f\n", 5), std::string("\xef\xbf\xbd"), std::string()}) {
        const std::string line = capture_line({"a\"channel", text, 1700000000.123456});
        CHECK(line.back() == '\n');
        CHECK(line.find('\n') == line.size() - 1);
        const auto back = read_capture_line(line, why);
        REQUIRE(back);
        CHECK(back->channel == "a\"channel");
        CHECK(back->data == text);
        CHECK(back->time == 1700000000.123456);
    }
    CHECK(capture_line({"c", "x", {}}) == "{\"channel\": \"c\", \"data\": \"x\"}\n");
    CHECK(capture_line({"c", "x", 12.5}) == "{\"channel\": \"c\", \"data\": \"x\", \"time\": 12.5}\n");
    const auto mended = read_capture_line(capture_line({"c",
                                                        "a\xff"
                                                        "b",
                                                        {}}),
                                          why);
    REQUIRE(mended);
    CHECK(mended->data == "a\xef\xbf\xbd"
                          "b");
}

TEST_CASE("slipsdev recordings: invalid messages are reported") {
    std::string why;
    CHECK_FALSE(read_capture_line(R"({"data": "x"})", why));
    CHECK(why == R"(not {"channel": text, "data": text}: channel is missing)");
    CHECK_FALSE(read_capture_line(R"({"channel": "c", "data": {}})", why));
    CHECK(why == R"(not {"channel": text, "data": text}: data is object)");
    const auto without = read_capture_line(R"({"channel": "c", "data": "x", "time": "noon"})", why);
    REQUIRE(without);
    CHECK_FALSE(without->time);
}

TEST_CASE("slipsdev recordings: files, plain and gzipped, with lines of any length") {
    const Scratch scratch;
    LineReader plain(scratch.write("a.jsonl", "one\n\ntwo\r\nthree"));
    CHECK(lines_of(plain) == std::vector<std::string>{"one", "", "two\r", "three"});
    CHECK(plain.number() == 4);
    CHECK_FALSE(plain.has_end());
    CHECK(plain.cut().empty());

    LineReader archive(write_archive(scratch, "b.jsonl.gz", 3));
    CHECK(lines_of(archive).size() == 3);
    CHECK(archive.has_end());
    CHECK(archive.cut().empty());

    LineReader empty(scratch.write("empty.gz", ""));
    CHECK(lines_of(empty).empty());
    CHECK_THROWS_WITH_AS(LineReader(scratch.write("no.gz", "text\n")),
                         ("cannot read " + scratch / "no.gz" + ": it is not a gzip archive").c_str(), EnvironmentError);
    CHECK_THROWS_WITH_AS(LineReader(scratch.path.string()),
                         ("cannot read " + scratch.path.string() + ": it is a folder").c_str(), EnvironmentError);
    CHECK_THROWS_AS(LineReader(scratch / "none"), EnvironmentError);
}

TEST_CASE("slipsdev recordings: a byte order mark is not part of the first line, and UTF-16 is named") {
    const Scratch scratch;
    const std::string mark = "\xef\xbb\xbf";
    LineReader marked(scratch.write("marked.log", mark + "one\n" + mark + "two\n"));
    CHECK(lines_of(marked) == std::vector<std::string>{"one", mark + "two"});
    LineReader twice(scratch.write("twice.log", mark + "one\ntwo\n"));
    twice.keep();
    CHECK(lines_of(twice).size() == 2);
    twice.rewind();
    CHECK(lines_of(twice) == std::vector<std::string>{"one", "two"});
    LineReader nothing(scratch.write("nothing.log", mark));
    CHECK(lines_of(nothing).empty());

    const std::string json = scratch.write("conn.log", mark + R"({"ts":1,"conn_state":"SF"})" + "\n");
    FlowSource source({json}, Generation::current);
    const auto line = source.next();
    REQUIRE(line);
    CHECK_MESSAGE(line->record, line->why);
    const std::string header = scratch.write("tsv.log", mark + "#separator \\x2c\n#fields,ts\n1\n");
    CHECK_THROWS_AS(inspect_file(header), UsageError);
    for (const char* bytes : {"\xff\xfe{", "\xfe\xff{"}) {
        const std::string path = scratch.write("utf16.log", bytes);
        CHECK_THROWS_WITH_AS(LineReader{path},
                             (path + " is text in UTF-16, which slipsdev does not read; pipe it in: iconv -f UTF-16 "
                                     "-t UTF-8 FILE | slipsdev ... -")
                                 .c_str(),
                             UsageError);
    }
}

TEST_CASE("slipsdev recordings: an archive that is cut off or damaged before its first line is not called empty") {
    const Scratch scratch;
    const std::string whole = contents(write_archive(scratch, "whole.jsonl.gz", 1));
    std::string damaged = whole;
    for (std::size_t i = 10; i < damaged.size(); ++i) damaged[i] = '\xff';
    const std::pair<std::string, std::string> cases[] = {{whole.substr(0, 10), "cut off"}, {damaged, "damaged"}};
    for (const auto& one : cases) {
        const std::string path = scratch.write("conn.log.gz", one.first);
        CHECK_THROWS_WITH_AS(
            inspect_files({path}),
            (path + ": the gzip archive is " + one.second + " before its first line: get the whole file").c_str(),
            UsageError);
    }
}

TEST_CASE("slipsdev recordings: an empty file beside another one is reported if it was given by name") {
    const Scratch scratch;
    const std::string good = scratch.write("good.jsonl", capture_line({"c", "x", 1}));
    const std::string empty = scratch.write("empty.log", "\n"), header = scratch.write("header.log", "#fields\tts\n");
    const auto report_of = [](const std::vector<std::string>& paths) {
        FlowSource source(paths, Generation::current);
        while (source.next()) {
        }
        return source.skip_report();
    };
    CHECK(report_of({good}).empty());
    CHECK(report_of({empty, good, header}) ==
          std::vector<std::string>{empty + " is empty: nothing of it was sent",
                                   header + " has a header, but no rows: nothing of it was sent"});
    fs::create_directory(scratch.path / "logs");
    scratch.write("logs/conn.log", "{}\n");
    scratch.write("logs/dns.log", "#fields\tts\n");
    CHECK(report_of({scratch / "logs"}).empty());
}

TEST_CASE("slipsdev recordings: a link in a folder that leads nowhere is always an error that names it") {
    const Scratch scratch;
    fs::create_directory(scratch.path / "logs");
    for (const char* name : {"a.log", "b.log", "y.log", "z.log"}) scratch.write("logs/" + std::string(name), "{}\n");
    fs::create_symlink("a.log", scratch.path / "logs/current.log");
    fs::create_symlink("nothing", scratch.path / "logs/other");  // no log by its name
    fs::create_directory(scratch.path / "logs/old.log.d");
    CHECK(inspect_files({scratch / "logs"}).size() == 5);
    for (const char* name : {"m.log", "0.log", "zz.log"}) {
        const fs::path link = scratch.path / "logs" / name;
        fs::create_symlink("gone.log", link);
        CHECK_THROWS_WITH_AS(
            inspect_files({scratch / "logs"}),
            (link.string() + ": is a link to a file that is not there; remove it, or give the other logs by name")
                .c_str(),
            UsageError);
        fs::remove(link);
    }
}

TEST_CASE("slipsdev recordings: a line that is too long is skipped, and the lines around it are read") {
    const Scratch scratch;
    const std::string good = capture_line({"c", "x", {}});
    const std::string longest(LineReader::longest_line, 'x');
    const std::string path = scratch.write("long.jsonl", good + longest + "\n" + longest + "y\n" + longest + longest +
                                                             "\n" + good + longest + "z");
    LineReader reader(path);
    std::string line;
    std::vector<std::size_t> too_long;
    while (reader.next(line)) {
        if (reader.too_long().empty()) continue;
        CHECK(line.empty());
        too_long.push_back(reader.number());
    }
    CHECK(too_long == std::vector<std::size_t>{3, 4, 6});
    CHECK(reader.number() == 6);

    FlowSource source({path}, Generation::current);
    CHECK(source.next());
    CHECK(source.next());
    CHECK_FALSE(source.next());
    const auto report = source.skip_report();
    CHECK(std::count(report.begin(), report.end(),
                     "3 lines skipped: longer than 40 MiB, which no message and no line of a log is "
                     "(first: " +
                         path + ":3)") == 1);
}

TEST_CASE("slipsdev recordings: archives that are invalid, have several parts, or have more bytes after their end") {
    const Scratch scratch;
    const std::string whole = contents(write_archive(scratch, "whole.jsonl.gz", 3));
    LineReader twice(scratch.write("twice.gz", whole + whole));  // as cat writes it
    CHECK(lines_of(twice).size() == 6);
    CHECK(twice.cut().empty());
    LineReader garbage(scratch.write("garbage.gz", whole + std::string(100, '\xff')));
    CHECK(lines_of(garbage).size() == 3);
    std::string damaged_bytes = whole;
    damaged_bytes[damaged_bytes.size() / 2] ^= '\x55';
    LineReader damaged(scratch.write("damaged.gz", damaged_bytes));
    lines_of(damaged);
    CHECK(damaged.cut() == "the gzip archive is damaged");
    if (fs::exists("/dev/zero"))
        CHECK_THROWS_WITH_AS(LineReader("/dev/zero"), "cannot read /dev/zero: it is a device; give a file or a pipe",
                             EnvironmentError);
    LineReader nothing("/dev/null");
    CHECK(lines_of(nothing).empty());
}

TEST_CASE("slipsdev recordings: an archive that was cut off is read to its end") {
    const Scratch scratch;
    const std::string whole = contents(write_archive(scratch, "whole.jsonl.gz", 2000));
    const std::string path = scratch.write("cut.jsonl.gz", whole.substr(0, whole.size() / 2));
    LineReader reader(path);
    const std::size_t lines = lines_of(reader).size();
    CHECK(lines > 500);
    CHECK(lines < 1500);
    CHECK(reader.cut() == "the gzip archive is cut off");

    FlowSource source({path}, Generation::current);
    std::size_t messages = 0;
    while (source.next()) ++messages;
    CHECK(messages >= lines - 1);
    REQUIRE_FALSE(source.skip_report().empty());
    bool reported = false;
    for (const std::string& line : source.skip_report())
        reported = reported || line.find("is cut off; the rest is missing") != std::string::npos;
    CHECK(reported);
    CHECK(source.progress() == doctest::Approx(1));
}

TEST_CASE("slipsdev recordings: a line that was cut off is skipped") {
    const Scratch scratch;
    const std::string path = scratch.write("cut.jsonl", capture_line({"c", "x", 1}) + R"({"channel": "c", "da)");
    FlowSource source({path}, Generation::current);
    CHECK(source.next());
    CHECK_FALSE(source.next());
    REQUIRE(source.skip_report().size() == 1);
    CHECK(source.skip_report()[0] == "1 line skipped: the file is cut off in this line (" + path + ":2)");
}

TEST_CASE("slipsdev recordings: a recording is not overwritten") {
    const Scratch scratch;
    const std::string path = scratch.write("there.jsonl", "precious\n");
    CHECK_THROWS_WITH_AS(CaptureWriter{path},
                         ("--output: " + path + " exists already; give another file, or remove it").c_str(),
                         UsageError);
    CHECK(contents(path) == "precious\n");
    fs::create_symlink(path, scratch / "link.jsonl");
    CHECK_THROWS_AS(CaptureWriter{scratch / "link.jsonl"}, UsageError);
    fs::create_symlink(scratch / "nowhere.jsonl", scratch / "dangling.jsonl");
    CHECK_THROWS_AS(CaptureWriter{scratch / "dangling.jsonl"}, UsageError);
    CHECK_FALSE(fs::exists(scratch / "nowhere.jsonl"));
    CHECK_THROWS_AS(CaptureWriter{scratch / "none/x.jsonl"}, UsageError);
    CHECK_THROWS_AS(CaptureWriter{scratch.path.string()}, UsageError);
}

TEST_CASE("slipsdev recordings: a full disk is reported in one line") {
    if (!fs::exists("/dev/full")) return;
    CaptureWriter writer("/dev/full");
    writer.add("x\n");
    CHECK_THROWS_WITH_AS(writer.flush(),
                         "cannot write /dev/full: No space left on device; it holds the messages recorded until then",
                         EnvironmentError);
}

TEST_CASE("slipsdev recordings: flushed lines can be read before the end") {
    const Scratch scratch;
    for (const std::string name : {"open.jsonl", "open.jsonl.gz"}) {
        CaptureWriter writer(scratch / name);
        writer.add("one\n");
        writer.flush();
        LineReader reader(scratch / name);
        CHECK(lines_of(reader) == std::vector<std::string>{"one"});
    }
}

TEST_CASE("slipsdev pace: at a rate, at once") {
    const Pace::Clock::time_point start{};
    using std::chrono::milliseconds;
    Pace rate = Pace::at_rate(10);
    CHECK(rate.wait(start, {}, true).count() <= 0);
    rate.sent();
    CHECK(rate.wait(start, {}, false).count() == doctest::Approx(0.1));
    CHECK(rate.wait(start + milliseconds(100), {}, false).count() <= 1e-9);
    Pace at_once = Pace::at_once();
    at_once.sent();
    CHECK(at_once.wait(start, 1e9, false).count() <= 0);
}

TEST_CASE("slipsdev pace: with the time differences of the recording") {
    const Pace::Clock::time_point start{};
    using std::chrono::seconds;
    Pace pace = Pace::as_recorded();
    const auto wait = [&](int at, std::optional<double> time, bool begins = false) {
        const double left = pace.wait(start + seconds(at), time, begins).count();
        if (left <= 0) pace.sent();
        return left;
    };
    CHECK(wait(5, {}, true) <= 0);      // no time: at once
    CHECK(wait(5, 1700000000.0) <= 0);  // the first one with a time
    CHECK(wait(5, 1700000002.5) == doctest::Approx(2.5));
    CHECK(wait(7, 1700000002.5) == doctest::Approx(0.5));
    CHECK(wait(8, 1700000002.5) <= 0);
    CHECK(wait(8, 1600000000.0) <= 0);  // older than the one before: time counts from here
    CHECK(wait(8, 1600000001.0) == doctest::Approx(1));
    CHECK(wait(8, 1900000000.0, true) <= 0);  // another file, even if recorded much later
    CHECK(wait(8, 1900000003.0) == doctest::Approx(3));
    CHECK(wait(8, {}, true) <= 0);  // in a file that begins without a time, the first one with a time counts
    CHECK(wait(8, 1950000000.0) <= 0);
}

TEST_CASE("slipsdev publishable: every real message, and none that ends a process of Slips") {
    for (const auto& [file, generation] :
         {std::pair("current", Generation::current), std::pair("legacy", Generation::legacy)}) {
        std::ifstream lines(std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/messages/" + file + ".jsonl");
        std::size_t seen = 0;
        std::string why;
        for (std::string line; std::getline(lines, line);) {
            const auto message = read_capture_line(line, why);
            REQUIRE(message);
            if (is_control_message(*message)) continue;
            ++seen;
            CAPTURE(line);
            CHECK(harm_of(*message, generation, "1.1.21").value_or("") == "");
        }
        CHECK(seen > 5);
    }
    const auto harm = [](const char* channel, const char* data, Generation generation = Generation::current) {
        return harm_of({channel, data, {}}, generation, "1.1.21").value_or("");
    };
    CHECK(harm("new_flow", "{\"profileid\": ") == "not JSON");
    CHECK(harm("new_flow", "x") == "current Slips publishes JSON objects only");
    CHECK(harm("new_ip", "10.0.0.1") == "current Slips publishes JSON objects only");
    CHECK(harm("new_ip", "10.0.0.1", Generation::legacy) == "");
    CHECK(harm("new_ip", "no address", Generation::legacy) != "");
    CHECK(harm("new_flow", R"({"flow": 1})", Generation::legacy) != "");
    CHECK(harm("evidence_added", R"({"evidence_type": "NOVEL"})") != "");
    CHECK(harm("evidence_added", "x", Generation::legacy) != "");
    CHECK(harm("control_channel", "stop_slips") == "it controls Slips itself");
    CHECK(harm("new_ip", "stop_process", Generation::legacy) == "it controls Slips itself");
    CHECK(harm("channel_of_a_module", "anything") == "");
    CHECK(harm("", "x") == "the channel has no name");
}

TEST_CASE("inspect: the form of a message on new_dns shows its type, whichever generation the others show") {
    MessageReport report(std::nullopt);
    report.add({"new_ip", "192.0.2.1"});  // plain text: 1.1.19 or older
    const std::string flow =
        R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1", "flow": "{\"flow.uid\": \"C1\", \"query\": \"example.org\"}", "stime": 7.5, "uid": "C1"})";
    CHECK_FALSE(report.add({"new_dns", flow}));
    CHECK_FALSE(report.add({"new_dns", "example.org"}));
    CHECK(report.decoded() == 3);
    CHECK(report.failed() == 0);
    for (const Generation given : {Generation::current, Generation::legacy}) {
        MessageReport of_generation(given);
        CHECK_FALSE(of_generation.add({"new_dns", flow}));
    }
}

TEST_CASE("inspect: keys of releases between the generations are neither unknown nor absent") {
    MessageReport report(std::nullopt);
    CHECK_FALSE(
        report.add({"new_software", R"({"sw_flow": {"uid": "C1", "saddr": "192.0.2.1"}, "twid": "timewindow1"})"}));
    CHECK_FALSE(report.add({"tw_modified", R"({"profileid": "profile_192.0.2.1", "twid": "timewindow1"})"}));
    for (const auto& [name, kind] : report.kinds()) {
        const std::string label(name);
        CAPTURE(label);
        CHECK(kind.unknown.empty());
        CHECK_FALSE(kind.absent.contains("flow"));
        CHECK_FALSE(kind.absent.contains("sw_flow"));
    }
}
