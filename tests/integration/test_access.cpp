// Ways to a Redis: sockets, ports, passwords, users, databases.
#include "host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <netdb.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace integration;

namespace {

const std::string secret = "a secret, with a blank";

/// Publishes one flow and expects one evidence.
void check_works(Host& slips, ModuleProcess& module) {
    CHECK(eventually([&] { return slips.listeners("new_flow") > 0 || !module.runs(); }));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
}

}  // namespace

TEST_CASE("a module connects over TCP and over Unix sockets") {
    Host slips({.slips = Slips::current, .servers = {.tcp = true}});
    auto over_tcp = slips.start("detector", slips.over_tcp());
    CHECK(over_tcp.says("at 127.0.0.1:" + slips.main.port()));
    check_works(slips, over_tcp);
    slips.db.command({"FLUSHDB"});
    slips.introduce();
    auto over_sockets = slips.start("detector", slips.over_sockets());
    CHECK(over_sockets.says("at " + slips.main.socket()));
    check_works(slips, over_sockets);
}

TEST_CASE("a module connects over IPv6") {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
    const bool has_ipv6 = probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (probe >= 0) ::close(probe);
    if (!has_ipv6) {
        MESSAGE("skipped: this machine has no IPv6");
        return;
    }
    Host slips({.slips = Slips::current, .servers = {.tcp = true, .more = {"--bind", "127.0.0.1", "::1"}}});
    auto arguments = slips.over_tcp();
    arguments.insert(arguments.end(), {"--redis-host", "::1"});
    auto module = slips.start("detector", arguments);
    CHECK(module.says("at ::1:" + slips.main.port()));
    check_works(slips, module);
}

TEST_CASE("a module connects to a host by name") {
    if (!::gethostbyname("localhost")) {  // a minimal system may resolve no names at all
        MESSAGE("skipped: this machine does not know the name localhost");
        return;
    }
    Host slips({.slips = Slips::current, .servers = {.tcp = true}});
    auto arguments = slips.over_tcp();
    arguments.insert(arguments.end(), {"--redis-host", "localhost"});
    auto module = slips.start("detector", arguments);
    check_works(slips, module);
}

TEST_CASE("the password is read from the environment or a file") {
    Host slips({.slips = Slips::current, .servers = {.password = secret}});
    auto by_environment = slips.start("detector", slips.over_sockets(), {{"SLIPS_REDIS_PASSWORD", secret}});
    check_works(slips, by_environment);
    slips.db.command({"FLUSHDB"});
    slips.introduce();
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--redis-password-file", slips.folder.write("password", secret + "\n")});
    auto by_file = slips.start("detector", arguments, {{"SLIPS_REDIS_PASSWORD", "another"}});
    check_works(slips, by_file);
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
}

TEST_CASE("a wrong or missing password ends a module with an error message") {
    Host slips({.slips = Slips::current, .servers = {.password = secret}});
    for (const std::string password : {"wrong", ""}) {
        CAPTURE(password);
        auto module = slips.start("detector", slips.over_sockets(), {{"SLIPS_REDIS_PASSWORD", password}});
        CHECK(module.wait() == 3);
        const std::string err = module.err();
        CHECK(err.starts_with("[detector] Redis at " + slips.main.socket() + " refuses this module: "));
        CHECK(err.find(
                  "(the password is read from --redis-password-file, SLIPS_REDIS_PASSWORD or, with --slips-dir, Slips' "
                  "redis_auth.conf)") != std::string::npos);
        CHECK(count(err, "\n") == 1);
        CHECK(err.find("wrong") == std::string::npos);
        CHECK(module.out().empty());
    }
}

