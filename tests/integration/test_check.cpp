// slipsdev check.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV) && defined(SLIPS_TEST_LOCAL_CONNECTION_DETECTOR)

namespace {

namespace fs = std::filesystem;
const std::string source_dir = SLIPS_TEST_SOURCE_DIR;
const std::string detector = SLIPS_TEST_LOCAL_CONNECTION_DETECTOR;

struct Checked {
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    explicit Checked(const TemporaryFolder& folder, const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment = {}, unsigned user = 0) {
        Launch launch;
        launch.arguments = {SLIPS_TEST_SLIPSDEV, "check"};
        launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        launch.environment = environment;
        launch.user = user;
        for (const std::string& printed : {launch.out, launch.err}) fs::remove(printed);  // of an earlier run
        ChildProcess process(launch);
        status = process.wait(3 * patience);
        out = read_file(launch.out);
        err = read_file(launch.err);
    }
    bool prints(const std::string& line) const { return count(out, line) == 1; }
};

Host::Settings with_ports(Slips slips) {
    Host::Settings settings;
    settings.slips = slips;
    settings.servers.tcp = true;
    return settings;
}

const char* const imports_in_main = R"(
class ProcessManager:
    def get_modules(self):
        for name in self._discover_module_names():
            module = self._import_module(name)

    def _import_module(self, name):
        return importlib.import_module(name)

    def load_modules(self):
        modules, failed = self.get_modules()
)";

const char* const imports_in_child = R"(
class ProcessManager:
    def _import_module(self, name):
        return importlib.import_module(name)

    def _run_module(self, name, *arguments):
        module = self._import_module(name)

    def load_modules(self):
        for name in self.get_enabled_module_names():
            process = Process(
                target=self._run_module,
                name=name,
            )
)";

/// Writes the files of current Slips' folder, with a run in its list.
void lay_out_current(const TemporaryFolder& root, const std::string& port) {
    root.write("VERSION", std::string(version) + "\n");
    root.write("slips.py", "");
    root.write(
        "running_slips_info.txt",
        "Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Slips PID, Is Daemon, Save the DB\n"
        "2026/11/21 10:00:00,conn.log," +
            port + ",1,zeek,output,2,False,False\n");
    fs::create_directories(root / "config");
    fs::create_directories(root / "modules");
    root.write("config/slips.yaml", "modules:\n  disable: [template]\n");
    fs::copy(source_dir + "/tools/slipsdev/host/stand_ins/current/slips_files", root / "slips_files",
             fs::copy_options::recursive);
    fs::create_directories(root / "managers");
    root.write("managers/process_manager.py", imports_in_main);
}

/// Returns all files below the folder with their sizes.
std::map<std::string, std::uintmax_t> files_in(const std::string& folder) {
    std::map<std::string, std::uintmax_t> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && !entry.path().filename().string().starts_with("std"))
            files[entry.path().string()] = entry.file_size();
    return files;
}

/// Installs the module as an installation does.
void install(const TemporaryFolder& root, const std::string& description) {
    const std::string module = "modules/local_connection_detector";
    fs::create_directories(root / module);
    root.write("modules/__init__.py", "");
    root.write(module + "/__init__.py", read_file(source_dir + "/launcher/slips_package.py"));
    root.write(module + "/local_connection_detector.py",
               read_file(std::string(SLIPS_TEST_SOURCE_DIR) + "/launcher/slips_module.py"));
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

std::string description_with(const std::string& member) {
    std::string text = description();
    return text.insert(text.rfind('}'), ", " + member);
}

}  // namespace

