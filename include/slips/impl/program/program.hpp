// Runs a module: connections, event loop, start and stop.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <ratio>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "slips/database.hpp"
#include "slips/detail/module_instance.hpp"
#include "slips/impl/program/config_file.hpp"
#include "slips/impl/program/connections.hpp"
#include "slips/impl/program/discovery.hpp"
#include "slips/impl/program/launcher.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/printer.hpp"
#include "slips/impl/program/program_files.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/impl/program/signals.hpp"
#include "slips/impl/redis/database_port.hpp"
#include "slips/impl/session/life_cycle.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/impl/session/setting_check.hpp"
#include "slips/impl/wire/refusal.hpp"
#include "slips/log_level.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Runs a module from its start to its exit status. Single-threaded.
class Program final : private LifeCycle {
public:
    Program(const ModuleType& type, const Options& options, ModuleBase& module, Receiver& receiver);
    Exit run();

private:
    Exit start_and_listen();
    std::optional<Exit> start();
    bool retry_password(std::string_view refusal);
    void receive_last_messages(std::chrono::duration<double> patience);
    /// Returns how long Slips waits for modules to stop; a week at most.
    std::chrono::duration<double> slips_waits() const {
        constexpr double week = 7 * 24 * 60;
        return std::chrono::duration<double, std::ratio<60>>(
            std::min(module_.host_of_module().config.wait_for_modules_to_finish(), week));
    }
    Exit stop();
    Session& session() override { return session_; }
    ModuleBase& module() override { return module_; }
    Receiver& receiver() override { return receiver_; }
    Clock::time_point now() const override { return Clock::now(); }
    void call(std::string_view, const std::function<void()>& hook) override { hook(); }
    void report_start_failure(const std::string& why) override { report(why); }
    bool before_subscribing() override;
    void subscribe() override { connections_.subscribe(); }
    void drained() override;
    void flush() override { connections_.flush_main(); }
    bool wait() override;
    void sign_off();
    void receive_hello();
    void update_slips_info();
    void load_named_config();
    void load_config(const Place& output);
    void apply_config(Config config);
    bool slips_died();
    void report(std::string_view line) { printer_.report(line); }
    void log(std::string_view line) { printer_.print(line, 1, 0); }
    void report_newer_version();
    void log_start();
    void log_config();
    void write_stats();
    /// Returns empty paths if Slips writes the log files itself, in a module it started, and with --output.
    LogPaths log_paths() const {
        if (launcher_ || !options_.output.empty()) return {};
        return {session_.log_file(), session_.error_file()};
    }
    const ModuleType& type_;
    const Options& options_;
    ModuleBase& module_;
    Receiver& receiver_;
    Printer printer_;
    ProgramFiles files_;
    std::optional<Launcher> launcher_{};  // before wake_: standard input may be closed and its number free
    WakePipe wake_{};
    Session session_;
    Connections connections_;
    redis::BlockingPort port_;  ///< for queries of the module, outside the event loop
    Database database_;
    Store store_;
    unsigned slips_changes_ = 0;  ///< session_.slips_changes() at the last update_slips_info()
    std::optional<Exit> drop_failure_{};
    Clock::time_point stop_at_{};                       ///< the end of the time to stop
    std::optional<Clock::time_point> first_refusal_{};  ///< when Redis first rejected the password
    std::string newer_version_{};                       ///< of Slips, if reported as newer than tested
    wire::EvidenceForm form_{};
    FoundConfig found_config_{};
    std::string logged_config_{};                ///< the line about the configuration that was logged last
    std::set<std::string> reported_settings_{};  ///< lines about settings that were logged
    std::int64_t seen_slips_ = 0;                ///< PID of Slips once seen alive
    bool has_logged_start_ = false;
};

// ---------------------------------------------------------------------------------------------------------

inline redis::Endpoint main_endpoint(const Options& options) {
    return {options.redis_host, options.redis_port.value_or(6379), options.redis_socket, options.tls};
}
inline redis::Endpoint cache_endpoint(const Options& options) {
    return {options.redis_host, options.cache_port, options.cache_socket, options.tls};
}

