// One table a message: which keys it has beside those of the flow in it.
//
// Sources: the publish() calls of Slips 1.1.21 and of Slips 0.9. Legacy tells some flows flat: then the keys of the flow
// stand within the message.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "slips/impl/wire/flow_tables.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

// clang-format off
inline constexpr std::array new_flow_fields{
    required<&NewFlow::profileid, NewFlow>("profileid"),
    required<&NewFlow::twid, NewFlow>("twid"),
    object<&NewFlow::flow, NewFlow>("flow", conn),
    optional<&NewFlow::stime, NewFlow>("stime"),
    optional<&NewFlow::interpreted_state>("interpreted_state"),
    optional<&NewFlow::label>("label"),
    optional<&NewFlow::version, NewFlow>("version"),
};
inline constexpr Table table_of(const NewFlow*) { return {.fields = new_flow_fields}; }

inline constexpr std::array new_dns_fields{
    required<&NewDns::profileid, NewDns>("profileid"),
    required<&NewDns::twid, NewDns>("twid"),
    object<&NewDns::flow, NewDns>("flow", dns),
    optional<&NewDns::version, NewDns>("version"),
    optional<&NewDns::stime, NewDns>("stime"),
    within<&NewDns::flow, &Dns::uid, NewDns>("uid"),
    within<&NewDns::flow, &Dns::rcode_name, NewDns>("rcode_name"),
};
inline constexpr Table table_of(const NewDns*) { return {.fields = new_dns_fields}; }

inline constexpr std::array new_http_fields{
    required<&NewHttp::profileid, NewHttp>("profileid"),
    required<&NewHttp::twid, NewHttp>("twid"),
    object<&NewHttp::flow, NewHttp>("flow", http),
    optional<&NewHttp::version, NewHttp>("version"),
    optional<&NewHttp::stime, NewHttp>("stime"),
};
inline constexpr Table table_of(const NewHttp*) { return {.fields = new_http_fields}; }

inline constexpr std::array new_url_fields{
    required<&NewUrl::profileid, NewUrl>("profileid"),
    required<&NewUrl::twid, NewUrl>("twid"),
    object<&NewUrl::flow, NewUrl>("flow", http),
    optional<&NewUrl::version, NewUrl>("version"),
    optional<&NewUrl::stime, NewUrl>("stime"),
};
inline constexpr Table table_of(const NewUrl*) { return {.fields = new_url_fields}; }

inline constexpr std::array new_ssl_fields{
    required<&NewSsl::profileid, NewSsl>("profileid"),
    required<&NewSsl::twid, NewSsl>("twid"),
    object<&NewSsl::flow, NewSsl>("flow", ssl),
    optional<&NewSsl::version, NewSsl>("version"),
    optional<&NewSsl::stime, NewSsl>("stime"),
};
inline constexpr Table table_of(const NewSsl*) { return {.fields = new_ssl_fields}; }

inline constexpr std::array new_ssh_fields{
    required<&NewSsh::profileid, NewSsh>("profileid"),
    required<&NewSsh::twid, NewSsh>("twid"),
    object<&NewSsh::flow, NewSsh>("flow", ssh),
    optional<&NewSsh::version, NewSsh>("version"),
    optional<&NewSsh::stime, NewSsh>("stime"),
    within<&NewSsh::flow, &Ssh::uid, NewSsh>("uid"),
};
inline constexpr Table table_of(const NewSsh*) { return {.fields = new_ssh_fields}; }

inline constexpr std::array new_smtp_fields{
    one_of(object<&NewSmtp::flow, NewSmtp>("flow", smtp)),
    required<&NewSmtp::profileid, NewSmtp>("profileid"),
    required<&NewSmtp::twid, NewSmtp>("twid"),
    optional<&NewSmtp::version, NewSmtp>("version"),
    one_of(within<&NewSmtp::flow, &Smtp::saddr, NewSmtp>("saddr")),
    within<&NewSmtp::flow, &Smtp::uid, NewSmtp>("uid"),
    within<&NewSmtp::flow, &Smtp::daddr, NewSmtp>("daddr"),
    within<&NewSmtp::flow, &Smtp::starttime, NewSmtp>("ts"),
    within<&NewSmtp::flow, &Smtp::last_reply, NewSmtp>("last_reply"),
};
inline constexpr Table table_of(const NewSmtp*) { return {.fields = new_smtp_fields}; }

