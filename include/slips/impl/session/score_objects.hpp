// The objects in which Slips before 1.1.17 keeps all facts about an address, as far as evidence changes the score in them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/impl/session/attackers.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/impl/wire/score.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class ScoreObjects {
public:
    static constexpr std::size_t longest = 256 << 10;  ///< bytes of the facts about an address
    static constexpr std::size_t most = 16 << 20;      ///< bytes of all facts of a batch

    explicit ScoreObjects(OnceLog& log) : log_(log) {}

    void begin_batch() {
        asked_.clear();
        objects_.clear();
        bytes_ = 0;
    }

    /// Calls `ask(index)` if the object of `ip` has not been read for this batch; pass the reply to reply() with this index.
    template <class Ask>
    void read(const std::string& ip, Ask&& ask) {
        if (ip.empty() || std::find(asked_.begin(), asked_.end(), ip) != asked_.end()) return;
        ask(asked_.size());
        asked_.push_back(ip);
    }
    void reply(std::size_t index, const wire::Reply& reply) {
        if (reply.is_error()) return;
        const std::string& ip = asked_[index];
        if (reply.text.size() > longest || bytes_ + reply.text.size() > most)
            return log_.log_once("long facts", "the facts about " + slips::printable(ip) +
                                                   " are longer than a module keeps: its score is not set");
        bytes_ += reply.text.size();
        objects_[ip] = std::string(reply.text);
    }

    /// Stores the score of an address, if its object was read.
    void store(wire::Pipeline& cache, wire::ReplyTo stored, const Attackers::Scored& scored, const Dialect& dialect) {
        const auto object = objects_.find(scored.ip);
        if (object == objects_.end()) return;
        const std::string facts =
            wire::scored(object->second, wire::score_of(scored.level, scored.highest, scored.confidence, dialect));
        if (facts.empty())
            return log_.log_once("odd facts", "the facts about " + slips::printable(scored.ip) +
                                                  " in IPsInfo are not a JSON object: its score is not set");
        cache.send(stored, "HSET", "IPsInfo", scored.ip, facts);
    }

private:
    OnceLog& log_;
    std::vector<std::string> asked_{};
    std::map<std::string, std::string> objects_{};  ///< by address
    std::size_t bytes_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