TEST_CASE("check: finds no problem with an installed module and a running Slips") {
    Host slips(with_ports(Slips::current));
    slips.introduce();
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    install(root, description());
    const Subscriber evidence_handler(slips.main.socket(), "evidence_added");
    const std::vector<std::string> arguments{"--slips-dir", root.path(), "--cache-port", slips.cache.port(), detector};
    const auto before = files_in(root.path());
    const Checked well(root, arguments);
    CHECK_MESSAGE(well.status == 0, well.out);
    CHECK(well.prints("ok  " + root.path() + " is current Slips 1.1.21"));
    CHECK(well.prints("ok  Redis answers at 127.0.0.1:" + slips.main.port()));
    CHECK(well.prints("ok  the cache answers"));
    CHECK(well.prints("ok  Slips does not skip the name local_connection_detector"));
    CHECK(well.prints("ok  the channels new_flow exist in current Slips"));
    CHECK(
        well.prints("ok  the types CONNECTION_TO_LOCAL_DEVICE are registered with Slips once the module is installed"));
    CHECK(well.prints("program, description and launcher match"));
    CHECK(well.prints("ok  Slips has no password for its Redis"));
    CHECK(well.prints("ok  Slips imports modules in its main process"));
    CHECK(well.prints("ok  Slips' evidence requires no field that this SDK does not know"));
    CHECK(well.prints(
        "ok  modules/local_connection_detector/__init__.py registers the module with Slips, which knows all its"));
    CHECK(well.prints("ok  Slips has no closed list of module names"));
    CHECK(count(well.out, "!!") == 0);
    CHECK(files_in(root.path()) == before);

    SUBCASE("installed by an older SDK") {
        root.write("modules/local_connection_detector/__init__.py", "");
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.prints("/__init__.py is of another version than this slipsdev, as older SDKs install it"));
        CHECK(checked.prints(
            "not start the module; install it: cmake --install BUILD --component slips-module --prefix "));
        CHECK(count(checked.out, "which knows all its evidence types") == 0);
        CHECK(count(checked.out, "ok  it is installed") == 0);
    }
    SUBCASE("a closed list of names, to which the module adds its own") {
        root.write("modules/supported_module_names.py",
                   "from enum import Enum\n\nclass Modules(str, Enum):\n    ARP = 'arp'\n");
        const Checked checked(root, arguments);
        CHECK(checked.status == 0);
        CHECK(checked.prints("ok  the module's name is in modules/supported_module_names.py, so Slips starts it"));
    }
    SUBCASE("a closed list of names that cannot be added to") {
        root.write("modules/supported_module_names.py", "class Modules:\n    pass\n");
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.prints(
            "!!  modules/local_connection_detector/__init__.py cannot register the module with Slips: TypeError"));
    }
    SUBCASE("evidence with a field that the SDK does not know") {
        std::string evidence = read_file(root / "slips_files/core/structures/evidence.py");
        const std::string before_it = "    timestamp: str\n";
        evidence.insert(evidence.find(before_it) + before_it.size(), "    signal: str\n    risk_level: str\n");
        root.write("slips_files/core/structures/evidence.py", evidence);
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.prints("!!  Slips' evidence requires signal, risk_level, which this SDK does not know"));
    }
    SUBCASE("a library of Slips' is missing") {
        root.write("slips_files/core/structures/evidence.py", "import no_such_library\n");
        const Checked checked(root, arguments);
        CHECK(checked.status == 0);
        CHECK(checked.prints(
            "??  python3 cannot import Slips' files: the library no_such_library is missing; give the Python that "
            "runs Slips with --python"));
    }
    SUBCASE("Slips prints, and ends Python") {
        root.write("slips_files/core/structures/evidence.py",
                   "print('{}')\nimport os\nos.write(2, b'out of order\\n')\nos._exit(3)\n");
        CHECK(Checked(root, arguments).prints("is not known: python3: exit status 3: out of order; give the Python"));
    }
    SUBCASE("no such Python") {
        std::vector<std::string> more{"--python", "no-such-python"};
        more.insert(more.end(), arguments.begin(), arguments.end());
        CHECK(Checked(root, more)
                  .prints("is not known: no-such-python: cannot find no-such-python in PATH; give the Python"));
    }
    SUBCASE("modules are imported in separate processes") {
        root.write("managers/process_manager.py", imports_in_child);
        CHECK(Checked(root, arguments)
                  .prints("ok  Slips imports each module in a process of its own: its evidence handler knows only the "
                          "types that __init__.py registers"));
    }
    SUBCASE("the process that imports modules is unknown") {
        fs::remove(root / "managers/process_manager.py");
        const Checked checked(root, arguments);
        CHECK(checked.status == 0);
        CHECK(checked.prints("??  managers/process_manager.py does not show whether Slips imports modules in its main "
                             "process or in others"));
    }
    SUBCASE("an old description") {
        install(root, "{\"name\": \"local_connection_detector\"}");
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.prints(
            ".json, which Slips reads, differs from the program's own description; install it: cmake --install"));
    }
    SUBCASE("installed as several processes") {
        install(root, description_with("\"copies\": 4"));
        const Checked checked(root, arguments);
        CHECK_MESSAGE(checked.status == 0, checked.out);
        CHECK(checked.prints("program, description and launcher match"));
        CHECK(checked.prints("ok  it runs as 4 processes, which share the profiles"));
    }
    SUBCASE("a number of processes that the launcher does not accept") {
        for (const std::string copies : {"99", "0", "-1", "\"4\"", "2.0", "true", "null"}) {
            CAPTURE(copies);
            install(root, description_with("\"copies\": " + copies));
            const Checked checked(root, arguments);
            CHECK(checked.status == 1);
            CHECK(checked.prints("program, description and launcher match"));
            CHECK(checked.prints(
                "/local_connection_detector.json: \"copies\" is not a number from 1 to 64, so the module "
                "runs as one process; correct the number there, or install it: cmake --install"));
        }
    }
    SUBCASE("an older version of the module") {
        const std::string program = "modules/local_connection_detector/local_connection_detector";
        std::string older = description();
        older.replace(older.find("\"version\": \"1.0.0\""), 18, "\"version\": \"0.99\"");
        root.write(program + ".json", older);
        root.write(program, "older\n");
        const Checked checked(root, arguments);
        CHECK(checked.status == 1);
        CHECK(checked.prints("!!  the module in " + root.path() +
                             "/modules/local_connection_detector is version 0.99, older than 1.0.0 of " + detector +
                             "; install it: cmake --install"));
        CHECK(checked.prints("is the module local_connection_detector 1.0.0, built with slips-module-sdk "));
        CHECK(count(checked.out, " differs from ") == 0);
    }
    SUBCASE("a newer version of the module, or one without a version") {
        for (const std::string other : {"1.0.1", ""}) {
            std::string newer = description();
            newer.replace(newer.find("\"version\": \"1.0.0\""), 18, "\"version\": \"" + other + "\"");
            root.write("modules/local_connection_detector/local_connection_detector.json", newer);
            CHECK(count(Checked(root, arguments).out, "older than") == 0);
        }
    }
    SUBCASE("an old launcher") {
        root.write("modules/local_connection_detector/local_connection_detector.py", "# older\n");
        CHECK(Checked(root, arguments).prints("is of another version than this slipsdev; install it"));
    }
    SUBCASE("an old program") {
        root.write("modules/local_connection_detector/local_connection_detector", "older\n");
        CHECK(Checked(root, arguments).prints(" differs from " + detector + "; install it"));
    }
    SUBCASE("not installed") {
        fs::remove_all(root / "modules");
        CHECK(Checked(root, arguments).prints("it is not installed in "));
    }
    SUBCASE("not executable") {
        fs::permissions(root / "modules/local_connection_detector/local_connection_detector", fs::perms::owner_read);
        CHECK(Checked(root, arguments).prints("is missing or not executable"));
    }
    SUBCASE("a disabled name") {
        slips.db.command({"HSET", "analysis", "disabled_modules", "[\"template\", \"connection\"]"});
        CHECK(Checked(root, arguments)
                  .prints("!!  Slips skips modules/local_connection_detector: its name contains \"connection\""));
    }
}

