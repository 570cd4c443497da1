// Which evidence may go to Slips, and as what: everything that would harm it is stopped here, before the first write.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/evidence.hpp"
#include "slips/idea.hpp"
#include "slips/session/known_slips.hpp"
#include "slips/uuid.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Gate {
public:
    /// `registered`: evidence types of the module's own that Slips knows.
    explicit Gate(std::set<std::string, std::less<>> registered) : registered_(std::move(registered)) {}

    /// Evidence types of which Slips wants none.
    void set_disabled(std::vector<std::string> types) { disabled_ = std::move(types); }

    /// Completes the evidence from its context and lets it pass, or says why not.
    std::optional<std::string> refuses(Evidence& evidence, const Context& context, const KnownSlips& slips);

    /// What its author should know of an evidence that passes all the same; empty: nothing.
    static std::string remark(const Evidence& evidence);

private:
    /// Mirrors is_detection_disabled() of Slips 1.1.21, which compares names, and of 0.9, which looks for each entry in
    /// the name.
    bool is_disabled(const EvidenceType& type, Generation generation) const {
        return std::any_of(disabled_.begin(), disabled_.end(), [&](const std::string& entry) {
            return generation == Generation::current ? type.current == entry
                                                     : type.legacy.find(entry) != std::string_view::npos;
        });
    }

    std::set<std::string, std::less<>> registered_;
    std::vector<std::string> disabled_{};
    UuidSource ids_{};
};

inline std::string Gate::remark(const Evidence& evidence) {
    if (is_idea_category(evidence.category)) return {};
    const std::string_view meant = nearest_idea_category(evidence.category);
    return "evidence of the category " + shown(evidence.category) + ", which IDEA does not have" +
           (meant.empty() ? std::string("; see slips/idea.hpp") : "; " + std::string(meant) + " is the nearest it has");
}

inline std::optional<std::string> Gate::refuses(Evidence& evidence, const Context& context, const KnownSlips& slips) {
    const auto generation = slips.generation();
    if (!generation)
        return "which generation of Slips this is cannot be told yet; name it with --generation current|legacy";
    if (slips.unversioned())
        return "version: Slips stamps its messages with none, so it is older than 1.1.20; the form of its evidence is not "
               "known";
    if (*generation == Generation::current && !is_known_evidence_type(evidence.type.current) &&
        !registered_.contains(evidence.type.current)) {
        if (is_known_evidence_type(evidence.unless_registered.current))
            evidence.type = evidence.unless_registered;
        else if (!evidence.type.current.empty())  // validate() speaks of those without a name
            return "type: Slips does not know " + std::string(evidence.type.current) +
                   ", and evidence of an unknown type kills its evidence handler; register the type with Slips, or give "
                   ".unless_registered";
    }
    if (is_disabled(evidence.type, *generation))
        return "type: " + std::string(*generation == Generation::current ? evidence.type.current : evidence.type.legacy) +
               " is disabled in Slips' configuration (DisabledAlerts.disabled_detections)";
    fill_in(evidence, context, ids_);
    if (const auto refusal = validate(evidence, context, *generation)) return refusal->text();
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
