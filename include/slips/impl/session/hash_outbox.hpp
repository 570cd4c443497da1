// Stores evidence in Slips 1.0.11 and newer: one transaction per evidence, which writes the window's hash before it publishes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/attackers.hpp"
#include "slips/impl/session/fact_cache.hpp"
#include "slips/impl/session/level_histories.hpp"
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/session/score_objects.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/impl/wire/score.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class HashOutbox final : public Outbox {
public:
    /// How long the module believes that a profile exists without asking again.
    static constexpr std::chrono::seconds profile_age{5};
    /// The same for the type of a window's key, and for the existence of a window.
    static constexpr std::chrono::seconds window_age{1};
    static constexpr std::size_t most_known = 4096;       ///< profiles and windows each, before a batch
    static constexpr std::size_t most_unsent = 16 << 20;  ///< bytes of one batch; the rest is sent with the next one
    /// Width of a time window in seconds, unless it is configured in Slips.
    static constexpr double default_width = 3600;

    HashOutbox(Links& links, Stats& stats, OnceLog& log, ScoreObjects& scores,
               const std::function<double()>& wall_clock)
        : Outbox(links, stats, log), facts_(log), histories_(log, wall_clock), scores_(scores) {}

    void set_dialect(const Dialect& dialect) override {
        Outbox::set_dialect(dialect);
        facts_.set_dialect(dialect);
        keys_ = wire::EvidenceKeys::of(dialect);
    }

    void set_version(std::string_view version) { version_ = version; }
    /// Sets the keys with which this Slips instance writes evidence, as its launcher reports them.
    void set_keys(wire::EvidenceKeys keys) { keys_of_launcher_ = std::move(keys); }
    /// Returns the evidence as it will be sent, without what Slips knows of its addresses.
    std::string preview(const Evidence& evidence, const Context& context) const {
        return wire::hash_evidence::encode(evidence, context, {}, {}, keys(), *dialect_);
    }
    void set_lifetimes(wire::hash_evidence::Lifetimes lifetimes) { lifetimes_ = lifetimes; }
    /// Sets the width of a time window; nullopt: it is read from Slips.
    void set_width(std::optional<double> seconds) { width_ = seconds; }

    void forget() override {
        facts_.clear();
        profiles_.clear();
        windows_.clear();
        attackers_.clear();
        can_expire_hash_ = can_expire_field_ = true;
    }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

private:
    /// What a command reads or writes.
    enum class Tag : std::uint8_t {
        profile,         ///< is the profile known?
        width,           ///< the width of the profile's windows
        past_levels,     ///< the attacker's earlier threat levels
        max_level,       ///< the highest one of them
        fact,            ///< one fact about an address or a domain
        window,          ///< the type of the window's key
        exists,          ///< is the window in the profile's list?
        queued,          ///< a command within MULTI
        stored,          ///< EXEC
        caused,          ///< after a reconnect: does flows_causing_evidence contain it?
        in_window,       ///< after a reconnect: does the window's hash contain it?
        score,           ///< a score in the cache
        hash_lifetime,   ///< EXPIRE … NX, which an old server does not know
        field_lifetime,  ///< HEXPIRE, likewise
    };

    struct Profile {
        bool known = true;  ///< to Slips
        Clock::time_point until{};
    };
    struct Window {
        bool is_hash = true;  ///< or does not exist: its key
        bool exists = true;   ///< in the profile's list
        Clock::time_point until{};
    };

    /// One hash is not enough: the first one expires as a whole, and Slips deletes whitelisted evidence from the second.
    void ask() override {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            PendingEvidence& kept = batch_[i];
            kept.caused.reset();
            links_.main.send(await_main(Tag::caused, i), "HEXISTS", "flows_causing_evidence", kept.evidence.id);
            links_.main.send(await_main(Tag::in_window, i), "HEXISTS", wire::hash_evidence::evidence_hash(kept.context),
                             kept.evidence.id);
        }
    }
    /// Returns whether Redis has refused to read what must be known (loading, busy, no rights yet…): the batch waits.
    bool is_unread(const wire::Reply& reply, Clock::time_point now) {
        const bool refused = reply.is_error() && !reply.is_wrong_type();
        if (refused) pause(now);
        unread_ = unread_ || refused;
        return refused;
    }
    void caused(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now);
    void in_window(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now);

    void read(Clock::time_point now) override;
    void read_profile(const std::string& profileid);
    void read_history(const std::string& ip) {
        histories_.read(ip, [&](std::size_t index, std::string_view field) {
            links_.main.send(await_main(Tag::past_levels, index), "HGET", wire::Pieces<2>{{"profile_", ip}}, field);
        });
    }
    /// Adds a threat level of an address; returns its history for Redis, or an empty text if it is not to be written.
    std::string history_with(const std::string& ip, ThreatLevel level, double confidence) {
        std::string history;
        histories_.add(ip, level, confidence);
        histories_.write(ip, [&history](std::string_view, std::string text) { history = std::move(text); });
        return history;
    }
    void write() override;
    void written() override;
    void stored(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now);
    void published(const wire::Reply& reply) {
        ++stats_.evidence.published;
        if (reply.integer == 0) ++stats_.evidence.unheard;
    }
    void give_up_for_window(PendingEvidence& kept) {
        const std::string key = window_of(kept);
        give_up(kept, "wrong type: " + key,
                "evidence given up: " + key +
                    " in Redis is not the hash that Slips keeps there; "
                    "delete the key");
    }
    static std::string window_of(const PendingEvidence& kept) {
        std::string key;
        for (const std::string_view piece : wire::hash_evidence::evidence_hash(kept.context).of) key += piece;
        return key;
    }
    void forget_unanswered() override { facts_.forget_unanswered(); }
    /// Returns what FactCache asks with.
    auto fact_question() {
        return [this](std::size_t index, std::string_view hash, std::string_view field) {
            links_.cache.send(await_cache(Tag::fact, index), "HGET", hash, field);
        };
    }
    void read_facts(const Ioc& ioc, Clock::time_point now) { facts_.read(ioc, now, fact_question()); }

    /// Removes old entries if there are too many, and all of them if that is not enough.
    template <class Map>
    static void bound(Map& map, Clock::time_point now) {
        if (map.size() < most_known) return;
        std::erase_if(map, [now](const auto& known) { return known.second.until < now; });
        if (map.size() >= most_known) map.clear();
    }
    /// Returns the keys of evidence: as the launcher reports them, else those of the dialect.
    const wire::EvidenceKeys& keys() const { return keys_of_launcher_ ? *keys_of_launcher_ : keys_; }

    std::string version_{};
    std::optional<wire::EvidenceKeys> keys_of_launcher_{};
    wire::EvidenceKeys keys_{};  ///< of the dialect
    wire::hash_evidence::Lifetimes lifetimes_{};
    std::optional<double> width_{};
    FactCache facts_;
    Attackers attackers_{};
    LevelHistories histories_;
    ScoreObjects& scores_;
    std::unordered_map<std::string, Profile> profiles_{};
    std::unordered_map<std::string, Window> windows_{};  ///< by key of their evidence
    std::vector<std::string> asked_profiles_{};
    std::vector<std::string> window_keys_{};   ///< by index in batch_
    std::vector<std::string> new_profiles_{};  ///< made by this batch
    bool unread_ = false;                      ///< Redis has refused to read what this batch must know
    bool can_expire_hash_ = true;              ///< EXPIRE … NX: Redis 7.0
    bool can_expire_field_ = true;             ///< HEXPIRE: Redis 7.4
};

