// Slips as a module sees it: its keys in Redis, its messages, and how it stops modules.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/flows/log_kinds.hpp"
#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/processes/child_process.hpp"
#include "slipsdev/recordings/capture.hpp"
#include "slipsdev/redis/pipeline.hpp"
#include "slipsdev/releases/release.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

struct HostSettings {
    Release release;
    std::filesystem::path output;
    std::string input_name;
    double window_width = 3600;
    std::string other_version{};  ///< of a second Slips in the same Redis; empty: none
};

class Host {
public:
    explicit Host(HostSettings settings);

    /// Writes what Slips writes before modules start.
    void prepare(RedisClient& main);
    /// Writes what Slips writes after modules have started, before the first flow.
    void announce(RedisClient& main);

    struct Delivery {
        std::vector<std::string_view> channels{};  ///< of the flow; none if Slips drops the line
        std::string why{};                         ///< the reason
        bool is_fault = true;                      ///< the line is invalid, rather than one that this Slips leaves out
    };
    /// Sends the messages and writes that Slips sends for a line of a Zeek log.
    Delivery deliver(const ZeekRecord& record, Pipeline& pipeline);

    /// Publishes a captured message unchanged, and adds its profile and time window if they are new.
    void deliver(const CapturedMessage& message, bool counted, Pipeline& pipeline);

    void publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted);
    /// Returns whether anything was published on the channel.
    bool has_published(std::string_view channel) const { return published_.contains(channel); }

    /// Lets the second Slips take over, if there is one.
    void hand_over(Pipeline& pipeline);

    /// Publishes what Slips publishes when no more flows follow.
    void end_of_flows(Pipeline& pipeline);
    /// Returns whether the request to stop can overtake messages: true for a signal, false for a message.
    bool stops_out_of_band() const { return !settings_.release.stop.is_answered(); }
    /// Writes what Slips writes when it begins to stop.
    void begin_stop(RedisClient& main);
    /// Asks the module to stop.
    void stop(RedisClient& main, ChildProcess& module);

    const Release& release() const { return settings_.release; }

    /// Returns whether the host has added the profile.
    bool has_profile(const std::string& profileid) const { return profiles_.count(profileid) != 0; }
    /// Returns how often new time windows have set the threat level of the profile to 0, as in Slips before 1.1.
    int resets(const std::string& profileid) const {
        const auto found = resets_.find(profileid);
        return found == resets_.end() ? 0 : found->second;
    }

    /// Returns the start of a time window; 0 if the host has not added it.
    double window_start(const std::string& profileid, const std::string& twid) const;

private:
    void write_analysis(RedisClient& main, const std::vector<std::string_view>& fields) const;
    std::string version_in_redis() const;
    std::string width_text() const;
    void add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime);
    std::string place(Pipeline& pipeline, const std::string& profileid, double time);
    void add_window(Pipeline& pipeline, const std::string& profileid, const std::string& twid, double start);
    bool is_new_profile(const std::string& profileid) { return profiles_.insert(profileid).second; }
    void publish_text(Pipeline& pipeline, std::string_view channel, const std::string& text);
    void publish_modified(Pipeline& pipeline, const std::string& profileid, const std::string& twid);
    void publish_new_ip(Pipeline& pipeline, const std::string& ip);
    std::vector<std::string_view> publish_log(const FlowDraft& draft, const std::vector<LogMessage>& messages,
                                              const std::string& twid, Pipeline& pipeline);
    void publish_copy(Pipeline& pipeline, std::string_view channel, std::string_view payload);

    HostSettings settings_;
    Micros start_ = now();
    CurrentWindows windows_of_run_;
    LegacyWindows windows_of_profiles_;
    std::map<std::string, double> windows_{};  // "<profile>_<timewindow>" to its start
    std::set<std::string> profiles_{};
    std::map<std::string, int> resets_{};
    std::set<std::string> known_ips_{};
    std::set<std::string> flows_{};
    std::set<std::string, std::less<>> published_{};  // channels
    std::set<std::string> domains_{};
    std::set<const LogForm*> done_{};  // of those that are published once
    bool has_first_flow_ = false;
};

}  // namespace slipsdev
