// Reports how the SDK decodes messages: failures, absent fields, and keys that no table has.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// Returns a generation's name of the channel named `channel` in it or in the other one; nullopt if it has no such
/// channel, or the SDK has no type for it.
std::optional<std::string_view> name_in(Generation generation, std::string_view channel);

/// Returns the name, or "(others)" if `known` already holds many, so that invented names cannot fill the memory.
template <class Map>
std::string counted_name(const Map& known, std::string name) {
    constexpr std::size_t many = 1000, long_name = 1000;
    if (name.size() > long_name) name = name.substr(0, long_name) + "...";
    return known.size() < many || known.contains(name) ? name : "(others)";
}

/// Counts messages by channel and kind.
class MessageReport {
public:
    /// `generation`: of all messages; nullopt: as each message shows, else as those before, else current.
    explicit MessageReport(std::optional<Generation> generation) : given_(generation) {}

    /// Decodes a message. Returns the reason if that fails.
    std::optional<std::string> add(const CapturedMessage& message);

    /// Returns a paragraph for each kind, and a line for each channel without a type.
    std::vector<std::string> lines() const;

    std::size_t messages() const { return messages_; }
    std::size_t decoded() const { return decoded_; }
    std::size_t untyped() const { return untyped_; }  ///< received as RawMessage
    std::size_t control() const { return control_; }  ///< "stop_process": stops a module, which does not receive it
    std::size_t failed() const { return failed_; }

    struct Kind {
        std::size_t decoded = 0;
        std::size_t failed = 0;
        std::map<std::string, std::size_t> absent{};    ///< fields of the table, by key
        std::map<std::string, std::size_t> left_out{};  ///< optional fields of another type, with what was expected
        std::map<std::string, std::size_t> unknown{};   ///< keys that the table does not have
    };
    /// By "channel generation" and, if there is one, the kind of the flow.
    const std::map<std::string, Kind>& kinds() const { return kinds_; }

private:
    std::optional<Generation> given_;
    std::optional<Generation> shown_{};  ///< by earlier messages
    std::size_t messages_ = 0;
    std::size_t decoded_ = 0;
    std::size_t untyped_ = 0;
    std::size_t control_ = 0;
    std::size_t failed_ = 0;
    std::map<std::string, Kind> kinds_{};
    std::map<std::string, std::size_t> raw_{};
};

}  // namespace slipsdev
