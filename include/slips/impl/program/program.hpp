// Everything around a module while it runs: connections, the loop, start and stop.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "slips/database.hpp"
#include "slips/impl/program/config_file.hpp"
#include "slips/impl/program/connections.hpp"
#include "slips/impl/program/describe.hpp"
#include "slips/impl/program/discovery.hpp"
#include "slips/impl/program/launcher.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/printer.hpp"
#include "slips/impl/program/privileges.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/impl/program/signals.hpp"
#include "slips/impl/redis/database_port.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A module from its start to its exit status. One thread.
class Program {
public:
    Program(Description description, const Options& options, ModuleBase& module, Receiver& receiver,
            std::function<std::string(bool has_timers)> problem);
    Exit run();

private:
    Exit start_and_listen();
    std::optional<Exit> start();
    /// Root's rights are to be given up, and have not been: no name that others may have chosen is trusted.
    bool will_drop() const { return privileges_.action == PrivilegePlan::Action::drop_to_ids; }
    /// Of what Redis names: none, where the program has begun with more rights than who may write into Redis.
    FollowLinks links() const { return had_root_ ? FollowLinks::none : FollowLinks::own; }
    std::optional<Exit> drop_privileges();
    bool open_files();
    void open_logs();
    bool open_stats();
    FileProblem make_output_dir();
    void know_password(const std::string& password) {
        if (password.empty()) return;
        knows_password_ = true;
        hide_memory();
    }
    bool password_may_come(std::string_view refusal);
    void receive_last_messages(std::chrono::duration<double> patience);
    /// How long Slips waits for a module that it stops; a week at most.
    std::chrono::duration<double> slips_waits() const {
        constexpr double week = 7 * 24 * 60;
        return std::chrono::duration<double, std::ratio<60>>(
            std::min(module_.host_of_module().config.wait_for_modules_to_finish(), week));
    }
    Exit stop();
    void take_leave();
    void greet_launcher();
    void follow_slips();
    void follow_config(const Place& output);
    void take_config(Config told);
    bool slips_died();
    void say(std::string_view line) { printer_.report(line); }
    void inform(std::string_view line) { printer_.print(line, 1, 0); }
    void report_newer_version();
    void tell_start();
    void tell_config();
    void write_stats();
    Description description_;
    const Options& options_;
    ModuleBase& module_;
    const Receiver& receiver_;
    std::function<std::string(bool has_timers)> problem_;
    Printer printer_;
    std::optional<Launcher> launcher_{};  // before the pipe: standard input may be closed, and its number free
    WakePipe wake_{};
    Session session_;
    Connections connections_;
    redis::BlockingPort port_;  ///< what the author asks goes past the loop
    Database database_;
    Store store_;
    unsigned followed_ = 0;  ///< what was known of Slips when its files were last looked for
    std::optional<Clock::time_point> first_refusal_{};  ///< Redis wanted a password that was not known
    std::string newer_version_{};  ///< of Slips, reported to be newer than tested
    wire::EvidenceForm form_{};
    FoundConfig found_config_{};
    std::string told_config_{};  ///< its line, when it was told last
    std::int64_t living_slips_ = 0;  ///< Slips' process, since it was seen alive
    bool knows_password_ = false;
    bool had_root_ = true;        ///< when the program began
    PrivilegePlan privileges_{};  ///< what is left to be done
    Place output_dir_{};          ///< the module's own
    OwnFd made_for_user_{};       ///< the same, while root has made it for who the module becomes
    OwnFd stats_file_{};
};

// ---------------------------------------------------------------------------------------------------------

inline redis::Endpoint main_endpoint(const Options& options) {
    return {options.redis_host, options.redis_port.value_or(6379), options.redis_socket};
}
inline redis::Endpoint cache_endpoint(const Options& options) {
    return {options.redis_host, options.cache_port, options.cache_socket};
}

