// slipsdev replay: captured messages, to a module and in Redis.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"
#include "processes.hpp"
#include "redis_server.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

std::string line(const std::string& channel, const std::string& data, double time = 0) {
    Json json{{"channel", channel}, {"data", data}};
    if (time > 0) json["time"] = time;
    return json.dump() + "\n";
}

std::string ip_message(int number) {
    return R"({"text": "10.0.0.)" + std::to_string(number) + R"(", "version": "1.1.21"})";
}

std::string recorded_flow(Slips slips) {
    Flow flow;
    flow.uid = "C1";
    return line("new_flow", slips == Slips::current ? current_flow(flow) : legacy_flow(flow), 1700000000.25);
}

}  // namespace

TEST_CASE("replay: in Redis, each message unchanged, without those that control or harm Slips") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Subscriber subscriber(server.socket(), "new_ip");
    const std::string odd = R"({"text": "10.0.0.3", "odd": "bücher \" \\ )"
                            "\xf0\x9f\x98\x80"
                            R"(", "version": "1.1.21"})";
    const std::string file = folder.write(
        "recording.jsonl", line("new_ip", ip_message(1), 1700000000) + line("control_channel", "stop_slips") +
                               "no message\n" + line("new_ip", "{\"text\": ") +
                               line("new_flow", R"({"profileid": "profile_10.0.0.1"})") +
                               line("new_ip", "stop_process") + line("new_ip", ip_message(2), 1700000000.02) +
                               line("new_ip", odd, 1700000000.03) + line("channel of a module", "anything"));
    const Ran ran(folder, {"replay", "--redis-socket", server.socket(), file});
    CAPTURE(ran.err);
    CHECK(ran.status == 1);
    CHECK(subscriber.wait_for(3) == std::vector<std::string>{ip_message(1), ip_message(2), odd});
    CHECK(ran.reports("refused: " + file + ":4: new_ip: not JSON\n"));
    CHECK(ran.reports("refused: " + file + ":5: new_flow: "));
    CHECK(ran.reports("2 lines skipped: a message that controls Slips itself (first: " + file + ":2)"));
    CHECK(ran.prints("new_ip: 3\n"));
    CHECK(ran.prints("4 published, 3 of them received, 2 refused, 3 skipped\n"));
}

TEST_CASE("replay: in Redis, no message from which Slips makes rules or deletes files, and no control characters in "
          "the output") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Subscriber subscriber(server.socket(), "new_blocking");
    const std::string file = folder.write(
        "recording.jsonl", line("new_blocking", R"({"ip": "10.0.0.1", "block": true, "version": "1.1.21"})") +
                               line("remove_old_files", "{}") + line("\x1b[2J", "anything"));
    const Ran ran(folder, {"replay", "--force", "--redis-socket", server.socket(), file});
    CHECK(ran.status == 0);
    CHECK(ran.reports("1 line skipped: new_blocking: Slips makes firewall rules from it (" + file + ":1)\n"));
    CHECK(ran.reports("1 line skipped: remove_old_files: Slips deletes the files that it names (" + file + ":2)\n"));
    CHECK(ran.prints("\\x1b[2J: 1\n"));
    CHECK(ran.prints("1 published, 0 of them received, 0 refused, 2 skipped\n"));
    CHECK(subscriber.messages().empty());
}

TEST_CASE(
    "replay: in Redis, legacy evidence that ends Slips' output process is refused, and control messages are skipped") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Subscriber subscriber(server.socket(), "evidence_added");
    Json evidence{{"profileid", "profile_10.0.0.1"},
                  {"twid", "timewindow1"},
                  {"type_detection", "dstip"},
                  {"detection_info", "10.0.0.2"},
                  {"type_evidence", "X"},
                  {"description", "10.0.0.2 asked for stop_process.org"},
                  {"stime", 1654188717.25},
                  {"uid", "C1"},
                  {"confidence", 0.8},
                  {"threat_level", "high"},
                  {"category", "Anomaly.Connection"},
                  {"ID", "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a"}};
    const std::string bad = evidence.dump();
    evidence["description"] = "10.0.0.2 asked for example.org";
    const std::string file =
        folder.write("recording.jsonl", line("evidence_added", bad) + line("evidence_added", evidence.dump()) +
                                            line("c", "stop_process") + line("c", "stop_slips"));
    const Ran ran(folder, {"replay", "--force", "--redis-socket", server.socket(), file});
    CHECK(ran.status == 1);
    CHECK(subscriber.wait_for(1) == std::vector<std::string>{evidence.dump()});
    CHECK(ran.reports("refused: " + file +
                      ":1: evidence_added: description contains \"stop_process\": printed, it ends"));
    CHECK(ran.prints("1 published, 1 of them received, 1 refused, 2 skipped\n"));
}

