// Modules started as root: root's rights are given up for good, or kept with a warning.
#include "host.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

using namespace integration;

namespace {

bool is_root() {
    if (::geteuid() == 0) return true;
    MESSAGE("skipped: only root can give up root");
    return false;
}

/// Servers over TCP: sockets in a folder of root's cannot be reached after the drop.
Host host() { return Host({.slips = Slips::current, .servers = {.tcp = true}}); }

/// Everyone may enter, as with Slips' own output folder.
std::string public_folder(const Host& slips) {
    ::chmod(slips.folder.path().c_str(), 0755);
    return slips.folder.make_folder("output");
}

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

using Environment = std::map<std::string, std::string>;

/// Environment as set by sudo when this user calls it.
const Environment sudo{{"SUDO_UID", "54321"}, {"SUDO_GID", "54322"}};
constexpr uid_t someone = 54321;

struct stat status_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

void give(const std::string& path, uid_t owner) { REQUIRE(::chown(path.c_str(), owner, owner) == 0); }

/// Names that lead to other files, and what must stay unchanged.
struct Traps {
    explicit Traps(const Host& slips)
        : precious(slips.folder.write("precious.log", "precious\n")), own(slips.folder.write("own.log", "own\n")) {
        ::chmod(slips.folder.path().c_str(), 0755);
        ::chmod(precious.c_str(), 0600);
        give(own, someone);
        const std::string folder = slips.folder.make_folder("real");
        slips.folder.write("real/slips.log", "own\n");
        give(folder, someone);
        give(folder + "/slips.log", someone);
        const auto link = [&](const std::string& to, const std::string& name) {
            REQUIRE(::symlink(to.c_str(), (slips.folder / name).c_str()) == 0);
            return slips.folder / name;
        };
        link_to_precious = link(precious, "link_to_precious.log");
        link_to_own = link(own, "link_to_own.log");
        through_link = link(folder, "link") + "/slips.log";
        pipe = slips.folder / "pipe.log";
        REQUIRE(::mkfifo(pipe.c_str(), 0666) == 0);
        ::chmod(pipe.c_str(), 0666);
        directory = slips.folder.make_folder("folder.log");
        give(directory, someone);
    }
    bool untouched() const {
        return read_file(precious) == "precious\n" && read_file(own) == "own\n" && read_file(through_link) == "own\n";
    }
    std::string precious, own;
    std::string link_to_precious{}, link_to_own{}, through_link{}, pipe{}, directory{};
};

#ifdef __linux__
/// Returns a line of /proc/<pid>/status, its words separated by one blank each.
std::string status_line(pid_t pid, const std::string& name) {
    const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
    const std::size_t begin = status.find("\n" + name + ":") + name.size() + 2;
    std::string line = status.substr(begin, status.find('\n', begin) - begin);
    for (char& c : line)
        if (c == '\t') c = ' ';
    while (line.starts_with(' ')) line.erase(0, 1);
    while (line.ends_with(' ')) line.pop_back();
    return line;
}
#endif

}  // namespace

TEST_CASE("root without sudo stays root, with one warning") {
    if (!is_root()) return;
    Host slips = host();
    const std::string log = slips.folder.write("slips.log", ""), errors = slips.folder.write("errors.log", "");
    slips.db.command({"MSET", "stdout", log, "stderr", errors});
    auto module = slips.start("detector", slips.over_tcp());
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(count(module.err(), "[detector] running as root, since SUDO_UID is not set; drop root with --user NAME\n") ==
          1);
    CHECK(count(module.err(), "running as root") == 1);
    CHECK(count(read_file(log), "[detector] running as root, since SUDO_UID is not set") == 1);
    CHECK(read_file(errors).empty());  // nothing went wrong, so nobody is to look for an error of each run
}

