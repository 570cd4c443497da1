// The rules of each dialect for single fields of evidence: texts, names of types, addresses, time windows.
// evidence.hpp applies the rules.
#pragma once

#include <arpa/inet.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/evidence_types.hpp"
#include "slips/ioc.hpp"
#include "slips/ip.hpp"
#include "slips/text.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Why evidence was refused.
struct Refusal {
    std::string field{};                                        ///< the name of the member
    std::string reason{};                                       ///< what is wrong and what is accepted
    std::string text() const { return field + ": " + reason; }  ///< both in one line
};

namespace detail {

/// Bytes of a text of an evidence. Slips keeps all evidence of a time window in memory and logs each as one line.
inline constexpr std::size_t longest_text = 16 * 1024;
inline constexpr std::size_t most_uid_bytes = 256 * 1024;  ///< of all uids of an evidence together
inline constexpr std::size_t most_related_ids = 1000;

using Verdict = std::optional<Refusal>;

inline Verdict refuse(std::string field, std::string reason) { return Refusal{std::move(field), std::move(reason)}; }

constexpr bool is_name(std::string_view text, bool capitals) {
    if (text.empty() || is_digit(text[0]) || text[0] == '_' || text[0] == '-') return false;
    for (const char c : text) {
        const bool small = c >= 'a' && c <= 'z';
        if (!(c >= 'A' && c <= 'Z') && !is_digit(c) && c != '_' && (capitals || (!small && c != '-'))) return false;
    }
    return true;
}

/// Returns whether the text is "timewindow<N>", N a JSON integer: evidence contains it as a number.
constexpr bool is_timewindow(std::string_view text) {
    constexpr std::string_view prefix = "timewindow";
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    return all_digits(text) && text.size() <= 18 && (text[0] != '0' || (text.size() == 1 && !negative));
}

/// Returns N of "timewindow<N>". Expects text that is_timewindow() accepts.
constexpr std::int64_t window_number(std::string_view text) {
    text.remove_prefix(std::string_view("timewindow").size());
    const bool negative = text.starts_with('-');
    std::int64_t number = 0;
    for (const char digit : text.substr(negative ? 1 : 0)) number = number * 10 + (digit - '0');
    return negative ? -number : number;
}

/// Checks text that Slips logs; it may be empty.
inline Verdict check_text(const char* field, std::string_view text, const Dialect& dialect) {
    if (text.size() > longest_text) {
        return refuse(field, "has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(longest_text) +
                                 " are accepted, shorten it");
    }
    for (std::size_t at = plain_start(text); at < text.size(); ++at) {
        if (control_at(text, at) != 0) {
            return refuse(field,
                          "contains a line break or control character in " + shown(text) +
                              "; it must be one line of text (slips::printable() escapes text from the network)");
        }
        if (dialect.alerts == Alerts::quoted_idea && legacy_unquotable_at(text, at) != 0) {
            return refuse(
                field, "contains a quotation mark, or a character that Python does not print, in " + shown(text) +
                           ", which makes Slips before 1.0.2 write invalid JSON to alerts.json; leave it out, or use "
                           "slips::printable()");
        }
    }
    if (const std::string_view word = acting_word(text, dialect.output); !word.empty()) {
        return refuse(field, "contains '" + std::string(word) +
                                 "', which Slips treats as a command when it prints it; leave it out, or use "
                                 "slips::printable()");
    }
    return std::nullopt;
}

inline Verdict check_type(const char* field, const EvidenceType& type, const Dialect& dialect) {
    const std::string_view needed = dialect.is_typed() ? type.current : type.legacy;
    if (needed.empty()) {
        return refuse(field, dialect.is_typed()
                                 ? "has no name for Slips 1.0.11 and newer; add one in capitals, such as "
                                   "CONNECTION_TO_PRIVATE_IP"
                                 : "has no name for Slips before 1.0.11; add one in CamelCase, such as "
                                   "ConnectionToPrivateIP");
    }
    if (!type.current.empty() && !is_name(type.current, true)) {
        return refuse(field,
                      shown(type.current) +
                          " is not a valid type name in Slips 1.0.11 and newer; it must consist of capitals, digits "
                          "and underscores, such as CONNECTION_TO_PRIVATE_IP");
    }
    if (const std::string_view word = acting_word(needed, dialect.output); !word.empty()) {
        return refuse(field, "contains '" + std::string(word) +
                                 "', which Slips treats as a command when it prints it; choose another name");
    }
    if (!type.legacy.empty() && !is_name(type.legacy, false)) {
        return refuse(field, shown(type.legacy) +
                                 " is not a valid type name in Slips before 1.0.11; it must be one word of letters, "
                                 "digits, '-' and '_', such as ConnectionToPrivateIP");
    }
    return std::nullopt;
}

/// Returns whether Slips writes an address in this spelling to alerts.json.
constexpr bool knows_ip(std::string_view ip, const Dialect& dialect) {
    return dialect.alerts == Alerts::idmef ? current_writes_ip(ip) : legacy_knows_ip(ip);
}

/// Returns the address in a spelling that Slips writes to alerts.json, without a scope id: the usual one if
/// possible, else spelled out.
inline std::string known_spelling(const std::string& ip, const Dialect& dialect) {
    const auto address = parse_ip(ip);
    char text[INET6_ADDRSTRLEN] = "";
    if (!address || address->family == IpFamily::v4) return ip;
    if (!::inet_ntop(AF_INET6, address->bytes.data(), text, sizeof text)) return ip;
    return knows_ip(text, dialect) ? text : spelled_out(ip);
}

inline Verdict check_ioc(const std::string& field, const Ioc& ioc, const Dialect& dialect) {
    if (!ioc.type || to_string(*ioc.type).empty()) {
        return refuse(field + ".type", "is not set; it must be ip, url, domain, md5 or port (complete() infers it)");
    }
    if (!ioc.direction || to_string(*ioc.direction).empty()) {
        return refuse(field + ".direction", "is not set; it must be src or dst (complete() infers it)");
    }
    if (*ioc.type == IocType::ip && !is_ip(ioc.value)) {
        return refuse(field, shown(ioc.value) + " is not an IP address; give one, or another type");
    }
    if (*ioc.type == IocType::ip && !knows_ip(ioc.value, dialect)) {
        return refuse(field, shown(ioc.value) + " is a spelling that Slips omits from alerts.json; write " +
                                 known_spelling(ioc.value, dialect));
    }
    if (*ioc.type == IocType::url && host_of(ioc.value).empty()) {
        return refuse(field, shown(ioc.value) + " names no host; write scheme://host/path, or give the host alone");
    }
    if (*ioc.type == IocType::url && dialect.is_typed()) {
        return refuse(
            field + ".type",
            "url is omitted from alerts.json by Slips 1.0.11 and newer; give the host, and the URL in the description");
    }
    if (*ioc.type == IocType::domain && !is_domain(ioc.value)) {
        if (ioc.value.find_first_of(":[") != std::string::npos)
            return refuse(field, shown(ioc.value) +
                                     " is neither an address nor a domain; give the address or the domain "
                                     "alone, and write the port into src_port or dst_port");
        return refuse(field, shown(ioc.value) +
                                 " is neither an address nor a domain: a domain has no blanks, and its last "
                                 "part is not a number; correct it, or give the type");
    }
    if (*ioc.type == IocType::url && !is_url(ioc.value)) {
        return refuse(field, shown(ioc.value) + " is not a URL; write scheme://host/path, or give the host alone");
    }
    if (*ioc.type == IocType::md5 && !is_md5(ioc.value)) {
        return refuse(field, shown(ioc.value) + " is not an MD5; it must have 32 hexadecimal digits");
    }
    if (*ioc.type == IocType::port) {
        if (dialect.is_typed()) {
            return refuse(field + ".type", "port does not exist in Slips 1.0.11 and newer; give the address, and the "
                                           "port in src_port or dst_port");
        }
        if (!all_digits(ioc.value) || ioc.value.size() > 5 || std::stoi(ioc.value) > 65535) {
            return refuse(field, shown(ioc.value) + " is not a port; it must be a number from 0 to 65535");
        }
    }
    if (*ioc.type == IocType::md5 && dialect.is_typed()) {
        return refuse(
            field + ".type",
            "md5 is omitted from alerts.json by Slips 1.0.11 and newer; give an address, domain or URL, and the hash "
            "in the description");
    }
    return check_text(field.c_str(), ioc.value, dialect);
}

}  // namespace detail

}  // namespace slips::inline SLIPS_SDK_ABI
