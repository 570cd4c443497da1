#include "slipsdev/commands/record.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "slipsdev/processes/signals.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/capture_writer.hpp"
#include "slipsdev/recordings/line_reader.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

const char* const record_help =
    R"(usage: slipsdev record [options] --output FILE

Records the messages published in the Redis of a running Slips, for `slipsdev replay`, `play` and `inspect`: a line
{"channel": ..., "data": ..., "time": ...} for each message, with its exact text and the time of its arrival in seconds
since the epoch. Slips is not affected: it counts subscribers of channels, but not of patterns, which are used here.

  --output FILE                the recording, gzipped if FILE ends with .gz; it must not exist yet
  --redis-port PORT            the main Redis of Slips (6379)
  --redis-socket PATH          the same as a Unix socket
  --slips-dir DIR              find the Slips that runs in this folder, and its Redis' password
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else the one in --slips-dir
  --channel NAME               only this channel; may be repeated
  --max-size SIZE              stop before the lines exceed this size, uncompressed: bytes, or with k, M or G (of 1024)
  --max-time SECONDS           stop after this time

It stops at a limit, at Ctrl-C or SIGTERM, and when Redis ends. The recording can always be read up to the last whole
line; if a gzipped recording is killed, the last second may be missing. Bytes that are not UTF-8, which Slips
does not publish, become U+FFFD, and are reported. The counts are printed on standard output, or on standard error if
FILE is standard output.

exit status: 0 recorded; 1 no message was published, or the last ones are missing; 2 wrong usage;
3 Redis cannot be reached, or writing FILE failed
)";

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds last_wait{1};  // for messages that Redis has not delivered at the end

class Recorder {
public:
    Recorder(const RecordOptions& options, Terminal& terminal)
        : options_(options), terminal_(terminal), endpoint_(endpoint_at(options.place)) {}

    int run() {
        watch_signals();
        const auto start = Clock::now();
        auto bus = std::make_unique<Bus>(endpoint_, options_.channels);
        std::error_code ignored;
        if (!options_.output.starts_with("/dev/") && std::filesystem::is_fifo(options_.output, ignored))
            terminal_.note(options_.output + " is a pipe: recording begins when a program reads it");
        CaptureWriter file(options_.output);
        terminal_.note("recording " + what() + " of " + name_of(endpoint_) + "; Ctrl-C ends it");
        int status = exit_ok;
        try {
            while (bus && !full_ && interruptions() == 0) {
                const double left = seconds_left(start);
                if (left <= 0) break;
                listen(bus, file, static_cast<int>(std::clamp(std::ceil(left * 1000), 1.0, 200.0)));
                terminal_.progress(progress(start), std::to_string(messages_) + " messages");
            }
            if (bus && !full_) finish(*bus, file);
            file.close();
        } catch (const EnvironmentError& error) {
            terminal_.note(error.what());
            status = exit_environment;
        }
        report(std::chrono::duration<double>(Clock::now() - start).count());
        if (status == exit_ok && messages_ == 0)
            terminal_.note("nothing was recorded: no message was published on " + what() + " of " + name_of(endpoint_) +
                           "; check that Slips runs there, and --channel");
        return status == exit_ok && (messages_ == 0 || !is_complete_) ? exit_fault : status;
    }

private:
    struct Channel {
        std::uint64_t messages = 0;
        std::uint64_t replaced = 0;  ///< those with bytes that are not UTF-8
        std::uint64_t too_long = 0;  ///< those whose line slipsdev does not read
    };

    std::string what() const {
        std::string text;
        for (const std::string& channel : options_.channels) text += (text.empty() ? "" : ", ") + channel;
        return text.empty() ? "all channels" : text;
    }

    double seconds_left(Clock::time_point start) const {
        if (!options_.max_time) return 1;
        return *options_.max_time - std::chrono::duration<double>(Clock::now() - start).count();
    }

    double progress(Clock::time_point start) const {
        const double time = options_.max_time ? 1 - seconds_left(start) / *options_.max_time : 0;
        const double size =
            options_.max_size ? static_cast<double>(bytes_) / static_cast<double>(*options_.max_size) : 0;
        return std::max(time, size);
    }

    void listen(std::unique_ptr<Bus>& bus, CaptureWriter& file, int milliseconds) {
        try {
            bus->listen(milliseconds, [&](CapturedMessage&& message) { take(message, file); });
            file.flush();
        } catch (const RedisError&) {
            bus = reconnected();
        }
    }

    /// Records the messages published until now.
    void finish(Bus& bus, CaptureWriter& file) {
        bool all = false;
        try {
            all = bus.finish(last_wait, [&](CapturedMessage&& message) { take(message, file); });
        } catch (const RedisError&) {
        }
        is_complete_ = all || full_;
        if (!is_complete_) terminal_.note("Redis did not deliver all its messages in time; the last ones are missing");
    }

