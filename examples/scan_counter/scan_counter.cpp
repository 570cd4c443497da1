// Counts, in each time window of a host, the ports of each peer that did not answer, and the addresses asked for by
// ARP; many are an evidence, once. Shows several channels, a timer, and state that goes with its time window.
//
// To try it without Slips, from the folder of the SDK:
//
//   build/bin/slipsdev play --output out --flows tests/data/examples/scan.conn.log -- build/bin/scan_counter
//
// 192.168.1.50 scans in two time windows: one evidence in each. With `--rate 5` it takes long enough for the timer.
//
// To break it:
// - take the handler of TwClosed away: the last line tells of time windows that are long over, ever more of them
// - take `told` away: the scanner has an evidence for each port from the twentieth on
#include <slips/slips.hpp>

#include <chrono>
#include <map>
#include <set>

struct ScanCounter : slips::Module<ScanCounter> {
    static constexpr slips::ModuleInfo info{.name = "scan_counter", .description = "counts what scanners try"};
    static constexpr std::size_t many = 20, most_tries = 500'000;  // in memory: senders can be made up

    bool init() override {
        every(std::chrono::seconds(10), [this] { tell(); });
        return true;
    }

    void on(const slips::NewFlow& msg) {
        const auto& state = msg.interpreted_state.empty() ? msg.flow.interpreted_state : msg.interpreted_state;
        if (state == "Established" || !msg.flow.dport) return;
        const std::string port = std::to_string(*msg.flow.dport);
        count(msg, slips::EvidenceType::vertical_port_scan, "ports of " + msg.flow.daddr, port);
    }

    void on(const slips::NewArp& msg) {
        if (msg.flow.operation != "request") return;
        count(msg, slips::EvidenceType::arp_scan, "addresses of its network", msg.flow.daddr);
    }

    void on(const slips::TwClosed& msg) {
        for (const auto& [what, tried] : windows_[{msg.profileid, msg.twid}].tried) tries_ -= tried.size();
        windows_.erase({msg.profileid, msg.twid});
    }

    void shutdown_gracefully() override { tell(); }

private:
    void count(const slips::Context& context, slips::EvidenceType type, const std::string& what, std::string one) {
        if (tries_ >= most_tries) windows_.clear(), tries_ = 0;  // rather forget than grow
        Window& window = windows_[{context.profileid, context.twid}];
        if (window.told.contains(type.current) || !window.tried[what].insert(one).second) return;
        ++tries_;
        if (window.tried[what].size() < many) return;
        window.told.insert(type.current);
        set_evidence(context, {
            .type = type,
            .description = context.saddr + " tried " + std::to_string(many) + " " + what,
            .attacker = context.saddr,
            .threat_level = slips::ThreatLevel::medium,
            .confidence = 0.8,
            .category = "Recon.Scanning",
            .method = slips::Method::threshold,
        });
    }

    void tell() {
        print("counts " + std::to_string(tries_) + " tries in " + std::to_string(windows_.size()) + " time windows");
    }

    struct Window {
        std::map<std::string, std::set<std::string>> tried{};  // "ports of 192.0.2.1": "22", "23"…
        std::set<std::string_view> told{};                     // types of evidence
    };
    std::map<std::pair<std::string, std::string>, Window> windows_{};  // by profile and time window
    std::size_t tries_ = 0;
};

int main(int argc, char** argv) { return slips::run<ScanCounter>(argc, argv); }
