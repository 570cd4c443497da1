// Started as root: given up for good, or kept with a word.
#include "host.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

using namespace integration;

namespace {

bool is_root() {
    if (::geteuid() == 0) return true;
    MESSAGE("left out: only root can give up root");
    return false;
}

/// Servers over TCP: sockets in a folder of root's cannot be reached again after the drop.
Host host() { return Host({.slips = Slips::current, .servers = {.tcp = true}}); }

/// Everyone may go through, as through Slips' own output folder.
std::string public_folder(const Host& slips) {
    ::chmod(slips.folder.path().c_str(), 0755);
    return slips.folder.make_folder("output");
}

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

#ifdef __linux__
/// A line of /proc/<pid>/status, its words separated by one blank each.
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

TEST_CASE("root that nobody called with sudo stays root, with one warning") {
    if (!is_root()) return;
    Host slips = host();
    auto module = slips.start("detector", slips.over_tcp());
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(count(module.err(),
                "[detector] running as root, without sudo's SUDO_UID to drop to; --user NAME drops root\n") == 1);
    CHECK(count(module.err(), "running as root") == 1);
}

TEST_CASE("under sudo a module becomes who called it, and works on") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    slips.db.command({"MSET", "stdout", slips.folder.write("slips.log", ""), "stderr",
                      slips.folder.write("errors.log", "")});
    slips.db.command({"HSET", "analysis", "output_dir", output});
    slips.module_groups = {0, 4, 27, 54399};
    auto module = slips.start("hooks", with(slips.over_tcp(), {"--stats", slips.stats_file()}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54322"}, {"PRE_MAIN", "wants root back"}});
    CHECK(module.says("hears new_flow"));
    CHECK(module.says("never root again"));
#ifdef __linux__
    CHECK(status_line(module.pid(), "Uid") == "54321 54321 54321 54321");
    CHECK(status_line(module.pid(), "Gid") == "54322 54322 54322 54322");
    CHECK(status_line(module.pid(), "Groups") == "54322");
    CHECK(status_line(module.pid(), "CapEff") == "0000000000000000");
    CHECK(status_line(module.pid(), "CapPrm") == "0000000000000000");
#endif
    REQUIRE(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1"));
    // it can come back
    Client other = slips.main.client();
    other.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    CHECK(module.says("hears Redis again"));
    slips.publish({.uid = "C2"});
    CHECK(module.says("flow C2"));
    CHECK(stop(module) == 0);
    CHECK(slips.stored() == 1);
    CHECK(module.err().find("root") == std::string::npos);
    // files opened before, and the folder after
    CHECK(read_file(slips.folder / "slips.log").find("hook shutdown_gracefully") != std::string::npos);
    CHECK(slips.stats()["messages"]["handled"] == 2);
    CHECK(read_file(output + "/hooks/note.txt") == "written after the drop\n");
    struct stat note {};
    CHECK(::stat((output + "/hooks/note.txt").c_str(), &note) == 0);
    CHECK(note.st_uid == 54321);
    CHECK(note.st_gid == 54322);
}

TEST_CASE("ids that are none, or root's, are an error") {
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

TEST_CASE("--user names who to become, and goes before sudo's") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    auto module = slips.start("hooks", with(slips.over_tcp(), {"--user", "nobody", "--output", output}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54321"}});
    CHECK(module.says("hears new_flow"));
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
    CHECK(status_line(module.pid(), "Groups") == "4 54399");  // what it was started with
#endif
    CHECK(stop(module) == 0);
    CHECK(module.err().find("as root") == std::string::npos);
    CHECK(module.err().find("drop") == std::string::npos);
}

TEST_CASE("a link in place of the module's folder is not followed when it is given away") {
    if (!is_root()) return;
    Host slips = host();
    const std::string output = public_folder(slips);
    const std::string precious = slips.folder.make_folder("precious");
    REQUIRE(::symlink(precious.c_str(), (output + "/detector").c_str()) == 0);
    auto module = slips.start("detector", with(slips.over_tcp(), {"--output", output}),
                              {{"SUDO_UID", "54321"}, {"SUDO_GID", "54321"}});
    CHECK(module.says("hears new_flow"));
    CHECK(stop(module) == 0);
    struct stat folder {};
    REQUIRE(::stat(precious.c_str(), &folder) == 0);
    CHECK(folder.st_uid == 0);
}
