// Evidence on its way to current Slips: one transaction each, the window's hash before the publish.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/number.hpp"
#include "slips/session/outbox.hpp"
#include "slips/version.hpp"
#include "slips/wire/current.hpp"
#include "slips/wire/resp.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class CurrentOutbox final : public Outbox {
public:
    /// How long what Slips knows of an address, and which profiles it has, is believed without asking again.
    static constexpr std::chrono::seconds fact_age{5};
    /// The same for an attacker's highest threat level, which other modules raise.
    static constexpr std::chrono::seconds level_age{1};
    /// Of a time window, in seconds, as Slips has it when nothing else is configured.
    static constexpr double default_width = 3600;

    using Outbox::Outbox;

    void set_version(std::string_view version) { version_ = version; }
    /// Which keys Slips writes evidence with, where its launcher reports them.
    void set_keys(wire::EvidenceKeys keys) { keys_ = std::move(keys); }
    /// The evidence as it will be sent, but for what Slips knows of its addresses.
    std::string preview(const Evidence& evidence, const Context& context) const {
        return wire::current::encode(evidence, context, nothing_known_, nothing_known_, keys_);
    }
    void set_lifetimes(wire::current::Lifetimes lifetimes) { lifetimes_ = lifetimes; }
    /// Of a time window, where it is known without asking Slips.
    void set_width(std::optional<double> seconds) { width_ = seconds; }

    void forget() override {
        facts_.clear();
        profiles_.clear();
        attackers_.clear();
        can_expire_hash_ = can_expire_field_ = true;
    }

private:
    using Enrichment = wire::current::Enrichment;

    template <class Value>
    struct Dated {
        Value value{};
        Clock::time_point until{};
    };

    /// Neither hash tells for sure: the first expires as a whole, from the second Slips deletes what is whitelisted.
    void ask(Links& links) override {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            Kept& kept = batch_[i];
            kept.absent = 0;
            send_main(links, wire::Purpose::asked, i, "HEXISTS", "flows_causing_evidence", kept.evidence.id);
            send_main(links, wire::Purpose::asked, i, "HEXISTS", wire::current::evidence_hash(kept.context),
                      kept.evidence.id);
        }
    }

    void read(Links& links, Clock::time_point now) override;
    void write(Links& links) override;
    void written(Links& links) override;
    void answer(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                Clock::time_point now) override;
    void stored(Kept& kept, const wire::Reply& reply, Clock::time_point now);
    void forget_unanswered() override {
        for (const auto& [value, fact] : asked_facts_) facts_[value].until = {};
    }

    void read_facts(Links& links, const Ioc& ioc, Clock::time_point now);
    void read_as_of_first_address(Links& links, const std::string& domain, Clock::time_point now);
    const Enrichment& facts_of(const Ioc& ioc) const {
        const auto found = facts_.find(ioc.value);
        return found == facts_.end() ? nothing_known_ : found->second.value;
    }

    /// Forgets what is too old, so that the caches stay as small as the traffic of some seconds.
    template <class Map>
    static void drop_old(Map& map, Clock::time_point now) {
        if (map.size() < 4096) return;
        for (auto at = map.begin(); at != map.end();) at = at->second.until < now ? map.erase(at) : std::next(at);
    }

    const Enrichment nothing_known_{};
    std::string version_{};
    wire::EvidenceKeys keys_{};
    wire::current::Lifetimes lifetimes_{};
    std::optional<double> width_{};
    std::unordered_map<std::string, Dated<Enrichment>> facts_{};
    std::unordered_map<std::string, Dated<bool>> profiles_{};  ///< known to Slips or not
    /// Of an attacker that is an address.
    struct Attacker {
        std::optional<ThreatLevel> highest{};
        Clock::time_point until{};
        std::uint64_t scored_in = 0;  ///< the last batch with an evidence about it
        std::size_t score = 0;        ///< its place in scores_ then
    };
    std::unordered_map<std::string, Attacker> attackers_{};
    std::vector<std::pair<std::string, std::size_t>> asked_facts_{};  ///< of this batch: whose, and which
    std::vector<std::string> asked_profiles_{};
    std::vector<std::string> asked_levels_{};
    struct Score {
        std::string ip{};
        ThreatLevel level{};
        double confidence = 0;
    };
    std::vector<Score> scores_{};  ///< of this batch
    std::uint64_t batches_ = 0;
    std::vector<std::string> new_profiles_{};          ///< made by this batch
    bool can_expire_hash_ = true;   ///< EXPIRE … NX: Redis 7.0
    bool can_expire_field_ = true;  ///< HEXPIRE: Redis 7.4
};

