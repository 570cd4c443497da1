// Encrypted connections to Redis. Certificates are made here, by the program openssl.
#include "host.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace integration;

TEST_CASE("options about TLS that cannot be followed end a module with one line") {
    const TemporaryFolder folder;
    int runs = 0;
    const auto fault = [&](const std::string& module, const std::vector<std::string>& arguments) {
        Launch launch;
        launch.arguments = module_command(module);
        launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
        launch.err = folder / (std::to_string(++runs) + ".err");
        ChildProcess process(launch);
        CHECK(process.wait() == 2);
        return read_file(launch.err);
    };
    CHECK(fault("detector", {"--redis-tls"}) ==
          "[detector] --redis-tls: this program was built without TLS; its author enables it by linking slips::tls "
          "(docs/building.md, \"Optional parts\"), which needs hiredis 1.0 with its SSL library and OpenSSL\n");
    CHECK(fault("detector", {"--redis-ca", "/etc/hostname"}) ==
          "[detector] --redis-ca has a meaning with --redis-tls only; add it\n");
#ifdef SLIPS_TEST_MODULES_WITH_TLS
    const std::string empty = folder.write("empty.pem", "");
    for (const std::string& file : {folder / "absent.pem", empty})
        CHECK(fault("detector_with_tls", {"--redis-tls", "--redis-ca", file}) ==
              "[detector] --redis-ca: '" + file + "' is not a file with certificates (PEM) that can be read\n");
#endif
}

#ifdef SLIPS_TEST_MODULES_WITH_TLS

namespace {

/// A certificate authority, and the certificates of servers that it issues.
class Authority {
public:
    /// `is_intermediate`: another CA, whose certificate is nowhere, has issued its certificate.
    Authority(const TemporaryFolder& folder, const std::string& name, bool is_intermediate = false,
              const std::string& subject = "redis")
        : folder_(folder), name_(folder.make_folder(name) + "/") {
        openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout",
                 name_ + "ca.key", "-out", file()});
        if (is_intermediate) {
            folder.write(name + "/ca.ext", "basicConstraints = critical, CA:true\n");
            openssl({"req", "-new", "-key", name_ + "ca.key", "-subj", "/CN=intermediate", "-out", name_ + "ca.req"});
            openssl({"x509", "-req", "-days", "2", "-in", name_ + "ca.req", "-CA", file(), "-CAkey", name_ + "ca.key",
                     "-set_serial", "2", "-extfile", name_ + "ca.ext", "-out", name_ + "intermediate.pem"});
            std::filesystem::rename(name_ + "intermediate.pem", file());
        }
        openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + subject, "-keyout", key(), "-out",
                 name_ + "request.pem"});
        folder.write(name + "/index", "");
        folder.write(name + "/ca.conf", "[ca]\ndefault_ca = default\n[default]\ndatabase = " + name_ +
                                            "index\nnew_certs_dir = " + name_ +
                                            "\nrand_serial = yes\nunique_subject = no\ndefault_md = sha256\n"
                                            "policy = policy\n[policy]\ncommonName = supplied\n");
    }

    std::string file() const { return name_ + "ca.pem"; }
    std::string key() const { return name_ + "server.key"; }

    /// Returns the file of a certificate for these names; none if empty.
    std::string issue(const std::string& names, const std::string& last_day = "20491231") {
        const std::string base = name_ + std::to_string(++issued_);
        folder_.write(base.substr(folder_.path().size() + 1) + ".ext",
                      names.empty() ? "basicConstraints = CA:false\n" : "subjectAltName = " + names + "\n");
        openssl({"ca", "-batch", "-notext", "-config", name_ + "ca.conf", "-cert", file(), "-keyfile", name_ + "ca.key",
                 "-in", name_ + "request.pem", "-startdate", "20200101000000Z", "-enddate", last_day + "000000Z",
                 "-extfile", base + ".ext", "-out", base + ".pem"});
        return base + ".pem";
    }

private:
    void openssl(std::vector<std::string> arguments) const {
        Launch launch;
        arguments.insert(arguments.begin(), SLIPS_TEST_OPENSSL);
        launch.arguments = arguments;
        launch.err = folder_ / "openssl.err";
        ChildProcess process(launch);
        const auto ending = process.wait();
        INFO(read_file(launch.err));
        REQUIRE(ending == 0);
    }

    const TemporaryFolder& folder_;
    std::string name_;
    int issued_ = 0;
};

/// Slips with two servers that speak TLS, too, on ports of their own.
struct TlsHost : Host {
    explicit TlsHost(const std::string& names = "IP:127.0.0.1", const std::string& last_day = "20491231",
                     const std::string& subject = "redis", bool is_intermediate = false)
        : Host({.slips = Slips::current, .servers = {.tcp = true}}),
          authority(folder, "ours", is_intermediate, subject) {
        const std::string certificate = authority.issue(names, last_day);
        has_tls = open(db, certificate, main_port) && open(cache_db, certificate, cache_port);
        if (!has_tls) MESSAGE("skipped: this redis-server was built without TLS");
    }

