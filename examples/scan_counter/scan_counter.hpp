// Counts, in each time window of a host, the ports of each peer that did not answer and the addresses it asked for by
// ARP. Sets evidence once there are many. Shows several channels, a timer, a setting, and state that ends with its time window.
//
// To try it without Slips, from the folder of the SDK:
//
//   build/bin/slipsdev play --output out --flows tests/data/examples/scan.conn.log -- build/bin/scan_counter
//
// 192.168.1.50 scans in two time windows, which gives one piece of evidence in each. With `--rate 5` it takes long enough
// for the timer to run.
//
// How many tries make a scan is a setting, in Slips' configuration:
//
//   scan_counter:
//     many: 50
//
// (slips.conf of Slips before 1.1: a section [scan_counter] with many = 50).
//
// To break it:
// - set `many: 1`: one line reports the value and its range, and the default is used
// - use a std::map in the place of PerWindow: time windows that are over are never forgotten, as the last line shows
// - remove `reported`: the module sets evidence for each port from the twentieth on
#pragma once

#include <slips/slips.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

struct ScanCounter : slips::Module<ScanCounter> {
    static constexpr slips::Setting<std::size_t> many{
        .name = "many", .by_default = 20, .min = 2, .max = 1000, .description = "tries that make a scan"};
    static constexpr slips::ModuleInfo info{
        .name = "scan_counter", .description = "counts what scanners try", .version = "1.0.0", .settings = {many}};
    // Senders can be forged, so the memory is bounded.
    static constexpr std::size_t most_windows = 10'000;
    static constexpr std::size_t most_tries = 500'000;  // of all windows

    bool init() override {
        many_ = setting(many);
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

    void shutdown_gracefully() override { print_counts(); }

private:
    struct Window {
        std::map<std::string, std::set<std::string>> tried{};  // "ports of 192.0.2.1": "22", "23"...
        std::set<std::string_view> reported{};                 // names of evidence types
        std::size_t tries = 0;                                 // in all of `tried`
    };

    /// Slips 1.1.2 and newer has the state in the message, before in the flow.
    static bool is_established(const slips::NewFlow& msg) {
        const std::string& state = msg.interpreted_state.empty() ? msg.flow.interpreted_state : msg.interpreted_state;
        return state == "Established";
    }

    void count(const slips::Context& context, slips::EvidenceType type, const std::string& what,
               const std::string& target) {
        while (tries_ >= most_tries) windows_.drop_oldest();

        Window& window = windows_[context];
        if (window.reported.contains(type.current)) return;
        std::set<std::string>& targets = window.tried[what];
        const bool is_new = targets.insert(target).second;
        if (!is_new) return;
        ++window.tries;
        ++tries_;
        if (targets.size() < many_) return;

        window.reported.insert(type.current);
        set_evidence(context, slips::Evidence{
                                  .type = type,
                                  .description = context.saddr + " tried " + std::to_string(many_) + " " + what,
                                  .attacker = context.saddr,
                                  .threat_level = slips::ThreatLevel::medium,
                                  .confidence = 0.8,
                                  .category = "Recon.Scanning",
                                  .method = slips::Method::threshold,
                              });
    }

    void print_counts() {
        std::string text =
            "counts " + std::to_string(tries_) + " tries in " + std::to_string(windows_.size()) + " time windows";
        if (windows_.dropped() > 0) text += "; " + std::to_string(windows_.dropped()) + " were dropped";
        print(text);
    }

    std::size_t many_ = many.by_default;
    std::size_t tries_ = 0;  // of all windows
    slips::PerWindow<Window> windows_{*this, most_windows,
                                      [this](const slips::WindowId&, Window& window) { tries_ -= window.tries; }};
};
