// slipsdev check, the doctor.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "host.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

namespace {

namespace fs = std::filesystem;
const std::string detector = SLIPS_TEST_LOCAL_CONNECTION_DETECTOR;

struct Checked {
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    explicit Checked(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
        Launch launch;
        launch.arguments = {SLIPS_TEST_SLIPSDEV, "check"};
        launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        ChildProcess process(launch);
        status = process.wait();
        out = read_file(launch.out);
        err = read_file(launch.err);
    }
    bool says(const std::string& line) const { return count(out, line) == 1; }
};

Host::Settings with_ports(Slips slips) {
    Host::Settings settings;
    settings.slips = slips;
    settings.servers.tcp = true;
    return settings;
}

/// A folder as current Slips has one, with a run in its list.
void lay_out_current(const TemporaryFolder& root, const std::string& port) {
    root.write("VERSION", std::string(version) + "\n");
    root.write("slips.py", "");
    root.write("running_slips_info.txt",
               "Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Slips PID, Is Daemon, Save the DB\n"
               "2026/11/21 10:00:00,conn.log," + port + ",1,zeek,output,2,False,False\n");
    fs::create_directories(root / "config");
    root.write("config/slips.yaml", "modules:\n  disable: [template]\n");
}

/// The module as an installation puts it there, but for the launcher's text.
void install(const TemporaryFolder& root, const std::string& description) {
    const std::string module = "modules/local_connection_detector";
    fs::create_directories(root / module);
    root.write(module + "/__init__.py", "");
    root.write(module + "/local_connection_detector.py", read_file(std::string(SLIPS_TEST_SOURCE_DIR) + "/launcher/slips_module.py"));
    root.write(module + "/local_connection_detector.json", description);
    fs::copy_file(detector, root / (module + "/local_connection_detector"), fs::copy_options::overwrite_existing);
}

std::string description() {
    const TemporaryFolder folder;
    Launch launch;
    launch.arguments = {detector, "--describe"};
    launch.out = folder / "description";
    ChildProcess process(launch);
    process.wait();
    return read_file(launch.out);
}

}  // namespace

TEST_CASE("check: all is well with a module that is installed in a Slips that runs") {
    Host slips(with_ports(Slips::current));
    slips.introduce();
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    install(root, description());
    const Subscriber evidence_handler(slips.main.socket(), "evidence_added");
    const std::vector<std::string> arguments{"--slips-dir", root.path(), "--cache-port", slips.cache.port(), detector};
    const Checked well(root, arguments);
    CHECK_MESSAGE(well.status == 0, well.out);
    CHECK(well.says("ok  " + root.path() + " is current Slips 1.1.21"));
    CHECK(well.says("ok  Redis answers at 127.0.0.1:" + slips.main.port()));
    CHECK(well.says("ok  the cache answers"));
    CHECK(well.says("ok  Slips does not skip the name local_connection_detector"));
    CHECK(well.says("ok  the channels new_flow are there in current Slips"));
    CHECK(well.says("ok  the types CONNECTION_TO_LOCAL_DEVICE are registered with Slips by the launcher"));
    CHECK(well.says("program, description and launcher of the same age"));
    CHECK(count(well.out, "!!") == 0);

    SUBCASE("an old description") {
        install(root, "{\"name\": \"local_connection_detector\"}");
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.says(".json, which Slips goes by, is not what the program says of itself; install it: cmake --install"));
    }
    SUBCASE("an old launcher") {
        root.write("modules/local_connection_detector/local_connection_detector.py", "# older\n");
        CHECK(Checked(root, arguments).says("is of another version than this slipsdev; install it"));
    }
    SUBCASE("an old program") {
        root.write("modules/local_connection_detector/local_connection_detector", "older\n");
        CHECK(Checked(root, arguments).says("is another one than " + detector + "; install it"));
    }
    SUBCASE("not installed") {
        fs::remove_all(root / "modules");
        CHECK(Checked(root, arguments).says("it is not installed in "));
    }
    SUBCASE("not executable") {
        fs::permissions(root / "modules/local_connection_detector/local_connection_detector", fs::perms::owner_read);
        CHECK(Checked(root, arguments).says("is missing or not executable"));
    }
    SUBCASE("a disabled name") {
        slips.db.command({"HSET", "analysis", "disabled_modules", "[\"template\", \"connection\"]"});
        CHECK(Checked(root, arguments).says("!!  Slips skips modules/local_connection_detector: its name contains \"connection\""));
    }
}

