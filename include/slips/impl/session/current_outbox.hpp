// Evidence on its way to current Slips: one transaction each, the window's hash before the publish.
#pragma once

#include <algorithm>
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

#include "slips/detail/number.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/wire/current.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class CurrentOutbox final : public Outbox {
public:
    /// How long what Slips knows of an address, and which profiles it has, is believed without asking again.
    static constexpr std::chrono::seconds fact_age{5};
    /// The same for an attacker's highest threat level, which other modules raise.
    static constexpr std::chrono::seconds level_age{1};
    /// The same for whether a window's key holds what Slips writes there.
    static constexpr std::chrono::seconds window_age{1};
    static constexpr std::size_t most_known = 4096;         ///< entries of each cache before a batch
    static constexpr std::size_t most_facts = 16 << 20;     ///< bytes of all
    static constexpr std::size_t most_unsent = 16 << 20;    ///< bytes of one batch; the rest goes with the next
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
        fact_bytes_ = 0;
        profiles_.clear();
        windows_.clear();
        attackers_.clear();
        can_expire_hash_ = can_expire_field_ = true;
    }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

private:
    /// What a command reads or writes.
    enum class Tag : std::uint8_t {
        profile,            ///< is the profile known?
        width,              ///< the width of the profile's windows
        max_level,          ///< the attacker's highest threat level so far
        fact,               ///< one fact about an address or a domain
        window,             ///< the type of the window's key
        queued,             ///< a command within MULTI
        stored,             ///< EXEC
        asked,              ///< after a reconnect: is it stored?
        score,              ///< a score in the cache
        hash_lifetime,      ///< EXPIRE … NX, which an old server does not know
        field_lifetime,     ///< HEXPIRE, likewise
    };

    using Enrichment = wire::current::Enrichment;

    template <class Value>
    struct Dated {
        Value value{};
        Clock::time_point until{};
    };

    /// Neither hash tells for sure: the first expires as a whole, from the second Slips deletes what is whitelisted.
    void ask() override {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            PendingEvidence& kept = batch_[i];
            kept.caused.reset();
            links_.main.send(await_main(Tag::asked, 2 * i), "HEXISTS", "flows_causing_evidence", kept.evidence.id);
            links_.main.send(await_main(Tag::asked, 2 * i + 1), "HEXISTS", wire::current::evidence_hash(kept.context),
                             kept.evidence.id);
        }
    }
    void asked(PendingEvidence& kept, bool of_window, const wire::Reply& reply, Clock::time_point now);

    void read(Clock::time_point now) override;
    void write() override;
    void written() override;
    void stored(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now);
    void published(const wire::Reply& reply) {
        ++stats_.evidence.published;
        if (reply.integer == 0) ++stats_.evidence.unheard;
    }
    void give_up_for_window(PendingEvidence& kept) {
        const std::string key = window_of(kept);
        give_up(kept, "wrong type: " + key, "evidence given up: " + key + " in Redis is not the hash that Slips keeps there; "
                                            "delete the key");
    }
    static std::string window_of(const PendingEvidence& kept) {
        std::string key;
        for (const std::string_view piece : wire::current::evidence_hash(kept.context).of) key += piece;
        return key;
    }
    void forget_unanswered() override {
        for (const auto& [value, fact] : asked_facts_) facts_[value].until = {};
    }

    void read_facts(const Ioc& ioc, Clock::time_point now);
    void read_as_of_first_address(const std::string& domain, Clock::time_point now);
    const Enrichment& facts_of(const Ioc& ioc) const {
        const auto found = facts_.find(ioc.value);
        return found == facts_.end() ? nothing_known_ : found->second.value;
    }

    /// Forgets what is too old, and all when that does not help: it is asked for again.
    template <class Map>
    static void bound(Map& map, Clock::time_point now) {
        if (map.size() < most_known) return;
        std::erase_if(map, [now](const auto& known) { return known.second.until < now; });
        if (map.size() >= most_known) map.clear();
    }
    void bound_facts(Clock::time_point now);
    static std::size_t size_of(const Enrichment& facts) {
        return facts.ti.size() + facts.as.size() + facts.rdns.size() + facts.sni.size() + facts.dns_resolution.size() +
               facts.queries.size() + facts.cname.size();
    }

    const Enrichment nothing_known_{};
    std::string version_{};
    wire::EvidenceKeys keys_{};
    wire::current::Lifetimes lifetimes_{};
    std::optional<double> width_{};
    std::unordered_map<std::string, Dated<Enrichment>> facts_{};
    std::size_t fact_bytes_ = 0;
    std::unordered_map<std::string, Dated<bool>> profiles_{};  ///< known to Slips or not
    std::unordered_map<std::string, Dated<bool>> windows_{};   ///< by key of their evidence: a hash or nothing is there
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
    std::vector<std::string> window_keys_{};  ///< of the evidence of each one's window
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

