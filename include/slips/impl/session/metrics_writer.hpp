// Makes visible to others how much evidence a module sets, and its metrics: writes them to Redis.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/impl/session/shared.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/metrics.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns the field of this process in the hash of all metrics: the module's name, "name#2" of the second process that shares
/// its work.
inline std::string metrics_field(const SessionSettings& settings) {
    return settings.share.is_first() ? settings.module : settings.module + "#" + std::to_string(settings.share.index);
}

/// Counts, and writes the counts and the number of evidence stored, which Slips does not keep by module, into a hash of Slips'
/// main database that `slipsdev top` reads. Slips itself does not read it. Nothing depends on the reply. A module without
/// evidence and metrics writes nothing.
class MetricsWriter final : public wire::ReplyHandler {
public:
    static constexpr std::string_view key = "slips_sdk_metrics";
    static constexpr std::chrono::seconds interval{1};  ///< between two commands at least, but for the last one

    explicit MetricsWriter(Shared& shared) : shared_(shared), field_(metrics_field(shared.settings)) {}

    void count(const MetricName& name, std::uint64_t by) {
        if (const char* const why = shared_.stats.metrics.add(name, by)) refuse("count", name, why);
    }
    void gauge(const MetricName& name, double value) {
        if (const char* const why = shared_.stats.metrics.set(name, value)) refuse("gauge", name, why);
    }

    /// Writes what has changed, once per interval.
    void write_if_due(Clock::time_point now) {
        if (!pending() || now < next_) return;
        next_ = now + interval;
        write();
    }
    /// Writes what has changed since the last time: the module ends.
    void write_last() {
        if (shared_.links.main_up && changed()) write();
    }
    /// Returns when write_if_due() has something to do.
    std::optional<Clock::time_point> deadline() const { return pending() ? std::optional(next_) : std::nullopt; }
    /// Redis may have lost what was written: Slips has started again.
    void write_again() { written_.reset(); }
    /// The connection is lost, and with it the reply.
    void lost() {
        is_awaiting_ = false;
        write_again();
    }
    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override {
        is_awaiting_ = false;
        shared_.notices.reply(tag, index, reply, now);
    }

private:
    bool changed() const {
        const Stats& stats = shared_.stats;
        return (stats.evidence.acknowledged != 0 || !stats.metrics.empty()) && written_ != state();
    }
    /// Returns what differs when something is to be written.
    std::pair<std::uint64_t, std::uint64_t> state() const {
        return {shared_.stats.evidence.acknowledged, shared_.stats.metrics.changes()};
    }
    /// Only one command waits for its reply, so that nothing piles up while Redis does not reply. Before Slips is known, it may
    /// be about to clear its database.
    bool pending() const { return changed() && !is_awaiting_ && shared_.links.main_up && shared_.generation(); }
    void write() {
        written_ = state();
        is_awaiting_ = true;
        shared_.links.main.send(*this, "HSET", key, field_, shared_.stats.summary());
    }
    void refuse(const char* call, const MetricName& name, const char* why) {
        shared_.log.log_once(std::string("metrics: ") + why, std::string(call) + "(\"" +
                                                                 printable(name.text().substr(0, MetricName::longest)) +
                                                                 "\"): " + why);
    }

    Shared& shared_;
    std::string field_;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> written_{};  ///< state() when it was written last
    bool is_awaiting_ = false;                                          ///< a command has no reply yet
    Clock::time_point next_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
