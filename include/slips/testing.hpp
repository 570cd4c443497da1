// Tests of a module, in process: without Slips, Redis or a particular test framework.
//
//   #include <slips/testing.hpp>
//   #include "../module.hpp"
//
//   slips::testing::Harness<Detector> host;
//   host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
//   host.expect_evidence(1);
//
// A message takes the same path as in production, from the text that Slips publishes to the commands that Redis receives;
// only the sockets are missing, and Redis is simulated.
//
// Failures are thrown as testing::Failure, whose text doctest, Catch2 and GoogleTest print.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/database.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/module_instance.hpp"
#include "slips/generation.hpp"
#include "slips/log_level.hpp"
#include "slips/message.hpp"
#include "slips/stats.hpp"
#include "slips/testing/failure.hpp"
#include "slips/testing/fake_redis.hpp"
#include "slips/testing/observed.hpp"
#include "slips/testing/settings.hpp"
#include "slips/version.hpp"

/// Tests of a module without Slips and without Redis.
namespace slips::inline SLIPS_SDK_ABI::testing {

class Stage;

namespace detail {
/// Returns the text that Slips of `generation` publishes for a message.
template <class M>
std::string encode(const M& message, Generation generation);
}  // namespace detail

/// The part of a harness that does not depend on the module's type.
///
/// The module starts with the first call that needs it, or with start(); before that, redis() and cache() can be filled with
/// the data that it queries. All functions must be called from one thread.
class HarnessBase {
public:
    HarnessBase(const HarnessBase&) = delete;
    HarnessBase& operator=(const HarnessBase&) = delete;

    SLIPS_SDK_DECL FakeRedis& redis();  ///< the main database of Slips
    SLIPS_SDK_DECL FakeRedis& cache();  ///< the cache of Slips

    /// Returns the module's store, the one that its store() returns. Before start() a test sets what init() finds there;
    /// afterwards it reads what the module has stored. asked() does not list the queries of the test.
    SLIPS_SDK_DECL Store& store();

    // --- what the test does ---------------------------------------------------------------------------------

    /// Runs init(), the subscriptions and pre_main(). Throws Failure if the module does not start.
    SLIPS_SDK_DECL void start();

    /// Publishes a text on a channel that the module subscribes to: a message of either generation, valid or not. Slips knows
    /// the profile and the time window that it names. Throws Failure for another channel.
    SLIPS_SDK_DECL void send(std::string_view channel, std::string_view text);

    /// Publishes the messages of a recording, `{"channel": …, "data": …}` per line, except those of channels that the module
    /// does not subscribe to. Returns how many the module received, at least one.
    SLIPS_SDK_DECL std::size_t send_file(const std::filesystem::path& file);

    /// Advances the clock; timers that are due run.
    SLIPS_SDK_DECL void advance(Clock::duration time);

    /// Runs what other threads post() until `holds()` returns true, which is checked every 5 ms and after each post(). Throws
    /// Failure if it does not within the patience.
    template <std::predicate Condition>
    void wait_until(Condition&& holds) {
        wait_until_true([&holds] { return static_cast<bool>(holds()); });
    }

    /// Makes Redis unreachable for a while; then calls on_gap().
    SLIPS_SDK_DECL void miss(std::chrono::milliseconds time);

    /// Stops the module as Slips does: accepted evidence is stored, shutdown_gracefully() runs.
    SLIPS_SDK_DECL void stop();

    /// Changes Settings::patience.
    SLIPS_SDK_DECL void set_patience(std::chrono::nanoseconds patience);

    // --- what can be examined -------------------------------------------------------------------------------

    /// Returns the evidence as other modules receive it. Slips before 1.0.6 publishes no victim, before 0.9.2 a description once
    /// per time window.
    SLIPS_SDK_DECL const std::vector<EvidenceAdded>& evidence() const;
    SLIPS_SDK_DECL const std::vector<Accepted>& accepted() const;  ///< accepted calls of set_evidence()
    SLIPS_SDK_DECL const std::vector<Print>& prints() const;       ///< calls of print()
    SLIPS_SDK_DECL const std::vector<Logged>& logged() const;  ///< calls of log_error(), log_warning() and log_debug()
    SLIPS_SDK_DECL const std::vector<Published>&
    published() const;  ///< messages of publish(); evidence is not included
    SLIPS_SDK_DECL const std::vector<std::string>& complaints() const;  ///< lines that the SDK logged
    SLIPS_SDK_DECL const Stats& stats() const;                          ///< counters, as written by --stats
    /// Returns what the module has counted under this name with count(); 0 if nothing.
    std::uint64_t count_of(std::string_view name) const { return stats().metrics.count(name); }
    /// Returns the last value that the module passed to gauge(); nullopt if there is none.
    std::optional<double> gauge_of(std::string_view name) const { return stats().metrics.gauge(name); }
    SLIPS_SDK_DECL const std::vector<std::string>& commands() const;  ///< to the main Redis, words separated by blanks
    /// Returns the queries of database() and store(): "main HGET key field", "cache …".
    SLIPS_SDK_DECL const std::vector<std::string>& asked() const;
    /// Returns those of complaints() that refused evidence or publish().
    SLIPS_SDK_DECL std::vector<std::string> refusals() const;