inline Program::Program(const ModuleType& type, const Options& options, ModuleBase& module, Receiver& receiver)
    : type_(type), options_(options), module_(module), receiver_(receiver),
      printer_(std::string(type_.info.name), options.share), files_(type_.info.name, options_, printer_),
      launcher_(options.managed ? std::make_optional<Launcher>() : std::nullopt),
      session_(
          [this] {
              SessionSettings settings = settings_of(type_.info.name, options_);
              // two instances of Slips in one Redis are not an error but a live update
              if (launcher_) settings.inform = [this](std::string_view line) { log(line); };
              settings.remark = [this](std::string_view line) { log(line); };
              settings.subscribed = [this] { log_start(); };
              return settings;
          }(),
          receiver, [this](std::string_view line) { report(line); }),
      connections_(session_, wake_, launcher_ ? &*launcher_ : nullptr, main_endpoint(options), cache_endpoint(options),
                   [this](std::string_view line) { report(line); }),
      port_({main_endpoint(options), user_of(options), password_of(options), options.redis_db},
            {cache_endpoint(options), user_of(options), password_of(options), 1}),
      database_(port_, [this] { return session_.generation() ? &session_.dialect() : nullptr; }),
      store_(port_, type_.info.name) {
    printer_.set_levels(options.verbose, options.debug);
    if (launcher_ && launcher_->accepts_lines())
        printer_.set_relay(
            [this](std::string_view line, int verbose, int debug) { launcher_->print(line, verbose, debug); });
    session_.set_wake([this] { wake_.wake(); });
}

inline Exit Program::run() {
    if (!wake_.good()) {
        report("cannot create a pipe: too many open files");
        return Exit::environment;
    }
    files_.protect_password(password_of(options_));
    if (const auto failure = files_.prepare(type_.info.needs_root)) return *failure;
    // the launcher adds the name itself
    wake_.name_calls(&session_.running(), launcher_ ? std::string() : printer_.prefix());
    const Exit status = start_and_listen();
    wake_.name_calls(nullptr);
    module_.detach();
    write_stats();
    if (launcher_) launcher_->flush(Clock::now() + std::chrono::milliseconds(200));
    return status;
}

inline Exit Program::start_and_listen() {
    if (const auto early = start()) {
        module_.detach();
        if (session_.learnt()) sign_off();
        session_.abandon();
        return *early;
    }
    while (!session_.stopping()) {
        connections_.step(std::nullopt);
        update_slips_info();
        if (has_logged_start_) log_config();
        if (slips_died()) session_.request_stop(Session::slips_is_over);
        if (connections_.gone()) session_.request_stop("Redis is gone");
        if (connections_.subscription_refused()) session_.request_stop("Redis refuses the subscription");
        if (launcher_ && launcher_->gone()) session_.request_stop("the launcher is gone");
    }
    return stop();
}

inline bool is_alive(std::int64_t pid) {
    if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return false;
    // on Linux a zombie counts as dead: "4711 (name) Z …"
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    return !std::getline(file, stat) || stat.find(") Z ") == std::string::npos;
}

/// Ignores a PID never seen alive: it may belong to another PID namespace.
inline bool Program::slips_died() {
    const auto pid = session_.slips_pid();
    if (pid == 0) return false;
    const bool lives = is_alive(pid);
    if (lives) seen_slips_ = pid;
    return !lives && seen_slips_ == pid;
}

// --- start and stop ------------------------------------------------------------------------------------------

/// Waits for the launcher's hello line, and applies Slips' configuration and evidence format from it.
inline void Program::receive_hello() {
    if (!launcher_) return;
    const auto until = Clock::now() + std::chrono::seconds(10);
    while (launcher_->accepts_lines() && !launcher_->has_hello() && !session_.stopping() && Clock::now() < until)
        connections_.step(until);
    if (launcher_->accepts_lines() && !launcher_->has_hello() && !session_.stopping())
        report(
            "the launcher has not sent Slips' configuration within 10 s; using defaults, and the module's own evidence "
            "types are unknown; is the machine overloaded?");
    if (launcher_->hello().empty()) return;
    std::string error;
    const std::string source = std::string(session_.dialect().config_file) + " (or the file given to Slips with -c)";
    if (auto config = Config::from_launcher(launcher_->hello(), error, source)) apply_config(std::move(*config));
    else report("cannot read the configuration sent by the launcher: " + error);
    if (auto form = wire::EvidenceForm::from_launcher(launcher_->hello())) {
        form_ = *form;
        launcher_->on_checked(
            [this](std::uint32_t shape, std::string_view problem) { session_.checked(shape, problem); });
        launcher_->on_gone([this] { session_.end_checks(); });
        session_.set_evidence_form(std::move(*form), [this](std::uint32_t shape, std::string_view evidence) {
            launcher_->check(shape, evidence);
        });
    }
}

