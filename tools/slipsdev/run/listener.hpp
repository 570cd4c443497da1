// Receives what the module produces: its messages in Redis, its output, its end.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "slipsdev/judge/judge.hpp"
#include "slipsdev/module/module_process.hpp"
#include "slipsdev/program/terminal.hpp"
#include "slipsdev/redis/client.hpp"

namespace slipsdev {

class Listener {
public:
    /// Subscribes. `main` is for commands; the caller owns it.
    Listener(const Endpoint& endpoint, RedisClient& main, Terminal& terminal);

    void watch(Judge& judge, ModuleProcess& module, const std::string& module_name);

    /// Handles what has arrived, after waiting for it up to this time.
    void listen(int milliseconds);

    /// Waits until everything published before now has been handled. Returns false if that does not happen.
    bool catch_up();

    /// Ignores a message that slipsdev itself publishes on evidence_added.
    void expect_own_evidence(const std::string& payload) { ++own_evidence_[payload]; }

    int times_finished() const { return times_finished_; }

private:
    RedisClient subscriber_;
    RedisClient& main_;
    Terminal& terminal_;
    Judge* judge_ = nullptr;
    ModuleProcess* module_ = nullptr;
    std::string module_name_;
    std::unordered_map<std::string, int> own_evidence_;
    int times_finished_ = 0;
    int marks_sent_ = 0;
    int marks_seen_ = 0;
};

}  // namespace slipsdev
