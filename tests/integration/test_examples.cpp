// Plays to each example what it detects, and checks its evidence, files and log lines. unit/test_examples.cpp has more.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "../http_receiver.hpp"
#include "../recordings.hpp"
#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_ALERT_EXPORTER)

namespace {

const std::string data = std::string(SLIPS_TEST_SOURCE_DIR) + "/tests/data/examples/";
const std::vector<std::string> exporter{SLIPS_TEST_ALERT_EXPORTER};
const std::vector<std::string> baseline{SLIPS_TEST_FLOW_BASELINE};
const std::vector<std::string> counter{SLIPS_TEST_SCAN_COUNTER};
const std::vector<std::string> watch{SLIPS_TEST_DNS_WATCH};
const std::vector<std::string> webhook{SLIPS_TEST_WEBHOOK};

/// What Slips published for a real network: new_flow, new_dns, new_ssl, tw_closed.
std::string network(const std::string& generation) { return data + "network." + generation + ".jsonl"; }

/// A line of a capture.
std::string captured(const std::string& channel, const std::string& text) {
    return Json{{"channel", channel}, {"data", text}}.dump() + "\n";
}

std::string evidence_of(const Played& played) { return read_file(played.output + "/evidence.jsonl"); }

}  // namespace

TEST_CASE("alert_exporter saves evidence and alerts, one line each, whatever a description contains") {
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

TEST_CASE("alert_exporter reports in one line that its file cannot be written") {
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

TEST_CASE("alert_exporter keeps the newest lines, up to its bound") {
    const TemporaryFolder folder;
    std::string capture;
    for (int i = 0; i < 20; ++i) {
        const Json evidence{{"evidence_type", "ARP_SCAN"},
                            {"version", version},
                            {"description", std::to_string(i) + " of many " + std::string(1'000'000, 'x')}};
        capture += captured("evidence_added", evidence.dump());
    }
    const Played played("current", folder.write("large.jsonl", capture), {}, exporter);
    const std::string saved = read_file(played.output + "/alert_exporter/alerts.txt");
    CHECK(saved.size() < 16'100'000);
    CHECK(count(saved, "19 of many") == 1);
    CHECK(count(saved, ": 0 of many") == 0);
    CHECK_MESSAGE(count(played.err, "saved 15 lines") == 1, played.err);
    CHECK(count(played.err, "the oldest 5 were dropped") == 1);
}

TEST_CASE("flow_baseline finds the outlier, and continues in a second run with the model of the first") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const TemporaryFolder folder;
        const std::string model = folder / "flow_baseline/model.json";
        const Played first(generation, data + "outlier.conn.log", {}, baseline, folder.path());
        CHECK_MESSAGE(first.status == 0, first.err);
        CHECK(first.summary()["accepted"] == 1);
        CHECK(count(evidence_of(first), "http flow to 203.0.113.66 of 5000300 bytes; the mean is 5245") == 1);
        CHECK(count(evidence_of(first), generation == "current" ? "MALICIOUS_FLOW" : "MaliciousFlow") == 1);
        const Json learnt = Json::parse(read_file(model));
        CHECK(learnt["http"][0] == 40);
        CHECK(learnt["ssl"][0] == 20);
        CHECK(learnt["dns"][1].get<double>() == doctest::Approx(90 + 5.0 / 36));
        CHECK_MESSAGE(count(first.err, "saved the model of 3 services to " + model + "\n") == 1, first.err);

        const Played second(generation, data + "outlier.conn.log", {}, baseline, folder.path());
        CHECK_MESSAGE(second.status == 0, second.err);
        CHECK(second.summary()["accepted"] == 2);
        CHECK(count(evidence_of(second), "ssl flow to 203.0.113.20 of 1000500 bytes") == 1);
        CHECK(Json::parse(read_file(model))["http"][0] == 80);
        CHECK(std::filesystem::exists(model + ".new") == false);
    }
}