// ---------------------------------------------------------------------------------------------------------

inline void HashOutbox::read(Clock::time_point now) {
    asked_profiles_.clear();
    unread_ = false;
    facts_.begin_batch(now);
    attackers_.begin_batch(now);
    histories_.begin_batch(*dialect_);
    bound(profiles_, now);
    bound(windows_, now);
    window_keys_.resize(batch_.size());
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const PendingEvidence& kept = batch_[i];
        window_keys_[i] = window_of(kept);
        if (auto& window = windows_[window_keys_[i]]; window.until < now) {
            window = {.until = now + window_age};
            links_.main.send(await_main(Tag::window, i), "TYPE", window_keys_[i]);
            if (dialect_->needs_window())
                links_.main.send(await_main(Tag::exists, i), "ZSCORE", wire::Pieces<2>{{"tws", kept.context.profileid}},
                                 kept.context.twid);
        }
        auto& profile = profiles_[kept.context.profileid];
        const bool asks = profile.until < now;
        if (asks) {
            profile = {.until = now + profile_age};
            read_profile(kept.context.profileid);
        }
        if (dialect_->profile_is_info && (asks || !profile.known)) read_history(kept.context.profile_ip());
        const std::string ip = wire::scored_ip(kept.evidence, kept.context, *dialect_);
        if (!ip.empty()) {
            read_history(ip);
            attackers_.read(ip, kept.evidence.threat_level, now, [&](std::size_t index) {
                links_.main.send(await_main(Tag::max_level, index), "HGET", wire::Pieces<2>{{"profile_", ip}},
                                 "max_threat_level");
            });
        }
        if (!links_.cache_up) continue;
        read_facts(kept.evidence.victim, now);
        read_facts(kept.evidence.attacker, now);
    }
}

