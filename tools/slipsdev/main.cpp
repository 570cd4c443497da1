// slipsdev: the companion of module authors. Each command is a file in commands/.
#include <slips/impl/program/safe_file.hpp>
#include <slips/version.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "slipsdev/commands/check.hpp"
#include "slipsdev/commands/convert.hpp"
#include "slipsdev/commands/inspect.hpp"
#include "slipsdev/commands/metrics.hpp"
#include "slipsdev/commands/new_module.hpp"
#include "slipsdev/commands/options.hpp"
#include "slipsdev/commands/play.hpp"
#include "slipsdev/commands/record.hpp"
#include "slipsdev/commands/replay.hpp"
#include "slipsdev/commands/top.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/client.hpp"

namespace {

using Arguments = std::vector<std::string>;

const char* const general_help = R"(usage: slipsdev COMMAND [options]

  new      creates a module from the template
  play     stands in for Slips: sends flows to a module, judges its evidence, prints the alerts
  check    checks whether a module works with Slips, and names the remedy for each problem
  record   records the messages that a running Slips publishes
  replay   publishes recorded messages again, to a module or to Redis
  convert  writes a recording in the form of another release of Slips
  inspect  decodes recorded messages, or those of a running Slips, and reports their contents
  top      shows what a running Slips and its modules do: CPU, memory, messages, backlog
  metrics  prints or serves the same for Prometheus

slipsdev COMMAND --help describes a command; slipsdev --version prints the version.
)";

bool asks_for_help(const Arguments& arguments) {
    for (const std::string& argument : arguments) {
        if (argument == "--") return false;
        if (argument == "--help" || argument == "-h") return true;
    }
    return false;
}

/// Prints a command's help, or runs the command.
template <class Options>
int run(const char* help, Options (*parse)(const Arguments&), int (*work)(const Options&, slipsdev::Terminal&),
        const Arguments& arguments, slipsdev::Terminal& terminal) {
    if (asks_for_help(arguments)) {
        std::fputs(help, stdout);
        return slipsdev::exit_ok;
    }
    return work(parse(arguments), terminal);
}

int dispatch(const Arguments& arguments, slipsdev::Terminal& terminal) {
    if (arguments.empty()) {
        std::fputs(general_help, stderr);
        return slipsdev::exit_usage;
    }
    const std::string& command = arguments.front();
    if (command == "--help" || command == "-h") {
        std::fputs(general_help, stdout);
        return slipsdev::exit_ok;
    }
    if (command == "--version") {
        std::printf("slipsdev %s (Slips %s)\n", slips::sdk_version, slips::tested_slips_version);
        return slipsdev::exit_ok;
    }
    using namespace slipsdev;
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (command == "new") return run(new_help, parse_new_options, make_new_module, rest, terminal);
    if (command == "play") return run(play_help, parse_play_options, play, rest, terminal);
    if (command == "check") return run(check_help, parse_check_options, check, rest, terminal);
    if (command == "record") return run(record_help, parse_record_options, record, rest, terminal);
    if (command == "replay") return run(replay_help, parse_replay_options, replay, rest, terminal);
    if (command == "convert") return run(convert_help, parse_convert_options, convert, rest, terminal);
    if (command == "inspect") return run(inspect_help, parse_inspect_options, inspect, rest, terminal);
    if (command == "top") return run(top_help, parse_top_options, top, rest, terminal);
    if (command == "metrics") return run(metrics_help, parse_metrics_options, metrics, rest, terminal);
    throw UsageError("unknown command " + command + "; slipsdev --help lists them");
}

/// Returns the status of a command, or another one if its output was lost, as on a full disk.
int with_output(int status, slipsdev::Terminal& terminal) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    terminal.note("standard output cannot be written, and is incomplete: is the disk full?");
    return status == slipsdev::exit_ok ? slipsdev::exit_environment : status;
}

}  // namespace

int main(int argc, char** argv) {
    slips::detail::hold_standard_descriptors();
    slipsdev::set_own_name(argc > 0 ? argv[0] : nullptr);
    slipsdev::Terminal terminal;
    try {
        return with_output(dispatch(Arguments(argv + 1, argv + argc), terminal), terminal);
    } catch (const slipsdev::UsageError& error) {
        terminal.note(error.what());
        return slipsdev::exit_usage;
    } catch (const slipsdev::EnvironmentError& error) {
        terminal.note(error.what());
        return slipsdev::exit_environment;
    } catch (const slipsdev::RedisError& error) {
        terminal.note(error.what());
        return slipsdev::exit_environment;
    } catch (const std::exception& error) {
        terminal.note(std::string("unexpected: ") + error.what());
        return slipsdev::exit_fault;
    }
}
