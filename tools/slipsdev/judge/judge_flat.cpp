#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "slipsdev/judge/judge.hpp"

namespace slipsdev {
namespace {

class FlatJudge final : public Judge {
public:
    FlatJudge(RedisClient& main, EvidenceRules rules, Verdicts verdicts)
        : Judge(main, std::move(rules), std::move(verdicts)),
          by_description_(rules_.release.evidence.store == EvidenceForm::Store::by_description) {}

    void add(const std::vector<std::string>& payloads) override {
        for (const std::string& payload : payloads) {
            ++received_;
            Evidence evidence;
            Complaint complaint = judge_evidence(payload, rules_, evidence);
            const std::string window = evidence.profileid + "_" + evidence.twid;
            if (!complaint && !has_window(evidence)) {
                evidence.harm = Harm::hangs;
                complaint = "twid is " + evidence.twid + ", which " + evidence.profileid +
                            " does not have: Slips would look for it for ever";
            }
            // Evidence with a stored description is not published again.
            const std::string id = text_member(evidence.json, "ID");
            const std::string key = by_description_ ? text_member(evidence.json, "description") : id;
            const bool is_first = published_[window].emplace(key, id).second;
            if (!complaint && !is_first) {
                evidence.harm = Harm::misleads;
                complaint = by_description_ ? "published twice in its time window" : "published twice";
            }
            if (complaint) {
                verdicts_.refused(detail::label_of(evidence.json), *complaint, evidence.harm);
            } else {
                waiting_.push_back({payload, std::move(evidence)});
            }
        }
        // What is written before it is published must be there by now.
        if (rules_.release.evidence.stored_first) check_stored(true);
    }

    void tick() override {
        // Each check reads the whole object of a time window, which grows, so not at every message.
        if (waiting_.empty() || std::chrono::steady_clock::now() < next_check_) return;
        check_stored(false);
        next_check_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    }

    void close() override {
        check_stored(true);
        compare_numbers_of_evidence();
        const Reply keys = main_.command({"KEYS", "evidenceprofile_*"});
        for (const Reply& key : keys.items) {
            const std::string profileid = key.text.substr(std::string_view("evidence").size());
            const Reply windows = main_.command({"HKEYS", key.text});
            for (const Reply& twid : windows.items) compare(profileid, twid.text);
        }
    }

    long long repeats_seen() const override { return repeats_seen_; }

private:
    struct Waiting {
        std::string payload;
        Evidence evidence;
    };

    bool has_window(const Evidence& evidence) {
        if (windows_.count(evidence.profileid + "_" + evidence.twid) != 0) return true;
        const Reply score = main_.command({"ZSCORE", "tws" + evidence.profileid, evidence.twid});
        if (!score.is_text()) return false;
        windows_.insert(evidence.profileid + "_" + evidence.twid);
        return true;
    }

    /// Returns the evidence object in a field of a hash; an empty one if it is missing or not an object.
    Json stored_object(const std::string& hash, const std::string& hash_field) {
        const Reply text = main_.command({"HGET", hash, hash_field});
        std::string why;
        auto object = parse_json(text.text, why);
        return object && object->is_object() ? std::move(*object) : Json::object();
    }

    /// Some releases publish evidence before they store it, so missing evidence is checked again until the end.
    void check_stored(bool at_the_end) {
        std::map<std::string, std::pair<Json, Json>> objects;
        std::vector<Waiting> still_waiting;
        for (Waiting& one : waiting_) {
            const Evidence& evidence = one.evidence;
            const std::string window = evidence.profileid + "_" + evidence.twid;
            if (objects.find(window) == objects.end()) {
                Json of_window = stored_object(window, "Evidence");
                Json of_profile = stored_object("evidence" + evidence.profileid, evidence.twid);
                objects.emplace(window, std::pair(std::move(of_window), std::move(of_profile)));
            }
            const auto& [of_window, of_profile] = objects.at(window);
            Complaint complaint = judge_stored_objects(rules_, evidence, of_window, of_profile);
            if (!complaint && rules_.release.evidence.causing_flows) complaint = judge_causing_flows(evidence);
            if (!complaint) {
                verdicts_.accepted(evidence, one.payload);
            } else if (at_the_end) {
                verdicts_.refused(detail::label_of(evidence.json), *complaint, Harm::misleads);
            } else {
                still_waiting.push_back(std::move(one));
            }
        }
        waiting_ = std::move(still_waiting);
    }

    /// Judges the flows that Slips stores for the evidence: a list of uids.
    Complaint judge_causing_flows(const Evidence& evidence) {
        const auto text = main_.command({"HGET", "flows_causing_evidence", evidence.id}).optional_text();
        if (!text) return "its ID is not in flows_causing_evidence";
        std::string why;
        const auto list = parse_json(*text, why);
        const Json& uid = evidence.json.at("uid");
        if (list && list->is_array() && (uid.is_array() ? *list == uid : *list == Json::array({uid})))
            return std::nullopt;
        return "flows_causing_evidence does not hold its list of uids";
    }

    void compare(const std::string& profileid, const std::string& twid) {
        const auto& published = published_[profileid + "_" + twid];
        const Json object = stored_object("evidence" + profileid, twid);
        for (const auto& [key, text] : object.items()) {
            const auto known = published.find(key);
            if (known == published.end()) {
                verdicts_.fault("\"" + key + "\" is stored for " + profileid + " " + twid + " but was never published");
                continue;
            }
            std::string why;
            const auto stored = parse_json(text.is_string() ? text.get<std::string>() : "", why);
            if (stored && text_member(*stored, "ID") != known->second) ++repeats_seen_;
        }
    }

    const bool by_description_;
    std::chrono::steady_clock::time_point next_check_{};
    std::vector<Waiting> waiting_;                                         // accepted by their text
    std::map<std::string, std::map<std::string, std::string>> published_;  // window → key → ID
    std::set<std::string> windows_;                                        // that are known to exist
    long long repeats_seen_ = 0;
};

}  // namespace

std::unique_ptr<Judge> make_flat_judge(RedisClient& main, EvidenceRules rules, Verdicts verdicts) {
    return std::make_unique<FlatJudge>(main, std::move(rules), std::move(verdicts));
}

}  // namespace slipsdev
