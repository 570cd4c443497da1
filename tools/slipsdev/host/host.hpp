// Slips as a module sees it: what it keeps in Redis, what it publishes, how it stops its modules.
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
    std::string other_version{};  ///< of a second Slips in the same Redis (current); empty: there is none
};

class Host {
public:
    static std::unique_ptr<Host> make(const HostSettings& settings);
    virtual ~Host() = default;

    /// What is there before modules start.
    virtual void prepare(RedisClient& main) = 0;

    /// The messages and writes that a line of conn.log leads to; false, and the reason, when Slips drops it.
    virtual bool deliver(const ZeekRecord& record, Pipeline& pipeline, std::string& why) = 0;

    /// A captured message, as it is; the profile and window it names come into being if they are new.
    void deliver(const CapturedMessage& message, bool counted, Pipeline& pipeline);

    virtual void publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted) = 0;

    /// The second Slips takes over, if there is one.
    virtual void hand_over(Pipeline&) {}

    /// What Slips tells when no more flows come.
    virtual void end_of_flows(Pipeline& pipeline) = 0;
    /// Can the word to stop overtake the messages? true: a signal; false: it is a message itself.
    virtual bool stops_out_of_band() const = 0;
    /// Asks the module to stop.
    virtual void stop(RedisClient& main, ChildProcess& module) = 0;

    /// When a window begins; 0 for one that the host has not made.
    double window_start(const std::string& profileid, const std::string& twid) const;

protected:
    explicit Host(HostSettings settings) : settings_(std::move(settings)) {}
    virtual void add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime) = 0;
    void add_window(Pipeline& pipeline, const std::string& profileid, const std::string& twid, double start);
    bool is_new_profile(const std::string& profileid) { return profiles_.insert(profileid).second; }

    HostSettings settings_;
    std::map<std::string, double> windows_;  // "<profile>_<timewindow>" to its beginning

private:
    std::set<std::string> profiles_;
};

std::unique_ptr<Host> make_current_host(const HostSettings& settings);
std::unique_ptr<Host> make_legacy_host(const HostSettings& settings);

}  // namespace slipsdev
