// slipsdev inspect: files, gzipped files and a Redis that publishes.
#include <doctest/doctest.h>

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
    Inspected(const TemporaryFolder& folder, const std::vector<std::string>& arguments) : Ran(folder, inspect(arguments)) {}
};

const std::string good =
    R"({"channel": "new_dns", "data": "{\"profileid\": \"profile_10.0.0.1\", \"twid\": \"timewindow1\", \"flow\": {\"uid\": \"C1\", )"
    R"(\"query\": \"example.org\", \"novel\": 1, \"type_\": \"dns\"}, \"version\": \"1.1.21\"}"})"
    "\n";
const std::string bad = R"({"channel": "new_dns", "data": "{\"profileid\": \"profile_10.0.0.1\", \"version\": \"1.1.21\"}"})"
                        "\n";
const std::string others =
    "\n" R"({"channel": "my_channel", "data": "x"})" "\n" R"({"channel": "new_ip", "data": "stop_process"})" "\n"
    R"({"channel": "new_dns", "data": "example.org"})" "\n" R"({"channel": "control_channel", "data": "stop_slips"})" "\n";

}  // namespace

TEST_CASE("inspect: what decodes, what is absent, what no table has") {
    const TemporaryFolder folder;
    const std::string file = folder.write("good.jsonl", good + good + others);
    const Inspected inspected(folder, {file});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 0);
    CHECK(inspected.says("new_dns current dns: 2 decoded\n"));
    CHECK(inspected.says("answers"));
    CHECK(inspected.says("only in json(): flow.novel 2\n"));
    CHECK(inspected.says("new_dns legacy: 1 decoded\n"));
    CHECK(inspected.says("my_channel legacy: 1 without a type"));
    CHECK(inspected.says("6 messages: 4 decoded, 1 without a type, 1 that steer, 0 failed\n"));
}

TEST_CASE("inspect: the name of a channel stays in its line") {
    const TemporaryFolder folder;
    const Inspected inspected(folder, {folder.write("odd.jsonl", R"({"channel": "a\nb", "data": "x"})" "\n")});
    CHECK(inspected.says("a\\x0ab legacy: 1 without a type"));
}

TEST_CASE("inspect: a failure is told with its line") {
    const TemporaryFolder folder;
    const std::string file = folder.write("bad.jsonl", good + bad + "no capture\n");
    const Inspected inspected(folder, {file});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 1);
    CHECK(inspected.says(file + ":2: new_dns: twid is missing, expected text\n"));
    CHECK(inspected.says(file + ":3: "));
    CHECK(inspected.says("new_dns current: 0 decoded, 1 failed\n"));
    CHECK(inspected.says("2 messages: 1 decoded, 0 without a type, 0 that steer, 2 failed\n"));
}

TEST_CASE("inspect: what is no message is told in one line") {
    const TemporaryFolder folder;
    const auto told = [&](const std::string& text) {
        const Inspected inspected(folder, {folder.write("bad.jsonl", good + text)});
        CHECK(inspected.status == 1);
        CHECK(inspected.says("1 messages: 1 decoded, 0 without a type, 0 that steer, 1 failed\n"));
        const std::size_t end = inspected.out.find('\n');
        CHECK(inspected.out.find(folder / "bad.jsonl:2: ") == 0);
        return inspected.out.substr((folder / "bad.jsonl:2: ").size(), end - (folder / "bad.jsonl:2: ").size());
    };
    CHECK(told("{\"data\": \"x\"}\n") == R"(not {"channel": text, "data": text}: channel is missing)");
    CHECK(told("{\"channel\": \"new_ip\", \"data\": {\"text\": \"::\"}}\n") ==
          R"(not {"channel": text, "data": text}: data is object)");
    CHECK(told("[]\n") == R"(not {"channel": text, "data": text}: channel is missing)");
    CHECK(told("nonsense\n").find("not JSON: column ") == 0);
    CHECK(told(std::string("\0\0\n", 3)).find("not JSON: ") == 0);
    CHECK(told("{\"channel\": \"c\", \"data\": \"\xff\"}\n").find("not JSON: ") == 0);
    CHECK(told("{\"channel\": \"new_") == "the file is cut off in this line");
    const std::string long_line = told("{\"channel\": \"new_ip\", \"data\": \"" + std::string(20'000'000, 'x') + "\n");
    CHECK(long_line.size() < 300);
}

