// slipsdev record: the messages published in Redis, in a file.
#include <doctest/doctest.h>

#include <filesystem>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host.hpp"
#include "played.hpp"
#include "processes.hpp"
#include "redis_server.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

struct Recording {
    TemporaryFolder folder{};
    RedisServer server;
    Client client;
    std::string file;
    ChildProcess process;

    explicit Recording(const std::vector<std::string>& options = {}, const std::string& name = "recording.jsonl")
        : server(folder, "main", ServerSettings{.tcp = true}), client(server.client()), file(folder / name),
          process(launch(options)) {
        // Once it has subscribed, by a pattern, which Slips does not count.
        REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) > 0; }));
    }

    Launch launch(const std::vector<std::string>& options) const {
        std::vector<std::string> arguments{"record", "--output", file, "--redis-port", server.port()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return launch_of_slipsdev(folder, arguments);
    }
    void publish(const std::string& channel, const std::string& text) { client.command({"PUBLISH", channel, text}); }
    bool prints(const std::string& text) const { return read_file(folder / "stdout").find(text) != std::string::npos; }
    bool reports(const std::string& text) const { return read_file(folder / "stderr").find(text) != std::string::npos; }
    std::vector<Json> lines() const {
        std::vector<Json> lines;
        const std::string text = read_file(file);
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
            lines.push_back(Json::parse(text.substr(at, end - at)));
        return lines;
    }
};

#ifdef MSG_NOSIGNAL
constexpr int no_signal = MSG_NOSIGNAL;
#else
constexpr int no_signal = 0;
#endif

/// A server on the loopback that is not Redis: sends `begin` to each client, then `forever` without end, or closes the
/// connection if that is empty.
class FakeServer {
public:
    explicit FakeServer(std::string begin, std::string forever, std::chrono::milliseconds pause = {})
        : begin_(std::move(begin)), forever_(std::move(forever)), pause_(pause) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener_, 8) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        worker_ = std::thread([this] { work(); });
    }
    ~FakeServer() {
        stop_ = true;
        worker_.join();
        ::close(listener_);
    }
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    std::string port() const { return std::to_string(port_); }

private:
    /// One after another: the client connects once at a time.
    void work() {
        while (!stop_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 10) <= 0) continue;
            const int client = ::accept(listener_, nullptr, nullptr);
            ::fcntl(client, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
            const int yes = 1;
            ::setsockopt(client, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
            if (send(client, begin_) && !forever_.empty())
                while (send(client, forever_)) std::this_thread::sleep_for(pause_);
            ::close(client);
        }
    }
    /// Returns false if the client has closed the connection.
    bool send(int client, const std::string& text) {
        for (std::size_t sent = 0; sent < text.size();) {
            if (stop_) return false;
            pollfd waiting{client, POLLOUT, 0};
            if (::poll(&waiting, 1, 10) == 0) continue;
            const ssize_t written = ::send(client, text.data() + sent, text.size() - sent, no_signal);
            if (written < 0 && errno != EAGAIN && errno != EINTR) return false;
            if (written > 0) sent += static_cast<std::size_t>(written);
        }
        return true;
    }

    const std::string begin_;
    const std::string forever_;
    const std::chrono::milliseconds pause_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    std::thread worker_{};
};

}  // namespace

TEST_CASE("record: every message unchanged, with its time") {
    Recording recording;
    const std::string odd = "b\xc3\xbc"
                            "cher \"\\\n" +
                            std::string(1, '\0');
    recording.publish("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})");
    recording.publish("any channel", odd);
    recording.publish("any channel", "a\xff");
    CHECK(recording.client.integer({"PUBSUB", "NUMSUB", "new_ip"}) == 0);
    REQUIRE(eventually([&] { return recording.lines().size() == 3; }));  // on disk before it ends
    recording.process.signal(SIGTERM);
    CHECK(recording.process.wait() == 0);
    const auto lines = recording.lines();
    CHECK(lines[0].size() == 3);
    CHECK(lines[0]["channel"] == "new_ip");
    CHECK(lines[0]["data"] == R"({"text": "10.0.0.1", "version": "1.1.21"})");
    CHECK(lines[1]["data"] == odd);
    CHECK(lines[2]["data"] == "a\xef\xbf\xbd");
    CHECK(lines[0]["time"].get<double>() > 1.6e9);
    CHECK(lines[0]["time"].get<double>() <= lines[2]["time"].get<double>());
    CHECK(recording.prints("new_ip: 1\n"));
    CHECK(recording.prints("any channel: 2, 1 with bytes that are not UTF-8, stored as U+FFFD\n"));
    CHECK(recording.prints("3 messages, "));
    CHECK(recording.prints(" 0 gaps, "));
}

