// Converts recorded messages to the form of another release of Slips, and counts what that form cannot hold.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// Returns the members that a module gets from a message, by their keys in current Slips: "flow.saddr". Absent members are
/// left out; those that follow from others, as `flow.pkts` does from both directions, are included. Returns nullopt if the
/// SDK has no type for the channel, or the message cannot be decoded; `why` is then the reason, "" for a channel.
std::optional<std::map<std::string, std::string>> decoded_fields(const CapturedMessage& message, std::string& why);

class Conversion {
public:
    explicit Conversion(Release target) : target_(std::move(target)) {}

    /// Returns the message as the release publishes it; nullopt if it cannot be converted, which is counted. Messages that
    /// control Slips are returned unchanged.
    std::optional<CapturedMessage> convert(const CapturedMessage& message);

    /// Counts by the channel in the recording and what was lost: a field, or a sentence in parentheses about the message.
    using Losses = std::map<std::pair<std::string, std::string>, std::size_t>;
    const Losses& lost() const { return lost_; }
    std::size_t undecodable() const { return undecodable_; }  ///< messages that the SDK cannot decode

private:
    void lose(const std::string& channel, const std::string& what);
    void lose_unknown_keys(const CapturedMessage& message);

    Release target_;
    Losses lost_{};
    std::size_t undecodable_ = 0;
};

}  // namespace slipsdev
