#include "slipsdev/run/listener.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <vector>

namespace slipsdev {
namespace {

constexpr std::string_view mark_channel = "slipsdev_mark";
constexpr std::chrono::seconds catch_up_limit{10};

}  // namespace

Listener::Listener(const Endpoint& endpoint, RedisClient& main, Terminal& terminal)
    : subscriber_(endpoint, 0, std::chrono::seconds(5)), main_(main), terminal_(terminal) {
    subscriber_.append({"SUBSCRIBE", "evidence_added", "finished_modules", mark_channel});
    for (int i = 0; i < 3; ++i) subscriber_.next_reply();
}

void Listener::watch(Judge& judge, ModuleProcess& module, const std::string& module_name) {
    judge_ = &judge;
    module_ = &module;
    module_name_ = module_name;
}

void Listener::listen(int milliseconds) {
    std::array<pollfd, 3> waiting{{{subscriber_.fd(), POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}}};
    if (module_ != nullptr) {
        waiting[1].fd = module_->process().out();
        waiting[2].fd = module_->process().err();
    }
    ::poll(waiting.data(), waiting.size(), milliseconds);
    std::vector<std::string> evidence;
    for (const Reply& reply : subscriber_.arrived()) {
        if (reply.items.size() != 3 || reply.items[0].text != "message") continue;
        const std::string& channel = reply.items[1].text;
        const std::string& data = reply.items[2].text;
        if (channel == mark_channel) {
            if (data != "stop_process") ++marks_seen_;
        } else if (data == "stop_process") {
            continue;  // legacy sends it on every channel, including ours
        } else if (channel == "finished_modules") {
            if (data == module_name_) ++times_finished_;
        } else if (const auto own = own_evidence_.find(data); own != own_evidence_.end()) {
            if (--own->second == 0) own_evidence_.erase(own);
            if (judge_ != nullptr) judge_->count_own();
        } else {
            evidence.push_back(data);
        }
    }
    if (module_ != nullptr) module_->relay(terminal_);
    if (judge_ != nullptr) {
        if (!evidence.empty()) judge_->add(evidence);
        judge_->tick();
    }
}

bool Listener::catch_up() {
    ++marks_sent_;
    main_.command({"PUBLISH", mark_channel, "mark"});
    const auto deadline = std::chrono::steady_clock::now() + catch_up_limit;
    while (marks_seen_ < marks_sent_) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        listen(50);
    }
    return true;
}

}  // namespace slipsdev