#ifdef SLIPS_TEST_SCAN_COUNTER
TEST_CASE("check: the module's settings in Slips' configuration") {
    const TemporaryFolder root;
    const std::string port = std::to_string(free_port());
    lay_out_current(root, port);
    const auto checked = [&](const std::string& section) {
        root.write("config/slips.yaml", "modules:\n  disable: [template]\n" + section);
        return Checked(root, {"--slips-dir", root.path(), "--cache-port", port, SLIPS_TEST_SCAN_COUNTER});
    };
    const std::string file = root.path() + "/config/slips.yaml";
    const std::string valid = "ok  the settings of scan_counter in " + file + " are valid";
    CHECK(checked("").prints(valid));
    CHECK(checked("scan_counter:\n  many: 30\n").prints(valid));
    CHECK(checked("scan_counter:\n  meny: 30\n")
              .prints("!!  " + file + ": scan_counter.meny is 30, but the module has no such setting; it has many"));
    for (const std::string value : {"0", "-1", "2.5", "text", "[1]"}) {
        CAPTURE(value);
        const Checked wrong = checked("scan_counter:\n  many: " + value + "\n");
        CHECK_MESSAGE(wrong.prints("!!  " + file + ": scan_counter.many is "), wrong.out);
        CHECK(wrong.prints(", not a whole number"));
    }
    CHECK(checked("scan_counter: |\n  text\n").prints("??  the module's settings were not checked: "));
}
#endif