TEST_CASE("the password is read from the Slips configuration in --slips-dir") {
    Host slips({.slips = Slips::current, .servers = {.tcp = true, .password = secret}});
    const std::string root = slips.folder / "slips";
    std::filesystem::create_directories(root + "/permanent");
    slips.folder.write("slips/VERSION", std::string(version) + "\n");
    const auto list = [&](const std::string& port) {
        slips.folder.write("slips/running_slips_info.txt",
                           "2026/11/21 23:46:25,conn.log," + port + ",1,zeek/,output,1,False,False\n");
    };
    SUBCASE("the module finds the running Slips, too, and reads in the main database") {
        slips.folder.write("slips/permanent/redis_auth.conf", "requirepass \"" + secret + "\"\r\n");
        list(slips.main.port());
        auto module = slips.start("asker", {"--slips-dir", root, "--cache-port", slips.cache.port()});
        CHECK(eventually([&] { return slips.listeners("new_flow") > 0 || !module.runs(); }));
        CHECK(stop(module) == 0);
        CHECK(module.err().find("refuses") == std::string::npos);
    }
    SUBCASE("Slips creates the file at its first start: the module waits for it for a while") {
        auto module = slips.start(
            "detector", {"--slips-dir", root, "--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
        CHECK(module.says("waiting for Redis at 127.0.0.1:" + slips.main.port() + ": NOAUTH"));
        slips.folder.write("slips/permanent/redis_auth.conf", "requirepass \"" + secret + "\"\n");
        check_works(slips, module);
        CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
    }
    SUBCASE("what the user gives takes precedence") {
        slips.folder.write("slips/permanent/redis_auth.conf", "requirepass another\n");
        auto module = slips.start(
            "detector", {"--slips-dir", root, "--redis-port", slips.main.port(), "--cache-port", slips.cache.port()},
            {{"SLIPS_REDIS_PASSWORD", secret}});
        check_works(slips, module);
    }
    SUBCASE("root does not read it through a link, as its content is sent to a Redis") {
        std::filesystem::create_symlink(slips.folder.write("another", secret + "\n"),
                                        root + "/permanent/redis_auth.conf");
        auto module = slips.start(
            "detector", {"--slips-dir", root, "--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
        if (::geteuid() != 0) return check_works(slips, module);
        CHECK(module.wait() == 3);
        CHECK(module.err().find("redis_auth.conf is a link, which is not followed; run the module as") !=
              std::string::npos);
    }
    SUBCASE("a file that cannot be read") {
        std::filesystem::create_directories(root + "/permanent/redis_auth.conf");
        auto module = slips.start("detector", {"--slips-dir", root, "--redis-port", slips.main.port()});
        CHECK(module.wait() == 3);
        CHECK(module.err().find("cannot read Redis' password in " + root +
                                "/permanent/redis_auth.conf: it is not a regular file; "
                                "run the module as Slips' user, or set --redis-password-file") != std::string::npos);
    }
}

TEST_CASE("a pipe in place of a configuration is refused without waiting for it") {
    Host slips(Slips::current);
    REQUIRE(::mkfifo((slips.folder / "pipe").c_str(), 0600) == 0);
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--config", slips.folder / "pipe"});
    auto module = slips.start("detector", arguments);
    CHECK(module.wait() == 2);
    CHECK(module.err().find("--config: '" + (slips.folder / "pipe") + "' is not a file that can be read") !=
          std::string::npos);
}

TEST_CASE("no link is followed to a configuration in a folder that Redis names") {
    Host slips(Slips::current);
    const std::string output = slips.folder.make_folder("output"),
                      metadata = slips.folder.make_folder("output/metadata");
    slips.folder.write("another", R"({"parameters": {}})");
    slips.db.command({"HSET", "analysis", "output_dir", output});
    SUBCASE("the file itself is a link") {
        std::filesystem::create_symlink(slips.folder / "another", metadata + "/slips.yaml");
        auto module = slips.start("detector", slips.over_sockets());
        CHECK(module.says("unknown which detections are disabled: slips.yaml is a link, which is not followed"));
        CHECK(stop(module) == 0);
    }
    SUBCASE("a folder on the way is a link") {
        std::filesystem::remove(metadata);
        const std::string real = slips.folder.make_folder("real");
        slips.folder.write("real/slips.yaml", R"({"parameters": {}})");
        std::filesystem::create_symlink(real, metadata);
        auto module = slips.start("detector", slips.over_sockets());
        CHECK(module.says("unknown which detections are disabled: metadata is a link, which is not followed"));
        CHECK(stop(module) == 0);
    }
}

TEST_CASE("a password that Redis does not ask for is ignored") {
    Host slips(Slips::current);
    auto module = slips.start("detector", slips.over_sockets(), {{"SLIPS_REDIS_PASSWORD", "needless"}});
    check_works(slips, module);
    CHECK(module.err().find("refuses") == std::string::npos);
}

TEST_CASE("one server asks for a password, the other does not") {
    Host slips({.slips = Slips::current, .servers = {.password = secret}});
    slips.cache_db.command({"CONFIG", "SET", "requirepass", ""});
    auto module = slips.start("detector", slips.over_sockets(), {{"SLIPS_REDIS_PASSWORD", secret}});
    check_works(slips, module);
    CHECK(module.err().find("the cache refuses the connection") == std::string::npos);
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");  // it stores the score all the same
}

TEST_CASE("a module logs in as a Redis user") {
    Host slips(Slips::current);
    slips.db.command({"ACL", "SETUSER", "slips", "on", ">" + secret, "~*", "&*", "+@all"});
    slips.cache_db.command({"ACL", "SETUSER", "slips", "on", ">" + secret, "~*", "&*", "+@all"});
    auto module = slips.start("detector", slips.over_sockets(),
                              {{"SLIPS_REDIS_USER", "slips"}, {"SLIPS_REDIS_PASSWORD", secret}});
    check_works(slips, module);
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
}

TEST_CASE("a Redis user with the rights that docs/redis.md lists is enough") {
    const std::string page = read_file(std::string(SLIPS_TEST_SOURCE_DIR) + "/docs/redis.md"), begin = "~* &* ";
    const std::size_t at = page.find(begin) + begin.size();
    REQUIRE(at > begin.size());
    std::vector<std::string> command{"ACL", "SETUSER", "module", "on", ">" + secret, "~*", "&*"};
    std::istringstream rights(page.substr(at, page.find('\n', at) - at));
    for (std::string right; rights >> right;) command.push_back(right);
    Host slips(Slips::current);
    slips.db.command(command);
    slips.cache_db.command(command);
    auto module = slips.start("detector", slips.over_sockets(),
                              {{"SLIPS_REDIS_USER", "module"}, {"SLIPS_REDIS_PASSWORD", secret}});
    check_works(slips, module);
    CHECK(slips.cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
    CHECK(count(module.err(), "NOPERM") == 0);
}

TEST_CASE("a module uses another database") {
    Host slips(Slips::unknown);
    slips.db.command({"SELECT", "3"});
    slips.db.command({"HSET", "analysis", "slips_version", version});
    auto arguments = slips.over_sockets();
    arguments.insert(arguments.end(), {"--redis-db", "3"});
    auto module = slips.start("detector", arguments);
    check_works(slips, module);
    Client zero = slips.main.client();
    CHECK(zero.integer({"DBSIZE"}) == 0);

    arguments.back() = "9999";
    auto none = slips.start("detector", arguments);
    CHECK(none.wait() == 3);
    CHECK(none.err().find("DB index is out of range") != std::string::npos);
    CHECK(none.err().find("password") == std::string::npos);
}

TEST_CASE("the module's connections carry its name") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    CHECK(eventually([&] { return slips.db.text({"CLIENT", "LIST"}).find(" name=detector ") != std::string::npos; }));
    CHECK(stop(module) == 0);
}
