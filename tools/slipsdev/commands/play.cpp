#include "slipsdev/commands/play.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/host/host.hpp"
#include "slipsdev/host/slips_config.hpp"
#include "slipsdev/host/slips_folder_files.hpp"
#include "slipsdev/host/slips_root.hpp"
#include "slipsdev/judge/accused.hpp"
#include "slipsdev/judge/alert_book.hpp"
#include "slipsdev/judge/database_rules.hpp"
#include "slipsdev/module/subscriptions.hpp"
#include "slipsdev/processes/signals.hpp"
#include "slipsdev/processes/temporary_folder.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/program/files.hpp"
#include "slipsdev/redis/server.hpp"
#include "slipsdev/run/feeder.hpp"
#include "slipsdev/run/results.hpp"

namespace slipsdev {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds exit_limit{15};

/// Returns the evidence types that the host registers for the module: the declared ones that Slips does not have.
std::vector<std::string> types_to_register(const Release& release, const ModuleDescription& description) {
    std::vector<std::string> types;
    for (const auto& type : description.evidence_types) {
        if (!type.current.empty() && !is_known_evidence_type(release, type.current)) types.push_back(type.current);
    }
    return types;
}

/// Returns a uuid4, for alerts.
std::string random_uuid() {
    std::random_device random;
    constexpr std::string_view pattern = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    std::string uuid;
    for (const char c : pattern) {
        const unsigned digit = random() & 0xFu;
        uuid += c == 'x' ? "0123456789abcdef"[digit] : c == 'y' ? "89ab"[digit & 3u] : c;
    }
    return uuid;
}

/// Returns a password for both redis-servers.
std::string random_password() {
    std::random_device random;
    std::string password;
    for (int i = 0; i < 48; ++i) password += "0123456789abcdef"[random() & 0xFu];
    return password;
}

/// Returns the file in which --keep-cache keeps the cache; empty without that option. Creates its folder. Throws UsageError if
/// nothing can be kept there.
std::filesystem::path kept_cache(const PlayOptions& options) {
    if (options.keep_cache.empty()) return {};
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::absolute(options.keep_cache, error).lexically_normal();
    if (!error) std::filesystem::create_directories(folder, error);
    if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
        throw UsageError("--keep-cache: " + folder.string() + " is not a folder");
    if (error) throw UsageError("--keep-cache: cannot create " + folder.string() + ": " + error.message());
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
        throw UsageError("--keep-cache: " + folder.string() + " is not writable: " + std::strerror(errno));
    return folder / "cache.rdb";
}

/// Returns the next version: "1.1.22" for "1.1.21".
std::string next_version(const std::string& version) {
    const std::size_t last = version.rfind('.') + 1;  // 0 where there is no dot
    return version.substr(0, last) + std::to_string(python_int(version.substr(last)).value_or(0) + 1);
}

/// Returns the generation whose flows have the form of this release's.
Generation flow_generation(const Release& release) {
    return release.flow.nested ? Generation::legacy : Generation::current;
}

/// Returns the release that is played: of captures without --slips-version, the one that published them.
Release release_played(const PlayOptions& options, const FlowSource& source) {
    if (!options.slips_version.empty() || source.slips_version().empty()) return options.release();
    return release_named(source.slips_version()).value_or(options.release());
}

/// Returns the number of lines to send. Throws UsageError for a pipe, which cannot be read twice.
long long count_lines(const PlayOptions& options, const std::vector<FlowFile>& files) {
    for (const FlowFile& file : files) {
        if (file.opened)
            throw UsageError("--live-update takes over half-way, which is unknown for a pipe; give a file instead of " +
                             file.path);
    }
    FlowSource source(files, flow_generation(options.release()));
    long long lines = 0;
    while (source.next()) ++lines;
    return lines;
}

/// Thrown when the run cannot continue. Exit status 1.
struct ModuleFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Play {
public:
    Play(const PlayOptions& options, std::vector<FlowFile> files, Terminal& terminal)
        : options_(options), terminal_(terminal),
          hand_over_at_(options.live_update ? count_lines(options, files) / 2 : -1),
          source_(std::move(files), flow_generation(options.release())), release_(release_played(options, source_)),
          results_(options.output, release_.alert.folder),
          description_(describe_module(options.program, start_limit(), cleanup_, terminal)), folder_(cleanup_),
          password_(options.password ? random_password() : std::string()),
          main_server_({.name = "main", .tcp = !options.unix_socket, .password = password_}, folder_.path(), cleanup_),
          cache_server_(
              {.name = "cache", .tcp = !options.unix_socket, .password = password_, .dump = kept_cache(options)},
              folder_.path(), cleanup_),
          main_(main_server_.endpoint(), 0, std::chrono::seconds(5)), pipeline_(main_),
          listener_(main_server_.endpoint(), main_, terminal), alerts_(release_, options.window_width),
          accused_(release_, options.copies), start_offset_(local_offset(now())) {
        host_ = std::make_unique<Host>(HostSettings{release_, results_.folder(), options.flows.front(),
                                                    options.window_width,
                                                    options.live_update ? next_version(release_.text) : std::string()});
    }

