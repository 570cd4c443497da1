// One table a kind of flow: current Slips' keys in the order in which it writes them, then what legacy and Suricata
// call otherwise, or add.
//
// Sources: slips_files/core/flows/*.py of Slips 1.1.21; the publish() calls of Slips 0.9.
#pragma once

#include <array>

#include "slips/flow.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

// clang-format off
inline constexpr std::array conn_fields{
    optional<&Conn::interface>("interface"),
    optional<&Conn::starttime>("starttime"),
    optional<&Conn::uid>("uid"),
    address<&Conn::saddr>("saddr"),
    address<&Conn::daddr>("daddr"),
    optional<&Conn::dur>("dur"),
    optional<&Conn::proto>("proto"),
    optional<&Conn::appproto>("appproto"),
    optional<&Conn::sport>("sport"),
    optional<&Conn::dport>("dport"),
    optional<&Conn::spkts>("spkts"),
    optional<&Conn::dpkts>("dpkts"),
    optional<&Conn::sbytes>("sbytes"),
    optional<&Conn::dbytes>("dbytes"),
    optional<&Conn::state>("state"),
    optional<&Conn::history>("history"),
    optional<&Conn::smac>("smac"),
    optional<&Conn::dmac>("dmac"),
    optional<&Conn::ground_truth_label>("ground_truth_label"),
    optional<&Conn::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Conn::endtime>("endtime"),
    optional<&Conn::pkts>("pkts"),
    optional<&Conn::bytes>("bytes"),
    optional<&Conn::state_hist>("state_hist"),
    optional<&Conn::aid>("aid"),
    optional<&Conn::dport_name>("dport_name"),
    optional<&Conn::timestamp_human>("timestamp_human"),
    optional<&Conn::interpreted_state>("interpreted_state"),
    optional<&Conn::type>("type_"),
    optional<&Conn::dir>("dir_"),
    optional<&Conn::source>("flow_source"),
    optional<&Conn::label>("label"),
};

// The flow inside a legacy new_flow: other names, and `state` is what Slips made of it.
inline constexpr std::array legacy_conn_fields{
    optional<&Conn::uid>("uid"),
    optional<&Conn::starttime>("ts"),
    optional<&Conn::dur>("dur"),
    address<&Conn::saddr>("saddr"),
    optional<&Conn::sport>("sport"),
    address<&Conn::daddr>("daddr"),
    optional<&Conn::dport>("dport"),
    optional<&Conn::proto>("proto"),
    optional<&Conn::state>("origstate"),
    optional<&Conn::interpreted_state>("state"),
    optional<&Conn::pkts>("pkts"),
    optional<&Conn::bytes>("allbytes"),
    optional<&Conn::spkts>("spkts"),
    optional<&Conn::sbytes>("sbytes"),
    optional<&Conn::appproto>("appproto"),
    optional<&Conn::label>("label"),
    optional<&Conn::type>("flow_type"),
};
inline constexpr Table legacy_conn{.fields = legacy_conn_fields, .uid = &legacy_conn_fields[0]};
inline constexpr Table conn{.fields = conn_fields, .wrapped = &legacy_conn};

inline constexpr std::array dns_fields{
    optional<&Dns::interface>("interface"),
    optional<&Dns::starttime>("starttime"),
    optional<&Dns::uid>("uid"),
    optional<&Dns::saddr>("saddr"),
    optional<&Dns::daddr>("daddr"),
    optional<&Dns::sport>("sport"),
    optional<&Dns::dport>("dport"),
    optional<&Dns::proto>("proto"),
    optional<&Dns::query>("query"),
    optional<&Dns::qclass_name>("qclass_name"),
    optional<&Dns::qtype_name>("qtype_name"),
    optional<&Dns::rcode_name>("rcode_name"),
    optional<&Dns::answers>("answers"),
    optional<&Dns::ttls>("TTLs"),
    optional<&Dns::ground_truth_label>("ground_truth_label"),
    optional<&Dns::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Dns::type>("type_"),
    optional<&Dns::appproto>("appproto"),
    optional<&Dns::source>("flow_source"),
    optional<&Dns::type>("type"),
    optional<&Dns::ttls>("ttls"),
    optional<&Dns::starttime>("stime"),
};
inline constexpr Table dns{.fields = dns_fields};