TEST_CASE("check: of a program for another machine, only that is reported") {
    const TemporaryFolder folder;
    const std::string port = std::to_string(free_port());
    std::string program = read_file(detector);
    program.replace(18, 2, std::string("\x16\0", 2));  // s390x
    folder.write("module", program);
    fs::permissions(folder / "module", fs::perms::owner_all);
    const Checked checked(folder, {"--redis-port", port, "--cache-port", port, folder / "module"});
    CHECK(checked.status == 3);
    CHECK(count(checked.err, "is a program for s390x, which does not run here") == 1);
    CHECK(count(checked.out, "GLIBC") == 0);
}

TEST_CASE("check: a folder that is not Slips' is not called Slips") {
    const TemporaryFolder root;
    const std::string port = std::to_string(free_port());
    root.write("VERSION", std::string(version) + "\n");
    root.write("slips.py", "");
    fs::create_directories(root / "modules");
    const Checked checked(root, {"--slips-dir", root.path(), "--redis-port", port, "--cache-port", port});
    CHECK(checked.status == 1);
    CHECK(checked.prints("!!  " + root.path() + " is not Slips' folder (no slips_files/)"));
    CHECK(count(checked.out, root.path() + " is current Slips") == 0);
}

TEST_CASE("check: Redis' password") {
    Host::Settings settings = with_ports(Slips::current);
    settings.servers.password = "open sesame";
    Host slips(settings);
    slips.introduce();
    const RedisServer cache(slips.folder, "second", ServerSettings{.tcp = true, .password = "open sesame"});
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    fs::create_directories(root / "permanent");
    const std::string file = root / "permanent/redis_auth.conf";
    const Subscriber evidence_handler(slips.main.socket(), "evidence_added", "open sesame");
    const std::vector<std::string> arguments{"--slips-dir", root.path(), "--cache-port", cache.port()};

    const Checked none(root, arguments);
    CHECK(none.status == 1);
    CHECK(none.prints("ok  Slips has no password for its Redis (" + file));
    CHECK(none.prints("!!  Redis at 127.0.0.1:" + slips.main.port() +
                      " requires a password; give the file that holds it with "
                      "--redis-password-file, or set SLIPS_REDIS_PASSWORD"));
    CHECK(none.prints("!!  the cache at 127.0.0.1:" + cache.port() + " requires a password"));

    root.write("permanent/redis_auth.conf", "requirepass open sesame\n");
    const Checked well(root, arguments);
    CHECK_MESSAGE(well.status == 0, well.out);
    CHECK(well.prints("ok  Redis' password is in " + file + ", which this user can read"));
    CHECK(well.prints("ok  Redis answers at 127.0.0.1:" + slips.main.port()));
    CHECK(well.prints("ok  the cache answers at 127.0.0.1:" + cache.port()));
    // The other server may have no password.
    const Checked mixed(root, {"--slips-dir", root.path(), "--cache-port", slips.cache.port()});
    CHECK(mixed.status == 0);
    CHECK(mixed.prints("ok  the cache answers at 127.0.0.1:" + slips.cache.port()));

    const Checked refused(root, arguments, {{"SLIPS_REDIS_PASSWORD", "wrong"}});  // takes precedence
    CHECK(refused.status == 1);
    CHECK(refused.prints("!!  Redis at 127.0.0.1:" + slips.main.port() +
                         " refuses the password of SLIPS_REDIS_PASSWORD"));
    std::vector<std::string> with_file{"--redis-password-file", file};
    with_file.insert(with_file.end(), arguments.begin(), arguments.end());
    CHECK(Checked(root, with_file, {{"SLIPS_REDIS_PASSWORD", "wrong"}}).status == 0);
    CHECK(Checked(root, {"--redis-password-file", root / "none"}).status == 2);

    if (::geteuid() == 0) {
        fs::permissions(root.path(), fs::perms::all);
        fs::permissions(file, fs::perms::owner_read);
        const TemporaryFolder out;
        fs::permissions(out.path(), fs::perms::all);
        const Checked other(out, arguments, {}, 65534);
        CHECK(other.status == 1);
        CHECK(other.prints("!!  cannot read Redis' password in " + file +
                           ": permission denied; run modules and slipsdev as the user"));
        CHECK(other.prints("!!  Redis at 127.0.0.1:" + slips.main.port() +
                           " requires a password: cannot read Redis' password in "));
    }
    fs::remove(file);
    fs::create_directories(file);
    CHECK(Checked(root, arguments).prints("!!  cannot read Redis' password in " + file + ": it is not a regular file"));
}

