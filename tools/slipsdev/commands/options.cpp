#include "slipsdev/commands/options.hpp"

#include <unistd.h>

#include <slips/share.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

const char* const play_help =
    R"(usage: slipsdev play [options] --flows FILE... --output DIR -- PROGRAM [ARGUMENT...]

Stands in for Slips: starts two private redis-servers (the main one and the cache) and the module PROGRAM, sends the
flows to the module, judges its evidence by the rules of Slips, prints the lines of alerts.log, and stops the module.

  --slips-version VERSION      which Slips, from 0.9.0 to 1.1.22: its database, folder, messages and rules; a newer
                               one is reported, and played like the newest. The module gets --slips-dir, to find out
                               the rest by itself
  --generation current|legacy  1.1.22 (current, the default) or the Slips of June 2022 (legacy); the module gets this
                               option, too
  --flows FILE...              Zeek logs, as JSON lines or TSV with their #fields header, or captured messages,
                               {"channel": ..., "data": ...} a line, which are published unchanged; plain or gzipped. A
                               folder's *.log files are played together, in the order of time; "-" is standard input.
                               conn, dns, http, ssl, ssh, notice, smtp, weird, tunnel, dhcp, files, arp, software and
                               login logs become the messages that the chosen Slips publishes of them; others are
                               skipped, and so are those of which it publishes none
  --output DIR                 for alerts.log (in DIR/alerts/ since 1.1.20), evidence.jsonl, summary.json,
                               stats.json (the module's own), slips.log (what the module prints, and its errors, as
                               Slips writes it with -e 1) and errors.log (its errors; only with --launcher also those
                               of print(), which a module started by hand prints like other text)
  --rate N                     N flows a second (default: as fast as the module reads them)
  --no-register                do not register the evidence types that the module declares (current)
  --width SECONDS|only_one_tw  width of the time windows (default 3600)
  --config FILE                Slips' configuration, which the module gets, with its own section: a slips.conf (a name
                               that ends in .conf) before 1.1, else a slips.yaml or JSON. The width in it
                               (parameters.time_window_width) is that of the time windows; --width must not contradict
                               it, and is added to a file that has none. Nothing else in it changes what play does
  --launcher                   start the module as Slips does: through its launcher, a Python file, which relays its
                               output and stops it (needs python3)
  --copies N                   with --launcher: installed as N processes, 1 to 64, which share the profiles; each writes
                               its statistics, stats.json.1 and so on
  --keep-cache DIR             keep the cache database, which holds the modules' stores, in DIR/cache.rdb: the next run
                               with DIR finds what this one has stored, however this one ends
  --unix                       Unix sockets instead of ports of 127.0.0.1
  --start-timeout SECONDS      how long the module may take to answer --describe, and to subscribe (default 10)
  --stop-timeout SECONDS       passed on to the module

Conditions of newer versions of Slips, all with current Slips:

  --loader main|child          with --launcher: Slips imports the module in its main process (main, the default), or
                               only in the process that it starts for the module (child)
  --closed-names               with --launcher: Slips starts only modules whose names are in its closed list
  --password                   both redis-servers require a password, which Slips stores in permanent/redis_auth.conf;
                               without --launcher the module gets it as SLIPS_REDIS_PASSWORD
  --live-update                with --launcher: a second Slips of another version publishes its own copies of the flow
                               messages, and takes over half-way; only evidence of the first version is accepted

PROGRAM runs with `--describe` first. Then it gets, after its own arguments:
  with --slips-version  --slips-dir (a folder with the version, the configuration and the port, which also --redis-port
                        gets if such Slips writes none), and with --config FILE also --config
  without               --redis-host, --redis-port, --generation, and --config (a file with the width and what FILE
                        contains)
  always                --cache-port, --output, --stats, --debug 1 unless PROGRAM has --debug, and where they apply
                        --register, --registered-types and --stop-timeout; with --unix --redis-socket and
                        --cache-socket instead of host and ports
With --launcher, Slips' launcher chooses the arguments. Options that slipsdev sets are refused after PROGRAM. The
module's output is printed after "  | ".

