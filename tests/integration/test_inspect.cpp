// slipsdev inspect: files, gzipped files and messages published in Redis.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "played.hpp"
#include "processes.hpp"
#include "redis_server.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

std::vector<std::string> inspect(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    return arguments;
}

struct Inspected : Ran {
    Inspected(const TemporaryFolder& folder, const std::vector<std::string>& arguments)
        : Ran(folder, inspect(arguments)) {}
};

const std::string good =
    R"({"channel": "new_dns", "data": "{\"profileid\": \"profile_10.0.0.1\", \"twid\": \"timewindow1\", \"flow\": {\"uid\": \"C1\", )"
    R"(\"query\": \"example.org\", \"novel\": 1, \"type_\": \"dns\"}, \"version\": \"1.1.21\"}"})"
    "\n";
const std::string bad =
    R"({"channel": "new_dns", "data": "{\"profileid\": \"profile_10.0.0.1\", \"version\": \"1.1.21\"}"})"
    "\n";
const std::string others = "\n"
                           R"({"channel": "my_channel", "data": "x"})"
                           "\n"
                           R"({"channel": "new_ip", "data": "stop_process"})"
                           "\n"
                           R"({"channel": "new_dns", "data": "example.org"})"
                           "\n"
                           R"({"channel": "control_channel", "data": "stop_slips"})"
                           "\n";

}  // namespace

TEST_CASE("inspect: decoded messages, absent fields, unknown keys") {
    const TemporaryFolder folder;
    const std::string file = folder.write("good.jsonl", good + good + others);
    const Inspected inspected(folder, {file});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 0);
    CHECK(inspected.prints("new_dns current dns: 2 decoded\n"));
    CHECK(inspected.prints("answers"));
    CHECK(inspected.prints("only in json(): flow.novel 2\n"));
    CHECK(inspected.prints("new_dns legacy: 1 decoded\n"));
    CHECK(inspected.prints("my_channel legacy: 1 without a type"));
    CHECK(inspected.prints("6 messages: 4 decoded, 1 without a type, 1 that control Slips, 0 failed\n"));
}

TEST_CASE("inspect: a line break in a channel name is escaped") {
    const TemporaryFolder folder;
    const Inspected inspected(folder, {folder.write("odd.jsonl", R"({"channel": "a\nb", "data": "x"})"
                                                                 "\n")});
    CHECK(inspected.prints("a\\x0ab legacy: 1 without a type"));
}

TEST_CASE("inspect: a failure is reported with its line") {
    const TemporaryFolder folder;
    const std::string file = folder.write("bad.jsonl", good + bad + "no capture\n");
    const Inspected inspected(folder, {file});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 1);
    CHECK(inspected.prints(file + ":2: new_dns: twid is missing, expected text\n"));
    CHECK(inspected.prints(file + ":3: "));
    CHECK(inspected.prints("new_dns current: 0 decoded, 1 failed\n"));
    CHECK(inspected.prints("2 messages: 1 decoded, 0 without a type, 0 that control Slips, 2 failed\n"));
}

TEST_CASE("inspect: a line that is not a message is reported in one line") {
    const TemporaryFolder folder;
    const auto reported = [&](const std::string& text) {
        const Inspected inspected(folder, {folder.write("bad.jsonl", good + text)});
        CHECK(inspected.status == 1);
        CHECK(inspected.prints("1 messages: 1 decoded, 0 without a type, 0 that control Slips, 1 failed\n"));
        const std::size_t end = inspected.out.find('\n');
        CHECK(inspected.out.find(folder / "bad.jsonl:2: ") == 0);
        return inspected.out.substr((folder / "bad.jsonl:2: ").size(), end - (folder / "bad.jsonl:2: ").size());
    };
    CHECK(reported("{\"data\": \"x\"}\n") == R"(not {"channel": text, "data": text}: channel is missing)");
    CHECK(reported("{\"channel\": \"new_ip\", \"data\": {\"text\": \"::\"}}\n") ==
          R"(not {"channel": text, "data": text}: data is object)");
    CHECK(reported("[]\n") == R"(not {"channel": text, "data": text}: channel is missing)");
    CHECK(reported("nonsense\n").find("not JSON: column ") == 0);
    CHECK(reported(std::string("\0\0\n", 3)).find("not JSON: ") == 0);
    CHECK(reported("{\"channel\": \"c\", \"data\": \"\xff\"}\n").find("not JSON: ") == 0);
    CHECK(reported("{\"channel\": \"new_") == "the file is cut off in this line");
    const std::string long_line =
        reported("{\"channel\": \"new_ip\", \"data\": \"" + std::string(20'000'000, 'x') + "\n");
    CHECK(long_line.size() < 300);
}

