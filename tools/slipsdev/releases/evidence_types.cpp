// The evidence types of Slips. Releases before 1.0.11 have no enumeration: a type is any text.
#include <algorithm>
#include <array>

#include "slipsdev/releases/release.hpp"

namespace slipsdev {
namespace {

constexpr std::array<std::string_view, 56> types_of_all{"ARP_SCAN",
                                                        "ARP_OUTSIDE_LOCALNET",
                                                        "UNSOLICITED_ARP",
                                                        "MITM_ARP_ATTACK",
                                                        "YOUNG_DOMAIN",
                                                        "MULTIPLE_SSH_VERSIONS",
                                                        "DIFFERENT_LOCALNET",
                                                        "DEVICE_CHANGING_IP",
                                                        "NON_HTTP_PORT_80_CONNECTION",
                                                        "NON_SSL_PORT_443_CONNECTION",
                                                        "WEIRD_HTTP_METHOD",
                                                        "INCOMPATIBLE_CN",
                                                        "DGA_NXDOMAINS",
                                                        "DNS_WITHOUT_CONNECTION",
                                                        "PASTEBIN_DOWNLOAD",
                                                        "CONNECTION_WITHOUT_DNS",
                                                        "DNS_ARPA_SCAN",
                                                        "UNKNOWN_PORT",
                                                        "PASSWORD_GUESSING",
                                                        "HORIZONTAL_PORT_SCAN",
                                                        "CONNECTION_TO_PRIVATE_IP",
                                                        "GRE_TUNNEL",
                                                        "VERTICAL_PORT_SCAN",
                                                        "SSH_SUCCESSFUL",
                                                        "LONG_CONNECTION",
                                                        "SELF_SIGNED_CERTIFICATE",
                                                        "MULTIPLE_RECONNECTION_ATTEMPTS",
                                                        "CONNECTION_TO_MULTIPLE_PORTS",
                                                        "HIGH_ENTROPY_DNS_ANSWER",
                                                        "INVALID_DNS_RESOLUTION",
                                                        "PORT_0_CONNECTION",
                                                        "MALICIOUS_JA3",
                                                        "MALICIOUS_JA3S",
                                                        "DATA_UPLOAD",
                                                        "BAD_SMTP_LOGIN",
                                                        "SMTP_LOGIN_BRUTEFORCE",
                                                        "MALICIOUS_SSL_CERT",
                                                        "MALICIOUS_FLOW",
                                                        "SUSPICIOUS_USER_AGENT",
                                                        "EMPTY_CONNECTIONS",
                                                        "INCOMPATIBLE_USER_AGENT",
                                                        "EXECUTABLE_MIME_TYPE",
                                                        "MULTIPLE_USER_AGENT",
                                                        "HTTP_TRAFFIC",
                                                        "MALICIOUS_JARM",
                                                        "NETWORK_GPS_LOCATION_LEAKED",
                                                        "ICMP_TIMESTAMP_SCAN",
                                                        "ICMP_ADDRESS_SCAN",
                                                        "ICMP_ADDRESS_MASK_SCAN",
                                                        "DHCP_SCAN",
                                                        "MALICIOUS_IP_FROM_P2P_NETWORK",
                                                        "P2P_REPORT",
                                                        "COMMAND_AND_CONTROL_CHANNEL",
                                                        "THREAT_INTELLIGENCE_BLACKLISTED_ASN",
                                                        "THREAT_INTELLIGENCE_BLACKLISTED_DOMAIN",
                                                        "MALICIOUS_DOWNLOADED_FILE"};

/// A type that not every release has: since when, and the first release without it.
struct Period {
    std::string_view name;
    Version since{1, 0, 11};
    Version gone{};
};

constexpr std::array<Period, 11> types_of_some{{
    {"MALICIOUS_URL", {1, 0, 11}, {1, 0, 12}},
    {"THREAT_INTELLIGENCE_MALICIOUS_URL", {1, 0, 12}, {}},
    {"THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER", {1, 0, 12}, {}},
    {"THREAT_INTELLIGENCE_BLACKLISTED_IP", {1, 0, 11}, {1, 1, 5}},
    {"THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP", {1, 1, 5}, {}},
    {"THREAT_INTELLIGENCE_TO_BLACKLISTED_IP", {1, 1, 5}, {}},
    {"CN_URL_MISMATCH", {1, 1, 5}, {}},
    {"GRE_SCAN", {1, 1, 7}, {}},
    {"THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY", {1, 1, 13}, {}},
    {"LOGIN", {1, 1, 21}, {}},
    {"TOR_EXIT_NODE", {1, 1, 21}, {}},
}};

}  // namespace

bool is_known_evidence_type(const Release& release, std::string_view name) {
    if (!release.evidence.is_typed()) return true;
    if (std::find(types_of_all.begin(), types_of_all.end(), name) != types_of_all.end()) return true;
    return std::any_of(types_of_some.begin(), types_of_some.end(), [&](const Period& period) {
        const bool is_gone = period.gone != Version{} && !release.is_before(period.gone);
        return period.name == name && !release.is_before(period.since) && !is_gone;
    });
}

}  // namespace slipsdev
