// Stores evidence in Slips before 1.0.11, which keeps all evidence of a window in one JSON object: a batch is one transaction
// under WATCH, so that evidence that another module writes into the same windows meanwhile is not lost.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/uuid.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/attackers.hpp"
#include "slips/impl/session/level_histories.hpp"
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/session/score_objects.hpp"
#include "slips/impl/wire/json_writer.hpp"
#include "slips/impl/wire/object_evidence.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/impl/wire/score.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class ObjectOutbox final : public Outbox {
public:
    ObjectOutbox(Links& links, Stats& stats, OnceLog& log, ScoreObjects& scores,
                 const std::function<double()>& wall_clock, std::string_view module)
        : Outbox(links, stats, log), histories_(log, wall_clock), scores_(scores),
          marker_(std::string(module) + "_evidence_batch_" + ids_.next()) {}

    void forget() override {
        windows_.clear();
        attackers_.clear();
    }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

    /// Bytes of a window's evidence, which each batch writes again, and of all windows of a batch.
    static constexpr std::size_t longest_window = 16 << 20;
    /// How long a window that is too large is not read again.
    static constexpr std::chrono::seconds long_window_age{60};
    /// After so many conflicts in a row, each further attempt waits a millisecond longer.
    static constexpr unsigned most_conflicts = 8;
    static constexpr std::chrono::milliseconds longest_wait{100};

private:
    /// What a command reads or writes.
    enum class Tag : std::uint8_t {
        watch,        ///< WATCH of a window
        evidence,     ///< what the window contains
        exists,       ///< is the window in the profile's list?
        past_levels,  ///< the earlier threat levels of an attacker
        max_level,    ///< the highest one of them
        queued,       ///< a command within MULTI
        stored,       ///< EXEC
        asked,        ///< after a reconnect: is the batch stored?
    };

    /// One time window of this batch.
    struct Window {
        std::string profileid{};
        std::string twid{};
        wire::object_evidence::Window held{};
        bool exists = false;
        std::string unusable{};               ///< why it cannot be written; empty: it can
        bool postponed = false;               ///< to the next batch: this one is large enough
        std::size_t store_at = 0;             ///< index of its HSET among EXEC's results
        std::vector<std::size_t> evidence{};  ///< indices in batch_

        std::string key() const { return profileid + "_" + twid; }
        bool usable() const { return exists && unusable.empty() && !postponed; }
    };

    void ask() override { links_.main.send(await_main(Tag::asked), "GET", marker_); }
    void read(Clock::time_point now) override;
    void write() override;
    void written() override;
    /// Returns whether Redis has refused to read what must be known (loading, busy, no rights yet…): the batch waits.
    bool is_unread(const wire::Reply& reply) {
        const bool refused = reply.is_error() && !reply.is_wrong_type();
        unread_ = unread_ || refused;
        return refused;
    }
    void window_reply(Window& window, Tag tag, const wire::Reply& reply, Clock::time_point now);
    void send_batch();
    template <class Queue>
    void queue_level(const PendingEvidence& kept, Queue&& queue);
    void asked(const wire::Reply& reply, Clock::time_point now);
    void stored(const wire::Reply& reply, Clock::time_point now);
    void all_stored();
    void take(Window& window, std::string_view text, Clock::time_point now);

    static void spoil(Window& window, std::string_view how) {
        window.unusable = "the evidence of " + window.key() + " in Redis " + std::string(how);
    }
    static constexpr std::string_view not_slips = "is not what Slips writes";
    static constexpr std::string_view too_long =
        "is longer than 16 MiB, too long to be written anew with each evidence";

    Attackers attackers_{};
    LevelHistories histories_;
    ScoreObjects& scores_;
    UuidSource ids_{};
    std::string marker_;      ///< a key of this module: which batch was stored last
    std::string batch_id_{};  ///< value of the marker once this batch is stored
    std::vector<Window> windows_{};
    std::size_t windows_bytes_ = 0;                            ///< of their evidence
    std::map<std::string, Clock::time_point> long_windows_{};  ///< by key: when to read it again
    bool unread_ = false;                                      ///< Redis refused to read what must be known
    unsigned conflicts_in_a_row_ = 0;
    bool stored_ = false;  ///< EXEC has stored this batch
};

// ---------------------------------------------------------------------------------------------------------