inline void Program::apply_config(Config config) {
    auto& current = module_.host_of_module().config;
    current = std::move(config);
    for (const std::string& line : setting_problems(current, type_.info))
        if (reported_settings_.insert(line).second) report(line);
    try {
        session_.configure(current);
    } catch (const ConfigError& error) {
        report(error.what());
    }
}

/// Opens sockets, calls init(), drops root, opens files, subscribes, calls pre_main(). Returns the exit status, or nullopt
/// to continue.
inline std::optional<Exit> Program::start() {
    std::optional<Clock::time_point> patience = Clock::now() + std::chrono::seconds(2);
    while (!session_.learnt()) {
        connections_.step(patience);
        if (launcher_ && launcher_->gone()) {
            report("--managed is reserved for Slips' launcher, but standard input is not connected to it");
            session_.request_stop("the launcher is gone");
        }
        if (session_.stopping()) return Exit::stopped;
        if (patience && Clock::now() >= *patience) {
            patience.reset();
            if (connections_.silent()) report("waiting for a reply from Redis at " + connections_.address());
        }
        if (const std::string refusal = session_.take_refusal(); !refusal.empty()) {
            if (wire::refusal_of(refusal).is_temporary || retry_password(refusal)) {
                connections_.not_ready(refusal);
                continue;
            }
            report("Redis at " + connections_.address() + " refuses this module: " + wire::with_remedy(refusal) +
                   (is_about_password(refusal)
                        ? " (the password is read from --redis-password-file, SLIPS_REDIS_PASSWORD or, with "
                          "--slips-dir, Slips' redis_auth.conf)"
                        : ""));
            return Exit::environment;
        }
    }
    // open sockets that require root before it is dropped
    const auto until = Clock::now() + std::chrono::seconds(2);
    while (!connections_.tried_all() && !session_.stopping() && Clock::now() < until) connections_.step(until);
    if (!launcher_ && !options_.config.empty()) {
        load_named_config();
        if (found_config_.is_invalid) {  // like a file that does not exist
            log_config();
            return Exit::usage;
        }
    }
    update_slips_info();
    if (found_config_.is_invalid) log_config();  // now: init() or pre_main() may return false because of it
    receive_hello();
    auto& host = module_.host_of_module();
    host.database = &database_;
    host.store = &store_;
    port_.set_thread_check([this](const char* call) { module_.require_own_thread(call); });
    host.share = options_.share;
    host.print = [this](std::string_view text, int verbose, int debug) { printer_.print(text, verbose, debug); };
    host.log = [this](LogLevel level, std::string_view text) { printer_.log(level, text); };
    host.make_output_dir = [this] {
        // in init() root would own the folder and follow any links in it
        if (files_.will_drop())
            throw std::runtime_error(
                "output_dir() is not available until root is dropped; call it in pre_main(), not in init()");
        if (const auto problem = files_.make_output_dir(); !problem.text.empty())
            throw std::runtime_error("output_dir(): cannot create " + files_.output_dir() + ": " + problem.text +
                                     "; choose another folder with --output");
    };
    module_.attach(&session_);

    if (!start_module()) return drop_failure_.value_or(Exit::module_failed);
    return std::nullopt;
}

inline bool Program::before_subscribing() {
    if (files_.will_drop()) port_.connect_sockets();
    drop_failure_ = files_.drop_root(log_paths());
    return !drop_failure_;
}

/// Stops at once if the signal is repeated or Redis is gone.
inline bool Program::wait() {
    if (Clock::now() >= stop_at_ || wake_.repeated() || connections_.gone()) return false;
    connections_.step(stop_at_);
    return true;
}

