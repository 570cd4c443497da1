// run<Module>(argc, argv): the whole of a module's main().
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/dispatcher.hpp"
#include "slips/module.hpp"
#include "slips/module_checks.hpp"
#include "slips/options.hpp"
#include "slips/print.hpp"
#include "slips/privileges.hpp"
#include "slips/redis/connection.hpp"
#include "slips/session.hpp"
#include "slips/signals.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Runs a module until it is stopped. Returns main()'s exit status, see Exit.
template <class M>
int run(int argc, char** argv);

namespace detail {

/// What is known of a module's type when it runs.
struct Description {
    ModuleInfo info{};
    std::vector<std::string_view> hooks{};

    std::string json(const std::vector<std::string>& channels) const;
};

/// Everything around a module: connections, the loop, start and stop. One thread.
class Program {
public:
    Program(Description description, const Options& options, ModuleBase& module, Receiver& receiver,
            std::function<std::string(bool has_timers)> problem);
    Exit run();

private:
    /// A connection that is made again when it breaks, a while later each time.
    struct Link {
        redis::Connection connection{};
        redis::Endpoint endpoint{};
        const char* name = "";
        Clock::time_point next_attempt{};
        std::chrono::milliseconds pause{100};
        std::optional<Clock::time_point> down_since{};
        bool announced = false;  ///< the session knows that it is open
        bool answers = false;    ///< and it is worth something
    };
    static constexpr std::chrono::milliseconds longest_pause{1000};
    static constexpr std::chrono::seconds gone_for_good{60};

    // A batch ends at one of these, so that evidence of its beginning does not wait for its end.
    static constexpr std::size_t batch_messages = 4096;
    static constexpr std::size_t batch_chunks = 4 * 1024 * 1024 / redis::Reader::chunk;
    static constexpr std::chrono::milliseconds batch_time{5};

    std::optional<Exit> start();
    std::optional<Exit> drop_privileges();
    Exit stop();
    void take_leave();
    void step(std::optional<Clock::time_point> until);
    void connect_what_is_due(Clock::time_point now);
    void flush(Link& link, wire::Pipeline& pipeline, Clock::time_point now);
    void receive(Clock::time_point now);
    void lost(Link& link, std::string_view why, Clock::time_point now);
    void announce(Link& link, Clock::time_point now);
    void answered(Link& link, Clock::time_point now);
    bool gone(Clock::time_point now) const;
    void say(std::string_view line) { printer_.report(line); }
    void tell_start();
    void write_stats();
    wire::Pipeline& pipeline(const Link& link) {
        return &link == &main_ ? session_.main : &link == &cache_ ? session_.cache : session_.subscriber;
    }

    Description description_;
    const Options& options_;
    ModuleBase& module_;
    const Receiver& receiver_;
    std::function<std::string(bool has_timers)> problem_;
    Printer printer_;
    WakePipe wake_{};
    Session session_;
    Link subscriber_{};
    Link main_{};
    Link cache_{};
    bool may_subscribe_ = false;
    bool ever_up_ = false;
    bool more_to_read_ = false;
    std::ofstream stats_file_{};
};

inline SessionSettings settings_of(const Description& description, const Options& options) {
    SessionSettings settings;
    settings.module = description.info.name;
    settings.registered = options.registered_types;
    settings.generation = options.generation;
    if (!options.slips_dir.empty()) {
        // current Slips has a file VERSION in its folder, legacy has its version in slips.py
        if (read_first_line(options.slips_dir + "/VERSION", settings.slips_version)) {
            if (!settings.generation) settings.generation = Generation::current;
        } else if (!settings.generation && std::filesystem::exists(options.slips_dir + "/slips.py")) {
            settings.generation = Generation::legacy;
        }
    }
    settings.user = options.redis_user;
    settings.password = options.redis_password;
    settings.database = options.redis_db;
    settings.register_pid = options.register_pid;
    settings.pid = ::getpid();
    settings.strict = options.strict;
    return settings;
}

}  // namespace detail