TEST_CASE("flow_baseline reports in one line that a model is invalid, and starts with an empty one") {
    for (const std::string garbled : {"{", "", "[1, 2]", R"({"http": [3, 4]})", R"({"http": [-1, 0, 0]})",
                                      R"({"http": ["1", 2, 3]})", R"({"http": [1, 1e999, 3]})", "\xff\n\n"}) {
        CAPTURE(garbled);
        const TemporaryFolder folder;
        folder.make_folder("flow_baseline");
        const std::string model = folder.write("flow_baseline/model.json", garbled);
        const Played played("current", data + "outlier.conn.log", {}, baseline, folder.path());
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK_MESSAGE(count(played.err, "starts with an empty model; cannot use " + model + ": ") == 1, played.err);
        CHECK(Json::parse(read_file(model))["http"][0] == 40);
    }
}

TEST_CASE("flow_baseline keeps its model where the configuration or the environment names a file") {
    const TemporaryFolder folder;
    const std::string model = folder / "kept.json";
    const std::string config = folder.write("slips.yaml", Json{{"flow_baseline", {{"model_file", model}}}}.dump());
    const std::vector<std::string> by_environment{"env", "SLIPS_FLOW_BASELINE=" + model, baseline.front()};
    // behind the --config of slipsdev play: the last one counts
    const std::vector<std::string> by_config{"sh", "-c", "exec \"$0\" \"$@\" --config '" + config + "'",
                                             baseline.front()};
    int flows = 0;
    for (const auto& program : {by_environment, by_environment, by_config}) {
        const Played played("current", data + "outlier.conn.log", {}, program);
        CHECK_MESSAGE(played.status == 0, played.err);
        flows += 40;
        CHECK(Json::parse(read_file(model))["http"][0] == flows);
    }
}

TEST_CASE("flow_baseline reports in one line that it cannot save") {
    const TemporaryFolder folder;
    folder.make_folder("flow_baseline");
    folder.make_folder("flow_baseline/model.json.new");
    const Played played("current", data + "outlier.conn.log", {}, baseline, folder.path());
    CHECK_MESSAGE(
        count(played.err, "the model was not saved: cannot write " + folder / "flow_baseline/model.json.new\n") == 1,
        played.err);
}

TEST_CASE("flow_classifier sets evidence for the flows that scikit-learn calls malicious") {
    const std::string folder = std::string(SLIPS_TEST_SOURCE_DIR) + "/examples/flow_classifier/";
    const std::vector<std::string> classifier{"env", "SLIPS_FLOW_CLASSIFIER=" + folder + "model.json",
                                              SLIPS_TEST_FLOW_CLASSIFIER};
    const std::string labelled = folder + "labelled.conn.log";
    const auto malicious = count(read_file(labelled), R"("label":"Malicious")");
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played played(generation, labelled, {}, classifier);
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK(played.summary()["accepted"] == malicious);
        CHECK(count(evidence_of(played), generation == "current" ? "MALICIOUS_FLOW" : "MaliciousFlow") == malicious);
    }
}

TEST_CASE("scan_counter reports the scanner once in each of its time windows, and no other host") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played played(generation, data + "scan.conn.log", {}, counter);
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK(played.summary()["accepted"] == 2);
        CHECK(count(evidence_of(played), generation == "current" ? "VERTICAL_PORT_SCAN" : "PortScanType1") == 2);
        CHECK(count(evidence_of(played), "192.168.1.50 tried 20 ports of 192.168.1.20") == 1);
        CHECK(count(evidence_of(played), "192.168.1.50 tried 20 ports of 198.51.100.9") == 1);
        // only current Slips closes all windows at the end here
        CHECK_MESSAGE(count(played.err, generation == "current" ? "counts 0 tries in 0 time windows\n"
                                                                : "counts 59 tries in 3 time windows\n") == 1,
                      played.err);
    }
}