TEST_CASE("record: a channel name that is not UTF-8, or has control characters") {
    Recording recording;
    recording.publish("c\xff", "x");
    recording.publish("\x1b[2J\n", "x");
    recording.process.signal(SIGTERM);
    CHECK(recording.process.wait() == 0);
    CHECK(recording.prints("c\xff: 1, 1 with bytes that are not UTF-8, stored as U+FFFD\n"));
    CHECK(recording.prints("\\x1b[2J\\x0a: 1\n"));
    CHECK_FALSE(recording.prints("\x1b"));
    REQUIRE(recording.lines().size() == 2);
    CHECK(recording.lines()[0]["channel"] == "c\xef\xbf\xbd");
}

TEST_CASE("record: all messages published before the end are recorded") {
    Recording recording;
    recording.process.pause();
    constexpr std::size_t many = 10'000;  // more than are read at once
    recording.client.commands(std::vector<Words>(many, Words{"PUBLISH", "c", "x"}));
    recording.process.signal(SIGTERM);
    recording.process.signal(SIGCONT);
    CHECK(recording.process.wait() == 0);
    CHECK(recording.prints("c: 10000\n"));
    CHECK(recording.lines().size() == many);
    CHECK(read_file(recording.folder / "stderr").find("missing") == std::string::npos);
}

TEST_CASE("record: a Redis that delivers nothing at the end is reported") {
    Recording recording;
    recording.server.pause();
    recording.process.signal(SIGTERM);
    CHECK(recording.process.wait() == 1);
    CHECK(recording.reports("the last ones are missing"));
}

TEST_CASE("record: standard output contains nothing but the recording") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    const std::string pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int end = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK);
    Launch launch =
        launch_of_slipsdev(folder, {"record", "--output", "/dev/stdout", "--redis-socket", server.socket()});
    launch.out = pipe;
    ChildProcess process(launch);
    Client client = server.client();
    REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
    client.command({"PUBLISH", "c", "x"});
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
    char text[4096];
    const ssize_t size = ::read(end, text, sizeof text);
    ::close(end);
    REQUIRE(size > 0);
    CHECK(Json::parse(text, text + size)["channel"] == "c");
    CHECK(read_file(folder / "stderr").find("slipsdev: c: 1\n") != std::string::npos);
}

TEST_CASE("record: only the given channels") {
    Recording recording({"--channel", "new_ip", "--channel", "odd[*]", "--channel", "new_ip"});
    CHECK(recording.client.integer({"PUBSUB", "NUMPAT"}) == 2);
    recording.publish("odd*", "no");
    recording.publish("new_flow", "no");
    recording.publish("odd[*]", "yes");
    recording.publish("new_ip", "yes");
    recording.client.command({"PING"});
    recording.server.kill();
    CHECK(recording.process.wait() == 0);
    CHECK(recording.reports("Redis has ended"));
    REQUIRE(recording.lines().size() == 2);
    CHECK(recording.lines()[0]["channel"] == "odd[*]");
    CHECK(recording.lines()[1]["channel"] == "new_ip");
    CHECK(recording.prints("2 messages, "));
}

TEST_CASE("record: the size limit is never exceeded") {
    Recording recording({"--max-size", "1k"});
    for (int i = 0; i < 30; ++i) recording.publish("c", std::string(100, 'x'));
    CHECK(recording.process.wait() == 0);
    CHECK(recording.reports("the recording has reached --max-size"));
    const std::size_t size = read_file(recording.file).size();
    CHECK(size <= 1024);
    CHECK(size > 1024 - 2 * 160);
    CHECK(read_file(recording.file).back() == '\n');
}

TEST_CASE("record: the time limit") {
    const TemporaryFolder folder;
    RedisServer server(folder, "main");
    const Ran ran(folder,
                  {"record", "--max-time", "0.05", "--output", folder / "x", "--redis-socket", server.socket()});
    CHECK(ran.status == 1);
    CHECK(ran.reports("nothing was recorded: no message was published on all channels"));
    CHECK(ran.prints("0 messages, 0 bytes, 0 gaps"));
}

TEST_CASE("record: a broken connection is reported as a gap") {
    Recording recording;
    recording.publish("c", "before");
    REQUIRE(eventually([&] { return recording.lines().size() == 1; }));
    recording.client.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    REQUIRE(eventually([&] { return recording.reports("gap after line 1: the connection broke at "); }));
    recording.publish("c", "after");
    REQUIRE(eventually([&] { return recording.lines().size() == 2; }));
    recording.process.signal(SIGINT);
    CHECK(recording.process.wait() == 0);
    CHECK(recording.prints(" 1 gap, "));
}

