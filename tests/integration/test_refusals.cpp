// A Redis that refuses a module, or its subscription: the reason is reported where it happens.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "host.hpp"
#include "slips/impl/redis/database_port.hpp"
#include "slips/impl/redis/persistent_connection.hpp"
#include "slips/impl/wire/resp.hpp"

using namespace integration;
using namespace std::string_literals;

namespace {

const std::string denied =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
    "default "
    "user. In this mode connections are only accepted from the loopback interface. If you want to connect from "
    "external "
    "computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode.\r\n";
const std::string shown_denied = "DENIED Redis is running in protected mode because protected mode is enabled and no "
                                 "password is set for the default "
                                 "user; connect from the machine of Redis, or give Redis a password";
const std::string full = "-ERR max number of clients reached\r\n";
const std::string shown_full = "ERR max number of clients reached; end other clients, or raise maxclients of Redis";
const std::string alert = "\x15\x03\x01\x00\x02\x02\x46"s;

/// Sends each client these bytes and closes the connection, as a server does that does not serve it.
class Rejecter {
public:
    enum class When { at_once, after_a_command };  ///< the system resets a connection whose bytes were not read

    /// Listens on `socket`, or if that is empty on a free port.
    Rejecter(std::string bytes, When when, const std::string& socket = {})
        : bytes_(std::move(bytes)), when_(when),
          listener_(::socket(socket.empty() ? AF_INET : AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_in port{};
        sockaddr_un path{};
        port.sin_family = AF_INET;
        port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        path.sun_family = AF_UNIX;
        socket.copy(path.sun_path, sizeof path.sun_path - 1);
        auto* const address = socket.empty() ? reinterpret_cast<sockaddr*>(&port) : reinterpret_cast<sockaddr*>(&path);
        socklen_t size = socket.empty() ? sizeof port : sizeof path;
        REQUIRE(::bind(listener_, address, size) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        REQUIRE(::pipe(stop_) == 0);
        if (socket.empty()) {
            REQUIRE(::getsockname(listener_, address, &size) == 0);
            port_ = ntohs(port.sin_port);
        }
        worker_ = std::thread([this] { work(); });
    }
    ~Rejecter() {
        ::close(stop_[1]);
        worker_.join();
        ::close(stop_[0]);
        ::close(listener_);
    }
    Rejecter(const Rejecter&) = delete;
    Rejecter& operator=(const Rejecter&) = delete;

    int port() const { return port_; }

private:
    void work() {
        for (;;) {
            pollfd ready[] = {{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
            ::poll(ready, 2, -1);
            if (ready[0].revents) return;
            const int client = ::accept(listener_, nullptr, nullptr);
            pollfd command[] = {{stop_[0], POLLIN, 0}, {client, POLLIN, 0}};
            if (when_ == When::after_a_command) ::poll(command, 2, -1);
            [[maybe_unused]] const ssize_t sent = ::send(client, bytes_.data(), bytes_.size(), 0);
            ::close(client);
        }
    }

    std::string bytes_;
    When when_;
    int listener_;
    int stop_[2]{-1, -1};
    int port_ = 0;
    std::thread worker_{};
};

constexpr Rejecter::When both[] = {Rejecter::When::at_once, Rejecter::When::after_a_command};

}  // namespace

TEST_CASE("what a server sends before it closes the connection is reported, with what to do") {
    struct Case {
        std::string bytes;
        std::string shown;
    };
    for (const Case& the :
         {Case{denied, shown_denied}, Case{full, shown_full}, Case{alert, "the port speaks TLS; use --redis-tls"}}) {
        const auto& [bytes, shown_line] = the;
        const std::string shown = shown_line;
        CAPTURE(shown);
        for (const auto when : both) {
            CAPTURE(static_cast<int>(when));
            for (const std::string password : {"", "secret"}) {
                CAPTURE(password);
                const Rejecter server(bytes, when);
                Host slips({.slips = Slips::current, .servers = {.tcp = true}});
                auto main = slips.start(
                    "detector", {"--redis-port", std::to_string(server.port()), "--cache-port", slips.cache.port()},
                    {{"SLIPS_REDIS_PASSWORD", password}});
                CHECK(main.says("[detector] waiting for Redis at 127.0.0.1:" + std::to_string(server.port()) + ": " +
                                shown + "\n"));
                CHECK(count(main.err(), "\n") == 1);
                CHECK(main.out().empty());
                auto cache = slips.start(
                    "detector", {"--redis-port", slips.main.port(), "--cache-port", std::to_string(server.port())},
                    {{"SLIPS_REDIS_PASSWORD", password}});
                CHECK(
                    cache.says("no cache at 127.0.0.1:" + std::to_string(server.port()) + ": " + shown + "; evidence"));
                CHECK(stop(main) == 0);
                CHECK(stop(cache) == 0);
            }
            const TemporaryFolder folder;
            const Rejecter server(bytes, when, folder / "redis.sock");
            auto over_socket =
                ModuleProcess({.arguments =
                                   [&] {
                                       std::vector<std::string> words = module_command("detector");
                                       words.insert(words.end(), {"--redis-socket", folder / "redis.sock"});
                                       return words;
                                   }(),
                               .out = folder / "out",
                               .err = folder / "err"});
            CHECK(over_socket.says("waiting for Redis at " + (folder / "redis.sock") + ": " + shown + "\n"));
            CHECK(stop(over_socket) == 0);
        }
    }
}

TEST_CASE("a server that has closed a connection before the first command is sent has its reason reported") {
    // as when a subscription is made while init() runs, and begins after it
    using slips::redis::PersistentConnection;
    const TemporaryFolder folder;
    const Rejecter server(full, Rejecter::When::at_once, folder / "redis.sock");
    slips::redis::Endpoint endpoint;
    endpoint.socket = folder / "redis.sock";
    slips::wire::Pipeline pipeline;
    std::string reason;
    PersistentConnection::Callbacks callbacks;
    callbacks.up = [&](auto) { pipeline.send_unanswered("SUBSCRIBE", "new_flow"); };
    callbacks.lost = [](auto, auto) {};
    callbacks.reply = [](const auto&, auto) {};
    callbacks.ready = [](bool, auto) {};
    callbacks.outage = [&](std::string_view why, auto) { reason = why; };
    PersistentConnection connection(endpoint, pipeline, callbacks, true);
    const auto now = slips::Clock::now();
    connection.connect(now);
    REQUIRE(connection.is_connecting());
    pollfd closed{connection.fd(), 0, 0};  // waits for POLLHUP alone
    REQUIRE(::poll(&closed, 1, 10'000) == 1);
    connection.polled(true, now);
    connection.release(now);
    connection.flush(now);
    CHECK(reason == shown_full);
    CHECK(connection.is_closed());
}

TEST_CASE("a port that speaks TLS is recognised by the silence of its server") {
    const TemporaryFolder folder;
    ChildProcess openssl({.arguments = {"/bin/sh", "-c",
                                        "exec openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                                        "-keyout \"$0/key.pem\" -out \"$0/cert.pem\"",
                                        folder.path()}});
    if (openssl.wait() != 0) {
        MESSAGE("skipped: openssl is not installed");
        return;
    }
    const std::string port = std::to_string(free_port());
    const auto server = [&]() -> std::optional<RedisServer> {
        try {
            return std::make_optional<RedisServer>(
                folder, "tls",
                ServerSettings{.more = {"--tls-port", port, "--tls-cert-file", folder / "cert.pem", "--tls-key-file",
                                        folder / "key.pem", "--tls-ca-cert-file", folder / "cert.pem"}});
        } catch (const std::runtime_error&) {
            return std::nullopt;
        }
    }();
    if (!server) {
        MESSAGE("skipped: this redis-server was built without TLS");
        return;
    }
    std::vector<std::string> words = module_command("detector");
    words.insert(words.end(), {"--redis-port", port, "--cache-port", port});
    ModuleProcess module({.arguments = words, .out = folder / "out", .err = folder / "err"});
    CHECK(module.says("waiting for Redis at 127.0.0.1:" + port + ": "));
    CHECK(module.says("; if the port speaks TLS, use --redis-tls\n"));
    CHECK(stop(module) == 0);
}

TEST_CASE("a query of the module reports why the server closed the connection") {
    for (const std::string password : {"", "secret"}) {
        CAPTURE(password);
        for (const auto when : both) {
            CAPTURE(static_cast<int>(when));
            for (const auto& [bytes, shown_line] : {std::pair{denied, shown_denied}, std::pair{full, shown_full},
                                                    std::pair{alert, "the port speaks TLS; use --redis-tls"s}}) {
                const std::string shown = shown_line;
                CAPTURE(shown);
                const Rejecter server(bytes, when);
                const slips::redis::Access access{.endpoint = {.port = server.port()}, .password = password};
                slips::redis::BlockingPort port(access, access);
                std::string error;
                try {
                    using slips::DatabasePort;
                    const DatabasePort::Command commands[] = {{DatabasePort::Server::main, {"GET", "key"}},
                                                              {DatabasePort::Server::main, {"GET", "key"}}};
                    port.ask(commands);
                } catch (const slips::DatabaseError& thrown) {
                    error = thrown.what();
                }
                CHECK(error == "database at 127.0.0.1:" + std::to_string(server.port()) + ": " + shown);
            }
        }
    }
}

TEST_CASE("a subscription that Redis refuses ends the module with an error message") {
    Host slips(Slips::current);
    slips.db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "resetchannels", "&other", "+@all"});
    slips.cache_db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "&*", "+@all"});
    auto module =
        slips.start("hooks", slips.over_sockets(), {{"SLIPS_REDIS_USER", "slips"}, {"SLIPS_REDIS_PASSWORD", "secret"}});
    CHECK(module.wait() == 3);
    CHECK(count(module.err(), "[hooks] no subscription to Redis at " + slips.main.socket() + ": NOPERM ") == 1);
    CHECK(count(module.err(), "; give the user the rights that docs/redis.md lists\n") == 1);
    CHECK(module.out().find("subscribed to") == std::string::npos);
    CHECK(module.out().find("hook shutdown_gracefully") != std::string::npos);
    CHECK(module.out().find("stopped (Redis refuses the subscription): 0 messages") != std::string::npos);
}

TEST_CASE("a module works without the right to the channel on which Slips stops modules, and one line reports it") {
    Host slips(Slips::current);
    slips.db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "resetchannels", "&[^c]*", "+@all"});
    slips.cache_db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "&*", "+@all"});
    auto module =
        slips.start("hooks", slips.over_sockets(), {{"SLIPS_REDIS_USER", "slips"}, {"SLIPS_REDIS_PASSWORD", "secret"}});
    CHECK(module.says("subscribed to new_flow; "));
    CHECK(
        module.says("Redis refuses the subscription to control_channel, on which Slips may stop its modules: NOPERM "));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);
    CHECK_MESSAGE(count(module.err(), "NOPERM") == 1, module.err());
}

