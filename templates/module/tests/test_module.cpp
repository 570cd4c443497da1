// What the module makes of some messages: in process, without Slips and without Redis. No test framework is needed; with
// doctest, Catch2 or GoogleTest the functions become its test cases, and it prints what they throw.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdio>
#include <exception>

#define main main_of_the_module  // the test has one of its own
#include "../module.cpp"
#undef main

using Host = slips::testing::Harness<MyModule>;

// Messages as Slips sends them, and all the evidence they should give.
void finds_what_is_expected() {
    Host host;
    host.send_file("data/flows.jsonl");
    host.expect_golden("data/expected_evidence.jsonl");
    host.expect_victims();
    host.stop();
}

// A message is written down by what matters; the rest is filled in.
void works_in_both_generations_of_slips() {
    for (const auto generation : {slips::Generation::current, slips::Generation::legacy}) {
        Host host(generation);
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "8.8.8.8"});
        host.expect_evidence(0);
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
        host.expect_evidence(1);
        host.stop();
    }
}

int main() {
    try {
        finds_what_is_expected();
        works_in_both_generations_of_slips();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "FAILED: %s\n", failed.what());
        return 1;
    }
    std::puts("ok");
}