TEST_CASE("record: a gzipped recording, also of a killed recorder") {
    Recording recording({}, "recording.jsonl.gz");
    recording.publish("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})");
    const auto inspected = [&] {
        const TemporaryFolder folder;
        return Ran(folder, {"inspect", recording.file});
    };
    REQUIRE(eventually([&] { return inspected().prints("1 messages: 1 decoded"); }));
    recording.process.signal(SIGKILL);
    recording.process.wait();
    const Ran killed = inspected();
    CHECK(killed.status == 3);
    CHECK(killed.reports("the gzip archive is cut off"));
    CHECK(killed.prints("1 messages: 1 decoded"));
}

TEST_CASE("record: a full disk ends it with an error") {
    if (::access("/dev/full", W_OK) != 0) return;
    const TemporaryFolder folder;
    RedisServer server(folder, "main", ServerSettings{.tcp = true});
    Client client = server.client();
    ChildProcess process(
        launch_of_slipsdev(folder, {"record", "--output", "/dev/full", "--redis-port", server.port()}));
    REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
    client.command({"PUBLISH", "c", "x"});
    CHECK(process.wait() == 3);
    CHECK(read_file(folder / "stderr").find("cannot write /dev/full: No space left on device") != std::string::npos);
}

TEST_CASE("record, inspect: the password of a Redis, from Slips' folder, a file or the environment") {
    const TemporaryFolder folder;
    const RedisServer server(folder, "main", ServerSettings{.tcp = true, .password = "open sesame"});
    Client client = server.client();
    const TemporaryFolder root;
    root.write("VERSION", "1.1.24\n");
    root.write("running_slips_info.txt",
               "2026/11/21 10:00:00,conn.log," + server.port() + ",1,zeek,output,2,False,False\n");
    root.make_folder("permanent");

    const Ran nothing(folder, {"record", "--output", folder / "x", "--slips-dir", root.path()});
    CHECK(nothing.status == 3);
    CHECK_MESSAGE(nothing.reports("Redis at port " + server.port() +
                                  " requires a password; give the file that holds it with "
                                  "--redis-password-file, or set SLIPS_REDIS_PASSWORD"),
                  nothing.err);
    const std::string file = root.write("permanent/redis_auth.conf", "requirepass open sesame\n");
    const std::string other = folder.write("password", "open sesame\n");
    const std::string wrong = folder.write("wrong", "requirepass close sesame\n");

    int recordings = 0;
    for (const std::vector<std::string>& place : {std::vector<std::string>{"--slips-dir", root.path()},
                                                  {"--redis-port", server.port(), "--redis-password-file", other},
                                                  {}}) {
        CAPTURE(recordings);
        std::vector<std::string> arguments{"record", "--output", folder / std::to_string(recordings++)};
        arguments.insert(arguments.end(), place.begin(), place.end());
        if (place.empty()) arguments.insert(arguments.end(), {"--redis-socket", server.socket()});
        Launch launch = launch_of_slipsdev(folder, arguments);
        if (place.empty()) launch.environment = {{"SLIPS_REDIS_PASSWORD", "open sesame"}};
        ChildProcess process(launch);
        REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
        client.command({"PUBLISH", "c", "x"});
        process.signal(SIGINT);
        CHECK(process.wait() == 0);
        CHECK(read_file(folder / "stdout").find("1 messages, ") != std::string::npos);
        REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 0; }));
    }
    const Ran refused(folder,
                      {"record", "--output", folder / "x", "--slips-dir", root.path(), "--redis-password-file", wrong});
    CHECK(refused.status == 3);
    CHECK(refused.reports("refuses the password of " + wrong));
    CHECK(Ran(folder, {"inspect", "--slips-dir", root.path(), "--seconds", "0.01"}).status == 0);
    CHECK(Ran(folder, {"inspect", "--redis-port", server.port(), "--seconds", "0.01"}).status == 3);
    CHECK(Ran(folder, {"inspect", "--redis-password-file", other, folder / "0"}).status == 2);

    // The folder has a password, but Redis was started before there was one.
    const RedisServer without(folder, "without", ServerSettings{.tcp = true});
    CHECK(Ran(folder, {"inspect", "--redis-port", without.port(), "--slips-dir", root.path(), "--seconds", "0.01"})
              .status == 0);
}