inline void HashOutbox::read_profile(const std::string& profileid) {
    const std::size_t index = asked_profiles_.size();
    links_.main.send(await_main(Tag::profile, index), dialect_->sorted_profiles ? "ZSCORE" : "SISMEMBER", "profiles",
                     profileid);
    asked_profiles_.push_back(profileid);
    // all profiles have the same width: one that Slips has made shows which to write into a new one
    if (!width_) links_.main.send(await_main(Tag::width), "HGET", profileid, "duration");
}

inline void HashOutbox::write() {
    new_profiles_.clear();
    const std::size_t unsent = links_.main.bytes().size();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        PendingEvidence& kept = batch_[i];
        const Evidence& evidence = kept.evidence;
        kept.written = false;
        if (unread_) continue;
        const Window& window = windows_[window_keys_[i]];
        if (!window.is_hash) {
            give_up_for_window(kept);
            continue;
        }
        if (!window.exists) {
            give_up_without_window(kept);
            continue;
        }
        if (links_.main.bytes().size() - unsent > most_unsent) continue;  // sent with the next batch
        kept.written = true;
        wire::hash_evidence::Facts facts;
        facts.width = width_.value_or(default_width);
        if (auto& profile = profiles_[kept.context.profileid]; !profile.known) {
            facts.new_profile = true;
            profile.known = true;  // the first of this batch makes it
            new_profiles_.push_back(kept.context.profileid);
            if (dialect_->profile_is_info)
                facts.first_levels =
                    history_with(kept.context.profile_ip(), ThreatLevel::info, wire::hash_evidence::new_confidence);
        }
        if (const std::string ip = wire::scored_ip(evidence, kept.context, *dialect_); !ip.empty()) {
            facts.raise_max_level = attackers_.add(ip, *evidence.threat_level, *evidence.confidence);
            facts.past_levels = history_with(ip, *evidence.threat_level, *evidence.confidence);
        }
        const std::string json = wire::hash_evidence::encode(evidence, kept.context, facts_.of(evidence.attacker),
                                                             facts_.of(evidence.victim), keys(), *dialect_);
        const auto places = wire::hash_evidence::send(links_.main, {*this, Tag::queued, i}, await_main(Tag::stored, i),
                                                      evidence, kept.context, json, version_, facts, *dialect_);
        kept.store_at = places.store;
        kept.publish_at = places.publish;
    }
}

/// Sends what may come late and may fail: lifetimes, and scores in the cache.
inline void HashOutbox::written() {
    if (unread_) return;
    if (dialect_->lifetimes && can_expire_hash_) {
        const auto expire = [&](const auto& key, std::int64_t seconds) {
            links_.main.send({*this, Tag::hash_lifetime}, "EXPIRE", key, seconds, "NX");
        };
        for (const std::string& profile : new_profiles_) expire(profile, lifetimes_.extended);
        expire("flows_causing_evidence", lifetimes_.standard);
        for (const auto& scored : attackers_.scored())
            expire(wire::Pieces<2>{{"profile_", scored.ip}}, lifetimes_.extended);
    }
    if (!links_.cache_up) return;
    if (!dialect_->fact_hashes) {
        std::vector<std::string> created;
        if (dialect_->profile_is_info)
            for (const std::string& profile : new_profiles_)
                created.push_back(profile.substr(std::string_view("profile_").size()));
        return scores_.store(attackers_.scored(), created, *dialect_);
    }
    const auto store = [&](std::string_view hash, const std::string& ip, const auto& value) {
        links_.cache.send({*this, Tag::score}, "HSET", hash, ip, value);
        if (dialect_->lifetimes && can_expire_field_)
            links_.cache.send({*this, Tag::field_lifetime}, "HEXPIRE", hash, lifetimes_.standard, "NX", "FIELDS", 1,
                              ip);
    };
    for (const auto& scored : attackers_.scored()) {
        store("IPsInfo:score", scored.ip, wire::score_of(scored.highest));
        store("IPsInfo:confidence", scored.ip, scored.confidence);
    }
}

