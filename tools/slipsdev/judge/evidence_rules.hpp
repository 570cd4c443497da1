// Slips' rules for evidence, applied to the raw text. Written from Slips' source, independently of the SDK's own checks.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/releases/release.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

/// The rule that evidence breaks, in one line that names the field; nullopt: none.
using Complaint = std::optional<std::string>;

/// What Slips does about evidence that breaks a rule.
enum class Harm {
    ends_process,  ///< its evidence process ends
    ends_later,    ///< it is dropped, and ends the evidence process at the next alert of its time window
    hangs,         ///< the evidence process hangs
    ends_output,   ///< the output process ends
    ignored,       ///< nothing
    misleads,      ///< it is logged wrongly, incompletely or with a wrong weight
};
/// Returns a sentence about it, without its subject, Slips.
std::string_view sentence_about(Harm harm);

/// Evidence that Slips accepts, judging by its own text.
struct Evidence {
    Json json;
    std::string id;
    std::string type;
    std::string description;
    std::string profileid;
    std::string twid;
    std::string level;  ///< lower case
    double confidence = 0;
    double weight = 0;  ///< level × confidence
    Micros time = 0;
    bool counts = false;             ///< adds to the threat level of its time window
    std::vector<std::string> notes;  ///< defects that Slips tolerates, for its user
    Harm harm = Harm::ends_process;  ///< if it is refused
};

/// Returns the weight of "info", "low"…, in any case; nullopt for other words.
std::optional<double> threat_level_value(std::string_view level);

struct EvidenceRules {
    Release release;
    std::function<bool(std::string_view)>
        is_registered{};  ///< evidence types that the host knows in addition to its own
};

/// Judges a payload of evidence_added by the rules of the release. Fills `evidence` if it is good, else only its harm.
Complaint judge_evidence(std::string_view payload, const EvidenceRules& rules, Evidence& evidence);

/// Judges what is stored about evidence whose release has a field for each: the field itself, and the one of
/// flows_causing_evidence.
Complaint judge_stored_field(const EvidenceRules& rules, const Evidence& evidence,
                             const std::optional<std::string>& entry, const std::optional<std::string>& uids);

/// Judges what is stored about evidence whose release has an object for each time window, twice: in `Evidence` of
/// `<profile>_<timewindow>` and in `evidence<profile>`.
Complaint judge_stored_objects(const EvidenceRules& rules, const Evidence& evidence, const Json& window_object,
                               const Json& profile_object);

/// Returns the key under which such an object holds the evidence.
const std::string& key_of(const EvidenceRules& rules, const Evidence& evidence);

namespace detail {

/// A rule that evidence breaks. Without a harm: Slips cannot read the evidence.
struct Broken : std::runtime_error {
    explicit Broken(const std::string& what, std::optional<Harm> how = {}) : std::runtime_error(what), harm(how) {}
    std::optional<Harm> harm;
};

/// Fill `evidence` from its JSON. They throw Broken.
void judge_flat(const Release& release, Evidence& evidence);
void judge_typed(const EvidenceRules& rules, Evidence& evidence);

/// Parses the text, which must be ASCII and a JSON object.
Complaint judge_text(std::string_view payload, Json& json);

/// Returns a value for a complaint: short, one line; "missing" for nullptr.
std::string shown(const Json* value);

/// Returns the time that one of Slips' later forms gives: 0.9.5 and newer.
std::optional<Micros> time_from_text(const std::string& text, const EvidenceReading& reading);

/// Returns a name of the evidence for complaints, from the fields that can be read.
std::string label_of(const Json& json);

/// Returns whether the text is 8-4-4-4-12 hexadecimal digits; with `version_4`, also a uuid4.
bool is_uuid(std::string_view text, bool version_4);

/// Returns whether the text may name a host: it has a letter or a digit, but no blanks, brackets or port, is not a URL, and
/// does not end like an address that is none.
bool may_be_domain(std::string_view text);

/// Returns whether the text has a scheme and a host, and no blanks.
bool may_be_url(std::string_view text);

}  // namespace detail

}  // namespace slipsdev