inline void Program::drained() {
    if (launcher_ && !session_.drained() && !connections_.gone())
        report("the time to stop expired before all messages were handled; the rest are lost");
}

/// Reads the password from Slips' file again. Returns whether to keep trying: Slips creates the file at its first start.
inline bool Program::retry_password(std::string_view refusal) {
    constexpr std::chrono::seconds patience{10};
    if (!options_.redis_password.empty() || options_.slips_dir.empty()) return false;
    if (!is_about_password(refusal)) return false;
    const auto now = Clock::now();
    if (!first_refusal_) first_refusal_ = now;
    std::string problem;
    const std::string password = password_of(options_, &problem);
    if (!problem.empty()) report(problem + "; run the module as Slips' user, or set --redis-password-file");
    files_.protect_password(password);
    session_.set_password(password);
    port_.set_password(password);
    return problem.empty() && now - *first_refusal_ < patience;
}

/// Updates everything that depends on Slips, at the start or when Slips starts after the module: format of log lines,
/// paths of files, configuration.
inline void Program::update_slips_info() {
    if (std::exchange(slips_changes_, session_.slips_changes()) == session_.slips_changes()) return;
    if (session_.generation()) printer_.set_dialect(session_.dialect());
    if (has_logged_start_) report_newer_version();
    const Place output = files_.place_from_redis(session_.output_dir());
    files_.choose_output_dir(output);
    module_.host_of_module().output_dir = files_.output_dir();
    if (launcher_) return;  // Slips writes the log files itself, and the launcher sends the configuration
    if (!files_.will_drop()) files_.open_logs(log_paths());
    load_config(output);
}

/// Reads the file of --config once, before init(). Nothing replaces it: what becomes known of Slips later, no handler expects.
inline void Program::load_named_config() {
    found_config_ = named_config(options_.config, session_.generation() ? &session_.dialect() : nullptr);
    apply_config(found_config_.config.value_or(Config()));
}

inline void Program::load_config(const Place& output) {
    if (!session_.generation() || !options_.config.empty()) return;
    // even if the file is the same: it may have changed before Slips was restarted
    found_config_ = find_config(session_.dialect(), config_places(session_.dialect(), options_, output));
    apply_config(found_config_.config.value_or(Config()));
}

inline void Program::log_config() {
    const std::string& line = found_config_.line;
    if (line == logged_config_) return;
    logged_config_ = line;
    if (found_config_.is_invalid) report(line);
    else log(line);
}

/// Logs the channels, Slips and the hooks, since a module without output is the most frequent complaint of users.
inline void Program::log_start() {
    has_logged_start_ = true;
    const auto join = [](const auto& names, std::string_view if_none) {
        std::string text;
        for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
        return text.empty() ? std::string(if_none) : text;
    };
    const auto generation = session_.generation();
    const std::string& version = session_.slips_version();
    std::string slips = "Slips of unknown version";
    if (!version.empty()) slips = "Slips " + version;
    else if (generation) slips = std::string(to_string(*generation)) + " Slips";
    const std::string share = options_.share.is_whole() ? "" : "; share " + options_.share.text() + " of the profiles";
    const std::string of_module =
        type_.info.version.empty() ? "" : "; module version " + std::string(type_.info.version);
    log("subscribed to " + join(receiver_.channels(), "no channels") + share + "; " + slips + " at " +
        connections_.address() + "; hooks: " + join(type_.hooks, "none") + of_module);
    report_newer_version();
    log_config();
    if (!launcher_ && session_.dialect().handler_stops_at_once)  // the launcher reports it as well
        log("Slips " + version +
            " may lose evidence that is set after its input has ended: its evidence handler ends "
            "together with its modules");
    if (!session_.dialect().is_typed()) return;
    if (!form_.problem.empty())
        return report("evidence cannot be set: the evidence format of Slips is unknown (" + form_.problem +
                      "); messages are still handled");
    std::string unknown;
    for (const EvidenceType& type : type_.info.evidence_types) {
        const std::string_view name = type_name(type.current, session_.dialect());
        const bool known = form_.types.empty() ? (is_known_evidence_type(type.current) && !name.empty()) ||
                                                     options_.registered_types.contains(type.current)
                                               : form_.types.contains(name);
        if (!known) unknown += (unknown.empty() ? "" : ", ") + std::string(type.current);
    }
    if (!unknown.empty())
        log("Slips does not know " + unknown + (form_.unregistered.empty() ? "" : " (" + form_.unregistered + ")") +
            ": .unless_registered is sent instead if it is set; otherwise the evidence is refused");
}

