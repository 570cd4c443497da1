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
#include "slips/impl/wire/stamp.hpp"
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
    /// After this time with messages, a Slips without `analysis` is an old one, or it is logged that evidence waits.
    static constexpr std::chrono::seconds silence{5};

    /// Sets what the module was started with. `own`: this is the version of the Slips instance that started the module, and
    /// does not change: during a live update two Slips run side by side in one Redis, each with modules of its own. Otherwise
    /// the version comes from Slips' database, and is read again when a message carries another one.
    void start_with(std::optional<Generation> generation, const std::string& version, bool own) {
        generation_ = generation;
        adopt(own ? std::string_view(version) : trimmed_version(version));
        own_ = own && dialect_;
        is_given_ = !own && dialect_;
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
    /// Returns the version as Slips stamps its messages: with blanks at its ends, if its file has them.
    const std::string& stamp() const { return stamp_; }
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
        main.send({*this, Tag::analysis}, "HMGET", "analysis", "slips_version", "output_dir", "input_type",
                  "analysis_start");
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

    /// Returns whether the text is certainly of this Slips instance, by its last bytes: from 1.1.20 on its stamp is there.
    bool has_own_stamp(std::string_view payload) const {
        return dialect_ && (!dialect_->stamped || payload.ends_with(stamp_end_));
    }

    /// The module stops: an old Slips is concluded from what is there after `patience`.
    void stop_waiting() { is_stopping_ = true; }

    /// Asks for the version as long as it is not known, and when `again` is set, once a second at most: a message of another
    /// version suggests that Slips was updated.
    void ask_version(wire::Pipeline& main, Clock::time_point now, bool again = false) {
        if ((!again && !awaits_version()) || own_ || now < asked_version_ + patience) return;
        asked_version_ = now;
        main.send({*this, Tag::version_again}, "HMGET", "analysis", "slips_version", "analysis_start");
        main.send({*this, Tag::has_analysis}, "EXISTS", "analysis");
    }
    /// When ask_version() asks next; nullopt: it does not.
    std::optional<Clock::time_point> deadline() const {
        return awaits_version() ? std::optional(asked_version_ + patience) : std::nullopt;
    }

private:
    enum class Tag : std::uint8_t { analysis, logs, has_analysis, version_again };

    /// Before the first message Slips may not be there: it takes a port that answers for one in use.
    bool awaits_version() const { return (!dialect_ || is_assumed_) && !own_ && first_message_; }
    /// `start`: when the analysis started, which Slips stores after its version, if it stores a version.
    void take_version(const std::string& text, const std::string& start);
    void take_version_of_others();
    void adopt(std::string_view text);
    void set_stamp(std::string_view text) {
        stamp_ = text;
        std::erase(stamp_, '\n');  // Slips removes it, too
        stamp_end_ = wire::stamp_end(stamp_);
    }
    void set_dialect(const Dialect& dialect);
    /// Sets the dialect of a Slips that stores no version, until there is one.
    void assume(const Dialect& dialect);
    void conclude_from_analysis(bool exists);

    Report report_;
    std::function<void()> changed_;
    std::optional<Generation> generation_{};
    const Dialect* dialect_ = nullptr;
    std::string version_{};
    std::string version_of_others_{};  ///< of messages that were skipped, if the version may be replaced by it
    std::string stamp_{};
    std::string stamp_end_{};  ///< the last bytes of messages of this Slips
    std::string output_dir_{};
    std::string log_file_{};
    std::string error_file_{};
    std::string refusal_{};
    wire::hash_evidence::Lifetimes lifetimes_{};
    bool complete_ = false;
    bool own_ = false;
    bool is_given_ = false;  ///< the version is that of the command line: neither Redis nor a message has confirmed it
    bool is_assumed_ = false;  ///< the dialect: Slips has no version yet
    bool is_stopping_ = false;
    bool saw_plain_text_ = false;
    std::optional<Clock::time_point> first_message_{};
    Clock::time_point asked_version_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void SlipsInfo::reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point) {
    const auto text = [&](std::size_t i) {
        return reply.kind == wire::Reply::Kind::list && i < reply.size ? std::string(reply[i].text) : std::string();
    };
    switch (Tag{tag}) {
        case Tag::analysis:
            take_version(text(0), text(3));  // after a reconnect it may be another Slips
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
        case Tag::version_again:
            take_version(text(0), text(1));
            if (reply.kind == wire::Reply::Kind::list) take_version_of_others();
            return;
        case Tag::has_analysis:
            if (reply.is_error()) return refused(reply.text);
            complete_ = true;
            return conclude_from_analysis(reply.integer == 1);
    }
}

