// Prints a module's lines to the terminal and Slips' log files, by Slips' verbosity rules.
//
// Mirrors slips_files/core/output.py of Slips 1.1.21 and outputProcess.py of Slips 0.9.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "slips/detail/dialect.hpp"
#include "slips/generation.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/log_level.hpp"
#include "slips/share.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The destinations of a text.
struct PrintTargets {
    bool screen = false;  ///< standard output
    bool log = false;     ///< slips.log
    bool errors = false;  ///< errors.log

    friend bool operator==(const PrintTargets&, const PrintTargets&) = default;
};

/// Returns the destinations of a text by Slips' rule. `verbose` and `debug` are the levels of the text, 0..3 (others are
/// clamped); 0 means none, 1 is the most important. `verbosity` and `debugging` are the levels Slips was started with.
constexpr PrintTargets print_targets(int verbose, int debug, int verbosity, int debugging,
                                     const detail::Dialect& dialect) {
    verbose = std::clamp(verbose, 0, 3);
    debug = std::clamp(debug, 0, 3);
    PrintTargets to;
    to.screen = to.log = (verbose > 0 && verbose <= verbosity) || (debug > 0 && debug <= debugging);
    to.errors = debug == 1;
    if (debug == 1 && dialect.output == detail::Output::queue) to.log = true;
    return to;
}

/// Returns text that is safe for terminals and logs: control characters, and characters that are invisible or reverse the
/// text, become "\x1b". Modules print text from the network, and a hostname must not move the cursor or forge a line.
std::string screen_line(std::string_view text);

/// Writes lines: `[name] text` to the terminal, preceded by the time in files, with one write() for each line. In a module
/// started by Slips it passes them to the launcher, which prints them through Slips.
class Printer {
public:
    /// `[name] ` precedes each line, or `[name] (2/4) ` if the module runs as several processes. Until open_logs() or
    /// set_relay() is called, lines go to the terminal only.
    explicit Printer(const std::string& name, const Share& share = {})
        : prefix_("[" + name + (share.is_whole() ? "] " : "] (" + share.text() + ") ")) {}
    Printer(const Printer&) = delete;
    Printer& operator=(const Printer&) = delete;

    /// Returns what precedes each line.
    const std::string& prefix() const { return prefix_; }

    /// Sets the levels Slips was started with, 0..3; the defaults are 1 and 0.
    void set_levels(int verbosity, int debugging) { verbosity_ = verbosity, debugging_ = debugging; }
    /// Sets the dialect whose rules print() follows; the default is the newest.
    void set_dialect(const detail::Dialect& dialect) { dialect_ = &dialect; }

    /// Gets each line that has a destination, without the module's name.
    using Relay = std::function<void(std::string_view line, int verbose, int debug)>;
    void set_relay(Relay relay) { relay_ = std::move(relay); }  ///< passes all lines to `relay` from now on

    /// Opens Slips' log files for appending; they must be regular files named *.log, since the paths come from Redis and
    /// others may have written them. Relative paths start in `folder`; empty paths are skipped. Returns false and sets
    /// `error` if a file cannot be opened.
    bool open_logs(const std::string& log, const std::string& errors, std::string& error,
                   const std::string& folder = {}, detail::FollowLinks links = detail::FollowLinks::none);
    /// Buffers lines for the log files until open_logs(), up to 1 MiB for each.
    void buffer_logs() { buffers_ = true; }

    /// Prints the module's text.
    void print(std::string_view text, int verbose, int debug) const;

    /// Prints the module's text as Slips' own modules print text of this level: errors with debug 1; warnings as text of
    /// level 1 with "Warning", which Slips colours; what helps to find errors with debug 3, or what the dialect has instead.
    /// Errors and warnings of a module started by hand are always on the terminal, like those of the SDK.
    void log(LogLevel level, std::string_view text) const;

    /// Reports a line of the SDK to the user, on stderr and in errors.log, regardless of the levels. The launcher gets it as
    /// an error of level 1.
    void report(std::string_view text) const;

    /// Warns the user of how the module was started, on stderr and in slips.log. The launcher gets it as text of level 1:
    /// it is no error of this run.
    void warn(std::string_view text) const;

private:
    std::string stamped(std::string_view line) const;
    /// One of Slips' log files.
    struct Log {
        detail::OwnFd file{};
        std::string buffered{};
    };
    void append(Log& log, std::string_view line) const;

