// The channels of a module, whether they are subscribed to at the moment, and how many messages a gap has cost.
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

class Subscription final : public wire::ReplyHandler {
public:
    /// Returns whether Slips publishes orders on this channel.
    static bool is_control(std::string_view name) { return name == "control_channel" || name == "control_module"; }

    /// Sets the channels of a module, once. Also subscribes to control_channel, on which Slips publishes stop_slips when its
    /// input has failed, and if asked to to control_module, on which 1.0.5 publishes stop_process; unless the module has
    /// subscribed to them, it does not receive these messages.
    void set_channels(const std::vector<std::string>& names, Stats& stats, bool with_control_module) {
        for (const std::string& name : names) channels_.push_back({name, &stats.messages.channels[name]});
        const auto add = [this](const char* name) {
            if (index(name) == channels_.size()) channels_.push_back({name, nullptr});
        };
        add("control_channel");
        if (with_control_module) add("control_module");
    }
    bool empty() const { return channels_.empty(); }

    /// Returns the index of a channel, which is valid only if contains() returns true.
    std::size_t index(std::string_view name) {
        if (last_ < channels_.size() && channels_[last_].name == name) return last_;
        const auto found =
            std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.name == name; });
        return last_ = static_cast<std::size_t>(found - channels_.begin());
    }
    bool contains(std::size_t channel) const { return channel < channels_.size(); }
    const std::string& name(std::size_t channel) const { return channels_[channel].name; }

    /// Counts a message that has arrived. Returns false if the module has not subscribed to its channel.
    bool arrived(std::size_t channel) {
        if (!channels_[channel].received) return false;
        ++channels_[channel].arrived;
        return true;
    }
    /// Counts a message, of those that have arrived, as received in the statistics.
    void count(std::size_t channel) { ++*channels_[channel].received; }

    /// Subscribes. Reads Slips' counters first: Redis replies in order, so they count what was published before.
    void up(wire::Pipeline& subscriber) {
        up_ = true;
        answered_ = 0;
        refused_ = false;
        missed_.reset();
        published_now_.clear();
        subscriber.begin(*this, 2 + channels_.size());
        subscriber.add("HMGET");
        subscriber.add("msgs_published_at_runtime");
        for (const Channel& channel : channels_) subscriber.add(channel.name);
        for (const Channel& channel : channels_) subscriber.send_unanswered("SUBSCRIBE", channel.name);
    }
    /// Slips' counters; Slips before 1.1.1 has none.
    void reply(std::uint8_t, std::uint32_t, const wire::Reply& reply, Clock::time_point) override {
        if (reply.kind != wire::Reply::Kind::list || reply.size != channels_.size()) return;
        for (std::size_t i = 0; i < reply.size; ++i) {
            std::uint64_t count = 0;  // stays 0 without a counter
            std::from_chars(reply[i].text.data(), reply[i].text.data() + reply[i].text.size(), count);
            published_now_.push_back(count);
        }
    }
    void lost(std::string_view reason, Clock::time_point now) {
        if (complete() && !lost_since_) {
            lost_since_ = now;
            lost_because_ = reason;
        }
        up_ = false;
        drained_ = drained_ || draining_;
    }

    /// Call when Redis confirms a SUBSCRIBE: a server that is full accepts a connection, then closes it.
    void confirmed() {
        if (!published_now_.empty()) missed_ = count_lost();
        ++answered_;
    }
    /// Call when Redis refuses a SUBSCRIBE. Returns the name of its channel if the module can do without it, an empty string if
    /// the subscription is not complete without it.
    std::string refused() {
        const bool is_spare = answered_ < channels_.size() && !channels_[answered_].received;
        if (!is_spare) refused_ = true;
        return is_spare ? channels_[answered_++].name : std::string();
    }
    /// Returns whether Redis has confirmed all subscriptions. It replies in the order of the commands.
    bool complete() const { return up_ && !refused_ && answered_ >= channels_.size(); }

    /// Call once complete() is true. Returns the gap that has ended, once.
    std::optional<Gap> take_gap(Clock::time_point now) {
        if (!lost_since_) return std::nullopt;
        Gap gap;
        gap.lost = missed_;
        gap.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now - *std::exchange(lost_since_, {}));
        gap.reason = lost_because_;
        return gap;
    }

    /// Cancels the subscriptions. Redis replies in order: all earlier messages come before unsubscribed(), none after it.
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
        std::uint64_t* received = nullptr;         ///< in the statistics; null: only the session needs this channel
        std::optional<std::uint64_t> published{};  ///< Slips' counter when the subscription began
        std::uint64_t arrived = 0;                 ///< messages, also those that another process of the module handles
        std::uint64_t before = 0;                  ///< of these, until then
        std::uint64_t lost = 0;                    ///< messages reported as lost then
        std::uint64_t found = 0;                   ///< of these, received after all
    };

    /// Returns how many messages were published since the previous subscription began and not received, or nullopt if the
    /// counters do not show it: a counter that has decreased was reset, with Redis or with Slips.
    std::optional<std::uint64_t> count_lost() {
        std::optional<std::uint64_t> lost;
        bool was_reset = false;
        for (std::size_t i = 0; i < channels_.size(); ++i) {
            Channel& channel = channels_[i];
            if (!channel.received) continue;
            const std::uint64_t now = published_now_[i];
            if (channel.published && now < *channel.published) was_reset = true;
            const std::uint64_t published = channel.published && !was_reset ? now - *channel.published : 0;
            const std::uint64_t received = channel.arrived - channel.before + std::exchange(channel.found, 0);
            // a message that is counted before a subscription and arrives after it is lost in this gap and found in the next
            if (received > published) channel.found = std::min(received - published, channel.lost);
            channel.lost = published > received ? published - received : 0;
            if (channel.published && now > 0 && !was_reset) lost = lost.value_or(0) + channel.lost;
            channel.published = now;
            channel.before = channel.arrived;
        }
        published_now_.clear();
        return was_reset ? std::nullopt : lost;
    }

    std::vector<Channel> channels_{};
    std::vector<std::uint64_t> published_now_{};  ///< of each channel, until count_lost()
    std::size_t last_ = 0;
    std::optional<std::uint64_t> missed_{};  ///< by count_lost(), on this connection
    std::size_t answered_ = 0;               ///< channels whose SUBSCRIBE was confirmed, or refused and not needed
    bool refused_ = false;                   ///< a channel of the module
    bool up_ = false;
    bool draining_ = false;
    bool drained_ = false;
    std::optional<Clock::time_point> lost_since_{};
    std::string lost_because_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
