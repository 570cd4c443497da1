// IP addresses as text: validity and privacy as in Slips, which uses Python's ipaddress module.
//
// Mirrors utils.is_valid_ip() and utils.is_private_ip() of Slips 1.1.21.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The version of an IP address.
enum class IpFamily : std::uint8_t { v4, v6 };

/// An IP address as a value. Scope ids ("%eth0") are validated by parse_ip() and dropped.
struct IpAddress {
    IpFamily family = IpFamily::v4;        ///< IPv4 or IPv6
    std::array<std::uint8_t, 16> bytes{};  ///< network order; IPv4 uses the first four, the rest is zero

    constexpr bool is_private() const;  ///< see slips::is_private()
    friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Parses an address like Python's ipaddress.ip_address(text): IPv4 as four decimal numbers without leading zeros, IPv6
/// in all its forms, including "fe80::1%eth0". Returns nullopt for anything else: blanks, prefixes ("/24"), short or hex
/// IPv4.
constexpr std::optional<IpAddress> parse_ip(std::string_view text);

constexpr bool is_ip(std::string_view text);    ///< parse_ip() accepts it
constexpr bool is_ipv4(std::string_view text);  ///< "192.168.4.2"
constexpr bool is_ipv6(std::string_view text);  ///< "fe80::1"

/// Returns Python's ipaddress.ip_address(text).is_private (3.13): true for addresses that the IANA registries list as not
/// globally reachable. An IPv4-mapped IPv6 address counts as its IPv4 address. Returns false for 100.64.0.0/10, multicast,
/// fec0::/10, and text that is not an address.
constexpr bool is_private(std::string_view text);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

/// Returns the four bytes as a number, or -1. Does not read past `end`.
constexpr std::int64_t scan_ipv4(const char* at, const char* end) {
    std::uint32_t address = 0;
    for (int octet = 0; octet < 4; ++octet) {
        if (octet > 0) {
            if (at == end || *at != '.') return -1;
            ++at;
        }
        std::uint32_t value = 0;
        int digits = 0;
        for (; at != end && *at >= '0' && *at <= '9'; ++at) {
            if (++digits > 3 || (digits == 2 && value == 0)) return -1;  // leading zeros may mean octal
            value = value * 10 + static_cast<std::uint32_t>(*at - '0');
        }
        if (digits == 0 || value > 255) return -1;
        address = address << 8 | value;
    }
    return at == end ? static_cast<std::int64_t>(address) : -1;
}

constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

struct Ipv6Words {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};

/// Returns false for an invalid scope id: empty, or with another '%', or with '/' (which denotes a network).
constexpr bool scope_is_good(std::string_view scope) {
    if (scope.empty()) return false;
    for (const char c : scope) {
        if (c == '%' || c == '/') return false;
    }
    return true;
}

constexpr bool scan_ipv6(std::string_view text, Ipv6Words& out) {
    const char* at = text.data();
    const char* end = at + text.size();
    for (const char* c = at; c != end; ++c) {
        if (*c != '%') continue;
        if (!scope_is_good({c + 1, static_cast<std::size_t>(end - c - 1)})) return false;
        end = c;
        break;
    }
    std::array<std::uint16_t, 8> groups{};
    int count = 0;
    int skip = -1;  // the groups before "::"
    if (at != end && *at == ':') {
        if (++at == end || *at != ':') return false;
        ++at;
        skip = 0;
    }
    while (at != end) {
        const char* group = at;
        std::uint32_t value = 0;
        for (; at != end && hex_value(*at) >= 0; ++at) {
            if (at - group == 4) return false;
            value = value << 4 | static_cast<std::uint32_t>(hex_value(*at));
        }
        if (at != end && *at == '.') {  // the last 32 bits may be written as IPv4
            const std::int64_t v4 = scan_ipv4(group, end);
            if (v4 < 0 || count > 6) return false;
            groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(v4 >> 16);
            groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(v4 & 0xffff);
            at = end;
            break;
        }
        if (at == group || count == 8) return false;
        groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(value);
        if (at == end) break;
        if (*at++ != ':' || at == end) return false;
        if (*at == ':') {
            if (skip >= 0) return false;
            skip = count;
            ++at;
        }
    }
    // "::" stands for at least one group
    if (skip < 0 ? count != 8 : count > 7) return false;
    std::array<std::uint64_t, 2> words{};
    const int gap = 8 - count;
    for (int i = 0; i < count; ++i) {
        const int place = skip >= 0 && i >= skip ? i + gap : i;
        words[place < 4 ? 0 : 1] |= static_cast<std::uint64_t>(groups[static_cast<std::size_t>(i)])
                                    << (16 * (3 - place % 4));
    }
    out = {words[0], words[1]};
    return true;
}

constexpr bool is_private_ipv4(std::uint32_t a) {
    switch (a >> 24) {
        case 0:
        case 10:
        case 127: return true;
        case 169: return a >> 16 == 0xa9fe;
        case 172: return a >> 20 == 0xac1;
        case 192:
            if (a >> 16 == 0xc0a8 || a >> 8 == 0xc00002) return true;
            return a >> 8 == 0xc00000 && a != 0xc0000009 && a != 0xc000000a;
        case 198: return a >> 17 == 0xc612 >> 1 || a >> 8 == 0xc63364;
        case 203: return a >> 8 == 0xcb0071;
        default: return a >> 28 == 0xf;
    }
}

constexpr bool is_private_ipv6(const Ipv6Words& a) {
    const std::uint64_t high = a.high;
    if (high == 0) {
        if (a.low >> 32 == 0xffff) return is_private_ipv4(static_cast<std::uint32_t>(a.low));
        return a.low <= 1;
    }
    if (high >> 57 == 0xfc >> 1 || high >> 54 == 0xfe80 >> 6) return true;
    if (high >> 48 == 0x2002 || high >> 32 == 0x20010db8) return true;
    if (high >> 41 == 0x2001'0000'0000'0000 >> 41) {
        const bool global = (high == 0x2001'0001'0000'0000 && (a.low == 1 || a.low == 2)) ||
                            high >> 32 == 0x2001'0003 || high >> 16 == 0x2001'0004'0112 || high >> 36 == 0x2001'002 ||
                            high >> 36 == 0x2001'003;
        return !global;
    }
    return high == 0x0100'0000'0000'0000 || high >> 16 == 0x0064'ff9b'0001;
}

/// Distinguishes the families before scanning: an IPv6 address contains a colon, an IPv4 address does not.
constexpr bool has_colon(std::string_view text) {
    for (const char c : text) {
        if (c == ':') return true;
        if (c == '.') return false;  // in "::ffff:1.2.3.4" the colons come first
    }
    return false;
}

/// Returns the part of an IPv6 address before a trailing IPv4 address, with its colon; empty if there is none.
constexpr std::string_view before_ipv4(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || !has_colon(text)) return {};
    return text.substr(0, text.rfind(':', dot) + 1);
}

/// Returns the number of hexadecimal digits that start at `at`.
constexpr std::size_t hex_digits(std::string_view text, std::size_t at) {
    std::size_t digits = 0;
    while (at + digits < text.size() && hex_value(text[at + digits]) >= 0) ++digits;
    return digits;
}

/// Returns whether Slips 1.1.2 and newer writes this address to alerts.json. An IPv6 address with an IPv4 part or a scope id must
/// have one of the forms in the schema of IDMEFv2 (idmefv2/schemas of python-idmefv2). Expects a valid address.
constexpr bool current_writes_ip(std::string_view text) {
    if (!has_colon(text)) return true;
    if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
        // fe80: and up to four groups, which may be empty, each with its colon before it; a scope id of letters and digits
        constexpr std::string_view link_local = "fe80:";
        if (!text.starts_with(link_local)) return false;
        std::size_t at = link_local.size();
        for (int group = 0; group < 4 && text[at] == ':'; ++group) at += 1 + hex_digits(text, at + 1);
        if (at != percent) return false;
        for (const char c : text.substr(percent + 1))
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
        return true;
    }
    std::string_view head = before_ipv4(text);
    if (head.empty() || head == "::" || head == "::ffff:") return true;
    if (head.starts_with("::ffff:")) {
        head.remove_prefix(std::string_view("::ffff:").size());
        return head.size() <= 5 && head.find_first_not_of('0') == head.size() - 1;
    }
    // one to four groups, then "::"
    std::size_t groups = 0;
    while (const std::size_t digits = hex_digits(head, 0)) {
        if (head[digits] != ':') return false;
        head.remove_prefix(digits + 1);
        ++groups;
    }
    return head == ":" && groups >= 1 && groups <= 4;
}

