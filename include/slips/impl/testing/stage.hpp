// Stage: runs a module against an in-memory Slips. It implements the test harness, with the steps of program.hpp in their
// order.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/config.hpp"
#include "slips/database.hpp"
#include "slips/detail/module_instance.hpp"
#include "slips/detail/number.hpp"
#include "slips/detail/uuid.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/life_cycle.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/impl/session/setting_check.hpp"
#include "slips/impl/testing/fake_port.hpp"
#include "slips/impl/testing/fake_redis.hpp"
#include "slips/impl/testing/session_driver.hpp"
#include "slips/impl/testing/watchdog.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/log_level.hpp"
#include "slips/message.hpp"
#include "slips/module.hpp"
#include "slips/testing/failure.hpp"
#include "slips/testing/observed.hpp"
#include "slips/testing/settings.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Runs a module against an in-memory Slips. HarnessBase documents the functions.
class Stage final : private slips::detail::LifeCycle {
public:
    /// Makes the module; it starts with the first call that needs it.
    Stage(const slips::detail::ModuleType& type, Settings settings);
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();  ///< shutdown_gracefully() runs in stop() only

    slips::detail::ModuleInstance& instance() { return *instance_; }  ///< the module itself
    FakeRedis& redis() { return driver_.main; }                       ///< the main database of Slips
    FakeRedis& cache() { return driver_.cache; }                      ///< the cache of Slips
    Store& store() { return store_of_test_; }                         ///< the module's, for the test

    // --- what the test does ---------------------------------------------------------------------------------

    /// Runs init(), the subscriptions and pre_main().
    void start();

    /// Publishes a text.
    void send(std::string_view channel, std::string_view text);

    /// Advances the clock.
    void advance(Clock::duration time);

    /// Runs posted functions until `holds()` returns true.
    void wait_until(const std::function<bool()>& holds);

    /// Makes Redis unreachable for a while.
    void miss(std::chrono::milliseconds time);

    /// Stops the module as Slips does.
    void stop();

    /// Changes Settings::patience.
    void set_patience(std::chrono::nanoseconds patience) { watchdog_.set_patience(settings_.patience = patience); }

    // --- what can be examined -------------------------------------------------------------------------------

    const std::vector<EvidenceAdded>& evidence() const { return evidence_; }     ///< as other modules receive it
    const std::vector<Accepted>& accepted() const { return accepted_; }          ///< accepted calls of set_evidence()
    const std::vector<Print>& prints() const { return prints_; }                 ///< calls of print()
    const std::vector<Logged>& logged() const { return logged_; }                ///< calls of log_error() and the like
    const std::vector<Published>& published() const { return published_; }       ///< messages of publish()
    const std::vector<std::string>& complaints() const { return driver_.said; }  ///< lines that the SDK logged
    const Stats& stats() const { return driver_.session.stats(); }               ///< counters
    const std::vector<std::string>& commands() const { return driver_.sent; }    ///< commands to the main Redis
    const std::vector<std::string>& asked() const { return port_.asked(); }      ///< queries of database() and store()

    const Settings& settings() const { return settings_; }                  ///< of the test
    const std::vector<std::string>& channels() const { return channels_; }  ///< that the module subscribes to
    bool subscribes_to(std::string_view channel) const;                     ///< control_channel, too
    /// Before the start, sets the version of Slips to that of a message.
    void take_version(const nlohmann::json& message);

private:
    enum class State { ready, running, stopped };
    static constexpr std::size_t most = 1'000;  ///< rounds, after which the module is considered to loop

    SessionSettings session_settings();
    template <class Call>
    void watched(const std::string& what, Call&& call);
    void run();
    void take_published();
    void configure();
    void introduce(const nlohmann::json& message);
    void shut_down();

    Session& session() override { return driver_.session; }
    ModuleBase& module() override { return instance_->module(); }
    Receiver& receiver() override { return instance_->receiver(); }
    Clock::time_point now() const override { return driver_.now; }
    void call(std::string_view name, const std::function<void()>& hook) override;
    void report_start_failure(const std::string& why) override { throw Failure("slips: " + why); }
    void subscribe() override;
    void draining() override;
    void drained() override { run(); }
    void flush() override { run(); }
    bool wait() override;

