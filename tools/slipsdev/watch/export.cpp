#include "slipsdev/watch/export.hpp"

#include <slips/impl/program/printer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "slipsdev/watch/table.hpp"

namespace slipsdev {
namespace {

template <class Number>
Json value_or_null(const std::optional<Number>& number) {
    if (!number) return nullptr;
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(*number)) return nullptr;
    return *number;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json json_of(const ModuleRow& row) {
    Json channels = Json::object(), counts = Json::object(), gauges = Json::object();
    for (const ChannelRow& channel : row.channels)
        channels[channel.name] = {{"published", channel.published},
                                  {"received", channel.received},
                                  {"backlog", channel.backlog},
                                  {"received_per_second", value_or_null(channel.received_rate)},
                                  {"backlog_growth_per_second", value_or_null(channel.growth)}};
    for (const auto& [name, count] : row.metrics.counts) counts[name] = count;
    for (const auto& [name, value] : row.metrics.gauges) gauges[name] = value_or_null(std::optional<double>(value));
    return {{"name", row.name},
            {"state", row.state},
            {"processes", row.processes},
            {"cpu_cores", value_or_null(row.cpu)},
            {"cpu_seconds", value_or_null(row.cpu_seconds)},
            {"memory_bytes", value_or_null(row.memory)},
            {"memory_kind", row.memory ? Json(row.memory_is_rss ? "rss" : "pss") : Json(nullptr)},
            {"received", value_or_null(row.received)},
            {"received_per_second", value_or_null(row.received_rate)},
            {"backlog", value_or_null(row.backlog)},
            {"backlog_growth_per_second", value_or_null(row.growth)},
            {"evidence", value_or_null(row.metrics.evidence)},
            {"evidence_per_second", value_or_null(row.evidence_rate)},
            {"alarm", text_or_null(row.alarm)},
            {"channels", channels},
            {"counts", counts},
            {"gauges", gauges}};
}

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return python_repr(value);
}
std::string number_text(std::uint64_t value) { return std::to_string(value); }

/// Appends families: HELP, TYPE and their samples.
class Exposition {
public:
    using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        heading_ = "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " " +
                   std::string(type) + "\n";
    }
    template <class Number>
    void sample(Number value, const Labels& labels = {}) {
        text_ += std::exchange(heading_, {});  // a family without samples is left out
        text_ += name_;
        if (!labels.empty()) {
            text_ += '{';
            for (const auto& [label, content] : labels) {
                if (text_.back() != '{') text_ += ',';
                text_ += std::string(label) + "=\"" + label_text(content) + '"';
            }
            text_ += '}';
        }
        text_ += ' ' + number_text(value) + '\n';
    }
    template <class Number>
    void sample_if(const std::optional<Number>& value, const Labels& labels = {}) {
        if (value) sample(*value, labels);
    }
    std::string text() { return std::move(text_); }

private:
    std::string_view name_{};
    std::string heading_{};
    std::string text_{};
};

void add_up(Exposition& out, bool is_up) {
    out.family("slips_up", "gauge", "1 if Slips runs, else 0.");
    out.sample(std::uint64_t{is_up});
}

void add_slips(Exposition& out, const Report& report) {
    const std::string type = stored_in(report, "input_type"), name = stored_in(report, "name"),
                      interface = stored_in(report, "interface");
    out.family("slips_info", "gauge", "The release of Slips and its input.");
    out.sample(std::uint64_t{1},
               {{"version", report.version}, {"input_type", type}, {"input", name}, {"interface", interface}});
    out.family("slips_start_time_seconds", "gauge", "When Slips has started, since the epoch.");
    out.sample_if(report.started);
    out.family("slips_flows_total", "counter",
               "Flows that the profiler has processed; before Slips 1.1.17 messages on new_flow.");
    out.sample_if(report.flows);
    out.family("slips_evidence_total", "counter", "Evidence that was set.");
    out.sample_if(report.evidence);
    out.family("slips_alerts_total", "counter", "Alerts.");
    out.sample_if(report.alerts);
    out.family("slips_profiles", "gauge", "Profiles in the database.");
    out.sample_if(report.profiles);
    out.family("slips_time_windows", "gauge",
               "Time windows of all profiles in the database, without those closed before Slips 1.1.17.");
    out.sample_if(report.windows);
    out.family("slips_channel_published_messages_total", "counter", "Messages that were published on a channel.");
    if (report.published)
        for (const auto& [channel, count] : *report.published) out.sample(count, {{"channel", channel}});
}

