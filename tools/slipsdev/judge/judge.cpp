#include "slipsdev/judge/judge.hpp"

namespace slipsdev {

std::unique_ptr<Judge> Judge::make(RedisClient& main, EvidenceRules rules, Verdicts verdicts) {
    return rules.release.evidence.is_typed() ? make_typed_judge(main, std::move(rules), std::move(verdicts))
                                             : make_flat_judge(main, std::move(rules), std::move(verdicts));
}

void Judge::compare_numbers_of_evidence() {
    const auto compare = [this](const std::string& counter, const Reply& reply, long long published) {
        if (python_int(reply.text).value_or(0) != published)
            verdicts_.fault(counter + " is " + (reply.text.empty() ? "missing" : reply.text) + ", but " +
                            std::to_string(published) + " pieces of evidence were published");
    };
    if (rules_.release.evidence.counted)
        compare("number_of_evidence", main_.command({"GET", "number_of_evidence"}), received_);
    if (rules_.release.redis.published_counts)
        compare("evidence_added in msgs_published_at_runtime",
                main_.command({"HGET", "msgs_published_at_runtime", "evidence_added"}), received_ + own_);
}

}  // namespace slipsdev
