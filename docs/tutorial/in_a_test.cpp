// The smallest module in a test: in process, without Slips and without Redis.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdio>
#include <exception>

struct Greeter : slips::Module<Greeter> {
    static constexpr slips::ModuleInfo info{.name = "greeter", .description = "prints who talks to whom"};

    void on(const slips::NewFlow& msg) { print(msg.flow.saddr + " talks to " + msg.flow.daddr); }
};

int main() {
    try {
        slips::testing::Harness<Greeter> host;
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
        host.expect_print("192.168.1.12 talks to 192.168.1.18");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "FAILED: %s\n", error.what());
        return 1;
    }
    return 0;
}