    /// Runs it, and keeps the cache however the run ends. Throws EnvironmentError if the cache cannot be kept.
    int run() {
        int status = exit_ok;
        try {
            if (!options_.keep_cache.empty()) known_faults_ = database_faults_now();
            status = run_module();
        } catch (...) {
            try {
                keep_cache();
            } catch (const EnvironmentError& error) {
                terminal_.note(error.what());
            }
            throw;
        }
        keep_cache();
        return status;
    }

private:
    int run_module() {
        if (const auto newer = note_about_newer(release_, "played"); newer && !options_.slips_version.empty())
            terminal_.note(*newer);
        host_->prepare(main_);
        if (!options_.launcher) register_types();
        EvidenceRules rules{release_, [this](std::string_view type) { return is_registered(type); }};
        judge_ = Judge::make(main_, rules, verdicts());
        start_module();
        host_->announce(main_);
        if (options_.launcher) report_registered_types();
        Feeder feeder(
            {source_, *host_, main_, pipeline_, listener_, *module_, description_, *subscriptions_, terminal_, counts_},
            pace_of(options_), hand_over_at_);
        if (const auto trouble = feeder.run()) fault(*trouble);
        stop_module(feeder);
        return conclude(feeder.messages());
    }

    void keep_cache() {
        if (!options_.keep_cache.empty()) cache_server_.save();
    }

    /// Reports what the module should have stored about the addresses that its evidence accuses.
    void check_accused() {
        RedisClient cache(cache_server_.endpoint(), 1, std::chrono::seconds(5));
        const auto made = [this](const std::string& profileid) {
            return Accused::Made{host_->has_profile(profileid), host_->resets(profileid) <= 1};
        };
        for (const std::string& what : accused_.faults(main_, cache, made)) fault(what);
    }

    std::vector<std::string> database_faults_now() {
        RedisClient cache(cache_server_.endpoint(), 1, std::chrono::seconds(5));
        return database_faults(main_, cache, release_);
    }

    Verdicts verdicts() {
        return {[this](const Evidence& evidence, const std::string& payload) { accept(evidence, payload); },
                [this](const std::string& label, const std::string& reason, Harm harm) {
                    ++counts_.refused;
                    terminal_.note("refused: " + label + ": " + reason);
                    const std::string sentence =
                        "note: Slips " + release_.text + " " + std::string(sentence_about(harm));
                    if (noted_.insert(sentence).second) terminal_.note(sentence);
                },
                [this](const std::string& what) { fault(what); }};
    }

    void fault(const std::string& what) {
        ++counts_.faults;
        terminal_.note(what);
    }

    void accept(const Evidence& evidence, const std::string& payload) {
        ++counts_.accepted;
        if (is_stopping_) ++late_;
        results_.add_evidence(payload);
        accused_.add(evidence);
        const int offset = offset_at(evidence.time);
        report(evidence_line(release_, evidence, offset));
        for (const std::string& text : evidence.notes) {
            if (noted_.insert(text).second) terminal_.note("note: " + evidence.type + ": " + text);
        }
        if (const auto alert = alerts_.enter(evidence)) {
            ++counts_.alerts;
            const Micros real_time = now();
            report(alert_line(release_, evidence, offset, real_time, offset_at(real_time)));
            const double start = host_->window_start(evidence.profileid, evidence.twid);
            host_->publish(
                pipeline_, "new_alert",
                new_alert_message(release_, evidence, *alert, random_uuid(), start, options_.window_width, offset),
                false);
            pipeline_.flush();
        }
    }

    /// Newer Slips uses the offset of its start for all times, older Slips that of each one.
    int offset_at(Micros time) const { return release_.evidence.is_typed() ? start_offset_ : local_offset(time); }

    void report(const std::string& line) {
        results_.add_alert_line(line);
        terminal_.result(line);
    }