void add_modules(Exposition& out, const Report& report) {
    const auto each = [&](auto visit) {
        for (const ModuleRow& row : report.modules) visit(row, row.name);
    };
    const auto each_channel = [&](auto visit) {
        for (const ModuleRow& row : report.modules)
            for (const ChannelRow& channel : row.channels) visit(row.name, channel);
    };
    out.family("slips_module_processes", "gauge", "Processes of a module; 0 if it has ended.");
    each([&](const ModuleRow& row, std::string_view name) {
        if (row.state != "?") out.sample(std::uint64_t{row.processes}, {{"module", name}});
    });
    out.family("slips_module_cpu_seconds_total", "counter", "CPU time of the processes of a module.");
    each([&](const ModuleRow& row, std::string_view name) { out.sample_if(row.cpu_seconds, {{"module", name}}); });
    out.family("slips_module_memory_bytes", "gauge",
               "Memory of the processes of a module: PSS, or RSS if that may not be read.");
    each([&](const ModuleRow& row, std::string_view name) {
        out.sample_if(row.memory, {{"module", name}, {"kind", row.memory_is_rss ? "rss" : "pss"}});
    });
    out.family("slips_module_received_messages_total", "counter", "Messages that a module has received on a channel.");
    each_channel([&](std::string_view name, const ChannelRow& channel) {
        out.sample(channel.received, {{"module", name}, {"channel", channel.name}});
    });
    out.family("slips_module_backlog_messages", "gauge",
               "Messages that were published on a channel, and that a module has not received.");
    each_channel([&](std::string_view name, const ChannelRow& channel) {
        out.sample(channel.backlog, {{"module", name}, {"channel", channel.name}});
    });
    out.family("slips_module_evidence_total", "counter", "Evidence that a module has stored, if it uses this SDK.");
    each([&](const ModuleRow& row, std::string_view name) { out.sample_if(row.metrics.evidence, {{"module", name}}); });
    out.family("slips_module_count_total", "counter", "What a module counts itself.");
    each([&](const ModuleRow& row, std::string_view name) {
        for (const auto& [what, count] : row.metrics.counts) out.sample(count, {{"module", name}, {"name", what}});
    });
    out.family("slips_module_value", "gauge", "What a module measures itself.");
    each([&](const ModuleRow& row, std::string_view name) {
        for (const auto& [what, value] : row.metrics.gauges) out.sample(value, {{"module", name}, {"name", what}});
    });
}

void add_redis(Exposition& out, const RedisSample& redis) {
    out.family("slips_redis_commands_total", "counter", "Commands that Redis has executed.");
    out.sample_if(redis.commands);
    out.family("slips_redis_cpu_seconds_total", "counter", "CPU time of Redis.");
    out.sample_if(redis.cpu_seconds);
    out.family("slips_redis_memory_bytes", "gauge", "Memory that Redis uses.");
    out.sample_if(redis.memory);
    out.family("slips_redis_clients", "gauge", "Connections of Redis.");
    out.sample_if(redis.clients);
    out.family("slips_redis_slow_clients_dropped_total", "counter",
               "Clients that Redis has dropped because they read too slowly.");
    out.sample_if(redis.dropped);
}

}  // namespace

std::string label_text(std::string_view text) {
    const std::string shown = slips::screen_line(text);
    std::string out;
    for (std::size_t at = 0; at < shown.size();) {
        const std::string_view character = character_at(shown, at);
        at += std::max<std::size_t>(character.size(), 1);
        if (character.empty()) out += "\xef\xbf\xbd";  // labels are UTF-8
        else if (character == "\t") out += ' ';
        else if (character == "\\" || character == "\"") out.append(1, '\\').append(character);
        else out += character;
    }
    return out;
}

Json to_json(const Report& report) {
    Json modules = Json::array(), published = nullptr, notes = report.notes;
    for (const ModuleRow& row : report.modules) modules.push_back(json_of(row));
    if (report.published) {
        published = Json::object();
        for (const auto& [channel, count] : *report.published) published[channel] = count;
    }
    return {{"time", report.unix_time},
            {"slips",
             {{"running", report.is_running && !report.has_ended},
              {"version", text_or_null(report.version)},
              {"started", value_or_null(report.started)},
              {"input_type", text_or_null(stored_in(report, "input_type"))},
              {"input", text_or_null(stored_in(report, "name"))},
              {"interface", text_or_null(stored_in(report, "interface"))},
              {"output_dir", text_or_null(stored_in(report, "output_dir"))},
              {"flows", value_or_null(report.flows)},
              {"flows_per_minute", value_or_null(report.flows_per_minute)},
              {"evidence", value_or_null(report.evidence)},
              {"evidence_per_second", value_or_null(report.evidence_rate)},
              {"alerts", value_or_null(report.alerts)},
              {"profiles", value_or_null(report.profiles)},
              {"time_windows", value_or_null(report.windows)},
              {"published", published}}},
            {"redis",
             {{"version", text_or_null(report.redis.version)},
              {"commands_per_second", value_or_null(report.redis_command_rate)},
              {"cpu_cores", value_or_null(report.redis_cpu)},
              {"memory_bytes", value_or_null(report.redis.memory)},
              {"clients", value_or_null(report.redis.clients)},
              {"slow_clients_dropped", value_or_null(report.redis.dropped)}}},
            {"modules", modules},
            {"notes", notes}};
}

std::string to_prometheus(const Report& report) {
    if (!report.is_running) return to_prometheus_down();
    Exposition out;
    add_up(out, !report.has_ended);
    add_slips(out, report);
    add_modules(out, report);
    add_redis(out, report.redis);
    return out.text();
}

std::string to_prometheus_down() {
    Exposition out;
    add_up(out, false);
    return out.text();
}

}  // namespace slipsdev
