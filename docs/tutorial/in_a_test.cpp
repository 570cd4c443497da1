// The smallest module in a test: in process, without Slips and without Redis.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdio>
#include <exception>

#define main main_of_the_module  // the test has one of its own
#include "greeter.cpp"
#undef main

int main() try {
    slips::testing::Harness<Greeter> host;
    host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
    host.expect_print("192.168.1.12 talks to 192.168.1.18");
} catch (const std::exception& failed) {
    std::fprintf(stderr, "FAILED: %s\n", failed.what());
    return 1;
}
