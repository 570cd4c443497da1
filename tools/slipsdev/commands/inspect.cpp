#include "slipsdev/commands/inspect.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/processes/signals.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/line_reader.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/redis/client.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {

const char* const inspect_help =
    R"(usage: slipsdev inspect [options] FILE...
       slipsdev inspect [options] --redis-port PORT

Decodes messages of Slips as a module would, and prints for each channel and kind how many were decoded, which fields
were absent and how often, and which keys the SDK does not know (msg.json() has them). Messages that fail are listed
first, one line each.

  FILE...                      captured messages, {"channel": ..., "data": ...} a line, plain or gzipped; "-" is
                               standard input
  --redis-port PORT            receive from a running Slips instead, until Ctrl-C; or find it by
  --redis-socket PATH, --slips-dir DIR
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else the one in --slips-dir
  --seconds N                  for N seconds
  --generation current|legacy  which Slips published them; else each message shows it

A module receives channels without a type in on(const slips::RawMessage&) once it calls subscribe().

exit status: 0 all messages were decoded; 1 some failed; 2 wrong usage, or a file is empty or another log;
3 a file or Redis cannot be read to its end
)";

namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

class Inspector {
public:
    Inspector(const InspectOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal), report_(options.generation) {}

    int run() {
        for (const std::string& file : options_.files) {
            try {
                read(file);
            } catch (const EnvironmentError& error) {  // the other files are still read
                terminal_.note(error.what());
                status_ = exit_environment;
            } catch (const UsageError& error) {
                unusable(error.what());
            }
        }
        if (options_.place.is_given()) listen();
        for (const std::string& line : report_.lines()) terminal_.result(line);
        terminal_.result(std::to_string(report_.messages()) + " messages: " + std::to_string(report_.decoded()) +
                         " decoded, " + std::to_string(report_.untyped()) + " without a type, " +
                         std::to_string(report_.control()) + " that control Slips, " +
                         std::to_string(report_.failed() + invalid_lines_) + " failed");
        if (status_ == exit_ok && report_.failed() + invalid_lines_ > 0) return exit_fault;
        return status_;
    }

private:
    void line(const LineReader& lines, std::string_view text) {
        if (lines.number() == 1) {
            if (const auto other = other_log(text))
                throw UsageError(lines.path() +
                                 (*other == OtherLog::eve
                                      ? " is Suricata's eve.json, not a recording; give a file that "
                                        "slipsdev record wrote"
                                      : " is a Zeek log, not a recording; slipsdev play --flows reads it"));
        }
        std::string why = lines.too_long();
        if (!why.empty()) {
            ++invalid_lines_;
            return terminal_.result(place(lines.path(), lines.number()) + why);
        }
        if (is_blank(text)) return;
        if (const auto message = read_capture_line(text, why)) return add(lines.path(), lines.number(), *message);
        ++invalid_lines_;
        if (!lines.has_end()) why = "the file is cut off in this line";
        // The parser's line number: it got only one line.
        if (const std::size_t at = why.find("parse error at line 1, "); at != std::string::npos) why.erase(at, 23);
        terminal_.result(place(lines.path(), lines.number()) + why);
    }

    void unusable(const std::string& what) {
        terminal_.note(what);
        if (status_ == exit_ok) status_ = exit_usage;
    }

    void add(const std::string& where, std::size_t number, const CapturedMessage& message) {
        if (const auto why = report_.add(message))
            terminal_.result(place(where, number) + message.channel + ": " + *why);
    }

    static std::string place(const std::string& where, std::size_t number) {
        return where + ":" + std::to_string(number) + ": ";
    }

    void read(const std::string& file) {
        std::error_code error;
        if (!file.starts_with("/dev/") &&
            std::filesystem::is_fifo(file, error))  // /dev/fd/N is a pipe of the shell, which has a writer
            terminal_.note(file + " is a pipe: reading until its writer ends; Ctrl-C ends it");
        LineReader lines(file);
        bool is_empty = true;
        for (std::string text; lines.next(text);) {
            is_empty = is_empty && is_blank(text) && lines.too_long().empty();
            line(lines, text);
        }
        if (is_empty && lines.cut().empty())
            unusable(lines.path() + " is empty: give a file that slipsdev record wrote");
        if (lines.cut().empty()) return;
        terminal_.note(lines.path() + ":" + std::to_string(lines.number()) + ": " + lines.cut() +
                       "; the rest is missing");
        status_ = exit_environment;
    }

    void listen() {
        using Clock = std::chrono::steady_clock;
        watch_signals();
        const Endpoint endpoint = endpoint_at(options_.place);
        Bus bus(endpoint, {});
        terminal_.note("receiving from " + name_of(endpoint) +
                       (options_.seconds ? "" : "; Ctrl-C ends it and prints the report"));
        std::size_t number = 0;
        const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds.value_or(1e9));
        try {
            while (interruptions() == 0 && Clock::now() < end)
                bus.listen(50, [&](CapturedMessage&& message) { add(name_of(endpoint), ++number, message); });
        } catch (const RedisError& error) {  // Slips ends its Redis when it ends
            terminal_.note(error.what());
        }
    }

    const InspectOptions& options_;
    Terminal& terminal_;
    MessageReport report_;
    std::size_t invalid_lines_ = 0;  ///< lines that are not messages
    int status_ = exit_ok;
};

}  // namespace

InspectOptions parse_inspect_options(const std::vector<std::string>& arguments) {
    InspectOptions options;
    ArgumentReader reader(arguments);
    for (std::string argument; reader.next(argument);) {
        if (take_redis_place(argument, reader, options.place)) continue;
        if (argument == "--generation") options.generation = generation_named(argument, reader.value());
        else if (argument == "--seconds") options.seconds = positive_number(argument, reader.value());
        else if (argument.starts_with("--"))
            throw UsageError("unknown option " + argument + "; slipsdev inspect --help lists them");
        else options.files.push_back(argument);
    }
    for (const std::string& file : reader.rest()) options.files.push_back(file);
    const bool live = options.place.is_given();
    if (options.files.empty() == !live)
        throw UsageError(live ? "files or Redis, not both" : "no messages: give a file, or --redis-port");
    if (!options.place.password_file.empty() && !live) throw UsageError("--redis-password-file requires --redis-port");
    if (options.seconds && !live) throw UsageError("--seconds requires --redis-port");
    return options;
}

int inspect(const InspectOptions& options, Terminal& terminal) { return Inspector(options, terminal).run(); }

}  // namespace slipsdev
