// The files in Slips' own folder that describe its runs.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>

#include "slips/impl/program/slips_folder.hpp"

using slips::SlipsFolder;
using Life = SlipsFolder::Life;

namespace {

const std::string current_list =
    "# This file will contain a list of used redis ports.\n"
    "# Once a server is killed, it will be removed from this file.\n"
    "Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Slips PID, Is Daemon, Save the DB\n"
    "2026/11/21 23:46:25.000000+0000,dataset/conn.log,6379,4711,zeek_files/,output/conn_1,4700,False,False\n"
    "2026/11/21 23:47:25.000000+0000,a,b, with commas.pcap,32850,False,zeek/,/tmp/out,4800,True,True\n"
    "\n"
    "half a line,6379\n";

const std::string legacy_list =
    "# This file contains a list of used redis ports.\n"
    "Date                   File or interface                   Used port       Server PID\n"
    "2022-06-02 16:51: 57    dataset/test.pcap                      32768         4711\n"
    "2022-06-02 16:52:57    a file.log                             40000         Not found\n"
    "2022-06-02 17:52:57    a/very/long/name/that/fills/its/column.log  50000  12\n";

/// A folder of Slips that is deleted at the end of the test.
struct Folder {
    Folder(std::initializer_list<std::pair<const char*, std::string>> files) {
        std::string name = (std::filesystem::temp_directory_path() / "slips-folder-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path = name;
        for (const auto& [file, text] : files) std::ofstream(path / file) << text;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// Chooses among ports with the given states; all others are closed.
struct Choice {
    Choice(const Folder& folder, const std::map<int, Life>& alive) {
        const auto life = [&](const slips::SlipsRun& run) {
            const auto at = alive.find(run.port);
            return at == alive.end() ? Life::gone : at->second;
        };
        if (const auto run = SlipsFolder(folder.path).choose_run(life, problem, ambiguous)) port = run->port;
    }
    int port = 0;
    std::string problem{};
    bool ambiguous = false;
};

}  // namespace

TEST_CASE("slips folder: running_slips_info.txt is read from the right") {
    const auto runs = SlipsFolder::read_running_slips_info(current_list);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].port == 6379);
    CHECK(runs[0].input == "dataset/conn.log");
    CHECK(runs[0].output == "output/conn_1");
    CHECK(runs[0].slips_pid == 4700);
    CHECK(runs[1].port == 32850);
    CHECK(runs[1].input == "a,b,with commas.pcap");
    CHECK(runs[1].output == "/tmp/out");
    CHECK(runs[1].slips_pid == 4800);
    CHECK(SlipsFolder::read_running_slips_info("").empty());
    CHECK(SlipsFolder::read_running_slips_info("x,y,99999,1,z,l,1,False,False").empty());
}

TEST_CASE("slips folder: used_redis_servers.txt is separated by blanks") {
    const auto runs = SlipsFolder::read_used_redis_servers(legacy_list);
    REQUIRE(runs.size() == 3);
    CHECK(runs[0].port == 32768);
    CHECK(runs[0].input == "dataset/test.pcap");
    CHECK(runs[1].port == 40000);
    CHECK(runs[1].input == "a file.log");
    CHECK(runs[2].port == 50000);
}

TEST_CASE("slips folder: Redis' password is read where Slips stores it") {
    std::string problem;
    const auto password = [&](const Folder& folder, const std::string& config = {}) {
        return SlipsFolder(folder.path).password(problem, config).value_or("none");
    };
    const Folder without({{"VERSION", "1.1.22\n"}});
    CHECK(password(without) == "none");
    CHECK(problem == "");
    for (const char* line : {"permanent_dir: kept", "  permanent_dir:   'kept'   # a comment",
                             "  permanent_dir: \"kept\"", "  permanent_dir_of_another: no\n  permanent_dir: kept"}) {
        CAPTURE(line);
        const Folder folder({});
        std::filesystem::create_directories(folder.path / "config");
        std::filesystem::create_directories(folder.path / "kept");
        std::ofstream(folder.path / "config" / "slips.yaml") << "parameters:\n" << line << "\n";
        std::ofstream(folder.path / "kept" / "redis_auth.conf") << "\xef\xbb\xbfrequirepass s3cret\r\n";
        CHECK(password(folder) == "s3cret");
        CHECK(problem == "");
        // Slips was given another file with -c
        const Folder elsewhere({{"other.yaml", "parameters:\n  permanent_dir: elsewhere\n"}});
        CHECK(password(folder, (elsewhere.path / "other.yaml").string()) == "none");
    }
    const Folder odd({});
    std::filesystem::create_directories(odd.path / "permanent" / "redis_auth.conf");
    CHECK(password(odd) == "none");
    CHECK(problem == "cannot read Redis' password in " + (odd.path / "permanent" / "redis_auth.conf").string() +
                         ": it is not a regular file");
}

TEST_CASE("slips folder: the generation is identified") {
    const Folder current({{"VERSION", "1.1.21\n"}, {"slips.py", ""}});
    CHECK(SlipsFolder(current.path).generation() == slips::Generation::current);
    CHECK(SlipsFolder(current.path).version() == "1.1.21");
    const Folder legacy({{"slips.py", ""}});
    CHECK(SlipsFolder(legacy.path).generation() == slips::Generation::legacy);
    CHECK(SlipsFolder(legacy.path).version().empty());
    const Folder other({{"README", ""}});
    CHECK_FALSE(SlipsFolder(other.path).generation());
    CHECK(Choice(other, {}).problem ==
          other.path.string() + " is not Slips' folder: it contains neither VERSION nor slips.py");
}

TEST_CASE("slips folder: the version is that of the file VERSION, before 1.0.3 of slips.py") {
    const std::pair<const char*, const char*> programs[] = {{"#!/usr/bin/env python3\nversion = '0.9.6'\n", "0.9.6"},
                                                            {"import os\n\nversion = \"1.0.2\"\n", "1.0.2"},
                                                            {"version_of_python = '3.8'\n", ""},
                                                            {"import os\nversion = read_version()\n", ""},
                                                            {"", ""}};
    for (const auto& [program, version] : programs) {
        const std::string label(program);
        CAPTURE(label);
        const Folder folder({{"slips.py", program}});
        CHECK(SlipsFolder(folder.path).version() == version);
        CHECK(SlipsFolder(folder.path).generation() == slips::Generation::legacy);
        const Folder both({{"slips.py", program}, {"VERSION", "v1.1.12\n"}});
        CHECK(SlipsFolder(both.path).version() == "1.1.12");
        CHECK(SlipsFolder(both.path).generation() == slips::Generation::current);
    }
}

TEST_CASE("slips folder: the running instance is joined") {
    const Folder current({{"VERSION", "1.1.21"}, {"running_slips_info.txt", current_list}});
    CHECK(Choice(current, {{32850, Life::slips}}).port == 32850);
    CHECK(Choice(current, {{6379, Life::redis}}).port == 6379);
    // a Redis that outlived its Slips is not joined if another one has a running Slips
    CHECK(Choice(current, {{6379, Life::redis}, {32850, Life::slips}}).port == 32850);

    const Folder legacy({{"slips.py", ""}, {"used_redis_servers.txt", legacy_list}});
    CHECK(Choice(legacy, {{40000, Life::redis}}).port == 40000);
}

TEST_CASE("slips folder: none or several running instances are an error") {
    const Folder current({{"VERSION", "1.1.21"}, {"running_slips_info.txt", current_list}});
    const Choice several(current, {{6379, Life::slips}, {32850, Life::slips}});
    CHECK(several.port == 0);
    CHECK(several.ambiguous);
    CHECK(several.problem == "2 instances of Slips may be running in " + current.path.string() +
                                 ": port 32850 (a,b,with commas.pcap), port 6379 (dataset/conn.log); choose one with "
                                 "--redis-port");
    const Choice none(current, {});
    CHECK_FALSE(none.ambiguous);
    CHECK(none.problem.find("Slips is not running in ") == 0);
    CHECK(none.problem.find("or set --redis-port") != std::string::npos);
    const Folder fresh({{"VERSION", "1.1.21"}});
    CHECK(Choice(fresh, {}).problem.find("Slips is not running in ") == 0);
}

TEST_CASE("slips folder: the last line for a port counts") {
    const Folder legacy({{"slips.py", ""},
                         {"used_redis_servers.txt", "2022-06-02 16:51:57    first.pcap    32768    1\n"
                                                    "2022-06-02 17:51:57    second.pcap    32768    2\n"}});
    int asked = 0;
    std::string problem;
    bool ambiguous = false;
    const auto run = SlipsFolder(legacy.path)
                         .choose_run([&](const slips::SlipsRun&) { return ++asked, Life::redis; }, problem, ambiguous);
    REQUIRE(run);
    CHECK(run->input == "second.pcap");
    CHECK(asked == 1);
}
