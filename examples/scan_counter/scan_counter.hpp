// Counts, in each time window of a host, the ports of each peer that did not answer and the addresses it asked for by
// ARP. Sets evidence once there are many. Shows several channels, a timer, and state that ends with its time window.
//
// To try it without Slips, from the folder of the SDK:
//
//   build/bin/slipsdev play --output out --flows tests/data/examples/scan.conn.log -- build/bin/scan_counter
//
// 192.168.1.50 scans in two time windows, which gives one evidence in each. With `--rate 5` it takes long enough for the
// timer to run.
//
// To break it:
// - remove the handler of TwClosed: time windows that are over are never forgotten, as the last line shows
// - remove `reported`: the scanner gets an evidence for each port from the twentieth on
#pragma once

#include <slips/slips.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

struct ScanCounter : slips::Module<ScanCounter> {
    static constexpr slips::ModuleInfo info{.name = "scan_counter", .description = "counts what scanners try"};
    static constexpr std::size_t many = 20;
    static constexpr std::size_t most_tries = 500'000;  // bounds the memory, because senders can be forged

    bool init() override {
        every(std::chrono::seconds(10), [this] { print_counts(); });
        return true;
    }

    void on(const slips::NewFlow& msg) {
        if (!msg.flow.dport || is_established(msg)) return;
        const std::string port = std::to_string(*msg.flow.dport);
        count(msg, slips::EvidenceType::vertical_port_scan, "ports of " + msg.flow.daddr, port);
    }

    void on(const slips::NewArp& msg) {
        if (msg.flow.operation != "request") return;
        count(msg, slips::EvidenceType::arp_scan, "addresses of its network", msg.flow.daddr);
    }

    void on(const slips::TwClosed& msg) {
        const auto window = windows_.find({msg.profileid, msg.twid});
        if (window == windows_.end()) return;
        for (const auto& [what, targets] : window->second.tried) tries_ -= targets.size();
        windows_.erase(window);
    }

    void shutdown_gracefully() override { print_counts(); }

private:
    struct Window {
        std::map<std::string, std::set<std::string>> tried{};  // "ports of 192.0.2.1": "22", "23"...
        std::set<std::string_view> reported{};                 // names of evidence types
    };

    /// Slips 1.1.2 and newer has the state in the message, before in the flow.
    static bool is_established(const slips::NewFlow& msg) {
        const std::string& state = msg.interpreted_state.empty() ? msg.flow.interpreted_state : msg.interpreted_state;
        return state == "Established";
    }

    void count(const slips::Context& context, slips::EvidenceType type, const std::string& what,
               const std::string& target) {
        if (tries_ >= most_tries) forget_all();

        Window& window = windows_[{context.profileid, context.twid}];
        if (window.reported.contains(type.current)) return;
        std::set<std::string>& targets = window.tried[what];
        const bool is_new = targets.insert(target).second;
        if (!is_new) return;
        ++tries_;
        if (targets.size() < many) return;

        window.reported.insert(type.current);
        set_evidence(context, slips::Evidence{
                                  .type = type,
                                  .description = context.saddr + " tried " + std::to_string(many) + " " + what,
                                  .attacker = context.saddr,
                                  .threat_level = slips::ThreatLevel::medium,
                                  .confidence = 0.8,
                                  .category = "Recon.Scanning",
                                  .method = slips::Method::threshold,
                              });
    }

    void forget_all() {
        windows_.clear();
        tries_ = 0;
    }

    void print_counts() {
        print("counts " + std::to_string(tries_) + " tries in " + std::to_string(windows_.size()) + " time windows");
    }

    std::map<std::pair<std::string, std::string>, Window> windows_{};  // by profile and time window
    std::size_t tries_ = 0;                                            // of all windows
};
