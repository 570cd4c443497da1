// What the event loop calls in a session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slips/detail/clock.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The interface of a session for the event loop.
class LoopSide {
public:
    wire::Pipeline subscriber{};  ///< commands to Slips' main database on the connection that subscribes
    wire::Pipeline main{};        ///< commands to Slips' main database; call dispatch() with the replies
    wire::Pipeline cache{};       ///< the same to Slips' cache

    /// The main connection is open: logs in, names the connection, reads what is known of Slips.
    virtual void main_up(Clock::time_point now) = 0;
    /// The main connection is lost with all replies: when it is back, the session asks whether evidence was stored.
    virtual void main_lost() = 0;
    /// Returns whether a reply on the main connection, not dispatched yet, shows that Redis serves Slips. While it loads its
    /// data, it accepts a login, names the connection and returns its id all the same.
    virtual bool shows_ready(const wire::Reply& reply) const = 0;
    /// The connection to the cache is open: logs in, selects database 1.
    virtual void cache_up() = 0;
    /// The connection to the cache is lost with all replies: evidence is sent without facts about its addresses.
    virtual void cache_lost(Clock::time_point now) = 0;
    /// The connection that subscribes is open: logs in, subscribes.
    virtual void subscriber_up(Clock::time_point now) = 0;
    /// The connection that subscribes is lost: a gap begins.
    virtual void subscriber_lost(std::string_view reason, Clock::time_point now) = 0;
    /// Handles what Redis has sent on the connection that subscribes; calls the module's handler.
    virtual void pushed(const wire::Reply& reply, Clock::time_point now) = 0;
    /// Returns whether Redis has confirmed the subscriptions on the connection that subscribes.
    virtual bool subscribed() const = 0;
    /// Returns and clears the first error with which Redis has refused the subscription; empty: it has not.
    virtual std::string take_subscription_refusal() = 0;

    /// Runs what is due: timers, posted functions, counters, evidence. Call after each batch of messages and at deadline().
    virtual void tick(Clock::time_point now) = 0;
    /// Returns when tick() is due if nothing comes before; nullopt: never.
    virtual std::optional<Clock::time_point> deadline(Clock::time_point now) const = 0;
    /// Returns whether to stop reading messages, since evidence queues up. Redis keeps them meanwhile.
    virtual bool congested(Clock::time_point now) const = 0;

    /// Stores why the module is to stop; the first reason stays. The program stops it.
    virtual void request_stop(std::string_view reason) = 0;
    virtual bool stopping() const = 0;  ///< request_stop() was called, by the session or from outside

protected:
    ~LoopSide() = default;
};

}  // namespace slips::inline SLIPS_SDK_ABI
