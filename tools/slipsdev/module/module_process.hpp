// The module under test: its description and its process.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/client.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// The output of `PROGRAM --describe`.
struct ModuleDescription {
    struct EvidenceType {
        std::string current;
        std::string legacy;
    };
    std::string text;  ///< the output itself
    std::string name;
    std::vector<std::string> channels;  ///< without those that init() subscribes to
    std::vector<EvidenceType> evidence_types;
    std::vector<Json> settings{};  ///< {"name": ..., "type": ..., "min": ...}; empty if the module declares none
    bool needs_root = false;
    std::string sdk;        ///< the version of the SDK it was built with
    std::string version{};  ///< of the module; empty if it has none
};

/// Runs `PROGRAM --describe`. Throws EnvironmentError if it fails, does not print a description, or takes longer than the
/// limit.
ModuleDescription describe_module(const std::vector<std::string>& program, std::chrono::milliseconds limit,
                                  Cleanup& cleanup, Terminal& terminal);

/// Parses the output of --describe. Throws EnvironmentError.
ModuleDescription read_description(const std::string& text, const std::string& program);

/// Returns the command line that starts the module. With --slips-version, `place` is Slips' folder, which shows the module
/// everything else; otherwise Slips' configuration file.
std::vector<std::string> module_command(const PlayOptions& options, const std::filesystem::path& place,
                                        const Endpoint& main, const Endpoint& cache,
                                        const std::filesystem::path& output, const std::filesystem::path& stats,
                                        const std::vector<std::string>& registered_types);

class ModuleProcess {
public:
    ModuleProcess(const Launch& launch, Cleanup& cleanup) : process_(launch, cleanup) {}

    ChildProcess& process() { return process_; }

    /// Also passes each line to `copy`.
    using Copy = std::function<void(std::string_view line, bool is_error)>;
    void copy_to(Copy copy) { copy_ = std::move(copy); }

    /// From now on, lines name the file `shown` where the module names `path`, a copy of it.
    void show(const std::filesystem::path& path, const std::string& shown) {
        path_ = path.string();
        shown_ = shown;
    }

    /// Returns the handler or hook that the module has reported last as one that has not returned; "" if there is none.
    const std::string& running_call() const { return running_call_; }

    /// Passes on the lines written since the last call.
    void relay(Terminal& terminal);
    /// Passes on the remaining output, also without a line break.
    void relay_rest(Terminal& terminal);

private:
    void pass_on(std::string_view line, bool is_error, Terminal& terminal);

    ChildProcess process_;
    std::string out_text_;
    std::string err_text_;
    Copy copy_{};
    std::string path_{}, shown_{};  ///< of show()
    std::string running_call_{};
};

}  // namespace slipsdev
