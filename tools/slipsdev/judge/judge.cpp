#include "slipsdev/judge/judge.hpp"

namespace slipsdev {

std::unique_ptr<Judge> Judge::make(RedisClient& main, EvidenceRules rules, Verdicts verdicts) {
    return rules.release.evidence.is_typed() ? make_typed_judge(main, std::move(rules), std::move(verdicts))
                                             : make_flat_judge(main, std::move(rules), std::move(verdicts));
}

void Judge::compare_number_of_evidence() {
    if (!rules_.release.evidence.counted) return;
    const std::string counted = main_.command({"GET", "number_of_evidence"}).text;
    if (python_int(counted).value_or(0) != received_)
        verdicts_.fault("number_of_evidence is " + (counted.empty() ? "missing" : counted) + ", but " +
                        std::to_string(received_) + " pieces of evidence were published");
}

}  // namespace slipsdev
