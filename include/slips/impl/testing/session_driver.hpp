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
    }
    SessionDriver(const SessionDriver&) = delete;
    SessionDriver& operator=(const SessionDriver&) = delete;

    FakeRedis main{};                                 ///< Slips' main Redis
    FakeRedis cache{};                                ///< Slips' cache
    std::vector<std::string> said{};                  ///< lines of the session
    std::vector<std::string> sent{};             ///< commands on the main connection, joined
    std::vector<std::string> sent_to_cache{};         ///< commands on the cache's connection, joined
    std::vector<std::string> sent_by_subscriber{};    ///< commands on the subscribing connection, joined
    Clock::time_point now = Clock::now();             ///< stands still but for advance()
    Session session;                                  ///< between module and servers

    /// All three connections are open, and what the session asks first is answered.
    void connect() {
        main_up();
        session.cache_up();
        session.subscriber_up(now);
        run();
    }
    /// The main connection is open; nothing is answered yet.
    void main_up() {
        connected_ = true;
        session.main_up(now);
    }
    /// The main connection is gone, with every command that was not answered.
    void main_lost() {
        connected_ = false;
        wire_.clear();
        main.disconnected();
        session.main_lost();
    }
    /// The cache's connection is gone, with every command that was not answered.
    void cache_lost() {
        cache_wire_.clear();
        session.cache_lost(now);
    }

    /// A message comes on a channel; what hears it has returned when this does.
    void push(const std::string& channel, const std::string& payload) {
        pushed(Answer::list({Answer::of("message"), Answer::of(channel), Answer::of(payload)}));
    }
    /// The same for whatever else Redis pushes to a subscriber.
    void pushed(const Answer& answer) {
        std::deque<std::vector<wire::Reply>> storage;
        session.pushed(lend(answer, storage), now);
    }

    /// Time passes, and nothing is run.
    void advance(Clock::duration time) { now += time; }

    /// Everything that can happen now, happens.
    void run() {
        do session.tick(now);
        while (exchange());
    }

    /// The same after a while.
    void run_after(Clock::duration time) {
        advance(time);
        run();
    }

    /// Commands are written and answered until there are none. True: there were some.
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

    /// The next command of the main connection is executed, and answered unless `answered` is false.
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
    /// The next command of the cache's connection is executed and answered. False: there was none.
    bool answer_cache() {
        take(session.cache, cache_wire_, sent_to_cache);
        if (cache_wire_.empty()) return false;
        const Answer answer = cache.execute(cache_wire_.front());
        cache_wire_.pop_front();
        std::deque<std::vector<wire::Reply>> storage;
        session.cache.dispatch(lend(answer, storage), now);
        return true;
    }
    /// Takes what the session wrote on the subscribing connection, and answers what comes before the subscriptions.
    void read_subscriber() {
        const auto commands = commands_in(session.subscriber.bytes());
        session.subscriber.bytes().clear();
        for (const Words& words : commands) {
            sent_by_subscriber.push_back(joined(words));
            if (session.subscriber.outstanding() != 0) pushed(main.execute(words));
        }
    }

    bool has_said(std::string_view part) const { return times_said(part) > 0; }        ///< any line has it
    std::size_t times_said(std::string_view part) const { return times(said, part); }  ///< lines that have it
    /// Commands on the main connection that have it.
    std::size_t times_sent(std::string_view part) const { return times(sent, part); }
    /// A line each, with its end.
    std::string all_said() const {
        std::string text;
        for (const std::string& line : said) text += line + "\n";
        return text;
    }

    /// Payloads published on a channel.
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
    M module{};
    slips::detail::Dispatcher<M> dispatcher{module};
};

/// A module with its session and its servers.
template <class M>
class ModuleDriver : public ModuleAndDispatcher<M>, public SessionDriver {
public:
    explicit ModuleDriver(SessionSettings with)
        : SessionDriver(std::move(with), ModuleAndDispatcher<M>::module, ModuleAndDispatcher<M>::dispatcher) {}
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