TEST_CASE("inspect: carriage returns and unknown channels are not failures, and an empty file has no message") {
    const TemporaryFolder folder;
    const std::string crlf = good.substr(0, good.size() - 1) + "\r\n";
    const Inspected inspected(folder,
                              {folder.write("crlf.jsonl", crlf + "\r\n" +
                                                              R"({"channel": "novel\u001b[31m", "data": "\u0000"})"
                                                              "\n")});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 0);
    CHECK(inspected.prints("novel\\x1b[31m legacy: 1 without a type"));  // no control characters
    CHECK(inspected.prints("2 messages: 1 decoded, 1 without a type, 0 that control Slips, 0 failed\n"));
    const Inspected empty(folder, {folder.write("empty.jsonl", "")});
    CHECK(empty.status == 2);
    CHECK(empty.reports("empty.jsonl is empty"));
    const Inspected blank(folder, {folder.write("blank.jsonl", "\n \r\n")});
    CHECK(blank.status == 2);
    CHECK(blank.reports("blank.jsonl is empty"));
}

TEST_CASE("inspect: unreadable files are reported, and the others are read") {
    const TemporaryFolder folder;
    const Inspected inspected(folder, {folder / "none", folder.path(), folder.write("good.jsonl", good)});
    CHECK(inspected.status == 3);
    CHECK(inspected.reports("cannot read " + (folder / "none") + ": No such file or directory\n"));
    CHECK(inspected.reports("cannot read " + folder.path() + ": it is a folder\n"));
    CHECK(inspected.prints("1 messages: 1 decoded"));
}

TEST_CASE("inspect: --generation") {
    const TemporaryFolder folder;
    const std::string file = folder.write("text.jsonl", R"({"channel": "new_dns", "data": "example.org"})"
                                                        "\n");
    CHECK(Inspected(folder, {"--generation", "legacy", file}).status == 0);
    const Inspected inspected(folder, {"--generation", "current", file});
    CHECK(inspected.status == 1);
    CHECK(inspected.prints(file + ":1: new_dns: not JSON"));
}

TEST_CASE("inspect: gzipped files") {
    const TemporaryFolder folder;
    const std::string file = folder.write("many.jsonl", [] {
        std::string text;
        for (int i = 0; i < 2000; ++i) text += good;  // more than a pipe holds
        return text + good.substr(0, good.size() - 1);
    }());
    Launch zip;
    zip.arguments = {"/bin/sh", "-c", "exec gzip \"$0\"", file};
    ChildProcess process(zip);
    REQUIRE(process.wait() == 0);
    const Inspected inspected(folder, {file + ".gz"});
    CAPTURE(inspected.err);
    CHECK(inspected.status == 0);
    CHECK(inspected.prints("2001 messages: 2001 decoded"));
    CHECK(Inspected(folder, {folder.write("no.gz", "no archive")}).status == 3);

    const std::string archive = read_file(file + ".gz");
    const Inspected cut(folder, {folder.write("cut.gz", archive.substr(0, archive.size() - 12))});
    CHECK(cut.status == 3);
    CHECK(cut.reports(": the gzip archive is cut off; the rest is missing\n"));
    CHECK(cut.prints(" decoded, 0 without a type"));

    Launch piped;  // standard input, which may be an archive, too
    piped.arguments = {"/bin/sh",           "-c",         R"("$0" inspect - <"$1" >"$2")",
                       SLIPS_TEST_SLIPSDEV, file + ".gz", folder / "piped"};
    ChildProcess shell(piped);
    CHECK(shell.wait() == 0);
    CHECK(read_file(folder / "piped").find("2001 messages: 2001 decoded") != std::string::npos);
}