template <class M>
int run(int argc, char** argv) {
    static_assert(detail::check_module<M>());
    const std::string program = argc > 0 ? argv[0] : std::string(M::info.name);
    const auto fail = [&](Exit status, std::string_view line) {
        std::fprintf(stderr, "[%s] %s\n", std::string(M::info.name).c_str(), screen_line(line).c_str());
        return static_cast<int>(status);
    };
    try {
        Options options;
        std::string error;
        if (!parse_options(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), options, error))
            return fail(Exit::usage, error);
        if (options.help) {
            std::fputs(help_text(program, M::info.name, M::info.description).c_str(), stdout);
            return 0;
        }
        if (options.version) {
            std::printf("%s, built with slips-module-sdk %s\n", std::string(M::info.name).c_str(), sdk_version);
            return 0;
        }
        const auto [hooks, count] = detail::hooks_of<M>();
        detail::Description description{M::info, {hooks.begin(), hooks.begin() + count}};
        M module;
        detail::Dispatcher<M> dispatcher(module);
        if (options.describe) {
            std::printf("%s\n", description.json(dispatcher.channels()).c_str());
            return 0;
        }
        detail::Program around(std::move(description), options, module, dispatcher,
                               [&dispatcher](bool has_timers) { return dispatcher.problem(has_timers); });
        return static_cast<int>(around.run());
    } catch (const std::exception& thrown) {
        return fail(Exit::module_failed, thrown.what());
    } catch (...) {
        return fail(Exit::module_failed, "the module's constructor threw something that is no exception");
    }
}

// ---------------------------------------------------------------------------------------------------------

namespace detail {

inline std::string Description::json(const std::vector<std::string>& channels) const {
    std::string types = "[";
    for (const EvidenceType& type : info.evidence_types) {
        if (types.size() > 1) types += ", ";
        wire::ObjectWriter(types).text("current", type.current).text("legacy", type.legacy).end();
    }
    types += ']';
    std::string json;
    wire::ObjectWriter(json)
        .text("name", info.name)
        .text("description", info.description)
        .text("authors", info.authors)
        .raw("needs_root", info.needs_root ? "true" : "false")
        .texts("channels", channels)
        .texts("hooks", std::vector<std::string>(hooks.begin(), hooks.end()))
        .raw("evidence_types", types)
        .text("sdk", sdk_version)
        .end();
    return json;
}

inline Program::Program(Description description, const Options& options, ModuleBase& module, Receiver& receiver,
                        std::function<std::string(bool has_timers)> problem)
    : description_(std::move(description)),
      options_(options),
      module_(module),
      receiver_(receiver),
      problem_(std::move(problem)),
      printer_(std::string(description_.info.name)),
      session_(settings_of(description_, options), receiver, [this](std::string_view line) { say(line); }) {
    printer_.set_levels(options.verbose, options.debug);
    main_.name = "Redis";
    main_.endpoint = {options.redis_host, options.redis_port, options.redis_socket};
    subscriber_.name = "subscription";
    subscriber_.endpoint = main_.endpoint;
    cache_.name = "cache";
    cache_.endpoint = {options.redis_host, options.cache_port, options.cache_socket};
    session_.set_wake([this] { wake_.wake(); });
}

inline Exit Program::run() {
    if (!wake_.good()) {
        say("cannot make a pipe: too many open files");
        return Exit::environment;
    }
    if (!options_.stats.empty()) {
        stats_file_.open(options_.stats, std::ios::trunc);
        if (!stats_file_) {
            say("--stats: cannot write " + options_.stats);
            return Exit::environment;
        }
    }
    if (const auto early = start()) {
        module_.attach(nullptr);
        if (session_.learnt()) take_leave();
        write_stats();
        return *early;
    }
    while (!session_.stopping()) {
        step(std::nullopt);
        if (gone(Clock::now())) session_.request_stop("Redis is gone");
    }
    const Exit status = stop();
    module_.attach(nullptr);
    write_stats();
    return status;
}

// --- start and stop ------------------------------------------------------------------------------------------

/// Sockets and log files, init(), privileges, subscriptions, pre_main(). Something: do not go on.
inline std::optional<Exit> Program::start() {
    while (!session_.learnt()) {
        step(std::nullopt);
        if (session_.stopping()) return Exit::stopped;
        if (const std::string refusal = session_.take_refusal(); !refusal.empty()) {
            constexpr std::string_view passing[] = {"LOADING", "BUSY", "MASTERDOWN", "ERR max number of clients"};
            if (std::any_of(std::begin(passing), std::end(passing),
                            [&](std::string_view words) { return refusal.starts_with(words); })) {
                lost(main_, refusal, Clock::now());  // not ready: again in a while
                continue;
            }
            say("Redis at " + main_.endpoint.text() + " refuses this module: " + refusal +
                " (a password comes from SLIPS_REDIS_PASSWORD or --redis-password-file)");
            return Exit::environment;
        }
    }
    if (session_.generation()) printer_.set_generation(*session_.generation());
    std::string error;
    if (options_.output.empty() && !printer_.open_logs(session_.log_file(), session_.error_file(), error)) say(error);
    const std::filesystem::path folder = !options_.output.empty()       ? options_.output
                                         : !session_.output_dir().empty() ? session_.output_dir()
                                                                        : ".";
    auto& host = module_.host_of_module();
    host.output_dir = folder / description_.info.name;
    host.print = [this](std::string_view text, int verbose, int debug) { printer_.print(text, verbose, debug); };
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
    if (const auto failure = drop_privileges()) return failure;
    host.heard = true;
    may_subscribe_ = true;
    announce(subscriber_, Clock::now());
    if (!session_.guard("pre_main()", [&] { good = module_.pre_main(); }) || !good) {
        if (!good) say("pre_main() returned false: the module does not start");
        return Exit::module_failed;
    }
    tell_start();
    return std::nullopt;
}

/// A link is not followed: what it leads to may be anything of root's.
inline bool give_away(const std::filesystem::path& folder, uid_t uid, gid_t gid) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return false;
    const bool given = ::fchown(fd, uid, gid) == 0;
    ::close(fd);
    return given;
}

