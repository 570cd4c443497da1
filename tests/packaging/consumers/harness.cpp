// A module's test with slips::core only: no hiredis is linked.
#include <slips/module.hpp>
#include <slips/testing.hpp>

struct Greeter : slips::Module<Greeter> {
    static constexpr slips::ModuleInfo info{.name = "greeter"};
    void on(const slips::NewFlow& msg) { print(msg.flow.saddr + " talks to " + msg.flow.daddr); }
};

int main() {
    slips::testing::Harness<Greeter> host;
    host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
    host.expect_print("192.168.1.12 talks to 192.168.1.18");
    host.stop();
}
