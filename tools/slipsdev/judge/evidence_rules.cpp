// What the rules of all releases have in common.
#include "slipsdev/judge/evidence_rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace slipsdev {
namespace {

/// Notes the texts on which this release acts when it prints them; throws Broken for those that end its output process.
void judge_acting_texts(const Release& release, Evidence& evidence) {
    for (const ActingText& acting : acting_texts()) {
        // Of old releases, one that is played may stand for others.
        const bool since = !release.evidence.is_typed() && acting.last < Version{1, 0, 8};
        if (acting.last < release.version || (!since && release.is_before(acting.since))) continue;
        for (const auto& [key, value] : evidence.json.items()) {
            if (!value.is_string() || value.get_ref<const std::string&>().find(acting.text) == std::string::npos)
                continue;
            std::string line = key + " contains \"" + std::string(acting.text) + "\": " + std::string(acting.effect);
            if (acting.ends_output) throw detail::Broken(line, Harm::ends_output);
            evidence.notes.push_back(std::move(line));
        }
    }
}

}  // namespace

std::string_view sentence_about(Harm harm) {
    switch (harm) {
        case Harm::ends_process: return "ends its evidence process at such evidence: no alerts from then on";
        case Harm::ends_later:
            return "drops such evidence with a line in errors.log, and ends its evidence process at the next alert of "
                   "that "
                   "time window";
        case Harm::hangs: return "hangs at such evidence: no alerts from then on";
        case Harm::ends_output: return "ends its output process at such evidence: nothing is printed from then on";
        case Harm::ignored: return "ignores such evidence";
        case Harm::misleads: break;
    }
    return "logs such evidence wrongly, incompletely or with another weight";
}

std::optional<double> threat_level_value(std::string_view level) {
    std::string lower;
    for (const char c : level) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    constexpr std::array<std::pair<std::string_view, double>, 5> levels{
        {{"info", 0.0}, {"low", 0.2}, {"medium", 0.5}, {"high", 0.8}, {"critical", 1.0}}};
    for (const auto& [word, value] : levels) {
        if (lower == word) return value;
    }
    return std::nullopt;
}

Complaint judge_evidence(std::string_view payload, const EvidenceRules& rules, Evidence& evidence) {
    const Release& release = rules.release;
    const Harm unreadable = release.reading.drops ? Harm::ends_later : Harm::ends_process;
    evidence.harm = Harm::ends_process;  // no JSON
    if (Complaint complaint = detail::judge_text(payload, evidence.json)) return complaint;
    try {
        if (release.evidence.is_typed()) detail::judge_typed(rules, evidence);
        else detail::judge_flat(release, evidence);
        judge_acting_texts(release, evidence);
    } catch (const detail::Broken& broken) {
        evidence.harm = broken.harm.value_or(unreadable);
        return broken.what();
    }
    if (evidence.description.find_first_of("\r\n") != std::string::npos)
        evidence.notes.emplace_back("the description's line break splits its line in alerts.log");
    return std::nullopt;
}

namespace detail {

Complaint judge_text(std::string_view payload, Json& json) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        if (static_cast<unsigned char>(payload[i]) >= 0x80) {
            return "byte " + std::to_string(i) + " is not ASCII: Slips' JSON is, and invalid UTF-8 ends Slips";
        }
    }
    std::string why;
    auto parsed = parse_json(payload, why);
    if (!parsed) return why;
    if (!parsed->is_object()) return "not a JSON object";
    json = std::move(*parsed);
    return std::nullopt;
}

std::string shown(const Json* value) {
    if (value == nullptr) return "missing";
    std::string text = to_python_json(*value);
    return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

std::optional<Micros> time_from_text(const std::string& text, const EvidenceReading& reading) {
    constexpr std::string_view zoned_slash = "%Y/%m/%d %H:%M:%S.%f%z";
    for (const std::string_view format :
         {std::string_view("%Y-%m-%dT%H:%M:%S.%f%z"), std::string_view("%Y-%m-%d %H:%M:%S.%f"),
          std::string_view("%Y-%m-%d %H:%M:%S"), std::string_view("%Y-%m-%d %H:%M:%S.%f%z"), zoned_slash,
          std::string_view("%Y/%m/%d %H:%M:%S.%f"), std::string_view("%Y/%m/%d %H:%M:%S"),
          std::string_view("%Y-%m-%d %H:%M:%S%z"), std::string_view("%Y-%m-%dT%H:%M:%S"),
          std::string_view("%Y-%m-%dT%H:%M:%S%z"), std::string_view("%Y/%m/%d-%H:%M:%S")}) {
        if (format == zoned_slash && !reading.zoned_slash_time) continue;
        if (const auto time = micros_from_text(text, format)) return time;
    }
    return std::nullopt;
}

std::string label_of(const Json& json) {
    std::string label = text_member(json, "evidence_type");
    if (label.empty()) label = text_member(json, "type_evidence");
    std::string profile = text_member(json, "profileid");
    if (const Json* object = find_member(json, "profile")) profile = "profile_" + text_member(*object, "ip");
    return (label.empty() ? "evidence" : label) + (profile.empty() ? "" : " of " + profile);
}

bool is_uuid(std::string_view text, bool version_4) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return !version_4 || (text[14] == '4' && std::string_view("89abAB").find(text[19]) != std::string_view::npos);
}

bool may_be_domain(std::string_view text) {
    if (text.find(' ') != std::string_view::npos || text.find('\t') != std::string_view::npos) return false;
    constexpr auto none = std::string_view::npos;
    if (text.starts_with('[') || text.find("\xc2\xa0") != none) return false;
    if (text.starts_with('/') || text.find("://") != none) return false;
    if (text.find(':') != none && text.find_first_not_of("0123456789.:") == none) return false;
    if (std::all_of(text.begin(), text.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) == 0;
        }))
        return false;
    if (text.find('/') != none) return true;
    while (!text.empty() && text.back() == '.') text.remove_suffix(1);
    const std::string_view last = text.substr(text.rfind('.') + 1);
    return last.find_first_not_of("0123456789") != std::string_view::npos;
}

bool may_be_url(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme == 0 || scheme == std::string_view::npos || text.find_first_of(" \t") != std::string_view::npos)
        return false;
    return scheme + 3 < text.size() && std::string_view("/?#:").find(text[scheme + 3]) == std::string_view::npos;
}

}  // namespace detail

}  // namespace slipsdev