    // --- expectations: each throws Failure with the difference -----------------------------------------------

    SLIPS_SDK_DECL void expect_evidence(std::size_t count) const;  ///< the size of evidence()

    /// Expects a victim in all evidence about a flow of which one side is the attacker.
    SLIPS_SDK_DECL void expect_victims() const;

    /// Expects evidence() to equal the lines of a file, ids, versions and, without Settings::golden_times, times aside.
    /// SLIPS_UPDATE_GOLDEN=1 writes the file.
    SLIPS_SDK_DECL void expect_golden(const std::filesystem::path& file) const;

    SLIPS_SDK_DECL void expect_refusals(std::size_t count) const;   ///< needs Settings::strict = false
    SLIPS_SDK_DECL void expect_print(std::string_view part) const;  ///< at least one print that contains `part`
    /// Expects at least one line of this level that contains `part`.
    SLIPS_SDK_DECL void expect_logged(LogLevel level, std::string_view part) const;
    /// Expects the module's store to hold these values, and no other.
    SLIPS_SDK_DECL void expect_store(const std::map<std::string, std::string>& values) const;

protected:
    // --- not for module authors -----------------------------------------------------------------------------

    /// Constructs the module.
    SLIPS_SDK_DECL HarnessBase(const slips::detail::ModuleType& type, Settings settings);
    SLIPS_SDK_DECL ~HarnessBase();  // shutdown_gracefully() runs in stop() only

    SLIPS_SDK_DECL ModuleBase& module_base();         ///< the module
    SLIPS_SDK_DECL const Settings& settings() const;  ///< of this test

private:
    SLIPS_SDK_DECL void wait_until_true(const std::function<bool()>& holds);

    std::unique_ptr<Stage> stage_;
};

/// Runs a module against an in-memory Slips.
template <class M>
class Harness : public HarnessBase {
public:
    /// Constructs the module, which has not started yet.
    explicit Harness(Settings settings = {}) : HarnessBase(slips::detail::module_type<M>(), std::move(settings)) {}
    /// The same, with Slips of this generation.
    explicit Harness(Generation generation) : Harness(Settings{.generation = generation}) {}

    M& module() { return static_cast<M&>(module_base()); }  ///< the module itself

    using HarnessBase::send;

    /// Publishes a message. Absent parts of a flow's message are filled in: profileid from saddr, twid "timewindow1", a uid, a
    /// time.
    template <class Message>
    void send(const Message& message);

    /// Publishes a flow: `send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"})`.
    template <class Message>
    void send(const decltype(Message::flow)& flow) {
        Message message;
        message.flow = flow;
        send(message);
    }

private:
    template <class Flow>
    void fill_in(FlowMessage<Flow>& message);

    std::size_t flows_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

template <class M>
template <class Message>
void Harness<M>::send(const Message& message) {
    const std::string_view channel = channel_of<Message>(settings().generation);
    if (channel.empty())
        throw Failure("slips: " + std::string(to_string(settings().generation)) + " Slips has no such message");
    start();
    Message filled = message;
    filled.version = settings().dialect().stamped ? settings().slips_version : std::string();
    if constexpr (requires { fill_in(filled); }) fill_in(filled);
    send(channel, detail::encode(filled, settings().generation));
}

template <class M>
template <class Flow>
void Harness<M>::fill_in(FlowMessage<Flow>& message) {
    const std::string number = std::to_string(++flows_);
    if constexpr (requires { message.flow.uid; }) {
        if (message.flow.uid.empty()) message.flow.uid = "CTest" + number;
    }
    if constexpr (requires { message.flow.starttime = 0.0; }) {
        if (!message.flow.starttime) message.flow.starttime = 1700000000.0 + static_cast<double>(flows_);
        if (message.stime.empty()) message.stime = *message.flow.starttime;
    }
    if (message.profileid.empty() && !message.flow.saddr.empty()) message.profileid = "profile_" + message.flow.saddr;
    if (message.twid.empty()) message.twid = "timewindow1";
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing

#ifndef SLIPS_SDK_SEPARATE_COMPILATION
#include "slips/impl/boundary/harness.hpp"
#endif