inline void HashOutbox::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) {
    const bool failed = reply.is_error();
    const bool is_lifetime = Tag{tag} == Tag::hash_lifetime || Tag{tag} == Tag::field_lifetime;
    if (failed && !is_lifetime) count_error(reply.text);
    switch (Tag{tag}) {
        case Tag::profile: {
            auto& profile = profiles_[asked_profiles_[index]];
            if (is_unread(reply, now)) profile.until = {};
            else if (!failed) profile.known = dialect_->sorted_profiles ? !reply.is_nil() : reply.integer == 1;
            return;
        }
        case Tag::width:
            if (const auto seconds = parse_python_float(reply.text); !failed && seconds && *seconds > 0)
                width_ = seconds;
            return;
        case Tag::past_levels: is_unread(reply, now); return histories_.reply(index, reply);
        case Tag::max_level: return attackers_.reply(index, reply);
        case Tag::exists: {
            auto& window = windows_[window_keys_[index]];
            window.exists = !is_unread(reply, now) && !reply.is_nil() && !failed;
            if (!window.exists) window.until = {};  // Slips may create it, the user may repair the list
            return;
        }
        case Tag::window: {
            auto& window = windows_[window_keys_[index]];
            window.is_hash = !is_unread(reply, now) && (failed || reply.text == "hash" || reply.text == "none");
            if (!window.is_hash) window.until = {};  // asked again each time: the user may repair it
            return;
        }
        case Tag::fact: return facts_.reply(index, reply, now, fact_question());
        case Tag::caused: return caused(batch_[index], reply, now);
        case Tag::in_window: return in_window(batch_[index], reply, now);
        case Tag::stored: return stored(batch_[index], reply, now);
        case Tag::hash_lifetime:
            if (failed && !reply.is_wrong_type()) can_expire_hash_ = false;
            return;
        case Tag::field_lifetime:
            if (failed && !reply.is_wrong_type()) can_expire_field_ = false;
            return;
        case Tag::queued:  // EXEC has the result
        case Tag::score: return;
    }
}

inline void HashOutbox::stored(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now) {
    if (reply.kind != wire::Reply::Kind::list) {
        // refused as a whole (out of memory, read-only, loading): nothing was written, tries again later
        kept.written = false;
        forget();
        return pause(now);
    }
    count_errors_in(reply);
    const auto done = [&reply](std::size_t place) { return place < reply.size && !reply[place].is_error(); };
    const bool is_published = done(kept.publish_at);
    if (is_published) published(reply[kept.publish_at]);
    if (done(kept.store_at)) return acknowledge(kept);
    windows_[window_of(kept)].until = {};
    // published evidence is not sent again; a key of another type prevents all further attempts
    if (kept.store_at < reply.size && reply[kept.store_at].is_wrong_type()) return give_up_for_window(kept);
    if (is_published)
        return give_up(kept, "not stored",
                       "evidence given up: Redis did not store it in " + window_of(kept) +
                           ", but published it; see its error above");
    kept.written = false;
    pause(now);
}

inline void HashOutbox::caused(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now) {
    if (reply.is_error() && !reply.is_wrong_type()) return pause(now);  // loading, busy, no rights yet…
    kept.caused = !reply.is_error() && reply.integer == 1;
}

/// Decides, since this reply comes last. `caused`: the evidence was published, even if Slips has deleted it from the window.
inline void HashOutbox::in_window(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now) {
    const bool has = !reply.is_error() && reply.integer == 1;
    if (reply.is_error() && !reply.is_wrong_type()) pause(now);
    if (!kept.caused && !has) return;  // asked again
    const bool is_published = has || kept.caused == true;
    if (is_published) ++stats_.evidence.published;
    if (reply.is_wrong_type()) return give_up_for_window(kept);
    if (is_published) acknowledge(kept);
    else if (!reply.is_error()) kept.written = false;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
