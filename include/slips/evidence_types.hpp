// The types of evidence: the members of Slips' EvidenceType enum as constants, the set that a module declares, and the
// enums used in evidence, with their names.
//
// Mirrors slips_files/core/structures/evidence.py of Slips 1.1.22, and `type_evidence` of Slips before 1.0.11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "slips/detail/dialect.hpp"
#include "slips/version.hpp"

// One line for each member of Slips 1.1.22: constant, name from Slips 1.0.11 on, name in Slips before 1.0.11. The latter is
// the name that Slips 0.9 uses itself if it had the type (some names cover two types), otherwise a CamelCase form. Slips 0.9
// builds two names from data ("DGA-10-NXDOMAINs", "SSHSuccessful-by-<ip>"): here they are without the data.
#define SLIPS_SDK_EVIDENCE_TYPES(X)                                                                                    \
    X(arp_scan, "ARP_SCAN", "ARPScan")                                                                                 \
    X(arp_outside_localnet, "ARP_OUTSIDE_LOCALNET", "arp-outside-localnet")                                            \
    X(unsolicited_arp, "UNSOLICITED_ARP", "UnsolicitedARP")                                                            \
    X(mitm_arp_attack, "MITM_ARP_ATTACK", "MITM-arp-attack")                                                           \
    X(young_domain, "YOUNG_DOMAIN", "YoungDomain")                                                                     \
    X(multiple_ssh_versions, "MULTIPLE_SSH_VERSIONS", "MultipleSSHVersions")                                           \
    X(different_localnet, "DIFFERENT_LOCALNET", "DifferentLocalnet")                                                   \
    X(device_changing_ip, "DEVICE_CHANGING_IP", "DeviceChangingIP")                                                    \
    X(non_http_port_80_connection, "NON_HTTP_PORT_80_CONNECTION", "NonHTTPPort80Connection")                           \
    X(non_ssl_port_443_connection, "NON_SSL_PORT_443_CONNECTION", "NonSSLPort443Connection")                           \
    X(weird_http_method, "WEIRD_HTTP_METHOD", "WeirdHTTPMethod")                                                       \
    X(incompatible_cn, "INCOMPATIBLE_CN", "IncompatibleCN")                                                            \
    X(cn_url_mismatch, "CN_URL_MISMATCH", "CNURLMismatch")                                                             \
    X(dga_nxdomains, "DGA_NXDOMAINS", "DGA-NXDOMAINs")                                                                 \
    X(dns_without_connection, "DNS_WITHOUT_CONNECTION", "DNSWithoutConnection")                                        \
    X(pastebin_download, "PASTEBIN_DOWNLOAD", "PastebinDownload")                                                      \
    X(connection_without_dns, "CONNECTION_WITHOUT_DNS", "ConnectionWithoutDNS")                                        \
    X(dns_arpa_scan, "DNS_ARPA_SCAN", "DNS-ARPA-Scan")                                                                 \
    X(unknown_port, "UNKNOWN_PORT", "UnknownPort")                                                                     \
    X(password_guessing, "PASSWORD_GUESSING", "Password_Guessing")                                                     \
    X(horizontal_port_scan, "HORIZONTAL_PORT_SCAN", "PortScanType2")                                                   \
    X(connection_to_private_ip, "CONNECTION_TO_PRIVATE_IP", "ConnectionToPrivateIP")                                   \
    X(gre_tunnel, "GRE_TUNNEL", "GRETunnel")                                                                           \
    X(gre_scan, "GRE_SCAN", "GREScan")                                                                                 \
    X(vertical_port_scan, "VERTICAL_PORT_SCAN", "PortScanType1")                                                       \
    X(ssh_successful, "SSH_SUCCESSFUL", "SSHSuccessful")                                                               \
    X(long_connection, "LONG_CONNECTION", "LongConnection")                                                            \
    X(self_signed_certificate, "SELF_SIGNED_CERTIFICATE", "SelfSignedCertificate")                                     \
    X(multiple_reconnection_attempts, "MULTIPLE_RECONNECTION_ATTEMPTS", "MultipleReconnectionAttempts")                \
    X(connection_to_multiple_ports, "CONNECTION_TO_MULTIPLE_PORTS", "ConnectionToMultiplePorts")                       \
    X(high_entropy_dns_answer, "HIGH_ENTROPY_DNS_ANSWER", "HighEntropyDNSAnswer")                                      \
    X(invalid_dns_resolution, "INVALID_DNS_RESOLUTION", "InvalidDNSResolution")                                        \
    X(port_0_connection, "PORT_0_CONNECTION", "Port0Connection")                                                       \
    X(malicious_ja3, "MALICIOUS_JA3", "MaliciousJA3")                                                                  \
    X(malicious_ja3s, "MALICIOUS_JA3S", "MaliciousJA3s")                                                               \
    X(data_upload, "DATA_UPLOAD", "DataUpload")                                                                        \
    X(bad_smtp_login, "BAD_SMTP_LOGIN", "BadSMTPLogin")                                                                \
    X(smtp_login_bruteforce, "SMTP_LOGIN_BRUTEFORCE", "SMTPLoginBruteforce")                                           \
    X(malicious_ssl_cert, "MALICIOUS_SSL_CERT", "MaliciousSSLCert")                                                    \
    X(malicious_flow, "MALICIOUS_FLOW", "MaliciousFlow")                                                               \
    X(suspicious_user_agent, "SUSPICIOUS_USER_AGENT", "SuspiciousUserAgent")                                           \
    X(empty_connections, "EMPTY_CONNECTIONS", "MultipleConnections")                                                   \
    X(incompatible_user_agent, "INCOMPATIBLE_USER_AGENT", "IncompatibleUserAgent")                                     \
    X(executable_mime_type, "EXECUTABLE_MIME_TYPE", "ExecutableMIMEType")                                              \
    X(multiple_user_agent, "MULTIPLE_USER_AGENT", "MultipleUserAgent")                                                 \
    X(http_traffic, "HTTP_TRAFFIC", "HTTPTraffic")                                                                     \
    X(malicious_jarm, "MALICIOUS_JARM", "MaliciousJARM")                                                               \
    X(network_gps_location_leaked, "NETWORK_GPS_LOCATION_LEAKED", "NETWORK_gps_location_leaked")                       \
    X(icmp_timestamp_scan, "ICMP_TIMESTAMP_SCAN", "ICMP-Timestamp-Scan")                                               \
    X(icmp_address_scan, "ICMP_ADDRESS_SCAN", "ICMP-AddressScan")                                                      \
    X(icmp_address_mask_scan, "ICMP_ADDRESS_MASK_SCAN", "ICMP-AddressMaskScan")                                        \
    X(dhcp_scan, "DHCP_SCAN", "DHCPScan")                                                                              \
    X(malicious_ip_from_p2p_network, "MALICIOUS_IP_FROM_P2P_NETWORK", "Malicious-IP-from-P2P-network")                 \
    X(p2p_report, "P2P_REPORT", "P2PReport")                                                                           \
    X(command_and_control_channel, "COMMAND_AND_CONTROL_CHANNEL", "Command-and-Control-channels-detection")            \
    X(threat_intelligence_blacklisted_asn, "THREAT_INTELLIGENCE_BLACKLISTED_ASN", "ThreatIntelligenceBlacklistedASN")  \
    X(threat_intelligence_from_blacklisted_ip, "THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP",                              \
      "ThreatIntelligenceBlacklistIP")                                                                                 \
    X(threat_intelligence_to_blacklisted_ip, "THREAT_INTELLIGENCE_TO_BLACKLISTED_IP", "ThreatIntelligenceBlacklistIP") \
    X(threat_intelligence_blacklisted_dns_answer, "THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER",                        \
      "ThreatIntelligenceBlacklistedDNSAnswer")                                                                        \
    X(threat_intelligence_blacklisted_domain, "THREAT_INTELLIGENCE_BLACKLISTED_DOMAIN",                                \
      "ThreatIntelligenceBlacklistDomain")                                                                             \
    X(threat_intelligence_answer_of_blacklisted_query, "THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY",              \
      "ThreatIntelligenceAnswerOfBlacklistedQuery")                                                                    \
    X(malicious_downloaded_file, "MALICIOUS_DOWNLOADED_FILE", "MaliciousDownloadedFile")                               \
    X(threat_intelligence_malicious_url, "THREAT_INTELLIGENCE_MALICIOUS_URL", "ThreatIntelligenceMaliciousURL")        \
    X(login, "LOGIN", "Login")                                                                                         \
    X(tor_exit_node, "TOR_EXIT_NODE", "TorExitNode")