inline constexpr std::array new_downloaded_file_fields{
    one_of(object<&NewDownloadedFile::flow, NewDownloadedFile>("flow", file)),
    optional<&NewDownloadedFile::type>("type"),
    required<&NewDownloadedFile::profileid, NewDownloadedFile>("profileid"),
    required<&NewDownloadedFile::twid, NewDownloadedFile>("twid"),
    optional<&NewDownloadedFile::version, NewDownloadedFile>("version"),
    one_of(within<&NewDownloadedFile::flow, &File::saddr, NewDownloadedFile>("saddr")),
    within<&NewDownloadedFile::flow, &File::uid, NewDownloadedFile>("uid"),
    within<&NewDownloadedFile::flow, &File::daddr, NewDownloadedFile>("daddr"),
    within<&NewDownloadedFile::flow, &File::size, NewDownloadedFile>("size"),
    within<&NewDownloadedFile::flow, &File::md5, NewDownloadedFile>("md5"),
    within<&NewDownloadedFile::flow, &File::sha1, NewDownloadedFile>("sha1"),
    within<&NewDownloadedFile::flow, &File::analyzers, NewDownloadedFile>("analyzers"),
    within<&NewDownloadedFile::flow, &File::origin, NewDownloadedFile>("source"),
    within<&NewDownloadedFile::flow, &File::starttime, NewDownloadedFile>("ts"),
};
inline constexpr Table table_of(const NewDownloadedFile*) { return {.fields = new_downloaded_file_fields}; }

inline constexpr std::array new_login_fields{
    required<&NewLogin::profileid, NewLogin>("profileid"),
    required<&NewLogin::twid, NewLogin>("twid"),
    object<&NewLogin::flow, NewLogin>("flow", login),
    optional<&NewLogin::version, NewLogin>("version"),
};
inline constexpr Table table_of(const NewLogin*) { return {.fields = new_login_fields}; }

inline constexpr std::array new_dhcp_fields{
    required<&NewDhcp::profileid, NewDhcp>("profileid"),
    required<&NewDhcp::twid, NewDhcp>("twid"),
    object<&NewDhcp::flow, NewDhcp>("flow", dhcp),
    optional<&NewDhcp::version, NewDhcp>("version"),
};
inline constexpr Table table_of(const NewDhcp*) { return {.fields = new_dhcp_fields}; }

inline constexpr std::array new_arp_fields{
    one_of(object<&NewArp::flow, NewArp>("flow", arp)),
    required<&NewArp::profileid, NewArp>("profileid"),
    required<&NewArp::twid, NewArp>("twid"),
    optional<&NewArp::version, NewArp>("version"),
    one_of(within<&NewArp::flow, &Arp::saddr, NewArp>("saddr")),
    within<&NewArp::flow, &Arp::uid, NewArp>("uid"),
    within<&NewArp::flow, &Arp::daddr, NewArp>("daddr"),
    within<&NewArp::flow, &Arp::dmac, NewArp>("dst_mac"),
    within<&NewArp::flow, &Arp::smac, NewArp>("src_mac"),
    within<&NewArp::flow, &Arp::dst_hw, NewArp>("dst_hw"),
    within<&NewArp::flow, &Arp::src_hw, NewArp>("src_hw"),
    within<&NewArp::flow, &Arp::operation, NewArp>("operation"),
    within<&NewArp::flow, &Arp::starttime, NewArp>("ts"),
};
inline constexpr Table table_of(const NewArp*) { return {.fields = new_arp_fields}; }

