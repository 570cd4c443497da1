#include "slipsdev/judge/accused.hpp"

#include <slips/ip.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

/// What expires after ten minutes is not missed some time before.
constexpr std::chrono::minutes certainly_kept{9};

std::string own_address(const Evidence& evidence) {
    return evidence.profileid.substr(evidence.profileid.find('_') + 1);
}

/// A score and its confidence, as the cache holds them.
struct Stored {
    std::optional<double> score{}, confidence{};
};

std::optional<double> number_in(const std::optional<std::string>& text) {
    return text ? python_float(*text) : std::nullopt;
}

Stored stored_score(RedisClient& cache, const RedisLayout& layout, const std::string& ip) {
    if (layout.facts_apart)
        return {number_in(cache.command({"HGET", "IPsInfo:score", ip}).optional_text()),
                number_in(cache.command({"HGET", "IPsInfo:confidence", ip}).optional_text())};
    std::string why;
    const auto facts = parse_json(cache.command({"HGET", "IPsInfo", ip}).text, why);
    if (!facts || !facts->is_object()) return {};
    Stored stored;
    if (const Json* score = find_member(*facts, "score"); score != nullptr && score->is_number())
        stored.score = score->get<double>();
    const Json* confidence = find_member(*facts, "confidence");
    if (confidence == nullptr) return stored;
    if (confidence->is_number()) stored.confidence = confidence->get<double>();
    constexpr std::string_view label = "confidence: ";
    if (confidence->is_string() && confidence->get_ref<const std::string&>().starts_with(label))
        stored.confidence = python_float(confidence->get_ref<const std::string&>().substr(label.size()));
    return stored;
}

std::string shown(const std::optional<double>& number) { return number ? python_repr(*number) : "missing"; }

bool same(const std::optional<double>& a, double b) { return a && std::abs(*a - b) < 1e-9; }

/// The faults of one kind: the first is shown, the others are counted.
struct Fault {
    std::string first{};
    long long others = 0;

    void add(const std::string& what) {
        if (first.empty()) first = what;
        else ++others;
    }
    void append_to(std::vector<std::string>& faults) const {
        if (first.empty()) return;
        faults.push_back(first + (others == 0 ? "" : " (and likewise for " + std::to_string(others) + " more)"));
    }
};

}  // namespace

std::string accused_address(const Release& release, const Evidence& evidence) {
    const AccusedForm& form = release.accused;
    if (!release.evidence.is_typed()) {
        const bool old = release.evidence.old_names;
        const std::string direction = text_member(evidence.json, old ? "type_detection" : "attacker_direction");
        if (direction == "srcip" || direction == "sip") return own_address(evidence);
        const std::string attacker = text_member(evidence.json, old ? "detection_info" : "attacker");
        return (direction == "dstip" || direction == "dip") && slips::is_ip(attacker) ? attacker : "";
    }
    const Json& attacker = evidence.json.at("attacker");
    if (form.source_is_profile && text_member(attacker, "direction") == "SRC") return own_address(evidence);
    const std::string kind = text_member(attacker, release.evidence.kind_by_party ? "attacker_type" : "ioc_type");
    return kind == "IP" ? text_member(attacker, "value") : "";
}

void Accused::add(const Evidence& evidence) {
    addresses_[own_address(evidence)].has_evidence = true;
    const std::string ip = accused_address(release_, evidence);
    if (ip.empty()) return;
    Address& address = addresses_[ip];
    if (address.said.empty()) address.first = Clock::now();
    if (ip != own_address(evidence)) address.is_peer = true;
    auto& said = address.said[evidence.profileid + "_" + evidence.twid];
    if (copies_ == 1) said.clear();
    const bool is_known = std::any_of(said.begin(), said.end(), [&](const Said& each) {
        return each.level == evidence.level && each.confidence == evidence.confidence;
    });
    if (!is_known) said.push_back({evidence.level, evidence.confidence});
    if (threat_level_value(address.highest).value_or(-1) < threat_level_value(evidence.level).value_or(0))
        address.highest = evidence.level;
}