    /// Returns the arguments of a module.
    std::vector<std::string> over_tls(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"--redis-tls", "--redis-port", main_port, "--cache-port", cache_port};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::vector<std::string> over_tls() const { return over_tls({"--redis-ca", authority.file()}); }

    /// Publishes that many flows and checks that so much evidence was stored.
    void check_works(ModuleProcess& module, int flows) {
        CHECK(eventually([&] { return listeners("new_flow") > 0 || !module.runs(); }));
        std::vector<Words> publishes;
        for (int i = 0; i < flows; ++i)
            publishes.push_back({"PUBLISH", "new_flow", payload(Flow{.uid = "C" + std::to_string(i)})});
        db.commands(publishes);
        CHECK(stop(module) == 0);
        CHECK(stored() == static_cast<std::size_t>(flows));
        CHECK(cache_db.text({"HGET", "IPsInfo:score", "192.168.1.12"}) == "0.8");
        CAPTURE(module.err());
        CHECK(count(module.err(), "Redis") + count(module.err(), "cache") == 0);
    }

    Authority authority;
    std::string main_port{};
    std::string cache_port{};
    bool has_tls = false;

private:
    /// Opens the TLS port of a server. Returns false if it has none.
    bool open(Client& server, const std::string& certificate, std::string& port) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            port = std::to_string(free_port());
            const Reply reply =
                server.command({"CONFIG", "SET", "tls-cert-file", certificate, "tls-key-file", authority.key(),
                                "tls-ca-cert-file", authority.file(), "tls-auth-clients", "no", "tls-port", port});
            if (reply.text == "OK") return true;
            if (reply.text.find("Unknown option") != std::string::npos) return false;
            INFO(reply.text);
            CHECK(reply.text.find("isten") != std::string::npos);  // another process took the port
        }
        return false;
    }
};

}  // namespace

TEST_CASE("a module receives flows and sets evidence over encrypted connections") {
    TlsHost slips;
    if (!slips.has_tls) return;
    auto module = slips.start("detector_with_tls", slips.over_tls());
    CHECK(module.says("at 127.0.0.1:" + slips.main_port));
    slips.check_works(module, 3000);  // many times what TLS transmits at once
}

TEST_CASE("an encrypted connection that is lost is made again") {
    TlsHost slips;
    if (!slips.has_tls) return;
    auto module = slips.start("detector_with_tls", slips.over_tls());
    CHECK(slips.wait_for_listener("new_flow"));
    slips.db.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    slips.db.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    CHECK(module.says("lost Redis at 127.0.0.1:" + slips.main_port + ": the server closed the connection"));
    CHECK(module.says("reconnected to Redis"));
    CHECK(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
}

TEST_CASE("queries of a module are encrypted, too") {
    TlsHost slips;
    if (!slips.has_tls) return;
    slips.know({});
    slips.cache_db.command({"HSET", "IPsInfo", "192.168.1.18", R"({"asn": {"org": "an organisation"}})"});
    auto module = slips.start("asker_with_tls", slips.over_tls());
    CHECK(module.says("store had nothing"));
    CHECK(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "profiles"});
    CHECK(module.says("flow profiles: 1 profiles"));
    CHECK(stop(module) == 0);
}

TEST_CASE("the running Slips is found over an encrypted connection") {
    TlsHost slips;
    if (!slips.has_tls) return;
    const std::string root = slips.folder.make_folder("slips");
    slips.folder.write("slips/VERSION", std::string(version) + "\n");
    slips.folder.write("slips/running_slips_info.txt",
                       "2026/11/21 23:46:25,conn.log," + slips.main_port + ",1,zeek/,output,1,False,False\n");
    Subscriber handler(slips.main.socket(), "evidence_added");
    auto module = slips.start("detector_with_tls", {"--slips-dir", root, "--redis-tls", "--redis-ca",
                                                    slips.authority.file(), "--cache-port", slips.cache_port});
    slips.check_works(module, 1);
}

TEST_CASE("the ports that Slips lists are not encrypted: the TLS ports must be named") {
    TlsHost slips;
    if (!slips.has_tls) return;
    const std::string root = slips.folder.make_folder("slips");
    slips.folder.write("slips/VERSION", std::string(version) + "\n");
    slips.folder.write("slips/running_slips_info.txt",
                       "2026/11/21 23:46:25,conn.log," + slips.main.port() + ",1,zeek/,output,1,False,False\n");
    auto module =
        slips.start("detector_with_tls", {"--slips-dir", root, "--redis-tls", "--redis-ca", slips.authority.file()});
    CHECK(module.wait() == 3);
    CHECK(module.err() == "[detector] no Redis server that Slips lists in " + root +
                              " speaks TLS: its list has the ports without; set the TLS ports with --redis-port and "
                              "--cache-port\n");
}

TEST_CASE("the server's certificate may name the host") {
    std::string names, subject = "redis";
    SUBCASE("as subjectAltName") { names = "DNS:localhost"; }
    SUBCASE("as subject alone") { subject = "localhost"; }
    SUBCASE("as subject, with an address as subjectAltName") {
        names = "IP:127.0.0.2";
        subject = "localhost";
    }
    TlsHost slips(names, "20491231", subject);
    if (!slips.has_tls) return;
    auto module = slips.start("detector_with_tls",
                              slips.over_tls({"--redis-host", "localhost", "--redis-ca", slips.authority.file()}));
    slips.check_works(module, 1);
}

