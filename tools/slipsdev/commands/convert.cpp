#include "slipsdev/commands/convert.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/capture_writer.hpp"
#include "slipsdev/recordings/conversion.hpp"
#include "slipsdev/recordings/line_reader.hpp"

namespace slipsdev {

const char* const convert_help =
    R"(usage: slipsdev convert RECORDING --slips-version VERSION [--output FILE] [--strict]

Writes a recording in the form of another release of Slips, so that a module can be tested with the messages of a Slips
that nobody has recorded. RECORDING holds captured messages, {"channel": ..., "data": ...} a line, plain or gzipped, as
`slipsdev record` writes them, of any release; "-" is standard input.

  --slips-version VERSION      the release to convert to, from 0.9.0 to 1.1.22; a newer one is reported, and
                               written as the newest
  --generation current|legacy  the same for 1.1.22, or the Slips of June 2022
  --output FILE                must not exist; gzipped if its name ends with .gz (default: standard output)
  --strict                     exit status 1 if anything was lost

Each message is decoded as a module would, and written with the channel, the keys and the nesting of that release.
Absent fields are left out. What follows from other fields is computed: packets and bytes of one direction from both,
the end of a connection. States, labels, levels, and types and categories of evidence get the words of that release.

A table on standard error counts what was lost, by channel and field: fields and channels that the release does not
have, and keys that the SDK does not know. Channels for which the SDK has no type are copied unchanged, and reported.
Messages that control Slips (stop_process, control_channel, finished_modules) are copied unchanged; slipsdev replay
skips them. Messages that only the other release publishes are not made up.

exit status: 0 the recording was converted, also if something was lost, which the table shows; 1 a line or a message
could not be read, or, with --strict, something was lost; 2 wrong usage, or RECORDING is empty or another log; 3 a file
cannot be read or written
)";

namespace {

/// Writes lines to a file, or to standard output.
class Output {
public:
    explicit Output(const std::string& file) {
        if (!file.empty()) file_ = std::make_unique<CaptureWriter>(file);
    }
    void add(const std::string& line) {
        if (file_) {
            file_->add(line);
            file_->flush();
        } else if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
            fail();
        }
    }
    void close() {
        if (file_) file_->close();
        else if (std::fflush(stdout) != 0) fail();
    }

private:
    [[noreturn]] static void fail() {
        throw EnvironmentError(std::string("cannot write to standard output: ") + std::strerror(errno));
    }
    std::unique_ptr<CaptureWriter> file_{};
};

/// Throws UsageError if the first line shows that the file is another log.
void refuse_other_log(const LineReader& lines, const std::string& line) {
    const auto other = other_log(line);
    if (!other) return;
    throw UsageError(lines.path() +
                     (*other == OtherLog::eve
                          ? " is Suricata's eve.json, not a recording; give a file that slipsdev record wrote"
                          : " is a Zeek log, not a recording; slipsdev play --flows plays it as any release"));
}

/// Returns the table: a line for each channel and field, the counts right-aligned.
std::vector<std::string> table_of(const Conversion::Losses& losses) {
    std::size_t width = 5, channel_width = 7;
    for (const auto& [key, count] : losses) {
        width = std::max(width, std::to_string(count).size());
        channel_width = std::max(channel_width, std::min<std::size_t>(key.first.size(), 40));
    }
    const auto row = [&](std::string count, std::string channel, const std::string& what) {
        count.insert(0, width - count.size(), ' ');
        if (channel.size() < channel_width) channel.append(channel_width - channel.size(), ' ');
        return count + "  " + channel + "  " + what;
    };
    std::vector<std::string> lines{row("lost", "channel", "field")};
    for (const auto& [key, count] : losses) lines.push_back(row(std::to_string(count), key.first, key.second));
    return lines;
}

}  // namespace

ConvertOptions parse_convert_options(const std::vector<std::string>& arguments) {
    ConvertOptions options;
    bool has_target = false;
    const auto set_target = [&](const Release& release) {
        if (has_target) throw UsageError("--slips-version and --generation exclude each other, and are given once");
        options.target = release;
        has_target = true;
    };
    const auto add_file = [&](const std::string& file) {
        if (!options.file.empty()) throw UsageError("one recording at a time, not " + options.file + " and " + file);
        options.file = file;
    };
    ArgumentReader reader(arguments);
    for (std::string argument; reader.next(argument);) {
        if (argument == "--slips-version") set_target(*release_named(version_text(argument, reader.value())));
        else if (argument == "--generation") set_target(release_of(generation_named(argument, reader.value())));
        else if (argument == "--output") options.output = reader.value();
        else if (argument == "--strict") options.strict = true;
        else if (argument.starts_with("--"))
            throw UsageError("unknown option " + argument + "; slipsdev convert --help lists them");
        else add_file(argument);
    }
    for (const std::string& file : reader.rest()) add_file(file);
    if (options.file.empty()) throw UsageError("no recording: give a file that slipsdev record wrote");
    if (!has_target) throw UsageError("--slips-version is missing: the release to convert to");
    return options;
}

int convert(const ConvertOptions& options, Terminal& terminal) {
    if (const auto newer = note_about_newer(options.target, "converted")) terminal.note(*newer);
    LineReader lines(options.file);
    std::unique_ptr<Output> output;
    Conversion conversion(options.target);
    std::size_t messages = 0, written = 0, unreadable = 0;
    std::string origin;
    for (std::string line; lines.next(line);) {
        if (lines.number() == 1) refuse_other_log(lines, line);
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (!output) output = std::make_unique<Output>(options.output);
        std::string why = lines.too_long();
        const auto message = why.empty() ? read_capture_line(line, why) : std::nullopt;
        if (!message) {
            ++unreadable;
            terminal.note(lines.path() + ":" + std::to_string(lines.number()) + ": " +
                          (lines.has_end() ? why : "the file is cut off in this line"));
            continue;
        }
        ++messages;
        if (origin.empty()) {
            if (const auto shown = origin_of(*message))
                origin = shown->slips_version.empty() ? std::string(name_of(shown->generation)) + " Slips"
                                                      : "Slips " + shown->slips_version;
        }
        if (const auto converted = conversion.convert(*message)) {
            output->add(capture_line(*converted));
            ++written;
        }
    }
    if (!output) throw UsageError(lines.path() + " is empty: give a file that slipsdev record wrote");
    output->close();
    terminal.note(std::to_string(messages) + " messages of " + (origin.empty() ? "Slips" : origin) + ", " +
                  std::to_string(written) + " written as Slips " + options.target.text + " publishes them" +
                  (conversion.lost().empty() ? "; nothing was lost" : ""));
    if (!conversion.lost().empty())
        for (const std::string& line : table_of(conversion.lost())) terminal.note(line);
    if (!lines.cut().empty()) {
        terminal.note(lines.path() + ":" + std::to_string(lines.number()) + ": " + lines.cut() +
                      "; the rest is missing");
        return exit_environment;
    }
    const bool has_fault = unreadable + conversion.undecodable() > 0;
    return has_fault || (options.strict && !conversion.lost().empty()) ? exit_fault : exit_ok;
}

}  // namespace slipsdev
