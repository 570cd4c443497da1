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
#include "slips/evidence_types.hpp"
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

/// One for both outboxes: WATCH belongs to the connection, and so does the conflict with a command of one's own.
class ScoreObjects final : public wire::ReplyHandler {
public:
    static constexpr std::size_t longest = 256 << 10;    ///< bytes of the facts about an address
    static constexpr std::size_t most_bytes = 16 << 20;  ///< of all facts of a transaction
    static constexpr std::size_t most_at_once = 256;     ///< addresses of a transaction
    static constexpr std::size_t most_waiting = 4096;    ///< addresses
    static constexpr unsigned most_conflicts = 16;       ///< in a row; then scores are dropped

    ScoreObjects(Links& links, Stats& stats, OnceLog& log) : links_(links), stats_(stats), log_(log) {}

    /// Sets the dialect of Slips. Drops what is under way: it is about the addresses of the Slips before.
    void set_dialect(const Dialect& dialect);

    /// Creates the objects of new addresses, unless they exist, and stores scores, as far as there is room: a score is not
    /// worth waiting for. Ignores them if `dialect`, with which the evidence was stored, is no longer that of Slips.
    void store(const std::vector<Attackers::Scored>& scored, const std::vector<std::string>& created,
               const Dialect& dialect);

    /// The connection to the cache is lost: the scores are dropped.
    void cache_lost() {
        clear();
        outstanding_ = stale_ = 0;
    }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point) override;

private:
    enum class Tag : std::uint8_t {
        watch,
        facts,   ///< what Slips knows of an address
        queued,  ///< a command whose reply only matters if it is an error
        stored,  ///< EXEC
    };
    /// What evidence changes in the object of an address.
    struct Change {
        std::optional<Attackers::Scored> scored{};
        bool is_new = false;  ///< the object is created
    };
    struct Object {
        std::string ip{};
        Change change{};
        std::optional<std::string> facts{};  ///< as Redis has them; absent: the score is not to be written
    };

    /// Sends a command; its reply counts as outstanding.
    template <class... Words>
    void send(Tag tag, std::size_t index, const Words&... words) {
        links_.cache.send({*this, tag, index}, words...);
        ++outstanding_;
    }
    void add(const std::string& ip, const auto& change);
    void begin();
    void read(Object& object, std::string_view facts);
    void write();
    void create();
    void end(bool conflict);
    void clear();

    Links& links_;
    Stats& stats_;
    OnceLog& log_;
    const Dialect* dialect_ = nullptr;
    std::map<std::string, Change> waiting_{};  ///< by address
    std::vector<Object> under_way_{};          ///< of one transaction
    bool is_watching_ = false;                 ///< WATCH was sent, and neither EXEC nor UNWATCH
    bool is_refused_ = false;                  ///< WATCH
    std::size_t bytes_ = 0;                    ///< of the facts under way
    unsigned conflicts_ = 0;                   ///< in a row
    std::size_t outstanding_ = 0;              ///< commands without a reply
    std::size_t stale_ = 0;                    ///< further ones before these, of what was dropped
};

// ---------------------------------------------------------------------------------------------------------

inline void ScoreObjects::set_dialect(const Dialect& dialect) {
    dialect_ = &dialect;
    if (is_watching_) send(Tag::queued, 0, "UNWATCH");
    clear();
    stale_ += std::exchange(outstanding_, 0);
}

inline void ScoreObjects::clear() {
    under_way_.clear();
    waiting_.clear();
    is_watching_ = false;
    conflicts_ = 0;
}

inline void ScoreObjects::add(const std::string& ip, const auto& change) {
    if (waiting_.size() < most_waiting || waiting_.contains(ip)) change(waiting_[ip]);
}

inline void ScoreObjects::store(const std::vector<Attackers::Scored>& scored, const std::vector<std::string>& created,
                                const Dialect& dialect) {
    if (&dialect != dialect_) return;
    for (const std::string& ip : created) add(ip, [](Change& change) { change.is_new = true; });
    for (const Attackers::Scored& next : scored) add(next.ip, [&](Change& change) { change.scored = next; });
    if (under_way_.empty()) begin();
}