TEST_CASE(
    "inspect, replay: a small archive with an enormous line takes little memory, and the lines around it are read") {
    const TemporaryFolder folder;
    const std::string first = folder.write("first", good);
    const std::string file = folder / "large.jsonl.gz";
    Launch zip;
    zip.arguments = {"/bin/sh", "-c",
                     R"((cat "$0"; head -c 200000000 /dev/zero | tr '\0' x; echo; cat "$0") | gzip >"$1")", first,
                     file};
    ChildProcess process(zip);
    REQUIRE(process.wait(3 * patience) == 0);
    CHECK(read_file(file).size() < 1'000'000);

    const Ran inspected(folder, {"inspect", file}, {}, 150);
    CAPTURE(inspected.err);
    CHECK(inspected.status == 1);
    CHECK(inspected.prints(file + ":2: longer than 40 MiB, which no message and no line of a log is\n"));
    CHECK(inspected.prints("2 messages: 2 decoded, 0 without a type, 0 that control Slips, 1 failed\n"));

    RedisServer server(folder, "main");
    const Ran replayed(folder, {"replay", "--redis-socket", server.socket(), file}, {}, 150);
    CAPTURE(replayed.err);
    CHECK(replayed.status == 0);
    CHECK(replayed.reports("1 line skipped: longer than 40 MiB"));
    CHECK(replayed.prints("2 published"));
}

TEST_CASE("inspect: a line with very many values or keys takes little memory and time") {
    const TemporaryFolder folder;
    std::string values = R"({"channel": "new_ip", "data": "x", "more": [)", keys = R"({"channel": "c", "data": "{)";
    for (int i = 0; i < 5'000'000; ++i) values += "[],";
    for (int i = 0; i < 400'000; ++i) keys += "\\\"" + std::to_string(i) + "\\\":1,";
    const std::string file = folder.write("many.jsonl", values + "0]}\n" + keys + "\\\"x\\\":1}\"}\n");
    const Ran inspected(folder, {"inspect", file}, {}, 400);
    CAPTURE(inspected.err);
    CHECK(inspected.status == 1);
    CHECK(inspected.prints(file + ":1: JSON of more than 1000000 values\n"));
    CHECK(inspected.prints("1 messages: 0 decoded, 1 without a type, 0 that control Slips, 1 failed\n"));
}

TEST_CASE("inspect: invented names do not fill the report") {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 3000; ++i)
        text += R"({"channel": "c)" + std::to_string(i) +
                R"(", "data": "x"})"
                "\n";
    const Inspected inspected(folder, {folder.write("names.jsonl", text)});
    CHECK(count(inspected.out, "\n") <= 1002);
    CHECK(inspected.prints("(others): 2000 without a type"));
    CHECK(inspected.prints("3000 messages: 0 decoded, 3000 without a type"));
}