inline Program::Program(Description description, const Options& options, ModuleBase& module, Receiver& receiver,
                        std::function<std::string(bool has_timers)> problem)
    : description_(std::move(description)),
      options_(options),
      module_(module),
      receiver_(receiver),
      problem_(std::move(problem)),
      printer_(std::string(description_.info.name)),
      launcher_(options.managed ? std::make_optional<Launcher>() : std::nullopt),
      session_(
          [this] {
              SessionSettings settings = settings_of(description_.info.name, options_);
              // two Slips in one Redis are no error: a live update
              if (launcher_) settings.inform = [this](std::string_view line) { inform(line); };
              return settings;
          }(),
          receiver, [this](std::string_view line) { say(line); }),
      connections_(session_, wake_, launcher_ ? &*launcher_ : nullptr,
                   main_endpoint(options), cache_endpoint(options),
                   [this](std::string_view line) { say(line); }),
      port_({main_endpoint(options), user_of(options), password_of(options), options.redis_db},
            {cache_endpoint(options), user_of(options), password_of(options), 1}),
      database_(port_, [this] { return session_.generation(); }),
      store_(port_, description_.info.name) {
    printer_.set_levels(options.verbose, options.debug);
    if (launcher_ && launcher_->takes_frames())
        printer_.set_relay([this](std::string_view line, int verbose, int debug) { launcher_->print(line, verbose, debug); });
    session_.set_wake([this] { wake_.wake(); });
}

inline Exit Program::run() {
    if (!wake_.good()) {
        say("cannot make a pipe: too many open files");
        return Exit::environment;
    }
    know_password(password_of(options_));
    const PrivilegeFacts facts = current_privilege_facts(options_.user, description_.info.needs_root);
    had_root_ = facts.root;
    privileges_ = look_up_user(plan_privileges(facts));
    if (privileges_.action == PrivilegePlan::Action::refuse) {
        say(privileges_.sentence);
        return Exit::environment;
    }
    if (will_drop()) printer_.keep_for_logs();
    else if (!open_stats()) return Exit::environment;
    const Exit status = start_and_listen();
    module_.detach();
    if (!will_drop() || options_.stats.empty() || (!drop_privileges() && open_stats())) write_stats();
    if (launcher_) launcher_->flush(Clock::now() + std::chrono::milliseconds(200));
    return status;
}

/// As root no link is followed; who has no more rights than their own may follow theirs.
inline bool Program::open_stats() {
    if (options_.stats.empty()) return true;
    FileProblem problem;
    const FollowLinks links = ::geteuid() == 0 ? FollowLinks::none : FollowLinks::all;
    stats_file_ = open_regular({options_.stats, {}, links}, O_WRONLY | O_CREAT, problem);
    struct stat is {};
    // emptied only now that it is known to be a file
    if (stats_file_ && ::fstat(stats_file_.get(), &is) == 0 && S_ISREG(is.st_mode) &&
        ::ftruncate(stats_file_.get(), 0) != 0)
        problem = FileProblem(errno);
    if (problem.text.empty()) return true;
    say("--stats: cannot write " + options_.stats + ": " + problem.text);
    return false;
}

inline Exit Program::start_and_listen() {
    if (const auto early = start()) {
        module_.detach();
        if (session_.learnt()) take_leave();
        session_.abandon();
        return *early;
    }
    while (!session_.stopping()) {
        connections_.step(std::nullopt);
        follow_slips();
        tell_config();
        if (slips_died()) session_.request_stop(Session::slips_is_over);
        if (connections_.gone()) session_.request_stop("Redis is gone");
        if (launcher_ && launcher_->gone()) session_.request_stop("the launcher is gone");
    }
    return stop();
}

inline bool is_alive(std::int64_t pid) {
    if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return false;
    // on Linux, not if it only waits to be reaped: "4711 (name) Z …"
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    return !std::getline(file, stat) || stat.find(") Z ") == std::string::npos;
}

