// What Slips knows of the addresses and domains in evidence, kept for a few seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class FactCache {
public:
    using Enrichment = wire::hash_evidence::Enrichment;

    static constexpr std::chrono::seconds age{5};        ///< after which a fact is read again
    static constexpr std::size_t most = 4096;            ///< addresses and domains, before a batch
    static constexpr std::size_t most_bytes = 16 << 20;  ///< of all facts

    explicit FactCache(OnceLog& log) : log_(log) {}

    void set_dialect(const Dialect& dialect) { dialect_ = &dialect; }

    const Enrichment& of(const Ioc& ioc) const {
        const auto found = facts_.find(ioc.value);
        return found == facts_.end() ? nothing_known_ : found->second.value;
    }
    void clear() {
        facts_.clear();
        bytes_ = 0;
    }
    /// Begins a batch: forgets the questions of the last one and, if there are too many, old facts.
    void begin_batch(Clock::time_point now);
    /// The connection to the cache is lost: the questions of this batch are asked again.
    void forget_unanswered() {
        for (const auto& [value, fact] : asked_) facts_[value].until = {};
    }

    /// Reads the facts about an address or a domain, unless they are known or evidence has none. Calls `ask(index, hash, field)`
    /// for each HGET to send; pass the reply to reply() with this index.
    template <class Ask>
    void read(const Ioc& ioc, Clock::time_point now, Ask&& ask);
    /// Stores a fact. May ask for another one.
    template <class Ask>
    void reply(std::size_t index, const wire::Reply& reply, Clock::time_point now, Ask&& ask);

private:
    struct Known {
        Enrichment value{};
        Clock::time_point until{};
    };

    template <class Ask>
    void read_as_of_first_address(const std::string& domain, Clock::time_point now, Ask&& ask);
    static std::size_t size_of(const Enrichment& facts) {
        return facts.ti.size() + facts.as.size() + facts.rdns.size() + facts.sni.size() + facts.dns_resolution.size() +
               facts.queries.size() + facts.cname.size();
    }
    bool is_large() const { return facts_.size() >= most || bytes_ >= most_bytes / 2; }

    // What a question is about besides one of wire::hash_evidence::ip_facts.
    static constexpr std::size_t domain_facts = wire::hash_evidence::ip_facts.size();
    static constexpr std::size_t ip_object = domain_facts + 1;
    static constexpr std::size_t as_of_object = domain_facts + 2;

    OnceLog& log_;
    const Dialect* dialect_ = &dialect_of(Generation::current);
    const Enrichment nothing_known_{};
    std::unordered_map<std::string, Known> facts_{};
    std::size_t bytes_ = 0;
    std::vector<std::pair<std::string, std::size_t>>
        asked_{};  ///< of this batch: address or domain, and index of the fact
};

// ---------------------------------------------------------------------------------------------------------

inline void FactCache::begin_batch(Clock::time_point now) {
    asked_.clear();
    if (!is_large()) return;
    std::erase_if(facts_, [now](const auto& known) { return known.second.until < now; });
    bytes_ = 0;
    for (const auto& [value, facts] : facts_) bytes_ += size_of(facts.value);
    if (is_large()) clear();
}

template <class Ask>
void FactCache::read(const Ioc& ioc, Clock::time_point now, Ask&& ask) {
    if (dialect_->ioc_facts == 0 || ioc.empty() || (ioc.type != IocType::ip && ioc.type != IocType::domain)) return;
    if (ioc.type == IocType::domain && !dialect_->ioc_type) return;  // Slips looks for it among the addresses
    auto& known = facts_[ioc.value];
    if (known.until >= now) return;
    bytes_ -= std::min(bytes_, size_of(known.value));
    known = {Enrichment{}, now + age};
    bytes_ += size_of(known.value);
    const auto ask_for = [&](std::size_t fact, std::string_view hash) {
        ask(asked_.size(), hash, ioc.value);
        asked_.emplace_back(ioc.value, fact);
    };
    constexpr auto& hashes = wire::hash_evidence::ip_facts;
    if (ioc.type == IocType::domain) return ask_for(domain_facts, "DomainsInfo");
    if (!dialect_->fact_hashes) return ask_for(ip_object, wire::hash_evidence::ip_objects);
    for (std::size_t fact = 0; fact < hashes.size(); ++fact) ask_for(fact, hashes[fact]);
}

template <class Ask>
void FactCache::reply(std::size_t index, const wire::Reply& reply, Clock::time_point now, Ask&& ask) {
    if (reply.is_error() || reply.is_nil()) return;
    const auto [value, fact] = asked_[index];  // a copy: another question may be added
    if (reply.text.size() > wire::hash_evidence::longest_fact ||
        reply.text.size() > most_bytes - std::min(most_bytes, bytes_))
        return log_.log_once("long facts", "the facts about " + slips::printable(value) +
                                               " are longer than a module keeps: evidence is sent without them");
    Enrichment& facts = facts_[value].value;
    bytes_ -= std::min(bytes_, size_of(facts));
    if (fact == domain_facts) {
        wire::hash_evidence::read_domain_facts(reply.text, facts);
        read_as_of_first_address(value, now, ask);
    } else if (fact == ip_object) {
        wire::hash_evidence::read_ip_object(reply.text, facts);
    } else if (fact == as_of_object) {
        Enrichment of_address;
        wire::hash_evidence::read_ip_object(reply.text, of_address);
        facts.as = of_address.as;
    } else {
        wire::hash_evidence::read_ip_fact(fact, reply.text, facts);
    }
    bytes_ += size_of(facts);
}

/// A domain has the AS of its first address, which is not known before: one more round trip per domain and `age`.
template <class Ask>
void FactCache::read_as_of_first_address(const std::string& domain, Clock::time_point now, Ask&& ask) {
    const std::string address = wire::hash_evidence::first_address(facts_[domain].value);
    if (address.empty()) return;
    if (const auto known = facts_.find(address);
        known != facts_.end() && known->second.until >= now && known->second.value.as != "null") {
        facts_[domain].value.as = known->second.value.as;
        return;
    }
    ask(asked_.size(), dialect_->fact_hashes ? wire::hash_evidence::ip_facts[0] : wire::hash_evidence::ip_objects,
        address);
    asked_.emplace_back(domain, dialect_->fact_hashes ? 0 : as_of_object);
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