The summary, on the last line and in summary.json, counts:
  sent          flow messages: one for each line of a log that Slips would publish; http.log makes new_http and
                new_url. Other messages (new_ip, new_profile, tw_modified, tw_closed, new_alert) are not counted. Of
                a capture: the messages on channels that the module subscribes to.
  received      how many of them the module received, by its own statistics
  accepted      evidence that Slips would have logged
  refused       evidence that would have ended a process of Slips, or that the module itself refused
  deduplicated  repeats that legacy stores and does not publish
  lost          messages sent but not received; evidence accepted by the module but not acknowledged, or published
                but not received
  not decoded   messages that the module could not decode; summary.json: "undecodable"
  of another version  messages that the module skipped, as Slips does, because another version of Slips published
                them: a recording replayed as the wrong release; summary.json: "other_version"
  exceptions    of the module's handlers, hooks, timers and posted functions, by its own statistics. After PROGRAM,
                --strict ends the module at the first one

exit status: 0 success; 1 something was refused, lost, not decoded or of another version, the module's code threw,
another fault was found, or the module crashed or did not stop (slipsdev kills it, and names the handler or hook that
did not return); 2 wrong usage or input, also if a file is cut off, if most of its lines cannot be used, or if Slips
publishes nothing of the logs given, or nothing that PROGRAM subscribes to; 3 a program is missing, PROGRAM cannot be
started or described, or a result cannot be written; 130 interrupted
)";

bool ArgumentReader::next(std::string& argument) {
    if (at_ == arguments_.size() || arguments_[at_] == "--") return false;
    argument = arguments_[at_++];
    return true;
}

std::string ArgumentReader::value() {
    const std::string option = arguments_[at_ - 1];
    std::string value;
    if (!next(value)) throw UsageError(option + " needs a value");
    return value;
}

std::vector<std::string> ArgumentReader::rest() const {
    if (at_ == arguments_.size()) return {};
    return {arguments_.begin() + static_cast<std::ptrdiff_t>(at_) + 1, arguments_.end()};
}

Generation generation_named(const std::string& option, const std::string& name) {
    if (name != "current" && name != "legacy")
        throw UsageError(option + ": " + name + " is neither current nor legacy");
    return name == "current" ? Generation::current : Generation::legacy;
}

int port_number(const std::string& option, const std::string& text) {
    const auto port = python_int(text);
    if (!port || *port < 1 || *port > 65535) throw UsageError(option + ": " + text + " is not a port, 1..65535");
    return static_cast<int>(*port);
}

std::string version_text(const std::string& option, const std::string& text) {
    if (release_named(text)) return text.substr(text.starts_with('v') ? 1 : 0);
    throw UsageError(option + ": " + text + " is not a version of Slips, 0.9.0 to 1.1.22");
}

double positive_number(const std::string& option, const std::string& text) {
    const auto number = python_float(text);
    if (!number || !(*number > 0) || *number > only_one_window) {
        throw UsageError(option + ": " + text + " is not a positive number");
    }
    return *number;
}

bool take_play_option(const std::string& option, ArgumentReader& reader, PlayOptions& options) {
    if (option == "--output") {
        options.output = reader.value();
    } else if (option == "--rate") {
        options.rate = positive_number(option, reader.value());
    } else if (option == "--width") {
        const std::string text = reader.value();
        options.window_width = text == width_text(only_one_window) ? only_one_window : positive_number(option, text);
        options.has_width = true;
    } else if (option == "--config") {
        options.config = reader.value();
    } else if (option == "--slips-version") {
        options.slips_version = version_text(option, reader.value());
    } else if (option == "--stop-timeout") {
        options.stop_timeout = reader.value();
        positive_number(option, options.stop_timeout);
    } else if (option == "--start-timeout") {
        options.start_timeout = positive_number(option, reader.value());
    } else if (option == "--no-register") {
        options.register_types = false;
    } else if (option == "--launcher") {
        options.launcher = true;
    } else if (option == "--copies") {
        const std::string text = reader.value();
        const auto copies = python_int(text);
        if (!copies || *copies < 1 || *copies > slips::Share::most)
            throw UsageError("--copies: " + text + " is not a number, 1 to " + std::to_string(slips::Share::most));
        options.copies = static_cast<int>(*copies);
    } else if (option == "--unix") {
        options.unix_socket = true;
    } else if (option == "--keep-cache") {
        options.keep_cache = reader.value();
    } else if (option == "--loader") {
        options.loader = reader.value();
        if (options.loader != "main" && options.loader != "child")
            throw UsageError("--loader: " + options.loader + " is neither main nor child");
    } else if (option == "--closed-names") {
        options.closed_names = true;
    } else if (option == "--password") {
        options.password = true;
    } else if (option == "--live-update") {
        options.live_update = true;
    } else {
        return false;
    }
    return true;
}

