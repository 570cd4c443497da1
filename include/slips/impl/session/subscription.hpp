// What a module hears: its channels, and whether it hears them at the moment.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

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

    /// Slips' counters first: Redis answers in order, so what they hold was published before this subscription.
    void up(wire::Pipeline& subscriber) {
        up_ = true;
        published_now_.clear();
        subscriber.begin(wire::Purpose::counter, 0, 2 + channels_.size());
        subscriber.add("HMGET");
        subscriber.add("msgs_published_at_runtime");
        for (const Channel& channel : channels_) subscriber.add(channel.name);
        for (const Channel& channel : channels_) subscriber.send_unanswered("SUBSCRIBE", channel.name);
    }
    /// What Slips' counters hold, or an error; legacy Slips has none.
    void counters(const wire::Reply& reply) {
        if (reply.kind != wire::Reply::Kind::list || reply.size != channels_.size()) return;
        for (std::size_t i = 0; i < reply.size; ++i) {
            std::uint64_t count = 0;  // no counter, or no number: nothing yet, or never
            std::from_chars(reply[i].text.data(), reply[i].text.data() + reply[i].text.size(), count);
            published_now_.push_back(count);
        }
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
        const auto lost = published_now_.empty() ? std::nullopt : count_lost();
        if (!deaf_since_) return std::nullopt;
        Gap gap;
        gap.lost = lost;
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
        std::optional<std::uint64_t> published{};  ///< by Slips' counter, when the subscription began
        std::uint64_t before = 0;                  ///< received until then
        std::uint64_t lost = 0;                    ///< so it was told then
        std::uint64_t found = 0;                   ///< of these, came after all
    };

    /// Published since the subscription before this one, and not received. Nothing: the counters do not tell. One that
    /// went back began anew, with Redis or with Slips.
    std::optional<std::uint64_t> count_lost() {
        std::optional<std::uint64_t> lost;
        bool anew = false;
        for (std::size_t i = 0; i < channels_.size(); ++i) {
            Channel& channel = channels_[i];
            if (!channel.received) continue;
            const std::uint64_t now = published_now_[i];
            if (channel.published && now < *channel.published) anew = true;
            const std::uint64_t published = channel.published && !anew ? now - *channel.published : 0;
            const std::uint64_t received = *channel.received - channel.before + std::exchange(channel.found, 0);
            // what is counted before a subscription and comes after it is lost to this gap, and found in the next
            if (received > published) channel.found = std::min(received - published, channel.lost);
            channel.lost = published > received ? published - received : 0;
            if (channel.published && now > 0 && !anew) lost = lost.value_or(0) + channel.lost;
            channel.published = now;
            channel.before = *channel.received;
        }
        published_now_.clear();
        return anew ? std::nullopt : lost;
    }

    std::vector<Channel> channels_{};
    std::vector<std::uint64_t> published_now_{};  ///< of each channel, until it is reckoned with
    std::size_t last_ = 0;
    bool up_ = false;
    bool draining_ = false;
    bool drained_ = false;
    std::optional<Clock::time_point> deaf_since_{};
    std::string deaf_because_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