inline constexpr std::array new_notice_fields{
    required<&NewNotice::profileid, NewNotice>("profileid"),
    required<&NewNotice::twid, NewNotice>("twid"),
    object<&NewNotice::flow, NewNotice>("flow", notice),
    optional<&NewNotice::version, NewNotice>("version"),
    optional<&NewNotice::stime, NewNotice>("stime"),
    within<&NewNotice::flow, &Notice::uid, NewNotice>("uid"),
};
inline constexpr Table table_of(const NewNotice*) { return {.fields = new_notice_fields}; }

inline constexpr std::array new_weird_fields{
    required<&NewWeird::profileid, NewWeird>("profileid"),
    required<&NewWeird::twid, NewWeird>("twid"),
    object<&NewWeird::flow, NewWeird>("flow", weird),
    optional<&NewWeird::version, NewWeird>("version"),
};
inline constexpr Table table_of(const NewWeird*) { return {.fields = new_weird_fields}; }

inline constexpr std::array new_tunnel_fields{
    required<&NewTunnel::profileid, NewTunnel>("profileid"),
    required<&NewTunnel::twid, NewTunnel>("twid"),
    object<&NewTunnel::flow, NewTunnel>("flow", tunnel),
    optional<&NewTunnel::version, NewTunnel>("version"),
};
inline constexpr Table table_of(const NewTunnel*) { return {.fields = new_tunnel_fields}; }

inline constexpr std::array new_software_fields{
    one_of(object<&NewSoftware::flow, NewSoftware>("flow", software)),
    required<&NewSoftware::twid, NewSoftware>("twid"),
    optional<&NewSoftware::version, NewSoftware>("version"),
    one_of(within<&NewSoftware::flow, &Software::saddr, NewSoftware>("saddr")),
    within<&NewSoftware::flow, &Software::type, NewSoftware>("type"),
    within<&NewSoftware::flow, &Software::starttime, NewSoftware>("starttime"),
    within<&NewSoftware::flow, &Software::uid, NewSoftware>("uid"),
    within<&NewSoftware::flow, &Software::daddr, NewSoftware>("daddr"),
    within<&NewSoftware::flow, &Software::software, NewSoftware>("software_type"),
    within<&NewSoftware::flow, &Software::unparsed_version, NewSoftware>("unparsed_version"),
    within<&NewSoftware::flow, &Software::version_major, NewSoftware>("version.major"),
    within<&NewSoftware::flow, &Software::version_minor, NewSoftware>("version.minor"),
};
inline constexpr Table table_of(const NewSoftware*) { return {.fields = new_software_fields}; }

inline constexpr std::array new_service_fields{
    required<&NewService::profileid, NewService>("profileid"),
    required<&NewService::twid, NewService>("twid"),
    optional<&NewService::version, NewService>("version"),
    within<&NewService::flow, &Service::uid, NewService>("uid"),
    within<&NewService::flow, &Service::saddr, NewService>("saddr"),
    within<&NewService::flow, &Service::port, NewService>("port_num"),
    within<&NewService::flow, &Service::proto, NewService>("port_proto"),
    within<&NewService::flow, &Service::names, NewService>("service"),
    within<&NewService::flow, &Service::starttime, NewService>("ts"),
};
inline constexpr Table table_of(const NewService*) { return {.fields = new_service_fields}; }

inline constexpr std::array new_letters_fields{
    required<&NewLetters::new_symbol>("new_symbol"),
    required<&NewLetters::profileid, NewLetters>("profileid"),
    required<&NewLetters::twid, NewLetters>("twid"),
    optional<&NewLetters::tupleid>("tupleid"),
    within<&NewLetters::flow, &Conn::uid, NewLetters>("uid"),
    object<&NewLetters::flow, NewLetters>("flow", conn, false),  // current
    optional<&NewLetters::version, NewLetters>("version"),
    optional<&NewLetters::stime, NewLetters>("stime"),           // legacy
};
inline constexpr Table table_of(const NewLetters*) { return {.fields = new_letters_fields}; }

inline constexpr std::array new_mac_fields{
    required<&NewMac::mac>("MAC"),
    required<&NewMac::profileid>("profileid"),
    optional<&NewMac::version, NewMac>("version"),
    optional<&NewMac::host_name>("host_name"),
};
inline constexpr Table table_of(const NewMac*) { return {.fields = new_mac_fields}; }

