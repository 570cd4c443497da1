// What a module calls in its session.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/evidence.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/timers.hpp"
#include "slips/metrics.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The interface of a session for the module.
class ModuleSide {
public:
    /// Returns false if the evidence is refused; the reason is logged. Otherwise it will be stored and published, once.
    virtual bool set_evidence(const Context& context, Evidence evidence) = 0;
    /// Returns why a text cannot be published, or an empty string.
    using PublishingFault = std::string (*)(std::string_view channel, std::string_view text, Generation generation);
    /// Returns false if the text is refused; the reason is logged. Otherwise it is sent; like every message it may get lost.
    /// `fault` is passed, so that in header-only mode only modules that publish compile the checks of all messages.
    virtual bool publish(std::string_view channel, std::string_view text, PublishingFault fault) = 0;
    /// Runs `action` after each `interval` from now on, until the session stops its timers.
    virtual void every(std::chrono::nanoseconds interval, std::function<void()> action) = 0;
    /// Adds to a count. Refuses, and logs why, a wrong name, a name of a gauge, and more names than Metrics holds.
    virtual void count(const MetricName& name, std::uint64_t by) = 0;
    /// Sets a gauge. Refuses, and logs why, the same and a value that is not finite.
    virtual void gauge(const MetricName& name, double value) = 0;
    /// Returns the generation of Slips; nullopt: not known yet.
    virtual std::optional<Generation> generation() const = 0;
    /// Returns the version of Slips; empty: not known yet.
    virtual const std::string& slips_version() const = 0;
    /// Returns where post() puts functions; it outlives the session.
    virtual const std::shared_ptr<detail::Posted>& posted() const = 0;
    /// Runs `action` on the loop's thread soon. May be called from any thread.
    void post(std::function<void()> action) { posted()->post(std::move(action)); }

protected:
    ~ModuleSide() = default;
};

}  // namespace slips::inline SLIPS_SDK_ABI