    std::string prefix_;
    Relay relay_{};
    int verbosity_ = 1;
    int debugging_ = 0;
    const detail::Dialect* dialect_ = &detail::dialect_of(Generation::current);
    bool buffers_ = false;
    mutable std::array<Log, 2> logs_{};  ///< slips.log and errors.log
};

// ---------------------------------------------------------------------------------------------------------

inline std::string screen_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        std::size_t bad = text[at] == '\t' ? 0 : detail::control_at(text, at);
        if (bad == 0) bad = detail::invisible_at(text, at);
        if (bad == 0) {
            out += text[at++];
            continue;
        }
        detail::append_escaped(out, text.substr(at, bad));
        at += bad;
    }
    return out;
}

namespace detail {

/// Calls `visit` for each line; a line break at the end begins no further one.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
    for (;;) {
        const std::size_t end = text.find('\n');
        visit(text.substr(0, end));
        if (end == std::string_view::npos || end + 1 == text.size()) return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace detail

inline bool Printer::open_logs(const std::string& log, const std::string& errors, std::string& error,
                               const std::string& folder, detail::FollowLinks links) {
    error.clear();
    buffers_ = false;
    for (const auto& [path, to] : {std::pair{&log, &logs_[0]}, std::pair{&errors, &logs_[1]}}) {
        const std::string buffered = std::exchange(to->buffered, {});
        if (path->empty() || to->file) continue;
        detail::FileProblem problem{0, "Slips' log files are named *.log"};  // do not write to other files
        const detail::Place place{*path, folder, links};
        if (path->ends_with(".log")) to->file = detail::open_regular(place, O_WRONLY | O_APPEND, problem);
        if (to->file) detail::write_all(to->file.get(), buffered);
        else error += (error.empty() ? "cannot write Slips' log file " : ", ") + place.name() + ": " + problem.text;
    }
    return error.empty();
}

inline void Printer::print(std::string_view text, int verbose, int debug) const {
    const PrintTargets to = print_targets(verbose, debug, verbosity_, debugging_, *dialect_);
    if (!to.screen && !to.log && !to.errors) return;
    detail::for_each_line(text, [&](std::string_view part) {
        const std::string shown = screen_line(part);
        if (relay_) return relay_(shown, std::clamp(verbose, 0, 3), std::clamp(debug, 0, 3));
        const std::string line = prefix_ + shown;
        if (to.screen) detail::write_all(STDOUT_FILENO, line + '\n');
        if (to.log) append(logs_[0], line);
        if (to.errors) append(logs_[1], line);
    });
}

inline void Printer::log(LogLevel level, std::string_view text) const {
    if (level == LogLevel::debug) return print(text, 0, dialect_->debug_level);
    if (level == LogLevel::error) return detail::for_each_line(text, [this](std::string_view line) { report(line); });
    const std::string warning = "Warning: " + std::string(text);
    detail::for_each_line(warning, [this](std::string_view line) { warn(line); });
}

inline void Printer::report(std::string_view text) const {
    if (relay_) return relay_(screen_line(text), 0, 1);
    const std::string line = prefix_ + screen_line(text);
    detail::write_all(STDERR_FILENO, line + '\n');
    append(logs_[1], line);
}

inline void Printer::warn(std::string_view text) const {
    if (relay_) return relay_(screen_line(text), 1, 0);
    const std::string line = prefix_ + screen_line(text);
    detail::write_all(STDERR_FILENO, line + '\n');
    append(logs_[0], line);
}

/// Ignores write errors: the module continues if the disk is full.
inline void Printer::append(Log& log, std::string_view line) const {
    constexpr std::size_t max_buffered = 1024 * 1024;
    if (log.file) detail::write_all(log.file.get(), stamped(line));
    else if (buffers_ && log.buffered.size() < max_buffered) log.buffered += stamped(line);
}

inline std::string Printer::stamped(std::string_view line) const {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    char time[48];
    if (dialect_->day_first) {
        std::strftime(time, sizeof time, "%d/%m/%Y-%H:%M:%S", &local);
    } else {
        const auto micros =
            std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
        const std::size_t length = std::strftime(time, sizeof time, "%Y/%m/%d %H:%M:%S", &local);
        std::snprintf(time + length, sizeof time - length, ".%06d", static_cast<int>(micros));
    }
    return time + std::string(" ") + std::string(line) + '\n';
}

}  // namespace slips::inline SLIPS_SDK_ABI
