// What the SDK's tables make of messages: decoded or not, fields that were absent, keys that no table has.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// What a generation calls the channel that is `channel` in it or in the other one. Nothing: it has none, or the SDK has
/// no type for it.
std::optional<std::string_view> name_in(Generation generation, std::string_view channel);

/// The name itself, or "(others)" where `known` holds many already: who makes names up shall not fill the memory.
template <class Map>
std::string counted_name(const Map& known, std::string name) {
    constexpr std::size_t many = 1000, long_name = 1000;
    if (name.size() > long_name) name = name.substr(0, long_name) + "...";
    return known.size() < many || known.contains(name) ? name : "(others)";
}

/// Counts messages by channel and kind.
class MessageReport {
public:
    /// A message that no --generation covers is of the generation it shows, else of `generation`, else current.
    explicit MessageReport(std::optional<Generation> generation) : told_(generation) {}

    /// Decodes a message. Nothing: it is as it should be. Otherwise why it is not.
    std::optional<std::string> add(const CapturedMessage& message);

    /// One paragraph a kind, and a line for each channel without a type.
    std::vector<std::string> lines() const;

    std::size_t messages() const { return messages_; }
    std::size_t decoded() const { return decoded_; }
    std::size_t untyped() const { return untyped_; }    ///< come as RawMessage
    std::size_t steering() const { return steering_; }  ///< "stop_process": ends a module instead of coming to it
    std::size_t failed() const { return failed_; }

    struct Kind {
        std::size_t decoded = 0;
        std::size_t failed = 0;
        std::map<std::string, std::size_t> absent{};   ///< fields of the table, by key
        std::map<std::string, std::size_t> unknown{};  ///< keys that the table does not have
    };
    /// By "channel generation" and, where it has one, the kind of the flow.
    const std::map<std::string, Kind>& kinds() const { return kinds_; }

private:
    std::optional<Generation> told_;
    std::optional<Generation> shown_{};  ///< by the messages before
    std::size_t messages_ = 0;
    std::size_t decoded_ = 0;
    std::size_t untyped_ = 0;
    std::size_t steering_ = 0;
    std::size_t failed_ = 0;
    std::map<std::string, Kind> kinds_{};
    std::map<std::string, std::size_t> raw_{};
};

}  // namespace slipsdev
