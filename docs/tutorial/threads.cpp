// A second thread that calls print() itself, and one that posts: what the harness reports.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <thread>

struct Careless : slips::Module<Careless> {
    static constexpr slips::ModuleInfo info{.name = "careless"};

    void on(const slips::NewFlow& msg) {
        if (worker.joinable()) return;
        worker = std::thread([this, saddr = msg.flow.saddr] { print("looked up " + saddr); });
    }
    void shutdown_gracefully() override { join(); }
    ~Careless() override { join(); }
    void join() {
        if (worker.joinable()) worker.join();
    }
    std::thread worker{};
};

struct Careful : slips::Module<Careful> {
    static constexpr slips::ModuleInfo info{.name = "careful"};

    void on(const slips::NewFlow& msg) {
        if (worker.joinable()) return;
        worker = std::thread([this, saddr = msg.flow.saddr] {  // a copy: the message is gone when this runs
            const std::string result = "looked up " + saddr;
            post([this, result] { print(result); });  // on the thread of the handlers
        });
    }
    void shutdown_gracefully() override { join(); }
    ~Careful() override { join(); }
    void join() {
        if (worker.joinable()) worker.join();
    }
    std::thread worker{};
};

// The call that was refused fails the test: in the next call that runs posted functions, or in send() if the thread is quick.
std::string reported_by_the_harness() {
    slips::testing::Harness<Careless> host;
    std::string report;
    try {
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
        host.wait_until([] { return false; });
    } catch (const slips::testing::Failure& failure) {
        report = failure.what();
    }
    host.stop();
    return report.substr(report.find("\n  ") + 3);  // without the line that names the call
}

void passes() {
    slips::testing::Harness<Careful> host;
    host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
    host.wait_until([&] { return !host.prints().empty(); });
    host.expect_print("looked up 192.168.1.12");
    host.stop();
}

int main() {
    try {
        passes();
        std::puts(reported_by_the_harness().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "FAILED: %s\n", error.what());
        return 1;
    }
    return 0;
}
