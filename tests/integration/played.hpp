// A run of slipsdev play that has ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host.hpp"

#ifdef SLIPS_TEST_SLIPSDEV
namespace integration {

struct Played {
    TemporaryFolder folder{};
    std::string output{};  ///< of slipsdev play: `folder`/out, or where an earlier run left something
    std::optional<Ending> status{};
    std::string out{};
    std::string err{};

    Played(const std::string& generation, const std::string& flows, std::vector<std::string> options,
           std::vector<std::string> module, const std::string& output_folder = {})
        : output(output_folder.empty() ? folder / "out" : output_folder) {
        Launch launch;
        launch.arguments = {SLIPS_TEST_SLIPSDEV, "play", "--generation", generation, "--flows", flows, "--output",
                            output};
        launch.arguments.insert(launch.arguments.end(), options.begin(), options.end());
        launch.arguments.emplace_back("--");
        launch.arguments.insert(launch.arguments.end(), module.begin(), module.end());
        launch.out = folder / "stdout";
        launch.err = folder / "stderr";
        ChildProcess process(launch);
        status = process.wait(3 * patience);
        out = read_file(launch.out);
        err = read_file(launch.err);
    }

    Json summary() const { return Json::parse(read_file(output + "/summary.json")); }
};

}  // namespace integration
#endif