    Settings settings_;
    ModuleInfo info_;
    std::vector<Accepted> accepted_{};
    std::vector<Published> published_{};
    std::unique_ptr<slips::detail::ModuleInstance> instance_;
    SessionDriver driver_;
    FakePort port_;
    Database database_;
    Store store_;
    FakePort port_of_test_;  ///< of its own, so that asked() is what the module asked
    Store store_of_test_;
    std::filesystem::path output_dir_{};
    State state_ = State::ready;
    std::optional<Clock::time_point> stop_at_{};  ///< while stopping: the end of the time to stop
    std::vector<std::string> channels_{};
    std::size_t taken_ = 0;  ///< of what was published
    std::vector<EvidenceAdded> evidence_{};
    std::vector<Print> prints_{};
    std::vector<Logged> logged_{};
    std::mutex mutex_{};
    std::condition_variable posted_{};
    std::size_t posts_ = 0;
    std::vector<std::string> hung_{};
    Watchdog watchdog_;
};

// ---------------------------------------------------------------------------------------------------------

inline SessionSettings Stage::session_settings() {
    SessionSettings session;
    session.module = info_.name;
    settings_.generation = settings_.dialect().generation;
    session.generation = settings_.generation;
    if (settings_.generation == Generation::legacy)
        session.slips_version = settings_.slips_version.empty() ? "0.9.1" : settings_.slips_version;
    if (settings_.registered)
        for (const EvidenceType& type : info_.evidence_types) session.registered.emplace(type.current);
    session.share = settings_.share;
    session.repeats = true;
    session.remark = [](std::string_view) {};  // evidence without a time, as at the end of a window, is no mistake
    session.published = [this](std::string_view channel, std::string_view text) {
        published_.push_back({std::string(channel), std::string(text)});
    };
    session.accepted = [this](const Evidence& evidence, const Context& context) {
        accepted_.push_back({evidence, context});
    };
    session.handled = [this] { receiver().forget(); };
    return session;
}

inline Stage::Stage(const slips::detail::ModuleType& type, Settings settings)
    : settings_(std::move(settings)), info_(type.info), instance_(type.make()),
      driver_(session_settings(), module(), receiver()), port_(driver_.main, driver_.cache),
      database_(
          port_, [this] { return &driver_.session.dialect(); }, [this] { return driver_.now; }),
      store_(port_, info_.name), port_of_test_(driver_.main, driver_.cache), store_of_test_(port_of_test_, info_.name),
      watchdog_(settings_.patience, [this](const std::string& hangs) {
          {
              const std::lock_guard lock(mutex_);
              hung_.push_back(hangs);
          }
          settings_.on_hang(hangs);
      }) {
    auto& host = module().host_of_module();
    host.print = [this](std::string_view text, int verbose, int debug) {
        prints_.push_back({std::string(text), verbose, debug});
    };
    host.log = [this](LogLevel level, std::string_view text) { logged_.push_back({level, std::string(text)}); };
    host.database = &database_;
    host.store = &store_;
    port_.set_thread_check([this](const char* call) { module().require_own_thread(call); });
    host.share = settings_.share;
    UuidSource ids;
    output_dir_ = std::filesystem::temp_directory_path() / ("slips-" + std::string(info_.name) + "-" + ids.next());
    host.output_dir = output_dir_ / std::string(info_.name);
    driver_.main.subscribers["evidence_added"] = 1;
    driver_.session.set_wake([this] {
        const std::lock_guard lock(mutex_);
        ++posts_;
        posted_.notify_all();
    });
    configure();
}

inline void Stage::configure() {
    if (settings_.config.empty() && settings_.module_settings.empty()) return;
    auto sections = wire::parse_value(settings_.config.empty() ? "{}" : settings_.config);
    const std::string section(info_.name);
    if (sections.is_object())
        for (const auto& [key, value] : settings_.module_settings) sections[section][key] = value;
    std::string error;
    const auto config = Config::parse(sections.is_object() ? sections.dump() : settings_.config, error);
    if (!config) throw Failure("slips: Settings::config: " + error);
    module().host_of_module().config = *config;
    driver_.session.configure(*config);
}

inline Stage::~Stage() {
    module().detach();
    instance_.reset();  // first: a thread that the module's destructor joins may still use a Store& that it has kept
    std::error_code ignored;
    std::filesystem::remove_all(output_dir_, ignored);
}