TEST_CASE("check: problems are reported with the remedy, and set the exit status") {
    Host slips(with_ports(Slips::legacy));
    const TemporaryFolder root;
    root.write("slips.py", "");
    for (const char* folder : {"modules", "slips_files"}) fs::create_directories(root / folder);
    root.write("slips.conf", "[modules]\ndisable = [template, local_]\n");
    root.write("used_redis_servers.txt", "2022-06-02 16:51:57    a.pcap    " + slips.main.port() + "    1\n");
    const Checked checked(root, {"--slips-dir", root.path(), "--cache-port", std::to_string(free_port()), detector});
    CHECK(checked.status == 1);
    CHECK(checked.prints("ok  " + root.path() + " is legacy Slips"));
    CHECK(checked.prints("ok  Redis answers at 127.0.0.1:" + slips.main.port()));
    CHECK(checked.prints("!!  nobody subscribes to evidence_added"));
    CHECK(checked.prints("!!  the cache does not answer"));
    CHECK(checked.prints("!!  Slips skips modules/local_connection_detector: its name contains \"local_\""));
    CHECK(checked.prints("ok  legacy Slips accepts evidence of any type"));
}

TEST_CASE("check and the installer agree on what Slips' folder is") {
    struct Case {
        std::vector<std::string> holds;  ///< folders end in /
        bool is_slips;
    };
    const std::string port = std::to_string(free_port());
    for (const Case& one : std::vector<Case>{{{}, false},
                                             {{"slips.py"}, false},
                                             {{"VERSION"}, false},
                                             {{"modules/", "slips_files/"}, false},
                                             {{"VERSION", "modules/", "slips_files/"}, false},
                                             {{"slips.py", "modules/"}, false},
                                             {{"slips.py", "slips_files/"}, false},
                                             {{"slips.py", "VERSION", "modules", "slips_files/"}, false},
                                             {{"slips.py/", "modules/", "slips_files/"}, false},
                                             {{"slips.py", "modules/", "slips_files/"}, true},
                                             {{"slips.py", "VERSION", "modules/", "slips_files/"}, true}}) {
        const TemporaryFolder folder;
        const TemporaryFolder root;
        std::string what;
        for (const std::string& name : one.holds) {
            what += name + " ";
            if (name.ends_with('/')) root.make_folder(name.substr(0, name.size() - 1));
            else root.write(name, name == "VERSION" ? "1.1.21\n" : "");
        }
        CAPTURE(what);
        const Checked checked(folder, {"--slips-dir", root.path(), "--redis-port", port, "--cache-port", port});
        CHECK(checked.prints(root.path() + " is not Slips' folder") == !one.is_slips);
        Launch launch;
        launch.arguments = {"python3", source_dir + "/cmake/install_into_slips.py", detector, root.path()};
        launch.err = folder / "stderr of the installer";
        ChildProcess installer(launch);
        CHECK(installer.wait() == (one.is_slips ? 0 : 1));
        CHECK((count(read_file(launch.err), root.path() + " is not a folder of Slips") == 1) == !one.is_slips);
    }
}

TEST_CASE("check: no Slips, no Redis, several of them") {
    const TemporaryFolder root;
    const std::string port = std::to_string(free_port());
    const Checked nothing(root, {"--redis-port", port, "--cache-port", port});
    CHECK(nothing.status == 1);
    CHECK(nothing.prints("!!  no Redis at 127.0.0.1:" + port));
    CHECK(Checked(root, {"--slips-dir", root.path(), "--cache-port", port}).prints("is not Slips' folder"));

    lay_out_current(root, port);
    CHECK(Checked(root, {"--slips-dir", root.path(), "--cache-port", port})
              .prints("!!  Slips is not running in " + root.path()));

    CHECK(Checked(root, {"--no-such-option", "x"}).status == 2);
    CHECK(Checked(root, {"--redis-port", "0"}).status == 2);
    CHECK(Checked(root, {"/no/such/program"}).status == 3);
}