inline void SlipsInfo::take_version(const std::string& text, const std::string& start) {
    if (own_) return;
    const std::string version(trimmed_version(text));
    if (!version.empty() && is_assumed_)
        report_("late version", "Slips has stored its version late, it is " + version +
                                    "; evidence until now has the form of an older release");
    if (version.empty()) {  // 0.9.2 to 0.9.4 store none
        if (!start.empty()) assume(dialect_of(release(0, 9, 2)));
        return;
    }
    is_given_ = false;
    if (version == version_) {
        set_stamp(text);
        return changed_();
    }
    const std::string line = "Slips was updated from " + version_ + " to " + version;
    if (!version_.empty()) report_("update: " + line, line);
    adopt(text);
}

/// Slips' database has not confirmed the version of the command line, so that of the messages is right. Once only: then another
/// version is that of another Slips.
inline void SlipsInfo::take_version_of_others() {
    const std::string version = std::exchange(version_of_others_, {});
    if (version.empty() || !std::exchange(is_given_, false)) return;
    const std::string line = "the messages are of Slips " + version + ", and its database does not confirm " +
                             version_ + ": " + version + " counts from now on";
    report_("update: " + line, line);
    adopt(version);
}

/// A version that is no number is that of a newer Slips, which may have another form of it.
inline void SlipsInfo::adopt(std::string_view text) {
    const std::string_view version = trimmed_version(text);
    if (version.empty()) return;
    version_ = version;
    set_stamp(text);
    const auto release = parse_release(version);
    if (!release)
        report_("version",
                "the version of Slips is not a number, so that of the newest known release is assumed: " + version_);
    set_dialect(release ? dialect_of(*release) : dialects.back());
}

inline void SlipsInfo::assume(const Dialect& dialect) {
    if (dialect_ == &dialect || (dialect_ && !is_assumed_)) return;
    set_dialect(dialect);
    is_assumed_ = true;
}

inline void SlipsInfo::set_dialect(const Dialect& dialect) {
    dialect_ = &dialect;
    is_assumed_ = false;
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

/// Slips stores `analysis` from 0.9.2 on when its input process has started, which takes seconds on a loaded machine. From
/// 1.0.6 on `analysis` is there earlier than the version.
inline void SlipsInfo::conclude_from_analysis(bool exists) {
    if (dialect_ || !first_message_) return;
    const auto waited =
        asked_version_ - *first_message_;  // the time of the question: the answer may have been read late
    if (waited < patience) return;
    if (!exists && !generation_ && saw_plain_text_)
        settle(Generation::legacy, "plain text without a version in its database");
    if (waited < silence && !is_stopping_) return;
    if (!exists && generation_ == Generation::legacy) return assume(dialect_of(release(0, 9, 1)));
    if (waited >= silence)
        report_("no version", "evidence waits, since the version of Slips is unknown; set it with --slips-version");
}

inline bool SlipsInfo::accepts(std::string_view version, std::string_view channel, Clock::time_point now) {
    if (!first_message_) first_message_ = now;
    if (version_.empty() && parse_release(version)) adopt(version);
    if (version == stamp_ || version == version_ || (version.empty() && !(dialect_ && dialect_->stamped))) return true;
    if (is_given_ && parse_release(version)) version_of_others_ = version;
    report_("version: " + std::string(version),
            std::string(channel) + ": skipping messages " +
                (version.empty() ? std::string("without a version") : "of Slips " + std::string(version)) +
                ", as this is Slips " + version_);
    return false;
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
