// Says the same thing once, not a million times a minute.
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
    using Say = std::function<void(std::string_view line)>;

    explicit OnceLog(Say say, bool repeats = false) : say_(std::move(say)), repeats_(repeats) {}

    void say(std::string_view line) const { say_(line); }

    /// Reports `line` unless this `kind` was reported before. A kind is of a group, which is what stands before its colon; only
    /// so many kinds of a group are reported, so that texts which differ each time neither fill the log nor silence others.
    void say_once(std::string_view kind, const std::string& line, const Say& through = {}) {
        const Say& say = through ? through : say_;
        if (repeats_) return say(line);
        constexpr std::size_t enough_of_a_group = 20;
        constexpr std::size_t enough_groups = 1000;
        constexpr std::size_t longest_kind = 256;
        kind = kind.substr(0, longest_kind);
        if (said_.contains(kind)) return;
        const std::string_view group = kind.substr(0, kind.find(':'));
        auto count = said_of_group_.find(group);
        if (count == said_of_group_.end()) {
            if (said_of_group_.size() >= enough_groups) return;
            count = said_of_group_.emplace(group, 0).first;
        }
        if (++count->second > enough_of_a_group) return;
        said_.emplace(kind);
        say(line);
    }

private:
    Say say_;
    bool repeats_;
    std::set<std::string, std::less<>> said_{};
    std::map<std::string, std::size_t, std::less<>> said_of_group_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
