// What a module reads about Slips from its database: version, dialect, generation, folders.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

/// Version, dialect, generation, folders and log files of Slips.
class SlipsInfo final : public wire::ReplyHandler {
public:
    /// Logs a line; the same `kind` only once.
    using Report = std::function<void(std::string_view kind, const std::string& line)>;

    /// `changed` runs when generation, version, dialect or lifetimes change or become known.
    SlipsInfo(Report report, std::function<void()> changed)
        : report_(std::move(report)), changed_(std::move(changed)) {}

    /// How often the database is asked for a version that is not known yet: Slips stores it when its input process has started.
    static constexpr std::chrono::seconds patience{1};
    /// After this time with messages, a Slips that has `analysis` without a version is one that never stores it.
    static constexpr std::chrono::seconds stores_no_version{5};

    /// Sets what the module was started with. `own`: this is the version of the Slips instance that started the module, and
    /// does not change: during a live update two Slips run side by side in one Redis, each with modules of its own. Otherwise
    /// the version comes from Slips' database, and is read again when a message carries another one.
    void start_with(std::optional<Generation> generation, const std::string& version, bool own) {
        generation_ = generation;
        adopt(version);
        own_ = own && dialect_;
        changed_();
    }

    std::optional<Generation> generation() const { return generation_; }
    /// Returns the dialect; nullptr: not known yet. Evidence waits for it.
    const Dialect* dialect() const { return dialect_; }
    /// Returns the dialect, or as long as it is not known that of `generation()`. Suffices to read and to ask.
    const Dialect& likely_dialect() const {
        return dialect_ ? *dialect_ : dialect_of(generation_.value_or(Generation::current));
    }
    const std::string& version() const { return version_; }
    const std::string& output_dir() const { return output_dir_; }
    const std::string& log_file() const { return log_file_; }
    const std::string& error_file() const { return error_file_; }
    wire::hash_evidence::Lifetimes lifetimes() const { return lifetimes_; }
    /// Returns whether ask() has been answered.
    bool complete() const { return complete_; }
    /// Returns and clears the first error with which Redis refused the login or ask().
    std::string take_refusal() { return std::exchange(refusal_, {}); }
    void refused(std::string_view error) {
        if (refusal_.empty()) refusal_ = error;  // later ones have the same cause
    }

    void ask(wire::Pipeline& main) {
        main.send({*this, Tag::analysis}, "HMGET", "analysis", "slips_version", "output_dir", "input_type");
        main.send({*this, Tag::logs}, "MGET", "stdout", "stderr");
        main.send({*this, Tag::has_analysis}, "EXISTS", "analysis");
    }

    /// Returns whether Slips has stored its folders. It has not if the module started first.
    bool introduced() const { return !output_dir_.empty() || !log_file_.empty() || !error_file_.empty(); }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

    /// Sets the generation, if the dialect is not known; `how` names what shows it.
    void settle(Generation generation, std::string_view how);

    /// A message was plain text. Slips publishes some until 1.1.19, so that it shows the generation only if Slips has no version.
    void plain_text_received() { saw_plain_text_ = true; }

    /// A message was received. `version`: its own; empty: it has none. Returns whether it is handled: like Slips' own modules,
    /// ignores other versions.
    bool accepts(std::string_view version, std::string_view channel, Clock::time_point now);

    /// Asks for the version as long as it is not known, and when `again` is set, once a second at most: a message of another
    /// version suggests that Slips was updated.
    void ask_version(wire::Pipeline& main, Clock::time_point now, bool again = false) {
        if ((!again && !awaits_version()) || own_ || now < asked_version_ + patience) return;
        asked_version_ = now;
        main.send({*this, Tag::version_again}, "HMGET", "analysis", "slips_version");
        main.send({*this, Tag::has_analysis}, "EXISTS", "analysis");
    }
    /// When ask_version() asks next; nullopt: it does not.
    std::optional<Clock::time_point> deadline() const {
        return awaits_version() ? std::optional(asked_version_ + patience) : std::nullopt;
    }
    /// The module stops: no longer waits for a version that Slips may never store.
    void wait_no_longer() { waits_ = false; }

private:
    enum class Tag : std::uint8_t { analysis, logs, has_analysis, version_again };