TEST_CASE("slipsdev play --config: the module gets its own section, in each form and by each way of starting it") {
    const TemporaryFolder folder;
    const std::string yaml = folder.write("my.yaml", "scan_counter:\n  many: 5  # tries\n  mnay: 6\n");
    const std::string conf = folder.write("my.conf", "[scan_counter]\nMany = 5\nmnay = 6\n");
    struct Way {
        std::string generation{};
        std::vector<std::string> options{};
        std::string file{};  ///< as the module names it
    };
    const std::vector<Way> ways{
        {"current", {"--config", yaml}, " " + yaml + ": "},
        {"legacy", {"--config", conf}, " " + conf + ": "},
        {"current", {"--config", yaml, "--launcher"}, "config/slips.yaml (or the file given to Slips with -c): "},
        {"legacy", {"--config", conf, "--launcher"}, "slips.conf (or the file given to Slips with -c): "},
        {"current", {"--config", yaml, "--slips-version", "1.1.6"}, " " + yaml + ": "},
        {"current", {"--config", conf, "--slips-version", "1.0.10"}, " " + conf + ": "},
    };
    for (const Way& way : ways) {
        std::string words = way.generation;
        for (const std::string& option : way.options) words += " " + option;
        CAPTURE(words);
        const Played played(way.generation, data + "scan.conn.log", way.options, counter);
        CHECK(count(evidence_of(played), "192.168.1.50 tried 5 ports of 192.168.1.20") == 1);
        // what the launcher prints does not appear on the terminal, but in Slips' log
        const bool has_launcher = way.options.back() == "--launcher";
        const std::string printed = has_launcher ? read_file(played.output + "/errors.log") : played.err;
        CHECK_MESSAGE(count(printed, way.file + "scan_counter.mnay is ") == 1, printed);
        CHECK(count(printed, "but the module has no such setting; did you mean many?") == 1);
    }
}

TEST_CASE("slipsdev play --config: its width is that of the time windows, and --width must not contradict it") {
    const TemporaryFolder folder;
    const std::string yaml = folder.write("my.yaml", "parameters:\n  time_window_width: only_one_tw\n");
    const Played one("current", data + "scan.conn.log", {"--config", yaml}, counter);
    CHECK_MESSAGE(one.status == 0, one.err);
    CHECK(one.summary()["accepted"] == 1);  // two without the file, in two windows
    const Played both("current", data + "scan.conn.log", {"--config", yaml, "--width", "only_one_tw"}, counter);
    CHECK(both.status == 0);
    const Played against("current", data + "scan.conn.log", {"--width", "60", "--config", yaml}, counter);
    CHECK(against.status == 2);
    CHECK_MESSAGE(count(against.err, "--width 60.0 contradicts --config " + yaml) == 1, against.err);
    const Played absent("current", data + "scan.conn.log", {"--config", folder / "absent.yaml"}, counter);
    CHECK(absent.status == 2);
    CHECK(count(absent.err, "absent.yaml: it does not exist") == 1);
}

TEST_CASE("what the examples find in the real Zeek log") {
    const auto logs = folder_named_by("SLIPS_TEST_LOGS");
    if (!logs) return;
    const std::string log = *logs / "conn.log";
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played flows(generation, log, {}, baseline);
        CHECK_MESSAGE(flows.status == 0, flows.err);
        CHECK(flows.summary()["accepted"] == 11);
        CHECK(count(evidence_of(flows), "http flow to 195.113.214.206 of 44856609 bytes; the mean is 14463") == 1);
        const Json model = Json::parse(read_file(flows.output + "/flow_baseline/model.json"));
        CHECK(model["http"][0] == 108);
        CHECK(model["ssl"][0] == 205);
        const Played scans(generation, log, {}, counter);
        CHECK_MESSAGE(scans.status == 0, scans.err);
        CHECK(scans.summary()["received"] == 576);
        CHECK(scans.summary()["accepted"] == 0);
    }
}

TEST_CASE("what alert_exporter finds in the recordings of real Slips") {
    const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
    if (!captures) return;
    const Played current("current", *captures / "current-zeek-json.jsonl", {}, exporter);
    const std::string saved = read_file(current.output + "/alert_exporter/alerts.txt");
    CHECK(count(saved, " evidence profile_") == 108);
    CHECK(count(saved, " ALERT profile_10.0.2.15 timewindow1 ") == 4);
    const Played legacy("legacy", *captures / "legacy-zeek-json.jsonl", {}, exporter);
    CHECK(count(read_file(legacy.output + "/alert_exporter/alerts.txt"), "\n") == 63);
}

