// Slips as a module sees it: its keys in Redis, its messages, and how it stops modules.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/redis/pipeline.hpp"

namespace slipsdev {

struct HostSettings {
    Generation generation = Generation::current;
    std::filesystem::path output;
    std::string input_name;
    std::string slips_version;
    double window_width = 3600;
    std::string other_version{};  ///< of a second Slips in the same Redis (current); empty: none
};

class Host {
public:
    static std::unique_ptr<Host> make(const HostSettings& settings);
    virtual ~Host() = default;

    /// Writes what Slips writes before modules start.
    virtual void prepare(RedisClient& main) = 0;

    /// Sends the messages and writes that Slips sends for a line of conn.log. Returns false and the reason if Slips drops it.
    virtual bool deliver(const ZeekRecord& record, Pipeline& pipeline, std::string& why) = 0;

    /// Publishes a captured message unchanged, and adds its profile and time window if they are new.
    void deliver(const CapturedMessage& message, bool counted, Pipeline& pipeline);

    virtual void publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted) = 0;

    /// Lets the second Slips take over, if there is one.
    virtual void hand_over(Pipeline&) {}

    /// Publishes what Slips publishes when no more flows follow.
    virtual void end_of_flows(Pipeline& pipeline) = 0;
    /// Returns whether the request to stop can overtake messages: true for a signal, false for a message.
    virtual bool stops_out_of_band() const = 0;
    /// Asks the module to stop.
    virtual void stop(RedisClient& main, ChildProcess& module) = 0;

    /// Returns the start of a time window; 0 if the host has not added it.
    double window_start(const std::string& profileid, const std::string& twid) const;

protected:
    explicit Host(HostSettings settings) : settings_(std::move(settings)) {}
    virtual void add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime) = 0;
    void add_window(Pipeline& pipeline, const std::string& profileid, const std::string& twid, double start);
    bool is_new_profile(const std::string& profileid) { return profiles_.insert(profileid).second; }

    HostSettings settings_;
    std::map<std::string, double> windows_;  // "<profile>_<timewindow>" to its start

private:
    std::set<std::string> profiles_;
};

std::unique_ptr<Host> make_current_host(const HostSettings& settings);
std::unique_ptr<Host> make_legacy_host(const HostSettings& settings);

}  // namespace slipsdev
