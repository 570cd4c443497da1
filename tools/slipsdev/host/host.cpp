#include "slipsdev/host/host.hpp"

#include "slipsdev/text/python_time.hpp"

namespace slipsdev {

std::unique_ptr<Host> Host::make(const HostSettings& settings) {
    return settings.generation == Generation::current ? make_current_host(settings) : make_legacy_host(settings);
}

void Host::deliver(const CapturedMessage& message, bool counted, Pipeline& pipeline) {
    std::string why;
    const auto payload = parse_json(message.data, why);
    if (payload) {
        const std::string profileid = text_member(*payload, "profileid");
        const std::string twid = text_member(*payload, "twid");
        if (profileid.rfind("profile_", 0) == 0) {
            const Json* time = find_member(*payload, "stime");
            double start = time != nullptr && time->is_number() ? time->get<double>() : 0;
            if (time != nullptr && time->is_string()) start = python_float(time->get<std::string>()).value_or(0);
            // The capture has its own new_ip and new_profile; only the keys are missing.
            if (is_new_profile(profileid)) add_profile(pipeline, profileid, start);
            if (!twid.empty()) add_window(pipeline, profileid, twid, start);
        }
    }
    publish(pipeline, message.channel, message.data, counted);
}

void Host::add_window(Pipeline& pipeline, const std::string& profileid, const std::string& twid, double start) {
    if (!windows_.emplace(profileid + "_" + twid, start).second) return;
    pipeline.add({"ZADD", "tws" + profileid, python_repr(start), twid});
}

double Host::window_start(const std::string& profileid, const std::string& twid) const {
    const auto window = windows_.find(profileid + "_" + twid);
    return window == windows_.end() ? 0 : window->second;
}

}  // namespace slipsdev
