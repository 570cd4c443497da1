// Indicators of compromise: the attacker and the victim of evidence.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/evidence_types.hpp"
#include "slips/ip.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// An attacker or a victim: an address, a domain, a URL… complete() infers direction and type if they are not set.
struct Ioc {
    std::string value{};                   ///< the address, domain, URL…
    std::optional<Direction> direction{};  ///< source or destination of the flow
    std::optional<IocType> type{};         ///< an address, a domain…

    Ioc() = default;
    // implicit by design: .attacker = msg.flow.saddr
    /// Constructs it from its value.
    Ioc(std::string text, std::optional<Direction> side = {}, std::optional<IocType> kind = {})  // NOLINT
        : value(std::move(text)), direction(side), type(kind) {}
    /// As above.
    Ioc(std::string_view text, std::optional<Direction> side = {}, std::optional<IocType> kind = {})  // NOLINT
        : value(text), direction(side), type(kind) {}
    /// As above; nullptr means empty.
    Ioc(const char* text, std::optional<Direction> side = {}, std::optional<IocType> kind = {})  // NOLINT
        : value(text == nullptr ? "" : text), direction(side), type(kind) {}

    bool empty() const { return value.empty(); }  ///< has no value
    friend bool operator==(const Ioc&, const Ioc&) = default;
};

/// Infers the type of a value: an address → ip, with '/' → url, 32 hexadecimal digits → md5, only digits → port, else
/// domain.
constexpr IocType infer_ioc_type(std::string_view value);

/// Returns `type_detection` of Slips before 1.0.11 for an attacker: srcip, dstip, srcdomain, dstdomain (also for a URL), sport,
/// dport, or file (md5). Expects completed evidence.
constexpr std::string_view legacy_type_detection(IocType type, Direction direction);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

inline bool same_address(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return false;
    if (a == b) return true;
    // an IPv4 address has only one spelling
    if (a.find(':') == std::string_view::npos && b.find(':') == std::string_view::npos) return false;
    const auto left = parse_ip(a);
    return left && left == parse_ip(b);
}

constexpr bool all_digits(std::string_view text) {
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
    }
    return !text.empty();
}

/// Returns the length of the scheme of a URL and its "://"; 0 if it has none.
constexpr std::size_t scheme_of(std::string_view url) {
    constexpr std::string_view in_scheme = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
    const std::size_t end = url.find_first_not_of(in_scheme);
    return end != 0 && end != std::string_view::npos && url.substr(end).starts_with("://") ? end + 3 : 0;
}

/// Returns the host of a URL, with or without a scheme, as browsers determine it; empty if there is none.
constexpr std::string_view host_of(std::string_view url) {
    url.remove_prefix(scheme_of(url));
    url = url.substr(0, url.find_first_of("/?#\\"));
    if (const std::size_t user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
    if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);
    if (is_ip(url)) return url;
    const std::size_t colon = url.find(':');
    if (colon != std::string_view::npos && !url.substr(colon + 1).empty() && !all_digits(url.substr(colon + 1)))
        return {};
    return url.substr(0, colon);
}

constexpr bool is_md5(std::string_view text) {
    for (const char c : text)
        if (hex_value(c) < 0) return false;
    return text.size() == 32;
}

/// Returns whether the text may be a domain: it has a letter or a digit but no blanks, is not an address in brackets or
/// with a port, a URL or a path, and its last label is not a number. Names in DNS queries may have any other character.
constexpr bool is_domain(std::string_view text) {
    constexpr auto none = std::string_view::npos;
    if (text.find_first_of(" \t") != none || text.find("\xc2\xa0") != none || text.starts_with('[')) return false;
    if (text.starts_with('/') || text.find("://") != none) return false;
    if (text.find(':') != none && text.find_first_not_of("0123456789.:") == none)
        return false;  // an address with a port
    const auto in_name = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & '\x80') != 0;
    };
    if (std::find_if(text.begin(), text.end(), in_name) == text.end()) return false;
    if (text.ends_with('.')) text.remove_suffix(1);
    const std::size_t dot = text.rfind('.');
    const std::string_view last = text.substr(dot == std::string_view::npos ? 0 : dot + 1);
    return !last.empty() && !all_digits(last);
}

/// Returns whether the text has a scheme and a host, and no blanks.
constexpr bool is_url(std::string_view text) {
    return scheme_of(text) != 0 && !host_of(text).empty() && text.find_first_of(" \t") == std::string_view::npos;
}

}  // namespace detail

constexpr IocType infer_ioc_type(std::string_view value) {
    if (is_ip(value)) return IocType::ip;
    if (value.find('/') != std::string_view::npos) return IocType::url;
    if (detail::is_md5(value)) return IocType::md5;
    return detail::all_digits(value) ? IocType::port : IocType::domain;
}

constexpr std::string_view legacy_type_detection(IocType type, Direction direction) {
    const bool dst = direction == Direction::dst;
    switch (type) {
        case IocType::ip: return dst ? "dstip" : "srcip";
        case IocType::url:
        case IocType::domain: return dst ? "dstdomain" : "srcdomain";
        case IocType::port: return dst ? "dport" : "sport";
        case IocType::md5: return "file";
    }
    return {};
}

}  // namespace slips::inline SLIPS_SDK_ABI