    void register_types() {
        for (const std::string& type : types_to_register(release_, description_)) {
            if (options_.register_types) {
                registered_.insert(type);
                terminal_.note("registered the evidence type " + type + ", as an installed module does in Slips");
            } else {
                terminal_.note("did not register the evidence type " + type + " (--no-register)");
            }
        }
    }

    bool is_registered(std::string_view type) {
        if (root_ && registered_.empty()) {  // Slips' stand-in writes them before it starts the module
            const auto types = root_->known_types();
            if (types) registered_ = {types->begin(), types->end()};
        }
        return registered_.count(std::string(type)) != 0;
    }

    /// Reports whether the installed module makes its types known to Slips' evidence handler.
    void report_registered_types() {
        for (const std::string& type : types_to_register(release_, description_)) {
            if (is_registered(type))
                terminal_.note("registered the evidence type " + type + ", in Slips' main process");
            else
                terminal_.note("the evidence type " + type +
                               " is not known to Slips' main process, and so not to its evidence "
                               "handler, which evidence of this type would end");
        }
    }

    std::chrono::milliseconds start_limit() const {
        return std::chrono::milliseconds(static_cast<long long>(options_.start_timeout * 1000));
    }

    /// Asks Redis whether the module has subscribed to all its channels. A session sends its subscriptions at once, the last
    /// to control_channel, so two equal answers that contain those of --describe contain the others, too.
    bool is_subscribed() {
        if (subscriptions_->update() || subscriptions_->empty()) return false;
        if (description_.channels.empty()) return subscriptions_->contains("control_channel");
        return missing_channel().empty();
    }

    /// Returns a channel of --describe to which the module has not subscribed yet; "" if there is none.
    std::string missing_channel() const {
        for (const std::string& channel : description_.channels) {
            if (!subscriptions_->contains(channel)) return channel;
        }
        return "";
    }

    std::vector<std::string> command() {
        const Endpoint& main = main_server_.endpoint();
        const Endpoint& cache = cache_server_.endpoint();
        const std::filesystem::path stats = std::filesystem::absolute(results_.stats_file());
        if (options_.launcher) {
            root_.emplace(folder_.path() / "slips", options_, description_, password_);
            return root_->command(main, cache, results_.folder(), stats, release_.text);
        }
        const auto place = folder_.path() / "slips";
        if (options_.slips_version.empty()) {
            config_of_module_ = write_config();
        } else {
            write_slips_folder(
                place, release_,
                {main.port, options_.flows.front(), results_.folder(), options_.window_width, options_.sections});
            config_of_module_ = place / release_.folder.config;
        }
        return module_command(options_, options_.slips_version.empty() ? config_of_module_ : place, main, cache,
                              results_.folder(), stats, {registered_.begin(), registered_.end()});
    }

    /// Writes the configuration file that Slips would have, with the width, under the name of the user's file, if any. Returns
    /// its path.
    std::filesystem::path write_config() const {
        const std::filesystem::path named = options_.config.empty() ? release_.folder.config : options_.config;
        const auto file = folder_.path() / "config" / named.filename();
        write_file(file, config_text(release_, options_.window_width, options_.sections));
        return file;
    }

    void start_module() {
        subscriptions_.emplace(main_, options_.copies);
        // Redis is private: the user's environment may describe another one. The launcher finds the password itself.
        std::vector<std::string> environment{"SLIPS_REDIS_USER", "SLIPS_REDIS_PASSWORD"};
        if (!password_.empty() && !options_.launcher) environment.back() += "=" + password_;
        Launch launch{.arguments = command(), .environment = environment, .piped = true};
        if (options_.launcher) launch.input = Launch::Input::held;
        module_ = std::make_unique<ModuleProcess>(launch, cleanup_);
        if (!options_.config.empty() && !options_.launcher) module_->show(config_of_module_, options_.config);
        if (!options_.launcher)
            module_->copy_to([this](std::string_view line, bool is_error) {
                results_.add_module_line(line, is_error && !is_warning(line));
            });
        listener_.watch(*judge_, *module_, description_.name);
        const auto deadline = Clock::now() + start_limit();
        bool is_ready = false;
        for (int pause = 1; !is_ready; pause = std::min(pause * 2, 20)) {
            is_ready = is_subscribed();
            listener_.listen(is_ready ? 0 : pause);
            if (const auto ending = module_->process().ending()) {
                module_->relay_rest(terminal_);
                throw ModuleFault(description_.name + " ended before it had subscribed: " + ending->text());
            }
            if (interruptions() > 0) throw ModuleFault("interrupted before " + description_.name + " had subscribed");
            if (!is_ready && Clock::now() > deadline) {
                const std::string missing = missing_channel();
                throw ModuleFault(description_.name + " has not subscribed to " +
                                  (missing.empty() ? "any channel" : missing) + " within " +
                                  to_python_json(Json(options_.start_timeout)) +
                                  " seconds; a module that needs longer to start gets it with --start-timeout");
            }
        }
        if (!subscriptions_->contains("new_flow")) {
            terminal_.note(description_.name +
                           " does not subscribe to new_flow: it will not receive the flows of a conn.log");
        }
    }

