// The earlier threat levels of an address, which Slips 0.9.6 to 1.1.12 keeps in its profile. No release reads them.
//
// Mirrors update_threat_level() in slips_files/core/database/database.py, later in redis_db/alert_handler.py.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/evidence_types.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// A JSON list to which entries are appended. What Redis holds is kept as it is.
class LevelHistory {
public:
    LevelHistory() = default;
    /// Takes what Redis holds. Text that is not a list counts as none: Python's writers would fail with it.
    explicit LevelHistory(std::string_view held);

    bool empty() const { return list_.empty(); }  ///< there is no entry
    /// Returns the list as JSON.
    std::string text() const { return list_ + ']'; }

    /// Appends an entry; it replaces the last one if that has the same key, which is not empty.
    void add(std::string_view entry, const std::string& key = {});

    /// Appends a threat level at the time `now`, which is the time of day. An entry that says the same again replaces it.
    void add(ThreatLevel level, double confidence, double now, const slips::detail::Dialect& dialect);

private:
    static std::string key_of(const std::string& level, const std::string& confidence) {
        return level + ' ' + confidence;
    }

    std::string list_{};      ///< without the closing bracket
    std::size_t last_ = 0;    ///< where the last entry begins
    std::string last_key_{};  ///< its level and confidence; empty: it is not replaced
};

// ---------------------------------------------------------------------------------------------------------

inline LevelHistory::LevelHistory(std::string_view held) {
    if (held.empty() || too_deep(held)) return;
    const nlohmann::json list = parse_value(held);
    if (!list.is_array() || list.empty()) return;
    list_ = held.substr(0, held.rfind(']'));
    const nlohmann::json& last = list.back();
    last_ = list_.rfind('[');
    if (!last.is_array() || last.size() < 2 || last.size() > 3 ||
        parse_value(std::string_view(list_).substr(last_)) != last)
        return;
    const auto text = [&last](std::size_t i) {
        const auto* const found = i < last.size() ? last[i].get_ptr<const std::string*>() : nullptr;
        return found ? *found : std::string();
    };
    last_key_ = key_of(text(0), text(2));
}

inline void LevelHistory::add(std::string_view entry, const std::string& key) {
    if (!key.empty() && key == last_key_) {
        list_.resize(last_);
    } else {
        list_ += list_.empty() ? "[" : ", ";
        last_ = list_.size();
        last_key_ = key;
    }
    list_ += entry;
}

inline void LevelHistory::add(ThreatLevel level, double confidence, double now, const slips::detail::Dialect& dialect) {
    using slips::detail::PastLevels;
    const std::string word(to_lower_string(level));
    if (dialect.past_levels == PastLevels::levels_and_times) return add('"' + word + '"');
    std::string time = format_alert_time(now);
    if (!dialect.past_levels_have_zone) time = time.substr(0, std::string_view("2022/06/02 16:51:57.123456").size());
    std::string entry = "[\"" + word + "\", \"" + time + '"';
    std::string certainty;
    if (dialect.past_levels == PastLevels::with_confidence) {
        certainty = "confidence: " + python_repr(confidence);
        entry += ", \"" + certainty + '"';
    }
    add(entry + ']', key_of(word, certainty));
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