TEST_CASE("record, inspect, replay: messages of 16 MB are unchanged") {
#ifdef SLIPS_TEST_SHIFTED_CLOCK
    constexpr std::size_t size = 16 << 20;
#else  // a sanitizer is slow
    constexpr std::size_t size = 4 << 20;
#endif
    const TemporaryFolder folder;
    RedisServer server(folder, "main", ServerSettings{.more = {"--client-output-buffer-limit", "pubsub 256mb 0 0"}});
    Client client = server.client();
    std::string text;
    while (text.size() < size) text += "\"\\\n";  // each takes two bytes in the recording
    const std::string beyond = text.substr(0, 1 << 20) + std::string(size - (1 << 20), 'x') +
                               "b\xc3\xbc"
                               "cher";
    Launch launch =
        launch_of_slipsdev(folder, {"record", "--output", folder / "large.jsonl", "--redis-socket", server.socket()});
    ChildProcess recorder(launch);
    REQUIRE(eventually([&] { return client.integer({"PUBSUB", "NUMPAT"}) == 1; }));
    for (const std::string& message : {text, beyond, text, beyond}) client.command({"PUBLISH", "c", message});
    // Stops when everything is written: each byte of `text` takes two.
    const auto is_written = [&] {
        std::error_code none_yet;
        const auto bytes = std::filesystem::file_size(folder / "large.jsonl", none_yet);
        return !none_yet && bytes > 2 * (3 * size + (1 << 20));
    };
    REQUIRE(eventually(is_written, 3 * patience));
    recorder.signal(SIGTERM);
    CHECK(recorder.wait(3 * patience) == 0);
    CHECK(read_file(folder / "stdout").find("c: 4\n") != std::string::npos);
    CHECK(Ran(folder, {"inspect", folder / "large.jsonl"}, {}, 500).prints("4 messages: 0 decoded, 4 without a type"));

    Subscriber subscriber(server.socket(), "c");
    ChildProcess replay(
        launch_of_slipsdev(folder, {"replay", "--fast", "--redis-socket", server.socket(), folder / "large.jsonl"}));
    const auto& messages = subscriber.wait_for(4, 3 * patience);
    CHECK(replay.wait(3 * patience) == 0);
    REQUIRE(messages.size() == 4);
    CHECK((messages[0] == text && messages[1] == beyond && messages[2] == text && messages[3] == beyond));
}

TEST_CASE("record: a message that is too long for slipsdev is reported") {
    Recording recording;
    recording.publish("c", std::string(7 << 20, '\1'));  // six bytes each in the recording
    recording.process.signal(SIGTERM);
    CHECK(recording.process.wait(3 * patience) == 0);
    CHECK(recording.prints("c: 1, 1 too long to be read by slipsdev: skipped in a replay\n"));
}

TEST_CASE(
    "record, inspect, replay, check: a server that is not Redis is reported in one line, soon and in little memory") {
    const TemporaryFolder folder;
    const std::string file = folder.write("recording.jsonl", "{\"channel\": \"c\", \"data\": \"x\"}\n");
    const struct {
        std::string name;
        std::string begin;
        std::string forever;
    } servers[] = {
        {"closes at once", "", ""},
        {"garbage", "HTTP/1.1 400 Bad Request\r\n\r\n", ""},
        {"an error with control characters",
         "-ERR \x1b[2J\xc2\x9b"
         "5m" +
             std::string(5'000'000, 'x') + "\r\n",
         ""},
        {"a text without end", "$999999999999\r\n", std::string(65536, 'x')},
        {"a list without end", "*1000000000\r\n", ":1\r\n:1\r\n"},
        {"lists in lists", "*1000000\r\n*1000000\r\n*1000000\r\n", ":1\r\n"},
        {"lists, ever deeper", "", "*1\r\n"},
    };
    for (const auto& server : servers) {
        CAPTURE(server.name);
        const FakeServer fake(server.begin, server.forever);
        const std::string output = folder / "x";
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"record", "--output", output, "--redis-port", fake.port()},
              {"inspect", "--seconds", "5", "--redis-port", fake.port()},
              {"replay", "--redis-port", fake.port(), file},
              {"check", "--redis-port", fake.port(), "--cache-port", fake.port()}}) {
            CAPTURE(arguments[0]);
            const Ran ran(folder, arguments, {}, 400);
            CAPTURE(ran.err);
            const bool is_check = arguments[0] == "check";
            CHECK(ran.status == (is_check ? 1 : 3));
            CHECK(count(is_check ? ran.out : ran.err, "\n") <= (is_check ? 3 : 1));
            CHECK((is_check ? ran.out : ran.err).size() < 1500);
            CHECK((is_check ? ran.prints("does not answer") || ran.prints("no Redis") : ran.reports("no Redis at")));
            CHECK(count(ran.out + ran.err, "\x1b") == 0);
            CHECK(count(ran.out + ran.err, "\xc2\x9b") == 0);
            CHECK(::access(output.c_str(), F_OK) != 0);
        }
    }
}