namespace slips::inline SLIPS_SDK_ABI {

/// A type of evidence, by its name in Slips from 1.0.11 on and before. Both views must refer to text that outlives the module: string
/// literals.
struct EvidenceType {
    std::string_view current{};  ///< Slips 1.0.11 and newer: a member of its EvidenceType enum, in capitals
    std::string_view legacy{};   ///< Slips before 1.0.11: free text, in CamelCase

    constexpr bool empty() const { return current.empty() && legacy.empty(); }  ///< has no name
    friend constexpr bool operator==(const EvidenceType&, const EvidenceType&) = default;

    // The members of Slips 1.1.22, such as EvidenceType::connection_to_private_ip
#define SLIPS_SDK_TYPE(constant, current_name, legacy_name) static const EvidenceType constant;
    SLIPS_SDK_EVIDENCE_TYPES(SLIPS_SDK_TYPE)
#undef SLIPS_SDK_TYPE
};

#define SLIPS_SDK_TYPE(constant, current_name, legacy_name)                                                            \
    inline constexpr EvidenceType EvidenceType::constant{current_name, legacy_name};
SLIPS_SDK_EVIDENCE_TYPES(SLIPS_SDK_TYPE)
#undef SLIPS_SDK_TYPE

/// The types a module declares in its ModuleInfo: `.evidence_types = {local_device, EvidenceType::arp_scan}`.
class EvidenceTypes {
public:
    static constexpr std::size_t capacity = 32;  ///< maximum number of types

