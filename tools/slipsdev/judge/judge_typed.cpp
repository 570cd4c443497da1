#include <set>
#include <utility>

#include "slipsdev/judge/judge.hpp"

namespace slipsdev {
namespace {

/// Returns the id of refused evidence, even from a text that is not JSON.
std::string id_of(const Json& json, const std::string& payload) {
    if (json.is_object()) return text_member(json, "id");
    constexpr std::string_view key = "\"id\": \"";
    const std::size_t at = payload.find(key);
    return at == std::string::npos ? std::string() : payload.substr(at + key.size(), 36);
}

class TypedJudge final : public Judge {
public:
    TypedJudge(RedisClient& main, EvidenceRules rules, Verdicts verdicts)
        : Judge(main, std::move(rules), std::move(verdicts)) {}

    void add(const std::vector<std::string>& payloads) override {
        struct Case {
            const std::string* payload;
            Evidence evidence;
            Complaint complaint;
        };
        // First judges the texts; then reads the stored entries in one pipeline. They are written before the evidence
        // is published, so they must exist by now.
        std::vector<Case> cases;
        for (const std::string& payload : payloads) {
            ++received_;
            Case one{&payload, {}, {}};
            one.complaint = judge_evidence(payload, rules_, one.evidence);
            if (!one.complaint) {
                const std::string hash = one.evidence.profileid + "_" + one.evidence.twid + "_evidence";
                main_.append({"HGET", hash, one.evidence.id});
                main_.append({"HGET", "flows_causing_evidence", one.evidence.id});
            } else {
                // Stored or not, it is refused already, and must not be reported twice.
                published_.insert(id_of(one.evidence.json, payload));
            }
            cases.push_back(std::move(one));
        }
        // Reads all replies first, because a verdict may send commands.
        for (Case& one : cases) {
            if (one.complaint) continue;
            const auto entry = main_.next_reply().optional_text();
            const auto uids = main_.next_reply().optional_text();
            one.evidence.harm = Harm::misleads;
            one.complaint = published_.insert(one.evidence.id).second
                                ? judge_stored_field(rules_, one.evidence, entry, uids)
                                : Complaint("published twice");
        }
        for (const Case& one : cases) {
            if (one.complaint) {
                verdicts_.refused(detail::label_of(one.evidence.json), *one.complaint, one.evidence.harm);
            } else {
                verdicts_.accepted(one.evidence, *one.payload);
            }
        }
    }

    void close() override {
        compare_numbers_of_evidence();
        const Reply hashes = main_.command({"KEYS", "profile_*_timewindow*_evidence"});
        for (const Reply& hash : hashes.items) {
            const Reply ids = main_.command({"HKEYS", hash.text});
            for (const Reply& id : ids.items) {
                if (published_.count(id.text) == 0) {
                    verdicts_.fault("evidence " + id.text + " is stored in " + hash.text + " but was never published");
                }
            }
        }
    }

private:
    std::set<std::string> published_;  // ids
};

}  // namespace

std::unique_ptr<Judge> make_typed_judge(RedisClient& main, EvidenceRules rules, Verdicts verdicts) {
    return std::make_unique<TypedJudge>(main, std::move(rules), std::move(verdicts));
}

}  // namespace slipsdev