inline void ObjectOutbox::read(Clock::time_point now) {
    windows_.clear();
    windows_bytes_ = 0;
    unread_ = stored_ = false;
    attackers_.begin_batch(now);
    histories_.begin_batch(*dialect_);
    std::erase_if(long_windows_, [now](const auto& window) { return window.second <= now; });
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const Context& context = batch_[i].context;
        const auto [at, fresh] = places.try_emplace(context.profileid + "_" + context.twid, windows_.size());
        if (fresh) windows_.push_back({.profileid = context.profileid, .twid = context.twid});
        windows_[at->second].evidence.push_back(i);
    }
    for (std::size_t w = 0; w < windows_.size(); ++w) {
        if (long_windows_.contains(windows_[w].key())) {
            spoil(windows_[w], too_long);
            continue;
        }
        // the list of windows is watched as well: nothing is written into a window that is deleted meanwhile (FLUSHALL)
        const std::string list = "tws" + windows_[w].profileid;
        links_.main.send(await_main(Tag::watch, w), "WATCH", windows_[w].key(), list);
        links_.main.send(await_main(Tag::evidence, w), "HGET", windows_[w].key(), "Evidence");
        links_.main.send(await_main(Tag::exists, w), "ZSCORE", list, windows_[w].twid);
    }
    for (const PendingEvidence& kept : batch_) {
        const std::string ip = wire::scored_ip(kept.evidence, kept.context, *dialect_);
        if (ip.empty()) continue;
        const wire::Pieces<2> profile{{"profile_", ip}};
        histories_.read(ip, [&](std::size_t index, std::string_view field) {
            links_.main.send(await_main(Tag::past_levels, index), "HGET", profile, field);
        });
        if (dialect_->highest_level)
            attackers_.read(ip, kept.evidence.threat_level, now, [&](std::size_t index) {
                links_.main.send(await_main(Tag::max_level, index), "HGET", profile, "max_threat_level");
            });
    }
}

inline void ObjectOutbox::write() {
    if (unread_) {  // tries again later
        for (PendingEvidence& kept : batch_) kept.written = false;
        return links_.main.send({*this, Tag::queued}, "UNWATCH");
    }
    bool any = false;
    for (Window& window : windows_) {
        for (const std::size_t i : window.evidence) {
            PendingEvidence& kept = batch_[i];
            kept.written = window.usable();
            any = any || kept.written;
            if (window.postponed || kept.written) continue;
            if (window.unusable.empty()) give_up_without_window(kept);
            else give_up(kept, "unusable window: " + window.key(), "evidence given up: " + window.unusable);
        }
    }
    if (any) send_batch();
    else links_.main.send({*this, Tag::queued}, "UNWATCH");
}

/// Sends the transaction: first what Slips' evidence process reads, then the evidence.
inline void ObjectOutbox::send_batch() {
    batch_id_ = ids_.next();
    std::size_t place = 0;
    const auto queue = [&](const auto&... words) {
        links_.main.send({*this, Tag::queued}, words...);
        ++place;
    };
    links_.main.send({*this, Tag::queued}, "MULTI");
    std::vector<std::string> publishes;
    for (Window& window : windows_) {
        if (!window.usable()) continue;
        for (const std::size_t i : window.evidence) {
            PendingEvidence& kept = batch_[i];
            std::string json = wire::object_evidence::encode(kept.evidence, kept.context, *dialect_);
            kept.publishes = window.held.put(wire::object_evidence::key_of(kept.evidence, *dialect_), json);
            if (kept.publishes) publishes.push_back(std::move(json));
            if (dialect_->flows_causing) {
                std::string uids;
                wire::append_json(uids, kept.evidence.uids);
                queue("HSET", "flows_causing_evidence", kept.evidence.id, uids);
            }
        }
        const std::string text = window.held.text();
        window.store_at = place;
        queue("HSET", window.key(), "Evidence", text);
        queue("HSET", "evidence" + window.profileid, window.twid, text);
    }
    // one for all evidence about an address: its history may be long
    for (const PendingEvidence& kept : batch_)
        if (kept.written)
            histories_.add(wire::scored_ip(kept.evidence, kept.context, *dialect_), *kept.evidence.threat_level,
                           *kept.evidence.confidence);
    if (dialect_->counts_evidence) queue("INCRBY", "number_of_evidence", publishes.size());
    for (const std::string& json : publishes) queue("PUBLISH", "evidence_added", json);
    for (const PendingEvidence& kept : batch_)
        if (kept.written) queue_level(kept, queue);
    queue("SET", marker_, batch_id_, "EX", 86400);
    links_.main.send(await_main(Tag::stored), "EXEC");
}

