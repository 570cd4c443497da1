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

Decodes messages of Slips as a module would, and prints for each channel and kind how many decoded, which fields were
absent and how often, and which keys no table has (they are readable by msg.json()). Messages that fail come first, one
line each.

  FILE...                      captured messages, {"channel": ..., "data": ...} a line, plain or gzipped; "-" is
                               standard input
  --redis-port PORT            listen to a running Slips instead, until Ctrl-C; or where else it is found:
  --redis-socket PATH, --slips-dir DIR
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else what --slips-dir has
  --seconds N                  so long
  --generation current|legacy  which Slips it was; else each message tells

Channels without a type come to on(const slips::RawMessage&) when a module calls subscribe().

exit status: 0 all messages decoded; 1 some did not; 2 wrong usage; 3 a file or Redis cannot be read, or not to its end
)";

namespace {

class Inspector {
public:
    Inspector(const InspectOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal), report_(options.generation) {}

    int run() {
        for (const std::string& file : options_.files) {
            try {
                read(file);
            } catch (const EnvironmentError& error) {  // the others have their say
                terminal_.note(error.what());
                status_ = exit_environment;
            }
        }
        if (options_.place.is_told()) listen();
        for (const std::string& line : report_.lines()) terminal_.result(line);
        terminal_.result(std::to_string(report_.messages()) + " messages: " + std::to_string(report_.decoded()) +
                         " decoded, " + std::to_string(report_.untyped()) + " without a type, " +
                         std::to_string(report_.steering()) + " that steer, " +
                         std::to_string(report_.failed() + no_messages_) + " failed");
        if (status_ == exit_ok && report_.failed() + no_messages_ > 0) return exit_fault;
        return status_;
    }

private:
    void line(const LineReader& lines, std::string_view text) {
        std::string why = lines.too_long();
        if (!why.empty()) {
            ++no_messages_;
            return terminal_.result(place(lines.path(), lines.number()) + why);
        }
        if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
        if (const auto message = read_capture_line(text, why)) return add(lines.path(), lines.number(), *message);
        ++no_messages_;
        if (!lines.has_end()) why = "the file is cut off in this line";
        // The parser counts lines as well, and has seen one only.
        if (const std::size_t at = why.find("parse error at line 1, "); at != std::string::npos) why.erase(at, 23);
        terminal_.result(place(lines.path(), lines.number()) + why);
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
        if (!file.starts_with("/dev/") && std::filesystem::is_fifo(file, error))  // one of the shell's has its writer
            terminal_.note(file + " is a pipe: reading until who writes it ends; Ctrl-C ends it");
        LineReader lines(file);
        bool is_empty = true;
        for (std::string text; lines.next(text);) {
            is_empty = false;
            line(lines, text);
        }
        if (is_empty && lines.cut().empty()) terminal_.note(lines.path() + " is empty");
        if (lines.cut().empty()) return;
        terminal_.note(lines.path() + ":" + std::to_string(lines.number()) + ": " + lines.cut() +
                       ", what followed is missing");
        status_ = exit_environment;
    }

    void listen() {
        using Clock = std::chrono::steady_clock;
        watch_signals();
        const Endpoint endpoint = endpoint_at(options_.place);
        Bus bus(endpoint, {});
        terminal_.note("listening to " + name_of(endpoint) +
                       (options_.seconds ? "" : "; Ctrl-C ends it and prints the report"));
        std::size_t number = 0;
        const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds.value_or(1e9));
        try {
            while (interruptions() == 0 && Clock::now() < end)
                bus.listen(50, [&](CapturedMessage&& message) { add(name_of(endpoint), ++number, message); });
        } catch (const RedisError& error) {  // Slips ends its Redis at the end
            terminal_.note(error.what());
        }
    }

    const InspectOptions& options_;
    Terminal& terminal_;
    MessageReport report_;
    std::size_t no_messages_ = 0;  ///< lines that are none
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
    const bool live = options.place.is_told();
    if (options.files.empty() == !live)
        throw UsageError(live ? "files or a Redis, not both" : "which messages? Name a file, or --redis-port");
    if (!options.place.password_file.empty() && !live) throw UsageError("--redis-password-file goes with --redis-port");
    if (options.seconds && !live) throw UsageError("--seconds goes with --redis-port");
    return options;
}

int inspect(const InspectOptions& options, Terminal& terminal) { return Inspector(options, terminal).run(); }

}  // namespace slipsdev