TEST_CASE("check: a Redis that accepts connections and never answers is reported soon") {
    Host slips(with_ports(Slips::current));
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    slips.main.pause();
    const Checked by_port(root, {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
    CHECK(by_port.status == 1);
    CHECK(by_port.prints("does not answer as Slips' own does"));
    const Checked by_folder(root, {"--slips-dir", root.path(), "--cache-port", slips.cache.port()});
    CHECK(by_folder.status == 1);
    CHECK(by_folder.prints("!!  Slips is not running in "));
    slips.main.go_on();
}

TEST_CASE("check: pipes, huge files and links in place of the files of Slips' folder") {
    Host slips(with_ports(Slips::current));
    slips.introduce();
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    install(root, description());
    const std::vector<std::string> arguments{"--slips-dir", root.path(), "--cache-port", slips.cache.port(), detector};
    const std::string module = "modules/local_connection_detector/";
    const std::vector<std::string> files{"VERSION",
                                         "config/slips.yaml",
                                         "running_slips_info.txt",
                                         "permanent/redis_auth.conf",
                                         "managers/process_manager.py",
                                         module + "__init__.py",
                                         module + "local_connection_detector",
                                         module + "local_connection_detector.py",
                                         module + "local_connection_detector.json"};
    fs::create_directories(root / "permanent");
    const std::string secret = "0ursecret:$6$salt$hash:19000:0:99999:7:::";
    const TemporaryFolder elsewhere;
    elsewhere.write("shadow", secret + "\nmodules:\n  disable: [" + secret + "]\nmore\n");
    for (const std::string& file : files) {
        CAPTURE(file);
        const std::string path = root / file, kept = root / (file + ".kept");
        const bool was_there = fs::exists(path);
        if (was_there) fs::rename(path, kept);

        if (!file.ends_with(".json")) {  // Python would read it, too, for half a minute
            REQUIRE(::mkfifo(path.c_str(), 0700) == 0);
            const Checked pipe(root, arguments);
            CHECK(pipe.status == 1);
            fs::remove(path);
        }

        root.write(file, "#");
        fs::permissions(path, fs::perms::owner_all);
        fs::resize_file(path, std::uintmax_t{1} << 40);
        const Ran giant(
            root,
            [&] {
                std::vector<std::string> words{"check"};
                words.insert(words.end(), arguments.begin(), arguments.end());
                return words;
            }(),
            {}, 400);
        CHECK(giant.status == 1);
        fs::remove(path);

        fs::create_symlink(elsewhere / "shadow", path);
        const Checked link(root, arguments);
        CHECK_MESSAGE(count(link.out + link.err, "$6$") == 0, link.out);
        if (::geteuid() == 0 && file.ends_with("redis_auth.conf"))
            CHECK(link.prints("redis_auth.conf is a link, which is not followed"));
        fs::remove(path);
        if (was_there) fs::rename(kept, path);
    }
}

TEST_CASE("check: root runs no Python code from a folder that others can change") {
    if (::geteuid() != 0) return;
    Host slips(with_ports(Slips::current));
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    const std::vector<std::string> arguments{"--slips-dir", root.path(), "--cache-port", slips.cache.port()};
    CHECK(Checked(root, arguments).prints("ok  Slips' evidence requires no field"));
    root.write("slips_files/__init__.py", "open('" + (root / "ran") + "', 'w').close()\n");
    constexpr uid_t somebody = 65534;
    for (const std::string path : {"", "slips_files", "slips_files/core/structures/evidence.py", "slips.py"}) {
        CAPTURE(path);
        const std::string target = root / path;
        const auto refused = [&](const std::string& why) {
            const Checked checked(root, arguments);
            CAPTURE(checked.out);
            CHECK(count(checked.out, "??  how Slips treats the installed module is not known: root runs no Python code "
                                     "that others can") == 1);
            CHECK(count(checked.out, why) == 1);
            CHECK(count(checked.out, "; run slipsdev check as the user who owns Slips' folder") == 1);
            CHECK_FALSE(fs::exists(root / "ran"));
        };
        REQUIRE(::chown(target.c_str(), somebody, 0) == 0);
        refused(" belongs to user 65534");
        REQUIRE(::chown(target.c_str(), 0, 0) == 0);
        fs::permissions(target, fs::perms::others_write, fs::perm_options::add);
        refused(" can be written by others than root");
        fs::permissions(target, fs::perms::others_write, fs::perm_options::remove);
    }
    Checked well(root, arguments);
    CHECK(fs::exists(root / "ran"));
}

TEST_CASE("check: a Python or a module that prints without end is killed, and takes little memory") {
    Host slips(with_ports(Slips::current));
    const TemporaryFolder root;
    lay_out_current(root, slips.main.port());
    const std::string endless = root.write("endless", "#!/bin/sh\nexec yes 'a line without end'\n");
    fs::permissions(endless, fs::perms::owner_all);
    const Ran python(
        root, {"check", "--slips-dir", root.path(), "--cache-port", slips.cache.port(), "--python", endless}, {}, 400);
    CHECK(python.prints("??  how Slips treats the installed module is not known: " + endless +
                        ": sh prints without end"));
    const Ran module(root, {"check", "--redis-port", slips.main.port(), "--cache-port", slips.cache.port(), endless},
                     {}, 400);
    CHECK(module.status == 3);
    CHECK(module.reports(endless + " prints without end: killed"));
}

TEST_CASE("check: keys in Redis with other types than Slips' own") {
    Host slips(with_ports(Slips::current));
    const TemporaryFolder folder;
    slips.db.command({"DEL", "analysis"});
    slips.db.command({"SET", "analysis", "x"});
    const Checked checked(folder, {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
    CHECK(checked.status == 1);
    CHECK(checked.prints("does not answer as Slips' own does"));
    CHECK(checked.prints("ok  the cache answers"));
}

TEST_CASE("check: a --generation that contradicts the folder is reported") {
    const TemporaryFolder root;
    lay_out_current(root, std::to_string(free_port()));
    CHECK(Checked(root, {"--slips-dir", root.path(), "--generation", "legacy"})
              .prints("!!  " + root.path() + " is current Slips, but --generation is legacy"));
}

TEST_CASE("check: a module that subscribes to unknown channels") {
    Host slips(with_ports(Slips::current));
    slips.introduce();
    const TemporaryFolder folder;
    const std::string script =
        folder.write("odd", "printf '{\"name\": \"odd\", \"channels\": [\"new_flow\", \"new_flows\"]}'\n");
    const Checked checked(folder,
                          {"--redis-port", slips.main.port(), "--cache-port", slips.cache.port(), "sh", script});
    CHECK(checked.status == 1);
    CHECK(checked.prints("!!  current Slips has no channel new_flows"));
}

#ifdef __GLIBC__
TEST_CASE("check compares the libraries that a program needs with the machine's") {
    const TemporaryFolder folder;
    const Checked good(folder, {"--", detector});
    CHECK(count(good.out, "ok  " + detector + " needs GLIBC 2.") + count(good.out, "is linked statically") == 1);
    if (count(good.out, "is linked statically") > 0) return;

    // A program that was built for a newer system: only the name of the version differs.
    std::string program = read_file(detector);
    const std::string needs = good.out.substr(good.out.find(" needs GLIBC 2.") + 13);
    const std::string glibc = "GLIBC_" + needs.substr(0, needs.find(';'));
    std::size_t at = program.find(glibc + '\0');
    REQUIRE(at != std::string::npos);
    for (; at != std::string::npos; at = program.find(glibc + '\0', at + 1)) program[at + 6] = '9';
    const std::string newer = folder.write("newer", program);
    REQUIRE(::chmod(newer.c_str(), 0755) == 0);
    const Checked bad(folder, {"--", newer});
    CHECK(bad.status == 3);
    CHECK(count(bad.out, "!!  " + newer + " needs GLIBC 9") == 1);
    CHECK(count(bad.out, ": build it on this system, in Slips' image if Slips runs there, or statically "
                         "(-DSLIPS_STATIC_MODULE=ON)\n") == 1);
}
#endif

#endif