inline std::optional<Exit> Program::drop_privileges() {
    const PrivilegePlan plan =
        plan_privileges(current_privilege_facts(options_.user, description_.info.needs_root));
    using Action = PrivilegePlan::Action;
    if (plan.action == Action::refuse || plan.action == Action::warn) say(plan.sentence);
    if (plan.action == Action::refuse) return Exit::environment;
    if (plan.action == Action::drop_to_ids || plan.action == Action::drop_to_user) {
        // the folder must be writable for who the module becomes
        const auto& folder = module_.host_of_module().output_dir;
        uid_t uid = plan.uid;
        gid_t gid = plan.gid;
        if (plan.action == Action::drop_to_user) {
            const UserIds user = find_user(plan.user);
            uid = user.uid;
            gid = user.gid;
        }
        std::error_code ignored;
        std::filesystem::create_directories(folder, ignored);
        if (uid != 0 && !give_away(folder, uid, gid))
            say("the folder " + folder.string() + " will not be writable after root's rights are given up");
    }
    if (const auto failure = perform_privileges(plan)) {
        say(*failure);
        return Exit::environment;
    }
    return std::nullopt;
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
    printer_.print("hears " + join(receiver_.channels()) + " " + slips + " at " + main_.endpoint.text() + "; hooks: " +
                       join(description_.hooks),
                   1, 0);
    std::string unknown;
    for (const EvidenceType& type : description_.info.evidence_types)
        if (!is_known_evidence_type(type.current) && !options_.registered_types.contains(type.current))
            unknown += (unknown.empty() ? "" : ", ") + std::string(type.current);
    if (!unknown.empty() && session_.generation() == Generation::current)
        printer_.print("Slips does not know " + unknown + ": .unless_registered is sent instead", 1, 0);
}