/// Calls what may call the module; throws Failure if it hangs or, in strict mode, if the SDK logs an error.
template <class Call>
void Stage::watched(const std::string& what, Call&& call) {
    const std::size_t before = driver_.said.size();
    {
        const Watchdog::Watch watch(watchdog_, what);
        call();
    }
    std::unique_lock lock(mutex_);
    std::vector<std::string> wrong = std::exchange(hung_, {});
    lock.unlock();
    if (settings_.strict)
        wrong.insert(wrong.end(), driver_.said.begin() + static_cast<std::ptrdiff_t>(before), driver_.said.end());
    if (!wrong.empty()) throw Failure("slips: in " + what + ":" + detail::listed(wrong));
}

inline void Stage::start() {
    if (state_ == State::running) return;
    if (state_ == State::stopped) throw Failure("slips: the module has stopped, or did not start");
    state_ = State::stopped;  // until it has started
    Session& session = driver_.session;
    if (settings_.generation == Generation::current) {
        if (settings_.slips_version.empty()) settings_.slips_version = tested_slips_version;
        driver_.main.hashes["analysis"] = {{"slips_version", settings_.slips_version}, {"input_type", "file"}};
    }
    driver_.main_up();
    session.cache_up();
    run();
    driver_.said.clear();  // such as the line about a newer Slips
    watched("Slips' configuration", [&] {
        for (const std::string& line : slips::detail::setting_problems(module().host_of_module().config, info_))
            driver_.session.log(line);
    });
    if (!start_module()) throw Failure("slips: init() or pre_main() threw: the module does not start");
    state_ = State::running;
    watched("pre_main()", [&] { run(); });
}

// --- what the test does --------------------------------------------------------------------------------------

inline void Stage::send(std::string_view channel, std::string_view text) {
    const auto message = wire::parse_value(text);
    take_version(message);
    start();
    if (!subscribes_to(channel))
        throw Failure("slips: the module does not subscribe to " + std::string(channel) +
                      ", but:" + detail::listed(channels_));
    introduce(message);
    watched("on(" + std::string(channel) + ")", [&] {
        driver_.push(std::string(channel), std::string(text));
        run();
    });
    if (driver_.session.stopping()) shut_down();
}

/// A module ignores messages of another version of Slips.
inline void Stage::take_version(const nlohmann::json& message) {
    if (state_ == State::ready && settings_.slips_version.empty())
        settings_.slips_version = wire::text_of(message, "version");
}

/// Creates the profile and the time window of a message, as Slips does before it publishes it.
inline void Stage::introduce(const nlohmann::json& message) {
    const std::string profileid = wire::text_of(message, "profileid"), twid = wire::text_of(message, "twid");
    if (profileid.empty()) return;
    double time = 0;  // of the first flow that a window is met with
    for (const char* key : {"stime", "starttime"})
        for (const nlohmann::json* object : {&message, message.contains("flow") ? &message["flow"] : nullptr})
            if (object && object->is_object() && object->contains(key) && (*object)[key].is_number())
                time = (*object)[key].get<double>();
    auto& redis = driver_.main;
    if (!settings_.dialect().sorted_profiles) redis.sadd("profiles", profileid);
    else if (!redis.sorted_sets["profiles"].contains(profileid)) redis.zadd("profiles", time, profileid);
    const Config& config = module().host_of_module().config;
    redis.hashes[profileid].try_emplace("duration", python_repr(config.time_window_width()));
    if (!twid.empty() && !redis.sorted_sets["tws" + profileid].contains(twid))
        redis.zadd("tws" + profileid, time, twid);
}

inline bool Stage::subscribes_to(std::string_view channel) const {
    return channel == "control_channel" || std::find(channels_.begin(), channels_.end(), channel) != channels_.end();
}

/// Runs until nothing is left to do; the module also receives what it publishes.
inline void Stage::run() {
    for (std::size_t round = 0; round < most; ++round) {
        driver_.session.tick(driver_.now);
        const bool exchanged = driver_.exchange();
        take_published();
        if (!exchanged) return;
    }
    throw Failure(
        "slips: the module does not come to rest: " + std::to_string(most) +
        " rounds, each caused by the one before; does it receive what it publishes, or call post() each time?");
}

