#include "slipsdev/commands/new_module.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/module/module_rules.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/embedded_files.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"

namespace slipsdev {

const char* const new_help =
    R"(usage: slipsdev new NAME [--dir DIR]

Creates the folder NAME with a module that builds, has a test, and sends evidence: the SDK's templates/module. The
folder's name is the module's name; its description and authors are in module.hpp.

  --dir DIR  create it in DIR instead of here

NAME has letters, digits, _ and -, as in My-Mod. Names are refused under which Slips would not start the module, those
of Slips' own modules, and those that the build uses itself.

exit status: 0 created; 2 wrong usage, a refused name, or the folder exists; 3 the folder cannot be written
)";

namespace {

namespace fs = std::filesystem;

constexpr std::string_view template_folder = "templates/module/";

/// Returns the option with which CMake finds the SDK that this program is part of: installed beside it, or the source
/// of the build in which it is. "" if CMake finds it by itself; nullopt if it is nowhere.
std::optional<std::string> option_for_sdk(const fs::path& program, bool is_in_path) {
    std::error_code ignored;
    const fs::path prefix = program.parent_path().parent_path();
    if (fs::exists(prefix / "include/slips/slips.hpp", ignored))  // CMake searches beside the folders of PATH
        return is_in_path ? "" : "-DCMAKE_PREFIX_PATH=" + prefix.string();
    for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
        constexpr std::string_view key = "slips-module-sdk_SOURCE_DIR:STATIC=";
        std::ifstream cache(folder / "CMakeCache.txt");
        for (std::string line; std::getline(cache, line);)
            if (line.starts_with(key)) return "-DSLIPS_SDK_DIR=" + line.substr(key.size());
        if (fs::exists(folder / "include/slips/slips.hpp", ignored) && fs::exists(folder / "CMakeLists.txt", ignored))
            return "-DSLIPS_SDK_DIR=" + folder.string();
    }
    return std::nullopt;
}

/// Removes the folder again, unless finish() was called.
class Unfinished {
public:
    explicit Unfinished(const fs::path& folder) : folder_(folder) {}
    ~Unfinished() {
        std::error_code ignored;
        if (!finished_) fs::remove_all(folder_, ignored);
    }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    void finish() { finished_ = true; }

private:
    fs::path folder_;
    bool finished_ = false;
};

}  // namespace

NewOptions parse_new_options(const std::vector<std::string>& arguments) {
    NewOptions options;
    ArgumentReader reader(arguments);
    for (std::string argument; reader.next(argument);) {
        if (argument == "--dir") options.folder = reader.value();
        else if (argument.starts_with("-"))
            throw UsageError("unknown option " + argument + "; slipsdev new --help lists them");
        else if (!options.name.empty()) throw UsageError("one name, not " + options.name + " and " + argument);
        else if (argument.empty()) throw UsageError("a module needs a name");
        else options.name = argument;
    }
    if (!reader.rest().empty()) throw UsageError("slipsdev new starts no program; omit --");
    if (options.name.empty()) throw UsageError("no name: slipsdev new NAME");
    if (const auto fault = name_fault(options.name))
        throw UsageError("a module cannot be named " + options.name + ": " + *fault);
    return options;
}

int make_new_module(const NewOptions& options, Terminal& terminal) {
    const fs::path parent(options.folder);
    const fs::path folder = options.folder == "." ? fs::path(options.name) : parent / options.name;
    std::error_code error;
    if (!fs::is_directory(parent, error)) throw UsageError("--dir: " + options.folder + " is not a folder");
    if (fs::exists(fs::symlink_status(folder, error)))
        throw UsageError(folder.string() + " exists already; choose another name, or remove it");
    if (!fs::create_directory(folder, error))
        throw EnvironmentError("cannot create " + folder.string() + ": " + error.message());
    Unfinished unfinished(folder);
    for (const EmbeddedFile& file : embedded_files())
        if (file.path.starts_with(template_folder))
            write_file(folder / file.path.substr(template_folder.size()), file.text);
    unfinished.finish();
    terminal.result("created " + folder.string() +
                    "; module.hpp is the whole module, README.md explains the rest. Next:");
    terminal.result("");
    const fs::path program = own_path();
    const auto in_path = find_program("slipsdev");
    const bool is_in_path = in_path && fs::equivalent(*in_path, program, error);
    const std::string slipsdev = is_in_path || program.empty() ? "slipsdev" : shell_word(program.string());
    const auto option = option_for_sdk(program, is_in_path);
    terminal.result("  cd " + shell_word(fs::absolute(folder, error).lexically_normal().string()));
    std::string configure = "cmake -B build";
    if (option && !option->empty()) configure.append(" ").append(shell_word(*option));
    terminal.result("  " + configure + " && cmake --build build && ctest --test-dir build");
    terminal.result("  " + slipsdev + " play --flows data/flows.jsonl --output out -- build/" + options.name);
    if (option) return exit_ok;
    terminal.result("");
    terminal.result("If the SDK is not installed: cmake -B build -DSLIPS_SDK_DIR=/path/to/slips-module-sdk");
    return exit_ok;
}

}  // namespace slipsdev
