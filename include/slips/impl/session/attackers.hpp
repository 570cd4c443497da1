// The threat levels of the addresses that evidence is about: Slips stores the last and the highest one of each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/evidence_types.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Attackers {
public:
    /// How long the highest threat level of an attacker, which other modules raise, is used without reading it again.
    static constexpr std::chrono::seconds age{1};
    static constexpr std::size_t most = 4096;  ///< attackers, before a batch

    /// What the evidence of a batch says about an address.
    struct Scored {
        std::string ip{};
        ThreatLevel level{};    ///< of the last evidence
        ThreatLevel highest{};  ///< of all evidence so far
        double confidence = 0;  ///< of the last evidence
    };

    void begin_batch(Clock::time_point now) {
        asked_.clear();
        scored_.clear();
        ++batch_;
        if (known_.size() < most) return;
        std::erase_if(known_, [now](const auto& attacker) { return attacker.second.until < now; });
        if (known_.size() >= most) known_.clear();
    }

    /// Calls `ask(index)` if the highest threat level of `ip` must be read; pass the reply to reply() with this index.
    template <class Ask>
    void read(const std::string& ip, std::optional<ThreatLevel> level, Clock::time_point now, Ask&& ask) {
        Attacker& attacker = known_[ip];
        // levels only rise: an old one that is high enough is still high enough
        if (attacker.until >= now && attacker.highest && *attacker.highest >= level) return;
        attacker.until = now + age;
        ask(asked_.size());
        asked_.push_back(ip);
    }
    void reply(std::size_t index, const wire::Reply& reply) {
        if (!reply.is_error())
            known_[asked_[index]].highest = reply.is_nil() ? std::nullopt : parse_threat_level(reply.text);
    }

    /// Adds an evidence about `ip`. Returns whether it raises the highest threat level.
    bool add(const std::string& ip, ThreatLevel level, double confidence) {
        Attacker& attacker = known_[ip];
        const bool raises = !attacker.highest || *attacker.highest < level;
        if (raises) attacker.highest = level;
        if (std::exchange(attacker.scored_in, batch_) != batch_) {
            attacker.score = scored_.size();
            scored_.push_back({.ip = ip});
        }
        Scored& scored = scored_[attacker.score];
        scored.level = level;
        scored.highest = *attacker.highest;
        scored.confidence = confidence;
        return raises;
    }
    /// Returns the addresses of this batch.
    const std::vector<Scored>& scored() const { return scored_; }

    void clear() { known_.clear(); }

private:
    struct Attacker {
        std::optional<ThreatLevel> highest{};
        Clock::time_point until{};
        std::uint64_t scored_in = 0;  ///< number of the last batch with an evidence about it
        std::size_t score = 0;        ///< its index in scored_ in that batch
    };

    std::unordered_map<std::string, Attacker> known_{};
    std::vector<std::string> asked_{};
    std::vector<Scored> scored_{};
    std::uint64_t batch_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
