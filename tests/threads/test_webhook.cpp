// The example examples/webhook: its thread, with a web server in this program. tests/integration/test_examples.cpp runs the
// program itself.
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "slips/slips.hpp"
#include "slips/testing.hpp"

#include "../../examples/webhook/webhook.hpp"
#include "../http_receiver.hpp"

namespace {

using slips::testing::Settings;
using Host = slips::testing::Harness<Webhook>;
using Json = nlohmann::json;

Settings sends_to(const HttpReceiver& receiver, Json more = Json::object()) {
    Json webhook{{"port", receiver.port()}, {"path", "/slips"}, {"timeout", 20}};
    webhook.update(more);
    return {.config = Json{{"webhook", webhook}}.dump(), .patience = std::chrono::seconds(60)};
}

void set_evidence(Host& host, const std::string& description) {
    slips::EvidenceAdded evidence;
    evidence.type = "ARP_SCAN";
    evidence.description = description;
    evidence.profileid = "profile_192.168.1.50";
    evidence.twid = "timewindow1";
    evidence.id = "0b63b644-9f44-4fbb-bcf8-d19d769f85c4";
    evidence.timestamp = 1700000001.5;
    evidence.attacker.value = "192.168.1.50";
    host.send(evidence);
}

bool prints(const Host& host, const std::string& part) {
    for (const auto& line : host.prints())
        if (line.text.find(part) != std::string::npos) return true;
    return false;
}

/// The descriptions of all requests, "a b c".
std::string received(const HttpReceiver& receiver) {
    std::string all;
    for (const auto& request : receiver.requests())
        all += (all.empty() ? "" : " ") + Json::parse(request.body)["description"].get<std::string>();
    return all;
}

void wait_for(Host& host, const HttpReceiver& receiver, std::size_t requests) {
    host.wait_until([&] { return receiver.requests().size() >= requests; });
}

}  // namespace

TEST_CASE("webhook sends each event as JSON, and escapes text from the network") {
    HttpReceiver receiver;
    receiver.start();
    Host host(sends_to(receiver));
    set_evidence(host, "a \"quoted\"\r\nline\xff\u2028");
    host.stop();
    const auto requests = receiver.requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].head.find("POST /slips HTTP/1.1\r\nHost: 127.0.0.1:") == 0);
    CHECK(requests[0].body.find_first_of("\r\n\xff") == std::string::npos);
    const Json event = Json::parse(requests[0].body);
    CHECK(event["kind"] == "evidence");
    CHECK(event["id"] == "0b63b644-9f44-4fbb-bcf8-d19d769f85c4");
    CHECK(event["host"] == "192.168.1.50");
    CHECK(event["window"] == "timewindow1");
    CHECK(event["time"] == "2023-11-14T22:13:21.500000+00:00");
    CHECK(event["description"] == "a \"quoted\"\r\nline\ufffd\u2028");
    CHECK(host.prints().back().text == "sent 1 events to http://127.0.0.1:" + std::to_string(receiver.port()));
}

TEST_CASE("webhook: a receiver that is down at first and that goes away receives everything, in order") {
    HttpReceiver receiver;
    Host host(sends_to(receiver));
    set_evidence(host, "a");
    host.wait_until(
        [&] { return prints(host, "cannot connect: Connection refused; events wait until it accepts them"); });
    set_evidence(host, "b");
    receiver.start();
    wait_for(host, receiver, 2);
    CHECK(received(receiver) == "a b");
    host.wait_until([&] { return prints(host, "accepts events again"); });

    receiver.hold();
    set_evidence(host, "c");
    wait_for(host, receiver, 3);
    receiver.go_away();  // before it has answered: the event is sent again
    set_evidence(host, "d");
    receiver.release();
    receiver.start();
    wait_for(host, receiver, 5);
    host.stop();
    CHECK(received(receiver) == "a b c c d");
    CHECK(prints(host, "sent 4 events"));
}

TEST_CASE("webhook: what is queued is sent before the stop ends, also to a slow receiver") {
    HttpReceiver receiver;
    receiver.start();
    receiver.hold();
    Host host(sends_to(receiver));
    for (const std::string text : {"a", "b", "c"}) set_evidence(host, text);
    wait_for(host, receiver, 1);
    std::thread later([&] { receiver.release(); });
    host.stop();
    later.join();
    CHECK(received(receiver) == "a b c");
    CHECK(prints(host, "sent 3 events"));
}

TEST_CASE("webhook: a receiver that does not answer delays the stop until the timeout only, and the rest is counted") {
    for (const bool is_up : {true, false}) {
        CAPTURE(is_up);
        HttpReceiver receiver;
        if (is_up) receiver.start();
        receiver.hold();
        Host host(sends_to(receiver, {{"timeout", 0.2}}));
        for (const std::string text : {"a", "b", "c"}) set_evidence(host, text);
        const auto before = std::chrono::steady_clock::now();
        host.stop();
        CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(10));
        CHECK_MESSAGE(host.prints().back().text.find("3 were not sent before the stop") != std::string::npos,
                      host.prints().back().text);
        CHECK(host.prints().back().debug == 1);
    }
}

TEST_CASE("webhook drops the oldest events of a full queue, and reports it once and in the end") {
    HttpReceiver receiver;
    receiver.start();
    receiver.hold();
    Host host(sends_to(receiver, {{"queue_bytes", 1000}}));
    set_evidence(host, "first");
    wait_for(host, receiver, 1);  // no longer in the queue
    for (int i = 0; i < 100; ++i) set_evidence(host, std::to_string(i));
    host.expect_print("is too slow: the oldest events are dropped until it has caught up");
    receiver.release();
    host.stop();
    CHECK(received(receiver) == "first 96 97 98 99");
    CHECK(prints(host, "sent 5 events"));
    CHECK(prints(host, "; the oldest 96 were dropped"));
    std::size_t reports = 0;
    for (const auto& line : host.prints()) reports += line.text.find("too slow") != std::string::npos ? 1 : 0;
    CHECK(reports == 1);
}

TEST_CASE("webhook sends events that are longer than its queue may be") {
    HttpReceiver receiver;
    receiver.start();
    Host host(sends_to(receiver, {{"queue_bytes", 1}}));
    set_evidence(host, "a");
    wait_for(host, receiver, 1);
    set_evidence(host, "b");
    host.stop();
    CHECK(received(receiver) == "a b");
    CHECK(prints(host, "sent 2 events"));
}

TEST_CASE("webhook does not print the path, which may have a token") {
    HttpReceiver receiver;
    receiver.start();
    receiver.answer_with(503);
    Host host(sends_to(receiver, {{"path", "/slips?token=secret"}}));
    set_evidence(host, "a");
    host.wait_until([&] { return prints(host, "HTTP status 503"); });
    receiver.answer_with(400);
    host.wait_until([&] { return prints(host, "HTTP status 400"); });
    host.stop();
    CHECK_FALSE(prints(host, "secret"));
    CHECK(prints(host, "http://127.0.0.1:" + std::to_string(receiver.port())));
}

TEST_CASE("webhook: an error of the server is tried again, an event that it refuses is not") {
    HttpReceiver receiver;
    receiver.start();
    receiver.answer_with(503);
    Host host(sends_to(receiver));
    set_evidence(host, "a");
    host.wait_until([&] { return prints(host, "HTTP status 503; events wait until it accepts them"); });
    receiver.answer_with(400);
    host.wait_until([&] { return prints(host, " refuses an event (HTTP status 400): such events are dropped"); });
    receiver.answer_with(204);
    set_evidence(host, "b");
    host.stop();
    CHECK(prints(host, "sent 1 events"));
    CHECK(prints(host, "; it refused 1"));
}

TEST_CASE("webhook without a port writes the events to a file, one line each") {
    Host host;
    set_evidence(host, "a\nb");
    set_evidence(host, "c");
    host.stop();
    std::string printed = host.prints().back().text;
    REQUIRE(printed.find("sent 2 events to ") == 0);
    const std::filesystem::path file = printed.substr(17);
    CHECK(file.filename() == "events.jsonl");
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::string line;
    REQUIRE(std::getline(text, line));
    CHECK(Json::parse(line)["description"] == "a\nb");
    REQUIRE(std::getline(text, line));
    CHECK(Json::parse(line)["description"] == "c");
    CHECK_FALSE(std::getline(text, line));
}

TEST_CASE("webhook does not start with settings that are no settings, and ends its thread without a stop") {
    for (const std::string wrong :
         {R"("port": 65536)", R"("path": "a b")", R"("timeout": 0)", R"("queue_bytes": -1)"}) {
        CAPTURE(wrong);
        Host host(Settings{.config = R"({"webhook": {)" + wrong + "}}"});
        CHECK_THROWS_AS(host.start(), slips::testing::Failure);
    }
    HttpReceiver receiver;
    Host host(sends_to(receiver));
    host.start();
}
