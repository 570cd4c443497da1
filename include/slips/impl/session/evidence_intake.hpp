// Evidence from set_evidence() to the outbox of the dialect.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/config.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/evidence_check.hpp"
#include "slips/impl/session/evidence_filter.hpp"
#include "slips/impl/session/hash_outbox.hpp"
#include "slips/impl/session/object_outbox.hpp"
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/session/score_objects.hpp"
#include "slips/impl/session/shared.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Filters evidence, checks that Slips can read it, and passes it to an outbox.
class EvidenceIntake {
public:
    explicit EvidenceIntake(Shared& shared)
        : shared_(shared), filter_(shared.settings.registered, shared.settings.allow_untested),
          scores_(shared.links, shared.stats, shared.log),
          hash_(shared.links, shared.stats, shared.log, scores_, shared.settings.wall_clock),
          objects_(shared.links, shared.stats, shared.log, scores_, shared.settings.wall_clock,
                   shared.settings.module) {}

    /// Returns false if the evidence is refused; the reason is logged. Does not throw.
    bool set_evidence(const Context& context, Evidence evidence);

    /// Throws ConfigError.
    void configure(const Config& config);
    /// Sets the form in which this Slips instance reads evidence. `ask` passes an evidence to Slips' own reader; checked()
    /// receives its answer.
    void set_form(wire::EvidenceForm form, EvidenceCheck::Ask ask);
    /// Slips can read evidence of this shape, or cannot because of `problem`: then none of it is sent.
    void checked(std::uint32_t shape, std::string_view problem);
    /// Ends the checks: the launcher has ended. Evidence that was not checked is sent only if this SDK was tested with this
    /// version of Slips.
    void end_checks();
    bool checks() const { return check_.on(); }  ///< set_form() was called with a usable form

    /// Returns true, once, if the generation has become known. Call when generation, dialect, version or lifetimes change.
    bool slips_changed();

    void main_lost() {
        hash_.main_lost();
        objects_.main_lost();
    }
    void cache_lost(Clock::time_point now) {
        scores_.cache_lost();
        hash_.cache_lost(now);
        objects_.cache_lost(now);
    }
    /// Sends what waits.
    void pump(Clock::time_point now) {
        if (!outbox_) return;
        // what was under way when another Slips followed
        for (Outbox* const other : {static_cast<Outbox*>(&hash_), static_cast<Outbox*>(&objects_)})
            if (other != outbox_ && other->kept() != 0) take_waiting(*other);
        outbox_->pump(now);
    }
    /// Returns when pump() is due if nothing comes before.
    std::optional<Clock::time_point> deadline(Clock::time_point now) const {
        return outbox_ && outbox_->pausing(now) ? std::optional(outbox_->resume_at()) : std::nullopt;
    }
    bool congested(Clock::time_point now) const { return outbox_ && outbox_->congested(now); }
    bool in_doubt() const { return hash_.in_doubt() || objects_.in_doubt(); }
    std::size_t kept() const { return early_.size() + hash_.kept() + objects_.kept(); }
    std::size_t unstored() const { return early_.size() + hash_.unstored() + objects_.unstored(); }

private:
    /// Why an evidence is not accepted. The text differs with each evidence; its kind, by default the part before the colon, is
    /// the same.
    struct Problem {
        explicit Problem(std::string text) : why(std::move(text)), kind(why.substr(0, why.find(':'))) {}
        Problem(std::string text, std::string of) : why(std::move(text)), kind(std::move(of)) {}
        std::string why{};
        std::string kind{};
    };

