#include "slips/impl/program/options.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

using slips::Options;

namespace {

Options parsed(const std::vector<std::string>& arguments) {
    Options options;
    std::string error;
    const bool good = slips::parse_options(arguments, options, error);
    CAPTURE(error);
    CHECK(good);
    CHECK(error.empty());
    return options;
}

std::string fault(const std::vector<std::string>& arguments) {
    Options options;
    std::string error;
    CHECK_FALSE(slips::parse_options(arguments, options, error));
    CHECK_FALSE(error.empty());
    return error;
}

/// A file that is deleted at the end of the test.
struct TemporaryFile {
    explicit TemporaryFile(const std::string& text)
        : path(std::filesystem::temp_directory_path() / ("slips_options_" + std::to_string(::getpid()))) {
        std::ofstream(path) << text;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path); }
    std::filesystem::path path;
};

}  // namespace

TEST_CASE("defaults without arguments: the Redis that Slips starts, verbosity 1") {
    ::unsetenv("SLIPS_REDIS_USER");
    ::unsetenv("SLIPS_REDIS_PASSWORD");
    const Options options = parsed({});
    CHECK(options.redis_host == "127.0.0.1");
    CHECK_FALSE(options.redis_port);
    CHECK(options.redis_db == 0);
    CHECK(options.cache_port == 6379);
    CHECK_FALSE(options.generation);
    CHECK(options.verbose == 1);
    CHECK(options.debug == 0);
    CHECK_FALSE(options.stop_timeout);
    CHECK_FALSE(options.strict);
    CHECK_FALSE(options.register_pid);
    CHECK_FALSE(options.describe);
    CHECK_FALSE(options.version);
    CHECK_FALSE(options.help);
    CHECK(options.redis_user.empty());
    CHECK(options.redis_password.empty());
    CHECK_FALSE(options.tls);
}

TEST_CASE("each flag accepts its value after a space or an equals sign") {
    const std::vector<std::string> pairs = {"--redis-host",
                                            "redis.example",
                                            "--redis-port",
                                            "32850",
                                            "--redis-socket",
                                            "/r.sock",
                                            "--redis-db",
                                            "7",
                                            "--cache-port",
                                            "6380",
                                            "--cache-socket",
                                            "/c.sock",
                                            "--generation",
                                            "legacy",
                                            "--slips-dir",
                                            "/slips",
                                            "--registered-types",
                                            "A,,B",
                                            "--output",
                                            "out",
                                            "--verbose",
                                            "3",
                                            "--debug",
                                            "2",
                                            "--stats",
                                            "s.json",
                                            "--user",
                                            "nobody",
                                            "--stop-timeout",
                                            "0"};
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < pairs.size(); i += 2) joined.push_back(pairs[i] + "=" + pairs[i + 1]);
    for (const auto& arguments : {pairs, joined}) {
        const Options options = parsed(arguments);
        CHECK(options.redis_host == "redis.example");
        CHECK(options.redis_port == 32850);
        CHECK(options.redis_socket == "/r.sock");
        CHECK(options.redis_db == 7);
        CHECK(options.cache_port == 6380);
        CHECK(options.cache_socket == "/c.sock");
        CHECK(options.generation == slips::Generation::legacy);
        CHECK(options.slips_dir == "/slips");
        CHECK(options.registered_types == std::set<std::string, std::less<>>{"A", "B"});
        CHECK(options.output == "out");
        CHECK(options.verbose == 3);
        CHECK(options.debug == 2);
        CHECK(options.stats == "s.json");
        CHECK(options.user == "nobody");
        CHECK(options.stop_timeout == 0.0);
    }
    const Options flags = parsed({"--strict", "--register", "--describe", "--version", "--help"});
    CHECK(flags.strict);
    CHECK(flags.register_pid);
    CHECK(flags.describe);
    CHECK(flags.version);
    CHECK(flags.help);
    CHECK(parsed({"--generation", "legacy", "--generation", "current"}).generation == slips::Generation::current);
    CHECK(parsed({"--output=a=b"}).output == "a=b");
    CHECK(parsed({"--registered-types", ""}).registered_types.empty());
}