TEST_CASE("dns_watch reports the names below those of its list, by DNS and by TLS, once per host and window") {
    const TemporaryFolder folder;
    const std::string names = folder.write("names.txt", "linkedin.com\ngo.microsoft.com\n");
    const std::vector<std::string> program{"env", "SLIPS_DNS_WATCH=" + names, watch.front()};
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const Played played(generation, network(generation), {}, program);
        CHECK_MESSAGE(played.status == 0, played.err);
        const std::string found = evidence_of(played);
        CHECK(played.summary()["accepted"] == 4);
        CHECK(played.summary()["refused"] == 0);
        CHECK(count(found, "10.0.2.15 asked for go.microsoft.com\"") == 1);
        CHECK(count(found, "10.0.2.15 called www.linkedin.com\"") == 1);  // twice in the log
        CHECK(count(found, "10.0.2.15 called dc.ads.linkedin.com\"") == 1);
        CHECK(count(found, "10.0.2.15 called eu-west-1.dc.ads.linkedin.com\"") == 1);
        CHECK(count(found, "www.microsoft.com") == 0);
    }
}

TEST_CASE("dns_watch adds what Slips knows of a name and its server, and works without a cache") {
    for (const bool with_cache : {true, false}) {
        CAPTURE(with_cache);
        Host slips(Slips::current);
        slips.cache_db.command({"HSET", "DomainsInfo", "www.linkedin.com", R"({"IPs": ["108.174.10.10"]})"});
        slips.cache_db.command({"HSET", "IPsInfo:asn", "108.174.10.10", R"({"org": "LINKEDIN", "number": "AS14413"})"});
        const TemporaryFolder folder;
        Launch launch;
        launch.arguments = {SLIPS_TEST_DNS_WATCH, "--output", folder.path(), "--redis-socket", slips.main.socket()};
        launch.arguments.insert(launch.arguments.end(), {"--cache-socket", slips.cache.socket()});
        launch.environment["SLIPS_DNS_WATCH"] = folder.write("names.txt", "linkedin.com\n");
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        if (!with_cache) slips.cache.kill();
        ModuleProcess module(launch);
        CHECK(slips.wait_for_listener("new_ssl"));
        const Json flow{{"uid", "C1"},
                        {"saddr", "10.0.2.15"},
                        {"daddr", "108.174.10.10"},
                        {"starttime", 1700000000.5},
                        {"server_name", "www.LinkedIn.com"},
                        {"type_", "ssl"}};
        slips.publish(
            "new_ssl",
            Json{{"profileid", "profile_10.0.2.15"}, {"twid", "timewindow1"}, {"flow", flow}, {"version", version}}
                .dump());
        const Flow window{.saddr = "10.0.2.15"};
        CHECK(eventually([&] { return slips.evidence(window).size() == 1; }));
        const auto evidence = slips.evidence(window);
        REQUIRE(evidence.size() == 1);
        const Json& object = evidence.begin()->second;
        CHECK(object["description"] == std::string("10.0.2.15 called www.linkedin.com") +
                                           (with_cache ? ", which is 108.174.10.10, in the network of LINKEDIN" : ""));
        CHECK(object["victim"]["ioc_type"] == "DOMAIN");
        if (!with_cache) CHECK(module.says("cache at " + slips.cache.socket()));
        CHECK(stop(module) == 0);
    }
}

TEST_CASE("webhook sends the evidence and alerts of a recording to a web server, or writes them to a file") {
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        HttpReceiver receiver;
        receiver.start();
        const TemporaryFolder folder;
        const std::string port = std::to_string(receiver.port());
        const std::string config =
            generation == "current"
                ? folder.write("slips.yaml", R"({"webhook": {"timeout": 20, "port": )" + port + "}}")
                : folder.write("slips.conf", "[webhook]\ntimeout = 20\nport = " + port + "\n");
        // behind the --config of slipsdev play: the last one counts
        const std::vector<std::string> program{"sh", "-c", "exec \"$0\" \"$@\" --config '" + config + "'",
                                               webhook.front()};
        const std::string recording = data + "evidence." + generation + ".jsonl";
        const Played played(generation, recording, {}, program);
        CHECK_MESSAGE(played.status == 0, played.err);
        CHECK_MESSAGE(count(played.err, "sent 4 events to http://127.0.0.1:" + port + "\n") == 1, played.err);
        std::string sent;
        for (const auto& request : receiver.requests()) sent += request.body + "\n";
        CHECK_MESSAGE(count(sent, "\n") == 4, sent);
        CHECK(count(sent, R"("kind":"evidence")") == 3);
        CHECK(count(sent, R"("kind":"alert")") == 1);
        CHECK(count(sent, R"("host":"192.168.1.50")") == 4);

        const Played to_file(generation, recording, {}, webhook);
        CHECK_MESSAGE(to_file.status == 0, to_file.err);
        CHECK(read_file(to_file.output + "/webhook/events.jsonl") == sent);
    }
}

