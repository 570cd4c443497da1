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
#include "slips/impl/session/slips_info.hpp"
#include "slips/impl/wire/current.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/idea.hpp"
#include "slips/detail/uuid.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class EvidenceFilter {
public:
    /// `registered`: evidence types of the module's own that Slips knows. `allow_untested`: set evidence in a Slips whose
    /// version is too new for its form to be known.
    EvidenceFilter(std::set<std::string, std::less<>> registered, bool allow_untested)
        : registered_(std::move(registered)), allow_untested_(allow_untested) {}

    /// What evidence looks like in the Slips that runs, where its launcher reports it: this counts, and no table.
    void set_form(wire::EvidenceForm form) { form_ = std::move(form); }

    /// Evidence types of which Slips wants none.
    void set_disabled(std::vector<std::string> types) { disabled_ = std::move(types); }

    /// Completes the evidence from its context and lets it pass, or says why not.
    std::optional<std::string> refuses(Evidence& evidence, const Context& context, const SlipsInfo& slips);

    /// What its author should know of an evidence that passes all the same.
    struct Remark {
        std::string kind{};
        std::string text{};
    };
    /// Of the evidence that passed last.
    const std::vector<Remark>& remarks() const { return remarks_; }

    /// The width of a time window, seconds.
    void set_width(double seconds) { width_ = seconds; }

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
    std::optional<std::string> too_far(const Context& context) const;
    void remark_category(const std::string& category);

    std::set<std::string, std::less<>> registered_;
    bool allow_untested_;
    std::optional<wire::EvidenceForm> form_{};
    std::vector<std::string> disabled_{};
    UuidSource ids_{};
    double width_ = 3600;
    std::vector<Remark> remarks_{};
};

inline void EvidenceFilter::remark_category(const std::string& category) {
    if (is_idea_category(category)) return;
    const std::string_view meant = nearest_idea_category(category);
    std::string text = "evidence of the category " + shown(category) + ", which IDEA does not have" +
                       (meant.empty() ? std::string("; see slips/impl/wire/idea.hpp") : "; " + std::string(meant) + " is the nearest it has");
    remarks_.push_back({"category: " + text, std::move(text)});
}

/// Slips reckons the dates of a window which it does not know from its number, and Python ends where a date is beyond the year
/// 9999 or before 1.
inline std::optional<std::string> EvidenceFilter::too_far(const Context& context) const {
    constexpr double first = -6.2e10, last = 2.5e11;
    const double seconds = static_cast<double>(window_number(context.twid)) * width_;
    if (seconds >= first && seconds <= last) return std::nullopt;
    return "twid: " + shown(context.twid) + " is so far away that Slips cannot write its date; give the window of the flow";
}

inline std::optional<std::string> EvidenceFilter::refuses(Evidence& evidence, const Context& context, const SlipsInfo& slips) {
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
    remarks_.clear();
    const bool had_url = respell(evidence, *generation);
    const bool was_cut = fill_in(evidence, context, ids_);
    if (const auto refusal = validate(evidence, context, *generation)) return refusal->text();
    if (*generation == Generation::current && width_ < wire::current::only_one_window)
        if (auto far = too_far(context)) return far;
    if (form_ && *generation == Generation::current)
        if (auto unknown = form_->unknown_in(evidence); !unknown.empty()) return unknown;
    remark_category(evidence.category);
    if (was_cut)
        remarks_.push_back({"cut", "evidence was cut: its description had more than 16 KiB, or its uids more than 256 KiB"});
    if (had_url)
        remarks_.push_back({"url", "evidence about a URL goes to Slips with the URL's host, since Slips 1.x leaves URLs out of "
                                   "alerts.json; its description should quote the URL"});
    return std::nullopt;
}

/// Nothing for a type without a name, of which validate() speaks.
inline std::optional<std::string> EvidenceFilter::unusable(const EvidenceType& type) const {
    if (type.current.empty()) return std::nullopt;
    const std::string why = form_ && !form_->unregistered.empty() ? " (" + form_->unregistered + ")" : "";
    return "type: Slips does not know " + std::string(type.current) + why +
           ", and evidence of an unknown type kills its evidence handler; register the type with Slips, or give "
           ".unless_registered";
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
