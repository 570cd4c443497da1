// slipsdev top and metrics: with counters written into a private Redis, with slipsdev play, and on a pseudo-terminal.
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"
#include "processes.hpp"
#include "pseudo_terminal.hpp"
#include "redis_server.hpp"
#include "slipsdev/processes/programs.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

const Launch nothing_to_do{.arguments = {"sleep", "1000000"}};

/// A Slips that consists of keys, and of a process with a child for its main process and for the module arp.
struct Written {
    TemporaryFolder folder{};
    RedisServer server{folder, "main", ServerSettings{.tcp = true}};
    Client client = server.client();
    std::optional<ChildProcess> main{ChildProcess(nothing_to_do)};
    ChildProcess arp{nothing_to_do};

    void write(const std::string& version = "1.1.22", const std::string& pid_field = "main") {
        client.command({"HSET", "analysis", "slips_version", version, "input_type", "pcap", "name", "a.pcap"});
        client.command({"HSET", "PIDs", pid_field, std::to_string(main->pid()), "arp", std::to_string(arp.pid())});
        client.command({"HSET", "msgs_published_at_runtime", "new_arp", "50000", "new_flow", "70000"});
        client.command({"HSET", "arp_msgs_received_at_runtime", "new_arp", "2000"});
        client.command({"MSET", "number_of_evidence", "12", "number_of_alerts", "3",
                        "processed_flows_by_profiler_so_far", "4711", "slips_start_time", "1700000000.5"});
        client.command({"ZADD", "profiles", "1", "profile_10.0.0.1", "2", "profile_10.0.0.2"});
        client.command({"ZADD", "modified_timewindows", "1", "profile_10.0.0.1_timewindow1"});
        client.command(
            {"HSET", "slips_sdk_metrics", "scan#1", R"({"counts":{"names_checked":12},"gauges":{"names_known":7}})",
             "scan#2", R"({"evidence":5,"counts":{"names_checked":30},"gauges":{"names_known":1.5}})", "bad", "\xff{"});
    }
    std::vector<std::string> command(const std::string& name, std::vector<std::string> more = {}) const {
        std::vector<std::string> words{SLIPS_TEST_SLIPSDEV, name, "--redis-port", server.port()};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Ran run(const std::string& name, const std::vector<std::string>& more = {}) const {
        const auto words = command(name, more);
        return {folder, {words.begin() + 1, words.end()}};
    }
};

Json module_in(const Json& report, const std::string& name) {
    for (const Json& module : report["modules"])
        if (module["name"] == name) return module;
    return nullptr;
}

/// Returns the name of the command in a line of MONITOR: 1700000000.1 [0 127.0.0.1:1] "HGETALL" "PIDs".
std::string command_in(const std::string& line) {
    const std::size_t begin = line.find("] \"");
    if (begin == std::string::npos) return "";
    return line.substr(begin + 3, line.find('"', begin + 3) - begin - 3);
}

const std::set<std::string> reading{"PING", "HGETALL", "MGET", "ZCARD", "SCARD", "CLIENT", "INFO"};

/// A connection to slipsdev metrics --listen.
class HttpClient {
public:
    explicit HttpClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        timeval limit{patience.count() / 1000, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~HttpClient() { ::close(socket_); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    void send(const std::string& text) const {
        CHECK(::send(socket_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    }
    /// Returns everything until the server closes the connection.
    std::string rest() const {
        std::string text(1 << 20, '\0');
        std::size_t size = 0;
        for (ssize_t got = 0; (got = ::recv(socket_, text.data() + size, text.size() - size, 0)) > 0;)
            size += static_cast<std::size_t>(got);
        return text.substr(0, size);
    }

private:
    int socket_;
};

std::string get(int port, const std::string& request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") {
    const HttpClient client(port);
    client.send(request);
    return client.rest();
}

/// slipsdev metrics --listen 0.
struct Listening {
    ChildProcess process;
    int port = 0;

    explicit Listening(const Written& slips) : process(launch(slips)) {
        REQUIRE(eventually([&] {
            const std::string text = read_file(slips.folder / "stderr");
            const std::size_t at = text.find("http://127.0.0.1:");
            if (at == std::string::npos || text.find("/metrics", at) == std::string::npos) return false;
            port = std::stoi(text.substr(at + 17));
            return true;
        }));
    }
    static Launch launch(const Written& slips) {
        const auto words = slips.command("metrics", {"--listen", "0"});
        return launch_of_slipsdev(slips.folder, {words.begin() + 1, words.end()});
    }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Returns whether slipsdev was built with ncurses.
bool has_screen(const Written& slips) {
    const bool is_built = !contains(slips.run("top").err, "built without ncurses");
    std::remove((slips.folder / "stderr").c_str());
    return is_built;
}

}  // namespace

TEST_CASE("top --json reads the counters, PIDs, processes and metrics") {
    Written slips;
    slips.write();
    const Ran ran = slips.run("top", {"--json"});
    CHECK_MESSAGE(ran.status == 0, ran.err);
    const Json report = Json::parse(ran.out);
    CHECK(report["slips"]["version"] == "1.1.22");
    CHECK(report["slips"]["input"] == "a.pcap");
    CHECK(report["slips"]["started"] == 1700000000.5);
    CHECK(report["slips"]["flows"] == 4711);
    CHECK(report["slips"]["evidence"] == 12);
    CHECK(report["slips"]["alerts"] == 3);
    CHECK(report["slips"]["profiles"] == 2);
    CHECK(report["slips"]["time_windows"] == 1);
    CHECK(report["slips"]["running"] == true);
    CHECK(report["redis"]["commands_per_second"].get<double>() > 0);
    const Json arp = module_in(report, "arp");
    CHECK(arp["backlog"] == 48000);
    CHECK(arp["processes"].get<int>() >= 1);
    CHECK(arp["memory_bytes"].get<double>() > 1000);
    CHECK(arp["state"] == "sleeping");
    CHECK(contains(arp["alarm"].get<std::string>(), "arp is 48,000 messages behind"));
    const Json scan = module_in(report, "scan");
    CHECK(scan["evidence"] == 5);
    CHECK(scan["counts"]["names_checked"] == 42);
    CHECK(scan["gauges"]["names_known"] == 8.5);
    CHECK(contains(report["notes"].dump(), "slips_sdk_metrics has 1 fields that are not metrics of a module: ignored"));
}

TEST_CASE("a module started by hand that ends is reported as ended, with what it left unread") {
    Written slips;
    slips.write();
    std::optional<Client> handmade(slips.server.client());
    handmade->command({"CLIENT", "SETNAME", "handmade"});
    slips.client.command({"HSET", "handmade_msgs_received_at_runtime", "new_flow", "69990"});
    Listening listening(slips);
    const std::string backlog = "slips_module_backlog_messages{module=\"handmade\",channel=\"new_flow\"} ";
    CHECK(contains(get(listening.port), backlog + "10\n"));
    CHECK_FALSE(contains(get(listening.port), "slips_module_processes{module=\"handmade\"}"));  // of this process
    handmade.reset();
    slips.client.command({"HSET", "msgs_published_at_runtime", "new_flow", "80000"});
    CHECK(eventually([&] { return contains(get(listening.port), backlog + "10010\n"); }));
    CHECK(contains(get(listening.port), "slips_module_processes{module=\"handmade\"} 0\n"));
}

TEST_CASE("a process with a module's name is not the module if that is not connected to this Redis") {
    Written slips;
    slips.write();
    const ChildProcess of_another_slips(nothing_to_do);  // sleep
    slips.client.command({"HSET", "slips_sdk_metrics", "sleep", R"({"evidence":1})"});
    slips.client.command({"HSET", "sleep_msgs_received_at_runtime", "new_flow", "20000"});
    const Json module = module_in(Json::parse(slips.run("top", {"--json"}).out), "sleep");
    CHECK(module["processes"] == 0);
    CHECK(module["state"] == "ended");
    CHECK(module["alarm"] == "sleep has ended, and left 50,000 messages unread");
}

TEST_CASE("top --json and metrics read all modules, also if there are more than fit into one sample") {
    Written slips;
    slips.write();
    const std::string pid = std::to_string(slips.arp.pid());
    for (int i = 0; i < 75; ++i) {
        const std::string name = "module" + std::to_string(i);
        slips.client.command({"HSET", "PIDs", name, pid});
        slips.client.command({"HSET", name + "_msgs_received_at_runtime", "new_flow", "1"});
    }
    const Json report = Json::parse(slips.run("top", {"--json"}).out);
    std::size_t with_rates = 0;
    for (const Json& module : report["modules"]) with_rates += module["received_per_second"].is_number() ? 1u : 0u;
    CHECK(with_rates == 76);  // and arp
    CHECK_FALSE(contains(report["notes"].dump(), "rates of"));
    const Ran metrics = slips.run("metrics");
    CHECK(count(metrics.out, "slips_module_received_messages_total{") == 76);
    CHECK(metrics.err.empty());
}

TEST_CASE("top --once reports that Slips has ended, although its PIDs are left, and exits with 1") {
    Written slips;
    slips.write();
    slips.main->signal(SIGKILL);
    REQUIRE(slips.main->wait().has_value());
    for (const char* option : {"--once", "--json"}) {
        const Ran ran = slips.run("top", {option});
        CHECK(ran.status == 1);
        CHECK(ran.out.empty());
        CHECK(contains(ran.err, "no Slips runs in the Redis at port " + slips.server.port() + ": it has ended"));
    }
}

TEST_CASE("top reports a Redis whose PIDs are no hash as what it is") {
    Written slips;
    slips.client.command({"SET", "PIDs", "1"});
    const Ran ran = slips.run("top", {"--once"});
    CHECK(ran.status == 3);
    CHECK(contains(ran.err, "does not return Slips' PIDs: WRONGTYPE"));
    CHECK_FALSE(contains(ran.err, "is gone"));
}

TEST_CASE("top sends less than 50 commands a second, and none that writes") {
    Written slips;
    slips.write();
    for (int i = 0; i < 100; ++i)
        slips.client.command({"HSET", "PIDs", "module" + std::to_string(i), std::to_string(slips.arp.pid())});
    Monitor monitor(slips.server.socket());
    const Ran ran = slips.run("top", {"--once"});
    CHECK_MESSAGE(ran.status == 0, ran.err);
    slips.client.command({"ECHO", "the end"});
    std::size_t sent = 0, samples = 0;
    for (const std::string& line : monitor.until("the end")) {
        const std::string command = command_in(line);
        if (command.empty() || command == "ECHO") continue;
        ++sent;
        if (command == "INFO") ++samples;
        CHECK_MESSAGE(reading.contains(command), line);
    }
    CHECK(sent > 20);
    CHECK(sent <= samples * 50);  // one a second
    CHECK(samples <= 7);
}

TEST_CASE("top --once reports in one line that Slips or Redis is not there") {
    Written slips;
    const Ran none = slips.run("top", {"--once"});
    CHECK(none.status == 1);
    CHECK(contains(none.err, "no Slips runs in the Redis at port " + slips.server.port()));
    CHECK(none.out.empty());
    slips.server.kill();
    for (const char* option : {"--once", "--json"}) {
        const Ran gone = slips.run("top", {option});
        CHECK(gone.status == 3);
        CHECK(std::count(gone.err.begin(), gone.err.end(), '\n') == 1);
        CHECK(contains(gone.err, "no Redis at port " + slips.server.port()));
    }
    CHECK(slips.run("metrics").status == 3);
}

TEST_CASE("top needs a terminal, and refuses options that do not exist") {
    Written slips;
    slips.write();
    const Ran without = slips.run("top");
    if (!contains(without.err, "built without ncurses")) {
        CHECK(without.status == 2);
        CHECK(contains(without.err, "slipsdev top needs a terminal; --once prints a table"));
    }
    CHECK(slips.run("top", {"--interval", "0.1"}).status == 2);
    CHECK(slips.run("top", {"--colour"}).status == 2);
    CHECK(slips.run("metrics", {"--listen", "70000"}).status == 2);
}

TEST_CASE("top reads the time windows and the start of Slips where each release stores them") {
    struct Stored {
        const char* version;
        std::vector<std::string> start, windows;
    };
    const std::vector<std::string> in_analysis{"HSET", "analysis", "analysis_start", "2026/11/30 17:07:02.307397"};
    for (const Stored& stored :
         {Stored{"0.9.6", in_analysis, {"ZADD", "ModifiedTW", "1", "profile_10.0.0.1_timewindow1"}},
          Stored{"1.1.18", in_analysis, {"ZADD", "ModifiedTW", "1", "profile_10.0.0.1_timewindow1"}},
          Stored{"1.1.19", in_analysis, {"ZADD", "modified_timewindows", "1", "profile_10.0.0.1_timewindow1"}}}) {
        CAPTURE(stored.version);
        Written slips;
        slips.client.command({"HSET", "analysis", "slips_version", stored.version});
        slips.client.command({"HSET", "PIDs", "arp", "1"});
        slips.client.command(stored.start);
        slips.client.command(stored.windows);
        const Json report = Json::parse(slips.run("top", {"--json"}).out);
        CHECK(report["slips"]["time_windows"] == 1);
        REQUIRE(report["slips"]["started"].is_number());
        const double started = report["slips"]["started"];  // local time
        CHECK(std::abs(started - 1'796'058'422.3) < 15 * 3600);
    }
}

TEST_CASE("top shows what each release counts of a module that slipsdev play runs, and what it does not") {
    struct Expected {
        const char* version;
        bool messages, evidence, alerts;
    };
    for (const Expected& expected : {Expected{"1.1.22", true, true, true}, Expected{"1.1.1", true, true, true},
                                     Expected{"1.0.11", false, true, true}, Expected{"1.0.5", false, true, false},
                                     Expected{"0.9.6", false, false, false}}) {
        CAPTURE(expected.version);
        const TemporaryFolder folder;
        const ChildProcess play(
            launch_of_slipsdev(folder, {"play", "--slips-version", expected.version, "--rate", "0.3", "--flows",
                                        SLIPS_TEST_SOURCE_DIR "/examples/local_connection_detector/conn.log",
                                        "--output", folder / "out", "--", SLIPS_TEST_LOCAL_CONNECTION_DETECTOR}));
        std::string port;
        REQUIRE(eventually([&] {
            const std::string text = read_file(folder / "stderr");
            const std::size_t at = text.find(" at 127.0.0.1:"), end = text.find(';', at);
            if (at == std::string::npos || end == std::string::npos) return false;
            port = text.substr(at + 14, end - at - 14);
            return true;
        }));
        Json report;
        // The version and the first flow may come later.
        REQUIRE(eventually([&] {
            const TemporaryFolder output;
            const Ran ran(output, {"top", "--json", "--redis-port", port});
            if (ran.status != 0) return false;
            report = Json::parse(ran.out);
            return report["slips"]["version"].is_string() && report["slips"]["profiles"].is_number() &&
                   report["slips"]["profiles"] != 0 &&
                   (!expected.messages || !module_in(report, "local_connection_detector")["received"].is_null());
        }));
        CHECK(report["slips"]["version"] == expected.version);
        CHECK(report["slips"]["flows"].is_null() == !expected.messages);
        CHECK(report["slips"]["evidence"].is_null() == !expected.evidence);
        CHECK(report["slips"]["alerts"].is_null() == !expected.alerts);
        CHECK(report["slips"]["time_windows"].get<int>() >= 1);
        CHECK(contains(report["notes"].dump(), "n/a in Slips") == !expected.messages);
        const Json module = module_in(report, "local_connection_detector");
        CHECK(module["processes"] == 1);
        CHECK(module["memory_bytes"].get<double>() > 100'000);
        CHECK(module["backlog"].is_null() == !expected.messages);
        CHECK(module["alarm"].is_null());
    }
}

TEST_CASE("metrics pass the checks of promtool, and are served until SIGTERM") {
    Written slips;
    slips.write();
    slips.client.command(
        {"HSET", "slips_sdk_metrics", "odd\"name\\\n", R"({"counts":{"a\"b\n":1},"gauges":{"x":1e300}})"});
    const Ran printed = slips.run("metrics");
    CHECK_MESSAGE(printed.status == 0, printed.err);
    CHECK(contains(printed.out, "slips_module_backlog_messages{module=\"arp\",channel=\"new_arp\"} 48000\n"));
    CHECK(contains(printed.out, "slips_module_count_total{module=\"scan\",name=\"names_checked\"} 42\n"));
    if (const auto promtool = slipsdev::find_program("promtool")) {
        const std::string file = slips.folder.write("metrics", printed.out);
        Launch launch{.arguments = {"/bin/sh", "-c", "exec \"$0\" check metrics <\"$1\"", *promtool, file},
                      .out = slips.folder / "promtool",
                      .err = slips.folder / "promtool"};
        ChildProcess check(launch);
        CHECK(check.wait() == 0);
        CHECK(read_file(slips.folder / "promtool") == "");
    } else {
        MESSAGE("promtool is not installed: what it checks is not checked");
    }
    Listening listening(slips);
    const std::string reply = get(listening.port);
    CHECK(contains(reply, "HTTP/1.1 200 OK\r\n"));
    CHECK(contains(reply, "Content-Type: text/plain; version=0.0.4"));
    CHECK(contains(reply, "slips_up 1\n"));
    listening.process.signal(SIGTERM);
    CHECK(listening.process.wait() == 0);
}

TEST_CASE("metrics --listen: neither bad requests, slow clients nor many of them keep it from answering") {
    Written slips;
    slips.write();
    Listening listening(slips);
    CHECK(contains(get(listening.port, "nonsense\r\n\r\n"), "400"));
    CHECK(contains(get(listening.port, std::string(1, '\x16') + "\x03\x01"), "400"));
    CHECK(contains(get(listening.port, "GET /other HTTP/1.1\r\n\r\n"), "404"));
    CHECK(contains(get(listening.port, "DELETE /metrics HTTP/1.1\r\n\r\n"), "405"));
    CHECK(contains(get(listening.port, "GET /" + std::string(20'000, 'x')), "431"));
    CHECK(contains(get(listening.port, "GET /metrics HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"), "slips_up 1\n"));
    {
        const HttpClient gone(listening.port);
        gone.send("GET /metrics HTTP/1.1\r\n\r\n");  // and does not read the reply
    }
    std::vector<std::unique_ptr<HttpClient>> idle;
    for (int i = 0; i < 150; ++i) {
        idle.push_back(std::make_unique<HttpClient>(listening.port));
        if (i % 2 == 0) idle.back()->send("GET /metr");
    }
    CHECK(contains(get(listening.port), "slips_up 1\n"));
    CHECK(idle.front()->rest().empty());  // the oldest made room

    // Many requests are answered from the same sample.
    Monitor monitor(slips.server.socket());
    for (int i = 0; i < 50; ++i) CHECK(contains(get(listening.port), "slips_up 1\n"));
    slips.client.command({"ECHO", "the end"});
    std::size_t info = 0;
    for (const std::string& line : monitor.until("the end")) info += command_in(line) == "INFO" ? 1u : 0u;
    CHECK(info <= 10);

    slips.server.kill();
    CHECK(eventually([&] { return contains(get(listening.port), "slips_up 0\n"); }));
    CHECK(listening.process.runs());
    listening.process.signal(SIGINT);
    CHECK(listening.process.wait() == 0);
}

TEST_CASE("the screen: 80x24, 200x50, keys, and a resize") {
    Written slips;
    slips.write();
    if (!has_screen(slips)) return;
    for (int i = 0; i < 25; ++i)
        slips.client.command({"HSET", "PIDs", "module" + std::to_string(i), std::to_string(slips.arp.pid())});
    OnTerminal top(slips.folder, slips.command("top"), 80, 24);
    REQUIRE(top.shows("Slips 1.1.22"));
    CHECK_MESSAGE(top.shows("arp is 48,000 messages behind"), top.screen().text());
    CHECK(top.shows("q quit"));
    CHECK(top.screen().lines().back().find("q quit") == 0);
    CHECK_FALSE(contains(top.screen().text(), "PROC"));
    top.type("j");  // selects the first row
    top.type("j");  // the second: arp, which has an alarm
    CHECK(top.shows("received 2,000  of 50,000  backlog 48,000"));
    top.type("h");
    CHECK(top.shows("published minus received"));
    top.type("h");
    top.type("n");
    CHECK(top.eventually_shows([](const Screen& screen) { return !contains(screen.text(), "published minus"); }));

    top.resize(200, 50);
    CHECK(top.shows("METRICS"));
    CHECK(top.shows("names_checked 42  names_known 8.5"));
    CHECK(top.eventually_shows([](const Screen& screen) { return screen.lines().back().find("q quit") == 0; }));
    top.resize(20, 5);
    CHECK(top.eventually_shows([](const Screen& screen) { return screen.lines().back().find("q quit") == 0; }));
    top.resize(80, 24);
    CHECK(top.shows("Slips 1.1.22"));
    CHECK(top.screen().strange_bytes() == 0);
    top.type("q");
    CHECK(top.process().wait() == 0);
    CHECK(read_file(slips.folder / "stderr").empty());
}

TEST_CASE("the screen: hostile names reach the terminal as text") {
    Written slips;
    slips.write();
    if (!has_screen(slips)) return;
    const std::string pid = std::to_string(slips.arp.pid());
    for (const std::string& name : {std::string("\x1b[31mred"), std::string("\x1bYwide\xe4\xb8\xad"),
                                    std::string("\x9b"
                                                "2J\xff"),
                                    std::string(3000, 'n')}) {
        slips.client.command({"HSET", "PIDs", name, pid});
        slips.client.command({"HSET", name + "_msgs_received_at_runtime", "new_arp\x1b[2J", "1"});
        slips.client.command({"HSET", "slips_sdk_metrics", name, R"({"counts":{"\u001b[2J":1},"gauges":{}})"});
    }
    slips.client.command({"HSET", "analysis", "name", "\x1b]0;title\x07\xe4\xb8\xad"});
    OnTerminal top(slips.folder, slips.command("top"), 120, 30);
    CHECK(top.shows("\\x1b[31mred"));
    CHECK(top.shows("\\u4e2d"));
    CHECK(top.shows("nnnnnnnnnn.."));
    CHECK(top.screen().strange_bytes() == 0);
    top.process().signal(SIGTERM);
    CHECK(top.process().wait() == 0);
}

TEST_CASE("the screen: Slips starts, ends and starts again, and Redis goes away and comes back") {
    Written slips;
    if (!has_screen(slips)) return;
    Monitor monitor(slips.server.socket());
    OnTerminal top(slips.folder, slips.command("top"), 100, 30);
    CHECK(top.shows("holds no Slips: waiting for one to start"));
    // Slips takes a Redis with more than two commands a second for one in use.
    std::vector<double> asked;
    for (int i = 0; i < 3; ++i) asked.push_back(std::stod(monitor.until("HGETALL").back()));
    CHECK(asked[2] - asked[1] > 1.5);
    slips.write();
    CHECK(top.shows("Slips 1.1.22"));
    CHECK(top.shows("arp"));

    slips.main->signal(SIGKILL);
    REQUIRE(slips.main->wait().has_value());
    CHECK(top.shows("has ended"));
    slips.main.emplace(nothing_to_do);
    slips.write("1.1.21");
    CHECK(top.shows("Slips 1.1.21"));
    CHECK(top.eventually_shows([](const Screen& screen) { return !contains(screen.text(), "has ended"); }));

    slips.server.kill();
    CHECK(top.shows("trying again"));
    slips.server.start();
    CHECK(top.shows("holds no Slips"));
    slips.client = slips.server.client();
    slips.write("1.1.20");
    CHECK(top.shows("Slips 1.1.20"));
    top.type("q");
    CHECK(top.process().wait() == 0);
}

TEST_CASE("the screen: an unknown terminal is one line") {
    Written slips;
    slips.write();
    if (!has_screen(slips)) return;
    // ncurses does not free what it has allocated before it looks for the terminal, which a leak sanitizer would report
    const std::string leaks = slips.folder.write("leaks", "leak:new_prescr\n");
    ::setenv("LSAN_OPTIONS", ("print_suppressions=0:suppressions=" + leaks).c_str(), 1);
    OnTerminal top(slips.folder, slips.command("top"), 80, 24, "no-such-terminal");
    ::unsetenv("LSAN_OPTIONS");
    CHECK(top.process().wait() == 3);
    CHECK(contains(read_file(slips.folder / "stderr"), "ncurses does not know this terminal (TERM=no-such-terminal)"));
}

#endif