TEST_CASE("an invalid command line is reported with the remedy") {
    CHECK(fault({"--redis-prot", "1"}) == "unknown argument '--redis-prot'; --help lists them");
    CHECK(fault({"play"}) == "unknown argument 'play'; --help lists them");
    CHECK(fault({""}) == "unknown argument ''; --help lists them");
    CHECK(fault({"-h"}) == "unknown argument '-h'; --help lists them");
    CHECK(fault({"--redis-port"}) == "--redis-port needs a value: PORT");
    CHECK(fault({"--redis-ca", "ca.pem"}) == "--redis-ca has a meaning with --redis-tls only; add it");
    CHECK(fault({"--redis-ca", ""}) == "--redis-ca: '' is not a non-empty text");
    for (const char* port : {"0", "65536", "-1", "http", "", "6379x", " 6379", "99999999999"}) {
        CHECK(fault({"--redis-port", port}) == "--redis-port: '" + std::string(port) + "' is not a port, 1..65535");
        CHECK(fault({"--cache-port", port}) == "--cache-port: '" + std::string(port) + "' is not a port, 1..65535");
    }
    CHECK(fault({"--redis-db", "-1"}) == "--redis-db: '-1' is not a database, 0..65535");
    CHECK(fault({"--generation", "new"}) == "--generation: 'new' is not current or legacy");
    CHECK(fault({"--verbose", "4"}) == "--verbose: '4' is not a level, 0..3");
    CHECK(fault({"--debug", "-1"}) == "--debug: '-1' is not a level, 0..3");
    CHECK(fault({"--stop-timeout", "1.5"}) == "--stop-timeout: '1.5' is not whole seconds, 0..3600");
    CHECK(fault({"--stop-timeout", "3601"}) == "--stop-timeout: '3601' is not whole seconds, 0..3600");
    for (const char* name :
         {"--redis-host", "--redis-socket", "--cache-socket", "--slips-dir", "--output", "--stats", "--user"})
        CHECK(fault({name, ""}) == std::string(name) + ": '' is not a non-empty text");
    for (const char* name : {"--strict", "--allow-untested", "--register", "--describe", "--version", "--help"})
        CHECK(fault({std::string(name) + "=1"}) == std::string(name) + " takes no value");
    CHECK(fault({"--redis-password-file", "/no/such/file"}) ==
          "--redis-password-file: '/no/such/file' is not a file with a password in it");
    CHECK(fault({"--config", "/no/such/file"}) == "--config: '/no/such/file' is not a file that can be read");
    const TemporaryFile config("[parameters]\n");
    CHECK(parsed({"--config", config.path.string()}).config == config.path.string());
    CHECK(fault({"--managed", "--config", config.path.string()}) ==
          "--config is for a module started by hand; with --managed the launcher provides it");
}

TEST_CASE("passwords are read from files") {
    using slips::password_in;
    for (const char* text : {"s3cret", "s3cret\n", "s3cret\r\n", "\xef\xbb\xbfs3cret\n", "requirepass s3cret",
                             "requirepass s3cret\n", "\xef\xbb\xbfrequirepass  s3cret \r\n", "requirepass \"s3cret\"\n",
                             "requirepass\ts3cret\n", "# Slips\n\nrequirepass s3cret\n"}) {
        CAPTURE(text);
        CHECK(password_in(text) == "s3cret");
    }
    CHECK(password_in("") == "");
    CHECK(password_in("\n") == "");
    CHECK(password_in("requirepass \n") == "");
    CHECK(password_in("with blanks \nmore") == "with blanks ");
    CHECK(password_in("requirepass s3cret\"") == "s3cret\"");
    CHECK(password_in("requirepass 's3cret\"") == "'s3cret\"");
    CHECK(password_in("requirepass \t s3\xc2\x85"
                      "cret\x0b \n") == "s3\xc2\x85"
                                        "cret\x0b");
    CHECK(slips::wants_no_password("ERR Client sent AUTH, but no password is set"));
    CHECK_FALSE(slips::wants_no_password("WRONGPASS invalid username-password pair or user is disabled."));
}

