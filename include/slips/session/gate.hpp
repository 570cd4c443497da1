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
#include "slips/wire/evidence_form.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Gate {
public:
    /// `registered`: evidence types of the module's own that Slips knows. `allow_untested`: set evidence in a Slips whose
    /// version is too new for its form to be known.
    Gate(std::set<std::string, std::less<>> registered, bool allow_untested)
        : registered_(std::move(registered)), allow_untested_(allow_untested) {}

    /// What evidence looks like in the Slips that runs, where its launcher reports it: this counts, and no table.
    void set_form(wire::EvidenceForm form) { form_ = std::move(form); }

    /// Evidence types of which Slips wants none.
    void set_disabled(std::vector<std::string> types) { disabled_ = std::move(types); }

    /// Completes the evidence from its context and lets it pass, or says why not.
    std::optional<std::string> refuses(Evidence& evidence, const Context& context, const KnownSlips& slips);

    /// Returns whether the evidence that passed last was too long, and was cut.
    bool was_cut() const { return was_cut_; }

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

    bool is_known(std::string_view type) const {
        return form_ ? form_->types.contains(type) : is_known_evidence_type(type) || registered_.contains(type);
    }
    std::optional<std::string> unusable(const EvidenceType& type) const;

    std::set<std::string, std::less<>> registered_;
    bool allow_untested_;
    std::optional<wire::EvidenceForm> form_{};
    std::vector<std::string> disabled_{};
    UuidSource ids_{};
    bool was_cut_ = false;
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
    if (*generation == Generation::current) {
        if (form_ && !form_->problem.empty())
            return "form: how this Slips writes evidence is not known: " + form_->problem + "; a newer SDK may know it";
        if (!form_ && !allow_untested_ && newer_line(slips.version(), tested_slips_version))
            return "version: Slips " + slips.version() + " is newer than " + tested_slips_version +
                   ", the newest this module was tested with; let Slips start the module, or give --allow-untested";
        if (!is_known(evidence.type.current)) {
            if (is_known(evidence.unless_registered.current)) evidence.type = evidence.unless_registered;
            else if (auto why = unusable(evidence.type)) return why;
        }
    }
    if (is_disabled(evidence.type, *generation))
        return "type: " + std::string(*generation == Generation::current ? evidence.type.current : evidence.type.legacy) +
               " is disabled in Slips' configuration (DisabledAlerts.disabled_detections)";
    was_cut_ = fill_in(evidence, context, ids_);
    if (const auto refusal = validate(evidence, context, *generation)) return refusal->text();
    if (form_ && *generation == Generation::current)
        if (auto unknown = form_->unknown_in(evidence); !unknown.empty()) return unknown;
    return std::nullopt;
}

/// Nothing for a type without a name, of which validate() speaks.
inline std::optional<std::string> Gate::unusable(const EvidenceType& type) const {
    if (type.current.empty()) return std::nullopt;
    const std::string why = form_ && !form_->unregistered.empty() ? " (" + form_->unregistered + ")" : "";
    return "type: Slips does not know " + std::string(type.current) + why +
           ", and evidence of an unknown type kills its evidence handler; register the type with Slips, or give "
           ".unless_registered";
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
