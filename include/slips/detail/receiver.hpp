// Receiver: how a session passes messages on to a module.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/detail/decoder.hpp"
#include "slips/gap.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

using detail::Received;

/// Decodes and handles the messages of a session. Implemented by detail::Dispatcher.
class Receiver {
public:
    virtual ~Receiver() = default;

    /// Returns the channels to subscribe to; the indices below are positions in this list. Called once.
    virtual std::vector<std::string> channels() const = 0;

    /// Returns whether messages of this channel may hold unchanged text from the network; such text gives no orders.
    virtual bool is_foreign_text(std::size_t channel) const = 0;

    /// Decodes a message into storage of its own. Returns nullopt and sets `error` on failure.
    virtual std::optional<Received> decode(std::size_t channel, std::string_view payload, wire::DecodeError& error) = 0;

    /// Calls the handler of the message that was decoded last. May throw.
    virtual void handle(std::size_t channel) = 0;

    /// Empties the stored messages: a reference that a handler has kept shows it. The harness calls it after each handler.
    virtual void forget() = 0;

    /// Called when messages arrive again after a gap. May throw.
    virtual void on_gap(const Gap& gap) = 0;

    /// Returns what is wrong with the subscriptions, which are known after init(); empty if nothing is.
    virtual std::string problem(bool has_timers) const = 0;

    /// Returns whether a typed handler receives those messages of a channel that are JSON objects, or those that are other text.
    virtual bool has_handler(std::string_view channel, bool of_objects) const = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI
