#include "slipsdev/commands/replay.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "slipsdev/commands/play.hpp"
#include "slipsdev/flows/flow_source.hpp"
#include "slipsdev/processes/programs.hpp"
#include "slipsdev/processes/signals.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/message_report.hpp"
#include "slipsdev/recordings/publishable.hpp"
#include "slipsdev/redis/pipeline.hpp"

namespace slipsdev {

const char* const replay_help =
    R"(usage: slipsdev replay [options] --output DIR FILE... -- PROGRAM [ARGUMENT...]
       slipsdev replay [options] --redis-port PORT FILE...

Publishes captured messages again: to a module PROGRAM, standing in for Slips as `slipsdev play` does, or in Redis.
FILE... are captures, {"channel": ..., "data": ...} a line, plain or gzipped, as `slipsdev record` writes them. "-" is
standard input.

  --slips-version VERSION, --generation current|legacy
                               the Slips that published them; else the files show it
  (no option)                  with the time differences of the recording; messages without a time follow at once
  --rate N                     N messages a second
  --fast                       as fast as they are read

To a module, as described by `slipsdev play --help`, with the same results and summary:

  --output DIR                 for alerts.log, evidence.jsonl, summary.json, stats.json...
  --no-register, --width, --config, --launcher, --keep-cache, --unix, --start-timeout, --stop-timeout, --loader,
  --closed-names, --password, --live-update

In Redis, it only publishes:

  --redis-port PORT, --redis-socket PATH
  --redis-password-file FILE   holds Redis' password; else SLIPS_REDIS_PASSWORD
  --force                      also if somebody subscribes to evidence_added, as a running Slips does

Messages that control Slips (stop_process, control_channel, finished_modules) are skipped. In Redis, so are
new_blocking, from which Slips makes firewall rules, and remove_old_files, by which it deletes files. In Redis, each
message that would end a process of Slips is refused and reported with its line: malformed ones, and evidence that Slips
cannot process. A subscriber that does not read is waited for, up to a minute.

exit status: 0 success; 1 something was refused, lost, not decoded or of another version, another fault was found, or
the module crashed; 2 wrong usage or input, also if FILE is cut off, if most of its lines were skipped, or if it has
no message that may be sent, or that PROGRAM subscribes to; 3 a program is missing, Redis does not answer, or PROGRAM
cannot be started or described; 130 interrupted
)";

namespace {

using Clock = std::chrono::steady_clock;

/// Returns the origin that the files show. Throws UsageError if a file holds no messages, or the files disagree.
Origin origin_of_files(const ReplayOptions& options, const std::vector<FlowFile>& files) {
    std::optional<Origin> found;
    for (const FlowFile& file : files) {
        const std::string& path = file.path;
        if (file.kind == FlowFile::Kind::zeek_log)
            throw UsageError(path + ": its first line is not a captured message; use slipsdev play for a Zeek log");
        if (!file.origin || (options.generation && file.origin->generation != *options.generation)) continue;
        if (found && found->generation != file.origin->generation)
            throw UsageError(path + ": messages of " + std::string(name_of(file.origin->generation)) +
                             " Slips, unlike the files "
                             "before; replay them separately");
        if (!found || found->slips_version.empty()) found = file.origin;
    }
    if (!found) found = Origin{options.generation.value_or(Generation::current), {}};
    if (!options.play.slips_version.empty()) found->slips_version = options.play.slips_version;
    return *found;
}

/// Returns what Slips does to the machine because of a message on this channel; "" if nothing lasting.
std::string effect_of(const std::string& channel) {
    if (channel == "new_blocking") return "Slips makes firewall rules from it";
    if (channel == "remove_old_files") return "Slips deletes the files that it names";
    return "";
}

class Publisher {
public:
    Publisher(const ReplayOptions& options, std::vector<FlowFile> files, const Origin& origin, Pace pace,
              Terminal& terminal)
        : options_(options), origin_(origin), pace_(pace), terminal_(terminal),
          source_(std::move(files), origin.generation), endpoint_(endpoint_at(options.place)),
          client_(connect_to(endpoint_)), pipeline_(client_) {}