inline void CurrentOutbox::read(Clock::time_point now) {
    asked_facts_.clear();
    asked_profiles_.clear();
    asked_levels_.clear();
    bound_facts(now);
    bound(profiles_, now);
    bound(windows_, now);
    bound(attackers_, now);
    window_keys_.resize(batch_.size());
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const PendingEvidence& kept = batch_[i];
        window_keys_[i] = window_of(kept);
        if (auto& window = windows_[window_keys_[i]]; window.until < now) {
            window = {true, now + window_age};
            links_.main.send(await_main(Tag::window, i), "TYPE", window_keys_[i]);
        }
        auto& profile = profiles_[kept.context.profileid];
        if (profile.until < now) {
            profile = {true, now + fact_age};
            links_.main.send(await_main(Tag::profile, asked_profiles_.size()), "ZSCORE", "profiles",
                             kept.context.profileid);
            asked_profiles_.push_back(kept.context.profileid);
            // all profiles have the same; one that Slips has made tells what one of ours must have
            if (!width_) links_.main.send(await_main(Tag::width), "HGET", kept.context.profileid, "duration");
        }
        if (const Ioc& ioc = kept.evidence.attacker; ioc.type == IocType::ip) {
            Attacker& attacker = attackers_[ioc.value];
            // a level only ever rises: an old one that is high enough still is
            if (attacker.until < now || !attacker.highest || *attacker.highest < kept.evidence.threat_level) {
                attacker.until = now + level_age;
                links_.main.send(await_main(Tag::max_level, asked_levels_.size()), "HGET",
                                 wire::Pieces<2>{{"profile_", ioc.value}}, "max_threat_level");
                asked_levels_.push_back(ioc.value);
            }
        }
        if (!links_.cache_up) continue;
        read_facts(kept.evidence.victim, now);
        read_facts(kept.evidence.attacker, now);
    }
}

inline void CurrentOutbox::read_facts(const Ioc& ioc, Clock::time_point now) {
    if (ioc.empty() || (ioc.type != IocType::ip && ioc.type != IocType::domain)) return;
    auto& known = facts_[ioc.value];
    if (known.until >= now) return;
    fact_bytes_ -= std::min(fact_bytes_, size_of(known.value));
    known = {Enrichment{}, now + fact_age};
    fact_bytes_ += size_of(known.value);
    const auto ask = [&](std::size_t fact, std::string_view hash) {
        links_.cache.send(await_cache(Tag::fact, asked_facts_.size()), "HGET", hash, ioc.value);
        asked_facts_.emplace_back(ioc.value, fact);
    };
    if (ioc.type == IocType::domain) return ask(wire::current::ip_facts.size(), "DomainsInfo");
    for (std::size_t fact = 0; fact < wire::current::ip_facts.size(); ++fact) ask(fact, wire::current::ip_facts[fact]);
}

inline void CurrentOutbox::bound_facts(Clock::time_point now) {
    if (facts_.size() < most_known && fact_bytes_ < most_facts / 2) return;
    std::erase_if(facts_, [now](const auto& known) { return known.second.until < now; });
    fact_bytes_ = 0;
    for (const auto& [value, facts] : facts_) fact_bytes_ += size_of(facts.value);
    if (facts_.size() < most_known && fact_bytes_ < most_facts / 2) return;
    facts_.clear();
    fact_bytes_ = 0;
}

/// A domain has the AS of its first address, which is known only now: one round trip more, once in a while for each domain.
inline void CurrentOutbox::read_as_of_first_address(const std::string& domain, Clock::time_point now) {
    const std::string address = wire::current::first_address(facts_[domain].value);
    if (address.empty()) return;
    if (const auto known = facts_.find(address);
        known != facts_.end() && known->second.until >= now && known->second.value.as != "null") {
        facts_[domain].value.as = known->second.value.as;
        return;
    }
    links_.cache.send(await_cache(Tag::fact, asked_facts_.size()), "HGET", wire::current::ip_facts[0], address);
    asked_facts_.emplace_back(domain, 0);
}

inline void CurrentOutbox::write() {
    scores_.clear();
    ++batches_;
    new_profiles_.clear();
    const std::size_t unsent = links_.main.bytes().size();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        PendingEvidence& kept = batch_[i];
        const Evidence& evidence = kept.evidence;
        kept.written = false;
        if (!windows_[window_keys_[i]].value) {  // before anything of it is written or published
            give_up_for_window(kept);
            continue;
        }
        if (links_.main.bytes().size() - unsent > most_unsent) continue;  // with the next batch
        kept.written = true;
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
        const auto places = wire::current::send(links_.main, {*this, Tag::queued, i}, await_main(Tag::stored, i), evidence,
                                                kept.context, json, version_, facts);
        kept.store_at = places.store;
        kept.publish_at = places.publish;
    }
}