TEST_CASE("under sudo a module becomes the calling user and continues") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    slips.db.command(
        {"MSET", "stdout", slips.folder.write("slips.log", ""), "stderr", slips.folder.write("errors.log", "")});
    give(slips.folder / "slips.log", someone);
    give(slips.folder / "errors.log", someone);
    slips.folder.write("stats.json", "");
    give(slips.stats_file(), someone);
    slips.db.command({"HSET", "analysis", "output_dir", output});
    slips.module_groups = {0, 4, 27, 54399};
    auto module = slips.start("hooks", with(slips.over_tcp(), {"--stats", slips.stats_file()}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54322"}, {"PRE_MAIN", "wants root back"}});
    CHECK(module.says("subscribed to new_flow"));
    CHECK(module.says("never root again"));
#ifdef __linux__
    CHECK(status_line(module.pid(), "Uid") == "54321 54321 54321 54321");
    CHECK(status_line(module.pid(), "Gid") == "54322 54322 54322 54322");
    CHECK(status_line(module.pid(), "Groups") == "54322");
    CHECK(status_line(module.pid(), "CapEff") == "0000000000000000");
    CHECK(status_line(module.pid(), "CapPrm") == "0000000000000000");
    CHECK(status_line(module.pid(), "NoNewPrivs") == "1");
#endif
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    // it can reconnect
    Client other = slips.main.client();
    other.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    CHECK(module.says("subscribed again"));
    slips.publish({.uid = "C2"});
    CHECK(module.says("flow C2"));
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(module.err().find("root") == std::string::npos);
    // files opened after the drop contain what was printed before
    const std::string log = read_file(slips.folder / "slips.log");
    CHECK(log.find("hook init") < log.find("hook shutdown_gracefully"));
    CHECK(log.find("hook shutdown_gracefully") != std::string::npos);
    CHECK(slips.stats()["messages"]["handled"] == 2);
    CHECK(read_file(output + "/hooks/note.txt") == "written after the drop\n");
    struct stat note {};
    CHECK(::stat((output + "/hooks/note.txt").c_str(), &note) == 0);
    CHECK(note.st_uid == 54321);
    CHECK(note.st_gid == 54322);
}

TEST_CASE("user ids that are invalid, or root's, are an error") {
    if (!is_root()) return;
    const std::map<std::string, std::string> environments[] = {
        {{"SUDO_UID", "0"}, {"SUDO_GID", "0"}},
        {{"SUDO_UID", "0"}, {"SUDO_GID", "1000"}},
        {{"SUDO_UID", "1000"}, {"SUDO_GID", "0"}},
        {{"SUDO_UID", "garbage"}, {"SUDO_GID", "1000"}},
        {{"SUDO_UID", "1000"}, {"SUDO_GID", "-1"}},
        {{"SUDO_UID", ""}, {"SUDO_GID", ""}},
        {{"SUDO_UID", "1000"}},
        {{"SUDO_GID", "1000"}},
    };
    Host slips = host();
    for (const auto& environment : environments) {
        CAPTURE(environment.begin()->first + "=" + environment.begin()->second);
        auto module = slips.start("detector", slips.over_tcp(), environment);
        CHECK(module.wait() == 3);
        CHECK(count(module.err(), "[detector] cannot drop root: SUDO_") == 1);
        CHECK(count(module.err(), "cannot drop root") == 1);
        CHECK(module.out().empty());
    }
    CHECK(slips.listeners("new_flow") == 0);
}

TEST_CASE("--user names the user to become, and takes precedence over sudo's") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    auto module = slips.start("hooks", with(slips.over_tcp(), {"--user", "nobody", "--output", output}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54321"}});
    CHECK(module.says("subscribed to new_flow"));
#ifdef __linux__
    CHECK(status_line(module.pid(), "Uid").find("54321") == std::string::npos);
    CHECK(status_line(module.pid(), "Uid").find("0 0 0 0") == std::string::npos);
    CHECK(status_line(module.pid(), "CapEff") == "0000000000000000");
#endif
    CHECK(stop(module) == 0);
    CHECK(read_file(output + "/hooks/note.txt") == "written after the drop\n");

    for (const std::string user : {"root", "nobody at all"}) {
        CAPTURE(user);
        auto refused = slips.start("detector", with(slips.over_tcp(), {"--user", user}));
        CHECK(refused.wait() == 3);
        CHECK(refused.err().find("cannot drop root: ") != std::string::npos);
    }
}

TEST_CASE("a module that needs root keeps it") {
    if (!is_root()) return;
    Host slips = host();
    slips.module_groups = {4, 54399};
    auto module = slips.start("needs_root", slips.over_tcp(), {{"SUDO_UID", "54321"}, {"SUDO_GID", "54321"}});
    REQUIRE(slips.wait_for_listener("new_flow"));
#ifdef __linux__
    CHECK(status_line(module.pid(), "Uid") == "0 0 0 0");
    CHECK(status_line(module.pid(), "Groups") == "4 54399");  // the groups that it was started with
    CHECK(status_line(module.pid(), "NoNewPrivs") == "0");
#endif
    CHECK(stop(module) == 0);
    CHECK(module.err().find("as root") == std::string::npos);
    CHECK(module.err().find("drop") == std::string::npos);
}

TEST_CASE("a link in place of the module's folder is not followed when its owner is changed") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    const std::string precious = slips.folder.make_folder("precious");
    REQUIRE(::symlink(precious.c_str(), (output + "/detector").c_str()) == 0);
    auto module = slips.start("detector", with(slips.over_tcp(), {"--output", output}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54321"}});
    CHECK(module.says("subscribed to new_flow"));
    CHECK(stop(module) == 0);
    struct stat folder {};
    REQUIRE(::stat(precious.c_str(), &folder) == 0);
    CHECK(folder.st_uid == 0);
}

TEST_CASE("log files that Redis names are opened without root's rights, through no link, and without waiting") {
    if (!is_root()) return;
    Host slips = host();
    const Traps traps(slips);
    slips.db.command({"HSET", "analysis", "output_dir", slips.folder.make_folder("output")});
    for (const std::string& name :
         {traps.precious, traps.link_to_precious, traps.link_to_own, traps.through_link, traps.pipe, traps.directory,
          std::string("/dev/zero"), slips.folder / "missing.log"}) {
        CAPTURE(name);
        slips.db.command({"MSET", "stdout", name, "stderr", name});
        auto module = slips.start("hooks", slips.over_tcp(), sudo);
        REQUIRE(module.says("subscribed to new_flow"));
        CHECK(stop(module) == 0);
        CHECK(traps.untouched());
        CHECK(count(module.err(), "cannot write Slips' log file " + name + ": ") == 1);
        CHECK(count(module.err(), ", " + name + ": ") == 1);
        CHECK(count(module.err(), "; printing to the terminal only\n") == 1);
        CHECK(module.out().find("hook pre_main") != std::string::npos);
    }
}

TEST_CASE("log lines are written to log files only, whoever runs the module") {
    Host slips = host();
    slips.folder.write("bashrc", "alias ll='ls -l'\n");
    slips.db.command({"MSET", "stdout", slips.folder / "bashrc", "stderr", slips.folder / "bashrc"});
    auto module = slips.start("detector", slips.over_tcp());
    REQUIRE(module.says("subscribed to new_flow"));
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), ": Slips' log files are named *.log; printing to the terminal") == 1);
    CHECK(read_file(slips.folder / "bashrc") == "alias ll='ls -l'\n");
}