    int run() {
        watch_signals();
        const Reply listeners = client_.command({"PUBSUB", "NUMSUB", "evidence_added"});
        if (!options_.force && listeners.items.size() == 2 && listeners.items[1].integer > 0)
            throw UsageError("somebody subscribes to evidence_added at " + name_of(endpoint_) +
                             ", as a running Slips does, "
                             "which would process these messages as its own; --force publishes them anyway");
        auto line = source_.next();
        while (line && interruptions() == 0) {
            Pace::Seconds wait{0};
            while (line && interruptions() == 0 && !pipeline_.is_full() &&
                   (wait = pace_.wait(Clock::now(), line->message.time, line->first_of_file)) <= Pace::Seconds(0)) {
                send(line->message);
                line = source_.next();
            }
            pipeline_.flush();
            terminal_.progress(source_.progress(), std::to_string(published_) + " messages");
            if (!hold_back()) break;
            if (line && wait > Pace::Seconds(0))
                sleep_milliseconds(static_cast<int>(std::clamp(std::ceil(wait.count() * 1000), 1.0, 100.0)));
        }
        return conclude();
    }

private:
    void send(const CapturedMessage& message) {
        const std::string effect = effect_of(message.channel);
        if (!effect.empty()) return source_.leave_out(message.channel + ": " + effect);
        if (const auto harm = harm_of(message, origin_.generation, origin_.slips_version)) {
            ++refused_;
            terminal_.note("refused: " + source_.place() + ": " + message.channel + ": " + *harm);
            return;
        }
        pipeline_.publish(message.channel, message.data, true);
        pace_.sent();
        ++published_;
        ++channels_[counted_name(channels_, message.channel)];
    }

    /// Waits for slow subscribers, because Redis disconnects those with too much to read. Returns false if one has stalled.
    bool hold_back() {
        bool reported = false;
        const auto stall = pipeline_.hold_back([&](Pipeline::Stall unread) {
            if (!reported && unread > std::chrono::seconds(3)) {
                reported = true;
                terminal_.note("a subscriber does not read, so publishing pauses until it does; Ctrl-C ends it");
            }
            sleep_milliseconds(5);
            return interruptions() == 0;
        });
        if (stall < Pipeline::patience) return true;
        terminal_.note("a subscriber has read nothing for " + std::to_string(Pipeline::patience.count()) +
                       " seconds: it hangs; the remaining messages were not published");
        is_stalled_ = true;
        return false;
    }

    int conclude() {
        for (const std::string& line : source_.skip_report()) terminal_.note(line);
        for (const auto& [channel, count] : channels_) terminal_.result(channel + ": " + std::to_string(count));
        terminal_.result(std::to_string(published_) + " published, " + std::to_string(pipeline_.delivered()) +
                         " of them received, " + std::to_string(refused_) + " refused, " +
                         std::to_string(source_.skipped()) + " skipped");
        if (interruptions() > 0) return exit_interrupted;
        if (refused_ > 0 || is_stalled_) return exit_fault;
        if (const auto fault = source_.fault(published_)) {
            terminal_.note(*fault);
            return exit_usage;
        }
        return exit_ok;
    }

    const ReplayOptions& options_;
    const Origin& origin_;
    Pace pace_;
    Terminal& terminal_;
    FlowSource source_;
    const Endpoint endpoint_;
    RedisClient client_;
    Pipeline pipeline_;
    long long published_ = 0;
    long long refused_ = 0;
    bool is_stalled_ = false;
    std::map<std::string, long long> channels_{};
};

}  // namespace

ReplayOptions parse_replay_options(const std::vector<std::string>& arguments) {
    ReplayOptions options;
    ArgumentReader reader(arguments);
    bool fast = false;
    bool for_module = false;
    for (std::string argument; reader.next(argument);) {
        if (!argument.starts_with("--")) options.play.flows.push_back(argument);
        else if (argument == "--generation") options.generation = generation_named(argument, reader.value());
        else if (argument == "--fast") fast = true;
        else if (argument == "--force") options.force = true;
        else if (argument != "--slips-dir" && take_redis_place(argument, reader, options.place)) continue;
        else if (take_play_option(argument, reader, options.play))
            for_module = for_module || (argument != "--rate" && argument != "--slips-version");
        else throw UsageError("unknown option " + argument + "; slipsdev replay --help lists them");
    }
    options.play.program = reader.rest();
    options.play.as_recorded = !fast;
    if (options.play.flows.empty())
        throw UsageError("no messages: give a file that slipsdev record wrote, or another capture");
    if (fast && options.play.rate) throw UsageError("--rate or --fast, not both");
    const bool to_redis = options.place.is_given();
    if (to_redis && (for_module || !options.play.program.empty()))
        throw UsageError("a module after -- or Redis, not both: a module gets a private Redis");
    if (!to_redis && options.play.program.empty())
        throw UsageError("no destination: give a module's program after --, or a Redis with --redis-port");
    if (!options.place.password_file.empty() && !to_redis)
        throw UsageError("--redis-password-file requires --redis-port");
    if (options.force && !to_redis) throw UsageError("--force requires --redis-port");
    if (!to_redis) check_play_options(options.play);
    return options;
}

int replay(const ReplayOptions& options, Terminal& terminal) {
    std::vector<FlowFile> files = inspect_files(options.play.flows);
    const Origin origin = origin_of_files(options, files);
    if (!options.place.is_given()) {
        PlayOptions play_options = options.play;
        play_options.generation = origin.generation;
        check_play_options(play_options);
        return play(play_options, std::move(files), terminal);
    }
    return Publisher(options, std::move(files), origin, pace_of(options.play), terminal).run();
}

}  // namespace slipsdev
