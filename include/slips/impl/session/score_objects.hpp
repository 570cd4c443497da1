// The objects in which Slips before 1.1.17 keeps all facts about an address, as far as evidence changes the score in them.
// Other modules write facts into the same objects, so they are read and written under WATCH, after the evidence is stored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/impl/session/attackers.hpp"
#include "slips/impl/session/links.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/impl/wire/score.hpp"
#include "slips/stats.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class ScoreObjects final : public wire::ReplyHandler {
public:
    static constexpr std::size_t longest = 256 << 10;    ///< bytes of the facts about an address
    static constexpr std::size_t most_bytes = 16 << 20;  ///< of all facts of a transaction
    static constexpr std::size_t most_at_once = 256;     ///< addresses of a transaction
    static constexpr std::size_t most_waiting = 4096;    ///< addresses
    static constexpr unsigned most_conflicts = 16;       ///< in a row; then scores are dropped

    ScoreObjects(Links& links, Stats& stats, OnceLog& log) : links_(links), stats_(stats), log_(log) {}

    /// Stores the scores of addresses, as far as there is room: a score is not worth waiting for.
    void store(const std::vector<Attackers::Scored>& scored, const Dialect& dialect) {
        dialect_ = &dialect;
        for (const Attackers::Scored& next : scored)
            if (waiting_.size() < most_waiting || waiting_.contains(next.ip)) waiting_.insert_or_assign(next.ip, next);
        if (under_way_.empty()) begin();
    }
    /// The connection to the cache is lost: the scores are dropped.
    void cache_lost() {
        under_way_.clear();
        waiting_.clear();
        conflicts_ = 0;
    }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point) override;

private:
    enum class Tag : std::uint8_t {
        facts,   ///< what Slips knows of an address
        queued,  ///< WATCH, or a command within MULTI
        stored,  ///< EXEC
    };
    struct Object {
        Attackers::Scored scored{};
        std::optional<std::string> facts{};  ///< as Redis has them; absent: not to be written
    };

    void begin();
    void read(Object& object, std::string_view facts);
    void write();
    void end(bool conflict);

    Links& links_;
    Stats& stats_;
    OnceLog& log_;
    const Dialect* dialect_ = nullptr;
    std::map<std::string, Attackers::Scored> waiting_{};  ///< by address
    std::vector<Object> under_way_{};                     ///< of one transaction
    std::size_t bytes_ = 0;                               ///< of their facts
    unsigned conflicts_ = 0;                              ///< in a row
};

// ---------------------------------------------------------------------------------------------------------

/// Reads the objects of the next addresses.
inline void ScoreObjects::begin() {
    bytes_ = 0;
    while (!waiting_.empty() && under_way_.size() < most_at_once)
        under_way_.push_back({std::move(waiting_.extract(waiting_.begin()).mapped()), std::nullopt});
    if (under_way_.empty()) return;
    links_.cache.send({*this, Tag::queued}, "WATCH", wire::hash_evidence::ip_objects);
    for (std::size_t i = 0; i < under_way_.size(); ++i)
        links_.cache.send({*this, Tag::facts, i}, "HGET", wire::hash_evidence::ip_objects, under_way_[i].scored.ip);
}

inline void ScoreObjects::read(Object& object, std::string_view facts) {
    if (facts.size() > longest || bytes_ + facts.size() > most_bytes)
        return log_.log_once("long facts", "the facts about " + slips::printable(object.scored.ip) +
                                               " are longer than a module keeps: its score is not set");
    bytes_ += facts.size();
    object.facts = std::string(facts);
}

inline void ScoreObjects::write() {
    std::vector<std::pair<const std::string*, std::string>> objects;
    for (const auto& [scored, facts] : under_way_) {
        if (!facts) continue;
        std::string object =
            wire::scored(*facts, wire::score_of(scored.level, scored.highest, scored.confidence, *dialect_));
        if (object.empty())
            log_.log_once("odd facts", "the facts about " + slips::printable(scored.ip) +
                                           " in IPsInfo are not a JSON object: its score is not set");
        else objects.emplace_back(&scored.ip, std::move(object));
    }
    links_.cache.send({*this, Tag::queued}, "MULTI");
    for (const auto& [ip, object] : objects)
        links_.cache.send({*this, Tag::queued}, "HSET", wire::hash_evidence::ip_objects, *ip, object);
    links_.cache.send({*this, Tag::stored}, "EXEC");  // also without a command: it ends WATCH
}

inline void ScoreObjects::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point) {
    if (reply.is_error()) {
        ++stats_.redis.error_replies;
        log_.log_once(reply.text, "Redis replied: " + std::string(reply.text));
    }
    if (under_way_.empty()) return;
    if (Tag{tag} == Tag::stored) return end(reply.is_nil());
    if (Tag{tag} != Tag::facts) return;
    if (!reply.is_error()) read(under_way_[index], reply.text);
    if (index + 1 == under_way_.size()) write();
}

/// A conflict: another module has written into IPsInfo meanwhile, so the objects are read again.
inline void ScoreObjects::end(bool conflict) {
    conflicts_ = conflict ? conflicts_ + 1 : 0;
    if (conflict) ++stats_.redis.conflicts;
    if (conflicts_ > most_conflicts) {
        conflicts_ = 0;
        log_.log_once("contended facts", "other modules write into IPsInfo without pause: scores are not set");
    } else if (conflict) {
        for (Object& object : under_way_) waiting_.try_emplace(object.scored.ip, std::move(object.scored));
    }
    under_way_.clear();
    begin();
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