/// Returns whether Slips before 1.1.2 accepts this as an address. Its library (validators 0.18 to 0.20) rejects scope ids, a
/// trailing "::", some addresses with a leading "::", and an IPv4 part after "group::". Expects a valid address.
constexpr bool legacy_knows_ip(std::string_view text) {
    if (!has_colon(text)) return true;
    if (text.find('%') != std::string_view::npos || text.ends_with(':')) return false;
    const std::string_view head = before_ipv4(text);
    if (text.starts_with("::")) {
        std::size_t colons = 0;
        for (const char c : text) colons += c == ':' ? 1 : 0;
        return head.empty() ? colons <= 7 : colons <= 6;
    }
    return !head.ends_with("::");
}

}  // namespace detail

constexpr bool is_ipv4(std::string_view text) { return detail::scan_ipv4(text.data(), text.data() + text.size()) >= 0; }

constexpr bool is_ipv6(std::string_view text) {
    detail::Ipv6Words words;
    return detail::scan_ipv6(text, words);
}

constexpr bool is_ip(std::string_view text) { return detail::has_colon(text) ? is_ipv6(text) : is_ipv4(text); }

constexpr bool is_private(std::string_view text) {
    if (!detail::has_colon(text)) {
        const std::int64_t v4 = detail::scan_ipv4(text.data(), text.data() + text.size());
        return v4 >= 0 && detail::is_private_ipv4(static_cast<std::uint32_t>(v4));
    }
    detail::Ipv6Words words;
    return detail::scan_ipv6(text, words) && detail::is_private_ipv6(words);
}