/// Seen alive first: it may run where its number means nothing here.
inline bool Program::slips_died() {
    const auto pid = session_.slips_pid();
    if (pid == 0) return false;
    const bool lives = is_alive(pid);
    if (lives) living_slips_ = pid;
    return !lives && living_slips_ == pid;
}

// --- start and stop ------------------------------------------------------------------------------------------

/// Takes what the launcher tells first: Slips' configuration.
inline void Program::greet_launcher() {
    if (!launcher_) return;
    const auto until = Clock::now() + std::chrono::seconds(10);
    while (launcher_->takes_frames() && !launcher_->greeted() && !session_.stopping() && Clock::now() < until)
        connections_.step(until);
    if (launcher_->takes_frames() && !launcher_->greeted() && !session_.stopping())
        say("the launcher has not sent Slips' configuration within 10 s: defaults count, and evidence types of the module's own "
            "are not known; is the machine overloaded?");
    if (launcher_->greeting().empty()) return;
    std::string error;
    if (auto told = Config::from_launcher(launcher_->greeting(), error)) take_config(std::move(*told));
    else say("the configuration that the launcher sent cannot be read: " + error);
    if (auto form = wire::EvidenceForm::from_launcher(launcher_->greeting())) {
        form_ = *form;
        launcher_->on_checked([this](std::uint32_t shape, std::string_view problem) { session_.checked(shape, problem); });
        launcher_->on_gone([this] { session_.end_checks(); });
        session_.set_evidence_form(std::move(*form), [this](std::uint32_t shape, std::string_view evidence) {
            launcher_->check(shape, evidence);
        });
    }
}

inline void Program::take_config(Config told) {
    auto& config = module_.host_of_module().config;
    config = std::move(told);
    try {
        session_.configure(config);
    } catch (const ConfigError& wrong) {
        say(wrong.what());
    }
}

/// Sockets, init(), privileges, files, subscriptions, pre_main(). Something: do not go on.
inline std::optional<Exit> Program::start() {
    std::optional<Clock::time_point> patience = Clock::now() + std::chrono::seconds(2);
    while (!session_.learnt()) {
        connections_.step(patience);
        if (launcher_ && launcher_->gone()) {
            say("--managed is for Slips' launcher, which standard input should lead to; nobody is there");
            session_.request_stop("the launcher is gone");
        }
        if (session_.stopping()) return Exit::stopped;
        if (patience && Clock::now() >= *patience) {
            patience.reset();
            if (connections_.silent()) say("waiting for an answer of Redis at " + connections_.where());
        }
        if (const std::string refusal = session_.take_refusal(); !refusal.empty()) {
            constexpr std::string_view passing[] = {"LOADING", "BUSY", "MASTERDOWN", "ERR max number of clients"};
            if (std::any_of(std::begin(passing), std::end(passing),
                            [&](std::string_view words) { return refusal.starts_with(words); })) {
                connections_.not_ready(refusal);
                continue;
            }
            if (password_may_come(refusal)) {
                connections_.not_ready(refusal);
                continue;
            }
            say("Redis at " + connections_.where() + " refuses this module: " + refusal +
                " (a password comes from --redis-password-file, SLIPS_REDIS_PASSWORD or, with --slips-dir, Slips' own "
                "redis_auth.conf)");
            return Exit::environment;
        }
    }
    // sockets that only root may open are opened before root's rights are given up
    const auto until = Clock::now() + std::chrono::seconds(2);
    while (!connections_.tried_all() && !session_.stopping() && Clock::now() < until) connections_.step(until);
    follow_slips();
    greet_launcher();
    auto& host = module_.host_of_module();
    host.database = &database_;
    host.store = &store_;
    host.print = [this](std::string_view text, int verbose, int debug) { printer_.print(text, verbose, debug); };
    host.make_output_dir = [this] {
        // what init() made there would be root's, and written through whatever link lies there
        if (will_drop())
            throw std::runtime_error("output_dir() has to wait until root is given up; call it in pre_main(), not in init()");
        if (const auto problem = make_output_dir(); !problem.text.empty())
            throw std::runtime_error("output_dir(): cannot make " + output_dir_.name() + ": " + problem.text +
                                     "; --output names another folder");
    };
    module_.attach(&session_);

    bool good = true;
    if (!session_.guard("init()", [&] { good = module_.init(); }) || !good) {
        if (!good) say("init() returned false: the module does not start");
        return Exit::module_failed;
    }
    if (const std::string problem = problem_(session_.deadline(Clock::now()).has_value()); !problem.empty()) {
        say(problem);
        return Exit::module_failed;
    }
    const bool drops = will_drop();
    if (drops) port_.connect_sockets();
    if (drops && !output_dir_.path.empty()) make_output_dir();  // where it fails, who we become may be able to
    if (const auto failure = drop_privileges()) return failure;
    if (drops && !open_files()) return Exit::environment;
    host.heard = true;
    connections_.subscribe();  // what is published while pre_main() runs is not missed
    if (!session_.guard("pre_main()", [&] { good = module_.pre_main(); }) || !good) {
        if (!good) say("pre_main() returned false: the module does not start");
        return Exit::module_failed;
    }
    tell_start();
    return std::nullopt;
}