/// What may be sent late and to a server that does not know it: lifetimes, and scores in the cache.
inline void CurrentOutbox::written() {
    if (can_expire_hash_) {
        const auto expire = [&](const auto& key, std::int64_t seconds) {
            links_.main.send({*this, Tag::hash_lifetime}, "EXPIRE", key, seconds, "NX");
        };
        for (const std::string& profile : new_profiles_) expire(profile, lifetimes_.extended);
        expire("flows_causing_evidence", lifetimes_.standard);
        for (const Score& score : scores_) expire(wire::Pieces<2>{{"profile_", score.ip}}, lifetimes_.extended);
    }
    if (!links_.cache_up) return;
    const auto store = [&](std::string_view hash, const std::string& ip, const auto& value) {
        links_.cache.send({*this, Tag::score}, "HSET", hash, ip, value);
        if (can_expire_field_)
            links_.cache.send({*this, Tag::field_lifetime}, "HEXPIRE", hash, lifetimes_.standard, "NX", "FIELDS", 1, ip);
    };
    for (const Score& score : scores_) {
        store("IPsInfo:score", score.ip, wire::current::score_of(score.level));
        store("IPsInfo:confidence", score.ip, score.confidence);
    }
}

inline void CurrentOutbox::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) {
    const bool failed = reply.is_error();
    const bool is_lifetime = Tag{tag} == Tag::hash_lifetime || Tag{tag} == Tag::field_lifetime;
    if (failed && !is_lifetime) count_error(reply.text);
    switch (Tag{tag}) {
        case Tag::profile:
            if (!failed) profiles_[asked_profiles_[index]].value = !reply.is_nil();
            return;
        case Tag::width:
            if (const auto seconds = parse_python_float(reply.text); !failed && seconds && *seconds > 0) width_ = seconds;
            return;
        case Tag::max_level:
            if (!failed)
                attackers_[asked_levels_[index]].highest =
                    reply.is_nil() ? std::nullopt : parse_threat_level(reply.text);
            return;
        case Tag::window: {
            auto& window = windows_[window_keys_[index]];
            window.value = failed || reply.text == "hash" || reply.text == "none";
            if (!window.value) window.until = {};  // asked for again each time: it may be mended
            return;
        }
        case Tag::fact: {
            if (failed || reply.is_nil()) return;
            const auto [value, fact] = asked_facts_[index];  // a copy: asking on adds to them
            if (reply.text.size() > wire::current::longest_fact ||
                reply.text.size() > most_facts - std::min(most_facts, fact_bytes_))
                return log_.log_once("long facts", "what Slips knows of " + slips::printable(value) +
                                                 " is longer than a module keeps: evidence goes without");
            Enrichment& facts = facts_[value].value;
            fact_bytes_ -= std::min(fact_bytes_, size_of(facts));
            if (fact < wire::current::ip_facts.size()) {
                wire::current::read_ip_fact(fact, reply.text, facts);
            } else {
                wire::current::read_domain_facts(reply.text, facts);
                read_as_of_first_address(value, now);
            }
            fact_bytes_ += size_of(facts);
            return;
        }
        case Tag::asked: return asked(batch_[index / 2], index % 2 == 1, reply, now);
        case Tag::stored: return stored(batch_[index], reply, now);
        case Tag::hash_lifetime:
            if (failed && !reply.is_wrong_type()) can_expire_hash_ = false;
            return;
        case Tag::field_lifetime:
            if (failed && !reply.is_wrong_type()) can_expire_field_ = false;
            return;
        case Tag::queued:  // EXEC shows what came of it
        case Tag::score: return;
    }
}

inline void CurrentOutbox::stored(PendingEvidence& kept, const wire::Reply& reply, Clock::time_point now) {
    if (reply.kind != wire::Reply::Kind::list) {
        // refused as a whole (out of memory, read-only, loading): nothing was written, try again in a while
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
    // what others have heard of is not sent again; what a key stands in the way of never will be stored
    if (kept.store_at < reply.size && reply[kept.store_at].is_wrong_type()) return give_up_for_window(kept);
    if (is_published)
        return give_up(kept, "not stored", "evidence given up: Redis did not store it in " + window_of(kept) + ", but published it; "
                                           "see its answer above");
    kept.written = false;
    pause(now);
}

/// The window's hash answers last, and decides: `caused` tells that it was published, whatever became of it there.
inline void CurrentOutbox::asked(PendingEvidence& kept, bool of_window, const wire::Reply& reply, Clock::time_point now) {
    const bool wrong_type = reply.is_wrong_type();
    const bool has = !reply.is_error() && reply.integer == 1;
    if (reply.is_error() && !wrong_type) pause(now);  // loading, busy, no rights yet…
    else if (!of_window) kept.caused = has;
    if (!of_window) return;
    const bool is_published = has || kept.caused == true;
    if (!kept.caused && !has) return;  // asked again
    if (wrong_type) {
        if (is_published) ++stats_.evidence.published;
        return give_up_for_window(kept);
    }
    if (is_published) acknowledge(kept), ++stats_.evidence.published;
    else if (!reply.is_error()) kept.written = false;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
