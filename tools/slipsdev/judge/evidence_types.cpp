// The evidence types of Slips 1.1.21, and the names of threat levels.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "slipsdev/judge/evidence_rules.hpp"

namespace slipsdev {
namespace {

constexpr std::array<std::string_view, 65> known_types{"ARP_SCAN",
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
                                                       "CN_URL_MISMATCH",
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
                                                       "GRE_SCAN",
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
                                                       "THREAT_INTELLIGENCE_FROM_BLACKLISTED_IP",
                                                       "THREAT_INTELLIGENCE_TO_BLACKLISTED_IP",
                                                       "THREAT_INTELLIGENCE_BLACKLISTED_DNS_ANSWER",
                                                       "THREAT_INTELLIGENCE_BLACKLISTED_DOMAIN",
                                                       "THREAT_INTELLIGENCE_ANSWER_OF_BLACKLISTED_QUERY",
                                                       "MALICIOUS_DOWNLOADED_FILE",
                                                       "THREAT_INTELLIGENCE_MALICIOUS_URL",
                                                       "LOGIN",
                                                       "TOR_EXIT_NODE"};

}  // namespace

bool is_known_evidence_type(std::string_view name) {
    return std::find(known_types.begin(), known_types.end(), name) != known_types.end();
}

std::optional<double> threat_level_value(std::string_view level) {
    std::string lower;
    for (const char c : level) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    constexpr std::array<std::pair<std::string_view, double>, 5> levels{
        {{"info", 0.0}, {"low", 0.2}, {"medium", 0.5}, {"high", 0.8}, {"critical", 1.0}}};
    for (const auto& [word, value] : levels) {
        if (lower == word) return value;
    }
    return std::nullopt;
}

}  // namespace slipsdev
