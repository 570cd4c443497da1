// What a module reads about Slips from its database: generation, version, folders.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/current.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Returns whether version `a` is newer than `b`; "1.1.21" is newer than "1.1.9".
inline bool newer_version(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        const auto part = [](std::string_view& rest) {
            std::uint64_t number = 0;
            std::size_t i = 0;
            for (; i < rest.size() && rest[i] != '.'; ++i)
                if (rest[i] >= '0' && rest[i] <= '9') number = number * 10 + static_cast<unsigned>(rest[i] - '0');
            rest.remove_prefix(std::min(i + 1, rest.size()));
            return number;
        };
        const auto left = part(a);
        const auto right = part(b);
        if (left != right) return left > right;
    }
    return false;
}

/// Returns whether `a` has a higher major or minor number than `b`: "1.2.0" has a higher one than "1.1.22".
inline bool newer_line(std::string_view a, std::string_view b) {
    const auto line = [](std::string_view version) {
        const std::size_t dot = version.find('.');
        return version.substr(0, dot == std::string_view::npos ? dot : version.find('.', dot + 1));
    };
    return newer_version(line(a), line(b));
}

namespace detail {

/// Version, generation, folders and log files of Slips.
class SlipsInfo final : public wire::ReplyHandler {
public:
    /// Logs a line; the same `kind` only once.
    using Report = std::function<void(std::string_view kind, const std::string& line)>;

    /// `changed` runs when generation, version or lifetimes change or become known.
    SlipsInfo(Report report, std::function<void()> changed)
        : report_(std::move(report)), changed_(std::move(changed)) {}

    /// Sets what the module was started with. `own`: this is the version of the Slips instance that started the module, and
    /// does not change: during a live update two Slips run side by side in one Redis, each with modules of its own. Otherwise
    /// the version comes from Slips' database, and is read again when a message carries another one.
    void start_with(std::optional<Generation> generation, const std::string& version, bool own) {
        generation_ = generation;
        if (!version.empty()) adopt(version);
        own_ = own && !version.empty();
        changed_();
    }

    std::optional<Generation> generation() const { return generation_; }
    const std::string& version() const { return version_; }
    const std::string& output_dir() const { return output_dir_; }
    const std::string& log_file() const { return log_file_; }
    const std::string& error_file() const { return error_file_; }
    wire::current::Lifetimes lifetimes() const { return lifetimes_; }
    /// Returns whether ask() has been answered.
    bool complete() const { return complete_; }
    /// Returns and clears the first error with which Redis refused the login or ask().
    std::string take_refusal() { return std::exchange(refusal_, {}); }
    void refused(std::string_view error) {
        if (refusal_.empty()) refusal_ = error;  // later ones have the same cause
    }

    /// Returns whether messages carry no version: Slips is older than 1.1.20, and the form of its evidence is unknown.
    bool unversioned() const { return unversioned_; }

    void ask(wire::Pipeline& main) {
        main.send({*this, Tag::analysis}, "HMGET", "analysis", "slips_version", "output_dir", "input_type");
        main.send({*this, Tag::logs}, "MGET", "stdout", "stderr");
        main.send({*this, Tag::has_analysis}, "EXISTS", "analysis");
    }

    /// Returns whether Slips has stored its folders. It has not if the module started first.
    bool introduced() const { return !output_dir_.empty() || !log_file_.empty() || !error_file_.empty(); }

    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

    /// Sets the generation; `how` names what shows it.
    void settle(Generation generation, std::string_view how) {
        generation_ = generation;
        if (complete_)  // before, the start line contains it
            report_("generation", "detected " + std::string(to_string(generation)) + " Slips by " + std::string(how));
        changed_();
    }

    /// Returns whether a message with this version is handled. Like Slips' own modules, ignores other versions.
    bool accepts(std::string_view version, std::string_view channel);

    /// Reads the version again, once a second at most: a message of another version suggests that Slips was updated.
    void ask_version(wire::Pipeline& main, Clock::time_point now) {
        if (own_ || now < asked_version_ + std::chrono::seconds(1)) return;
        asked_version_ = now;
        main.send({*this, Tag::version_again}, "HMGET", "analysis", "slips_version");
    }

private:
    enum class Tag : std::uint8_t { analysis, logs, has_analysis, version_again };

    static constexpr std::string_view first_stamped = "1.1.20";  ///< before it, messages carried no version

    void take_version(const std::string& version);
    void adopt(std::string_view version);

    Report report_;
    std::function<void()> changed_;
    std::optional<Generation> generation_{};
    std::string version_{};
    std::string output_dir_{};
    std::string log_file_{};
    std::string error_file_{};
    std::string refusal_{};
    wire::current::Lifetimes lifetimes_{};
    bool complete_ = false;
    bool own_ = false;
    bool unversioned_ = false;
    Clock::time_point asked_version_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void SlipsInfo::reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point) {
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
            // legacy keeps its folder nowhere else
            if (const auto slash = error_file_.rfind('/'); output_dir_.empty() && slash != std::string::npos)
                output_dir_ = error_file_.substr(0, slash);
            return changed_();
        case Tag::version_again: return take_version(text(0));
        case Tag::has_analysis:
            if (reply.is_error()) return refused(reply.text);
            if (reply.integer == 1 && !generation_) settle(Generation::current, "its database");
            complete_ = true;
            return;
    }
}

inline void SlipsInfo::take_version(const std::string& version) {
    if (version.empty() || version == version_ || own_) return;
    const std::string line = "Slips was updated from " + version_ + " to " + version;
    if (!version_.empty()) report_("update: " + line, line);
    adopt(version);
}

inline void SlipsInfo::adopt(std::string_view version) {
    version_ = version;
    unversioned_ = false;
    changed_();
}

inline bool SlipsInfo::accepts(std::string_view version, std::string_view channel) {
    if (version_.empty() && !version.empty()) adopt(version);
    if (version == version_ || (version.empty() && newer_version(first_stamped, version_))) {
        unversioned_ = version.empty();
        return true;
    }
    report_("version: " + std::string(version),
            std::string(channel) + ": skipping messages " +
                (version.empty() ? std::string("without a version") : "of Slips " + std::string(version)) +
                ", as this is Slips " + version_);
    return false;
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
