// Sends the flows at their pace, but never faster than the module reads them.
#pragma once

#include <optional>

#include "slipsdev/flows/flow_source.hpp"
#include "slipsdev/host/host.hpp"
#include "slipsdev/module/module_process.hpp"
#include "slipsdev/module/subscriptions.hpp"
#include "slipsdev/recordings/pace.hpp"
#include "slipsdev/redis/pipeline.hpp"
#include "slipsdev/run/listener.hpp"
#include "slipsdev/run/summary.hpp"

namespace slipsdev {

class Feeder {
public:
    struct Parts {
        FlowSource& source;
        Host& host;
        RedisClient& main;
        Pipeline& pipeline;
        Listener& listener;
        ModuleProcess& module;
        const ModuleDescription& description;
        const Subscriptions& subscriptions;
        Terminal& terminal;
        Counts& counts;
    };
    /// `hand_over_at`: the line, counted from 0, before which a second Slips takes over; -1: none.
    Feeder(Parts parts, Pace pace, long long hand_over_at) : parts_(parts), pace_(pace), hand_over_at_(hand_over_at) {}

    /// Sends everything. Returns early when the module ends, stops reading, or the user interrupts; with the reason,
    /// unless it was the user.
    std::optional<std::string> run();

    /// Waits until the module has read what Redis holds for it, as far as that is visible from outside.
    void wait_until_read();

    /// Returns the number of lines that were sent.
    long long messages() const { return messages_; }

private:
    void send(const FlowSource::Line& line);
    void count();
    int milliseconds_until_due(const FlowSource::Line& line);

    Parts parts_;
    Pace pace_;
    long long messages_ = 0;
    long long lines_ = 0;
    long long hand_over_at_;
};

}  // namespace slipsdev