inline constexpr std::array http_fields{
    optional<&Http::interface>("interface"),
    optional<&Http::starttime>("starttime"),
    optional<&Http::uid>("uid"),
    optional<&Http::saddr>("saddr"),
    optional<&Http::daddr>("daddr"),
    optional<&Http::method>("method"),
    optional<&Http::host>("host"),
    optional<&Http::uri>("uri"),
    optional<&Http::version>("version"),
    optional<&Http::user_agent>("user_agent"),
    optional<&Http::request_body_len>("request_body_len"),
    optional<&Http::response_body_len>("response_body_len"),
    optional<&Http::status_code>("status_code"),
    optional<&Http::status_msg>("status_msg"),
    optional<&Http::resp_mime_types>("resp_mime_types"),
    optional<&Http::resp_fuids>("resp_fuids"),
    optional<&Http::ground_truth_label>("ground_truth_label"),
    optional<&Http::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Http::type>("type_"),
    optional<&Http::sport>("sport"),
    optional<&Http::dport>("dport"),
    optional<&Http::proto>("proto"),
    optional<&Http::appproto>("appproto"),
    optional<&Http::source>("flow_source"),
    optional<&Http::type>("type"),
    optional<&Http::starttime>("stime"),
};
inline constexpr Table http{.fields = http_fields};

inline constexpr std::array ssl_fields{
    optional<&Ssl::interface>("interface"),
    optional<&Ssl::starttime>("starttime"),
    optional<&Ssl::uid>("uid"),
    optional<&Ssl::saddr>("saddr"),
    optional<&Ssl::daddr>("daddr"),
    optional<&Ssl::version>("version"),
    optional<&Ssl::sport>("sport"),
    optional<&Ssl::dport>("dport"),
    optional<&Ssl::cipher>("cipher"),
    optional<&Ssl::resumed>("resumed"),
    optional<&Ssl::established>("established"),
    optional<&Ssl::cert_chain_fuids>("cert_chain_fuids"),
    optional<&Ssl::client_cert_chain_fuids>("client_cert_chain_fuids"),
    optional<&Ssl::subject>("subject"),
    optional<&Ssl::issuer>("issuer"),
    optional<&Ssl::validation_status>("validation_status"),
    optional<&Ssl::curve>("curve"),
    optional<&Ssl::server_name>("server_name"),
    optional<&Ssl::ja3>("ja3"),
    optional<&Ssl::ja3s>("ja3s"),
    optional<&Ssl::is_doh>("is_DoH"),
    optional<&Ssl::ground_truth_label>("ground_truth_label"),
    optional<&Ssl::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Ssl::type>("type_"),
    optional<&Ssl::proto>("proto"),
    optional<&Ssl::appproto>("appproto"),
    optional<&Ssl::source>("flow_source"),
    optional<&Ssl::version>("sslversion"),
    optional<&Ssl::notbefore>("notbefore"),
    optional<&Ssl::notafter>("notafter"),
    optional<&Ssl::type>("type"),
    optional<&Ssl::starttime>("stime"),
};
inline constexpr Table ssl{.fields = ssl_fields};

inline constexpr std::array ssh_fields{
    optional<&Ssh::interface>("interface"),
    optional<&Ssh::starttime>("starttime"),
    optional<&Ssh::uid>("uid"),
    optional<&Ssh::saddr>("saddr"),
    optional<&Ssh::daddr>("daddr"),
    optional<&Ssh::version>("version"),
    optional<&Ssh::auth_success>("auth_success"),
    optional<&Ssh::auth_attempts>("auth_attempts"),
    optional<&Ssh::client>("client"),
    optional<&Ssh::server>("server"),
    optional<&Ssh::cipher_alg>("cipher_alg"),
    optional<&Ssh::mac_alg>("mac_alg"),
    optional<&Ssh::compression_alg>("compression_alg"),
    optional<&Ssh::kex_alg>("kex_alg"),
    optional<&Ssh::host_key_alg>("host_key_alg"),
    optional<&Ssh::host_key>("host_key"),
    optional<&Ssh::sport>("sport"),
    optional<&Ssh::dport>("dport"),
    optional<&Ssh::ground_truth_label>("ground_truth_label"),
    optional<&Ssh::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Ssh::type>("type_"),
    optional<&Ssh::proto>("proto"),
    optional<&Ssh::appproto>("appproto"),
    optional<&Ssh::source>("flow_source"),
    optional<&Ssh::type>("type"),
    optional<&Ssh::starttime>("stime"),
};
inline constexpr Table ssh{.fields = ssh_fields};

