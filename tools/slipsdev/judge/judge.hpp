// Accepts or refuses the evidence of a run, with an eye on what was stored, as Slips would find it.
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

/// Where verdicts go.
struct Verdicts {
    std::function<void(const Evidence&, const std::string& payload)> accepted;
    std::function<void(const std::string& label, const std::string& reason)> refused;
    /// Something is wrong that is no single piece of evidence: stored and never published…
    std::function<void(const std::string& what)> fault;
};

class Judge {
public:
    static std::unique_ptr<Judge> make(Generation generation, RedisClient& main, CurrentRules rules,
                                       Verdicts verdicts);
    virtual ~Judge() = default;

    /// Payloads of evidence_added, in the order of their arrival.
    virtual void hear(const std::vector<std::string>& payloads) = 0;
    /// To be called now and then, for what takes its time.
    virtual void tick() {}
    /// The run is over: settles what is open, and compares what is stored with what was published.
    virtual void close() = 0;

    /// How many repeats the stored evidence shows; legacy only. A lower bound: a repeat replaces the one before.
    virtual long long repeats_seen() const { return 0; }

    long long heard() const { return heard_; }

protected:
    Judge(RedisClient& main, Verdicts verdicts) : main_(main), verdicts_(std::move(verdicts)) {}

    RedisClient& main_;
    Verdicts verdicts_;
    long long heard_ = 0;
};

std::unique_ptr<Judge> make_current_judge(RedisClient& main, CurrentRules rules, Verdicts verdicts);
std::unique_ptr<Judge> make_legacy_judge(RedisClient& main, Verdicts verdicts);

}  // namespace slipsdev
