#include "slipsdev/run/summary.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

long long count_of(const Json& object, std::string_view key) {
    const Json* value = find_member(object, key);
    return value != nullptr && value->is_number_integer() ? value->get<long long>() : 0;
}

std::optional<ModuleStats> read_one(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::string why;
    const auto json = parse_json(text.str(), why);
    if (!json) return std::nullopt;
    const Json* messages = find_member(*json, "messages");
    const Json* channels = messages == nullptr ? nullptr : find_member(*messages, "channels");
    const Json* evidence = find_member(*json, "evidence");
    if (channels == nullptr || !channels->is_object() || evidence == nullptr) return std::nullopt;
    ModuleStats stats;
    stats.undecodable = count_of(*messages, "undecodable");
    stats.other_version = count_of(*messages, "other_version");
    stats.exceptions = count_of(*messages, "handler_errors");
    for (const auto& [channel, count] : channels->items()) {
        if (count.is_number_integer()) stats.received[channel] = count.get<long long>();
    }
    stats.refused = count_of(*evidence, "refused") + count_of(*evidence, "given_up");
    stats.published = count_of(*evidence, "published");
    stats.deduplicated = count_of(*evidence, "deduplicated");
    stats.lost = count_of(*evidence, "lost");
    return stats;
}

}  // namespace

std::optional<ModuleStats> read_stats(const std::filesystem::path& file, int copies) {
    if (copies == 1) return read_one(file);
    ModuleStats sum;
    for (int i = 1; i <= copies; ++i) {
        const auto stats = read_one(file.string() + "." + std::to_string(i));
        if (!stats) return std::nullopt;
        for (const auto& [channel, count] : stats->received) sum.received[channel] += count;
        sum.undecodable += stats->undecodable;
        sum.other_version += stats->other_version;
        sum.exceptions += stats->exceptions;
        sum.refused += stats->refused;
        sum.published += stats->published;
        sum.deduplicated += stats->deduplicated;
        sum.lost += stats->lost;
    }
    return sum;
}

Summary summarize(const Counts& counts, const std::optional<ModuleStats>& stats) {
    Summary summary;
    summary.accepted = counts.accepted;
    summary.refused = counts.refused;
    summary.deduplicated = counts.repeats_seen;
    summary.alerts = counts.alerts;
    summary.skipped = counts.skipped;
    summary.faults = counts.faults;
    long long sent_to_module = 0;
    for (const auto& [channel, count] : counts.sent) {
        sent_to_module += count;
        if (!stats) continue;
        const auto received = stats->received.find(channel);
        // The module counts control messages on the same channels, too.
        if (received != stats->received.end()) summary.received += std::min(received->second, count);
    }
    summary.sent = sent_to_module + counts.sent_unsubscribed;
    if (stats) {
        summary.undecodable = stats->undecodable;
        summary.other_version = stats->other_version;
        summary.exceptions = stats->exceptions;
        summary.refused += stats->refused;
        summary.deduplicated = stats->deduplicated;
        summary.lost = stats->lost + std::max(0LL, stats->published - counts.received);
    } else {
        summary.received = counts.delivered;
    }
    summary.lost += std::max(0LL, sent_to_module - summary.received);
    return summary;
}

std::string summary_line(const Summary& summary, bool deduplicates) {
    std::string line = std::to_string(summary.sent) + " sent, " + std::to_string(summary.received) + " received, " +
                       std::to_string(summary.accepted) + " accepted, " + std::to_string(summary.refused) +
                       " refused, " + std::to_string(summary.lost) + " lost";
    if (deduplicates) line += ", " + std::to_string(summary.deduplicated) + " deduplicated";
    if (summary.undecodable > 0) line += ", " + std::to_string(summary.undecodable) + " not decoded";
    if (summary.other_version > 0) line += ", " + std::to_string(summary.other_version) + " of another version";
    if (summary.exceptions > 0)
        line += ", " + std::to_string(summary.exceptions) + (summary.exceptions == 1 ? " exception" : " exceptions");
    return line;
}

std::string summary_json(const Summary& summary) {
    Json json;
    json["sent"] = summary.sent;
    json["received"] = summary.received;
    json["accepted"] = summary.accepted;
    json["refused"] = summary.refused;
    json["deduplicated"] = summary.deduplicated;
    json["lost"] = summary.lost;
    json["alerts"] = summary.alerts;
    json["skipped"] = summary.skipped;
    json["faults"] = summary.faults;
    json["undecodable"] = summary.undecodable;
    json["other_version"] = summary.other_version;
    json["exceptions"] = summary.exceptions;
    return to_python_json(json);
}

}  // namespace slipsdev
