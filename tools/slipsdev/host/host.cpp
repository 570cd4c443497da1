#include "slipsdev/host/host.hpp"

#include <signal.h>
#include <unistd.h>

#include <utility>

namespace slipsdev {
namespace {

std::string as_argument(const Json& value) {
    return value.is_string() ? value.get<std::string>() : to_python_json(value);
}

}  // namespace

Host::Host(HostSettings settings)
    : settings_(std::move(settings)), windows_of_run_(settings_.window_width),
      windows_of_profiles_(settings_.window_width) {}

void Host::prepare(RedisClient& main) {
    const Release& release = settings_.release;
    const std::string output = settings_.output.string();
    if (release.redis.log_files) {
        main.command({"SET", "stdout", output + "/slips.log"});
        main.command({"SET", "stderr", output + "/errors.log"});
    }
    if (release.evidence.is_typed()) {
        main.command({"SET", "slips_start_time", python_repr(static_cast<double>(start_) / 1e6)});
    } else {
        main.command({"SET", "slips_internal_time", "0"});
        main.command({"SET", "slips_start_time", format_time(start_, "%d/%m/%Y %H:%M:%S", local_offset(start_))});
    }
    if (release.redis.more_flows) main.command({"SET", "will_slips_have_more_flows", "yes"});
    if (release.evidence.counted) main.command({"SET", "number_of_evidence", "0"});
    if (!release.redis.pid_field.empty())
        main.command({"HSET", "PIDs", release.redis.pid_field, std::to_string(::getpid())});
    write_analysis(main, release.redis.early);
}

void Host::announce(RedisClient& main) { write_analysis(main, settings_.release.redis.late); }

void Host::write_analysis(RedisClient& main, const std::vector<std::string_view>& fields) const {
    const std::map<std::string_view, std::string> values{
        {"name", settings_.input_name},
        {"analysis_start", format_time(start_, "%Y/%m/%d %H:%M:%S.%f%z", local_offset(start_))},
        {"size_in_MB", "1.0"},
        {"slips_version", version_in_redis()},
        {"output_dir", settings_.output.string()},
        {"input_type", "zeek_log_file"},
        {"disabled_modules", "[]"},
        {"zeek_dir", settings_.output.string() + "/zeek_files"},
        {"commit", "None"},
        {"branch", "None"},
        {"evidence_detection_threshold", python_repr(settings_.release.alert.threshold)},
        {"interface", "default"},
    };
    for (const std::string_view field : fields) main.command({"HSET", "analysis", field, values.at(field)});
}

std::string Host::version_in_redis() const {
    // 1.1.1 stores the line of its file VERSION with the line feed.
    return settings_.release.text + (settings_.release.version == Version{1, 1, 1} ? "\n" : "");
}

Host::Delivery Host::deliver(const ZeekRecord& record, Pipeline& pipeline) {
    const Release& release = settings_.release;
    const LogKind* kind = log_kind(record.path);
    Delivery delivery;
    std::vector<LogMessage> messages;
    const auto draft = kind == nullptr ? draft_flow(record, release.flow, delivery.why)
                                       : draft_log_flow(record, *kind, release, messages, delivery.why);
    if (!draft) return delivery;
    const std::string profileid = "profile_" + draft->saddr;
    if (is_new_profile(profileid)) {
        add_profile(pipeline, profileid, draft->stime);
        publish_new_ip(pipeline, draft->saddr);
        publish_text(pipeline, "new_profile", draft->saddr);
    }
    const std::string twid = place(pipeline, profileid, draft->time);
    if (kind == nullptr && release.flow.nested && !flows_.insert(profileid + "_" + twid + "_" + draft->uid).second) {
        delivery.why = "uid seen before in its time window: Slips before 1.1.2 publishes a flow once";
        return delivery;
    }
    if (!has_first_flow_ && !release.redis.late.empty()) {
        has_first_flow_ = true;
        pipeline.add({"HSET", "analysis", "file_start", as_argument(draft->stime)});
    }
    if (kind != nullptr) {
        delivery.channels = publish_log(*draft, messages, twid, pipeline);
        if (delivery.channels.empty())
            return {{}, "Slips " + release.text + " publishes nothing of this line of " + record.path + ".log", false};
    } else {
        if (release.flow.nested) publish_new_ip(pipeline, text_member(draft->flow, "daddr"));
        publish(pipeline, "new_flow", flow_message(*draft, twid, release), true);
        delivery.channels = {"new_flow"};
    }
    publish_modified(pipeline, profileid, twid);
    return delivery;
}

/// Publishes the messages of a line of another log than conn.log, and returns the channels of its flow.
std::vector<std::string_view> Host::publish_log(const FlowDraft& draft, const std::vector<LogMessage>& messages,
                                                const std::string& twid, Pipeline& pipeline) {
    std::vector<std::string_view> channels;
    for (const LogMessage& message : messages) {
        const LogForm& form = *message.form;
        const std::string payload = log_message(draft, message, twid, settings_.release);
        if (form.occasion == LogForm::Occasion::new_domain && !domains_.insert(payload).second) continue;
        if (form.occasion == LogForm::Occasion::once && !done_.insert(&form).second) continue;
        const bool is_flow = form.occasion != LogForm::Occasion::new_domain;
        for (const std::string_view channel : form.channels) {
            publish(pipeline, channel, payload, is_flow);
            if (is_flow) channels.push_back(channel);
        }
    }
    return channels;
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

void Host::publish(Pipeline& pipeline, std::string_view channel, std::string_view payload, bool counted) {
    if (settings_.release.redis.published_counts) pipeline.add({"HINCRBY", "msgs_published_at_runtime", channel, "1"});
    pipeline.publish(channel, payload, counted);
    if (!published_.contains(channel)) published_.emplace(channel);
    if (counted && !settings_.other_version.empty()) publish_copy(pipeline, channel, payload);
}

/// Publishes the second Slips' copy of the flow.
void Host::publish_copy(Pipeline& pipeline, std::string_view channel, std::string_view payload) {
    std::string why;
    auto message = parse_json(payload, why);
    if (!message || find_member(*message, "flow") == nullptr ||
        text_member(*message, "version") != settings_.release.text)
        return;
    (*message)["version"] = settings_.other_version;
    pipeline.add({"HINCRBY", "msgs_published_at_runtime", channel, "1"});
    pipeline.publish(channel, to_python_json(*message), false);
}

void Host::hand_over(Pipeline& pipeline) {
    if (!settings_.other_version.empty()) pipeline.add({"HSET", "analysis", "slips_version", settings_.other_version});
}

void Host::end_of_flows(Pipeline& pipeline) {
    if (settings_.release.redis.more_flows) pipeline.add({"SET", "will_slips_have_more_flows", "no"});
    if (settings_.release.redis.one_window_count)
        for (const auto& [window, start] : windows_) publish_text(pipeline, "tw_closed", window);
    pipeline.flush();
}

void Host::begin_stop(RedisClient& main) {
    if (settings_.release.redis.analysis_end)
        main.command(
            {"HSET", "analysis", "analysis_end", format_time(now(), "%Y/%m/%d %H:%M:%S.%f%z", local_offset(now()))});
}

void Host::stop(RedisClient& main, ChildProcess& module) {
    switch (settings_.release.stop.stop) {
        case StopForm::Stop::every_channel:
            for (const Reply& channel : main.command({"PUBSUB", "CHANNELS"}).items)
                main.command({"PUBLISH", channel.text, "stop_process"});
            return;
        case StopForm::Stop::control_channel: main.command({"PUBLISH", "control_module", "stop_process"}); return;
        case StopForm::Stop::event: module.send_signal(SIGTERM);  // the launcher passes on the event as a signal
    }
}

std::string Host::width_text() const {
    return settings_.window_width >= only_one_window ? "9999999999" : python_repr(settings_.window_width);
}

void Host::add_profile(Pipeline& pipeline, const std::string& profileid, const Json& starttime) {
    // Without the expiry that newer Slips sets: an hour.
    const std::string start = as_argument(starttime);
    if (settings_.release.redis.sorted_profiles) pipeline.add({"ZADD", "profiles", start, profileid});
    else pipeline.add({"SADD", "profiles", profileid});
    pipeline.add({"HSET", profileid, "starttime", start, "duration", width_text(), "confidence", "0.05"});
    if (!settings_.release.evidence.is_typed()) pipeline.add({"HSET", profileid, "threat_level", "0"});
}

/// Adds the time windows that Slips adds for the flow, and returns the name of its own.
std::string Host::place(Pipeline& pipeline, const std::string& profileid, double time) {
    if (settings_.release.redis.one_window_count) {
        const TimeWindow window = windows_of_run_.window_of(time);
        add_window(pipeline, profileid, twid_of(window.number), window.start);
        return twid_of(window.number);
    }
    const auto placed = windows_of_profiles_.place(profileid, time);
    if (!placed.created.empty()) ++resets_[profileid];
    for (const TimeWindow& window : placed.created) {
        add_window(pipeline, profileid, twid_of(window.number), window.start);
        pipeline.add({"HSET", profileid, "threat_level", "0", "confidence", "0.5"});
    }
    return twid_of(placed.number);
}

void Host::add_window(Pipeline& pipeline, const std::string& profileid, const std::string& twid, double start) {
    if (!windows_.emplace(profileid + "_" + twid, start).second) return;
    pipeline.add({"ZADD", "tws" + profileid, python_repr(start), twid});
    pipeline.add({"ZADD", std::string(settings_.release.redis.windows), python_repr(static_cast<double>(now()) / 1e6),
                  profileid + "_" + twid});
}

void Host::publish_text(Pipeline& pipeline, std::string_view channel, const std::string& text) {
    if (!settings_.release.flow.wrapped) return publish(pipeline, channel, text, false);
    Json message;
    message["text"] = text;
    message["version"] = settings_.release.text;
    publish(pipeline, channel, to_python_json(message), false);
}

void Host::publish_modified(Pipeline& pipeline, const std::string& profileid, const std::string& twid) {
    switch (settings_.release.flow.modified) {
        case FlowForm::Modified::text: return publish(pipeline, "tw_modified", profileid + ":" + twid, false);
        case FlowForm::Modified::object:
            return publish(pipeline, "tw_modified", to_python_json(Json{{"profileid", profileid}, {"twid", twid}}),
                           false);
        case FlowForm::Modified::none: return;
    }
}

void Host::publish_new_ip(Pipeline& pipeline, const std::string& ip) {
    if (known_ips_.insert(ip).second) publish_text(pipeline, "new_ip", ip);
}

double Host::window_start(const std::string& profileid, const std::string& twid) const {
    const auto window = windows_.find(profileid + "_" + twid);
    return window == windows_.end() ? 0 : window->second;
}

}  // namespace slipsdev