    /// Returns whether the module has written the line as a warning: "[name] Warning: ...", with its share "[name] (2/4) ...".
    bool is_warning(std::string_view line) const {
        const std::string prefix = "[" + description_.name + "] ";
        if (!line.starts_with(prefix)) return false;
        line.remove_prefix(prefix.size());
        if (const auto share = line.find(") "); line.starts_with('(') && share != line.npos)
            line.remove_prefix(share + 2);
        return line.starts_with("Warning: ");
    }

    void stop_module(Feeder& feeder) {
        ChildProcess& process = module_->process();
        const bool ended_early = process.ending().has_value();
        host_->end_of_flows(pipeline_);
        feeder.wait_until_read();
        host_->begin_stop(main_);
        const bool stopped_by_itself = process.ending().has_value();
        if (release_.reading.shares_stop && listener_.catch_up()) is_stopping_ = true;
        if (!stopped_by_itself) {
            // With the launcher, Slips' stand-in gets the signal, and stops the module by Slips' rules.
            if (options_.launcher) process.send_signal(SIGTERM);
            else host_->stop(main_, process);
        }
        auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(exit_limit);
        if (const auto asked = python_float(options_.stop_timeout)) {
            limit = std::max(limit, std::chrono::milliseconds(static_cast<long long>((*asked + 5) * 1000)));
        }
        const auto asked_at = Clock::now();
        while (!process.ending()) {
            listener_.listen(20);
            const std::chrono::duration<double> waited = Clock::now() - asked_at;
            if (waited <= limit && interruptions() < 2) continue;
            name_running_call();
            process.kill_group();
            while (!process.ending()) listener_.listen(20);
            const std::string& call = module_->running_call();
            fault(description_.name + " did not stop within " + python_repr(std::round(waited.count() * 10) / 10) +
                  " seconds" + (call.empty() ? "" : ", because " + call + " did not return") + ": slipsdev killed it");
            return;
        }
        // That it ended by itself has been reported already, unless it was just now.
        const Ending ending = *process.ending();
        if (!ending.good() && counts_.faults == 0) fault("the module ended badly: " + ending.text());
        // A module started by hand may notice by itself that current Slips has ended.
        if (ending.good() && ended_early && counts_.faults == 0) fault("the module ended before it was asked to");
    }

    /// Lets a module that is about to be killed print which of its handlers or hooks does not return: it does at a repeated
    /// signal. With the launcher, as at a second Ctrl-C in Slips, after which the launcher kills the module.
    void name_running_call() {
        ChildProcess& process = module_->process();
        for (int i = 0; i < 2 && !process.ending(); ++i) {
            if (options_.launcher) process.send_signal_to_group(SIGINT);
            else process.send_signal(SIGTERM);
            listener_.listen(100);  // two at once may merge into one
        }
        const auto deadline = Clock::now() + (options_.launcher ? std::chrono::seconds(5) : std::chrono::seconds(1));
        while (!process.ending() && Clock::now() < deadline) listener_.listen(20);
    }

    /// `used`: the lines of the input that were sent.
    int conclude(long long used) {
        // The module's last messages may still be on their way through Redis when its process has ended.
        const auto deadline = Clock::now() + std::chrono::seconds(2);
        while (clients_beside_us() > 0 && Clock::now() < deadline) listener_.listen(2);
        if (!listener_.catch_up()) fault("redis-server no longer delivers messages");
        module_->relay_rest(terminal_);
        const bool is_whole = counts_.faults == 0;  // a module that was killed may not have stored everything
        judge_->close();
        if (is_whole && counts_.refused == 0) check_accused();  // refused evidence accuses, too
        for (const std::string& what : database_faults_now()) {
            if (std::find(known_faults_.begin(), known_faults_.end(), what) == known_faults_.end()) fault(what);
        }
        check_finished_modules();
        for (const std::string& line : source_.skip_report()) terminal_.note(line);
        if (late_ > 0)
            terminal_.note("note: " + std::to_string(late_) +
                           " accepted after the request to stop: likely lost in Slips " + release_.text +
                           ", whose evidence process stops together with the modules");

        counts_.delivered = pipeline_.delivered();
        counts_.received = judge_->received();
        counts_.repeats_seen = judge_->repeats_seen();
        counts_.skipped = source_.skipped();
        auto stats = read_stats(results_.stats_file(), options_.copies);
        if (stats && options_.live_update) stats->other_version = 0;  // the copies of the second Slips
        if (!stats) terminal_.note("the module wrote no statistics (--stats): received is redis-server's own count");
        check_repeats(stats);
        const Summary summary = summarize(counts_, stats);
        terminal_.result(summary_line(summary, deduplicates()));
        results_.write_summary(summary);
        results_.close();
        if (interruptions() > 0) return exit_interrupted;
        auto input_fault = source_.fault(used);
        if (!input_fault) input_fault = channel_fault();
        if (input_fault) terminal_.note(*input_fault);
        if (!summary.is_good()) return exit_fault;
        return input_fault ? exit_usage : exit_ok;
    }