// ---------------------------------------------------------------------------------------------------------

inline void CurrentOutbox::read(Links& links, Clock::time_point now) {
    asked_facts_.clear();
    asked_profiles_.clear();
    asked_levels_.clear();
    drop_old(facts_, now);
    drop_old(profiles_, now);
    drop_old(attackers_, now);
    for (const Kept& kept : batch_) {
        auto& profile = profiles_[kept.context.profileid];
        if (profile.until < now) {
            profile = {true, now + fact_age};
            send_main(links, wire::Purpose::profile, asked_profiles_.size(), "ZSCORE", "profiles",
                      kept.context.profileid);
            asked_profiles_.push_back(kept.context.profileid);
            // all profiles have the same; one that Slips has made tells what one of ours must have
            if (!width_) send_main(links, wire::Purpose::width, 0, "HGET", kept.context.profileid, "duration");
        }
        if (const Ioc& ioc = kept.evidence.attacker; ioc.type == IocType::ip) {
            Attacker& attacker = attackers_[ioc.value];
            // a level only ever rises: an old one that is high enough still is
            if (attacker.until < now || !attacker.highest || *attacker.highest < kept.evidence.threat_level) {
                attacker.until = now + level_age;
                send_main(links, wire::Purpose::max_level, asked_levels_.size(), "HGET",
                          wire::Pieces<2>{{"profile_", ioc.value}}, "max_threat_level");
                asked_levels_.push_back(ioc.value);
            }
        }
        if (!links.cache_up) continue;
        read_facts(links, kept.evidence.victim, now);
        read_facts(links, kept.evidence.attacker, now);
    }
}

inline void CurrentOutbox::read_facts(Links& links, const Ioc& ioc, Clock::time_point now) {
    if (ioc.empty() || (ioc.type != IocType::ip && ioc.type != IocType::domain)) return;
    auto& known = facts_[ioc.value];
    if (known.until >= now) return;
    known = {Enrichment{}, now + fact_age};
    const auto ask = [&](std::size_t fact, std::string_view hash) {
        send_cache(links, wire::Purpose::enrichment, asked_facts_.size(), "HGET", hash, ioc.value);
        asked_facts_.emplace_back(ioc.value, fact);
    };
    if (ioc.type == IocType::domain) return ask(wire::current::ip_facts.size(), "DomainsInfo");
    for (std::size_t fact = 0; fact < wire::current::ip_facts.size(); ++fact) ask(fact, wire::current::ip_facts[fact]);
}

/// A domain has the AS of its first address, which is known only now: one round trip more, once in a while for each domain.
inline void CurrentOutbox::read_as_of_first_address(Links& links, const std::string& domain, Clock::time_point now) {
    const std::string address = wire::current::first_address(facts_[domain].value);
    if (address.empty()) return;
    if (const auto known = facts_.find(address);
        known != facts_.end() && known->second.until >= now && known->second.value.as != "null") {
        facts_[domain].value.as = known->second.value.as;
        return;
    }
    send_cache(links, wire::Purpose::enrichment, asked_facts_.size(), "HGET", wire::current::ip_facts[0], address);
    asked_facts_.emplace_back(domain, 0);
}

inline void CurrentOutbox::write(Links& links) {
    scores_.clear();
    ++batches_;
    new_profiles_.clear();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        Kept& kept = batch_[i];
        const Evidence& evidence = kept.evidence;
        wire::current::Facts facts;
        facts.width = width_.value_or(default_width);
        if (auto& profile = profiles_[kept.context.profileid]; !profile.value) {
            facts.new_profile = true;
            profile.value = true;  // the first of this batch makes it
            new_profiles_.push_back(kept.context.profileid);
        }
        if (evidence.attacker.type == IocType::ip) {
            Attacker& attacker = attackers_[evidence.attacker.value];
            facts.raise_max_level = !attacker.highest || *attacker.highest < *evidence.threat_level;
            if (facts.raise_max_level) attacker.highest = evidence.threat_level;
            if (std::exchange(attacker.scored_in, batches_) != batches_) {
                attacker.score = scores_.size();
                scores_.push_back({evidence.attacker.value});
            }
            scores_[attacker.score].level = *attacker.highest;
            scores_[attacker.score].confidence = *evidence.confidence;
        }
        const std::string json = wire::current::encode(evidence, kept.context, facts_of(evidence.attacker),
                                                       facts_of(evidence.victim), keys_);
        kept.publish_at = wire::current::send(links.main, static_cast<std::uint32_t>(i), evidence, kept.context, json,
                                              version_, facts);
        ++awaited_main_;
    }
}