TEST_CASE(
    "a right to the channels that a user loses while a module runs is reported, and the module subscribes again") {
    Host slips(Slips::current);
    const auto allow = [&](const std::string& channels) {
        slips.db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "resetchannels", channels, "+@all"});
    };
    allow("&*");
    slips.cache_db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "&*", "+@all"});
    auto module = slips.start_hearing("hooks", {}, {{"SLIPS_REDIS_USER", "slips"}, {"SLIPS_REDIS_PASSWORD", "secret"}});
    allow("&other");  // Redis ends the connection that has subscribed
    CHECK(module.says("no subscription to Redis at " + slips.main.socket() + ": NOPERM "));
    CHECK(module.out().find("hook on_gap") == std::string::npos);
    allow("&*");
    CHECK(module.says("hook on_gap"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "no subscription to Redis") == 1);
    CHECK(count(module.err(), "subscribed again after") == 1);
    CHECK(count(module.out(), "] subscribed to") == 1);
}

#ifdef SLIPS_TEST_SHIFTED_CLOCK  // Linux, without a sanitizer, which needs descriptors of its own
TEST_CASE("a subscription for which no descriptor is left is reported, and made when there is one") {
    Host slips(Slips::current);
    const auto descriptors = [](const std::string& process) {
        std::map<std::string, std::size_t> numbers;  // by what they refer to
        for (const auto& entry : std::filesystem::directory_iterator("/proc/" + process + "/fd")) {
            std::error_code gone;  // that of the iterator
            numbers[std::filesystem::read_symlink(entry.path(), gone)] = std::stoul(entry.path().filename());
        }
        return numbers;
    };
    std::size_t most = 0;  // the number of the subscription's connection, which is made last
    {
        auto module = slips.start("detector", slips.over_sockets());
        REQUIRE(slips.wait_for_listener("new_flow"));
        const auto ours = descriptors("self");  // which a child may inherit
        for (const auto& [what, number] : descriptors(std::to_string(module.pid())))
            if (what.starts_with("socket:") && !ours.contains(what)) most = std::max(most, number);
        CHECK(stop(module) == 0);
    }
    Launch launch;
    launch.arguments = {"/bin/sh", "-c", "ulimit -S -n " + std::to_string(most) + "; exec \"$0\" \"$@\""};
    for (const std::string& argument : module_command("detector")) launch.arguments.push_back(argument);
    for (const std::string& argument : slips.over_sockets()) launch.arguments.push_back(argument);
    launch.out = slips.folder / "limited.out";
    launch.err = slips.folder / "limited.err";
    ModuleProcess module(launch);
    CHECK(module.says("no subscription to Redis at " + slips.main.socket() + ": "));
    CHECK(module.says("Too many open files; raise the limit of open files (ulimit -n)\n"));
    CHECK(module.out().find("subscribed to") == std::string::npos);
    rlimit limit{};
    REQUIRE(::prlimit(module.pid(), RLIMIT_NOFILE, nullptr, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    REQUIRE(::prlimit(module.pid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
    CHECK(module.says("subscribed to new_flow; "));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(count(module.err(), "no subscription to Redis") == 1);
    CHECK(count(module.err(), "again") == 0);
}
#endif