    void take(const CapturedMessage& message, CaptureWriter& file) {
        if (full_) return;
        const std::string line = capture_line(message);
        if (options_.max_size && bytes_ + line.size() > *options_.max_size) {
            full_ = true;
            return;
        }
        file.add(line);
        bytes_ += line.size();
        ++messages_;
        Channel& channel = channels_[counted_name(channels_, message.channel)];
        ++channel.messages;
        if (line.size() > LineReader::longest_line) ++channel.too_long;
        else if (!is_unchanged(message, line)) ++channel.replaced;
    }

    /// Returns whether the message can be read back unchanged. Only text beyond ASCII may not.
    static bool is_unchanged(const CapturedMessage& message, const std::string& line) {
        const auto is_ascii = [](const std::string& text) {
            return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        };
        if (is_ascii(message.channel) && is_ascii(message.data)) return true;
        std::string why;
        const auto back = read_capture_line(line, why);
        return back && back->channel == message.channel && back->data == message.data;
    }

    /// Connects again if Redis cut the connection, and reports the gap. Returns null if Redis has ended.
    std::unique_ptr<Bus> reconnected() {
        const Micros lost = now();
        try {
            auto bus = std::make_unique<Bus>(endpoint_, options_.channels);
            const std::string gap = "gap after line " + std::to_string(messages_) + ": the connection broke at " +
                                    format_time(lost, "%Y-%m-%d %H:%M:%S", local_offset(lost)) +
                                    "; messages published until the reconnect are missing";
            terminal_.note(gap);
            ++gaps_;
            return bus;
        } catch (const RedisError&) {
            terminal_.note("Redis has ended");
            return nullptr;
        }
    }

    void report(double seconds) {
        if (full_) terminal_.note("the recording has reached --max-size");
        for (const auto& [name, channel] : channels_) {
            std::string line = name + ": " + std::to_string(channel.messages);
            if (channel.replaced > 0)
                line += ", " + std::to_string(channel.replaced) + " with bytes that are not UTF-8, stored as U+FFFD";
            if (channel.too_long > 0)
                line +=
                    ", " + std::to_string(channel.too_long) + " too long to be read by slipsdev: skipped in a replay";
            print(line);
        }
        print(std::to_string(messages_) + " messages, " + std::to_string(bytes_) + " bytes, " + std::to_string(gaps_) +
              (gaps_ == 1 ? " gap, " : " gaps, ") + format_seconds(seconds) + " s: " + options_.output);
    }

    /// On standard output, unless that is the recording.
    void print(const std::string& line) {
        struct stat output {
        }, standard{};
        const bool are_known = ::stat(options_.output.c_str(), &output) == 0 && ::fstat(STDOUT_FILENO, &standard) == 0;
        const bool are_one = output.st_dev == standard.st_dev && output.st_ino == standard.st_ino;
        if (are_known && are_one) terminal_.note(line);
        else terminal_.result(line);
    }

    static std::string format_seconds(double seconds) { return python_repr(std::round(seconds * 10) / 10); }

    const RecordOptions& options_;
    Terminal& terminal_;
    const Endpoint endpoint_;
    std::map<std::string, Channel> channels_{};
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t gaps_ = 0;
    bool full_ = false;
    bool is_complete_ = true;  ///< Redis delivered all that was published until the end
};

std::uint64_t size_named(const std::string& option, const std::string& text) {
    constexpr std::string_view units = "kMG";
    const std::size_t unit = text.empty() ? std::string_view::npos : units.find(text.back() == 'K' ? 'k' : text.back());
    const bool has_unit = unit != std::string_view::npos;
    const auto number = python_int(text.substr(0, text.size() - (has_unit ? 1 : 0)));
    if (!number || *number < 1 || *number > (1LL << 32))
        throw UsageError(option + ": " + text + " is not a size; write bytes, or 100k, 10M, 1G");
    return static_cast<std::uint64_t>(*number) << (has_unit ? 10 * (unit + 1) : 0);
}

}  // namespace

RecordOptions parse_record_options(const std::vector<std::string>& arguments) {
    RecordOptions options;
    ArgumentReader reader(arguments);
    for (std::string option; reader.next(option);) {
        if (take_redis_place(option, reader, options.place)) continue;
        if (option == "--channel") {
            const std::string channel = reader.value();
            if (std::find(options.channels.begin(), options.channels.end(), channel) == options.channels.end())
                options.channels.push_back(channel);
        } else if (option == "--output") {
            options.output = reader.value();
        } else if (option == "--max-size") {
            options.max_size = size_named(option, reader.value());
        } else if (option == "--max-time") {
            options.max_time = positive_number(option, reader.value());
        } else {
            throw UsageError("unknown option " + option + "; slipsdev record --help lists them");
        }
    }
    if (!reader.rest().empty()) throw UsageError("slipsdev record starts no program; omit --");
    if (options.output.empty()) throw UsageError("--output is missing: the file to write, .jsonl or .jsonl.gz");
    return options;
}

int record(const RecordOptions& options, Terminal& terminal) { return Recorder(options, terminal).run(); }

}  // namespace slipsdev
