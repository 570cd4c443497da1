#include "feeder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "signals.hpp"

namespace slipsdev {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_commands = 1024;
// Redis keeps for a subscriber what it has not read yet. More than this is held back here.
constexpr std::size_t check_every_bytes = 1024 * 1024;
constexpr std::size_t most_unread_bytes = 8 * 1024 * 1024;
constexpr std::chrono::seconds patience{60};

/// The largest omem of CLIENT LIST: what lies in Redis for the slowest subscriber.
std::size_t largest_output_memory(std::string_view clients) {
    constexpr std::string_view key = " omem=";
    std::size_t largest = 0;
    for (std::size_t at = clients.find(key); at != std::string_view::npos; at = clients.find(key, at + 1)) {
        const std::size_t begin = at + key.size();
        const auto value = python_int(clients.substr(begin, clients.find(' ', begin) - begin));
        if (value && *value > 0) largest = std::max(largest, static_cast<std::size_t>(*value));
    }
    return largest;
}

}  // namespace

long long Feeder::lines_due() const {
    if (!rate_) return std::numeric_limits<long long>::max();
    const std::chrono::duration<double> elapsed = Clock::now() - start_;
    return static_cast<long long>(std::floor(elapsed.count() * *rate_)) + 1;
}

int Feeder::milliseconds_until_due() const {
    if (messages_ < lines_due()) return 0;
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start_;
    const double wait = static_cast<double>(messages_) / *rate_ * 1000 - elapsed.count();
    // Not longer: there is a module to look after.
    return static_cast<int>(std::clamp(std::ceil(wait), 1.0, 100.0));
}

std::size_t Feeder::unread_bytes() {
    return largest_output_memory(parts_.main.command({"CLIENT", "LIST", "TYPE", "pubsub"}).text);
}

std::optional<std::string> Feeder::run() {
    start_ = Clock::now();
    std::optional<FlowSource::Line> line = parts_.source.next();
    while (line && interruptions() == 0) {
        for (const long long due = lines_due();
             line && messages_ < due && parts_.pipeline.pending() < batch_commands;) {
            send(*line);
            line = parts_.source.next();
        }
        parts_.pipeline.flush();
        parts_.listener.listen(line ? milliseconds_until_due() : 0);
        parts_.terminal.progress(parts_.source.progress(), std::to_string(messages_) + " flows");
        if (const auto ending = parts_.module.process().ending()) return "the module ended: " + ending->text();
        if (parts_.pipeline.bytes_sent() - checked_at_bytes_ >= check_every_bytes) {
            if (auto stalled = hold_back()) return stalled;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Feeder::hold_back() {
    checked_at_bytes_ = parts_.pipeline.bytes_sent();
    std::size_t unread = unread_bytes();
    std::size_t least = unread;
    auto last_progress = Clock::now();
    while (unread > most_unread_bytes && interruptions() == 0) {
        parts_.listener.listen(2);
        if (parts_.module.process().ending()) return std::nullopt;  // the caller sees it, too
        unread = unread_bytes();
        if (unread < least) {
            least = unread;
            last_progress = Clock::now();
        } else if (Clock::now() - last_progress > patience) {
            return "the module has read nothing for " + std::to_string(patience.count()) + " seconds";
        }
    }
    return std::nullopt;
}

void Feeder::send(const FlowSource::Line& line) {
    std::string why;
    if (line.kind == FlowSource::Kind::capture) {
        const auto message = read_capture_line(line.text, why);
        if (!message) {
            if (line.text.find_first_not_of(" \t\r") != std::string::npos) parts_.source.skip(why);
            return;
        }
        if (is_control_message(*message)) {
            parts_.source.skip("a message that steers Slips itself");
            return;
        }
        const bool heard = parts_.description.hears(message->channel);
        if (message->channel == "evidence_added") parts_.listener.expect_own_evidence(message->data);
        parts_.host.deliver(*message, heard, parts_.pipeline);
        if (heard) ++parts_.counts.sent[message->channel];
        ++messages_;
        return;
    }
    if (line.first_of_file) reader_ = ZeekLogReader();
    const auto record = reader_.read(line.text, why);
    if (record && parts_.host.deliver(*record, parts_.pipeline, why)) {
        if (parts_.description.hears("new_flow")) {
            ++parts_.counts.sent["new_flow"];
        } else {
            ++parts_.counts.sent_unheard;
        }
        ++messages_;
    } else if (!why.empty()) {
        parts_.source.skip(why);
    }
}

void Feeder::wait_until_read() {
    // First until Redis keeps nothing for it. Then what is in the sockets, unless the word to stop comes behind it
    // on the same way: the module's own counters tell when it has come to their end; where they do not move, it is
    // given a moment, as Slips gives one.
    const auto give_up = Clock::now() + patience;
    while (unread_bytes() > 0 && Clock::now() < give_up && !parts_.module.process().ending()) {
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
