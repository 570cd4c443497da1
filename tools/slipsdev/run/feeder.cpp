#include "slipsdev/run/feeder.hpp"

#include <algorithm>
#include <cmath>

#include "slipsdev/flows/log_kinds.hpp"
#include "slipsdev/processes/signals.hpp"

namespace slipsdev {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

int Feeder::milliseconds_until_due(const FlowSource::Line& line) {
    const std::chrono::duration<double, std::milli> wait =
        pace_.wait(Clock::now(), line.message.time, line.first_of_file);
    // Not longer, because the module's output must be relayed.
    return static_cast<int>(std::clamp(std::ceil(wait.count()), 0.0, 100.0));
}

std::optional<std::string> Feeder::run() {
    std::optional<FlowSource::Line> line = parts_.source.next();
    while (line && interruptions() == 0) {
        int wait = 0;
        while (line && interruptions() == 0 && !parts_.pipeline.is_full() &&
               (wait = milliseconds_until_due(*line)) == 0) {
            send(*line);
            line = parts_.source.next();
        }
        parts_.pipeline.flush();
        parts_.listener.listen(line ? wait : 0);
        parts_.terminal.progress(parts_.source.progress(), std::to_string(messages_) + " flows");
        if (const auto ending = parts_.module.process().ending()) return "the module ended: " + ending->text();
        const auto stall = parts_.pipeline.hold_back([this](Pipeline::Stall) {
            parts_.listener.listen(2);
            return interruptions() == 0 && !parts_.module.process().ending();
        });
        if (stall >= Pipeline::patience)
            return "the module has read nothing for " + std::to_string(Pipeline::patience.count()) + " seconds";
    }
    return std::nullopt;
}

void Feeder::send(const FlowSource::Line& line) {
    if (lines_++ == hand_over_at_) parts_.host.hand_over(parts_.pipeline);
    if (line.kind == FlowSource::Kind::capture) {
        const CapturedMessage& message = line.message;
        const bool subscribed = parts_.subscriptions.contains(message.channel);
        if (message.channel == "evidence_added") parts_.listener.expect_own_evidence(message.data);
        parts_.host.deliver(message, subscribed, parts_.pipeline);
        if (subscribed) ++parts_.counts.sent[message.channel];
        count();
        return;
    }
    std::string why = line.why;
    if (parts_.source.is_cut() && (line.record ? line.record->is_short : !why.empty())) return parts_.source.skip_cut();
    if (!line.record) {
        if (!why.empty()) parts_.source.skip(why);
        return;
    }
    const std::string& path = line.record->path;
    const LogKind* kind = log_kind(path);
    const Release& release = parts_.host.release();
    if (path != "conn" && (kind == nullptr || !is_published(*kind, release))) {
        if (!path.empty())
            return parts_.source.leave_out_log("this is a " + path + ".log, of which " +
                                               (kind == nullptr ? "slipsdev" : "Slips " + release.text) +
                                               " publishes nothing");
        why = "neither #path, _path, the name of the file nor conn_state shows which Zeek log this is";
        return parts_.source.in_folder() ? parts_.source.leave_out(why) : parts_.source.skip(why);
    }
    const Host::Delivery delivery = parts_.host.deliver(*line.record, parts_.pipeline);
    if (delivery.channels.empty())
        return delivery.is_fault ? parts_.source.skip(delivery.why) : parts_.source.leave_out(delivery.why);
    bool is_subscribed = false;
    for (const std::string_view channel : delivery.channels) {
        if (!parts_.subscriptions.contains(channel)) continue;
        is_subscribed = true;
        ++parts_.counts.sent[std::string(channel)];
    }
    if (!is_subscribed) ++parts_.counts.sent_unsubscribed;
    count();
}

void Feeder::count() {
    ++messages_;
    pace_.sent();
}

void Feeder::wait_until_read() {
    // First waits until Redis holds nothing for the module. What is in the sockets is read before a stop message, but
    // maybe not before a signal: then waits until the module's own counters have reached the end. If they do not move,
    // waits a moment, as Slips does.
    const auto give_up = Clock::now() + Pipeline::patience;
    while (parts_.pipeline.unread_bytes() > 0 && Clock::now() < give_up && !parts_.module.process().ending()) {
        if (interruptions() > 1) return;
        parts_.listener.listen(2);
    }
    if (!parts_.host.stops_out_of_band()) return;
    const std::string counters = parts_.description.name + "_msgs_received_at_runtime";
    long long last = -1;
    auto last_change = Clock::now();
    while (interruptions() < 2 && !parts_.module.process().ending()) {
        long long missing = 0;
        long long counted = 0;
        for (const auto& [channel, sent] : parts_.counts.sent) {
            const Reply reply = parts_.main.command({"HGET", counters, channel});
            const long long received = python_int(reply.text).value_or(0);
            counted += received;
            missing += std::max(0LL, sent - received);
        }
        if (missing == 0) return;
        if (counted != last) {
            last = counted;
            last_change = Clock::now();
        }
        const std::chrono::milliseconds pause(counted == 0 ? 500 : 4600);
        if (Clock::now() - last_change > pause) return;
        parts_.listener.listen(5);
    }
}

}  // namespace slipsdev
