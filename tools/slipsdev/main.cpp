// slipsdev: the companion of who writes a module for Slips. Each sub-command is a room of its own.
#include <slips/version.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "check.hpp"
#include "errors.hpp"
#include "inspect.hpp"
#include "options.hpp"
#include "play.hpp"
#include "redis_client.hpp"
#include "terminal.hpp"

namespace {

using Arguments = std::vector<std::string>;

const char* const general_help = R"(usage: slipsdev COMMAND [options]

  play     stands in for Slips: sends flows to a module, judges its evidence, prints the alerts
  check    the doctor: do a module and a Slips fit together, and what is to be done where they do not
  inspect  decodes captured messages, or those of a running Slips, and says what they hold

slipsdev COMMAND --help tells more; slipsdev --version tells the version.
)";

bool asks_for_help(const Arguments& arguments) {
    for (const std::string& argument : arguments) {
        if (argument == "--") return false;
        if (argument == "--help" || argument == "-h") return true;
    }
    return false;
}

int run_play(const Arguments& arguments, slipsdev::Terminal& terminal) {
    if (asks_for_help(arguments)) {
        std::fputs(slipsdev::play_help, stdout);
        return slipsdev::exit_ok;
    }
    return slipsdev::play(slipsdev::parse_play_options(arguments), terminal);
}

int run_check(const Arguments& arguments, slipsdev::Terminal& terminal) {
    if (asks_for_help(arguments)) {
        std::fputs(slipsdev::check_help, stdout);
        return slipsdev::exit_ok;
    }
    return slipsdev::check(slipsdev::parse_check_options(arguments), terminal);
}

int run_inspect(const Arguments& arguments, slipsdev::Terminal& terminal) {
    if (asks_for_help(arguments)) {
        std::fputs(slipsdev::inspect_help, stdout);
        return slipsdev::exit_ok;
    }
    return slipsdev::inspect(slipsdev::parse_inspect_options(arguments), terminal);
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
    if (command == "check") return run_check({arguments.begin() + 1, arguments.end()}, terminal);
    if (command == "inspect") return run_inspect({arguments.begin() + 1, arguments.end()}, terminal);
    if (command == "play") return run_play({arguments.begin() + 1, arguments.end()}, terminal);
    throw slipsdev::UsageError("unknown command " + command + "; slipsdev --help lists them");
}

}  // namespace

int main(int argc, char** argv) {
    slipsdev::Terminal terminal;
    try {
        return dispatch(Arguments(argv + 1, argv + argc), terminal);
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
