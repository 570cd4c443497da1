// What Slips accepts as evidence, read from the raw text. Written from what Slips does with it, not from what the
// SDK writes: this is the other opinion.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

/// A rule that an evidence breaks, in one line that names the field.
using Complaint = std::optional<std::string>;

/// Evidence that Slips can live with, as far as its own text tells.
struct Evidence {
    Json json;
    std::string id;
    std::string type;
    std::string description;
    std::string profileid;
    std::string twid;
    std::string level;  ///< lower case
    double weight = 0;  ///< level × confidence
    Micros time = 0;
    bool counts = false;             ///< does it add to the window's threat level?
    std::vector<std::string> notes;  ///< what Slips survives, but its reader will not like
};

/// Is this the name of a member of EvidenceType in Slips 1.1.21?
bool is_known_evidence_type(std::string_view name);

/// The weight of "info", "low"…; nothing for another word. Case does not matter.
std::optional<double> threat_level_value(std::string_view level);

/// Judges a payload of evidence_added; fills `evidence` when it is good.
struct CurrentRules {
    std::string slips_version;
    std::function<bool(std::string_view)> is_registered;  ///< evidence types that the host knows beside its own
};
Complaint judge_current(std::string_view payload, const CurrentRules& rules, Evidence& evidence);
Complaint judge_legacy(std::string_view payload, Evidence& evidence);

/// Judges what was found stored: the entry of `<profile>_<timewindow>_evidence` and of flows_causing_evidence.
Complaint judge_current_stored(const Evidence& evidence, const std::optional<std::string>& entry,
                               const std::optional<std::string>& uids);

/// Judges the two objects of a window, `Evidence` of `<profile>_<timewindow>` and `evidence<profile>`.
Complaint judge_legacy_stored(const Evidence& evidence, const Json& window_object, const Json& profile_object);

namespace detail {

/// The text as the parser will see it: ASCII, JSON, an object.
Complaint judge_text(std::string_view payload, Json& json);

/// How an evidence is named in a complaint, as far as it can be read.
std::string label_of(const Json& json);

/// 8-4-4-4-12 hexadecimal digits; `version` demands that of a uuid4.
bool is_uuid(std::string_view text, bool version_4);

}  // namespace detail

}  // namespace slipsdev
