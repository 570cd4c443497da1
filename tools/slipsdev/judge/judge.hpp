// Accepts or refuses the evidence of a run, by its messages and by what is stored in Redis.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

/// Receives the verdicts.
struct Verdicts {
    std::function<void(const Evidence&, const std::string& payload)> accepted;
    std::function<void(const std::string& label, const std::string& reason, Harm harm)> refused;
    /// A fault that does not concern published evidence: evidence stored but never published…
    std::function<void(const std::string& what)> fault;
};

class Judge {
public:
    static std::unique_ptr<Judge> make(RedisClient& main, EvidenceRules rules, Verdicts verdicts);
    virtual ~Judge() = default;

    /// Judges payloads of evidence_added, in the order of their arrival.
    virtual void add(const std::vector<std::string>& payloads) = 0;
    /// Counts evidence that slipsdev itself has published.
    void count_own() { ++own_; }
    /// Checks evidence that is still waiting; to be called regularly.
    virtual void tick() {}
    /// Ends the run: decides about waiting evidence, and compares stored with published evidence.
    virtual void close() = 0;

    /// Returns how many repeats the stored evidence shows, if its key is the description. A lower bound: a repeat replaces
    /// the one before.
    virtual long long repeats_seen() const { return 0; }

    long long received() const { return received_; }

protected:
    Judge(RedisClient& main, EvidenceRules rules, Verdicts verdicts)
        : main_(main), rules_(std::move(rules)), verdicts_(std::move(verdicts)) {}

    /// Compares the numbers of pieces of evidence that Slips stores with those published.
    void compare_numbers_of_evidence();

    RedisClient& main_;
    EvidenceRules rules_;
    Verdicts verdicts_;
    long long received_ = 0;

private:
    long long own_ = 0;
};

std::unique_ptr<Judge> make_flat_judge(RedisClient& main, EvidenceRules rules, Verdicts verdicts);
std::unique_ptr<Judge> make_typed_judge(RedisClient& main, EvidenceRules rules, Verdicts verdicts);

}  // namespace slipsdev
