// One table per kind of flow: current Slips' keys in the order in which it writes them, then other names that legacy and
// Suricata use.
//
// Sources: slips_files/core/flows/*.py of Slips 1.1.21; the publish() calls of Slips 0.9.
#pragma once

#include <array>

#include "slips/flow.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

// clang-format off

// --- fields that kinds of flows share --------------------------------------------------------------------------

/// When and where Slips saw the flow.
template <class Flow>
inline constexpr std::array captured{
    optional<&Flow::interface>("interface"),
    optional<&Flow::starttime>("starttime"),
    optional<&Flow::uid>("uid"),
};
/// The addresses of a flow.
template <class Flow>
inline constexpr std::array addresses{
    optional<&Flow::saddr>("saddr"),
    optional<&Flow::daddr>("daddr"),
};
/// What most flows begin with.
template <class Flow>
inline constexpr auto leading = joined(captured<Flow>, addresses<Flow>);

/// The ports of a flow.
template <class Flow>
inline constexpr std::array ports{
    optional<&Flow::sport>("sport"),
    optional<&Flow::dport>("dport"),
};
/// Labels of datasets.
template <class Flow>
inline constexpr std::array labels{
    optional<&Flow::ground_truth_label>("ground_truth_label"),
    optional<&Flow::detailed_ground_truth_label>("detailed_ground_truth_label"),
};
/// What most flows end with.
template <class Flow>
inline constexpr auto trailing = joined(labels<Flow>, optional<&Flow::type>("type_"));

/// What Suricata adds.
template <class Flow>
inline constexpr std::array suricata{
    optional<&Flow::proto>("proto"),
    optional<&Flow::appproto>("appproto"),
    optional<&Flow::source>("flow_source"),
};
/// The names that legacy uses.
template <class Flow>
inline constexpr std::array legacy_names{
    optional<&Flow::type>("type"),
    optional<&Flow::starttime>("stime"),
};

// --- the kinds of flows ----------------------------------------------------------------------------------------

inline constexpr auto conn_fields = joined(
    captured<Conn>,
    address<&Conn::saddr>("saddr"),
    address<&Conn::daddr>("daddr"),
    optional<&Conn::dur>("dur"),
    optional<&Conn::proto>("proto"),
    optional<&Conn::appproto>("appproto"),
    ports<Conn>,
    optional<&Conn::spkts>("spkts"),
    optional<&Conn::dpkts>("dpkts"),
    optional<&Conn::sbytes>("sbytes"),
    optional<&Conn::dbytes>("dbytes"),
    optional<&Conn::state>("state"),
    optional<&Conn::history>("history"),
    optional<&Conn::smac>("smac"),
    optional<&Conn::dmac>("dmac"),
    labels<Conn>,
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
    optional<&Conn::label>("label"));

// The flow within a legacy new_flow: other names, and `state` is Slips' interpretation of it.
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
    optional<&Conn::smac>("smac"),  // 1.0.1 to 1.1.1, before label; last, since the order is that of legacy
    optional<&Conn::dmac>("dmac"),
};
inline constexpr Table legacy_conn{.fields = legacy_conn_fields, .uid = &legacy_conn_fields[0]};
inline constexpr Table conn{.fields = conn_fields, .wrapped = &legacy_conn};

inline constexpr auto dns_fields = joined(
    leading<Dns>,
    ports<Dns>,
    optional<&Dns::proto>("proto"),
    optional<&Dns::query>("query"),
    optional<&Dns::qclass_name>("qclass_name"),
    optional<&Dns::qtype_name>("qtype_name"),
    optional<&Dns::rcode_name>("rcode_name"),
    optional<&Dns::answers>("answers"),
    optional<&Dns::ttls>("TTLs"),
    trailing<Dns>,
    optional<&Dns::appproto>("appproto"),
    optional<&Dns::source>("flow_source"),
    optional<&Dns::type>("type"),
    optional<&Dns::ttls>("ttls"),
    optional<&Dns::starttime>("stime"),
    also(optional<&Dns::uid>("flow.uid")),                 // 1.0.4 to 1.1.1
    also(optional<&Dns::qtype_name>("flow.qtype_name")));
inline constexpr Table dns{.fields = dns_fields};

inline constexpr auto http_fields = joined(
    leading<Http>,
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
    trailing<Http>,
    ports<Http>,
    suricata<Http>,
    legacy_names<Http>);
inline constexpr Table http{.fields = http_fields};

inline constexpr auto ssl_fields = joined(
    leading<Ssl>,
    optional<&Ssl::version>("version"),
    ports<Ssl>,
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
    trailing<Ssl>,
    suricata<Ssl>,
    optional<&Ssl::version>("sslversion"),
    optional<&Ssl::notbefore>("notbefore"),
    optional<&Ssl::notafter>("notafter"),
    legacy_names<Ssl>);
inline constexpr Table ssl{.fields = ssl_fields};

