#include "slipsdev/commands/top.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/processes/signals.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/watch/export.hpp"
#include "slipsdev/watch/report.hpp"
#include "slipsdev/watch/sampler.hpp"
#include "slipsdev/watch/screen.hpp"
#include "slipsdev/watch/table.hpp"

namespace slipsdev {

const char* const top_help =
    R"(usage: slipsdev top [options]

Shows a running Slips and its modules, Python and native, once a second: for each module its CPU, memory, messages per
second, backlog (messages published but not received), evidence per second and state; for Slips its input, flows,
evidence, alerts and time windows; for Redis its load. A row is highlighted, and says why, if its module is behind.
It writes nothing, and sends less than 50 commands a second. What a release of Slips does not count is "n/a".

  --redis-port PORT            the main Redis of Slips (6379)
  --redis-socket PATH          the same as a Unix socket
  --slips-dir DIR              find the Slips that runs in this folder, and its Redis' password
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else the one in --slips-dir
  --once                       print one table, of two samples, and exit; of more than 36 modules, of more samples
  --json                       print the same as JSON, and exit
  --interval SECONDS           time between samples, 1 or more (default 1)

Keys: q quits; up, down, page up and page down select a module, whose channels and metrics are shown below; b, c, m, r,
e, n sort by backlog, CPU, memory, received messages, evidence and name; h explains the columns.

exit status: 0 success; 1 no Slips runs in this Redis (--once, --json); 2 wrong usage, or no terminal without --once;
3 Redis cannot be reached (--once, --json), or slipsdev was built without ncurses (without --once); 130 interrupted
)";

namespace {

/// Waits, but not longer than until the user interrupts.
void wait_seconds(double seconds) {
    for (double left = seconds; left > 0 && interruptions() == 0; left -= 0.05)
        sleep_milliseconds(static_cast<int>(std::ceil(std::min(left, 0.05) * 1000)));
}

/// Returns the width for a table on standard output: the terminal's, or one that has all columns.
std::size_t output_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 160;
}

int print_once(const TopOptions& options, Terminal& terminal) {
    watch_signals();
    Sampler sampler(options.place);
    const Sample before = sampler.take();
    const auto has_ended = [&] {
        terminal.note("no Slips runs in the Redis at " + sampler.where() + ": it has ended");
        return exit_fault;
    };
    if (before.has_ended) return has_ended();
    if (!before.is_running) {
        terminal.note("no Slips runs in the Redis at " + sampler.where() + ": it has stored no PIDs there");
        return exit_fault;
    }
    wait_seconds(options.interval);
    if (interruptions() > 0) return exit_interrupted;
    Sample now = sampler.take();
    // Of many modules, not all are read for each sample. Names that come and go do not prolong it for ever.
    for (int more = 0; now.unrated > 0 && !now.has_ended && more < 60; ++more) {
        wait_seconds(1);
        if (interruptions() > 0) return exit_interrupted;
        now = sampler.take();
    }
    if (now.has_ended || !now.is_running) return has_ended();
    const Report report = report_of(&before, now);
    if (options.json) {
        terminal.result(to_json(report).dump(-1, ' ', true, Json::error_handler_t::replace));
        return exit_ok;
    }
    View view{.width = output_width(), .where = sampler.where()};
    for (const Line& line : lines_of(report, view)) {
        std::string text = text_of(line);
        text.erase(text.find_last_not_of(' ') + 1);
        terminal.result(text);
    }
    return exit_ok;
}

}  // namespace

TopOptions parse_top_options(const std::vector<std::string>& arguments) {
    TopOptions options;
    ArgumentReader reader(arguments);
    for (std::string option; reader.next(option);) {
        if (take_redis_place(option, reader, options.place)) continue;
        if (option == "--once") options.once = true;
        else if (option == "--json") options.json = options.once = true;
        else if (option == "--interval") options.interval = positive_number(option, reader.value());
        else throw UsageError("unknown option " + option + "; slipsdev top --help lists them");
    }
    if (!reader.rest().empty()) throw UsageError("slipsdev top starts no program; omit --");
    if (options.interval < 1 || options.interval > 3600)
        throw UsageError("--interval: give 1 to 3600 seconds; more samples would burden Slips' Redis");
    return options;
}

int top(const TopOptions& options, Terminal& terminal) {
    if (options.once) return print_once(options, terminal);
    if (!has_screen())
        throw EnvironmentError(
            "this slipsdev was built without ncurses (Debian: libncurses-dev): use slipsdev top --once");
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
        throw UsageError("slipsdev top needs a terminal; --once prints a table, --json the same for programs");
    Sampler sampler(options.place);
    watch_signals();
    return show_screen(sampler, options.interval);
}

}  // namespace slipsdev