/// Stores the threat level of the attacker's profile.
template <class Queue>
void ObjectOutbox::queue_level(const PendingEvidence& kept, Queue&& queue) {
    const std::string ip = wire::scored_ip(kept.evidence, kept.context, *dialect_);
    if (ip.empty()) return;
    const ThreatLevel level = *kept.evidence.threat_level;
    const bool raises = attackers_.add(ip, level, *kept.evidence.confidence);
    const wire::Pieces<2> profile{{"profile_", ip}};
    if (dialect_->profile_level) queue("HSET", profile, "threat_level", to_lower_string(level));
    histories_.write(ip, [&](std::string_view field, const std::string& text) { queue("HSET", profile, field, text); });
    if (dialect_->highest_level && raises) queue("HSET", profile, "max_threat_level", to_lower_string(level));
}

inline void ObjectOutbox::written() {
    if (links_.cache_up && stored_) scores_.store(attackers_.scored(), {}, *dialect_);
}

inline void ObjectOutbox::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply,
                                Clock::time_point now) {
    if (reply.is_error()) count_error(reply.text);
    switch (Tag{tag}) {
        case Tag::watch:
        case Tag::evidence:
        case Tag::exists: return window_reply(windows_[index], Tag{tag}, reply, now);
        case Tag::past_levels:
            if (is_unread(reply)) pause(now);
            return histories_.reply(index, reply);
        case Tag::max_level: return attackers_.reply(index, reply);
        case Tag::asked: return asked(reply, now);
        case Tag::stored: return stored(reply, now);
        case Tag::queued: return;  // EXEC has the result
    }
}

inline void ObjectOutbox::window_reply(Window& window, Tag tag, const wire::Reply& reply, Clock::time_point now) {
    if (is_unread(reply)) return pause(now);
    if (tag == Tag::evidence) {
        if (reply.is_error()) spoil(window, not_slips);
        else take(window, reply.text, now);
    } else if (tag == Tag::exists) {
        window.exists = !reply.is_nil();
        if (reply.is_error())
            window.unusable =
                "tws" + window.profileid + " in Redis is not the sorted set that Slips keeps; delete the key";
    }
}

inline void ObjectOutbox::asked(const wire::Reply& reply, Clock::time_point now) {
    if (reply.is_wrong_type()) {
        for (PendingEvidence& kept : batch_)
            give_up(kept, "marker",
                    "evidence given up: it is unknown whether Redis has stored it, since " + marker_ +
                        " was overwritten");
        return;
    }
    if (reply.is_error()) return pause(now);
    if (!reply.is_nil() && reply.text == batch_id_) return all_stored();
    for (PendingEvidence& kept : batch_) kept.written = false;
}

inline void ObjectOutbox::stored(const wire::Reply& reply, Clock::time_point now) {
    if (reply.kind == wire::Reply::Kind::list) {
        count_errors_in(reply);
        for (const Window& window : windows_) {
            if (!window.usable() || (window.store_at < reply.size && !reply[window.store_at].is_error())) continue;
            for (const std::size_t i : window.evidence) {
                if (batch_[i].publishes) ++stats_.evidence.published;
                give_up(batch_[i], "unusable window: " + window.key(),
                        "evidence given up: Redis did not store it in " + window.key() + ", but published it");
            }
        }
        return all_stored();
    }
    for (PendingEvidence& kept : batch_) kept.written = false;
    attackers_.clear();  // the levels of this batch were not stored
    if (!reply.is_nil()) return pause(now);
    // another module wrote into one of the windows: they are read again, fewer at a time if that happens often
    ++stats_.redis.conflicts;
    batch_limit_ = std::max<std::size_t>(batch_limit_ / 2, 1);
    if (++conflicts_in_a_row_ > most_conflicts)
        pause(now, std::min<Clock::duration>(conflicts_in_a_row_ * std::chrono::milliseconds(1), longest_wait));
}

/// Reads the evidence that the window contains already.
inline void ObjectOutbox::take(Window& window, std::string_view text, Clock::time_point now) {
    if (text.size() > longest_window) {
        spoil(window, too_long);
        if (long_windows_.size() < 1024) long_windows_[window.key()] = now + long_window_age;
        return;
    }
    window.postponed = windows_bytes_ != 0 && windows_bytes_ + text.size() > longest_window;
    if (window.postponed) return;
    windows_bytes_ += text.size();
    if (!window.held.read(text)) spoil(window, not_slips);
}

inline void ObjectOutbox::all_stored() {
    stored_ = true;
    batch_limit_ = std::min(2 * batch_limit_, batch_size);
    conflicts_in_a_row_ = 0;
    for (PendingEvidence& kept : batch_) {
        if (kept.done || !kept.written) continue;
        acknowledge(kept);
        ++(kept.publishes ? stats_.evidence.published : stats_.evidence.deduplicated);
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
