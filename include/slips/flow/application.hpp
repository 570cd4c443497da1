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
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string source{};                       ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< who asked
    std::string daddr{};                        ///< who was asked
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string proto{};                        ///< current: "udp", "UDP"…
    std::string appproto{};                     ///< Suricata
    std::string query{};                        ///< the name that was asked for
    std::string qclass_name{};                  ///< "C_INTERNET"
    std::string qtype_name{};                   ///< "A", "AAAA"…
    std::string rcode_name{};                   ///< "NOERROR", "NXDOMAIN"…
    std::vector<std::string> answers{};         ///< Zeek's TSV: all in one text, with commas between them
    std::vector<double> ttls{};                 ///< seconds, one an answer
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// An HTTP request and its response (http.log).
struct Http {
    std::string uid{};                                ///< Slips' id of the flow
    std::string type{};                               ///< Slips' name of the kind
    std::string source{};                             ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};                          ///< where it was captured; "default" for files (current)
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
    std::string ground_truth_label{};                 ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};        ///< the same in more words (current)
};

/// A TLS handshake (ssl.log).
struct Ssl {
    std::string uid{};                                   ///< Slips' id of the flow
    std::string type{};                                  ///< Slips' name of the kind
    std::string source{};                                ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};                             ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};                   ///< seconds since the epoch
    std::string saddr{};                                 ///< the client
    std::string daddr{};                                 ///< the server
    std::optional<int> sport{};                          ///< 0..65535
    std::optional<int> dport{};                          ///< 0..65535
    std::string proto{};                                 ///< Suricata
    std::string appproto{};                              ///< Suricata
    std::string version{};                               ///< "TLSv12"; Suricata: "TLS 1.2"
    std::string cipher{};                                ///< the suite that was chosen
    std::optional<bool> resumed{};                       ///< an earlier session goes on
    std::optional<bool> established{};                   ///< the handshake came to its end
    std::vector<std::string> cert_chain_fuids{};         ///< Zeek's ids of the server's certificates
    std::vector<std::string> client_cert_chain_fuids{};  ///< Zeek's ids of the client's certificates
    std::string subject{};                               ///< of the certificate
    std::string issuer{};                                ///< of the certificate
    std::string validation_status{};                     ///< "ok", or what is wrong with the certificate
    std::string curve{};                                 ///< elliptic curve, "x25519"
    std::string server_name{};                           ///< SNI
    std::string ja3{};                                   ///< fingerprint of the client
    std::string ja3s{};                                  ///< fingerprint of the server
    std::optional<bool> is_doh{};                        ///< DNS over HTTPS, as Slips sees it (current)
    std::string notbefore{};                             ///< Suricata: from when the certificate is valid, ISO 8601
    std::string notafter{};                              ///< Suricata
    std::string ground_truth_label{};                    ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};           ///< the same in more words (current)
};

/// An SSH session (ssh.log).
struct Ssh {
    std::string uid{};                            ///< Slips' id of the flow
    std::string type{};                           ///< Slips' name of the kind
    std::string source{};                         ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};                      ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};            ///< seconds since the epoch
    std::string saddr{};                          ///< the client
    std::string daddr{};                          ///< the server
    std::optional<int> sport{};                   ///< 0..65535
    std::optional<int> dport{};                   ///< 0..65535
    std::string proto{};                          ///< Suricata
    std::string appproto{};                       ///< Suricata
    std::string version{};                        ///< of the protocol: "2"
    std::optional<bool> auth_success{};           ///< the login succeeded
    std::optional<std::int64_t> auth_attempts{};  ///< how many tries were seen
    std::string client{};                         ///< its banner
    std::string server{};                         ///< its banner
    std::string cipher_alg{};                     ///< cipher
    std::string mac_alg{};                        ///< message authentication
    std::string compression_alg{};                ///< compression
    std::string kex_alg{};                        ///< key exchange
    std::string host_key_alg{};                   ///< kind of the server's key
    std::string host_key{};                       ///< fingerprint of the server's key
    std::string ground_truth_label{};             ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};    ///< the same in more words (current)
};

/// A mail session (smtp.log).
struct Smtp {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< the client
    std::string daddr{};                        ///< the server
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string last_reply{};                   ///< of the server
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// A file that was sent (files.log): from saddr to daddr.
struct File {
    std::string uid{};                          ///< Slips' id of the flow
    std::string type{};                         ///< Slips' name of the kind
    std::string source{};                       ///< "suricata" in current Slips when Suricata saw it
    std::string interface{};                    ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};          ///< seconds since the epoch
    std::string saddr{};                        ///< who sent it
    std::string daddr{};                        ///< who received it
    std::optional<int> sport{};                 ///< 0..65535
    std::optional<int> dport{};                 ///< 0..65535
    std::string proto{};                        ///< Suricata
    std::string appproto{};                     ///< Suricata
    std::optional<std::int64_t> size{};         ///< bytes
    std::string md5{};                          ///< hash of the file, in hexadecimal digits
    std::string sha1{};                         ///< hash of the file, in hexadecimal digits
    std::string origin{};                       ///< what carried it: "HTTP", "SSL" (Slips' `source`)
    std::vector<std::string> analyzers{};       ///< Zeek's TSV: all in one text, with commas between them
    std::vector<std::string> tx_hosts{};        ///< who sent it
    std::vector<std::string> rx_hosts{};        ///< who received it
    std::string ground_truth_label{};           ///< the label in the log, where it has one (current)
    std::string detailed_ground_truth_label{};  ///< the same in more words (current)
};

/// A login (login.log; current).
struct Login {
    std::string uid{};                  ///< Slips' id of the flow
    std::string type{};                 ///< Slips' name of the kind
    std::string interface{};            ///< where it was captured; "default" for files (current)
    std::optional<double> starttime{};  ///< seconds since the epoch
    std::string saddr{};                ///< the client
    std::string daddr{};                ///< the server
    std::optional<int> sport{};         ///< 0..65535
    std::optional<int> dport{};         ///< 0..65535
    std::string proto{};                ///< as Zeek writes it
    std::optional<bool> success{};      ///< the login succeeded
    std::optional<bool> confused{};     ///< Zeek lost track
    std::string user{};                 ///< as whom
    std::string client_user{};          ///< the user on the client's side
    std::string password{};             ///< in plain text, if Zeek kept it
};

}  // namespace slips::inline SLIPS_SDK_ABI