inline void Stage::take_published() {
    for (; taken_ < driver_.main.published.size(); ++taken_) {
        const auto [channel, text] = driver_.main.published[taken_];
        if (channel == "evidence_added") {
            EvidenceAdded added;
            wire::DecodeError error;
            if (!wire::decode(text, added, error) || !error.left_out.empty())
                throw Failure("slips: the evidence cannot be decoded: " +
                              (error.what.empty() ? error.left_out.front() : error.what));
            evidence_.push_back(added);  // a copy owns its text
        }
        if (state_ == State::running && subscribes_to(channel)) driver_.push(channel, text);
    }
}

inline void Stage::advance(Clock::duration time) {
    start();
    const auto until = driver_.now + time;
    watched("a timer", [&] {
        std::size_t still = 0;
        for (auto at = driver_.session.deadline(driver_.now); at && *at <= until;
             at = driver_.session.deadline(driver_.now)) {
            if (*at > driver_.now) driver_.now = *at, still = 0;
            else if (++still == most) throw Failure("slips: a timer is due again at once, each time");
            run();
        }
        driver_.now = until;
        run();
    });
    if (driver_.session.stopping()) shut_down();
}

inline void Stage::wait_until(const std::function<bool()>& holds) {
    start();
    using std::chrono::system_clock;
    const bool has_end = settings_.patience > std::chrono::nanoseconds::zero();
    const auto until = system_clock::now() + std::chrono::duration_cast<system_clock::duration>(settings_.patience);
    for (;;) {
        std::unique_lock lock(mutex_);
        const std::size_t seen = posts_;
        lock.unlock();
        const bool is_over = has_end && system_clock::now() >= until;  // the condition is checked once more
        watched("a posted function", [&] { run(); });
        if (holds()) return;
        if (is_over) throw Failure("slips: the condition of wait_until() was still false when the patience was over");
        lock.lock();
        // other threads may fulfil the condition without post()
        posted_.wait_until(lock, system_clock::now() + std::chrono::milliseconds(5), [&] { return posts_ != seen; });
    }
}

inline void Stage::miss(std::chrono::milliseconds time) {
    start();
    watched("on_gap()", [&] {
        Session& session = driver_.session;
        session.subscriber_lost("the test ended the connection", driver_.now);
        driver_.advance(time);
        session.subscriber_up(driver_.now);
        const std::size_t before = driver_.said.size();
        driver_.read_subscriber();
        // the line about the gap is not an error of the module
        if (driver_.said.size() > before)
            driver_.said.erase(driver_.said.begin() + static_cast<std::ptrdiff_t>(before));
        run();
    });
}

// --- stopping ------------------------------------------------------------------------------------------------

inline void Stage::stop() {
    if (state_ == State::stopped) return;
    start();
    driver_.session.request_stop("the test stops it");
    shut_down();
}

inline void Stage::shut_down() {
    if (std::exchange(state_, State::stopped) == State::stopped) return;
    stop_at_ = driver_.now + std::chrono::seconds(settings_.dialect().stop == slips::detail::StopOrder::event ? 15 : 3);
    watched("the stop", [&] {
        stop_module();
        if (const auto lost = driver_.session.stats().evidence.lost; lost != 0)
            driver_.said.push_back(std::to_string(lost) +
                                   " evidence could not be stored before the time to stop expired");
    });
}

/// While stopping, errors are thrown at the end, so that all steps are done.
inline void Stage::call(std::string_view name, const std::function<void()>& hook) {
    const std::string what(name);
    if (!stop_at_) return watched(what, hook);
    const Watchdog::Watch watch(watchdog_, what);
    hook();
}

inline void Stage::subscribe() {
    driver_.session.subscriber_up(driver_.now);
    channels_ = receiver().channels();
    driver_.read_subscriber();
}

inline void Stage::draining() {
    driver_.read_subscriber();
    driver_.pushed(Answer::list({Answer::of("unsubscribe"), Answer::nil(), Answer::integer(0)}));
}

/// Runs until nothing is left to do, then advances the clock to the next deadline.
inline bool Stage::wait() {
    run();
    if (driver_.session.settled()) return true;
    if (driver_.now >= *stop_at_) return false;
    const auto at = driver_.session.deadline(driver_.now);
    driver_.now = at && *at > driver_.now ? std::min(*at, *stop_at_) : *stop_at_;
    run();
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
