// Decides which evidence is sent to Slips and completes it: refuses everything that would harm Slips, before the first write.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/detail/uuid.hpp"
#include "slips/evidence.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/idea.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class EvidenceFilter {
public:
    /// `registered`: the module's own evidence types that Slips knows. `allow_untested`: accepts evidence for versions of Slips
    /// that are too new for their evidence format to be known.
    EvidenceFilter(std::set<std::string, std::less<>> registered, bool allow_untested)
        : registered_(std::move(registered)), allow_untested_(allow_untested) {}

    /// Sets the evidence format of this Slips instance, as its launcher reports it. It replaces the built-in tables.
    void set_form(wire::EvidenceForm form) { form_ = std::move(form); }

    /// Sets the evidence types that are disabled in Slips.
    void set_disabled(std::vector<std::string> types) { disabled_ = std::move(types); }

    /// Completes the evidence from its context. Returns why Slips of this dialect does not accept it, or nullopt. `version`: of
    /// Slips; empty: unknown.
    std::optional<std::string> refuses(Evidence& evidence, const Context& context, const Dialect& dialect,
                                       std::string_view version);

    /// A hint for the author of the module about an evidence that is not refused.
    struct Remark {
        std::string kind{};
        std::string text{};
    };
    /// Returns the hints about the last evidence that was not refused.
    const std::vector<Remark>& remarks() const { return remarks_; }

    /// Sets the width of a time window in seconds.
    void set_width(double seconds) { width_ = seconds; }

private:
    /// Mirrors is_detection_disabled(), which compares names from 1.0.11 on, and before that looks for each entry in the name.
    bool is_disabled(const EvidenceType& type, const Dialect& dialect) const {
        return std::any_of(disabled_.begin(), disabled_.end(), [&](const std::string& entry) {
            return dialect.is_typed() ? type_name(type.current, dialect) == entry
                                      : type.legacy.find(entry) != std::string_view::npos;
        });
    }

    bool is_known(std::string_view type, const Dialect& dialect) const {
        const std::string_view name = type_name(type, dialect);
        if (form_) return form_->types.contains(name);
        return (is_known_evidence_type(type) && !name.empty()) || registered_.contains(type);
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
    const std::string meant(nearest_idea_category(category));
    std::string text = "evidence with the category " + shown(category) + ", which IDEA does not define; " +
                       (meant.empty() ? "see slips/impl/wire/idea.hpp" : "the nearest one is " + meant);
    remarks_.push_back({"category: " + text, std::move(text)});
}

/// Slips calculates the dates of a window that it does not know from the window's number, and Python raises an exception for
/// dates after the year 9999 or before the year 1.
inline std::optional<std::string> EvidenceFilter::too_far(const Context& context) const {
    constexpr double first = -6.2e10, last = 2.5e11;
    const double seconds = static_cast<double>(window_number(context.twid)) * width_;
    if (seconds >= first && seconds <= last) return std::nullopt;
    return "twid: " + shown(context.twid) +
           " is so far away that Slips cannot write its date; give the window of the flow";
}

inline std::optional<std::string> EvidenceFilter::refuses(Evidence& evidence, const Context& context,
                                                          const Dialect& dialect, std::string_view version) {
    if (dialect.is_typed()) {
        if (form_ && !form_->problem.empty())
            return "form: the evidence format of Slips is unknown: " + form_->problem + "; a newer SDK may know it";
        if (!form_ && !allow_untested_ && is_newer_line_than_tested(version))
            return "version: Slips " + std::string(version) + " is newer than " + tested_slips_version +
                   ", the newest this module was tested with; let Slips start the module, or give --allow-untested";
        if (!is_known(evidence.type.current, dialect)) {
            if (is_known(evidence.unless_registered.current, dialect)) evidence.type = evidence.unless_registered;
            else if (auto why = unusable(evidence.type)) return why;
        }
    }
    if (is_disabled(evidence.type, dialect))
        return "type: " + std::string(dialect.is_typed() ? evidence.type.current : evidence.type.legacy) +
               " is disabled in Slips' configuration (DisabledAlerts.disabled_detections)";
    remarks_.clear();
    const bool had_url = respell(evidence, dialect);
    const bool was_too_sure = evidence.confidence.value_or(0) > 1;
    const bool was_cut = fill_in(evidence, context, ids_);
    if (const auto refusal = detail::validate(evidence, context, dialect)) return refusal->text();
    if (!dialect.needs_window() && width_ < wire::hash_evidence::only_one_window)
        if (auto far = too_far(context)) return far;
    if (form_ && dialect.is_typed())
        if (auto unknown = form_->unknown_in(evidence, dialect); !unknown.empty()) return unknown;
    remark_category(evidence.category);
    if (was_cut)
        remarks_.push_back({"cut",
                            "evidence was shortened: its description had more than 16 KiB, or its uids more than "
                            "256 KiB"});
    if (was_too_sure)
        remarks_.push_back({"confidence", "evidence with a confidence above 1 is sent with 1; give 0..1"});
    if (had_url)
        remarks_.push_back({"url", "evidence about a URL is sent with the URL's host: Slips 1.0.11 and newer omits "
                                   "URLs from alerts.json, and "
                                   "others need a scheme; its description should quote the URL"});
    return std::nullopt;
}

/// Returns nullopt for a type without a name, which validate() refuses.
inline std::optional<std::string> EvidenceFilter::unusable(const EvidenceType& type) const {
    if (type.current.empty()) return std::nullopt;
    const std::string why = form_ && !form_->unregistered.empty() ? " (" + form_->unregistered + ")" : "";
    return "type: Slips does not know " + std::string(type.current) + why +
           ", and evidence of an unknown type ends its evidence handler; register the type with Slips, or give "
           ".unless_registered";
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