inline constexpr std::array new_blocking_fields{
    address<&NewBlocking::ip>("ip"),
    required<&NewBlocking::block>("block"),
    optional<&NewBlocking::from>("from"),
    optional<&NewBlocking::to>("to"),
    prefixed<&NewBlocking::twid, Prefix::timewindow>("tw"),
    optional<&NewBlocking::interface>("interface"),
    optional<&NewBlocking::block_for>("block_for"),
    optional<&NewBlocking::version, NewBlocking>("version"),
};
inline constexpr Table table_of(const NewBlocking*) { return {.fields = new_blocking_fields}; }

// --- look-ups ------------------------------------------------------------------------------------------------

/// What is to be looked up, under a key that tells what it is.
template <class M>
constexpr Field looked_up(std::string_view key) {
    Field field = one_of(required<&M::to_lookup, M>(key));
    field.expected = "an address or a domain";
    field.named = [](void* object, std::string_view name) { static_cast<M*>(object)->key.assign(name); };
    return field;
}
template <class M>
inline constexpr std::array lookup_fields{
    looked_up<M>("to_lookup"),
    looked_up<M>("ip"),
    optional<&M::profileid, M>("profileid"),
    optional<&M::twid, M>("twid"),
    optional<&M::proto, M>("proto"),
    optional<&M::ip_state, M>("ip_state"),
    optional<&M::stime, M>("stime"),
    optional<&M::uid, M>("uid"),
    optional<&M::daddr, M>("daddr"),
    optional<&M::version, M>("version"),
    optional<&M::is_dns_response, M>("is_dns_response"),
    optional<&M::dns_query, M>("dns_query"),
    looked_up<M>("query"),
    looked_up<M>("host"),
    looked_up<M>("server_name"),
};
inline constexpr Table table_of(const GiveThreatIntelligence*) { return {.fields = lookup_fields<GiveThreatIntelligence>}; }

inline constexpr std::array p2p_data_request_fields =
    joined(lookup_fields<P2pDataRequest>, std::array{optional<&P2pDataRequest::cache_age>("cache_age")});
inline constexpr Table table_of(const P2pDataRequest*) { return {.fields = p2p_data_request_fields}; }

// --- evidence and alerts -------------------------------------------------------------------------------------

inline constexpr std::array party_as_fields{
    optional<&EvidenceParty::as_number>("number"),
    optional<&EvidenceParty::as_org>("org"),
};
inline constexpr Table party_as{.fields = party_as_fields, .lenient = true};
inline constexpr std::array party_profile_fields{
    prefixed<&EvidenceParty::profileid, Prefix::profile>("ip"),
};
inline constexpr Table party_profile{.fields = party_profile_fields, .lenient = true};
inline constexpr std::array party_fields{
    optional<&EvidenceParty::direction>("direction"),
    optional<&EvidenceParty::ioc_type>("ioc_type"),
    optional<&EvidenceParty::value>("value"),
    part("profile", party_profile),
    optional<&EvidenceParty::ti>("TI"),
    part("AS", party_as),
    optional<&EvidenceParty::rdns>("rDNS"),
    optional<&EvidenceParty::sni>("SNI"),
    optional<&EvidenceParty::dns_resolution>("DNS_resolution"),
    optional<&EvidenceParty::queries>("queries"),
    optional<&EvidenceParty::cname>("CNAME"),
};
inline constexpr Table party{.fields = party_fields, .lenient = true};  // what modules enrich it with is their own

template <class M>
inline constexpr std::array profile_fields{prefixed<&M::profileid, Prefix::profile, M>("ip")};
template <class M>
inline constexpr Table profile{.fields = profile_fields<M>};

template <class M>
inline constexpr std::array window_fields{
    prefixed<&M::twid, Prefix::timewindow, M>("number"),
    optional<&M::window_start, M>("start_time"),
    optional<&M::window_end, M>("end_time"),
};
template <class M>
inline constexpr Table window{.fields = window_fields<M>};