TEST_CASE("inspect: carriage returns and channels never heard of are no failures, and nothing is no message") {
    const TemporaryFolder folder;
    const std::string crlf = good.substr(0, good.size() - 1) + "\r\n";
    const Inspected inspected(folder, {folder.write("crlf.jsonl", crlf + "\r\n" + R"({"channel": "novel\u001b[31m", "data": "\u0000"})" "\n")});
    CAPTURE(inspected.out);
    CHECK(inspected.status == 0);
    CHECK(inspected.says("novel\\x1b[31m legacy: 1 without a type"));  // nothing that steers a terminal
    CHECK(inspected.says("2 messages: 1 decoded, 1 without a type, 0 that steer, 0 failed\n"));
    const Inspected empty(folder, {folder.write("empty.jsonl", "")});
    CHECK(empty.status == 0);
    CHECK(empty.complains("empty.jsonl is empty"));
}

TEST_CASE("inspect: what cannot be read is told, and the rest has its say") {
    const TemporaryFolder folder;
    const Inspected inspected(folder, {folder / "none", folder.path(), folder.write("good.jsonl", good)});
    CHECK(inspected.status == 3);
    CHECK(inspected.complains("cannot read " + (folder / "none") + ": No such file or directory\n"));
    CHECK(inspected.complains("cannot read " + folder.path() + ": it is a folder\n"));
    CHECK(inspected.says("1 messages: 1 decoded"));
}

TEST_CASE("inspect: the generation can be told") {
    const TemporaryFolder folder;
    const std::string file = folder.write("text.jsonl", R"({"channel": "new_dns", "data": "example.org"})" "\n");
    CHECK(Inspected(folder, {"--generation", "legacy", file}).status == 0);
    const Inspected inspected(folder, {"--generation", "current", file});
    CHECK(inspected.status == 1);
    CHECK(inspected.says(file + ":1: new_dns: not JSON"));
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
    CHECK(inspected.says("2001 messages: 2001 decoded"));
    CHECK(Inspected(folder, {folder.write("no.gz", "no archive")}).status == 3);

    const std::string archive = read_file(file + ".gz");
    const Inspected cut(folder, {folder.write("cut.gz", archive.substr(0, archive.size() - 12))});
    CHECK(cut.status == 3);
    CHECK(cut.complains(": the gzip archive is cut off, what followed is missing\n"));
    CHECK(cut.says(" decoded, 0 without a type"));

    Launch piped;  // standard input, which may be an archive as well
    piped.arguments = {"/bin/sh", "-c", R"("$0" inspect - <"$1" >"$2")", SLIPS_TEST_SLIPSDEV, file + ".gz", folder / "piped"};
    ChildProcess shell(piped);
    CHECK(shell.wait() == 0);
    CHECK(read_file(folder / "piped").find("2001 messages: 2001 decoded") != std::string::npos);
}

TEST_CASE("inspect: a Redis that publishes") {
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
    client.command({"PING"});  // answered after the listeners were written to
    server.kill();
    CHECK(process.wait() == 1);
    const std::string out = read_file(launch.out);
    CAPTURE(out);
    CHECK(out.find("port " + server.port() + ":2: new_ip: the text is not an IP address (no address)\n") != std::string::npos);
    CHECK(out.find("2 messages: 1 decoded, 0 without a type, 0 that steer, 1 failed\n") != std::string::npos);
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
