// Examples in the harness, as an author would test them.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "slips/slips.hpp"
#include "slips/testing.hpp"

#define main main_of_local_connection_detector
#include "../../examples/local_connection_detector/local_connection_detector.cpp"
#undef main
#define main main_of_scan_counter
#include "../../examples/scan_counter/scan_counter.cpp"
#undef main

using namespace std::chrono_literals;
using slips::Generation;
using slips::testing::Harness;

namespace {

void unanswered(Harness<ScanCounter>& host, int port) {
    host.send<slips::NewFlow>({.saddr = "192.168.1.50", .daddr = "192.168.1.18", .dport = port, .proto = "tcp",
                               .interpreted_state = "Not Established"});
}

void close_window(Harness<ScanCounter>& host) {
    slips::TwClosed closed;
    closed.profileid = "profile_192.168.1.50";
    closed.twid = "timewindow1";
    host.send(closed);
}

}  // namespace

TEST_CASE("local_connection_detector finds connections between local devices, and no others") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(to_string(generation));
        Harness<LocalConnectionDetector> host(generation);
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "8.8.8.8"});
        host.send<slips::NewFlow>({.saddr = "8.8.8.8", .daddr = "192.168.1.12"});
        host.expect_evidence(0);
        host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
        host.send<slips::NewFlow>({.saddr = "fe80::21", .daddr = "fe80::22"});
        host.expect_evidence(2);
        host.expect_victims();
        CHECK(host.evidence()[0].description == "Detected a connection to a local device 192.168.1.18");
        CHECK(host.evidence()[1].attacker.value == "fe80::21");
        host.stop();
    }
    Harness<LocalConnectionDetector> by_hand(slips::testing::Settings{.registered = false});
    by_hand.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
    CHECK(by_hand.evidence().front().type == "CONNECTION_TO_PRIVATE_IP");
}

TEST_CASE("scan_counter forgets a time window that is closed, and tells each kind of scan once") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(to_string(generation));
        Harness<ScanCounter> host(generation);
        for (int port = 1; port < 20; ++port) unanswered(host, port);
        close_window(host);
        for (int port = 20; port < 39; ++port) unanswered(host, port);
        host.expect_evidence(0);
        for (int port = 39; port < 60; ++port) unanswered(host, port);
        for (int peer = 100; peer < 130; ++peer)
            host.send<slips::NewArp>({.saddr = "192.168.1.50", .daddr = "192.168.1." + std::to_string(peer),
                                      .operation = "request"});
        host.expect_evidence(2);
        CHECK(host.evidence()[0].description == "192.168.1.50 tried 20 ports of 192.168.1.18");
        CHECK(host.evidence()[1].description == "192.168.1.50 tried 20 addresses of its network");
        close_window(host);
        host.stop();
        host.expect_print("counts 0 tries in 0 time windows");
    }
}

TEST_CASE("scan_counter tells every ten seconds what it counts") {
    Harness<ScanCounter> host;
    unanswered(host, 1);
    host.advance(9s);
    CHECK(host.prints().empty());
    host.advance(21s);
    REQUIRE(host.prints().size() == 3);
    CHECK(host.prints().front().text == "counts 1 tries in 1 time windows");
}
