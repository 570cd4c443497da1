// Examples in the harness, as a module author would test them.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "slips/slips.hpp"
#include "slips/testing.hpp"

#include "../../examples/dns_watch/dns_watch.hpp"
#include "../../examples/local_connection_detector/local_connection_detector.hpp"
#include "../../examples/scan_counter/scan_counter.hpp"

using namespace std::chrono_literals;
using slips::Generation;
using slips::testing::Harness;

namespace {

void unanswered(Harness<ScanCounter>& host, int port) {
    host.send<slips::NewFlow>({.saddr = "192.168.1.50",
                               .daddr = "192.168.1.18",
                               .dport = port,
                               .proto = "tcp",
                               .interpreted_state = "Not Established"});
}

void close_window(Harness<ScanCounter>& host) {
    slips::TwClosed closed;
    closed.profileid = "profile_192.168.1.50";
    closed.twid = "timewindow1";
    host.send(closed);
}

/// A file that lists one name, example.org; removed with this object.
struct WatchList {
    std::filesystem::path file;
    WatchList() {
        std::random_device random;
        file = std::filesystem::temp_directory_path() /
               ("slips-unit-names-" + std::to_string(random()) + std::to_string(random()));
        std::ofstream(file) << "example.org\n";
    }
    ~WatchList() {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
    }
    WatchList(const WatchList&) = delete;
    WatchList& operator=(const WatchList&) = delete;

    /// A Slips whose configuration names the list.
    slips::testing::Settings settings(Generation generation = Generation::current) const {
        return {.generation = generation, .config = R"({"dns_watch": {"names_file": ")" + file.string() + "\"}}"};
    }
};

std::string address(int number) {
    return "10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) + "." +
           std::to_string(number & 255);
}

template <class Module>
std::ptrdiff_t prints_with(const Harness<Module>& host, const std::string& part) {
    return std::count_if(host.prints().begin(), host.prints().end(),
                         [&](const auto& line) { return line.text.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "dns_watch: a host that asks for a name with quotation marks, control characters or acting words is reported") {
    const WatchList list;
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(to_string(generation));
        Harness<DnsWatch> host(list.settings(generation));
        int asked = 0;
        for (const std::string odd :
             {"a\"b'c", "\x1b[2J\n", "stop_process", "log-only", "\xe2\x80\xae", "\xe2\x80\x8b", "\xff"}) {
            slips::NewDns message;
            message.profileid = "profile_10.0.0.1";
            message.flow.query = odd + ".example.org";
            host.send(message);
            host.expect_evidence(static_cast<std::size_t>(++asked));
        }
        host.expect_victims();
        host.stop();
    }
}

TEST_CASE("dns_watch: its memory is bounded for ever new names and hosts, and one line is printed for each bound") {
    const WatchList list;
    Harness<DnsWatch> host(list.settings());
    const auto ask = [&](int client, const std::string& name) {
        slips::NewDns message;
        message.profileid = "profile_" + address(client);
        message.flow.query = name + ".example.org";
        host.send(message);
        return host.module().bytes() <= DnsWatch::most_bytes + 3000;
    };
    bool is_bounded = true;
    for (int i = 0; i < 1500; ++i) is_bounded = ask(1, std::to_string(i)) && is_bounded;
    host.expect_evidence(DnsWatch::most_names);
    CHECK(prints_with(host, "10.0.0.1 has reached 1000 names in timewindow1; no more are reported there") == 1);
    const std::string long_name(2000, 'x');  // only 1024 bytes of it count
    for (int i = 2; i < 4000; ++i) is_bounded = ask(i, long_name) && is_bounded;
    CHECK(is_bounded);
    CHECK(prints_with(host, "forgets which names it has reported: they take more than 4194304 bytes") == 1);
    CHECK(host.evidence().back().description.size() < 1100);

    slips::TwClosed closed;
    closed.twid = "timewindow1";
    for (int i = 1; i < 4000; ++i) {
        closed.profileid = "profile_" + address(i);
        host.send(closed);
    }
    CHECK(host.module().bytes() == 0);
    host.stop();
}

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

TEST_CASE("scan_counter forgets a time window that is closed, and reports each kind of scan once") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(to_string(generation));
        Harness<ScanCounter> host(generation);
        for (int port = 1; port < 20; ++port) unanswered(host, port);
        close_window(host);
        for (int port = 20; port < 39; ++port) unanswered(host, port);
        host.expect_evidence(0);
        for (int port = 39; port < 60; ++port) unanswered(host, port);
        for (int peer = 100; peer < 130; ++peer)
            host.send<slips::NewArp>(
                {.saddr = "192.168.1.50", .daddr = "192.168.1." + std::to_string(peer), .operation = "request"});
        host.expect_evidence(2);
        CHECK(host.evidence()[0].description == "192.168.1.50 tried 20 ports of 192.168.1.18");
        CHECK(host.evidence()[1].description == "192.168.1.50 tried 20 addresses of its network");
        close_window(host);
        host.stop();
        host.expect_print("counts 0 tries in 0 time windows");
    }
}

TEST_CASE("scan_counter prints its counts every ten seconds") {
    Harness<ScanCounter> host;
    unanswered(host, 1);
    host.advance(9s);
    CHECK(host.prints().empty());
    host.advance(21s);
    REQUIRE(host.prints().size() == 3);
    CHECK(host.prints().front().text == "counts 1 tries in 1 time windows");
}

TEST_CASE("scan_counter: forged senders and ports cannot fill its memory, and what was dropped is printed") {
    Harness<ScanCounter> host;
    for (int i = 0; i < 10'500; ++i)
        host.send<slips::NewFlow>({.saddr = address(i), .daddr = "192.168.1.18", .dport = 80, .proto = "tcp"});
    host.advance(10s);
    CHECK(host.prints().back().text == "counts 10000 tries in 10000 time windows; 500 were dropped");
    host.stop();
}

TEST_CASE("scan_counter: how many tries make a scan is a setting") {
    Harness<ScanCounter> host(slips::testing::Settings{.module_settings = {{"many", "3"}}});
    for (int port = 1; port < 10; ++port) unanswered(host, port);
    host.expect_evidence(1);
    CHECK(host.evidence()[0].description == "192.168.1.50 tried 3 ports of 192.168.1.18");
    host.stop();
}
