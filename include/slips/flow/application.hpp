// What Zeek's and Suricata's logs of application protocols tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A DNS query and its answers (dns.log).
struct Dns {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string source{};               ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};                 ///< current: "udp", "UDP"…
    std::string appproto{};              ///< Suricata
    std::string query{};
    std::string qclass_name{};           ///< "C_INTERNET"
    std::string qtype_name{};            ///< "A", "AAAA"…
    std::string rcode_name{};            ///< "NOERROR", "NXDOMAIN"…
    std::vector<std::string> answers{};  ///< Zeek's TSV: all in one text, with commas between them
    std::vector<double> ttls{};          ///< seconds, one an answer
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// An HTTP request and its response (http.log).
struct Http {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string source{};               ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};     ///< Suricata
    std::string appproto{};  ///< Suricata
    std::string method{};
    std::string host{};
    std::string uri{};
    std::string version{};   ///< "1.1", "HTTP/1.1"
    std::string user_agent{};
    std::optional<std::int64_t> request_body_len{};   ///< bytes
    std::optional<std::int64_t> response_body_len{};  ///< bytes
    std::optional<std::int64_t> status_code{};
    std::string status_msg{};
    std::vector<std::string> resp_mime_types{};
    std::vector<std::string> resp_fuids{};            ///< Zeek's ids of the files
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// A TLS handshake (ssl.log).
struct Ssl {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string source{};               ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};       ///< Suricata
    std::string appproto{};    ///< Suricata
    std::string version{};     ///< "TLSv12"; Suricata: "TLS 1.2"
    std::string cipher{};
    std::optional<bool> resumed{};
    std::optional<bool> established{};
    std::vector<std::string> cert_chain_fuids{};
    std::vector<std::string> client_cert_chain_fuids{};
    std::string subject{};     ///< of the certificate
    std::string issuer{};
    std::string validation_status{};
    std::string curve{};
    std::string server_name{};  ///< SNI
    std::string ja3{};
    std::string ja3s{};
    std::optional<bool> is_doh{};
    std::string notbefore{};   ///< Suricata: from when the certificate is valid, ISO 8601
    std::string notafter{};    ///< Suricata
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// An SSH session (ssh.log).
struct Ssh {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string source{};               ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};     ///< Suricata
    std::string appproto{};  ///< Suricata
    std::string version{};   ///< of the protocol: "2"
    std::optional<bool> auth_success{};
    std::optional<std::int64_t> auth_attempts{};
    std::string client{};    ///< its banner
    std::string server{};
    std::string cipher_alg{};
    std::string mac_alg{};
    std::string compression_alg{};
    std::string kex_alg{};
    std::string host_key_alg{};
    std::string host_key{};
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// A mail session (smtp.log).
struct Smtp {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string last_reply{};  ///< of the server
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// A file that was sent (files.log): from saddr to daddr.
struct File {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string source{};               ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};     ///< Suricata
    std::string appproto{};  ///< Suricata
    std::optional<std::int64_t> size{};    ///< bytes
    std::string md5{};
    std::string sha1{};
    std::string origin{};                  ///< what carried it: "HTTP", "SSL" (Slips' `source`)
    std::vector<std::string> analyzers{};  ///< Zeek's TSV: all in one text, with commas between them
    std::vector<std::string> tx_hosts{};   ///< who sent it
    std::vector<std::string> rx_hosts{};
    std::string ground_truth_label{};
    std::string detailed_ground_truth_label{};
};

/// A login (login.log; current).
struct Login {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};
    std::string daddr{};
    std::optional<int> sport{};  ///< 0..65535
    std::optional<int> dport{};
    std::string proto{};
    std::optional<bool> success{};
    std::optional<bool> confused{};
    std::string user{};
    std::string client_user{};
    std::string password{};
};

}  // namespace slips::inline SLIPS_SDK_ABI