template <class M>
inline constexpr std::array evidence_fields{
    one_of(required<&M::type, M>("evidence_type")),
    required<&M::description, M>("description"),
    object<&M::attacker, M>("attacker", party, false),
    optional<&M::threat_level, M>("threat_level"),
    part("profile", profile<M>),
    part("timewindow", window<M>),
    optional<&M::uids, M>("uid"),
    optional<&M::timestamp, M>("timestamp"),
    optional<&M::interface, M>("interface"),
    object<&M::victim, M>("victim", party, false),
    optional<&M::proto, M>("proto"),
    optional<&M::dst_port, M>("dst_port"),
    optional<&M::src_port, M>("src_port"),
    optional<&M::method, M>("method"),
    optional<&M::id, M>("id"),
    optional<&M::confidence, M>("confidence"),
    optional<&M::related_ids, M>("rel_id"),
    // legacy
    optional<&M::profileid, M>("profileid"),
    optional<&M::twid, M>("twid"),
    optional<&M::type_detection, M>("type_detection"),
    within<&M::attacker, &EvidenceParty::value, M>("detection_info"),
    one_of(required<&M::type, M>("type_evidence")),
    optional<&M::timestamp, M>("stime"),
    optional<&M::category, M>("category"),
    optional<&M::id, M>("ID"),
    optional<&M::connection_count, M>("conn_count"),
    optional<&M::source_target_tag, M>("source_target_tag"),
    optional<&M::port, M>("port"),
};
inline constexpr Table evidence{.fields = evidence_fields<EvidenceRecord>};

inline constexpr std::array evidence_added_fields =
    joined(evidence_fields<EvidenceAdded>, std::array{optional<&EvidenceAdded::version, EvidenceAdded>("version")});
inline constexpr Table table_of(const EvidenceAdded*) { return {.fields = evidence_added_fields}; }

inline constexpr std::array new_alert_fields{
    part("profile", profile<NewAlert>),
    part("timewindow", window<NewAlert>),
    object<&NewAlert::last_evidence>("last_evidence", evidence, false),
    optional<&NewAlert::accumulated_threat_level>("accumulated_threat_level"),
    required<&NewAlert::id>("id"),
    optional<&NewAlert::correl_ids>("correl_id"),
    optional<&NewAlert::last_flow_datetime>("last_flow_datetime"),
    optional<&NewAlert::threat_level>("threat_level"),
    optional<&NewAlert::confidence>("confidence"),
    optional<&NewAlert::version, NewAlert>("version"),
};
inline constexpr Table table_of(const NewAlert*) { return {.fields = new_alert_fields}; }

// --- Slips itself --------------------------------------------------------------------------------------------

/// {"dns.log": {"0": "starttime", "7": null…}}: the keys are data.
constexpr Field column() {
    Field field;
    field.expected = "a name of a column";
    field.assign = [](void* object, const Scalar& value) {
        return assign(static_cast<NewZeekFieldsLine*>(object)->columns.emplace_back(), value);
    };
    field.clear = [](void* object) { static_cast<NewZeekFieldsLine*>(object)->columns.clear(); };
    return field;
}
inline constexpr std::array columns_fields{column()};
inline constexpr Table columns{.fields = columns_fields, .others = &columns_fields[0], .lenient = true};

/// Whatever the key: it is the file's name.
constexpr Field columns_of_file() {
    Field field = part("", columns, true);
    field.named = [](void* object, std::string_view key) { static_cast<NewZeekFieldsLine*>(object)->file.assign(key); };
    return field;
}
inline constexpr std::array new_zeek_fields_line_fields{
    columns_of_file(),
    optional<&NewZeekFieldsLine::version, NewZeekFieldsLine>("version"),
    optional<&NewZeekFieldsLine::file>(""),  // to be cleared: no key has this name but the first field's
};
inline constexpr Table table_of(const NewZeekFieldsLine*) {
    return {.fields = new_zeek_fields_line_fields, .others = &new_zeek_fields_line_fields[0]};
}
// clang-format on

}  // namespace slips::inline SLIPS_SDK_ABI::wire