TEST_CASE("inspect: control characters in names and messages are escaped") {
    const TemporaryFolder folder;
    const std::string odd = "\x1b[2J\r\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8b\xef\xbb\xbf"
                            "cod.exe";
    const std::string capture = Json{{"channel", odd}, {"data", "x"}}.dump() + "\n" +
                                Json{{"channel", "new_dns"}, {"data", "{\"" + odd + "\": "}}.dump() + "\n" +
                                Json{{"channel", "new_ip"}, {"data", "{\"text\": \"" + odd + "\"}"}}.dump() +
                                "\nno message " + odd + "\n";
    const Inspected inspected(folder, {folder.write(odd + "\n", capture), folder / ("none" + odd)});
    CHECK(inspected.status == 3);
    for (const std::string& printed : {inspected.out, inspected.err})
        for (const std::string hidden :
             {"\x1b", "\r", "\xe2\x80\xae", "\xe2\x81\xa6", "\xd8\x9c", "\xe2\x80\x8b", "\xef\xbb\xbf"}) {
            CAPTURE(printed);
            CHECK(count(printed, hidden) == 0);
        }
    CHECK(inspected.prints("\\x1b[2J\\x0d"));
    CHECK(count(inspected.err, "\n") == 1);
}

TEST_CASE("inspect: a pipe is read, with a note while it waits; a device is not") {
    const TemporaryFolder folder;
    const std::string file = folder.write("good.jsonl", good);
    const std::string pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    ChildProcess waiting(launch_of_slipsdev(folder, inspect({pipe})));
    REQUIRE(eventually(
        [&] { return read_file(folder / "stderr").find(pipe + " is a pipe: reading until") != std::string::npos; }));
    Launch writer;
    writer.arguments = {"/bin/sh", "-c", R"(cat "$0" >"$1")", file, pipe};
    ChildProcess writing(writer);
    CHECK(waiting.wait() == 0);
    CHECK(read_file(folder / "stdout").find("1 messages: 1 decoded") != std::string::npos);

    Launch piped;
    piped.arguments = {"/bin/sh",           "-c", R"(cat "$1" | "$0" inspect /dev/stdin >"$2" 2>&1)",
                       SLIPS_TEST_SLIPSDEV, file, folder / "piped"};
    ChildProcess shell(piped);
    CHECK(shell.wait() == 0);
    CHECK(read_file(folder / "piped").find("1 messages: 1 decoded") != std::string::npos);
    CHECK(read_file(folder / "piped").find("is a pipe") == std::string::npos);

    const Inspected device(folder, {"/dev/zero"});
    CHECK(device.status == 3);
    CHECK(device.reports("cannot read /dev/zero: it is a device; give a file or a pipe\n"));
}

TEST_CASE("inspect: messages published in Redis") {
    const TemporaryFolder folder;
    ServerSettings settings;
    settings.tcp = true;
    RedisServer server(folder, "main", settings);
    const Launch launch = launch_of_slipsdev(folder, inspect({"--redis-port", server.port()}));
    ChildProcess process(launch);
    Client client = server.client();
    REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
    client.command({"PUBLISH", "new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})"});
    client.command({"PUBLISH", "new_ip", R"({"text": "no address", "version": "1.1.21"})"});
    client.command({"PING"});  // answered after the subscribers were written to
    server.kill();
    CHECK(process.wait() == 1);
    const std::string out = read_file(launch.out);
    CAPTURE(out);
    CHECK(out.find("port " + server.port() + ":2: new_ip: the text is not an IP address (no address)\n") !=
          std::string::npos);
    CHECK(out.find("2 messages: 1 decoded, 0 without a type, 0 that control Slips, 1 failed\n") != std::string::npos);
}

TEST_CASE("inspect: wrong usage") {
    const TemporaryFolder folder;
    CHECK(Inspected(folder, {}).status == 2);
    CHECK(Inspected(folder, {"--redis-port", "x"}).status == 2);
    CHECK(Inspected(folder, {"--redis-port", "1", "file"}).status == 2);
    CHECK(Inspected(folder, {"--seconds", "1", "file"}).status == 2);
    CHECK(Inspected(folder, {"--generation", "none", "file"}).status == 2);
    CHECK(Inspected(folder, {"--novel"}).status == 2);
    CHECK(Inspected(folder, {folder / "none"}).status == 3);
    CHECK(Inspected(folder, {"--help"}).status == 0);
}

#endif