TEST_CASE("webhook: the receiver is down at first, goes away, is slow while Slips stops, and receives everything") {
    Host slips(Slips::current);
    HttpReceiver receiver;
    Launch launch;
    launch.arguments = {SLIPS_TEST_WEBHOOK, "--output", slips.folder.path(), "--redis-socket", slips.main.socket()};
    launch.arguments.insert(launch.arguments.end(), {"--cache-socket", slips.cache.socket(), "--config"});
    launch.arguments.push_back(
        slips.folder.write("slips.yaml", Json{{"webhook", {{"port", receiver.port()}, {"timeout", 20}}}}.dump()));
    launch.out = slips.folder / "stdout";
    launch.err = slips.folder / "stderr";
    ModuleProcess module(launch);
    CHECK(slips.wait_for_listener("evidence_added"));
    int published = 0;
    const auto printed = [&](const std::string& part) { return count(module.out() + module.err(), part); };
    const auto publish = [&](int times) {
        for (; times > 0; --times) {
            const Json evidence{
                {"evidence_type", "ARP_SCAN"}, {"version", version}, {"description", std::to_string(++published)}};
            slips.publish("evidence_added", evidence.dump());
        }
    };
    publish(2);
    CHECK(module.says("events wait until it accepts them"));
    receiver.start();
    CHECK(eventually([&] { return receiver.requests().size() == 2; }));
    CHECK(module.says("accepts events again"));
    receiver.go_away();
    publish(2);
    CHECK(eventually([&] { return printed("events wait until it accepts them") == 2; }));
    receiver.hold();
    receiver.start();
    publish(2);
    CHECK(eventually([&] { return receiver.requests().size() == 3; }));
    module.signal(SIGTERM);
    receiver.release();
    CHECK(module.wait() == 0);
    CHECK(printed("sent 6 events to http://127.0.0.1:") == 1);
    std::string received;
    for (const auto& request : receiver.requests()) received += Json::parse(request.body)["description"];
    CHECK(received == "123456");
}

TEST_CASE("dns_watch without a list reports it, and does not start") {
    const Played played("current", network("current"), {}, watch);
    CHECK(played.status != 0);
    CHECK_MESSAGE(
        count(played.err,
              "nothing to watch: set names_file in section dns_watch of Slips' configuration, or SLIPS_DNS_WATCH, "
              "to a file with one name per line") == 1,
        played.err);
}

TEST_CASE("real flows: what each example finds in what Slips published for a real network") {
    const std::vector<std::string> detector{SLIPS_TEST_LOCAL_CONNECTION_DETECTOR};
    const Played local("current", network("current"), {}, detector);
    CHECK(local.summary()["accepted"] == 6);
    CHECK(count(evidence_of(local), "Detected a connection to a local device 10.0.2.15") == 2);
    CHECK(count(evidence_of(local), "Detected a connection to a local device 255.255.255.255") == 2);

    const Played model("current", network("current"), {}, baseline);
    CHECK_MESSAGE(count(model.err, "saved the model of 4 services") == 1, model.err);
    const Json services = Json::parse(read_file(model.output + "/flow_baseline/model.json"));
    CHECK(services.contains("dns"));
    CHECK(services.contains("http"));
    CHECK(services["dns"][0] > 10);

    const Played scans("legacy", network("legacy"), {}, counter);
    CHECK_MESSAGE(count(scans.err, "counts 6 tries in 3 time windows") == 1, scans.err);
    CHECK(scans.summary()["accepted"] == 0);  // no host scans there
}

#endif