TEST_CASE("replay: a subscriber that hangs is reported, waited for, and loses nothing") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Client client = server.client();
    client.command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 14mb 0 0"});
    Subscriber subscriber(server.socket(), "c");
    std::string text;
    for (int i = 0; i < 200; ++i) text += line("c", std::string(100'000, 'x'));
    ChildProcess process(
        launch_of_slipsdev(folder, {"replay", "--redis-socket", server.socket(), folder.write("large.jsonl", text)}));
    REQUIRE(eventually(
        [&] { return read_file(folder / "stderr").find("a subscriber does not read") != std::string::npos; }));
    CHECK(subscriber.wait_for(200).size() == 200);
    CHECK(process.wait() == 0);
    CHECK(read_file(folder / "stdout").find("200 published, 200 of them received") != std::string::npos);
}

TEST_CASE("replay: publishes only with --force if Slips seems to have subscribed") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Subscriber slips(server.socket(), "evidence_added");
    Subscriber subscriber(server.socket(), "new_ip");
    const std::string file = folder.write("recording.jsonl", line("new_ip", ip_message(1)));
    const Ran refused(folder, {"replay", "--redis-socket", server.socket(), file});
    CHECK(refused.status == 2);
    CHECK(refused.reports("--force publishes them anyway"));
    CHECK(subscriber.messages().empty());
    CHECK(Ran(folder, {"replay", "--force", "--redis-socket", server.socket(), file}).status == 0);
    CHECK(subscriber.wait_for(1).size() == 1);
}

TEST_CASE("replay: replayed messages are recorded unchanged, gzipped on the way") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Client client = server.client();
    std::string text;
    for (int i = 0; i < 100; ++i) text += line("new_ip", ip_message(i));
    const std::string file = folder.write("recording.jsonl", text);
    ChildProcess recorder([&] {
        Launch launch = launch_of_slipsdev(
            folder, {"record", "--output", folder / "again.jsonl.gz", "--redis-socket", server.socket()});
        launch.out = launch.err = "/dev/null";
        return launch;
    }());
    REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
    CHECK(Ran(folder, {"replay", "--fast", "--redis-socket", server.socket(), file})
              .prints("100 published, 100 of them received"));
    recorder.signal(SIGTERM);
    CHECK(recorder.wait() == 0);
    Subscriber subscriber(server.socket(), "new_ip");
    CHECK(Ran(folder, {"replay", "--rate", "100000", "--redis-socket", server.socket(), folder / "again.jsonl.gz"})
              .status == 0);
    const auto& messages = subscriber.wait_for(100);
    REQUIRE(messages.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(messages[static_cast<std::size_t>(i)] == ip_message(i));
}

TEST_CASE("replay: a recorded pause is kept, and Ctrl-C interrupts it") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    Subscriber subscriber(server.socket(), "new_ip");
    const std::string file = folder.write("recording.jsonl", line("new_ip", ip_message(1), 1700000000) +
                                                                 line("new_ip", ip_message(2), 1700100000));
    ChildProcess process(launch_of_slipsdev(folder, {"replay", "--redis-socket", server.socket(), file}));
    CHECK(subscriber.wait_for(1).size() == 1);
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    CHECK(subscriber.messages().size() == 1);
    CHECK(Ran(folder, {"replay", "--fast", "--redis-socket", server.socket(), file}).status == 0);
}

#if defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

TEST_CASE("replay: to a module, of the generation that the recording shows") {
    for (const Slips slips : {Slips::current, Slips::legacy}) {
        const TemporaryFolder folder;
        const std::string file = folder.write("recording.jsonl", recorded_flow(slips));
        const Ran ran(folder, {"replay", "--output", folder / "out", file, "--", SLIPS_TEST_LOCAL_CONNECTION_DETECTOR});
        CAPTURE(ran.err);
        CHECK(ran.status == 0);
        CHECK(ran.prints("Detected Detected a connection to a local device 192.168.1.18"));
        CHECK(ran.prints("1 sent, 1 received, 1 accepted, 0 refused, 0 lost"));
        CHECK(Json::parse(read_file(folder / "out/summary.json"))["accepted"] == 1);
        CHECK(read_file(folder / (slips == Slips::current ? "out/alerts/alerts.log" : "out/alerts.log")) != "");
    }
}

#endif

TEST_CASE("replay: wrong usage and input") {
    const TemporaryFolder folder;
    const std::string file = folder.write("recording.jsonl", recorded_flow(Slips::legacy));
    const auto complaint = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "replay");
        const Ran ran(folder, arguments);
        CHECK(ran.status == 2);
        return ran.err;
    };
    CHECK(complaint({}).find("no messages") != std::string::npos);
    CHECK(complaint({file}).find("no destination") != std::string::npos);
    CHECK(complaint({file, "--", "program"}).find("--output is missing") != std::string::npos);
    CHECK(complaint({file, "--redis-port", "1", "--", "program"}).find("not both") != std::string::npos);
    CHECK(complaint({file, "--redis-port", "1", "--fast", "--rate", "1"}).find("not both") != std::string::npos);
    CHECK(complaint({file, "--redis-port", "1", "--generation", "current"}).find("messages of legacy Slips") !=
          std::string::npos);
    CHECK(complaint({folder.write("tsv.log", "#fields\tts\n1\n"), "--redis-port", "1"}).find("slipsdev play") !=
          std::string::npos);
    CHECK(complaint({folder.write("json.log", "{\"ts\": 1}\n"), "--redis-port", "1"}).find("slipsdev play") !=
          std::string::npos);
    CHECK(complaint({file, folder.write("current.jsonl", recorded_flow(Slips::current)), "--redis-port", "1"})
              .find("replay them separately") != std::string::npos);
    CHECK(complaint({folder / "none", "--redis-port", "1"}).find("No such file") != std::string::npos);
    CHECK(Ran(folder, {"replay", file, "--redis-socket", folder / "none"}).status == 3);
    CHECK(Ran(folder, {"replay", "--help"}).status == 0);
}

#endif