inline constexpr auto ssh_fields = joined(
    leading<Ssh>,
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
    ports<Ssh>,
    trailing<Ssh>,
    suricata<Ssh>,
    legacy_names<Ssh>);
inline constexpr Table ssh{.fields = ssh_fields};

inline constexpr auto smtp_fields = joined(
    leading<Smtp>,
    ports<Smtp>,
    optional<&Smtp::last_reply>("last_reply"),
    trailing<Smtp>);
inline constexpr Table smtp{.fields = smtp_fields};

inline constexpr auto file_fields = joined(
    leading<File>,
    optional<&File::size>("size"),
    optional<&File::md5>("md5"),
    optional<&File::origin>("source"),
    optional<&File::analyzers>("analyzers"),
    optional<&File::sha1>("sha1"),
    optional<&File::tx_hosts>("tx_hosts"),
    optional<&File::rx_hosts>("rx_hosts"),
    trailing<File>,
    ports<File>,
    suricata<File>);
inline constexpr Table file{.fields = file_fields};

inline constexpr auto login_fields = joined(
    leading<Login>,
    ports<Login>,
    optional<&Login::proto>("proto"),
    optional<&Login::success>("success"),
    optional<&Login::confused>("confused"),
    optional<&Login::user>("user"),
    optional<&Login::client_user>("client_user"),
    optional<&Login::password>("password"),
    optional<&Login::type>("type_"));
inline constexpr Table login{.fields = login_fields};

inline constexpr auto dhcp_fields = joined(
    optional<&Dhcp::interface>("interface"),
    optional<&Dhcp::starttime>("starttime"),
    optional<&Dhcp::uids>("uids"),
    optional<&Dhcp::client_addr>("client_addr"),
    optional<&Dhcp::server_addr>("server_addr"),
    optional<&Dhcp::host_name>("host_name"),
    optional<&Dhcp::smac>("smac"),
    optional<&Dhcp::requested_addr>("requested_addr"),
    labels<Dhcp>,
    addresses<Dhcp>,
    optional<&Dhcp::type>("type_"));
inline constexpr Table dhcp{.fields = dhcp_fields};

inline constexpr auto arp_fields = joined(
    leading<Arp>,
    optional<&Arp::smac>("smac"),
    optional<&Arp::dmac>("dmac"),
    optional<&Arp::src_hw>("src_hw"),
    optional<&Arp::dst_hw>("dst_hw"),
    optional<&Arp::operation>("operation"),
    optional<&Arp::dur>("dur"),
    optional<&Arp::proto>("proto"),
    optional<&Arp::state>("state"),
    optional<&Arp::pkts>("pkts"),
    ports<Arp>,
    optional<&Arp::bytes>("bytes"),
    optional<&Arp::sbytes>("sbytes"),
    optional<&Arp::dbytes>("dbytes"),
    optional<&Arp::spkts>("spkts"),
    optional<&Arp::dpkts>("dpkts"),
    optional<&Arp::appproto>("appproto"),
    trailing<Arp>);
inline constexpr Table arp{.fields = arp_fields};

inline constexpr auto notice_fields = joined(
    optional<&Notice::interface>("interface"),
    optional<&Notice::starttime>("starttime"),
    addresses<Notice>,
    ports<Notice>,
    optional<&Notice::note>("note"),
    optional<&Notice::msg>("msg"),
    optional<&Notice::scanned_port>("scanned_port"),
    optional<&Notice::scanning_ip>("scanning_ip"),
    optional<&Notice::dst>("dst"),
    labels<Notice>,
    optional<&Notice::uid>("uid"),
    optional<&Notice::type>("type_"),
    legacy_names<Notice>);
inline constexpr Table notice{.fields = notice_fields};

inline constexpr auto weird_fields = joined(
    leading<Weird>,
    optional<&Weird::name>("name"),
    optional<&Weird::addl>("addl"),
    optional<&Weird::type>("type_"));
inline constexpr Table weird{.fields = weird_fields};

inline constexpr auto tunnel_fields = joined(
    leading<Tunnel>,
    ports<Tunnel>,
    optional<&Tunnel::tunnel_type>("tunnel_type"),
    optional<&Tunnel::action>("action"),
    trailing<Tunnel>);
inline constexpr Table tunnel{.fields = tunnel_fields};

inline constexpr auto software_fields = joined(
    captured<Software>,
    optional<&Software::saddr>("saddr"),
    optional<&Software::sport>("sport"),
    optional<&Software::software>("software"),
    optional<&Software::unparsed_version>("unparsed_version"),
    optional<&Software::version_major>("version_major"),
    optional<&Software::version_minor>("version_minor"),
    optional<&Software::software_name>("software_name"),
    optional<&Software::daddr>("daddr"),
    labels<Software>,
    optional<&Software::http_browser>("http_browser"),
    optional<&Software::type>("type_"));
inline constexpr Table software{.fields = software_fields};
// clang-format on

}  // namespace slips::inline SLIPS_SDK_ABI::wire
