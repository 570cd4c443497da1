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
    CHECK(ran.prints("  cd mymodule\n"));
    CHECK(ran.prints("  slipsdev play --flows data/flows.jsonl --output out -- build/mymodule\n"));
    CHECK(fs::exists(folder / "mymodule/data/flows.jsonl"));
    const auto made = tree(folder / "mymodule");
    const auto copied = tree(std::string(SLIPS_TEST_SOURCE_DIR) + "/templates/module");
    CHECK(made.size() >= 6);
    CHECK(made == copied);
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
