// The module under play: what it says of itself, and its process.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// What `PROGRAM --describe` tells.
struct ModuleDescription {
    struct EvidenceType {
        std::string current;
        std::string legacy;
    };
    std::string text;  ///< as it was told
    std::string name;
    std::vector<std::string> channels;
    std::vector<EvidenceType> evidence_types;
    bool needs_root = false;
    std::string sdk;  ///< the version of the SDK it was built with

    bool hears(std::string_view channel) const;
};

/// Asks the program. Throws EnvironmentError when it does not answer as a module does.
ModuleDescription describe_module(const std::vector<std::string>& program, Cleanup& cleanup,
                                  Terminal& terminal);

/// Reads the text of --describe. Throws EnvironmentError.
ModuleDescription read_description(const std::string& text, const std::string& program);

/// The command line that starts it. `config`: the file that Slips is configured with.
std::vector<std::string> module_command(const PlayOptions& options, const std::filesystem::path& config,
                                        const Endpoint& main, const Endpoint& cache,
                                        const std::filesystem::path& output, const std::filesystem::path& stats,
                                        const std::vector<std::string>& registered_types);

class ModuleProcess {
public:
    ModuleProcess(const Launch& launch, Cleanup& cleanup) : process_(launch, cleanup) {}

    ChildProcess& process() { return process_; }

    /// Passes on the lines it has written since the last time.
    void relay(Terminal& terminal);
    /// Passes on what is left, with or without a line's end.
    void relay_rest(Terminal& terminal);

private:
    ChildProcess process_;
    std::string out_text_;
    std::string err_text_;
};

}  // namespace slipsdev