/// Redis wants a password that only Slips' own file has: it is read again for a while, since Slips makes it when it starts
/// for the first time.
inline bool Program::password_may_come(std::string_view refusal) {
    constexpr std::chrono::seconds patience{10};
    if (!options_.redis_password.empty() || options_.slips_dir.empty()) return false;
    if (!refusal.starts_with("NOAUTH") && !refusal.starts_with("WRONGPASS") && refusal.find("password") == std::string_view::npos)
        return false;
    const auto now = Clock::now();
    if (!first_refusal_) first_refusal_ = now;
    std::string problem;
    const std::string password = password_of(options_, &problem);
    if (!problem.empty()) say(problem + "; run the module as the user of Slips, or give --redis-password-file");
    know_password(password);
    session_.set_password(password);
    port_.set_password(password);
    return problem.empty() && now - *first_refusal_ < patience;
}

/// What is learnt of Slips, at the start or when Slips comes later than the module: how its log lines look, where its
/// files are, what it was configured with.
inline void Program::follow_slips() {
    if (std::exchange(followed_, session_.slips_changes()) == session_.slips_changes()) return;
    if (session_.generation()) printer_.set_generation(*session_.generation());
    if (module_.host_of_module().heard) report_newer_version();
    // Slips names its files as seen from its own folder
    const Place output{session_.output_dir(), options_.slips_dir, links()};
    const std::string name(description_.info.name);
    const FollowLinks ours = will_drop() ? FollowLinks::none : FollowLinks::all;
    if (!options_.output.empty()) output_dir_ = {options_.output + "/" + name, {}, ours};
    else if (output.path.empty()) output_dir_ = {name + ".output"};
    else output_dir_ = {output.path + "/" + name, output.base, output.links};
    module_.host_of_module().output_dir = output_dir_.name();
    if (launcher_) return;  // Slips itself writes the log files, and has told its configuration
    if (!will_drop()) open_logs();
    follow_config(output);
}

inline void Program::open_logs() {
    std::string error;
    const bool none = launcher_ || !options_.output.empty();
    if (!printer_.open_logs(none ? "" : session_.log_file(), none ? "" : session_.error_file(), error, options_.slips_dir,
                            links()))
        say(error + "; what is for it goes to the terminal only");
}

inline void Program::follow_config(const Place& output) {
    if (!session_.generation()) return;
    // anew, also when it is the same file: it may have been changed before Slips was started again
    found_config_ = find_config(*session_.generation(), config_places(*session_.generation(), options_, output));
    take_config(found_config_.config.value_or(Config()));
}

