#include "slipsdev/host/slips_root.hpp"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/host/slips_folder_files.hpp"
#include "slipsdev/module/module_rules.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/embedded_files.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

SlipsRoot::SlipsRoot(const std::filesystem::path& folder, const PlayOptions& options,
                     const ModuleDescription& description, const std::string& password)
    : folder_(folder), options_(options) {
    if (!find_program("python3"))
        throw EnvironmentError("--launcher requires python3, which runs Slips itself; it was not found in PATH");
    const std::string_view hosts = "host/stand_ins/";
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.path.starts_with(hosts)) write_file(folder / file.path.substr(hosts.size()), file.text);
    }
    if (!options.slips_version.empty()) {
        // The stand-in is Slips' main program, in which old releases have their version.
        const std::string line = "version = '" + options.slips_version + "'\n";
        std::string text(embedded_file("host/stand_ins/slips.py"));
        text.insert(text.find("HERE = "), line);
        write_slips_folder(folder, options.release(), {});
        write_file(folder / "slips.py", text);
    }
    const std::filesystem::path program = path_of(options.program.front());
    const std::string name = program.filename().string();
    if (!is_importable(name))
        throw EnvironmentError("a module's program cannot be named \"" + name +
                               "\": Slips cannot import a file of that "
                               "name; use letters, digits, _ and -");
    const std::filesystem::path module = folder / "modules" / name;
    write_file(folder / "modules" / "__init__.py", "");
    write_file(module / "__init__.py", embedded_file("launcher/slips_package.py"));
    write_file(module / (name + ".py"), embedded_file("launcher/slips_module.py"));
    std::string text = description.text;
    if (options.copies != 1) {  // as install_into_slips.py --copies
        std::string why;
        Json described = parse_json(text, why).value_or(Json::object());
        described["copies"] = options.copies;
        text = to_python_json(described);
    }
    write_file(module / (name + ".json"), text);
    if (options.closed_names)
        write_file(folder / "modules" / "supported_module_names.py",
                   embedded_file("host/stand_ins/current/supported_module_names.py"));
    if (!password.empty())
        write_private_file(folder / "permanent" / "redis_auth.conf", "requirepass " + password + "\n");
    if (options.program.size() == 1) {
        std::filesystem::create_symlink(program, module / name);
    } else {  // its own arguments come before those of the launcher
        std::string script = "#!/bin/sh\nexec " + shell_word(program.string());
        for (std::size_t i = 1; i < options.program.size(); ++i)
            script.append(1, ' ').append(shell_word(options.program[i]));
        write_file(module / name, script.append(" \"$@\"\n"));
        std::filesystem::permissions(module / name, std::filesystem::perms::owner_all);
    }
    // For the test of an older SDK's installation: its files replace these.
    if (const char* files = std::getenv("SLIPSDEV_TEST_MODULE_FILES"))
        std::filesystem::copy(files, module,
                              std::filesystem::copy_options::overwrite_existing |
                                  std::filesystem::copy_options::recursive);
    Json config = options.sections;
    Json& width = config["parameters"]["time_window_width"];
    if (width.is_null() && options.window_width >= only_one_window) width = width_text(options.window_width);
    else if (width.is_null()) width = options.window_width;
    write_file(folder / "config.json", to_python_json(config));
}

std::vector<std::string> SlipsRoot::command(const Endpoint& main, const Endpoint& cache,
                                            const std::filesystem::path& output, const std::filesystem::path& stats,
                                            const std::string& slips_version) const {
    // Slips passes no cache port, which is fixed there; the other arguments are this program's own.
    std::string more;
    const auto add = [&more](const std::string& word) {
        more.append(more.empty() ? 0 : 1, ' ').append(shell_word(word));
    };
    for (const std::string& word :
         {std::string("--cache-port"), std::to_string(cache.port), std::string("--stats"), stats.string()})
        add(word);
    if (options_.release().redis.list == RedisLayout::List::none) {  // such Slips has its Redis at port 6379, always
        add("--redis-port");
        add(std::to_string(main.port));
    }
    if (!options_.stop_timeout.empty()) {
        add("--stop-timeout");
        add(options_.stop_timeout);
    }
    std::vector<std::string> command{
        "sh",
        "-c",
        R"(cd "$1" && export SLIPS_MODULE_ARGUMENTS="$2" && shift 2 && exec python3 slips.py "$@")",
        "sh",
        folder_.string(),
        more,
        "--redis-port",
        std::to_string(main.port),
        "--output",
        std::filesystem::absolute(output).string(),
        "--config",
        "config.json",
        "--debug",  // as with -e 1, errors are on the screen, too
        "1"};
    if (options_.slips_version.empty())
        command.insert(command.end(), {"--generation", std::string(name_of(options_.generation))});
    if (!options_.slips_version.empty() || options_.generation == Generation::current)
        command.insert(command.end(), {"--slips-version", slips_version, "--known-types", known_types_file().string()});
    if (!options_.loader.empty()) {
        command.emplace_back("--loader");
        command.push_back(options_.loader);
    }
    return command;
}

std::optional<std::vector<std::string>> SlipsRoot::known_types() const {
    std::ifstream file(known_types_file(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::string why;
    const auto json = parse_json(text, why);
    if (!json || !json->is_array()) return std::nullopt;
    std::vector<std::string> types;
    for (const Json& type : *json)
        if (type.is_string()) types.push_back(type.get<std::string>());
    return types;
}

}  // namespace slipsdev