    /// Before the first message Slips may not be there: it takes a port that answers for one in use.
    bool awaits_version() const { return !dialect_ && !own_ && (first_message_ || !waits_); }
    void take_version(const std::string& version);
    void adopt(std::string_view version);
    void set_dialect(const Dialect& dialect);
    void conclude_from_analysis(bool exists, Clock::time_point now);

    Report report_;
    std::function<void()> changed_;
    std::optional<Generation> generation_{};
    const Dialect* dialect_ = nullptr;
    std::string version_{};
    std::string output_dir_{};
    std::string log_file_{};
    std::string error_file_{};
    std::string refusal_{};
    wire::hash_evidence::Lifetimes lifetimes_{};
    bool complete_ = false;
    bool own_ = false;
    bool waits_ = true;
    bool saw_plain_text_ = false;
    std::optional<Clock::time_point> first_message_{};
    Clock::time_point asked_version_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void SlipsInfo::reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point now) {
    const auto text = [&](std::size_t i) {
        return reply.kind == wire::Reply::Kind::list && i < reply.size ? std::string(reply[i].text) : std::string();
    };
    switch (Tag{tag}) {
        case Tag::analysis:
            take_version(text(0));  // after a reconnect it may be another Slips
            if (!text(1).empty()) output_dir_ = text(1);
            if (text(2) == "interface") lifetimes_ = {.standard = 2 * 3600, .extended = 48 * 3600};
            return changed_();
        case Tag::logs:
            log_file_ = text(0);
            error_file_ = text(1);
            // Slips before 0.9.6 stores its folder nowhere else
            if (const auto slash = error_file_.rfind('/'); output_dir_.empty() && slash != std::string::npos)
                output_dir_ = error_file_.substr(0, slash);
            return changed_();
        case Tag::version_again: return take_version(text(0));
        case Tag::has_analysis:
            if (reply.is_error()) return refused(reply.text);
            complete_ = true;
            return conclude_from_analysis(reply.integer == 1, now);
    }
}

inline void SlipsInfo::take_version(const std::string& text) {
    const std::string version(trimmed_version(text));
    if (version.empty() || version == version_ || own_) return;
    const std::string line = "Slips was updated from " + version_ + " to " + version;
    if (!version_.empty()) report_("update: " + line, line);
    adopt(version);
}

inline void SlipsInfo::adopt(std::string_view version) {
    const auto release = parse_release(version);
    if (!release) return;
    version_ = trimmed_version(version);
    set_dialect(dialect_of(*release));
}

inline void SlipsInfo::set_dialect(const Dialect& dialect) {
    dialect_ = &dialect;
    generation_ = dialect.generation;
    changed_();
}

inline void SlipsInfo::settle(Generation generation, std::string_view how) {
    if (generation_) return;
    generation_ = generation;
    if (complete_)  // before, the start line contains it
        report_("generation", "detected " + std::string(to_string(generation)) + " Slips by " + std::string(how));
    changed_();
}

/// Slips stores its version from 0.9.5 on, and `analysis` from 0.9.2 on; both when its input process has started, which is
/// before the first message. From 1.0.6 on `analysis` is there earlier than the version.
inline void SlipsInfo::conclude_from_analysis(bool exists, Clock::time_point now) {
    if (dialect_ || !first_message_) return;
    const auto waited = now - *first_message_;
    const bool is_over = !waits_ || waited >= (exists ? stores_no_version : patience);
    if (!generation_ && saw_plain_text_ && is_over)
        settle(Generation::legacy, "plain text without a version in its database");
    if (generation_ != Generation::legacy) {
        if (waited >= stores_no_version)
            report_("no version", "evidence waits, since the version of Slips is unknown; set it with --slips-version");
        return;
    }
    if (!is_over) return;
    set_dialect(dialect_of(exists ? release(0, 9, 2) : release(0, 9, 1)));
}

inline bool SlipsInfo::accepts(std::string_view version, std::string_view channel, Clock::time_point now) {
    if (!first_message_) first_message_ = now;
    if (version_.empty() && !version.empty()) adopt(version);
    if (version == version_ || (version.empty() && !(dialect_ && dialect_->stamped))) return true;
    report_("version: " + std::string(version),
            std::string(channel) + ": skipping messages " +
                (version.empty() ? std::string("without a version") : "of Slips " + std::string(version)) +
                ", as this is Slips " + version_);
    return false;
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