/// Not an error: the version only determines the version field of evidence.
inline void Program::report_newer_version() {
    const std::string& version = session_.slips_version();
    if (version == newer_version_ || !is_newer_than_tested(version)) return;
    newer_version_ = version;
    log("Slips " + version + " is newer than " + tested_slips_version + ", the newest this module was tested with");
}

inline Exit Program::stop() {
    const bool by_text = session_.dialect().stop != StopOrder::event;  // Slips waits for a few seconds only
    const auto patience = std::chrono::duration<double>(options_.stop_timeout.value_or(by_text ? 3 : 15));
    stop_at_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    if (launcher_ && !connections_.subscription_refused()) {
        const auto begin = Clock::now();
        receive_last_messages(patience);
        const auto slips_kills =
            begin + std::chrono::duration_cast<Clock::duration>(slips_waits() - std::chrono::seconds(5));
        const auto renewed = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
        if (!by_text) stop_at_ = std::max(stop_at_, std::min(renewed, slips_kills));
    }
    stop_module();

    const Stats& stats = session_.stats();
    log("stopped (" + session_.stop_reason() + "): " + std::to_string(stats.messages.received) + " messages, " +
        std::to_string(stats.evidence.acknowledged) + " evidence");
    if (stats.evidence.lost != 0)
        report(std::to_string(stats.evidence.lost) + " evidence could not be stored before the time to stop expired");
    if (session_.failed()) return Exit::module_failed;
    if (stats.evidence.lost != 0) return Exit::evidence_lost;
    if (connections_.subscription_refused()) return Exit::environment;
    return session_.stop_reason() == "Redis is gone" ? Exit::redis_gone : Exit::stopped;
}

/// Continues while messages arrive after Slips has requested the stop, like Slips' own modules: the profiler still publishes
/// flows that were read before. Legacy gives all modules a few seconds, current the configured time.
inline void Program::receive_last_messages(std::chrono::duration<double> patience) {
    const bool by_text = session_.dialect().stop != StopOrder::event;  // Slips waits for a few seconds only
    const auto most = by_text ? patience / 2 : std::max(patience / 2, slips_waits() - 2 * patience);
    const auto begin = Clock::now();
    const auto until = begin + std::chrono::duration_cast<Clock::duration>(most);
    session_.begin_last_messages(begin);
    auto report_at = begin;
    const auto profiler_lives = [this]() -> std::optional<bool> {
        const auto pid = session_.profiler_pid();
        if (pid == 0) return std::nullopt;
        return is_alive(pid);
    };
    const auto over = [&](Clock::time_point now) {
        return !connections_.has_more() && session_.no_more_messages(now, profiler_lives());
    };
    for (auto now = begin; !over(now) && now < until && !session_.failed() && !wake_.repeated() && !wake_.both() &&
                           !launcher_->gone() && !connections_.gone();
         now = Clock::now()) {
        session_.ask_for_more_flows(now);
        if (!by_text && now >= report_at) {
            launcher_->receiving(session_.stats().messages.received);
            report_at = now + std::chrono::milliseconds(500);
        }
        connections_.step(now + std::chrono::milliseconds(50));
    }
    if (!by_text)
        launcher_->receiving(session_.stats().messages.received);  // now the launcher's time limit applies again
}

/// Signs off a module that does not start: Slips waits for every module registered in PIDs.
inline void Program::sign_off() {
    connections_.cancel_subscription();
    session_.finish();
    const auto until = Clock::now() + std::chrono::seconds(1);
    while (!session_.settled() && !wake_.repeated() && Clock::now() < until) connections_.step(until);
}

inline void Program::write_stats() {
    const auto generation = session_.generation();
    files_.write_stats(session_.stats().json(type_.info.name, generation ? to_string(*generation) : "unknown",
                                             session_.stop_reason()) +
                       '\n');
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
