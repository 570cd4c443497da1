// What Slips wants counted for each message (current only): summed per batch, sent late, not lost at stop.
//
// Mirrors get_message() and incr_msgs_received_in_channel() in slips_files/core/database/redis_db/database.py:
// of a flow, how many subscribers have seen it, and when all have, one more flow a minute analysed by all.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/impl/session/notices.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Bookkeeping final : public wire::ReplyHandler {
public:
    /// At the latest so long after a message it is counted; under load by the number of flows.
    static constexpr std::chrono::milliseconds delay{50};
    static constexpr std::size_t many = 512;
    static constexpr std::size_t most = 65'536;  ///< while Redis takes nothing: further flows are not counted
    static constexpr std::size_t most_bytes = 4 << 20;    ///< the same, of their uids
    static constexpr std::size_t most_unsent = 16 << 20;  ///< bytes that Redis has not taken: nothing is counted until it does

    /// Refers to `main` and `notices`, which outlive it.
    Bookkeeping(std::string_view module, wire::Pipeline& main, Notices& notices)
        : key_(std::string(module) + "_msgs_received_at_runtime"), main_(main), notices_(notices) {}

    /// Sets the subscribed channels, in the order of their indices.
    void set_channels(const std::vector<std::string>& channels);

    void received(std::size_t channel) { ++channels_[channel].received; }
    void flow(std::size_t channel, std::string_view uid, Clock::time_point now) {
        Channel& subscribed = channels_[channel];
        if (!subscribed.carries_flows || uid.empty()) return;
        if (flows_ >= most || uid_bytes_ + uid.size() > most_bytes) return static_cast<void>(overflowed_ = true);
        if (flows_ == 0) since_ = now;
        ++flows_;
        uid_bytes_ += uid.size();
        subscribed.uids.append(uid);
        subscribed.ends.push_back(subscribed.uids.size());
    }

    bool due(Clock::time_point now) const {
        return flows_ >= many || uid_bytes_ >= most_bytes / 2 || (pending() && now >= since_ + delay);
    }
    bool pending() const {
        return flows_ != 0 || std::any_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.received; });
    }
    Clock::time_point deadline() const { return since_ + delay; }
    void touch(Clock::time_point now) {
        if (!pending()) since_ = now;
    }

    /// Sends all counts.
    void flush();
    void reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point now) override;

    /// The connection is lost: counts without a reply may have been stored, and are not sent again.
    void lost() {
        analyzed_ = 0;
        can_expire_field_ = true;
    }

    /// Returns whether flows were left out since the last call, because Redis accepts too little.
    bool take_overflow() { return std::exchange(overflowed_, false); }

private:
    enum class Tag : std::uint8_t { subscribers, flow, time_to_live, flows_counted, analyzed };

    struct Channel {
        std::string name{};
        std::string key{};              ///< number_of_subscribers_who_processed_this_msg_<channel>
        bool carries_flows = false;
        std::uint64_t received = 0;
        std::string uids{};             ///< one after the other: nothing is allocated a flow
        std::vector<std::size_t> ends{};
        std::int64_t subscribers = 0;

        template <class Visit>
        void for_each_uid(Visit&& visit) const {
            std::size_t begin = 0;
            for (const std::size_t end : ends) {
                visit(std::string_view(uids).substr(begin, end - begin));
                begin = end;
            }
        }
    };

    static constexpr std::string_view analyzed_key = "flows_analyzed_by_all_modules_per_minute";

    static bool carries_flows(std::string_view channel) {
        static constexpr std::array<std::string_view, 16> names{
            "new_flow", "new_dns",  "new_http", "new_ssl",  "new_ssh",   "new_notice",   "new_url",    "new_downloaded_file",
            "new_service", "new_arp", "new_smtp", "new_dhcp", "new_weird", "new_software", "new_tunnel", "new_login"};
        return std::find(names.begin(), names.end(), channel) != names.end();
    }

    std::string key_;
    wire::Pipeline& main_;
    Notices& notices_;
    std::vector<Channel> channels_{};
    std::size_t flows_ = 0;
    std::size_t uid_bytes_ = 0;
    bool overflowed_ = false;
    Clock::time_point since_{};
    std::uint64_t analyzed_ = 0;       ///< flows that every subscriber has seen, of the replies so far
    bool can_expire_field_ = true;     ///< HEXPIRE: Redis 7.4
};

// ---------------------------------------------------------------------------------------------------------

inline void Bookkeeping::set_channels(const std::vector<std::string>& channels) {
    channels_.clear();
    for (const std::string& name : channels) {
        Channel channel;
        channel.name = name;
        channel.key = "number_of_subscribers_who_processed_this_msg_" + name;
        channel.carries_flows = carries_flows(name);
        channels_.push_back(std::move(channel));
    }
}

inline void Bookkeeping::flush() {
    const bool counts = main_.bytes().size() < most_unsent;
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        Channel& channel = channels_[i];
        if (!counts) {
            overflowed_ = overflowed_ || !channel.ends.empty();
            channel.received = 0;
            channel.uids.clear();
            channel.ends.clear();
        }
        if (channel.received) {
            main_.send(notices_, "HINCRBY", key_, channel.name, channel.received);
            channel.received = 0;
        }
        if (channel.ends.empty()) continue;
        main_.send({*this, Tag::subscribers, i}, "PUBSUB", "NUMSUB", channel.name);
        channel.for_each_uid(
            [&](std::string_view uid) { main_.send({*this, Tag::flow, i}, "HINCRBY", channel.key, uid, 1); });
        if (can_expire_field_) {
            main_.begin({*this, Tag::time_to_live}, 6 + channel.ends.size());
            for (const std::string_view word : {"HEXPIRE", channel.key.c_str(), "1800", "NX", "FIELDS"}) main_.add(word);
            main_.add(channel.ends.size());
            channel.for_each_uid([&](std::string_view uid) { main_.add(uid); });
        }
        // its reply comes after all of these: then it is known of how many flows this module was the last subscriber
        main_.send({*this, Tag::flows_counted}, "EXISTS", analyzed_key);
        channel.uids.clear();
        channel.ends.clear();
    }
    flows_ = uid_bytes_ = 0;
}

inline void Bookkeeping::reply(std::uint8_t tag, std::uint32_t index, const wire::Reply& reply, Clock::time_point) {
    switch (Tag{tag}) {
        case Tag::subscribers:
            if (reply.kind == wire::Reply::Kind::list && reply.size == 2) channels_[index].subscribers = reply[1].integer;
            return;
        case Tag::flow:
            if (reply.integer == channels_[index].subscribers) ++analyzed_;
            return;
        case Tag::time_to_live:
            if (reply.is_error() && !reply.is_wrong_type()) can_expire_field_ = false;
            return;
        case Tag::flows_counted: {
            if (analyzed_ == 0) return;
            const auto added = std::exchange(analyzed_, 0);
            main_.send({*this, Tag::analyzed, added}, "INCRBY", analyzed_key, added);
            return;
        }
        case Tag::analyzed:  // this command has created the key: a minute begins
            if (reply.integer == index) main_.send(notices_, "EXPIRE", analyzed_key, 60);
            return;
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