constexpr std::optional<IpAddress> parse_ip(std::string_view text) {
    IpAddress address;
    if (!detail::has_colon(text)) {
        const std::int64_t v4 = detail::scan_ipv4(text.data(), text.data() + text.size());
        if (v4 < 0) return std::nullopt;
        for (std::size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<std::uint8_t>(v4 >> (24 - 8 * i));
        return address;
    }
    detail::Ipv6Words words;
    if (!detail::scan_ipv6(text, words)) return std::nullopt;
    address.family = IpFamily::v6;
    for (std::size_t i = 0; i < 8; ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(words.high >> (56 - 8 * i));
        address.bytes[i + 8] = static_cast<std::uint8_t>(words.low >> (56 - 8 * i));
    }
    return address;
}

constexpr bool IpAddress::is_private() const {
    std::array<std::uint64_t, 2> words{};
    for (std::size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | bytes[i];
    if (family == IpFamily::v4) return detail::is_private_ipv4(static_cast<std::uint32_t>(words[0] >> 32));
    return detail::is_private_ipv6({words[0], words[1]});
}

namespace detail {

/// Returns the address in a spelling that both generations accept, without a scope id: IPv6 as eight groups of hexadecimal
/// digits. Expects a valid address.
inline std::string spelled_out(std::string_view text) {
    const auto address = parse_ip(text);
    if (!address || address->family == IpFamily::v4) return std::string(text);
    constexpr char hex[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < 16; i += 2) {
        const unsigned group = static_cast<unsigned>(address->bytes[i] << 8 | address->bytes[i + 1]);
        if (i > 0) out += ':';
        for (int shift = 12; shift >= 0; shift -= 4)
            if (shift == 0 || group >> shift != 0) out += hex[group >> shift & 0xfU];
    }
    return out;
}

}  // namespace detail

}  // namespace slips::inline SLIPS_SDK_ABI