TEST_CASE("a module that keeps root follows no link to a log file, and refuses one with several hard links") {
    if (!is_root()) return;
    Host slips = host();
    const Traps traps(slips);
    std::filesystem::create_hard_link(traps.precious, slips.folder / "another_name.log");
    for (const std::string& name :
         {traps.link_to_precious, traps.through_link, traps.pipe, slips.folder / "another_name.log"}) {
        CAPTURE(name);
        slips.db.command({"MSET", "stdout", name, "stderr", name});
        auto module = slips.start("needs_root", slips.over_tcp(), sudo);
        REQUIRE(module.says("subscribed to new_flow"));
        CHECK(stop(module) == 0);
        CHECK(traps.untouched());
        CHECK(count(module.err(), "cannot write Slips' log file " + name + ": ") == 1);
    }
}

TEST_CASE("--stats is written without root's rights, into regular files only") {
    if (!is_root()) return;
    Host slips = host();
    const Traps traps(slips);
    const auto start = [&](const std::string& module, const std::string& file) {
        return slips.start(module, with(slips.over_tcp(), {"--stats", file}), sudo);
    };
    for (const std::string& file : {traps.precious, traps.link_to_precious, traps.pipe, traps.directory,
                                    std::string("/dev/zero"), slips.folder / "new.json"}) {
        CAPTURE(file);
        auto module = start("detector", file);
        CHECK(module.wait() == 3);
        CHECK(count(module.err(), "[detector] --stats: cannot write " + file + ": ") == 1);
        CHECK(module.out().find("subscribed to") == std::string::npos);
        CHECK(traps.untouched());
        CHECK_FALSE(std::filesystem::exists(slips.folder / "new.json"));
    }
    for (const std::string& file : {traps.link_to_precious, traps.through_link, traps.pipe}) {
        CAPTURE(file);
        auto module = start("needs_root", file);
        CHECK(module.wait() == 3);
        CHECK(count(module.err(), "--stats: cannot write " + file + ": ") == 1);
        CHECK(traps.untouched());
    }
    CHECK(slips.listeners("new_flow") == 0);
    for (const std::string& file : {traps.link_to_own, std::string("/dev/null")}) {  // a link of the user's own
        CAPTURE(file);
        auto module = start("detector", file);
        REQUIRE(module.says("subscribed to new_flow"));
        CHECK(stop(module) == 0);
        CHECK(module.err().find("--stats") == std::string::npos);
    }
    CHECK(Json::parse(read_file(traps.own))["module"] == "detector");
}