/// Makes the module's own folder, unless it is there. As root that is to be given up: for who the module becomes.
inline FileProblem Program::make_output_dir() {
    FileProblem problem;
    if (output_dir_.links == FollowLinks::all) {
        std::error_code error;
        std::filesystem::create_directories(output_dir_.name(), error);
        return error ? FileProblem(error.value()) : problem;
    }
    bool made = false;
    const uid_t user = privileges_.uid;
    const uid_t* const heir = will_drop() ? &user : nullptr;
    const OwnFd folder = make_folder(output_dir_, heir, made, problem);
    if (!folder) return problem;
    struct stat is {};
    if (::fstat(folder.get(), &is) != 0) return FileProblem(errno);
    if (made && heir) made_for_user_ = open_in(folder.get(), ".", O_RDONLY | O_DIRECTORY, FollowLinks::none, problem);
    // whose folder it is decides where the links in it lead
    if (::geteuid() == 0 && !heir && is.st_uid != 0)
        return {EPERM, "it belongs to another user, and root writes nothing there; chown it, or start with --user"};
    return {};
}

inline std::optional<Exit> Program::drop_privileges() {
    if (privileges_.action == PrivilegePlan::Action::warn) say(privileges_.sentence);
    if (!will_drop()) return std::nullopt;
    struct stat made {};
    if (made_for_user_ && ::fstat(made_for_user_.get(), &made) == 0 && made.st_uid == 0)
        static_cast<void>(::fchown(made_for_user_.get(), privileges_.uid, privileges_.gid));
    made_for_user_ = OwnFd();
    if (const auto failure = perform_privileges(privileges_)) {
        say(*failure);
        return Exit::environment;
    }
    privileges_ = {};
    if (knows_password_) hide_memory();  // the system may have taken it back
    return std::nullopt;
}

/// What is opened by name, once root's rights can do no harm any more.
inline bool Program::open_files() {
    open_logs();
    if (!open_stats()) return false;
    if (output_dir_.path.empty()) return true;
    if (!options_.output.empty()) output_dir_.links = FollowLinks::all;
    auto problem = make_output_dir();
    if (problem.text.empty() && ::access(output_dir_.name().c_str(), W_OK | X_OK) != 0) problem = FileProblem(errno);
    if (!problem.text.empty())
        say("the module cannot write into its folder " + output_dir_.name() + " as user " + std::to_string(::getuid()) + ": " +
            problem.text + "; chown it, or name another with --output");
    return true;
}

inline void Program::tell_config() {
    const std::string& line = found_config_.line;
    if (line == told_config_) return;
    told_config_ = line;
    if (found_config_.wrong) say(line);
    else printer_.print(line, 1, 0);
}

/// Silence is what users complain of most: say what is heard, of which Slips, with which hooks.
inline void Program::tell_start() {
    const auto join = [](const auto& words) {
        std::string text;
        for (const auto& word : words) text += (text.empty() ? "" : ", ") + std::string(word);
        return text.empty() ? std::string("nothing") : text;
    };
    std::string slips = "of a Slips not known yet (its first message will tell)";
    if (session_.generation()) {
        slips = "of " + std::string(to_string(*session_.generation())) + " Slips";
        if (!session_.slips_version().empty()) slips += " " + session_.slips_version();
    }
    printer_.print("hears " + join(receiver_.channels()) + " " + slips + " at " + connections_.where() + "; hooks: " +
                       join(description_.hooks),
                   1, 0);
    report_newer_version();
    tell_config();
    if (session_.generation() != Generation::current) return;
    if (!form_.problem.empty())
        return say("no evidence can be set: how this Slips writes it is not known (" + form_.problem + "); flows go on");
    std::string unknown;
    for (const EvidenceType& type : description_.info.evidence_types) {
        const bool known = form_.types.empty() ? is_known_evidence_type(type.current) || options_.registered_types.contains(type.current)
                                               : form_.types.contains(type.current);
        if (!known) unknown += (unknown.empty() ? "" : ", ") + std::string(type.current);
    }
    if (!unknown.empty())
        inform("Slips does not know " + unknown + (form_.unregistered.empty() ? "" : " (" + form_.unregistered + ")") +
               ": .unless_registered is sent instead, where it is given; otherwise the evidence is refused");
}

