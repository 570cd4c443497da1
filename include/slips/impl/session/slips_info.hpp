// What an outsider learns of the Slips it has joined: generation, version, folders.
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
#include "slips/impl/session/outbox.hpp"
#include "slips/impl/wire/current.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Orders "1.1.9" before "1.1.21".
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

/// Has `a` a higher major or minor number than `b`? "1.2.0" has one than "1.1.22".
inline bool newer_line(std::string_view a, std::string_view b) {
    const auto line = [](std::string_view version) {
        const std::size_t dot = version.find('.');
        return version.substr(0, dot == std::string_view::npos ? dot : version.find('.', dot + 1));
    };
    return newer_version(line(a), line(b));
}

namespace detail {

class SlipsInfo {
public:
    /// `changed` runs when generation, version or lifetimes have become known or others.
    SlipsInfo(Outbox::Report report, std::function<void()> changed)
        : report_(std::move(report)), changed_(std::move(changed)) {}

    /// What the module was started with. `own`: the version of the Slips that started it, which stays: during a live update
    /// two Slips run side by side in one Redis, and each has modules of its own. Otherwise Slips' database has it, which is
    /// asked again when another one stamps messages.
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
    bool complete() const { return complete_; }
    std::string take_refusal() { return std::exchange(refusal_, {}); }
    void refused(std::string_view words) {
        if (refusal_.empty()) refusal_ = words;  // what follows is of the same cause
    }

    /// Its messages carry no version, so whatever is sent to it must be of a form not known here.
    bool unversioned() const { return unversioned_; }

    void ask(wire::Pipeline& main) {
        main.send(wire::Purpose::learn, analysis, "HMGET", "analysis", "slips_version", "output_dir", "input_type");
        main.send(wire::Purpose::learn, logs, "MGET", "stdout", "stderr");
        main.send(wire::Purpose::learn, has_analysis, "EXISTS", "analysis");
    }

    /// Has Slips told anything of itself? Not when the module was there first.
    bool introduced() const { return !output_dir_.empty() || !log_file_.empty() || !error_file_.empty(); }

    void answer(std::uint32_t question, const wire::Reply& reply);

    void settle(Generation generation, std::string_view how) {
        generation_ = generation;
        // found before anything is heard: the start line tells
        if (complete_)
            report_("generation", "this is " + std::string(to_string(generation)) + " Slips, says " + std::string(how));
        changed_();
    }

    /// Slips' own modules ignore what another version has stamped, and so does a module that Slips started.
    bool accepts(std::string_view version, std::string_view channel);

    /// After a message of another version: has Slips been updated?
    void ask_version(wire::Pipeline& main, Clock::time_point now) {
        if (own_ || now < asked_version_ + std::chrono::seconds(1)) return;
        asked_version_ = now;
        main.send(wire::Purpose::learn, version_again, "HMGET", "analysis", "slips_version");
    }

private:
    static constexpr std::string_view first_stamped = "1.1.20";  ///< before it, messages carried no version
    enum Question : std::uint32_t { analysis, logs, has_analysis, version_again };

    void take_version(const std::string& version);
    void adopt(std::string_view version);

    Outbox::Report report_;
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

inline void SlipsInfo::answer(std::uint32_t question, const wire::Reply& reply) {
    const auto text = [&](std::size_t i) {
        return reply.kind == wire::Reply::Kind::list && i < reply.size ? std::string(reply[i].text) : std::string();
    };
    switch (question) {
        case analysis:
            take_version(text(0));  // after a reconnect it may be another Slips
            if (!text(1).empty()) output_dir_ = text(1);
            if (text(2) == "interface") lifetimes_ = {.standard = 2 * 3600, .extended = 48 * 3600};
            return changed_();
        case logs:
            log_file_ = text(0);
            error_file_ = text(1);
            // legacy keeps its folder nowhere else
            if (const auto slash = error_file_.rfind('/'); output_dir_.empty() && slash != std::string::npos)
                output_dir_ = error_file_.substr(0, slash);
            return changed_();
        case version_again: return take_version(text(0));
        case has_analysis:
            if (reply.is_error()) return refused(reply.text);
            if (reply.integer == 1 && !generation_) settle(Generation::current, "its database");
            complete_ = true;
            return;
        default: return;
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
