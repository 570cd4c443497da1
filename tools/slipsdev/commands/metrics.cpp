#include "slipsdev/commands/metrics.hpp"

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/processes/signals.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/watch/export.hpp"
#include "slipsdev/watch/page_server.hpp"
#include "slipsdev/watch/report.hpp"
#include "slipsdev/watch/sampler.hpp"

namespace slipsdev {

const char* const metrics_help =
    R"(usage: slipsdev metrics [options]

Prints what slipsdev top shows in the text format of Prometheus. Values that this release of Slips does not count are
left out. What modules count and measure themselves is in slips_module_count_total and slips_module_value.

  --listen PORT                serve them at http://127.0.0.1:PORT/metrics until SIGTERM or Ctrl-C; 0: a free port. Redis is
                               asked at most once a second, however many clients there are. While Slips or its Redis is
                               not there, the only value is slips_up 0
  --redis-port PORT            the main Redis of Slips (6379)
  --redis-socket PATH          the same as a Unix socket
  --slips-dir DIR              find the Slips that runs in this folder, and its Redis' password
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD, else the one in --slips-dir

exit status: 0 success; 2 wrong usage; 3 Redis cannot be reached (without --listen), or PORT is in use
)";

namespace {

using Clock = std::chrono::steady_clock;

/// The page, made again at most once a second.
class Page {
public:
    Page(const RedisPlace& place, Terminal& terminal) : sampler_(place), terminal_(terminal) {}

    const std::string& text() {
        if (text_.empty() || Clock::now() - made_ >= std::chrono::seconds(1)) {
            text_ = make();
            made_ = Clock::now();
        }
        return text_;
    }

private:
    std::string make() {
        try {
            std::string text = to_prometheus(report_of(nullptr, sampler_.take()));
            trouble_.clear();
            return text;
        } catch (const std::runtime_error& error) {                                 // of Redis, or the way to it
            if (trouble_ != error.what()) terminal_.note(trouble_ = error.what());  // once
            return to_prometheus_down();
        }
    }

    Sampler sampler_;
    Terminal& terminal_;
    std::string text_{};
    std::string trouble_{};
    Clock::time_point made_{};
};

}  // namespace

MetricsOptions parse_metrics_options(const std::vector<std::string>& arguments) {
    MetricsOptions options;
    ArgumentReader reader(arguments);
    for (std::string option; reader.next(option);) {
        if (take_redis_place(option, reader, options.place)) continue;
        if (option != "--listen") throw UsageError("unknown option " + option + "; slipsdev metrics --help lists them");
        const std::string port = reader.value();
        options.port = port == "0" ? 0 : port_number(option, port);
    }
    if (!reader.rest().empty()) throw UsageError("slipsdev metrics starts no program; omit --");
    return options;
}

int metrics(const MetricsOptions& options, Terminal& terminal) {
    if (!options.port) {
        Sampler sampler(options.place);
        Sample sample = sampler.take();
        // Of many modules, not all are read for each sample. Names that come and go do not prolong it for ever.
        for (int more = 0; sample.unread > 0 && !sample.has_ended && more < 60; ++more) {
            sleep_milliseconds(1000);
            sample = sampler.take();
        }
        if (sample.unread > 0)
            terminal.note("the counters of " + std::to_string(sample.unread) + " modules are missing");
        const std::string text = to_prometheus(report_of(nullptr, sample));
        std::fwrite(text.data(), 1, text.size(), stdout);
        return exit_ok;
    }
    watch_signals();
    Page page(options.place, terminal);
    PageServer server(*options.port, [&page] { return page.text(); });
    terminal.note("serving http://127.0.0.1:" + std::to_string(server.port()) + "/metrics; Ctrl-C ends it");
    while (interruptions() == 0) server.serve(std::chrono::milliseconds(200));
    return exit_ok;
}

}  // namespace slipsdev
