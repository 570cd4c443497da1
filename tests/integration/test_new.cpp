// slipsdev new: the template with another name.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "played.hpp"
#include "processes.hpp"

using namespace integration;
namespace fs = std::filesystem;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

/// Returns the files of a folder: each one's name, text and whether it is executable.
std::vector<std::string> tree(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = fs::relative(entry.path(), folder).generic_string();
        if (!entry.is_regular_file() || name.starts_with("build/")) continue;
        const bool runs = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
        files.push_back(name + (runs ? " x\n" : "\n") + read_file(entry.path().string()));
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

TEST_CASE("new: equals a copy of the template") {
    const TemporaryFolder folder;
    const Ran ran(folder, {"new", "mymodule"}, folder.path());
    CAPTURE(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.prints("  cd " + (folder / "mymodule") + "\n"));
    CHECK(ran.prints("  " + fs::canonical(SLIPS_TEST_SLIPSDEV).string() +
                     " play --flows data/flows.jsonl --output out -- build/mymodule\n"));
    CHECK(fs::exists(folder / "mymodule/data/flows.jsonl"));
    const auto made = tree(folder / "mymodule");
    const auto copied = tree(std::string(SLIPS_TEST_SOURCE_DIR) + "/templates/module");
    CHECK(made.size() >= 6);
    CHECK(made == copied);
}

TEST_CASE("new: the printed commands work when pasted, wherever slipsdev is") {
    const TemporaryFolder folder;
    const std::string here = folder.make_folder("a b");
    // Runs the printed commands with `cmake` and `ctest` that print their arguments, and the real slipsdev's replacement.
    const std::string tools = folder.make_folder("tools");
    for (const char* name : {"cmake", "ctest"}) {
        folder.write(std::string("tools/") + name, "#!/bin/sh\necho \"$(pwd): " + std::string(name) + "|$*\"\n");
        fs::permissions(tools + "/" + name, fs::perms::owner_all);
    }
    const auto run = [&](const std::vector<std::string>& arguments, const std::string& path, const std::string& in) {
        Launch launch;
        launch.arguments = arguments;
        launch.environment = {{"PATH", path}};
        launch.folder = in;
        launch.out = launch.err = folder / "printed";
        fs::remove(launch.out);
        ChildProcess process(launch);
        CHECK(process.wait() == 0);
        return read_file(launch.out);
    };
    const auto pasted = [&](const std::string& slipsdev, const std::string& path, const std::string& name) {
        const std::string printed = run({slipsdev, "new", name}, path, here);
        std::string script = printed.substr(printed.find("\n\n") + 2);
        CHECK(std::count(script.begin(), script.end(), '\n') == 3);
        script.insert(script.rfind(" play "), " --version; echo");  // playing needs a build
        return run({"/bin/sh", "-c", script}, path, "/");
    };
    const std::string path = tools + ":/usr/bin:/bin";
    const std::string build = pasted(SLIPS_TEST_SLIPSDEV, path, "in_a_build");
    CHECK(count(build, here + "/in_a_build: cmake|-B build -DSLIPS_SDK_DIR=") == 1);
    CHECK(count(build, here + "/in_a_build: ctest|--test-dir build\n") == 1);
    CHECK(count(build, "\nslipsdev ") == 1);

    // An installed one: beside the headers
    folder.make_folder("pre fix");
    const std::string installed = folder.make_folder("pre fix/bin") + "/slipsdev";
    fs::copy_file(SLIPS_TEST_SLIPSDEV, installed);
    fs::create_directories(folder / "pre fix/include/slips");
    folder.write("pre fix/include/slips/slips.hpp", "");
    const std::string beside = pasted(installed, path, "beside");
    CHECK(count(beside, "cmake|-B build -DCMAKE_PREFIX_PATH=" + (folder / "pre fix") + "\n") == 1);
    CHECK(count(beside, "\nslipsdev ") == 1);
    const std::string in_path = pasted("slipsdev", (folder / "pre fix/bin") + ":" + path, "in_path");
    CHECK(count(in_path, "cmake|-B build\n") == 1);
    CHECK(count(in_path, "\nslipsdev ") == 1);
}

TEST_CASE("new: in another folder, but not over an existing one") {
    const TemporaryFolder folder;
    const std::string parent = folder.make_folder("a b");
    const Ran ran(folder, {"new", "--dir", parent, "mymodule"});
    CHECK(ran.status == 0);
    CHECK(ran.prints("  cd '" + parent + "/mymodule'\n"));
    folder.write("a b/mymodule/module.cpp", "mine");
    const Ran again(folder, {"new", "mymodule", "--dir", parent});
    CHECK(again.status == 2);
    CHECK(again.err == "slipsdev: " + parent + "/mymodule exists already; choose another name, or remove it\n");
    CHECK(read_file(parent + "/mymodule/module.cpp") == "mine");
    CHECK(Ran(folder, {"new", "mymodule", "--dir", folder / "none"}).err ==
          "slipsdev: --dir: " + (folder / "none") + " is not a folder\n");
}

TEST_CASE("new: refused names are reported in one line each, and nothing is created") {
    const TemporaryFolder folder;
    const std::string place = folder.make_folder("place");
    for (const char* name : {"my_template", "arp", "a b", "a/b", "..", "test", "__init__"}) {
        const Ran ran(folder, {"new", name, "--dir", place});
        CAPTURE(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.err.find(std::string("slipsdev: a module cannot be named ") + name + ": ") == 0);
        CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    }
    CHECK(Ran(folder, {"new"}).status == 2);
    CHECK(Ran(folder, {"new", "a", "b"}).status == 2);
    CHECK(Ran(folder, {"new", "a", "--dir", place, "--", "b", "c"}).reports("omit --"));
    CHECK(Ran(folder, {"new", "a", "--novel"}).status == 2);
    CHECK(Ran(folder, {"new", "--help"}).status == 0);
    CHECK(fs::is_empty(place));
}

#endif