    constexpr EvidenceTypes() = default;
    /// More than `capacity` types in a constant, such as ModuleInfo, are a compile error.
    constexpr EvidenceTypes(std::initializer_list<EvidenceType> types);

    constexpr const EvidenceType* begin() const { return types_; }        ///< the first type
    constexpr const EvidenceType* end() const { return types_ + size_; }  ///< past the last type
    constexpr std::size_t size() const { return size_; }                  ///< number of types
    constexpr bool empty() const { return size_ == 0; }                   ///< no types are declared
    /// Returns whether `type` is declared; both names must match.
    constexpr bool contains(const EvidenceType& type) const {
        for (const EvidenceType& declared : *this) {
            if (declared == type) return true;
        }
        return false;
    }

private:
    EvidenceType types_[capacity]{};
    std::size_t size_ = 0;
};

/// Returns whether this is the name of a member of Slips 1.1.22 ("ARP_SCAN"). Evidence of any other type can end Slips'
/// evidence handler, unless the type was registered with Slips.
constexpr bool is_known_evidence_type(std::string_view current_name);

/// The severity of evidence; see threat_level_value().
enum class ThreatLevel : std::uint8_t { info, low, medium, high, critical };
/// The end of the flow at which an attacker or a victim is.
enum class Direction : std::uint8_t { src, dst };
/// The type of an attacker's or a victim's value. port exists before 1.0.11 only.
enum class IocType : std::uint8_t { ip, url, domain, md5, port };
/// The protocol of the flow that evidence is about.
enum class Proto : std::uint8_t { tcp, udp, icmp };
/// The detection method of evidence, from Slips 1.1.2 on.
enum class Method : std::uint8_t {
    biometric,
    signature,
    monitor,
    policy,
    statistical,
    ai,
    heat,
    movement,
    blackhole,
    heuristic,
    integrity,
    honeypot,
    tarpit,
    recon,
    correlation,
    threshold
};

// Return the names as they appear in evidence of Slips 1.0.11 and newer; empty for a value outside the enum.
constexpr std::string_view to_string(ThreatLevel level);    ///< "HIGH"
constexpr std::string_view to_string(Direction direction);  ///< "SRC"
constexpr std::string_view to_string(IocType type);         ///< "IP"
constexpr std::string_view to_string(Proto proto);          ///< "TCP"
constexpr std::string_view to_string(Method method);        ///< "HEURISTIC"

/// Returns the name in lower case, "high": as in evidence of Slips before 1.0.11 and in profiles.
constexpr std::string_view to_lower_string(ThreatLevel level);
/// Returns the name in lower case: "tcp".
constexpr std::string_view to_lower_string(Proto proto);

/// Returns 0, 0.2, 0.5, 0.8 or 1. Slips multiplies it by the confidence and sums up the products.
constexpr double threat_level_value(ThreatLevel level);

/// Parses "high", "HIGH", "High"…; returns nullopt for other text.
constexpr std::optional<ThreatLevel> parse_threat_level(std::string_view text);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

inline constexpr EvidenceType known_evidence_types[] = {
#define SLIPS_SDK_TYPE(constant, current_name, legacy_name) {current_name, legacy_name},
    SLIPS_SDK_EVIDENCE_TYPES(SLIPS_SDK_TYPE)
#undef SLIPS_SDK_TYPE
};

/// A member of Slips' enum that older releases lack, or have under another name.
struct TypeChange {
    std::string_view name;
    Release since;
    std::string_view before{};  ///< its older name; empty: none
};

inline constexpr TypeChange type_changes[] = {
    {"THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER", release(1, 0, 12)},
    {"THREAT_INTELLIGENCE_MALICIOUS_URL", release(1, 0, 12), "MALICIOUS_URL"},
    {"CN_URL_MISMATCH", release(1, 1, 5)},
    {"THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP", release(1, 1, 5), "THREAT_INTELLIGENCE_BLACKLISTED_IP"},
    {"THREAT_INTELLIGENCE_TO_BLACKLISTED_IP", release(1, 1, 5), "THREAT_INTELLIGENCE_BLACKLISTED_IP"},
    {"GRE_SCAN", release(1, 1, 7)},
    {"THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY", release(1, 1, 13)},
    {"LOGIN", release(1, 1, 21)},
    {"TOR_EXIT_NODE", release(1, 1, 21)},
};

/// Returns the name of a type in the enum of this dialect; empty if its enum lacks the type. Names of other types, such as
/// those of modules, are returned as they are.
constexpr std::string_view type_name(std::string_view name, const Dialect& dialect) {
    if (dialect.since == dialects.back().since) return name;
    for (const TypeChange& change : type_changes)
        if (change.name == name && dialect.since < change.since) return change.before;
    return name;
}

/// Not constexpr, so that calling it in a constant is a compile error; the name appears in the compiler's message.
inline void slips_a_module_declares_at_most_32_evidence_types() {}

}  // namespace detail

