#include "slipsdev/recordings/capture.hpp"

#include <slips/impl/wire/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace slipsdev {

std::string_view name_of(Generation generation) { return generation == Generation::current ? "current" : "legacy"; }

std::string capture_line(const CapturedMessage& message) {
    std::string line = R"({"channel": )";
    slips::wire::append_json(line, message.channel);
    slips::wire::append_json(line += R"(, "data": )", message.data);
    if (message.time) line += R"(, "time": )" + python_repr(*message.time);
    return line += "}\n";
}

std::optional<CapturedMessage> read_capture_line(std::string_view line, std::string& why) {
    const auto parsed = parse_json(line, why);
    if (!parsed) return std::nullopt;
    const Json* channel = find_member(*parsed, "channel");
    const Json* data = find_member(*parsed, "data");
    for (const auto& [name, member] : {std::pair("channel", channel), std::pair("data", data)}) {
        if (member != nullptr && member->is_string()) continue;
        why = R"(not {"channel": text, "data": text}: )" + std::string(name) + " is " +
              (member == nullptr ? "missing" : member->type_name());
        return std::nullopt;
    }
    CapturedMessage message{channel->get<std::string>(), data->get<std::string>()};
    const Json* time = find_member(*parsed, "time");
    if (time != nullptr && time->is_number()) message.time = time->get<double>();
    return message;
}

std::optional<OtherLog> other_log(std::string_view line) {
    if (line.starts_with("#separator") || line.starts_with("#fields")) return OtherLog::zeek;
    std::string why;
    const auto json = line.starts_with('{') ? parse_json(line, why) : std::nullopt;
    if (!json || !json->is_object() || find_member(*json, "channel") != nullptr) return std::nullopt;
    if (find_member(*json, "event_type") != nullptr && find_member(*json, "timestamp") != nullptr) return OtherLog::eve;
    return find_member(*json, "ts") != nullptr ? std::optional(OtherLog::zeek) : std::nullopt;
}

bool is_control_message(const CapturedMessage& message) {
    return message.data == "stop_process" || message.data == "stop_slips" || message.channel == "finished_modules" ||
           message.channel == "control_channel";
}

std::optional<Origin> origin_of(const CapturedMessage& message) {
    if (message.data.empty() || message.data.front() != '{') return std::nullopt;
    std::string why;
    const auto payload = parse_json(message.data, why);
    if (!payload) return std::nullopt;
    const Json* flow = find_member(*payload, "flow");
    const std::string version = text_member(*payload, "version");
    if (!version.empty()) return Origin{Generation::current, version};
    // These flows were texts until 1.1.2; on other channels, they became objects earlier.
    constexpr std::array<std::string_view, 6> last_texts{"new_flow", "new_dns", "new_http",
                                                         "new_ssl",  "new_ssh", "new_notice"};
    const bool shows = std::find(last_texts.begin(), last_texts.end(), message.channel) != last_texts.end();
    if (shows && flow != nullptr && flow->is_object()) return Origin{Generation::current, {}};
    if ((message.channel == "new_flow" && flow != nullptr && flow->is_string()) ||
        (message.channel == "evidence_added" &&
         (payload->contains("type_evidence") || payload->contains("attacker_direction")))) {
        return Origin{Generation::legacy, {}};
    }
    return std::nullopt;
}

}  // namespace slipsdev