TEST_CASE("check: what is wrong is said with what to do, and is the exit status") {
    Host slips(with_ports(Slips::legacy));
    const TemporaryFolder root;
    root.write("slips.py", "");
    root.write("slips.conf", "[modules]\ndisable = [template, local_]\n");
    root.write("used_redis_servers.txt", "2022-06-02 16:51:57    a.pcap    " + slips.main.port() + "    1\n");
    const Checked checked(root, {"--slips-dir", root.path(), "--cache-port", std::to_string(free_port()), detector});
    CHECK(checked.status == 1);
    CHECK(checked.says("ok  " + root.path() + " is legacy Slips"));
    CHECK(checked.says("ok  Redis answers at 127.0.0.1:" + slips.main.port()));
    CHECK(checked.says("!!  nobody listens to evidence_added"));
    CHECK(checked.says("!!  the cache does not answer"));
    CHECK(checked.says("!!  Slips skips modules/local_connection_detector: its name contains \"local_\""));
    CHECK(checked.says("ok  legacy Slips takes evidence of any type"));
}

TEST_CASE("check: no Slips, no Redis, several of them") {
    const TemporaryFolder root;
    const std::string port = std::to_string(free_port());
    const Checked nothing(root, {"--redis-port", port, "--cache-port", port});
    CHECK(nothing.status == 1);
    CHECK(nothing.says("!!  no Redis at 127.0.0.1:" + port));
    CHECK(Checked(root, {"--slips-dir", root.path(), "--cache-port", port}).says("is no folder of Slips"));

    lay_out_current(root, port);
    CHECK(Checked(root, {"--slips-dir", root.path(), "--cache-port", port}).says("!!  no Slips runs in " + root.path()));

    CHECK(Checked(root, {"--no-such-option", "x"}).status == 2);
    CHECK(Checked(root, {"--redis-port", "0"}).status == 2);
    CHECK(Checked(root, {"/no/such/program"}).status == 3);
}

TEST_CASE("check: a Redis that takes connections and never answers is told of, soon") {
    Host slips(with_ports(Slips::current));
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    slips.main.pause();
    const Checked by_port(root, {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
    CHECK(by_port.status == 1);
    CHECK(by_port.says("does not answer as Slips' own does"));
    const Checked by_folder(root, {"--slips-dir", root.path(), "--cache-port", slips.cache.port()});
    CHECK(by_folder.status == 1);
    CHECK(by_folder.says("!!  no Slips runs in "));
    slips.main.go_on();
}

TEST_CASE("check: something else in Redis where Slips keeps its own") {
    Host slips(with_ports(Slips::current));
    const TemporaryFolder folder;
    slips.db.command({"DEL", "analysis"});
    slips.db.command({"SET", "analysis", "x"});
    const Checked checked(folder, {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
    CHECK(checked.status == 1);
    CHECK(checked.says("does not answer as Slips' own does"));
    CHECK(checked.says("ok  the cache answers"));
}

TEST_CASE("check: --generation does not contradict the folder in silence") {
    const TemporaryFolder root;
    lay_out_current(root, std::to_string(free_port()));
    CHECK(Checked(root, {"--slips-dir", root.path(), "--generation", "legacy"})
              .says("!!  " + root.path() + " is current Slips, --generation says legacy"));
}

TEST_CASE("check: a module without a Slips that listens on strange channels") {
    Host slips(with_ports(Slips::current));
    slips.introduce();
    const TemporaryFolder folder;
    const std::string script = folder.write("odd", "printf '{\"name\": \"odd\", \"channels\": [\"new_flow\", \"new_flows\"]}'\n");
    const Checked checked(folder, {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port(), "sh", script});
    CHECK(checked.status == 1);
    CHECK(checked.says("!!  current Slips has no channel new_flows"));
}

#endif
