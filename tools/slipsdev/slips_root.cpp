#include "slips_root.hpp"

#include <cstddef>
#include <system_error>

#include "embedded_files.hpp"
#include "errors.hpp"
#include "files.hpp"
#include "module_rules.hpp"
#include "process.hpp"
#include "python_json.hpp"
#include "time_windows.hpp"

namespace slipsdev {
SlipsRoot::SlipsRoot(const std::filesystem::path& folder, const PlayOptions& options,
                     const ModuleDescription& description)
    : folder_(folder), options_(options) {
    if (!find_program("python3"))
        throw EnvironmentError("--launcher needs python3, which Slips itself runs on; it was not found in PATH");
    const std::string_view hosts = "hosts/";
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.path.starts_with(hosts)) write_file(folder / file.path.substr(hosts.size()), file.text);
    }
    const std::filesystem::path program = path_of(options.program.front());
    const std::string name = program.filename().string();
    if (!is_importable(name))
        throw EnvironmentError("a module's program cannot be called \"" + name + "\": Slips cannot import a file of that "
                               "name; use letters, digits, _ and -");
    const std::filesystem::path module = folder / "modules" / name;
    write_file(folder / "modules" / "__init__.py", "");
    write_file(module / "__init__.py", embedded_file("launcher/slips_package.py"));
    write_file(module / (name + ".py"), embedded_file("launcher/slips_module.py"));
    write_file(module / (name + ".json"), description.text);
    if (options.program.size() == 1) {
        std::filesystem::create_symlink(program, module / name);
    } else {  // its own arguments come first, whatever the launcher adds
        std::string script = "#!/bin/sh\nexec " + shell_word(program.string());
        for (std::size_t i = 1; i < options.program.size(); ++i) script.append(1, ' ').append(shell_word(options.program[i]));
        write_file(module / name, script.append(" \"$@\"\n"));
        std::filesystem::permissions(module / name, std::filesystem::perms::owner_all);
    }
    Json config;
    if (options.window_width >= only_one_window) config["parameters"]["time_window_width"] = "only_one_tw";
    else config["parameters"]["time_window_width"] = options.window_width;
    write_file(folder / "config.json", to_python_json(config));
}

std::vector<std::string> SlipsRoot::command(const Endpoint& main, const Endpoint& cache,
                                            const std::filesystem::path& output,
                                            const std::filesystem::path& stats) const {
    // What Slips does not tell a module because it is fixed there, and what is the player's own.
    std::string more;
    const auto add = [&more](const std::string& word) { more.append(more.empty() ? 0 : 1, ' ').append(shell_word(word)); };
    for (const std::string& word : {std::string("--cache-port"), std::to_string(cache.port), std::string("--stats"), stats.string()})
        add(word);
    if (!options_.stop_timeout.empty()) {
        add("--stop-timeout");
        add(options_.stop_timeout);
    }
    return {"sh", "-c",
            R"(cd "$1" && export SLIPS_MODULE_ARGUMENTS="$2" && shift 2 && exec python3 slips.py "$@")", "sh",
            folder_.string(), more, "--generation", std::string(name_of(options_.generation)), "--redis-port",
            std::to_string(main.port), "--output", std::filesystem::absolute(output).string(), "--config",
            "config.json"};
}

}  // namespace slipsdev
