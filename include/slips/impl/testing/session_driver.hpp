// SessionDriver: a session with in-memory Redis servers and a clock of its own, driven step by step. The harness runs a whole
// module with it; the SDK's own tests call single steps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/dispatcher.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/impl/testing/fake_redis.hpp"
#include "slips/log_level.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// The session of a module, and its servers.
class SessionDriver {
public:
    /// Refers to both, which outlive it. Nothing is connected yet. The clock of the session is `now`.
    SessionDriver(SessionSettings with, ModuleBase& module, Receiver& receiver)
        : session(on_own_clock(std::move(with)), receiver, [this](std::string_view line) { said.emplace_back(line); }) {
        module.attach(&session);
        module.host_of_module().print = [](std::string_view, int, int) {};
        module.host_of_module().log = [](LogLevel, std::string_view) {};
    }
    SessionDriver(const SessionDriver&) = delete;
    SessionDriver& operator=(const SessionDriver&) = delete;

    FakeRedis main{};                               ///< Slips' main Redis
    FakeRedis cache{};                              ///< Slips' cache
    std::vector<std::string> said{};                ///< lines of the session
    std::vector<std::string> sent{};                ///< commands on the main connection, joined
    std::vector<std::string> sent_to_cache{};       ///< commands on the cache's connection, joined
    std::vector<std::string> sent_by_subscriber{};  ///< commands on the subscribing connection, joined
    bool confirms = true;                           ///< see read_subscriber()
    Clock::time_point now = Clock::now();           ///< stands still but for advance()
    Session session;                                ///< between module and servers

    /// Opens all three connections and answers the first queries.
    void connect() {
        main_up();
        session.cache_up();
        session.subscriber_up(now);
        run();
    }
    /// Opens the main connection; answers nothing yet.
    void main_up() {
        connected_ = true;
        session.main_up(now);
    }
    /// Closes the main connection with all unanswered commands.
    void main_lost() {
        connected_ = false;
        wire_.clear();
        main.disconnected();
        session.main_lost();
    }
    /// Closes the cache's connection with all unanswered commands.
    void cache_lost() {
        cache.disconnected();
        cache_wire_.clear();
        session.cache_lost(now);
    }

    /// Publishes a message on a channel; its handler has returned when this returns.
    void push(const std::string& channel, const std::string& payload) {
        pushed(Answer::list({Answer::of("message"), Answer::of(channel), Answer::of(payload)}));
    }
    /// The same for any other message to a subscriber.
    void pushed(const Answer& answer) {
        std::deque<std::vector<wire::Reply>> storage;
        session.pushed(lend(answer, storage), now);
    }

    /// Advances the clock; runs nothing.
    void advance(Clock::duration time) { now += time; }

    /// Runs until nothing is left to do.
    void run() {
        do session.tick(now);
        while (exchange());
    }

    /// Advances the clock, then runs.
    void run_after(Clock::duration time) {
        advance(time);
        run();
    }

    /// Executes commands until there are none. Returns whether there were any.
    bool exchange() {
        bool any = false;
        for (;;) {
            const bool main_answered = answer_main();
            const bool cache_answered = answer_cache();
            read_subscriber();
            if (!main_answered && !cache_answered) return any;
            any = true;
        }
    }

    /// Executes the next command of the main connection, and passes on its reply unless `answered` is false. Returns whether a
    /// reply was passed on.
    bool answer_main(bool answered = true) {
        take(session.main, wire_, sent);
        if (!connected_ || wire_.empty()) return false;
        const Answer answer = main.execute(wire_.front());
        wire_.pop_front();
        if (!answered) return true;
        std::deque<std::vector<wire::Reply>> storage;
        session.main.dispatch(lend(answer, storage), now);
        return true;
    }
    /// Executes the next command of the cache's connection. Returns whether there was one.
    bool answer_cache() {
        take(session.cache, cache_wire_, sent_to_cache);
        if (cache_wire_.empty()) return false;
        const Answer answer = cache.execute(cache_wire_.front());
        cache_wire_.pop_front();
        std::deque<std::vector<wire::Reply>> storage;
        session.cache.dispatch(lend(answer, storage), now);
        return true;
    }
    /// Takes the commands of the subscribing connection, and replies to those before the subscriptions. Confirms these, too,
    /// unless `confirms` is false.
    void read_subscriber() {
        const auto commands = commands_in(session.subscriber.bytes());
        session.subscriber.bytes().clear();
        for (const Words& words : commands) {
            sent_by_subscriber.push_back(joined(words));
            if (session.subscriber.outstanding() != 0) pushed(main.execute(words));
            else if (confirms && words.front() == "SUBSCRIBE")
                pushed(Answer::list({Answer::of("subscribe"), Answer::of(words[1]), Answer::integer(1)}));
        }
    }

    bool has_said(std::string_view part) const { return times_said(part) > 0; }        ///< any line contains it
    std::size_t times_said(std::string_view part) const { return times(said, part); }  ///< lines that contain it
    /// Returns how many commands on the main connection contain it.
    std::size_t times_sent(std::string_view part) const { return times(sent, part); }
    /// Returns all lines, each with its end.
    std::string all_said() const {
        std::string text;
        for (const std::string& line : said) text += line + "\n";
        return text;
    }

    /// Returns the payloads published on a channel.
    std::vector<std::string> published(std::string_view channel) const {
        std::vector<std::string> payloads;
        for (const auto& [on, payload] : main.published)
            if (on == channel) payloads.push_back(payload);
        return payloads;
    }

private:
    SessionSettings on_own_clock(SessionSettings settings) const {
        settings.clock = [this] { return now; };
        return settings;
    }
    static std::size_t times(const std::vector<std::string>& lines, std::string_view part) {
        return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [part](const std::string& line) {
            return line.find(part) != std::string::npos;
        }));
    }
    static void take(wire::Pipeline& pipeline, std::deque<Words>& wire, std::vector<std::string>& log) {
        for (Words& words : commands_in(pipeline.bytes())) {
            log.push_back(joined(words));
            wire.push_back(std::move(words));
        }
        pipeline.bytes().clear();
    }

    bool connected_ = false;
    std::deque<Words> wire_{};
    std::deque<Words> cache_wire_{};
};

/// A module and its receiver.
template <class M>
struct ModuleAndDispatcher {
    M module{};                                       ///< the module
    slips::detail::Dispatcher<M> dispatcher{module};  ///< calls its handlers
};

/// A module with its session and its servers.
template <class M>
class ModuleDriver : public ModuleAndDispatcher<M>, public SessionDriver {
public:
    /// Constructs the module; see SessionDriver.
    explicit ModuleDriver(SessionSettings with)
        : SessionDriver(std::move(with), ModuleAndDispatcher<M>::module, ModuleAndDispatcher<M>::dispatcher) {}
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
