// The score that evidence gives an address in Slips' cache; Slips shares it with its peers.
//
// Mirrors update_threat_level() in slips_files/core/database/redis_db/alert_handler.py and its older forms.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/json_writer.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the address whose threat level and score an evidence sets; empty: none.
inline std::string scored_ip(const Evidence& about, const Context& context, const slips::detail::Dialect& dialect) {
    const bool scores_profile = dialect.scores_profile && about.attacker.direction != Direction::dst;
    // before 1.0.11, the direction contains the type
    if (about.attacker.type != IocType::ip && !(scores_profile && dialect.is_typed())) return {};
    return scores_profile ? context.profile_ip() : about.attacker.value;
}

/// The score of an address, as JSON.
struct IpScore {
    std::string score{};       ///< a number
    std::string confidence{};  ///< a number, or a text with one
};

/// Returns the value of a threat level as Python writes it.
constexpr std::string_view score_of(ThreatLevel level) {
    constexpr std::string_view scores[] = {"0", "0.2", "0.5", "0.8", "1"};
    return slips::detail::name_of(scores, level);
}

/// Returns the score that evidence gives an address in a dialect. `level` and `confidence`: of the evidence; `highest`: of all
/// evidence about the address so far.
IpScore score_of(ThreatLevel level, ThreatLevel highest, double confidence, const slips::detail::Dialect& dialect);

/// Returns the object of an address with this score: {…old, "score": …, "confidence": …}. Empty: the old one, of another
/// module, is not one that can be read; it is not to be replaced.
std::string scored(std::string_view old_text, const IpScore& score);

// ---------------------------------------------------------------------------------------------------------

inline IpScore score_of(ThreatLevel level, ThreatLevel highest, double confidence,
                        const slips::detail::Dialect& dialect) {
    using slips::detail::Score;
    if (dialect.score == Score::one) return {"1", "1"};
    std::string number = python_repr(confidence);
    return {std::string(score_of(dialect.score == Score::highest ? highest : level)),
            dialect.score_text ? "\"confidence: " + number + '"' : std::move(number)};
}

inline std::string scored(std::string_view old_text, const IpScore& score) {
    nlohmann::json info = nlohmann::json::object();
    if (!old_text.empty()) {
        if (too_deep(old_text)) return {};
        info = parse_value(old_text);
        if (!info.is_object()) return {};
    }
    std::string json;
    ObjectWriter object(json);
    for (const auto& [key, value] : info.items())
        if (key != "score" && key != "confidence") object.raw(key, to_ascii(value));
    object.raw("score", score.score).raw("confidence", score.confidence).end();
    return json;
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