/// Not an error: an unknown version only decides what evidence is stamped with.
inline void Program::report_newer_version() {
    const std::string& version = session_.slips_version();
    if (version == newer_version_ || !newer_version(version, tested_slips_version)) return;
    newer_version_ = version;
    inform("Slips " + version + " is newer than " + tested_slips_version + ", the newest this module was tested with");
}

inline Exit Program::stop() {
    const bool legacy = session_.generation() == Generation::legacy;
    const auto patience = std::chrono::duration<double>(options_.stop_timeout.value_or(legacy ? 3 : 15));
    auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    if (launcher_) {
        const auto begin = Clock::now();
        receive_last_messages(patience);
        const auto slips_kills = begin + std::chrono::duration_cast<Clock::duration>(slips_waits() - std::chrono::seconds(5));
        const auto renewed = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
        if (!legacy) until = std::max(until, std::min(renewed, slips_kills));
    }
    // the same signal again means now; so does a Redis that is not there any more
    const auto hurry = [&] { return Clock::now() >= until || wake_.repeated() || connections_.gone(); };

    session_.begin_drain();
    while (!session_.drained() && !hurry()) connections_.step(until);
    if (launcher_ && !session_.drained() && !connections_.gone())
        say("the time to stop was over before all messages were handled; what was left of them is gone");
    while (!session_.settled() && !hurry()) connections_.step(until);
    session_.stop_timers();
    session_.guard("shutdown_gracefully()", [&] { module_.shutdown_gracefully(); });
    session_.tick(Clock::now());
    while (!session_.settled() && !hurry()) connections_.step(until);
    session_.finish();
    connections_.flush_main();  // once at least, whatever the time
    while (!session_.settled() && !hurry()) connections_.step(until);
    session_.abandon();

    const Stats& stats = session_.stats();
    printer_.print("stopped (" + session_.stop_reason() + "): " + std::to_string(stats.messages.received) +
                       " messages, " + std::to_string(stats.evidence.acknowledged) + " evidence",
                   1, 0);
    if (stats.evidence.lost != 0)
        say(std::to_string(stats.evidence.lost) + " evidence could not be stored before the time to stop was over");
    if (session_.failed()) return Exit::module_failed;
    if (stats.evidence.lost != 0) return Exit::evidence_lost;
    return session_.stop_reason() == "Redis is gone" ? Exit::redis_gone : Exit::stopped;
}

/// Slips' own modules go on while messages come, also when they are to stop: its profiler publishes what was read before.
/// Legacy gives all its modules a few seconds, current as long as it is configured to.
inline void Program::receive_last_messages(std::chrono::duration<double> patience) {
    const bool legacy = session_.generation() == Generation::legacy;
    const auto most = legacy ? patience / 2 : std::max(patience / 2, slips_waits() - 2 * patience);
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
        if (!legacy && now >= report_at) {
            launcher_->receiving(session_.stats().messages.received);
            report_at = now + std::chrono::milliseconds(500);
        }
        connections_.step(now + std::chrono::milliseconds(50));
    }
    if (!legacy) launcher_->receiving(session_.stats().messages.received);  // from here on it counts the time again
}

/// Slips waits for a module that appeared in PIDs, also for one that did not get as far as to hear anything.
inline void Program::take_leave() {
    connections_.cancel_subscription();
    session_.finish();
    const auto until = Clock::now() + std::chrono::seconds(1);
    while (!session_.settled() && !wake_.repeated() && Clock::now() < until) connections_.step(until);
}

inline void Program::write_stats() {
    if (!stats_file_) return;
    const auto generation = session_.generation();
    const std::string line = session_.stats().json(description_.info.name, generation ? to_string(*generation) : "unknown",
                                                   session_.stop_reason()) + '\n';
    if (!write_all(stats_file_.get(), line)) say("--stats: " + options_.stats + " could not be written: is the disk full?");
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