/// Reads the objects of the next addresses.
inline void ScoreObjects::begin() {
    bytes_ = 0;
    is_refused_ = false;
    while (!waiting_.empty() && under_way_.size() < most_at_once) {
        auto next = waiting_.extract(waiting_.begin());
        under_way_.push_back({std::move(next.key()), std::move(next.mapped()), std::nullopt});
    }
    if (under_way_.empty()) return;
    // what is read comes first, so that the last reply is known
    const auto rest = std::stable_partition(under_way_.begin(), under_way_.end(),
                                            [](const Object& object) { return object.change.scored.has_value(); });
    if (rest == under_way_.begin()) {
        create();
        return end(false);
    }
    is_watching_ = true;
    send(Tag::watch, 0, "WATCH", wire::hash_evidence::ip_objects);
    for (auto object = under_way_.begin(); object != rest; ++object)
        send(Tag::facts, static_cast<std::size_t>(object - under_way_.begin()), "HGET", wire::hash_evidence::ip_objects,
             object->ip);
}

inline void ScoreObjects::read(Object& object, std::string_view facts) {
    if (facts.size() > longest || bytes_ + facts.size() > most_bytes)
        return log_.log_once("long facts", "the facts about " + slips::printable(object.ip) +
                                               " are longer than a module keeps: its score is not set");
    bytes_ += facts.size();
    object.facts = std::string(facts);
}

/// Creates the objects that are new. They are created within the transaction: another command of this connection that
/// writes into IPsInfo would be a conflict as well.
inline void ScoreObjects::create() {
    const std::string info = wire::scored(
        {}, wire::score_of(ThreatLevel::info, ThreatLevel::info, wire::hash_evidence::new_confidence, *dialect_));
    for (const Object& object : under_way_)
        if (object.change.is_new) send(Tag::queued, 0, "HSETNX", wire::hash_evidence::ip_objects, object.ip, info);
}

inline void ScoreObjects::write() {
    std::vector<std::pair<const std::string*, std::string>> objects;
    for (const auto& [ip, change, facts] : under_way_) {
        if (!facts || !change.scored) continue;
        const Attackers::Scored& scored = *change.scored;
        std::string object =
            wire::scored(*facts, wire::score_of(scored.level, scored.highest, scored.confidence, *dialect_));
        if (object.empty())
            log_.log_once("odd facts", "the facts about " + slips::printable(ip) +
                                           " in IPsInfo are not a JSON object: its score is not set");
        else objects.emplace_back(&ip, std::move(object));
    }
    send(Tag::queued, 0, "MULTI");
    create();
    for (const auto& [ip, object] : objects) send(Tag::queued, 0, "HSET", wire::hash_evidence::ip_objects, *ip, object);
    send(Tag::stored, 0, "EXEC");  // also without a command: it ends WATCH
    is_watching_ = false;
}

inline void ScoreObjects::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point) {
    if (reply.is_error()) {
        ++stats_.redis.error_replies;
        log_.log_once(reply.text, "Redis replied: " + std::string(reply.text));
    }
    if (stale_ != 0) return static_cast<void>(--stale_);
    --outstanding_;
    switch (Tag{tag}) {
        case Tag::watch: is_refused_ = reply.is_error(); return;
        case Tag::facts: {
            if (!reply.is_error()) read(under_way_[index], reply.text);
            const std::size_t next = index + 1;
            if (next < under_way_.size() && under_way_[next].change.scored) return;
            if (!is_refused_) return write();
            // what other modules write would be overwritten
            log_.log_once("unwatched facts", "Redis refuses to WATCH IPsInfo: scores are not set");
            is_watching_ = false;
            return end(false);
        }
        case Tag::queued: return;
        case Tag::stored: return end(reply.is_nil());
    }
}

/// A conflict: another module has written into IPsInfo meanwhile, so the objects are read again.
inline void ScoreObjects::end(bool conflict) {
    conflicts_ = conflict ? conflicts_ + 1 : 0;
    if (conflict) ++stats_.redis.conflicts;
    if (conflicts_ > most_conflicts) {
        conflicts_ = 0;
        log_.log_once("contended facts", "other modules write into IPsInfo without pause: scores are not set");
        create();  // which needs no WATCH
    } else if (conflict) {
        for (Object& object : under_way_) {
            Change& change = waiting_[object.ip];
            change.is_new = change.is_new || object.change.is_new;
            if (!change.scored) change.scored = std::move(object.change.scored);
        }
    }
    under_way_.clear();
    begin();
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