Pace pace_of(const PlayOptions& options) {
    if (options.rate) return Pace::at_rate(*options.rate);
    return options.as_recorded ? Pace::as_recorded() : Pace::at_once();
}

namespace {

/// Throws UsageError if the module's own arguments contain an option that slipsdev sets, and that would be overridden.
void check_module_options(const std::vector<std::string>& program) {
    std::size_t first = 1;  // options before the last program are those of an interpreter or a wrapper
    for (std::size_t at = first; at < program.size(); ++at) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(program[at], ignored) && ::access(program[at].c_str(), X_OK) == 0)
            first = at + 1;
    }
    for (std::size_t at = first; at < program.size(); ++at) {
        const std::string option = program[at].substr(0, program[at].find('='));
        const std::string problem = option + " after PROGRAM: slipsdev sets it";
        if (option == "--stats") throw UsageError(problem + "; the statistics are in stats.json of --output");
        if (option == "--slips-dir")
            throw UsageError(problem + "; --slips-version before -- chooses the Slips of that folder");
        if (option.starts_with("--redis-") || option.starts_with("--cache-"))
            throw UsageError(problem + ", for a private Redis; --unix and --password before -- choose its kind");
        for (const char* own : {"--config", "--output", "--generation", "--slips-version"})
            if (option == own) throw UsageError(problem + "; give " + option + " before --");
    }
}

}  // namespace

void check_play_options(const PlayOptions& options) {
    const std::string newer = !options.loader.empty() ? "--loader"
                              : options.closed_names  ? "--closed-names"
                              : options.live_update   ? "--live-update"
                                                      : "";
    const std::string condition = options.password && newer.empty() ? "--password" : newer;
    if (!condition.empty() && options.slips_version.empty() && options.generation == Generation::legacy)
        throw UsageError(condition + " requires --generation current: legacy Slips has no such feature");
    if (!condition.empty() && !options.release().evidence.stamp)
        throw UsageError(condition + " requires --slips-version 1.1.20 or newer: Slips " + options.slips_version +
                         " has no such feature");
    if (!newer.empty() && !options.launcher)
        throw UsageError(newer + " requires --launcher: it concerns only modules that Slips starts");
    if (options.copies != 1 && !options.launcher)
        throw UsageError("--copies requires --launcher, which starts them; by hand they are started with --share 1/2…");
    if (options.launcher && options.unix_socket)
        throw UsageError("--launcher and --unix exclude each other: Slips passes a port to its modules");
    if (options.launcher && !options.register_types)
        throw UsageError("--launcher and --no-register exclude each other: the launcher registers the types");
    if (options.program.empty()) throw UsageError("no module: give its program after --");
    check_module_options(options.program);
    if (options.output.empty()) throw UsageError("--output is missing: a folder for the results");
}

PlayOptions parse_play_options(const std::vector<std::string>& arguments) {
    PlayOptions options;
    ArgumentReader reader(arguments);
    bool takes_flows = false;
    for (std::string argument; reader.next(argument);) {
        const bool is_option = argument.starts_with("--");
        if (takes_flows && !is_option) {
            options.flows.push_back(argument);
            continue;
        }
        takes_flows = argument == "--flows";
        if (takes_flows) options.flows.push_back(reader.value());
        else if (argument == "--generation") options.generation = generation_named(argument, reader.value());
        else if (!take_play_option(argument, reader, options))
            throw UsageError("unknown option " + argument + "; slipsdev play --help lists them");
    }
    options.program = reader.rest();
    if (options.flows.empty() && !options.program.empty())
        throw UsageError("--flows is missing: a Zeek log, a folder of them, or a capture");
    check_play_options(options);
    return options;
}

}  // namespace slipsdev