/// Returns what may have been written last.
std::vector<Accused::Said> Accused::last(const Address& address) const {
    std::vector<Said> all;
    for (const auto& [window, said] : address.said) all.insert(all.end(), said.begin(), said.end());
    return all;
}

/// Returns whether the level of its profile may have been written by another than this evidence, and later.
bool Accused::may_be(const std::string& level, const Address& address, const Made& made) const {
    if (level == "info") return release_.accused.created_as_info && address.has_evidence && !made.profile;
    return level == "0" && made.profile && (address.is_peer || !made.level_once) && !release_.redis.one_window_count;
}

std::vector<std::string> Accused::faults(RedisClient& main, RedisClient& cache,
                                         const std::function<Made(const std::string& profileid)>& made) const {
    const AccusedForm& form = release_.accused;
    Fault level, highest, score, confidence;
    for (const auto& entry : addresses_) {  // no structured binding: clang 14 does not let the lambdas below use one
        const auto& ip = entry.first;
        const auto& address = entry.second;
        if (address.said.empty()) continue;
        if (form.expires && Clock::now() > address.first + certainly_kept) continue;
        const std::vector<Said> said = last(address);
        const auto any = [&said](const auto& matches) { return std::any_of(said.begin(), said.end(), matches); };
        const std::string profile = "profile_" + ip;
        const std::string slips = "; Slips " + release_.text + " stores ";
        if (form.last_level) {
            const auto stored = main.command({"HGET", profile, "threat_level"}).optional_text();
            const bool is_last = any([&](const Said& each) { return stored == each.level; });
            if (!is_last && !may_be(stored.value_or(""), address, made(profile)))
                level.add("threat_level of " + profile + " is " + stored.value_or("missing") + slips +
                          "that of its last evidence, " + said.back().level);
        }
        // Copies of a module may store a highest level that another has exceeded meanwhile.
        const auto is_high = [&](double value) {
            if (copies_ > 1) return any([&](const Said& each) { return same(threat_level_value(each.level), value); });
            return same(threat_level_value(address.highest), value);
        };
        if (form.highest_level) {
            const auto stored = main.command({"HGET", profile, "max_threat_level"}).optional_text();
            const auto value = threat_level_value(stored.value_or(""));
            if (!value || !is_high(*value))
                highest.add("max_threat_level of " + profile + " is " + stored.value_or("missing") + slips +
                            "the highest of its evidence, " + address.highest);
        }
        const Stored stored = stored_score(cache, release_.redis, ip);
        bool is_right = false;
        std::string expected = "1";
        switch (form.score) {
            case AccusedForm::Score::one: is_right = same(stored.score, 1); break;
            case AccusedForm::Score::level:
                is_right = stored.score &&
                           any([&](const Said& each) { return same(threat_level_value(each.level), *stored.score); });
                expected = "that of its last threat level, " + shown(threat_level_value(said.back().level));
                break;
            case AccusedForm::Score::highest:
                is_right = stored.score && is_high(*stored.score);
                expected = "that of its highest threat level, " + shown(threat_level_value(address.highest));
                break;
        }
        if (!is_right) score.add("the score of " + ip + " in the cache is " + shown(stored.score) + slips + expected);
        const bool is_one = form.score == AccusedForm::Score::one;
        const bool is_sure = is_one ? same(stored.confidence, 1)
                                    : any([&](const Said& each) { return same(stored.confidence, each.confidence); });
        if (!is_sure)
            confidence.add("the confidence of " + ip + " in the cache is " + shown(stored.confidence) + slips +
                           (is_one ? std::string("1") : "that of its last evidence, " + shown(said.back().confidence)));
    }
    std::vector<std::string> faults;
    for (const Fault* each : {&level, &highest, &score, &confidence}) each->append_to(faults);
    return faults;
}

}  // namespace slipsdev
