// What compiles and does something other than it seems to. docs/pitfalls.md explains it; this program checks that it is so.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

using slips::testing::Harness;

struct LowPorts : slips::Module<LowPorts> {
    static constexpr slips::ModuleInfo info{.name = "low_ports"};

    void on(const slips::NewFlow& msg) {
        if (msg.flow.dport < 1024) ++wrong;  // true if the flow has no port
        if (msg.flow.dport && *msg.flow.dport < 1024) ++right;
    }

    int wrong = 0;
    int right = 0;
};

struct Summary : slips::Module<Summary> {
    static constexpr slips::ModuleInfo info{.name = "summary"};

    void on(const slips::NewFlow& msg) { flows_[msg] = msg; }  // a copy of profile, window, uid and time
    void on(const slips::TwClosed& msg) {
        const slips::Context* const flow = flows_.find(msg);
        if (!flow) return;
        slips::Evidence evidence{
            .type = slips::EvidenceType::horizontal_port_scan,
            .description = "many flows in one window",
            .attacker = msg.profile_ip(),
            .threat_level = slips::ThreatLevel::low,
            .confidence = 0.5,
            .category = "Recon.Scanning",
        };
        if (is_wrong) set_evidence(msg, evidence);  // tw_closed has no time: that of the clock is used
        else set_evidence(*flow, evidence);
    }

    bool is_wrong = false;

private:
    slips::PerWindow<slips::Context> flows_{*this};
};

struct Peers : slips::Module<Peers> {
    static constexpr slips::ModuleInfo info{.name = "peers"};
    static constexpr std::size_t most = 1000;

    void on(const slips::NewFlow& msg) {
        ++wrong[msg.flow.daddr];       // one entry for each address that anybody sends to
        auto& of_window = right[msg];  // removed when Slips closes the window
        if (of_window.size() < most || of_window.contains(msg.flow.daddr)) ++of_window[msg.flow.daddr];
        else ++not_counted;
    }

    std::map<std::string, int> wrong{};
    slips::PerWindow<std::map<std::string, int>> right{*this};
    std::size_t not_counted = 0;
};

struct Last : slips::Module<Last> {
    static constexpr slips::ModuleInfo info{.name = "last"};

    void on(const slips::NewFlow& msg) {
        reference = &msg;  // the next message is decoded into the same object
        copy = msg;
    }

    const slips::NewFlow* reference = nullptr;
    slips::NewFlow copy{};
};

struct Names : slips::Module<Names> {
    static constexpr slips::ModuleInfo info{.name = "names"};

    void on(const slips::NewDns& msg) {
        // const std::string_view client = msg.profile_ip();  // a view of a text that is gone in the next line
        const std::string client = msg.profile_ip();
        const std::string_view name = msg.flow.query;  // good until the handler returns
        print(client + " asks for " + slips::printable(name));
    }
};

struct Configured : slips::Module<Configured> {
    static constexpr slips::ModuleInfo info{.name = "configured"};

    bool pre_main() override {
        const auto copy = config();        // all of it, as it is now
        const auto& reference = config();  // follows Slips, if that starts later
        is_same = &copy == &reference;
        right = config().get("configured", "share", 1.0);
        const auto wrong = config().get("configured", "share", 1);  // an int, because 1 is one: 0.5 is an error
        return wrong > 0;
    }
    void on(const slips::NewFlow&) {}

    bool is_same = true;
    double right = 0;
};

void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

template <class Call>
void print_failure(Call&& call) {
    try {
        call();
    } catch (const slips::testing::Failure& failure) {
        std::puts(failure.what());
        return;
    }
    throw std::runtime_error("nothing failed");
}

void check_optional() {
    Harness<LowPorts> host;
    host.send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"});
    expect(host.module().wrong == 1 && host.module().right == 0, "optional");
}

void check_window(bool is_wrong) {
    Harness<Summary> host;
    host.start();
    host.module().is_wrong = is_wrong;
    constexpr double time = 1'700'000'000;
    host.send<slips::NewFlow>({.starttime = time, .saddr = "10.0.0.1", .daddr = "10.0.0.2"});
    slips::TwClosed closed;
    closed.profileid = "profile_10.0.0.1";
    closed.twid = "timewindow1";
    host.send(closed);
    host.expect_evidence(1);
    const auto seconds = host.accepted().front().evidence.timestamp.seconds();
    expect(seconds && (*seconds == time) == !is_wrong, "time");
}

void check_container() {
    Harness<Peers> host;
    for (int i = 0; i < 1500; ++i)
        host.send<slips::NewFlow>(
            {.saddr = "10.0.0.1", .daddr = "10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)});
    expect(host.module().wrong.size() == 1500, "grows");
    const auto* const counted = host.module().right.find("profile_10.0.0.1", "timewindow1");
    expect(counted && counted->size() == Peers::most && host.module().not_counted == 500, "bounded");
}

void check_reference() {
    Harness<Last> host;
    host.send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"});
    expect(host.module().reference->flow.saddr.empty() && host.module().copy.flow.saddr == "10.0.0.1", "reference");
}

void check_view() {
    Harness<Names> host;
    slips::NewDns message;
    message.flow.saddr = "10.0.0.1";
    message.flow.query = "example.org";
    host.send(message);
    host.expect_print("10.0.0.1 asks for example.org");
}

void check_config() {
    Harness<Configured> host(slips::testing::Settings{.config = R"({"configured": {"share": 0.5}})"});
    print_failure([&] { host.start(); });
    expect(!host.module().is_same && host.module().right == 0.5, "config");
}

int main() {
    try {
        check_optional();
        check_window(false);
        check_window(true);
        check_container();
        check_reference();
        check_view();
        check_config();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "FAILED: %s\n", error.what());
        return 1;
    }
    return 0;
}
