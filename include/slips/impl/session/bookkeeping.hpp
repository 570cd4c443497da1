// Counts messages for Slips 1.1.1 and newer: adds the counts of a batch, sends them later, and not later than at the stop.
//
// Mirrors get_message() and incr_msgs_received_in_channel() in slips_files/core/database/redis_db/database.py: for each flow
// the number of subscribers that have received it, and when all have, one more flow analysed by all modules in this minute.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/notices.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns whether Slips 1.1.9 and newer counts the flows of this channel: it does for all message types with `.flow` but NewLetters.
/// Mirrors subscribers_of_channels_that_recv_flows in slips_files/core/database/redis_db/flow_tracker_db.py.
template <class... M>
constexpr bool counts_flows(wire::Types<M...>, std::string_view channel) {
    const auto carries = [channel]<class One>(const One*) {
        if constexpr (std::is_same_v<One, NewLetters>) return false;
        else if constexpr (requires(One message) { message.flow; })
            return channel_of<One>(Generation::current) == channel;
        else return false;
    };
    return (carries(static_cast<const M*>(nullptr)) || ...);
}
constexpr bool counts_flows(std::string_view channel) { return counts_flows(wire::Messages(), channel); }

class Bookkeeping final : public wire::ReplyHandler {
public:
    /// Counts are sent after this time at the latest, or when there are `many` flows.
    static constexpr std::chrono::milliseconds delay{50};
    static constexpr std::size_t many = 512;
    static constexpr std::size_t most = 65'536;         ///< flows; more are not counted until Redis accepts these
    static constexpr std::size_t most_bytes = 4 << 20;  ///< of their uids; likewise
    /// Bytes that Redis has not accepted. While there are more, nothing is counted.
    static constexpr std::size_t most_unsent = 16 << 20;

    /// Refers to `main` and `notices`, which outlive it. `copies`: processes of the module. Each of them subscribes and one
    /// receives the flow, so that it counts for all: Slips waits for as many as have subscribed.
    Bookkeeping(std::string_view module, int copies, wire::Pipeline& main, Notices& notices)
        : key_(std::string(module) + "_msgs_received_at_runtime"), copies_(copies), main_(main), notices_(notices) {}

    /// Sets the subscribed channels, in the order of their indices.
    void set_channels(const std::vector<std::string>& channels);

    void received(std::size_t channel) { ++channels_[channel].received; }
    void flow(std::size_t channel, std::string_view uid, Clock::time_point now) {
        Channel& subscribed = channels_[channel];
        if (!subscribed.counts_flows || uid.empty()) return;
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
        return flows_ != 0 ||
               std::any_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.received; });
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
        std::string key{};  ///< number_of_subscribers_who_processed_this_msg_<channel>
        bool counts_flows = false;
        std::uint64_t received = 0;
        std::string uids{};  ///< one after the other: no allocation per flow
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

    std::string key_;
    int copies_;
    wire::Pipeline& main_;
    Notices& notices_;
    std::vector<Channel> channels_{};
    std::size_t flows_ = 0;
    std::size_t uid_bytes_ = 0;
    bool overflowed_ = false;
    Clock::time_point since_{};
    std::uint64_t analyzed_ = 0;    ///< flows that every subscriber has received, by the replies so far
    bool can_expire_field_ = true;  ///< HEXPIRE: Redis 7.4
};

// ---------------------------------------------------------------------------------------------------------

inline void Bookkeeping::set_channels(const std::vector<std::string>& channels) {
    channels_.clear();
    for (const std::string& name : channels) {
        Channel channel;
        channel.name = name;
        channel.key = "number_of_subscribers_who_processed_this_msg_" + name;
        channel.counts_flows = detail::counts_flows(name);
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
        channel.for_each_uid([&](std::string_view uid) {
            main_.send({*this, Tag::flow, i}, "HINCRBY", channel.key, uid, copies_);
        });
        if (can_expire_field_) {
            main_.begin({*this, Tag::time_to_live}, 6 + channel.ends.size());
            for (const std::string_view word : {"HEXPIRE", channel.key.c_str(), "1800", "NX", "FIELDS"})
                main_.add(word);
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
            if (reply.kind == wire::Reply::Kind::list && reply.size == 2)
                channels_[index].subscribers = reply[1].integer;
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