/// What may be sent late and to a server that does not know it: lifetimes, and scores in the cache.
inline void CurrentOutbox::written(Links& links) {
    if (can_expire_hash_) {
        const auto expire = [&](const auto& key, std::int64_t seconds) {
            links.main.send(wire::Purpose::time_to_live, 0, "EXPIRE", key, seconds, "NX");
        };
        for (const std::string& profile : new_profiles_) expire(profile, lifetimes_.extended);
        expire("flows_causing_evidence", lifetimes_.standard);
        for (const Score& score : scores_) expire(wire::Pieces<2>{{"profile_", score.ip}}, lifetimes_.extended);
    }
    if (!links.cache_up) return;
    const auto store = [&](std::string_view hash, const std::string& ip, const auto& value) {
        links.cache.send(wire::Purpose::score, 0, "HSET", hash, ip, value);
        if (can_expire_field_)
            links.cache.send(wire::Purpose::time_to_live, 1, "HEXPIRE", hash, lifetimes_.standard, "NX", "FIELDS", 1, ip);
    };
    for (const Score& score : scores_) {
        store("IPsInfo:score", score.ip, wire::current::score_of(score.level));
        store("IPsInfo:confidence", score.ip, score.confidence);
    }
}

inline void CurrentOutbox::answer(Links& links, wire::Pipeline::Awaited awaited, const wire::Reply& reply,
                                  Clock::time_point now) {
    const bool failed = reply.is_error();
    if (failed && awaited.purpose != wire::Purpose::time_to_live) {
        ++stats_.redis.error_replies;
        report_(reply.text, "Redis answered: " + std::string(reply.text));
    }
    switch (awaited.purpose) {
        case wire::Purpose::profile:
            if (!failed) profiles_[asked_profiles_[awaited.index]].value = !reply.is_nil();
            return;
        case wire::Purpose::width:
            if (const auto seconds = parse_python_float(reply.text); !failed && seconds && *seconds > 0) width_ = seconds;
            return;
        case wire::Purpose::max_level:
            if (!failed)
                attackers_[asked_levels_[awaited.index]].highest =
                    reply.is_nil() ? std::nullopt : parse_threat_level(reply.text);
            return;
        case wire::Purpose::enrichment: {
            if (failed || reply.is_nil()) return;
            const auto [value, fact] = asked_facts_[awaited.index];  // a copy: asking on adds to them
            if (fact < wire::current::ip_facts.size())
                return wire::current::read_ip_fact(fact, reply.text, facts_[value].value);
            wire::current::read_domain_facts(reply.text, facts_[value].value);
            return read_as_of_first_address(links, value, now);
        }
        case wire::Purpose::asked: {
            Kept& kept = batch_[awaited.index];
            if (failed) return pause(now);
            if (kept.done) return;
            if (reply.integer == 1) acknowledge(kept), ++stats_.evidence.published;
            else if (++kept.absent == 2) kept.written = false;
            return;
        }
        case wire::Purpose::stored: return stored(batch_[awaited.index], reply, now);
        case wire::Purpose::time_to_live:
            if (failed) (awaited.index == 0 ? can_expire_hash_ : can_expire_field_) = false;
            return;
        default: return;
    }
}

inline void CurrentOutbox::stored(Kept& kept, const wire::Reply& reply, Clock::time_point now) {
    if (reply.kind != wire::Reply::Kind::list) {
        // refused as a whole (out of memory, read-only, loading): nothing was written, try again in a while
        kept.written = false;
        forget();
        return pause(now);
    }
    acknowledge(kept);
    for (std::size_t i = 0; i < reply.size; ++i) {
        if (!reply[i].is_error()) continue;
        ++stats_.redis.error_replies;
        report_(reply[i].text, "Redis answered within an evidence: " + std::string(reply[i].text));
    }
    if (kept.publish_at >= reply.size || reply[kept.publish_at].is_error()) return;
    ++stats_.evidence.published;
    if (reply[kept.publish_at].integer == 0) ++stats_.evidence.unheard;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
