// Who takes a session's messages: the module, seen from below.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/gap.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a session must know of a decoded message. Valid until the next one is decoded.
struct Received {
    std::string_view version{};  ///< stamped by current Slips; empty: none
    std::string_view uid{};      ///< of the flow it tells of; empty: of none
    bool surely_legacy = false;  ///< of a form that only legacy Slips writes
    bool of_no_use = false;  ///< the other generation's message of that name: not to be handled
};

/// What a session hears messages through: slips::detail::Dispatcher, or a test's own.
class Receiver {
public:
    virtual ~Receiver() = default;

    /// The channels it hears; their places are the indices below. Asked once.
    virtual std::vector<std::string> channels() const = 0;

    /// Returns whether a message there may be text from the network as it is, or nobody knows: then it gives no orders.
    virtual bool is_foreign_text(std::size_t channel) const = 0;

    /// Decodes into storage of its own. Nothing: `error` says why.
    virtual std::optional<Received> decode(std::size_t channel, std::string_view payload, wire::DecodeError& error) = 0;

    /// Hands what was decoded last to its handler, which may throw.
    virtual void handle(std::size_t channel) = 0;

    /// Told when it hears again after `gap`; may throw.
    virtual void on_gap(const Gap& gap) = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI
