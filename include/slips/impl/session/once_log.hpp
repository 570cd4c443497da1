// Logs a repeated problem once, not a million times a minute.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class OnceLog {
public:
    /// Receives each line.
    using Sink = std::function<void(std::string_view line)>;

    /// `repeats`: log_once() logs each time.
    explicit OnceLog(Sink sink, bool repeats = false) : sink_(std::move(sink)), repeats_(repeats) {}

    void log(std::string_view line) const { sink_(line); }

    /// Logs `line` unless a line of this `kind` was logged before. The part of a kind before its colon is its group. The number
    /// of kinds in a group is limited, so that texts which differ each time neither fill the log nor suppress others.
    void log_once(std::string_view kind, const std::string& line) { log_once(kind, line, sink_); }
    /// The same, into another sink.
    void log_once(std::string_view kind, const std::string& line, const Sink& sink) {
        if (repeats_) return sink(line);
        constexpr std::size_t most_of_a_group = 20;
        constexpr std::size_t most_groups = 1000;
        constexpr std::size_t longest_kind = 256;
        kind = kind.substr(0, longest_kind);
        if (logged_.contains(kind)) return;
        const std::string_view group = kind.substr(0, kind.find(':'));
        auto count = logged_of_group_.find(group);
        if (count == logged_of_group_.end()) {
            if (logged_of_group_.size() >= most_groups) return;
            count = logged_of_group_.emplace(group, 0).first;
        }
        if (++count->second > most_of_a_group) return;
        logged_.emplace(kind);
        sink(line);
    }

private:
    Sink sink_;
    bool repeats_;
    std::set<std::string, std::less<>> logged_{};
    std::map<std::string, std::size_t, std::less<>> logged_of_group_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
