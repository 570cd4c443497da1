// Command lines: reading them, and the options of `slipsdev play`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/recordings/pace.hpp"
#include "slipsdev/releases/release.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

/// Reads a command line up to "--", after which another program's begins.
class ArgumentReader {
public:
    explicit ArgumentReader(const std::vector<std::string>& arguments) : arguments_(arguments) {}

    /// Reads the next argument. Returns false if there is none before "--".
    bool next(std::string& argument);
    /// Returns the value of the option read last. Throws UsageError when there is none.
    std::string value();
    /// Returns the arguments after "--".
    std::vector<std::string> rest() const;

private:
    const std::vector<std::string>& arguments_;
    std::size_t at_ = 0;
};

/// Parse values of options. They throw UsageError, which names the option.
Generation generation_named(const std::string& option, const std::string& name);
int port_number(const std::string& option, const std::string& text);
std::string version_text(const std::string& option, const std::string& text);
double positive_number(const std::string& option, const std::string& text);

struct PlayOptions {
    Generation generation = Generation::current;
    std::string slips_version{};  ///< takes precedence over the generation; empty: not given
    std::vector<std::string> flows;
    std::string output;
    bool register_types = true;
    std::optional<double> rate;  ///< messages per second
    bool as_recorded = false;    ///< messages with the time differences of the recording
    bool unix_socket = false;
    bool launcher = false;      ///< start the module as Slips does
    int copies = 1;             ///< processes as which the launcher runs the module
    std::string loader{};       ///< main or child: which process of Slips imports the module; empty: main
    bool closed_names = false;  ///< Slips has a closed list of module names
    bool password = false;      ///< both redis-servers require one
    std::string keep_cache{};   ///< a folder for the cache database, which the next run finds again; empty: not kept
    bool live_update = false;   ///< a second Slips works in the same Redis
    double window_width = 3600;
    bool has_width = false;            ///< --width was given
    std::string config{};              ///< a configuration file of Slips; empty: none
    Json sections = Json::object();    ///< its contents, {section: {key: value}}; see with_config()
    double start_timeout = 10;         ///< seconds for --describe, and until it has subscribed
    std::string stop_timeout;          ///< passed on unchanged; "": the module's default
    std::vector<std::string> program;  ///< and its arguments

    /// Returns the Slips that is played.
    Release release() const { return slips_version.empty() ? release_of(generation) : *release_named(slips_version); }
};

/// Reads an option that `slipsdev replay` also has: all but --generation and --flows. Returns false for others.
bool take_play_option(const std::string& option, ArgumentReader& reader, PlayOptions& options);
/// Returns when its messages are due.
Pace pace_of(const PlayOptions& options);
/// Checks whether the options go together. Throws UsageError.
void check_play_options(const PlayOptions& options);

/// Parses the arguments of `slipsdev play`. Throws UsageError.
PlayOptions parse_play_options(const std::vector<std::string>& arguments);

/// The text of `slipsdev play --help`.
extern const char* const play_help;

}  // namespace slipsdev