    bool refuse(const Problem& problem);
    std::optional<Problem> pass_on(const Context& context, Evidence& evidence, bool was_accepted = false);
    void pass_on_accepted(const Context& context, Evidence& evidence);
    void take_waiting(Outbox& from);
    std::optional<std::string> early_refusal(const Context& context, const Evidence& evidence);
    bool keep_until_dialect_is_known(const Context& context, Evidence&& evidence);
    void take_early();
    void give_up_shape(std::uint32_t shape, std::string_view problem) {
        hash_.give_up_shape(shape, "refused form: " + std::string(problem), "evidence refused: " + unreadable(problem));
    }
    static std::string unreadable(std::string_view problem) {
        return "form: Slips cannot read it, and its evidence handler would end (" + std::string(problem) +
               "); messages are still handled, a newer SDK may know this Slips";
    }

    Shared& shared_;
    EvidenceFilter filter_;
    EvidenceCheck check_{};
    ScoreObjects scores_;  ///< of both outboxes
    HashOutbox hash_;
    ObjectOutbox objects_;
    const Dialect* dialect_ = nullptr;  ///< of Slips, once it is known
    Outbox* outbox_ = nullptr;          ///< of the dialect
    bool knows_generation_ = false;
    std::vector<std::pair<Context, Evidence>> early_{};  ///< set before the dialect is known
    std::size_t early_bytes_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

inline bool EvidenceIntake::refuse(const Problem& problem) {
    ++shared_.stats.evidence.refused;
    shared_.log.log_once("refused " + problem.kind, "evidence refused: " + problem.why);
    return false;
}

inline bool EvidenceIntake::set_evidence(const Context& context, Evidence evidence) try {
    const bool has_time = !evidence.timestamp.empty() || !context.timestamp.empty();
    if (!has_time) {  // a flow without a time, or no flow: what Slips' modules do then
        evidence.timestamp = shared_.settings.wall_clock();
        const std::string type(evidence.type.current);
        shared_.remark_once("no time: " + type, "evidence " + type + " has no time; the time of the clock is used");
    }
    if (!outbox_) return keep_until_dialect_is_known(context, std::move(evidence));
    if (const auto problem = pass_on(context, evidence)) return refuse(*problem);
    ++shared_.stats.evidence.accepted;
    return true;
} catch (const std::exception& error) {  // out of memory, at worst
    ++shared_.stats.evidence.refused;
    shared_.log.log_once("set_evidence", std::string("evidence refused: ") + error.what());
    return false;
}

/// Passes the evidence to the outbox, or returns why Slips does not accept it.
inline std::optional<EvidenceIntake::Problem> EvidenceIntake::pass_on(const Context& context, Evidence& evidence,
                                                                      bool was_accepted) {
    if (const auto why = filter_.refuses(evidence, context, *shared_.slips.dialect(), shared_.slips.version()))
        return Problem(*why);
    if (!was_accepted)
        if (const std::string why = outbox_->no_room_for(evidence, context); !why.empty()) return Problem(why);
    for (const auto& remark : filter_.remarks()) shared_.log.log_once(remark.kind, remark.text);
    std::uint32_t shape = 0;
    if (check_.on() && outbox_ == &hash_) {
        shape = check_.shape_of(evidence, [&] { return hash_.preview(evidence, context); });
        if (const std::string& problem = check_.problem(shape); !problem.empty())
            return Problem(unreadable(problem), "form: " + problem);
        outbox_->hold(check_.waiting());
    }
    if (shared_.settings.accepted) shared_.settings.accepted(evidence, context);
    outbox_->accept(std::move(evidence), context, shape);
    return std::nullopt;
}

/// Returns why no release of this generation, or of any if it is not known, accepts the evidence.
inline std::optional<std::string> EvidenceIntake::early_refusal(const Context& context, const Evidence& evidence) {
    const auto refusal_by = [&](const Dialect& dialect) {
        Evidence copy = evidence;
        return filter_.refuses(copy, context, dialect, {});
    };
    const auto generation = shared_.generation();
    const auto why = refusal_by(dialect_of(generation.value_or(Generation::current)));
    if (!why || generation == Generation::current) return why;
    const bool all_refuse = refusal_by(dialect_of(Generation::legacy)) && refusal_by(dialect_of(release(1, 0, 11)));
    return all_refuse ? why : std::nullopt;
}

/// Which evidence Slips can read is known only with its release.
inline bool EvidenceIntake::keep_until_dialect_is_known(const Context& context, Evidence&& evidence) {
    if (const auto why = early_refusal(context, evidence)) return refuse(Problem(*why));
    const std::size_t bytes = Outbox::size_of(evidence, context);
    if (early_.size() >= Outbox::room || early_bytes_ + bytes > Outbox::room_bytes)
        return refuse(Problem("store: " + std::to_string(early_.size()) +
                              " pieces of evidence are waiting until the version of Slips is known; set it with "
                              "--slips-version if it stays unknown"));
    early_.emplace_back(context, std::move(evidence));
    early_bytes_ += bytes;
    ++shared_.stats.evidence.accepted;
    return true;
}

inline void EvidenceIntake::take_early() {
    early_bytes_ = 0;
    for (auto& [context, evidence] : std::exchange(early_, {})) pass_on_accepted(context, evidence);
}

/// Passes evidence that was accepted before to the outbox of the dialect; gives up what that dialect does not accept.
inline void EvidenceIntake::pass_on_accepted(const Context& context, Evidence& evidence) {
    std::optional<Problem> problem;
    try {
        problem = pass_on(context, evidence, true);
    } catch (const std::exception& error) {  // out of memory, at worst
        problem.emplace(error.what());
    }
    if (!problem) return;
    ++shared_.stats.evidence.given_up;
    shared_.log.log_once("given up " + problem->kind, "evidence given up: " + problem->why);
}

/// Another Slips follows on this Redis, or the same one after an update: what was not written is encoded anew.
inline void EvidenceIntake::take_waiting(Outbox& from) {
    for (auto& [context, evidence] : from.take_waiting(&from != outbox_)) pass_on_accepted(context, evidence);
}

inline void EvidenceIntake::configure(const Config& config) {
    const bool has_width = config.has("parameters", "time_window_width");
    hash_.set_width(has_width ? std::optional(config.time_window_width()) : std::nullopt);
    if (has_width) filter_.set_width(config.time_window_width());
    filter_.set_disabled(config.disabled_detections());
}

inline void EvidenceIntake::set_form(wire::EvidenceForm form, EvidenceCheck::Ask ask) {
    if (form.problem.empty()) check_.set_ask(std::move(ask));
    hash_.set_keys(form.keys);
    filter_.set_form(std::move(form));
}

inline void EvidenceIntake::checked(std::uint32_t shape, std::string_view problem) {
    if (!check_.answered(shape, problem)) return;
    if (!problem.empty()) give_up_shape(shape, problem);
    hash_.hold(check_.waiting());
}

inline void EvidenceIntake::end_checks() {
    const bool known = !is_newer_than_tested(shared_.slips.version());
    const std::string unseen = "the launcher ended before Slips had read one like it";
    for (const std::uint32_t shape : check_.end(known ? std::string() : unseen))
        if (!known) give_up_shape(shape, unseen);
    hash_.hold(false);
}

inline bool EvidenceIntake::slips_changed() {
    hash_.set_version(shared_.slips.stamp());
    hash_.set_lifetimes(shared_.slips.lifetimes());
    if (const Dialect* dialect = shared_.slips.dialect(); dialect && dialect != dialect_) {
        dialect_ = dialect;
        Outbox* const before = outbox_;
        outbox_ = dialect->is_typed() ? static_cast<Outbox*>(&hash_) : &objects_;
        outbox_->set_dialect(*dialect);
        scores_.set_dialect(*dialect);
        objects_.hold(outbox_ != &objects_);
        hash_.hold(outbox_ != &hash_ || check_.waiting());
        if (before) take_waiting(*before);
        take_early();
    }
    return shared_.generation() && !std::exchange(knows_generation_, true);
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
