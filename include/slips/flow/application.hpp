// Flows from the application protocol logs of Zeek and Suricata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A DNS query and its answers (dns.log).
struct Dns {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string source{};                       ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the client
    std::string daddr{};                        ///< the DNS server
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string proto{};                        ///< current: "udp", "UDP"…
    std::string appproto{};                     ///< Suricata
    std::string query{};                        ///< the queried name
    std::string qclass_name{};                  ///< "C_INTERNET"
    std::string qtype_name{};                   ///< "A", "AAAA"…
    std::string rcode_name{};                   ///< "NOERROR", "NXDOMAIN"…
    std::vector<std::string> answers{};         ///< Zeek's TSV: one text, separated by commas
    std::vector<double> ttls{};                 ///< seconds, one for each answer
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// An HTTP request and its response (http.log).
struct Http {
    std::string uid{};                                ///< Slips' id of the flow
    std::string type{};                               ///< Slips' name of the flow type
    std::string source{};                             ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                       ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};                ///< seconds since the epoch
    std::string saddr{};                              ///< the client
    std::string daddr{};                              ///< the server
    std::optional<int> sport{};                       ///< 0..65535
    std::optional<int> dport{};                       ///< 0..65535
    std::string proto{};                              ///< Suricata
    std::string appproto{};                           ///< Suricata
    std::string method{};                             ///< "GET"
    std::string host{};                               ///< the Host header
    std::string uri{};                                ///< the path, with its query
    std::string version{};                            ///< "1.1", "HTTP/1.1"
    std::string user_agent{};                         ///< the User-Agent header
    std::optional<std::int64_t> request_body_len{};   ///< bytes
    std::optional<std::int64_t> response_body_len{};  ///< bytes
    std::optional<std::int64_t> status_code{};        ///< 200
    std::string status_msg{};                         ///< "OK"
    std::vector<std::string> resp_mime_types{};       ///< of the files in the response
    std::vector<std::string> resp_fuids{};            ///< Zeek's ids of the files
    std::string ground_truth_label{};                 ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};        ///< the detailed label from the log, if any (current)
};

/// A TLS handshake (ssl.log).
struct Ssl {
    std::string uid{};                            ///< Slips' id of the flow
    std::string type{};                           ///< Slips' name of the flow type
    std::string source{};                         ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                   ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};            ///< seconds since the epoch
    std::string saddr{};                          ///< the client
    std::string daddr{};                          ///< the server
    std::optional<int> sport{};                   ///< 0..65535
    std::optional<int> dport{};                   ///< 0..65535
    std::string proto{};                          ///< Suricata
    std::string appproto{};                       ///< Suricata
    std::string version{};                        ///< "TLSv12"; Suricata: "TLS 1.2"
    std::string cipher{};                         ///< the negotiated cipher suite
    std::optional<bool> resumed{};                ///< an earlier session is resumed
    std::optional<bool> established{};            ///< the handshake was completed
    std::vector<std::string> cert_chain_fuids{};  ///< Zeek's ids of the server's certificates
    std::vector<std::string> client_cert_chain_fuids{};  ///< Zeek's ids of the client's certificates
    std::string subject{};                               ///< of the certificate
    std::string issuer{};                                ///< of the certificate
    std::string validation_status{};                     ///< "ok", or the error in the certificate
    std::string curve{};                                 ///< elliptic curve, "x25519"
    std::string server_name{};                           ///< SNI
    std::string ja3{};                                   ///< fingerprint of the client
    std::string ja3s{};                                  ///< fingerprint of the server
    std::optional<bool> is_doh{};                        ///< DNS over HTTPS, as detected by Slips (current)
    std::string notbefore{};                             ///< Suricata: start of the certificate's validity, ISO 8601
    std::string notafter{};                              ///< Suricata: end of the certificate's validity, ISO 8601
    std::string ground_truth_label{};                    ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};           ///< the detailed label from the log, if any (current)
};

/// An SSH session (ssh.log).
struct Ssh {
    std::string uid{};                            ///< Slips' id of the flow
    std::string type{};                           ///< Slips' name of the flow type
    std::string source{};                         ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                   ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};            ///< seconds since the epoch
    std::string saddr{};                          ///< the client
    std::string daddr{};                          ///< the server
    std::optional<int> sport{};                   ///< 0..65535
    std::optional<int> dport{};                   ///< 0..65535
    std::string proto{};                          ///< Suricata
    std::string appproto{};                       ///< Suricata
    std::string version{};                        ///< of the protocol: "2"
    std::optional<bool> auth_success{};           ///< the login succeeded
    std::optional<std::int64_t> auth_attempts{};  ///< number of login attempts
    std::string client{};                         ///< banner of the client
    std::string server{};                         ///< banner of the server
    std::string cipher_alg{};                     ///< cipher
    std::string mac_alg{};                        ///< message authentication
    std::string compression_alg{};                ///< compression
    std::string kex_alg{};                        ///< key exchange
    std::string host_key_alg{};                   ///< type of the server's key
    std::string host_key{};                       ///< fingerprint of the server's key
    std::string ground_truth_label{};             ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};    ///< the detailed label from the log, if any (current)
};

/// A mail session (smtp.log).
struct Smtp {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the client
    std::string daddr{};                        ///< the server
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string last_reply{};                   ///< the server's last reply
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// A file that was transferred (files.log), from saddr to daddr.
struct File {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the flow type
    std::string source{};                       ///< "suricata" in current Slips for flows from Suricata
    std::string interface = {};                 ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the sender
    std::string daddr{};                        ///< the receiver
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string proto{};                        ///< Suricata
    std::string appproto{};                     ///< Suricata
    std::optional<std::int64_t> size{};         ///< bytes
    std::string md5{};                          ///< hash of the file, in hexadecimal digits
    std::string sha1{};                         ///< hash of the file, in hexadecimal digits
    std::string origin{};                       ///< the protocol: "HTTP", "SSL" (Slips' `source`)
    std::vector<std::string> analyzers{};       ///< Zeek's TSV: one text, separated by commas
    std::vector<std::string> tx_hosts{};        ///< the senders
    std::vector<std::string> rx_hosts{};        ///< the receivers
    std::string ground_truth_label{};           ///< the label from the log, if any (1.1.9 and newer)
    std::string detailed_ground_truth_label{};  ///< the detailed label from the log, if any (current)
};

/// A login (login.log).
struct Login {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the flow type
    std::string interface = {};         ///< where it was captured; "default" for files (1.1.15 and newer)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< the client
    std::string daddr{};                ///< the server
    std::optional<int> sport{};         ///< 0..65535
    std::optional<int> dport{};         ///< 0..65535
    std::string proto{};                ///< as written by Zeek
    std::optional<bool> success{};      ///< the login succeeded
    std::optional<bool> confused{};     ///< Zeek could not follow the login
    std::string user{};                 ///< the user name
    std::string client_user{};          ///< the user on the client's side
    std::string password{};             ///< in plain text, if Zeek kept it
};

}  // namespace slips::inline SLIPS_SDK_ABI
