// What a module hears: its channels, and whether it hears them at the moment.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/session/clock.hpp"
#include "slips/session/receiver.hpp"
#include "slips/session/stats.hpp"
#include "slips/version.hpp"
#include "slips/wire/resp.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Subscription {
public:
    /// The channels of a module, for good. Slips says on control_channel that its input failed: that is heard as
    /// well, but is no business of a module that did not ask for it.
    void set_channels(const std::vector<std::string>& names, Stats& stats) {
        for (const std::string& name : names) channels_.push_back({name, &stats.messages.channels[name]});
        if (index("control_channel") == channels_.size()) channels_.push_back({"control_channel", nullptr});
    }
    bool empty() const { return channels_.empty(); }

    /// The place of a channel; size() of what is heard when it is none of them.
    std::size_t index(std::string_view name) {
        if (last_ < channels_.size() && channels_[last_].name == name) return last_;
        const auto found = std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.name == name; });
        return last_ = static_cast<std::size_t>(found - channels_.begin());
    }
    bool hears(std::size_t channel) const { return channel < channels_.size(); }
    const std::string& name(std::size_t channel) const { return channels_[channel].name; }

    /// A message came. False: it is not for the module.
    bool count(std::size_t channel) {
        if (!channels_[channel].received) return false;
        ++*channels_[channel].received;
        return true;
    }

    void up(wire::Pipeline& subscriber) {
        up_ = true;
        for (const Channel& channel : channels_) subscriber.send_unanswered("SUBSCRIBE", channel.name);
    }
    void lost(std::string_view reason, Clock::time_point now) {
        if (std::exchange(up_, false) && !deaf_since_) {
            deaf_since_ = now;
            deaf_because_ = reason;
        }
        drained_ = drained_ || draining_;
    }

    /// A channel was confirmed, and not before: a Redis that is full, say, takes a connection only to end it. What
    /// was missed, once.
    std::optional<Gap> confirmed(Clock::time_point now) {
        if (!deaf_since_) return std::nullopt;
        Gap gap;
        gap.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now - *std::exchange(deaf_since_, {}));
        gap.reason = deaf_because_;
        return gap;
    }

    /// Hear no more. Redis answers in order: after its answer nothing more comes, and nothing that came before is
    /// missing.
    void drain(wire::Pipeline& subscriber) {
        draining_ = true;
        if (up_ && !channels_.empty()) subscriber.send_unanswered("UNSUBSCRIBE");
        else drained_ = true;
    }
    void unsubscribed() { drained_ = true; }
    bool drained() const { return drained_; }

private:
    struct Channel {
        std::string name{};
        std::uint64_t* received = nullptr;  ///< of the stats; null: heard for the session only
    };

    std::vector<Channel> channels_{};
    std::size_t last_ = 0;
    bool up_ = false;
    bool draining_ = false;
    bool drained_ = false;
    std::optional<Clock::time_point> deaf_since_{};
    std::string deaf_because_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