inline constexpr std::array smtp_fields{
    optional<&Smtp::interface>("interface"),
    optional<&Smtp::starttime>("starttime"),
    optional<&Smtp::uid>("uid"),
    optional<&Smtp::saddr>("saddr"),
    optional<&Smtp::daddr>("daddr"),
    optional<&Smtp::sport>("sport"),
    optional<&Smtp::dport>("dport"),
    optional<&Smtp::last_reply>("last_reply"),
    optional<&Smtp::ground_truth_label>("ground_truth_label"),
    optional<&Smtp::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Smtp::type>("type_"),
};
inline constexpr Table smtp{.fields = smtp_fields};

inline constexpr std::array file_fields{
    optional<&File::interface>("interface"),
    optional<&File::starttime>("starttime"),
    optional<&File::uid>("uid"),
    optional<&File::saddr>("saddr"),
    optional<&File::daddr>("daddr"),
    optional<&File::size>("size"),
    optional<&File::md5>("md5"),
    optional<&File::origin>("source"),
    optional<&File::analyzers>("analyzers"),
    optional<&File::sha1>("sha1"),
    optional<&File::tx_hosts>("tx_hosts"),
    optional<&File::rx_hosts>("rx_hosts"),
    optional<&File::ground_truth_label>("ground_truth_label"),
    optional<&File::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&File::type>("type_"),
    optional<&File::sport>("sport"),
    optional<&File::dport>("dport"),
    optional<&File::proto>("proto"),
    optional<&File::appproto>("appproto"),
    optional<&File::source>("flow_source"),
};
inline constexpr Table file{.fields = file_fields};

inline constexpr std::array login_fields{
    optional<&Login::interface>("interface"),
    optional<&Login::starttime>("starttime"),
    optional<&Login::uid>("uid"),
    optional<&Login::saddr>("saddr"),
    optional<&Login::daddr>("daddr"),
    optional<&Login::sport>("sport"),
    optional<&Login::dport>("dport"),
    optional<&Login::proto>("proto"),
    optional<&Login::success>("success"),
    optional<&Login::confused>("confused"),
    optional<&Login::user>("user"),
    optional<&Login::client_user>("client_user"),
    optional<&Login::password>("password"),
    optional<&Login::type>("type_"),
};
inline constexpr Table login{.fields = login_fields};

inline constexpr std::array dhcp_fields{
    optional<&Dhcp::interface>("interface"),
    optional<&Dhcp::starttime>("starttime"),
    optional<&Dhcp::uids>("uids"),
    optional<&Dhcp::client_addr>("client_addr"),
    optional<&Dhcp::server_addr>("server_addr"),
    optional<&Dhcp::host_name>("host_name"),
    optional<&Dhcp::smac>("smac"),
    optional<&Dhcp::requested_addr>("requested_addr"),
    optional<&Dhcp::ground_truth_label>("ground_truth_label"),
    optional<&Dhcp::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Dhcp::saddr>("saddr"),
    optional<&Dhcp::daddr>("daddr"),
    optional<&Dhcp::type>("type_"),
};
inline constexpr Table dhcp{.fields = dhcp_fields};

