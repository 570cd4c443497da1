// The earlier threat levels of the addresses of a batch: read with what else must be known, written within its transaction.
//
// They are read for each batch. What another writer adds between that and the transaction is lost, as with Slips' own writers,
// which read and write them without a transaction.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/evidence_types.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/level_history.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class LevelHistories {
public:
    static constexpr std::size_t longest = 256 << 10;    ///< bytes of a history; each evidence writes it anew
    static constexpr std::size_t most_bytes = 16 << 20;  ///< of a batch

    /// Refers to both.
    LevelHistories(OnceLog& log, const std::function<double()>& wall_clock) : log_(log), wall_clock_(wall_clock) {}

    void begin_batch(const Dialect& dialect) {
        dialect_ = &dialect;
        known_.clear();
        asked_.clear();
        bytes_ = 0;
    }

    /// Calls `ask(index, field)` for each field of the profile of `ip` to read; pass its reply to reply() with this index.
    template <class Ask>
    void read(const std::string& ip, Ask&& ask) {
        if (dialect_->past_levels == PastLevels::none || !known_.try_emplace(ip).second) return;
        for (const std::string_view field : {levels_field, times_field}) {
            if (field == times_field && dialect_->past_levels != PastLevels::levels_and_times) break;
            ask(asked_.size(), field);
            asked_.emplace_back(ip, field);
        }
    }
    void reply(std::size_t index, const wire::Reply& reply);

    /// Adds an evidence about `ip`, or the level of its new profile.
    void add(const std::string& ip, ThreatLevel level, double confidence);

    /// Calls `write(field, text)` for each field that was changed since the last call.
    template <class Write>
    void write(const std::string& ip, Write&& write) {
        const auto found = known_.find(ip);
        if (found == known_.end() || !std::exchange(found->second.is_changed, false)) return;
        if (dialect_->past_levels == PastLevels::levels_and_times) write(times_field, found->second.times.text());
        write(levels_field, found->second.levels.text());
    }

private:
    static constexpr std::string_view levels_field = "past_threat_levels";
    static constexpr std::string_view times_field = "threat_levels_update_time";

    struct Histories {
        wire::LevelHistory levels{};
        wire::LevelHistory times{};
        bool is_left_alone = false;  ///< it was not read
        bool is_changed = false;
    };

    OnceLog& log_;
    const std::function<double()>& wall_clock_;
    const Dialect* dialect_ = nullptr;
    std::unordered_map<std::string, Histories> known_{};  ///< by address
    std::vector<std::pair<std::string, std::string_view>> asked_{};
    std::size_t bytes_ = 0;  ///< of all replies
};

// ---------------------------------------------------------------------------------------------------------

inline void LevelHistories::reply(std::size_t index, const wire::Reply& reply) {
    const auto& [ip, field] = asked_[index];
    Histories& histories = known_[ip];
    bytes_ += reply.text.size();
    const bool is_long = reply.text.size() > longest || bytes_ > most_bytes;
    if (is_long)
        log_.log_once("long " + std::string(field), "the " + std::string(field) + " of " + slips::printable(ip) +
                                                        " are longer than a module keeps: nothing is added to them");
    if (reply.is_error() || is_long) histories.is_left_alone = true;
    else (field == times_field ? histories.times : histories.levels) = wire::LevelHistory(reply.text);
}

inline void LevelHistories::add(const std::string& ip, ThreatLevel level, double confidence) {
    const auto found = known_.find(ip);
    if (found == known_.end() || found->second.is_left_alone) return;
    auto& [levels, times, is_left_alone, is_changed] = found->second;
    const double now = wall_clock_();
    if (dialect_->past_levels == PastLevels::levels_and_times) {
        if (levels.empty() || times.empty()) levels = times = {};  // as Slips does
        times.add(python_repr(now));
    }
    levels.add(level, confidence, now, *dialect_);
    is_changed = true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
