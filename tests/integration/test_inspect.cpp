// slipsdev inspect: files, gzipped files and a Redis that publishes.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "processes.hpp"
#include "redis_server.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

Launch inspection(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
    Launch launch;
    launch.arguments = {SLIPS_TEST_SLIPSDEV, "inspect"};
    launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
    launch.out = folder / "stdout";
    launch.err = folder / "stderr";
    return launch;
}

struct Inspected {
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    Inspected(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
        const Launch launch = inspection(folder, arguments);
        ChildProcess process(launch);
        status = process.wait();
        out = read_file(launch.out);
        err = read_file(launch.err);
    }
    bool says(const std::string& text) const { return out.find(text) != std::string::npos; }
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
}

TEST_CASE("inspect: a Redis that publishes") {
    const TemporaryFolder folder;
    ServerSettings settings;
    settings.tcp = true;
    RedisServer server(folder, "main", settings);
    const Launch launch = inspection(folder, {"--redis-port", server.port()});
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
