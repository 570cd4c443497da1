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

class Speaker {
public:
    using Say = std::function<void(std::string_view line)>;

    explicit Speaker(Say say, bool repeats = false) : say_(std::move(say)), repeats_(repeats) {}

    void say(std::string_view line) const { say_(line); }

    /// `kind` may be of a group, up to its colon: what differs each time, as an exception's text may, must not silence
    /// all others.
    void say_once(std::string_view kind, const std::string& line, const Say& through = {}) {
        const Say& say = through ? through : say_;
        if (repeats_) return say(line);
        constexpr std::size_t enough_of_a_group = 20;
        constexpr std::size_t enough = 1000;
        if (said_.size() >= enough || said_.contains(kind)) return;
        if (++said_of_group_[std::string(kind.substr(0, kind.find(':')))] > enough_of_a_group) return;
        said_.emplace(kind);
        say(line);
    }

private:
    Say say_;
    bool repeats_;
    std::set<std::string, std::less<>> said_{};
    std::map<std::string, std::size_t> said_of_group_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