inline Exit Program::stop() {
    const bool legacy = session_.generation() == Generation::legacy;
    const auto patience = std::chrono::duration<double>(options_.stop_timeout.value_or(legacy ? 3 : 15));
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    // a second signal means now; so does a Redis that is not there any more
    const auto hurry = [&] { return Clock::now() >= until || wake_.signals() > 1 || gone(Clock::now()); };

    session_.begin_drain();
    while (!session_.drained() && !hurry()) step(until);
    while (!session_.settled() && !hurry()) step(until);
    session_.guard("shutdown_gracefully()", [&] { module_.shutdown_gracefully(); });
    session_.tick(Clock::now());
    while (!session_.settled() && !hurry()) step(until);
    session_.finish();
    flush(main_, session_.main, Clock::now());  // once at least, whatever the time
    while (!session_.settled() && !hurry()) step(until);
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

/// Slips waits for a module that appeared in PIDs, also for one that did not get as far as to hear anything.
inline void Program::take_leave() {
    may_subscribe_ = false;
    lost(subscriber_, "the module does not start", Clock::now());
    session_.finish();
    const auto until = Clock::now() + std::chrono::seconds(1);
    while (!session_.settled() && wake_.signals() < 2 && Clock::now() < until) step(until);
}

inline void Program::write_stats() {
    if (!stats_file_.is_open()) return;
    const auto generation = session_.generation();
    stats_file_ << session_.stats().json(description_.info.name, generation ? to_string(*generation) : "unknown",
                                         session_.stop_reason())
                << '\n';
    stats_file_.close();
}

// --- the loop ------------------------------------------------------------------------------------------------

/// Waits for something to happen, at most until then, and does it.
inline void Program::step(std::optional<Clock::time_point> until) {
    Clock::time_point now = Clock::now();
    connect_what_is_due(now);
    for (Link* link : {&main_, &cache_, &subscriber_}) flush(*link, pipeline(*link), now);

    std::optional<Clock::time_point> wake_at = session_.deadline(now);
    const auto at = [&wake_at](Clock::time_point time) { wake_at = wake_at ? std::min(*wake_at, time) : time; };
    pollfd fds[4];
    nfds_t count = 0;
    Link* links[3] = {};
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        if (link->connection.state() == redis::Connection::State::closed) {
            at(link->next_attempt);
            continue;
        }
        const bool connecting = link->connection.state() == redis::Connection::State::connecting;
        const bool write = connecting || !pipeline(*link).bytes().empty();
        const bool read = link != &subscriber_ || !session_.congested(now);
        links[count] = link;
        fds[count++] = {link->connection.fd(), static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0};
    }
    fds[count] = {wake_.fd(), POLLIN, 0};
    if (until) at(*until);
    int timeout = -1;
    if (more_to_read_) {
        timeout = 0;
    } else if (wake_at) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wake_at - now).count();
        timeout = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
    }
    const int ready = ::poll(fds, count + 1, timeout);
    now = Clock::now();
    if (ready > 0) {
        if (fds[count].revents)
            if (const char* signal = wake_.drain()) session_.request_stop(signal);
        for (nfds_t i = 0; i < count; ++i) {
            if (!fds[i].revents || links[i]->connection.state() != redis::Connection::State::connecting) continue;
            std::string error;
            if (links[i]->connection.connected(error)) announce(*links[i], now);
            else lost(*links[i], error, now);
        }
    }
    receive(now);
    session_.tick(Clock::now());
}

inline void Program::connect_what_is_due(Clock::time_point now) {
    for (Link* link : {&main_, &cache_, &subscriber_}) {
        if (link->connection.state() != redis::Connection::State::closed || now < link->next_attempt) continue;
        // quietly: Slips takes a port on which something goes on for one in use
        if (link != &main_ && !ever_up_) {
            link->next_attempt = now + longest_pause;
            continue;
        }
        std::string error;
        if (!link->connection.connect(link->endpoint, error)) lost(*link, error, now);
    }
}

inline void Program::announce(Link& link, Clock::time_point now) {
    if (link.announced || link.connection.state() != redis::Connection::State::open) return;
    if (&link == &subscriber_ && !may_subscribe_) return;
    link.announced = true;
    if (&link == &main_) session_.main_up(now);
    else if (&link == &cache_) session_.cache_up();
    else session_.subscriber_up(now);
}

