// Runs the module against an in-memory Slips: no Slips, no Redis and no test framework needed. With doctest, Catch2 or
// GoogleTest these functions become test cases; the framework then prints what they throw.
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdio>
#include <exception>

#include "../module.hpp"

using Host = slips::testing::Harness<ThisModule>;

// Sends messages as Slips publishes them, and compares all evidence with what is expected.
void finds_the_expected_evidence() {
    Host host;
    host.send_file("data/flows.jsonl");
    host.expect_golden("data/expected_evidence.jsonl");
    host.expect_victims();
    host.stop();
}

// A message needs only the fields that matter; the harness fills in the rest.
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
        finds_the_expected_evidence();
        works_in_both_generations_of_slips();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "FAILED: %s\n", error.what());
        return 1;
    }
    std::puts("ok");
}
