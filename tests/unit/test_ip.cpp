// The tables were computed with Python 3.13's ipaddress module.
#include "slips/ip.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

// One address on each side of every boundary of the private networks and their exceptions.
// clang-format off
constexpr std::string_view private_addresses[] = {
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0",
    "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.11", "192.0.0.170",
    "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
    "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "240.0.0.0", "255.255.255.255",
    // IPv6
    "::", "::1", "100::", "100::ffff:ffff:ffff:ffff", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "2001::", "2001:1::", "2001:1::3", "2001:2::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:4:113::",
    "2001:1f:ffff::", "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2002::", "2002:ffff::1", "fc00::", "fdff:ffff::1", "fe80::",
    "febf:ffff::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:a00:1", "::FFFF:192.168.1.1", "::ffff:0.0.0.0",
    "0:0:0:0:0:ffff:127.0.0.1", "0000:0000:0000:0000:0000:0000:0000:0001", "fe80::1%a b", "fe80::1%:",
};
// clang-format on

// clang-format off
constexpr std::string_view public_addresses[] = {
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.0.9", "192.0.0.10", "192.0.1.0", "192.0.3.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
    "203.0.112.255", "203.0.114.0", "239.255.255.255", "8.8.8.8", "100.64.0.0", "100.127.255.255", "224.0.0.1",
    // IPv6
    "::2", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:808:808", "::ffff:192.0.0.9", "::ffff:100.64.0.1",
    "::fffe:10.0.0.1", "::1:ffff:10.0.0.1", "100:0:0:1::", "ff:ffff::", "64:ff9b::10.0.0.1", "64:ff9b:2::",
    "64:ff9b:0:ffff::", "2001:1::1", "2001:1::2", "2001:3::", "2001:3:ffff::1", "2001:4:112::",
    "2001:4:112:ffff:ffff:ffff:ffff:ffff", "2001:20::", "2001:2f:ffff::1", "2001:30::", "2001:3f:ffff::1",
    "2001:200::", "2000:ffff::", "2001:db7:ffff::1", "2001:db9::", "2003::", "fbff::1", "fec0::1", "feff::1",
    "ff02::1", "2001:4860:4860::8888", "2001:4860:4860::8888%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4",
};
// clang-format on

// clang-format off
constexpr std::string_view no_addresses[] = {
    "", " ", "localhost", "profile_10.0.0.1", "10", "10.0", "10.1", "10.0.0", "10.0.0.0.1", "10..0.1", ".10.0.0.1",
    "10.0.0.1.", "010.0.0.1", "10.00.0.1", "10.0.0.01", "10.0.0.256", "10.0.0.1000", "0x0a.0.0.1", "0x0a000001",
    "167772161", " 10.0.0.1", "10.0.0.1 ", "10.0.0.1\n", "10.0.0.1/32", "10.0.0.1:80", "10.0.0.1%eth0", "-1.0.0.0",
    "+1.0.0.0", "1_0.0.0.1", "10,0,0,1", "\xd9\xa1.0.0.1",
    // IPv6
    ":", ":::", "::::", "1", "1:", ":1", "1:2", "1::2::3", "1:::2", ":1::", "::1:", "1:2:3:4:5:6:7",
    ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
    "1::2:3:4:5:6:7:8", "12345::", "00001::", "g::", "::0x1", "::-1", "fe80::1%", "fe80::1%%", "fe80::1%a%b",
    "fe80::1%a/b", "fe80::1/64", "%eth0", "fe80::%eth0%", " ::1", "::1 ", "[::1]", "::10.0.0", "::10.0.0.1.1",
    "::10.0.0.01", "::10.0.0.256", "::10.0.0.1:1", "10.0.0.1::", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4",
    ":1.2.3.4", "::a.0.0.1", "::1.2.3.4.",
};
// clang-format on

}  // namespace

TEST_CASE("is_private: at the borders of every network") {
    for (const auto text : private_addresses) {
        CAPTURE(text);
        CHECK(slips::is_ip(text));
        CHECK(slips::is_private(text));
    }
    for (const auto text : public_addresses) {
        CAPTURE(text);
        CHECK(slips::is_ip(text));
        CHECK_FALSE(slips::is_private(text));
    }
}

TEST_CASE("text that is not an address is neither private nor an address") {
    for (const auto text : no_addresses) {
        CAPTURE(text);
        CHECK_FALSE(slips::is_ip(text));
        CHECK_FALSE(slips::is_ipv4(text));
        CHECK_FALSE(slips::is_ipv6(text));
        CHECK_FALSE(slips::is_private(text));
        CHECK_FALSE(slips::parse_ip(text).has_value());
    }
    const std::string with_nul("10.0.0.1\0", 9);
    CHECK_FALSE(slips::is_ip(with_nul));
    CHECK_FALSE(slips::is_ip(std::string_view{}));
    CHECK_FALSE(slips::is_ip(std::string(100000, ':')));
    CHECK_FALSE(slips::is_ip(std::string(100000, '1')));
}

TEST_CASE("parse_ip: family, bytes, and the same result as is_private") {
    const auto v4 = slips::parse_ip("192.168.1.18");
    REQUIRE(v4);
    CHECK(v4->family == slips::IpFamily::v4);
    CHECK(v4->bytes[0] == 192);
    CHECK(v4->bytes[3] == 18);
    CHECK(v4->bytes[4] == 0);
    CHECK(slips::is_ipv4("192.168.1.18"));
    CHECK_FALSE(slips::is_ipv6("192.168.1.18"));

    const auto v6 = slips::parse_ip("2001:DB8::1:0.0.0.2%eth0");
    REQUIRE(v6);
    CHECK(v6->family == slips::IpFamily::v6);
    CHECK(v6->bytes == std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2});
    CHECK(v6 == slips::parse_ip("2001:0db8:0::0001:0:2"));
    CHECK_FALSE(slips::is_ipv4("::1"));
    CHECK(slips::is_ipv6("::1"));
    // an address and its mapped form are different
    CHECK_FALSE(slips::parse_ip("10.0.0.1") == slips::parse_ip("::ffff:10.0.0.1"));

    for (const auto text : private_addresses) {
        CAPTURE(text);
        CHECK(slips::parse_ip(text).value().is_private());
    }
    for (const auto text : public_addresses) {
        CAPTURE(text);
        CHECK_FALSE(slips::parse_ip(text).value().is_private());
    }
}

TEST_CASE("constant addresses are evaluated at compile time") {
    static_assert(slips::is_private("192.168.1.12"));
    static_assert(slips::is_private("fe80::1%eth0"));
    static_assert(!slips::is_private("::ffff:8.8.8.8"));
    static_assert(slips::parse_ip("1.2.3.4")->bytes[1] == 2);
    static_assert(!slips::is_ip("1.2.3"));
}
