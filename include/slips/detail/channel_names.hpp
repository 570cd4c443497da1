// Names of channels that a module subscribes to at run time, compared with those of the messages.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "slips/generation.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns in how many places two words differ: a letter that is missing, added or replaced, or two letters that are swapped.
/// Words of more than 31 characters count as entirely different.
constexpr std::size_t difference(std::string_view a, std::string_view b) {
    constexpr std::size_t most = 32;
    if (a.size() >= most || b.size() >= most) return most;
    std::array<std::array<std::size_t, most>, most> cost{};
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            cost[i][j] = std::min(
                {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

/// Returns the word that is `name` or, with at most two differences, closest to it; empty: there is none.
template <class Words>
std::string_view closest_word(const Words& words, std::string_view name) {
    std::string_view closest;
    std::size_t least = 3;  // more differences are another word
    for (const std::string_view word : words) {
        const std::size_t differs = word.empty() ? least : difference(name, word);
        if (differs >= least) continue;
        least = differs;
        closest = word;
    }
    return closest;
}

template <class... M>
std::string_view closest_channel(Types<M...>, std::string_view name) {
    return closest_word(std::array{channel_of<M>(Generation::current)..., channel_of<M>(Generation::legacy)...}, name);
}
/// Returns the channel of a message whose name is `name` or, with at most two differences, close to it; empty: there is none.
inline std::string_view closest_channel(std::string_view name) { return closest_channel(Messages(), name); }

}  // namespace slips::inline SLIPS_SDK_ABI::detail
