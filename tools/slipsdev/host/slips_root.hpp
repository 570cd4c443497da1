// A folder that looks like Slips' own to a launcher, with one module installed in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/module/module_process.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

class SlipsRoot {
public:
    /// Writes it into `folder`, which is the caller's: the stand-ins for Slips' Python side, and the module as an
    /// installation would put it there, and Redis' password, unless that is empty. Throws EnvironmentError when something is missing.
    SlipsRoot(const std::filesystem::path& folder, const PlayOptions& options, const ModuleDescription& description,
              const std::string& password);

    /// The evidence types that Slips' main process knows, once it runs the command: its evidence handler knows these, and
    /// ends at any other. Nothing: it has not got that far.
    std::optional<std::vector<std::string>> known_types() const;

    /// The command that runs Slips' stand-in there. It starts the module through its launcher, and ends it with
    /// itself: at SIGTERM, or when its standard input ends.
    std::vector<std::string> command(const Endpoint& main, const Endpoint& cache, const std::filesystem::path& output,
                                     const std::filesystem::path& stats, const std::string& slips_version) const;

private:
    std::filesystem::path known_types_file() const { return folder_ / "known_types.json"; }

    std::filesystem::path folder_;
    const PlayOptions& options_;
};

}  // namespace slipsdev
