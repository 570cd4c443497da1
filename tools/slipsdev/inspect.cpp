#include "inspect.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string_view>

#include "errors.hpp"
#include "message_report.hpp"
#include "options.hpp"
#include "process.hpp"
#include "python_json.hpp"
#include "redis_client.hpp"
#include "signals.hpp"

namespace slipsdev {

const char* const inspect_help =
    R"(usage: slipsdev inspect [options] FILE...
       slipsdev inspect [options] --redis-port PORT

Decodes messages of Slips as a module would, and prints for each channel and kind how many decoded, which fields were
absent and how often, and which keys no table has (they are readable by msg.json()). Messages that fail come first, one
line each.

  FILE...                      captured messages, {"channel": ..., "data": ...} a line, also gzipped (*.gz)
  --redis-port PORT            listen to a running Slips instead, until Ctrl-C
  --seconds N                  so long
  --generation current|legacy  which Slips it was; else each message tells

Channels without a type come to on(const slips::RawMessage&) when a module calls subscribe().

exit status: 0 all messages decoded; 1 some did not; 2 wrong usage; 3 a file or Redis cannot be read
)";

namespace {

class Inspector {
public:
    Inspector(const InspectOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal), report_(options.generation) {}

    int run() {
        for (const std::string& file : options_.files) {
            number_ = 0;
            if (file.ends_with(".gz")) read_gzipped(file);
            else read(file);
        }
        if (options_.redis_port) listen(*options_.redis_port);
        std::string text = report_.text();
        for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
            terminal_.result(std::string_view(text).substr(0, end));
        terminal_.result(std::to_string(report_.messages()) + " messages: " + std::to_string(report_.decoded()) +
                         " decoded, " + std::to_string(report_.untyped()) + " without a type, " +
                         std::to_string(report_.steering()) + " that steer, " +
                         std::to_string(report_.failed() + no_messages_) + " failed");
        return report_.failed() + no_messages_ == 0 ? exit_ok : exit_fault;
    }

private:
    void line(const std::string& where, std::string_view line) {
        ++number_;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
        std::string why;
        if (const auto message = read_capture_line(line, why)) return add(where, *message);
        ++no_messages_;
        terminal_.result(place(where) + why);
    }

    void add(const std::string& where, const CapturedMessage& message) {
        if (const auto why = report_.add(message)) terminal_.result(place(where) + message.channel + ": " + *why);
    }

    std::string place(const std::string& where) const { return where + ":" + std::to_string(number_) + ": "; }

    void read(const std::string& file) {
        std::ifstream lines(file, std::ios::binary);
        if (!lines) throw EnvironmentError("cannot read " + file);
        for (std::string text; std::getline(lines, text);) line(file, text);
        if (lines.bad()) throw EnvironmentError("cannot read " + file);
    }

    /// By gzip itself: no library more for a companion.
    void read_gzipped(const std::string& file) {
        const auto gzip = find_program("gzip");
        if (!gzip) throw EnvironmentError("there is no gzip to read " + file + " with; install it, or unpack the file");
        Undertaker undertaker;
        ChildProcess process({*gzip, "-dc", "--", file}, ChildProcess::Output::pipe, undertaker);
        std::string rest;
        std::string complaint;
        while (process.out() >= 0 || process.err() >= 0) {
            std::array<pollfd, 2> waiting{{{process.out(), POLLIN, 0}, {process.err(), POLLIN, 0}}};
            ::poll(waiting.data(), waiting.size(), -1);
            if (process.out() >= 0 && !take(process.out(), rest)) process.close_out();
            if (process.err() >= 0 && !take(process.err(), complaint)) process.close_err();
            std::size_t begin = 0;
            for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1)
                line(file, std::string_view(rest).substr(begin, end - begin));
            rest.erase(0, begin);
        }
        if (!rest.empty()) line(file, rest);
        while (!process.ending()) sleep_milliseconds(1);
        if (process.ending()->good()) return;
        while (complaint.ends_with('\n')) complaint.pop_back();
        throw EnvironmentError("cannot read " + file + ": " + (complaint.empty() ? process.ending()->text() : complaint));
    }

    /// What has come. False: no more will.
    static bool take(int fd, std::string& text) {
        std::array<char, 65536> bytes;
        const ssize_t count = ::read(fd, bytes.data(), bytes.size());
        if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
    }

    void listen(int port) {
        using Clock = std::chrono::steady_clock;
        watch_signals();
        RedisClient redis({port, {}}, 0, std::chrono::seconds(5));
        redis.append({"PSUBSCRIBE", "*"});
        redis.next_reply();
        terminal_.note("listening to port " + std::to_string(port) +
                       (options_.seconds ? "" : "; Ctrl-C ends it and prints the report"));
        const std::string where = "port " + std::to_string(port);
        number_ = 0;
        const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds.value_or(1e9));
        while (interruptions() == 0 && Clock::now() < end) {
            pollfd waiting{redis.fd(), POLLIN, 0};
            ::poll(&waiting, 1, 50);
            std::vector<Reply> arrived;
            try {
                arrived = redis.arrived();
            } catch (const RedisError& error) {  // Slips ends its Redis at the end
                terminal_.note(error.what());
                return;
            }
            for (const Reply& reply : arrived) {
                if (reply.elements.size() != 4 || reply.elements[0].text != "pmessage") continue;
                ++number_;
                add(where, {reply.elements[2].text, reply.elements[3].text});
            }
        }
    }

    const InspectOptions& options_;
    Terminal& terminal_;
    MessageReport report_;
    std::size_t number_ = 0;       ///< of the line, or of the message
    std::size_t no_messages_ = 0;  ///< lines that are none
};

}  // namespace

InspectOptions parse_inspect_options(const std::vector<std::string>& arguments) {
    InspectOptions options;
    std::size_t at = 0;
    const auto value_of = [&](const std::string& option) {
        if (at + 1 >= arguments.size()) throw UsageError(option + " needs a value");
        return arguments[++at];
    };
    for (; at < arguments.size(); ++at) {
        const std::string& argument = arguments[at];
        if (argument == "--generation") {
            options.generation = generation_named(argument, value_of(argument));
        } else if (argument == "--redis-port") {
            const std::string text = value_of(argument);
            const auto port = python_int(text);
            if (!port || *port < 1 || *port > 65535) throw UsageError("--redis-port: " + text + " is no port");
            options.redis_port = static_cast<int>(*port);
        } else if (argument == "--seconds") {
            const std::string text = value_of(argument);
            const auto seconds = python_float(text);
            if (!seconds || !(*seconds > 0 && *seconds < 1e9)) throw UsageError("--seconds: " + text + " is no time");
            options.seconds = *seconds;
        } else if (argument.starts_with("--")) {
            throw UsageError("unknown option " + argument + "; slipsdev inspect --help lists them");
        } else {
            options.files.push_back(argument);
        }
    }
    if (options.files.empty() == !options.redis_port.has_value())
        throw UsageError(options.redis_port ? "files or --redis-port, not both" : "which messages? Name a file, or --redis-port");
    if (options.seconds && !options.redis_port) throw UsageError("--seconds goes with --redis-port");
    return options;
}

int inspect(const InspectOptions& options, Terminal& terminal) { return Inspector(options, terminal).run(); }

}  // namespace slipsdev
