// Slips' rules for evidence, applied to the raw text. Written from Slips' source, independently of the SDK's own checks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

/// The rule that evidence breaks, in one line that names the field; nullopt: none.
using Complaint = std::optional<std::string>;

/// Evidence that Slips accepts, judging by its own text.
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
    bool counts = false;             ///< adds to the threat level of its time window
    std::vector<std::string> notes;  ///< defects that Slips tolerates, for its user
};

/// Returns whether EvidenceType of Slips 1.1.21 has a member of this name.
bool is_known_evidence_type(std::string_view name);

/// Returns the weight of "info", "low"…, in any case; nullopt for other words.
std::optional<double> threat_level_value(std::string_view level);

/// Judges a payload of evidence_added; fills `evidence` if it is good.
struct CurrentRules {
    std::string slips_version;
    std::function<bool(std::string_view)> is_registered;  ///< evidence types that the host knows in addition to its own
};
Complaint judge_current(std::string_view payload, const CurrentRules& rules, Evidence& evidence);
Complaint judge_legacy(std::string_view payload, Evidence& evidence);

/// Judges the stored entries of `<profile>_<timewindow>_evidence` and of flows_causing_evidence.
Complaint judge_current_stored(const Evidence& evidence, const std::optional<std::string>& entry,
                               const std::optional<std::string>& uids);

/// Judges the two stored objects of a time window, `Evidence` of `<profile>_<timewindow>` and `evidence<profile>`.
Complaint judge_legacy_stored(const Evidence& evidence, const Json& window_object, const Json& profile_object);

namespace detail {

/// Parses the text, which must be ASCII and a JSON object.
Complaint judge_text(std::string_view payload, Json& json);

/// Returns a name of the evidence for complaints, from the fields that can be read.
std::string label_of(const Json& json);

/// Returns whether the text is 8-4-4-4-12 hexadecimal digits; with `version_4`, also a uuid4.
bool is_uuid(std::string_view text, bool version_4);

}  // namespace detail

}  // namespace slipsdev