TEST_CASE("a module that ends before root is given up still writes --stats without root's rights") {
    if (!is_root()) return;
    Host slips = host();
    const Traps traps(slips);
    Environment environment = sudo;
    environment["INIT"] = "false";
    auto refused = slips.start("hooks", with(slips.over_tcp(), {"--stats", traps.link_to_precious}), environment);
    CHECK(refused.wait() == 1);
    CHECK(count(refused.err(), "--stats: cannot write ") == 1);
    CHECK(traps.untouched());
    auto written = slips.start("hooks", with(slips.over_tcp(), {"--stats", traps.own}), environment);
    CHECK(written.wait() == 1);
    CHECK(Json::parse(read_file(traps.own))["module"] == "hooks");
}

TEST_CASE("only a folder that the module has just created is given to the new user") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    const auto run = [&](const std::string& folder, Environment environment = sudo, bool by_redis = true,
                         const std::string& name = "hooks") {
        slips.db.command({"HSET", "analysis", "output_dir", by_redis ? folder : "/nowhere"});
        auto arguments = slips.over_tcp();
        if (!by_redis) arguments.insert(arguments.end(), {"--output", folder});
        auto module = slips.start(name, arguments, environment);
        CHECK(module.says("subscribed to new_flow"));
        CHECK(stop(module) == 0);
        return module.err();
    };
    const std::string own = output + "/hooks", cannot_write = "[hooks] the module cannot write to its folder " + own;
    SUBCASE("created by root for the new user") {
        CHECK(run(output).find("cannot") == std::string::npos);
        CHECK(status_of(own).st_uid == someone);
        CHECK(status_of(own).st_gid == someone + 1);
        CHECK(read_file(own + "/note.txt") == "written after the drop\n");
    }
    SUBCASE("the folder does not exist in init(): files made there would be root's, through any link") {
        Environment environment = sudo;
        environment["INIT"] = "makes its folder";
        slips.db.command({"HSET", "analysis", "output_dir", output});
        auto module = slips.start("hooks", slips.over_tcp(), environment);
        CHECK(module.wait() == 1);
        CHECK(count(module.err(),
                    "init() threw: output_dir() is not available until root is dropped; call it in pre_main(), "
                    "not in init()") == 1);
        CHECK_FALSE(std::filesystem::exists(own));
    }
    SUBCASE("created by the new user, where others may write, too") {
        ::chmod(output.c_str(), 0777);
        CHECK(run(output).find("cannot") == std::string::npos);
        CHECK(status_of(own).st_uid == someone);
        CHECK(read_file(own + "/note.txt") == "written after the drop\n");
    }
    SUBCASE("an existing folder of another user") {
        for (const bool by_redis : {true, false}) {
            for (const uid_t owner : {uid_t{0}, uid_t{4321}}) {
                CAPTURE(owner);
                std::filesystem::create_directory(own);
                give(own, owner);
                const std::string line = cannot_write +
                                         " as user 54321: Permission denied; chown it, or choose another with "
                                         "--output\n";
                CHECK(count(run(output, sudo, by_redis), line) == 1);
                CHECK(status_of(own).st_uid == owner);
                std::filesystem::remove(own);
            }
        }
    }
    SUBCASE("behind a link, or a link itself") {
        const std::string real = slips.folder.make_folder("real"), link = slips.folder / "link";
        REQUIRE(::symlink(real.c_str(), link.c_str()) == 0);
        REQUIRE(::symlink(real.c_str(), (output + "/detector").c_str()) == 0);
        for (const bool by_redis : {true, false}) {
            for (const std::string& folder : {link, output}) {
                CAPTURE(folder);
                CHECK(
                    count(run(folder, sudo, by_redis, "detector"), "[detector] the module cannot write to its folder " +
                                                                       folder + "/detector as user 54321: ") == 1);
                CHECK(std::filesystem::is_empty(real));
                CHECK(status_of(real).st_uid == 0);
            }
        }
        // a module that requires the folder reports the reason
        slips.db.command({"HSET", "analysis", "output_dir", link});
        auto module = slips.start("hooks", slips.over_tcp(), sudo);
        CHECK(module.wait() == 1);
        CHECK(module.err().find("output_dir(): cannot create " + link +
                                "/hooks: link is a link, which is not followed; "
                                "choose another folder with --output") != std::string::npos);
    }
}