TEST_CASE("the file of --redis-ca may hold the intermediate CA without its root") {
    TlsHost slips("IP:127.0.0.1", "20491231", "redis", true);
    if (!slips.has_tls) return;
    auto module = slips.start("detector_with_tls", slips.over_tls());
    slips.check_works(module, 1);
}

TEST_CASE("a server that is not the expected one is refused") {
    std::string names = "IP:127.0.0.1", last_day = "20491231", subject = "redis", why;
    bool is_other_ca = false, is_systems_ca = false;
    SUBCASE("its certificate was issued by another CA") {
        is_other_ca = true;
        why = "the server's certificate is not trusted (";
    }
    SUBCASE("its certificate was issued by a CA that the system does not know") {
        is_systems_ca = true;
        why = "the server's certificate is not trusted (";
    }
    SUBCASE("its certificate is for another address") {
        names = "IP:127.0.0.2,DNS:localhost";
        why = "the server's certificate is not for 127.0.0.1; set --redis-host to a name or an address in it, or add "
              "this "
              "one to it (subjectAltName)";
    }
    SUBCASE("its certificate is only for a name that equals the address") {
        names = "DNS:127.0.0.1";
        why = "the server's certificate is not for 127.0.0.1; ";
    }
    SUBCASE("its certificate is for another address, and has the right one as its subject") {
        names = "";
        subject = "127.0.0.1";
        why = "the server's certificate is not for 127.0.0.1; ";
    }
    SUBCASE("its certificate has expired") {
        last_day = "20200102";
        why = "the server's certificate has expired; renew it";
    }
    TlsHost slips(names, last_day, subject);
    if (!slips.has_tls) return;
    Authority other(slips.folder, "other");
    std::vector<std::string> trusted{"--redis-ca", is_other_ca ? other.file() : slips.authority.file()};
    if (is_systems_ca) trusted.clear();
    auto module =
        slips.start("detector_with_tls", slips.over_tls(trusted), {{"SLIPS_REDIS_PASSWORD", "not to be sent"}});
    CHECK(module.says("[detector] waiting for Redis at 127.0.0.1:" + slips.main_port + ": " + why));
    if (is_other_ca || is_systems_ca)
        CHECK(module.says("); set --redis-ca to the certificate of the CA that issued it\n"));
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "Redis at ") == 1);
    CHECK(slips.db.text({"INFO", "commandstats"}).find("cmdstat_auth") == std::string::npos);
}

TEST_CASE("a certificate of another host is refused if it is trusted") {
    std::string subject = "redis";
    SUBCASE("whose subject is another name, too") {}
    SUBCASE("whose subject has no effect beside a name as subjectAltName") { subject = "localhost"; }
    TlsHost slips("DNS:redis.example", "20491231", subject);
    if (!slips.has_tls) return;
    auto module = slips.start("detector_with_tls",
                              slips.over_tls({"--redis-host", "localhost", "--redis-ca", slips.authority.file()}));
    CHECK(module.says("the server's certificate is not for localhost; "));
    CHECK(stop(module) == 0);
}

TEST_CASE("a server that requires certificates of its clients") {
    TlsHost slips;
    if (!slips.has_tls) return;
    slips.db.command({"CONFIG", "SET", "tls-auth-clients", "yes"});
    for (const char* const protocols : {"TLSv1.2", "TLSv1.3"}) {
        CAPTURE(protocols);
        slips.db.command({"CONFIG", "SET", "tls-protocols", protocols});
        auto module = slips.start("detector_with_tls", slips.over_tls());
        CHECK(module.says(": the server requires a certificate of its clients, which modules do not have; set "
                          "tls-auth-clients no in its configuration\n"));
        CHECK(stop(module) == 0);
    }
}

TEST_CASE("a port that does not speak TLS") {
    Host slips({.slips = Slips::current, .servers = {.tcp = true}});
    std::vector<std::string> arguments = slips.over_tcp();
    arguments.push_back("--redis-tls");
    auto module = slips.start("detector_with_tls", arguments);
    // Redis may take what it receives for a part of a line and wait for its end
    CHECK(module.says("[detector] waiting for Redis at 127.0.0.1:" + slips.main.port() + ": "));
    CHECK(module.says("; use the server's tls-port, or omit --redis-tls\n"));
    CHECK(stop(module) == 0);
}

TEST_CASE("Unix sockets are used as without TLS") {
    TlsHost slips;
    if (!slips.has_tls) return;
    std::vector<std::string> arguments = slips.over_sockets();
    arguments.push_back("--redis-tls");
    auto module = slips.start("detector_with_tls", arguments);
    slips.check_works(module, 1);
}

#else

TEST_CASE("encrypted connections") {
    MESSAGE("skipped: slips::tls (hiredis 1.0 with its SSL library, OpenSSL) or the program openssl was not found");
}

#endif
