// Slips 1.1.21.
#include <signal.h>
#include <unistd.h>

#include <string>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/host/host.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

class CurrentHost final : public Host {
public:
    explicit CurrentHost(const HostSettings& settings) : Host(settings), windows_of_run_(settings.window_width) {}

    void prepare(RedisClient& main) override {
        const Micros start = now();
        const std::string started = format_time(start, "%Y/%m/%d %H:%M:%S.%f%z", local_offset(start));
        const std::string output = settings_.output.string();
        // Slips writes output_dir and input_type before it starts modules, the rest soon after.
        main.command({"HSET", "analysis", "output_dir", output, "input_type", "zeek_log_file", "name",
                      settings_.input_name, "interface", "default", "slips_version", settings_.slips_version,
                      "analysis_start", started, "disabled_modules", "[]", "evidence_detection_threshold", "0.25"});
        main.command({"SET", "stdout", output + "/slips.log"});
        main.command({"SET", "stderr", output + "/errors.log"});
        main.command({"SET", "will_slips_have_more_flows", "yes"});
        main.command({"SET", "slips_start_time", python_repr(static_cast<double>(start) / 1e6)});
        main.command({"SET", "number_of_evidence", "0"});
        main.command({"HSET", "PIDs", "main", std::to_string(::getpid())});
    }

    bool deliver(const ZeekRecord& record, Pipeline& pipeline, std::string& why) override {
        const auto draft = draft_current_flow(record, why);
        if (!draft) return false;
        const std::string profileid = "profile_" + draft->saddr;
        if (is_new_profile(profileid)) {
            add_profile(pipeline, profileid, draft->stime);
            publish_text(pipeline, "new_ip", draft->saddr);
            publish_text(pipeline, "new_profile", draft->saddr);
        }
        const TimeWindow window = windows_of_run_.window_of(draft->time);
        const std::string twid = twid_of(window.number);
        add_window(pipeline, profileid, twid, window.start);
        if (!has_first_flow_) {
            has_first_flow_ = true;
            pipeline.add({"HSET", "analysis", "file_start", as_argument(draft->stime)});
        }
        const std::string message = current_flow_message(*draft, twid, settings_.slips_version);
        publish(pipeline, "new_flow", message, true);
        return true;
    }

    using Host::deliver;

    void publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted) override {
        pipeline.add({"HINCRBY", "msgs_published_at_runtime", channel, "1"});
        pipeline.publish(channel, payload, counted);
        if (counted && !settings_.other_version.empty()) publish_copy(pipeline, channel, payload);
    }

    void hand_over(Pipeline& pipeline) override {
        if (!settings_.other_version.empty())
            pipeline.add({"HSET", "analysis", "slips_version", settings_.other_version});
    }

    void end_of_flows(Pipeline& pipeline) override {
        pipeline.add({"SET", "will_slips_have_more_flows", "no"});
        for (const auto& [window, start] : windows_) publish_text(pipeline, "tw_closed", window);
        pipeline.flush();
    }

    bool stops_out_of_band() const override { return true; }
    void stop(RedisClient&, ChildProcess& module) override {
        // Slips' own signal is an event inside Python; its launcher passes it on as SIGTERM.
        module.send_signal(SIGTERM);
    }

protected:
    void add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime) override {
        // Without the expiry that Slips sets: an hour.
        const std::string start = as_argument(starttime);
        pipeline.add({"ZADD", "profiles", start, profileid});
        pipeline.add({"HSET", profileid, "starttime", start});
        pipeline.add({"HSET", profileid, "duration", width_text()});
        pipeline.add({"HSET", profileid, "confidence", "0.05"});
    }

private:
    static std::string as_argument(const Json& value) {
        return value.is_string() ? value.get<std::string>() : to_python_json(value);
    }

    std::string width_text() const {
        return settings_.window_width >= only_one_window ? "9999999999" : python_repr(settings_.window_width);
    }

    void publish_text(Pipeline& pipeline, std::string_view channel, const std::string& text) {
        Json message;
        message["text"] = text;
        message["version"] = settings_.slips_version;
        publish(pipeline, channel, to_python_json(message), false);
    }

    /// Publishes the second Slips' copy of the flow.
    void publish_copy(Pipeline& pipeline, std::string_view channel, std::string_view payload) {
        std::string why;
        auto message = parse_json(payload, why);
        if (!message || find_member(*message, "flow") == nullptr ||
            text_member(*message, "version") != settings_.slips_version)
            return;
        (*message)["version"] = settings_.other_version;
        pipeline.add({"HINCRBY", "msgs_published_at_runtime", channel, "1"});
        pipeline.publish(channel, to_python_json(*message), false);
    }

    CurrentWindows windows_of_run_;
    bool has_first_flow_ = false;
};

}  // namespace

std::unique_ptr<Host> make_current_host(const HostSettings& settings) {
    return std::make_unique<CurrentHost>(settings);
}

}  // namespace slipsdev
