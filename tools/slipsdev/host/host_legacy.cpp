// Slips of June 2022.
#include <unistd.h>

#include <set>
#include <string>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/host/host.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

class LegacyHost final : public Host {
public:
    explicit LegacyHost(const HostSettings& settings) : Host(settings), windows_of_profiles_(settings.window_width) {}

    void prepare(RedisClient& main) override {
        const Micros start = now();
        const std::string output = settings_.output.string();
        main.command({"SET", "stdout", output + "/slips.log"});
        main.command({"SET", "stderr", output + "/errors.log"});
        main.command({"SET", "slips_internal_time", "0"});
        main.command({"SET", "slips_start_time", format_time(start, "%d/%m/%Y %H:%M:%S", local_offset(start))});
        main.command({"HSET", "PIDs", "slips.py", std::to_string(::getpid())});
    }

    bool deliver(const ZeekRecord& record, Pipeline& pipeline, std::string& why) override {
        const auto draft = draft_legacy_flow(record, why);
        if (!draft) return false;
        const std::string profileid = "profile_" + draft->saddr;
        if (is_new_profile(profileid)) {
            add_profile(pipeline, profileid, draft->stime);
            publish_new_ip(pipeline, draft->saddr);
            publish(pipeline, "new_profile", draft->saddr, false);
        }
        const auto placed = windows_of_profiles_.place(profileid, draft->time);
        for (const TimeWindow& window : placed.created) {
            add_window(pipeline, profileid, twid_of(window.number), window.start);
            pipeline.add({"HSET", profileid, "threat_level", "0", "confidence", "0.5"});
        }
        const std::string twid = twid_of(placed.number);
        if (!flows_.insert(profileid + "_" + twid + "_" + draft->uid).second) {
            why = "uid seen before in its time window: legacy Slips publishes a flow once";
            return false;
        }
        publish_new_ip(pipeline, normal_destination(*draft));
        publish(pipeline, "new_flow", legacy_flow_message(*draft, twid), true);
        publish(pipeline, "tw_modified", profileid + ":" + twid, false);
        return true;
    }

    using Host::deliver;

    void publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted) override {
        pipeline.publish(channel, payload, counted);
    }

    void end_of_flows(Pipeline& pipeline) override { pipeline.flush(); }

    bool stops_out_of_band() const override { return false; }
    void stop(RedisClient& main, ChildProcess&) override {
        const Reply channels = main.command({"PUBSUB", "CHANNELS"});
        for (const Reply& channel : channels.items) main.command({"PUBLISH", channel.text, "stop_process"});
    }

protected:
    void add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime) override {
        pipeline.add({"SADD", "profiles", profileid});
        pipeline.add({"HSET", profileid, "starttime", to_python_json(starttime), "duration",
                      python_repr(settings_.window_width), "threat_level", "0", "confidence", "0.05"});
    }

private:
    static std::string normal_destination(const FlowDraft& draft) { return text_member(draft.flow, "daddr"); }

    void publish_new_ip(Pipeline& pipeline, const std::string& ip) {
        if (known_ips_.insert(ip).second) publish(pipeline, "new_ip", ip, false);
    }

    LegacyWindows windows_of_profiles_;
    std::set<std::string> known_ips_;
    std::set<std::string> flows_;
};

}  // namespace

std::unique_ptr<Host> make_legacy_host(const HostSettings& settings) { return std::make_unique<LegacyHost>(settings); }

}  // namespace slipsdev