#ifdef __linux__
TEST_CASE("a password is not readable by other processes of the account") {
    const std::string secret = "s3cret";
    Host slips({.slips = Slips::current, .servers = {.tcp = true, .password = secret}});
    const auto environment_of = [](const ModuleProcess& module) {
        return read_file("/proc/" + std::to_string(module.pid()) + "/environ");
    };
    for (const bool in_environment : {true, false}) {
        CAPTURE(in_environment);
        auto module =
            in_environment
                ? slips.start("hooks", slips.over_tcp(), {{"SLIPS_REDIS_PASSWORD", secret}, {"OTHER", "variable"}})
                : slips.start("hooks", with(slips.over_tcp(),
                                            {"--redis-password-file", slips.folder.write("password", secret)}));
        CHECK(module.says("subscribed to new_flow"));
        CHECK(environment_of(module).find(secret) == std::string::npos);
        if (::geteuid() == 0) CHECK(environment_of(module).find("PATH=") != std::string::npos);
        CHECK(stop(module) == 0);
    }
    if (!is_root()) return;
    // a user who may dump or debug a process owns its files in /proc
    const auto owner = [](Host& host, const Environment& environment) {
        ::chmod(host.folder.path().c_str(), 0755);
        Launch launch;
        launch.arguments = module_command("detector");
        const auto arguments = host.over_tcp();
        launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
        launch.environment = environment;
        launch.user = someone;
        launch.out = host.folder.write("out", "");
        launch.err = host.folder.write("err", "");
        ModuleProcess module(launch);
        CHECK(module.says("subscribed to new_flow"));
        const uid_t found = status_of("/proc/" + std::to_string(module.pid()) + "/environ").st_uid;
        CHECK(stop(module) == 0);
        return found;
    };
    CHECK(owner(slips, {{"SLIPS_REDIS_PASSWORD", secret}}) == 0);
    Host open = host();
    CHECK(owner(open, {}) == someone);
}
#endif
