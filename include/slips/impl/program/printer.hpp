// What a module says, and where it goes: Slips' verbosity rules, its log files, the terminal.
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

#include "slips/generation.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Which places a text goes to.
struct PrintTargets {
    bool screen = false;  ///< standard output
    bool log = false;     ///< slips.log
    bool errors = false;  ///< errors.log

    friend bool operator==(const PrintTargets&, const PrintTargets&) = default;
};

/// Slips' rule. `verbose` and `debug` are the text's levels, 0..3 (others are clamped): 0 says nothing, 1 is the
/// most important. `verbosity` and `debugging` are what Slips was started with.
constexpr PrintTargets print_targets(int verbose, int debug, int verbosity, int debugging, Generation generation) {
    verbose = std::clamp(verbose, 0, 3);
    debug = std::clamp(debug, 0, 3);
    PrintTargets to;
    to.screen = to.log = (verbose > 0 && verbose <= verbosity) || (debug > 0 && debug <= debugging);
    to.errors = debug == 1;
    if (debug == 1 && generation == Generation::legacy) to.log = true;
    return to;
}

/// Returns a line for a screen and a log: control characters, and those that are invisible or reverse the text, become
/// "\x1b". What a module prints often comes from the network, and a hostname must neither move a cursor nor forge a line.
std::string screen_line(std::string_view text);

/// Writes lines: `[name] text` on the screen, with the time before it in files. One write a line. In a module that Slips
/// started it hands them to the launcher, through which Slips prints.
class Printer {
public:
    /// `name` stands before each line. Until open_logs() or set_relay() all goes to the screen.
    explicit Printer(std::string name) : name_(std::move(name)) {}
    Printer(const Printer&) = delete;
    Printer& operator=(const Printer&) = delete;

    /// What Slips was started with, 0..3; 1 and 0 until told.
    void set_levels(int verbosity, int debugging) { verbosity_ = verbosity, debugging_ = debugging; }
    /// Whose rule print() follows; current until told.
    void set_generation(Generation generation) { generation_ = generation; }

    /// Everything that is to be seen anywhere goes here from now on, a line at a time, without the name before it.
    using Relay = std::function<void(std::string_view line, int verbose, int debug)>;
    void set_relay(Relay relay) { relay_ = std::move(relay); }  ///< see Relay

    /// Opens Slips' log files for appending: regular files called *.log. Their names come from
    /// Redis, where others may have written them; relative ones begin in `folder`. Empty: no such file. False: `error` has
    /// which, and why.
    bool open_logs(const std::string& log, const std::string& errors, std::string& error, const std::string& folder = {},
                   detail::FollowLinks links = detail::FollowLinks::none);
    /// Until open_logs() keeps what is for the log files, up to a megabyte for each.
    void keep_for_logs() { keeps_ = true; }

    /// What an author prints.
    void print(std::string_view text, int verbose, int debug) const;

    /// What the SDK itself has to say to whoever runs the module: stderr and errors.log, whatever the levels. By way of
    /// the launcher it is an error of level 1.
    void report(std::string_view text) const;

private:
    std::string stamped(std::string_view line) const;
    /// One of Slips' log files.
    struct Log {
        detail::OwnFd file{};
        std::string kept{};
    };
    void log(Log& log, std::string_view line) const;

    std::string name_;
    Relay relay_{};
    int verbosity_ = 1;
    int debugging_ = 0;
    Generation generation_ = Generation::current;
    bool keeps_ = false;
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

inline bool Printer::open_logs(const std::string& log, const std::string& errors, std::string& error,
                               const std::string& folder, detail::FollowLinks links) {
    error.clear();
    keeps_ = false;
    for (const auto& [path, to] : {std::pair{&log, &logs_[0]}, std::pair{&errors, &logs_[1]}}) {
        const std::string kept = std::exchange(to->kept, {});
        if (path->empty() || to->file) continue;
        detail::FileProblem problem{0, "Slips' log files are called *.log"};  // and no other file shall get lines
        const detail::Place place{*path, folder, links};
        if (path->ends_with(".log")) to->file = detail::open_regular(place, O_WRONLY | O_APPEND, problem);
        if (to->file) detail::write_all(to->file.get(), kept);
        else error += (error.empty() ? "cannot write Slips' log file " : "; nor ") + place.name() + ": " + problem.text;
    }
    return error.empty();
}

inline void Printer::print(std::string_view text, int verbose, int debug) const {
    const PrintTargets to = print_targets(verbose, debug, verbosity_, debugging_, generation_);
    if (!to.screen && !to.log && !to.errors) return;
    for (;;) {  // a line each
        const std::size_t end = text.find('\n');
        const std::string words = screen_line(text.substr(0, end));
        if (relay_) {
            relay_(words, std::clamp(verbose, 0, 3), std::clamp(debug, 0, 3));
        } else {
            const std::string line = "[" + name_ + "] " + words;
            if (to.screen) detail::write_all(STDOUT_FILENO, line + '\n');
            if (to.log) this->log(logs_[0], line);
            if (to.errors) this->log(logs_[1], line);
        }
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
        if (text.empty()) return;
    }
}

inline void Printer::report(std::string_view text) const {
    if (relay_) return relay_(screen_line(text), 0, 1);
    const std::string line = "[" + name_ + "] " + screen_line(text);
    detail::write_all(STDERR_FILENO, line + '\n');
    log(logs_[1], line);
}

/// A full disk or a closed terminal: a module goes on without its words.
inline void Printer::log(Log& log, std::string_view line) const {
    constexpr std::size_t most = 1024 * 1024;
    if (log.file) detail::write_all(log.file.get(), stamped(line));
    else if (keeps_ && log.kept.size() < most) log.kept += stamped(line);
}

inline std::string Printer::stamped(std::string_view line) const {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    char time[48];
    if (generation_ == Generation::legacy) {
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