inline constexpr std::array arp_fields{
    optional<&Arp::interface>("interface"),
    optional<&Arp::starttime>("starttime"),
    optional<&Arp::uid>("uid"),
    optional<&Arp::saddr>("saddr"),
    optional<&Arp::daddr>("daddr"),
    optional<&Arp::smac>("smac"),
    optional<&Arp::dmac>("dmac"),
    optional<&Arp::src_hw>("src_hw"),
    optional<&Arp::dst_hw>("dst_hw"),
    optional<&Arp::operation>("operation"),
    optional<&Arp::dur>("dur"),
    optional<&Arp::proto>("proto"),
    optional<&Arp::state>("state"),
    optional<&Arp::pkts>("pkts"),
    optional<&Arp::sport>("sport"),
    optional<&Arp::dport>("dport"),
    optional<&Arp::bytes>("bytes"),
    optional<&Arp::sbytes>("sbytes"),
    optional<&Arp::dbytes>("dbytes"),
    optional<&Arp::spkts>("spkts"),
    optional<&Arp::dpkts>("dpkts"),
    optional<&Arp::appproto>("appproto"),
    optional<&Arp::ground_truth_label>("ground_truth_label"),
    optional<&Arp::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Arp::type>("type_"),
};
inline constexpr Table arp{.fields = arp_fields};

inline constexpr std::array notice_fields{
    optional<&Notice::interface>("interface"),
    optional<&Notice::starttime>("starttime"),
    optional<&Notice::saddr>("saddr"),
    optional<&Notice::daddr>("daddr"),
    optional<&Notice::sport>("sport"),
    optional<&Notice::dport>("dport"),
    optional<&Notice::note>("note"),
    optional<&Notice::msg>("msg"),
    optional<&Notice::scanned_port>("scanned_port"),
    optional<&Notice::scanning_ip>("scanning_ip"),
    optional<&Notice::dst>("dst"),
    optional<&Notice::ground_truth_label>("ground_truth_label"),
    optional<&Notice::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Notice::uid>("uid"),
    optional<&Notice::type>("type_"),
    optional<&Notice::type>("type"),
    optional<&Notice::starttime>("stime"),
};
inline constexpr Table notice{.fields = notice_fields};

inline constexpr std::array weird_fields{
    optional<&Weird::interface>("interface"),
    optional<&Weird::starttime>("starttime"),
    optional<&Weird::uid>("uid"),
    optional<&Weird::saddr>("saddr"),
    optional<&Weird::daddr>("daddr"),
    optional<&Weird::name>("name"),
    optional<&Weird::addl>("addl"),
    optional<&Weird::type>("type_"),
};
inline constexpr Table weird{.fields = weird_fields};

inline constexpr std::array tunnel_fields{
    optional<&Tunnel::interface>("interface"),
    optional<&Tunnel::starttime>("starttime"),
    optional<&Tunnel::uid>("uid"),
    optional<&Tunnel::saddr>("saddr"),
    optional<&Tunnel::daddr>("daddr"),
    optional<&Tunnel::sport>("sport"),
    optional<&Tunnel::dport>("dport"),
    optional<&Tunnel::tunnel_type>("tunnel_type"),
    optional<&Tunnel::action>("action"),
    optional<&Tunnel::ground_truth_label>("ground_truth_label"),
    optional<&Tunnel::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Tunnel::type>("type_"),
};
inline constexpr Table tunnel{.fields = tunnel_fields};

inline constexpr std::array software_fields{
    optional<&Software::interface>("interface"),
    optional<&Software::starttime>("starttime"),
    optional<&Software::uid>("uid"),
    optional<&Software::saddr>("saddr"),
    optional<&Software::sport>("sport"),
    optional<&Software::software>("software"),
    optional<&Software::unparsed_version>("unparsed_version"),
    optional<&Software::version_major>("version_major"),
    optional<&Software::version_minor>("version_minor"),
    optional<&Software::software_name>("software_name"),
    optional<&Software::daddr>("daddr"),
    optional<&Software::ground_truth_label>("ground_truth_label"),
    optional<&Software::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Software::http_browser>("http_browser"),
    optional<&Software::type>("type_"),
};
inline constexpr Table software{.fields = software_fields};
// clang-format on

}  // namespace slips::inline SLIPS_SDK_ABI::wire