TEST_CASE("a Redis that refuses is not a missing one: the reason and the remedy are reported") {
    const TemporaryFolder folder;
    const std::string file = folder.write("recording.jsonl", "{\"channel\": \"c\", \"data\": \"x\"}\n");
    const auto each = [&](const std::string& port, const std::string& expected, bool with_top = true) {
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"record", "--output", folder / "x", "--redis-port", port},
              {"inspect", "--seconds", "5", "--redis-port", port},
              {"replay", "--redis-port", port, file},
              {"top", "--once", "--redis-port", port},
              {"check", "--redis-port", port, "--cache-port", port}}) {
            CAPTURE(arguments[0]);
            if (arguments[0] == "top" && !with_top) continue;
            const Ran ran(folder, arguments);
            CAPTURE(ran.out);
            CAPTURE(ran.err);
            CHECK(ran.status == (arguments[0] == "check" ? 1 : 3));
            CHECK((ran.prints(expected) || ran.reports(expected)));
            CHECK(count(ran.out + ran.err, "start Slips") == 0);
        }
    };
    SUBCASE("it serves no more clients") {
        const RedisServer server(folder, "main", ServerSettings{.tcp = true});
        Client client = server.client();
        client.command({"CONFIG", "SET", "maxclients", "1"});
        each(server.port(), ": ERR max number of clients reached; end other clients, or raise maxclients of Redis");
    }
    SUBCASE("the user lacks rights") {
        const RedisServer server(folder, "main", ServerSettings{.tcp = true});
        Client client = server.client();
        client.command({"ACL", "SETUSER", "default", "-psubscribe", "-pubsub", "-exists"});
        each(server.port(), "; give the user the rights that docs/redis.md lists", false);
        client.command({"ACL", "SETUSER", "default", "-ping"});
        const Ran ran(folder, {"record", "--output", folder / "x", "--redis-port", server.port()});
        CHECK(ran.reports("Redis at port " + server.port() + " refuses slipsdev: redis-server: PING: NOPERM "));
    }
    SUBCASE("protected mode") {
        const FakeServer server(
            "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
            "the default user. In this mode connections are only accepted from the loopback interface.\r\n",
            "");
        each(server.port(), "is set for the default user; connect from the machine of Redis, or give Redis a password");
    }
    SUBCASE("TLS") {
        const FakeServer server("\x15\x03\x03", "");
        each(server.port(), "speak TLS, which slipsdev does not?");
    }
}

TEST_CASE("check: does not wait for a server that sends single bytes") {
    const TemporaryFolder folder;
    const FakeServer fake("$100000\r\n", "x", 20ms);
    const Ran ran(folder, {"check", "--redis-port", fake.port(), "--cache-port", fake.port()});
    CHECK(ran.status == 1);
    CHECK(ran.prints("no answer in time"));
}

TEST_CASE("record: wrong usage") {
    const TemporaryFolder folder;
    const std::string there = folder.write("there.jsonl", "x");
    CHECK(Ran(folder, {"record"}).status == 2);
    CHECK(Ran(folder, {"record", "--output", "x", "--max-size", "1X"}).reports("--max-size: 1X is not a size"));
    CHECK(Ran(folder, {"record", "--output", "x", "--max-time", "0"}).status == 2);
    CHECK(Ran(folder, {"record", "--output", "x", "--redis-port", "1", "--redis-socket", "s"}).status == 2);
    CHECK(Ran(folder, {"record", "--output", "x", "more"}).status == 2);
    CHECK(Ran(folder, {"record", "--output", folder / "x", "--slips-dir", folder.path()})
              .reports("is not Slips' folder"));
    const Ran none(folder, {"record", "--output", folder / "x", "--redis-socket", folder / "none"});
    CHECK(none.status == 3);
    CHECK(none.reports("no Redis at " + (folder / "none")));
    CHECK(::access((folder / "x").c_str(), F_OK) != 0);
    CHECK(Ran(folder, {"record", "--help"}).status == 0);

    RedisServer server(folder, "main");
    const Ran twice(folder, {"record", "--output", there, "--redis-socket", server.socket()});
    CHECK(twice.status == 2);
    CHECK(read_file(there) == "x");
}

#endif