TEST_CASE("a password is read from a file or the environment, never from argv") {
    ::setenv("SLIPS_REDIS_USER", "module", 1);
    ::setenv("SLIPS_REDIS_PASSWORD", "from the environment", 1);
    CHECK(parsed({}).redis_user == "module");
    CHECK(parsed({}).redis_password == "from the environment");
    const TemporaryFile file("from a file \nsecond line\n");
    CHECK(parsed({"--redis-password-file", file.path.string()}).redis_password == "from a file ");
    const TemporaryFile of_slips("\xef\xbb\xbfrequirepass from Slips\r\n");
    CHECK(parsed({"--redis-password-file", of_slips.path.string()}).redis_password == "from Slips");
    ::unsetenv("SLIPS_REDIS_USER");
    ::unsetenv("SLIPS_REDIS_PASSWORD");
    CHECK(fault({"--redis-password", "secret"}).starts_with("unknown argument '--redis-password'"));
}

TEST_CASE("--help lists every flag and exit status") {
    const std::string help = slips::help_text("./detector", "detector", "detects");
    CHECK(help.starts_with("detector: detects\n\n"));
    CHECK(help.find("usage: ./detector [option]") != std::string::npos);
    for (const slips::detail::Option& option : slips::detail::option_table()) {
        CAPTURE(std::string(option.name));
        CHECK(help.find("\n  " + std::string(option.name)) != std::string::npos);
        CHECK(help.find(option.help) != std::string::npos);
    }
    CHECK(help.find("exit status: 0 stopped") != std::string::npos);
}

TEST_CASE("--redis-host is a name or an address; other spellings are refused with what to write") {
    for (const char* good : {"localhost", "127.0.0.1", "::1", "fe80::1%eth0", "redis.example."})
        CHECK(parsed({"--redis-host", good}).redis_host == good);
    for (const char* bad : {"[::1]", "[::1]:6379"})
        CHECK(fault({"--redis-host", bad}) ==
              "--redis-host: '" + std::string(bad) + "' is not a name or an address without brackets, such as ::1");
    for (const char* host : {"localhost", "127.0.0.1"})
        CHECK(fault({"--redis-host", std::string(host) + ":6379"}) ==
              "--redis-host: '" + std::string(host) +
                  ":6379' is not a name or an address without a port; write --redis-host " + host +
                  " --redis-port 6379");
    for (const char* bad : {" localhost", "127.0.0.1 ", "a b"})
        CHECK(fault({"--redis-host", bad}) ==
              "--redis-host: '" + std::string(bad) + "' is not a name or an address without blanks, such as 127.0.0.1");
    for (const char* bad : {"redis://127.0.0.1:6379", "/run/redis.sock", "redis://[::1]/0"})
        CHECK(fault({"--redis-host", bad}) ==
              "--redis-host: '" + std::string(bad) +
                  "' is not a name or an address, such as 127.0.0.1; the port belongs to --redis-port, a path to "
                  "--redis-socket");
}

TEST_CASE("a password file may have a byte order mark, line ends of Windows, or no line end") {
    for (const char* text : {"secret", "secret\n", "secret\r\n", "\xef\xbb\xbfsecret", "\xef\xbb\xbfsecret\r\nmore\r\n",
                             "requirepass secret\r\n", "\xef\xbb\xbfrequirepass \"secret\"", "secret\rmore\r"}) {
        CAPTURE(text);
        const TemporaryFile file(text);
        CHECK(parsed({"--redis-password-file", file.path.string()}).redis_password == "secret");
    }
}

TEST_CASE("the hint about the password is for errors about the password") {
    CHECK(slips::is_about_password("NOAUTH Authentication required."));
    CHECK(slips::is_about_password("WRONGPASS invalid username-password pair or user is disabled."));
    CHECK(slips::is_about_password("ERR invalid password"));
    CHECK_FALSE(slips::is_about_password("ERR DB index is out of range"));
    CHECK_FALSE(slips::is_about_password("NOPERM this user has no permissions to run the 'select' command"));
}