/// After a reply that is worth something. A server that is full takes a connection as well, and ends it at once.
inline void Program::answered(Link& link, Clock::time_point now) {
    if (link.answers) return;
    link.answers = true;
    link.pause = std::chrono::milliseconds(100);
    if (&link == &main_) {
        if (link.down_since && ever_up_) say("is connected to Redis again");
        ever_up_ = true;
        subscriber_.next_attempt = cache_.next_attempt = now;
    }
    link.down_since.reset();
}

inline void Program::lost(Link& link, std::string_view why, Clock::time_point now) {
    const bool first = !link.down_since.has_value();
    link.connection.close();
    link.next_attempt = now + link.pause;
    link.pause = std::min(link.pause * 2, longest_pause);
    if (first) link.down_since = now;
    const bool was_up = std::exchange(link.announced, false);
    link.answers = false;
    if (first && !(session_.stopping() && was_up) && &link != &subscriber_) {
        const std::string where = std::string(link.name) + " at " + link.endpoint.text() + ": " + std::string(why);
        if (&link == &cache_) say("no " + where + "; evidence goes without what Slips knows of its addresses");
        else say((ever_up_ ? "lost " : "waiting for ") + where);
    }
    if (!was_up) return;
    if (&link == &main_) session_.main_lost();
    else if (&link == &cache_) session_.cache_lost(now);
    else session_.subscriber_lost(why, now);
}

/// Back for good, or gone for good: after a minute without it there is nothing to wait for.
inline bool Program::gone(Clock::time_point now) const {
    return ever_up_ && main_.down_since && subscriber_.down_since && now - *main_.down_since > gone_for_good;
}

inline void Program::flush(Link& link, wire::Pipeline& pipeline, Clock::time_point now) {
    if (link.connection.state() != redis::Connection::State::open || pipeline.bytes().empty()) return;
    std::string error;
    if (!link.connection.write(pipeline.bytes(), error)) lost(link, error, now);
}

/// Replies first: they make room for what the messages bring.
inline void Program::receive(Clock::time_point now) {
    using Read = redis::Connection::Read;
    std::string error;
    const auto drain = [&](Link& link, auto&& take) {
        while (link.connection.state() == redis::Connection::State::open && pipeline(link).outstanding() != 0) {
            const Read result = link.connection.read(take, error);
            if (result == Read::lost) return lost(link, error, now);
            if (result == Read::drained) return;
        }
        // nothing is awaited, but the server may have closed the connection
        if (link.connection.state() == redis::Connection::State::open &&
            link.connection.read([](const wire::Reply&) {}, error) == Read::lost)
            lost(link, error, now);
    };
    drain(main_, [&](const wire::Reply& reply) {
        // OK to CLIENT SETNAME is said by a server that still loads its data, too
        if (!reply.is_error() && reply.kind != wire::Reply::Kind::status) answered(main_, now);
        if (session_.main.outstanding() != 0) session_.main_reply(reply, now);
    });
    drain(cache_, [&](const wire::Reply& reply) {
        if (!reply.is_error()) answered(cache_, now);
        if (session_.cache.outstanding() != 0) session_.cache_reply(reply, now);
    });
    more_to_read_ = false;
    std::size_t messages = 0;
    std::size_t chunks = 0;
    const Clock::time_point begin = now;
    while (subscriber_.connection.state() == redis::Connection::State::open && !session_.congested(now)) {
        const Read result = subscriber_.connection.read(
            [&](const wire::Reply& reply) {
                ++messages;
                if (!reply.is_error()) answered(subscriber_, now);
                session_.pushed(reply, now);
            },
            error);
        if (result == Read::lost) return lost(subscriber_, error, now);
        if (result == Read::drained) return;
        now = Clock::now();
        if (messages >= batch_messages || ++chunks >= batch_chunks || now - begin >= batch_time) {
            more_to_read_ = true;
            return;
        }
    }
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