constexpr EvidenceTypes::EvidenceTypes(std::initializer_list<EvidenceType> types) {
    if (types.size() > capacity) detail::slips_a_module_declares_at_most_32_evidence_types();
    for (const EvidenceType& type : types) {
        if (size_ < capacity) types_[size_++] = type;
    }
}

constexpr bool is_known_evidence_type(std::string_view current_name) {
    for (const EvidenceType& type : detail::known_evidence_types) {
        if (type.current == current_name) return true;
    }
    return false;
}

namespace detail {

template <std::size_t Count, typename Enum>
constexpr std::string_view name_of(const std::string_view (&names)[Count], Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < Count ? names[index] : std::string_view{};
}

inline constexpr std::string_view threat_level_names[] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
inline constexpr std::string_view threat_level_lower_names[] = {"info", "low", "medium", "high", "critical"};
inline constexpr std::string_view direction_names[] = {"SRC", "DST"};
inline constexpr std::string_view ioc_type_names[] = {"IP", "URL", "DOMAIN", "MD5", "PORT"};
inline constexpr std::string_view proto_names[] = {"TCP", "UDP", "ICMP"};
inline constexpr std::string_view proto_lower_names[] = {"tcp", "udp", "icmp"};
inline constexpr std::string_view method_names[] = {
    "BIOMETRIC", "SIGNATURE", "MONITOR",   "POLICY",   "STATISTICAL", "AI",    "HEAT",        "MOVEMENT",
    "BLACKHOLE", "HEURISTIC", "INTEGRITY", "HONEYPOT", "TARPIT",      "RECON", "CORRELATION", "THRESHOLD"};

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace detail

constexpr std::string_view to_string(ThreatLevel level) { return detail::name_of(detail::threat_level_names, level); }
constexpr std::string_view to_string(Direction side) { return detail::name_of(detail::direction_names, side); }
constexpr std::string_view to_string(IocType type) { return detail::name_of(detail::ioc_type_names, type); }
constexpr std::string_view to_string(Proto proto) { return detail::name_of(detail::proto_names, proto); }
constexpr std::string_view to_string(Method method) { return detail::name_of(detail::method_names, method); }

constexpr std::string_view to_lower_string(ThreatLevel level) {
    return detail::name_of(detail::threat_level_lower_names, level);
}
constexpr std::string_view to_lower_string(Proto proto) { return detail::name_of(detail::proto_lower_names, proto); }

constexpr double threat_level_value(ThreatLevel level) {
    switch (level) {
        case ThreatLevel::info: return 0;
        case ThreatLevel::low: return 0.2;
        case ThreatLevel::medium: return 0.5;
        case ThreatLevel::high: return 0.8;
        case ThreatLevel::critical: return 1;
    }
    return 0;
}

constexpr std::optional<ThreatLevel> parse_threat_level(std::string_view text) {
    for (std::size_t level = 0; level < 5; ++level) {
        const std::string_view name = detail::threat_level_lower_names[level];
        bool same = text.size() == name.size();
        for (std::size_t i = 0; same && i < name.size(); ++i) same = detail::to_lower(text[i]) == name[i];
        if (same) return static_cast<ThreatLevel>(level);
    }
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI

#undef SLIPS_SDK_EVIDENCE_TYPES