    /// Returns why the run shows nothing of the module, and the remedy: none of its channels had a message. A module that
    /// subscribes to none works by timers.
    std::optional<std::string> channel_fault() const {
        std::string channels;
        for (const std::string& channel : subscriptions_->channels()) {
            if (channel == "control_channel") continue;
            if (host_->has_published(channel)) return std::nullopt;
            channels += (channels.empty() ? "" : ", ") + channel;
        }
        if (channels.empty()) return std::nullopt;
        return "nothing of the input is a message on a channel that " + description_.name + " subscribes to (" +
               channels + "); give a log or a recording that has some";
    }

    int clients_beside_us() {
        const std::string list = main_.command({"CLIENT", "LIST"}).text;
        return static_cast<int>(std::count(list.begin(), list.end(), '\n')) - 2;
    }

    bool deduplicates() const { return release_.evidence.store == EvidenceForm::Store::by_description; }

    /// Slips before 1.0.6 counts the messages on finished_modules: one per module, or it waits too long or miscounts.
    void check_finished_modules() {
        if (!release_.stop.is_answered() || listener_.times_finished() == 1) return;
        fault(description_.name + " published its name on finished_modules " +
              std::to_string(listener_.times_finished()) + " times, not once: legacy Slips would " +
              (listener_.times_finished() == 0 ? "wait for it for ever" : "miscount its modules"));
    }

    void check_repeats(const std::optional<ModuleStats>& stats) {
        if (!stats || !deduplicates()) return;
        const long long seen = counts_.repeats_seen;
        if (seen > stats->deduplicated || (seen == 0 && stats->deduplicated > 0)) {
            fault("the module counts " + std::to_string(stats->deduplicated) + " deduplicated, but " +
                  std::to_string(seen) + " stored descriptions show a repeat");
        }
    }

    // In order of construction: later members use earlier ones.
    const PlayOptions& options_;
    Terminal& terminal_;
    const long long hand_over_at_;  ///< with --live-update: the line before which the second Slips takes over
    FlowSource source_;
    const Release release_;
    Results results_;
    Cleanup cleanup_;
    ModuleDescription description_;
    TemporaryFolder folder_;
    const std::string password_;
    std::optional<SlipsRoot> root_{};  ///< with --launcher
    RedisServer main_server_;
    RedisServer cache_server_;
    RedisClient main_;
    Pipeline pipeline_;
    Listener listener_;
    AlertBook alerts_;
    Accused accused_;
    int start_offset_;
    std::unique_ptr<Host> host_;
    std::set<std::string> registered_;
    std::unique_ptr<Judge> judge_;
    std::optional<Subscriptions> subscriptions_{};
    std::unique_ptr<ModuleProcess> module_;
    std::filesystem::path config_of_module_{};  ///< without the launcher: the file with the width and what --config has
    Counts counts_;
    std::vector<std::string> known_faults_{};  ///< of a cache that an earlier run left, perhaps as another Slips
    bool is_stopping_ = false;                 ///< and so does the evidence process
    long long late_ = 0;
    std::set<std::string> noted_;
};

}  // namespace

int play(const PlayOptions& options, Terminal& terminal) {
    return play(options, inspect_files(options.flows), terminal);
}

int play(const PlayOptions& given, std::vector<FlowFile> files, Terminal& terminal) try {
    const PlayOptions options = with_config(given);
    watch_signals();
    return Play(options, std::move(files), terminal).run();
} catch (const ModuleFault& error) {
    terminal.note(error.what());
    return interruptions() > 0 ? exit_interrupted : exit_fault;
}

}  // namespace slipsdev
