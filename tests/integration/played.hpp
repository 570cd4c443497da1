// Runs slipsdev: any command, and play.
#pragma once

#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host.hpp"

#ifdef SLIPS_TEST_SLIPSDEV
namespace integration {

/// Returns how to run `slipsdev ARGUMENTS...`, with its output in files of `folder`.
inline Launch launch_of_slipsdev(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
    Launch launch;
    launch.arguments = {SLIPS_TEST_SLIPSDEV};
    launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
    launch.out = folder / "stdout";
    launch.err = folder / "stderr";
    return launch;
}

/// A run that has ended.
struct Ran {
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    /// `megabytes`: limit of the address space; 0: none. Ignored with a sanitizer, which reserves terabytes.
    Ran(const TemporaryFolder& folder, const std::vector<std::string>& arguments, const std::string& in = {},
        int megabytes = 0) {
        Launch launch = launch_of_slipsdev(folder, arguments);
        launch.folder = in;
#ifdef SLIPS_TEST_SHIFTED_CLOCK  // Linux, without a sanitizer
        if (megabytes != 0) {
            const std::string limited = "ulimit -v " + std::to_string(megabytes * 1024) + "; exec \"$0\" \"$@\"";
            launch.arguments.insert(launch.arguments.begin(), {"/bin/sh", "-c", limited});
        }
#else
        static_cast<void>(megabytes);
#endif
        for (const std::string& printed : {launch.out, launch.err}) std::remove(printed.c_str());  // of an earlier run
        ChildProcess process(launch);
        status = process.wait(3 * patience);
        out = read_file(launch.out);
        err = read_file(launch.err);
    }
    bool prints(const std::string& text) const { return out.find(text) != std::string::npos; }
    bool reports(const std::string& text) const { return err.find(text) != std::string::npos; }
};

struct Played {
    TemporaryFolder folder{};
    std::string output{};  ///< of slipsdev play: `folder`/out, or a folder of an earlier run
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    Played(const std::string& generation, const std::string& flows, std::vector<std::string> options,
           std::vector<std::string> module, const std::string& output_folder = {},
           const std::map<std::string, std::string>& environment = {})
        : output(output_folder.empty() ? folder / "out" : output_folder) {
        Launch launch;
        launch.arguments = {SLIPS_TEST_SLIPSDEV, "play", "--generation", generation,
                            "--flows",           flows,  "--output",     output};
        launch.arguments.insert(launch.arguments.end(), options.begin(), options.end());
        launch.arguments.emplace_back("--");
        launch.arguments.insert(launch.arguments.end(), module.begin(), module.end());
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        launch.environment = environment;
        ChildProcess process(launch);
        status = process.wait(3 * patience);
        out = read_file(launch.out);
        err = read_file(launch.err);
    }

    Json summary() const { return Json::parse(read_file(output + "/summary.json")); }
};

}  // namespace integration
#endif
