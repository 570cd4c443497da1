// A folder that a launcher takes for Slips' own, with one module installed in it.
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
    /// Fills `folder`, which the caller owns: with the stand-ins for Slips' Python side, the module as it would be
    /// installed, and Redis' password, unless that is empty. Throws EnvironmentError when something is missing.
    SlipsRoot(const std::filesystem::path& folder, const PlayOptions& options, const ModuleDescription& description,
              const std::string& password);

    /// Returns the evidence types that Slips' main process knows, after it has started: its evidence handler knows these,
    /// and ends at any other. Returns nullopt until then.
    std::optional<std::vector<std::string>> known_types() const;

    /// Returns the command that runs Slips' stand-in in the folder. It starts the module through its launcher, and stops it
    /// at SIGTERM, or when its standard input ends.
    std::vector<std::string> command(const Endpoint& main, const Endpoint& cache, const std::filesystem::path& output,
                                     const std::filesystem::path& stats, const std::string& slips_version) const;

private:
    std::filesystem::path known_types_file() const { return folder_ / "known_types.json"; }

    std::filesystem::path folder_;
    const PlayOptions& options_;
};

}  // namespace slipsdev
