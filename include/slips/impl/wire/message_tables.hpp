// One table per message: its keys beside those of the flow in it.
//
// Sources: the publish() calls of Slips 1.1.21 and of Slips 0.9. Legacy writes some flows flat: the keys of the flow then
// stand beside those of the message.
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

// --- fields that messages share --------------------------------------------------------------------------------

/// Whose flow it is, and in which time window.
template <class M>
inline constexpr std::array window_of_flow{
    required<&M::profileid, M>("profileid"),
    required<&M::twid, M>("twid"),
};
/// The version of Slips, with which Slips 1.1.20 and newer stamps every message.
template <class M>
constexpr Field version() { return optional<&M::version, M>("version"); }
/// The flow's start again.
template <class M>
constexpr Field stime() { return optional<&M::stime, M>("stime"); }

/// The flow; its keys are those of `table`.
template <class M>
constexpr Field flow(const Table& table, bool needed = true) { return object<&M::flow, M>("flow", table, needed); }
/// A key of the message that legacy writes beside those of the message, instead of in the flow.
template <class M, auto Member>
constexpr Field in_flow(std::string_view key) { return within<&M::flow, Member, M>(key); }

/// Messages whose flow is always an object of its own.
template <class M>
constexpr auto flow_message(const Table& table) { return joined(window_of_flow<M>, flow<M>(table), version<M>()); }
/// Messages whose flow is an object in current Slips, and flat in legacy.
template <class M>
constexpr auto flat_flow_message(const Table& table) {
    return joined(one_of(flow<M>(table)), window_of_flow<M>, version<M>());
}

// --- flows -----------------------------------------------------------------------------------------------------

inline constexpr auto new_flow_fields = joined(
    window_of_flow<NewFlow>,
    flow<NewFlow>(conn),
    stime<NewFlow>(),
    optional<&NewFlow::interpreted_state>("interpreted_state"),
    optional<&NewFlow::label>("label"),
    version<NewFlow>());
constexpr Table table_of(const NewFlow*) { return {.fields = new_flow_fields}; }

inline constexpr auto new_dns_fields = joined(
    flow_message<NewDns>(dns),
    stime<NewDns>(),
    in_flow<NewDns, &Dns::uid>("uid"),
    in_flow<NewDns, &Dns::rcode_name>("rcode_name"),
    also(in_flow<NewDns, &Dns::daddr>("daddr")),       // 1.0.0 to 1.1.1
    also(in_flow<NewDns, &Dns::answers>("answers")));  // 1.0.1 to 1.1.1
constexpr Table table_of(const NewDns*) { return {.fields = new_dns_fields}; }

inline constexpr auto new_http_fields = joined(flow_message<NewHttp>(http), stime<NewHttp>());
constexpr Table table_of(const NewHttp*) { return {.fields = new_http_fields}; }

inline constexpr auto new_url_fields = joined(flow_message<NewUrl>(http), stime<NewUrl>());
constexpr Table table_of(const NewUrl*) { return {.fields = new_url_fields}; }

inline constexpr auto new_ssl_fields = joined(flow_message<NewSsl>(ssl), stime<NewSsl>());
constexpr Table table_of(const NewSsl*) { return {.fields = new_ssl_fields}; }

inline constexpr auto new_ssh_fields = joined(
    flow_message<NewSsh>(ssh),
    stime<NewSsh>(),
    in_flow<NewSsh, &Ssh::uid>("uid"));
constexpr Table table_of(const NewSsh*) { return {.fields = new_ssh_fields}; }

inline constexpr auto new_smtp_fields = joined(
    flat_flow_message<NewSmtp>(smtp),
    one_of(in_flow<NewSmtp, &Smtp::saddr>("saddr")),
    in_flow<NewSmtp, &Smtp::uid>("uid"),
    in_flow<NewSmtp, &Smtp::daddr>("daddr"),
    in_flow<NewSmtp, &Smtp::starttime>("ts"),
    in_flow<NewSmtp, &Smtp::last_reply>("last_reply"));
constexpr Table table_of(const NewSmtp*) { return {.fields = new_smtp_fields}; }

inline constexpr auto new_downloaded_file_fields = joined(
    one_of(flow<NewDownloadedFile>(file)),
    optional<&NewDownloadedFile::type>("type"),
    window_of_flow<NewDownloadedFile>,
    version<NewDownloadedFile>(),
    one_of(in_flow<NewDownloadedFile, &File::saddr>("saddr")),
    in_flow<NewDownloadedFile, &File::uid>("uid"),
    in_flow<NewDownloadedFile, &File::daddr>("daddr"),
    in_flow<NewDownloadedFile, &File::size>("size"),
    in_flow<NewDownloadedFile, &File::md5>("md5"),
    in_flow<NewDownloadedFile, &File::sha1>("sha1"),
    in_flow<NewDownloadedFile, &File::analyzers>("analyzers"),
    in_flow<NewDownloadedFile, &File::origin>("source"),
    in_flow<NewDownloadedFile, &File::starttime>("ts"));
constexpr Table table_of(const NewDownloadedFile*) { return {.fields = new_downloaded_file_fields}; }

inline constexpr auto new_login_fields = flow_message<NewLogin>(login);
constexpr Table table_of(const NewLogin*) { return {.fields = new_login_fields}; }

inline constexpr auto new_dhcp_fields = joined(
    flat_flow_message<NewDhcp>(dhcp),
    // 0.9.5 to 1.0.3
    one_of(in_flow<NewDhcp, &Dhcp::client_addr>("client_addr")),
    in_flow<NewDhcp, &Dhcp::uids>("uid"),
    in_flow<NewDhcp, &Dhcp::server_addr>("server_addr"),
    in_flow<NewDhcp, &Dhcp::requested_addr>("requested_addr"),
    in_flow<NewDhcp, &Dhcp::starttime>("ts"));
constexpr Table table_of(const NewDhcp*) { return {.fields = new_dhcp_fields}; }

inline constexpr auto new_arp_fields = joined(
    flat_flow_message<NewArp>(arp),
    one_of(in_flow<NewArp, &Arp::saddr>("saddr")),
    in_flow<NewArp, &Arp::uid>("uid"),
    in_flow<NewArp, &Arp::daddr>("daddr"),
    in_flow<NewArp, &Arp::dmac>("dst_mac"),
    in_flow<NewArp, &Arp::smac>("src_mac"),
    in_flow<NewArp, &Arp::dst_hw>("dst_hw"),
    in_flow<NewArp, &Arp::src_hw>("src_hw"),
    in_flow<NewArp, &Arp::operation>("operation"),
    in_flow<NewArp, &Arp::starttime>("ts"));
constexpr Table table_of(const NewArp*) { return {.fields = new_arp_fields}; }

inline constexpr auto new_notice_fields = joined(
    flow_message<NewNotice>(notice),
    stime<NewNotice>(),
    in_flow<NewNotice, &Notice::uid>("uid"));
constexpr Table table_of(const NewNotice*) { return {.fields = new_notice_fields}; }

inline constexpr auto new_weird_fields = joined(
    flat_flow_message<NewWeird>(weird),
    // 1.0.1 to 1.0.3
    one_of(in_flow<NewWeird, &Weird::name>("name")),
    in_flow<NewWeird, &Weird::uid>("uid"),
    in_flow<NewWeird, &Weird::saddr>("saddr"),
    in_flow<NewWeird, &Weird::daddr>("daddr"),
    in_flow<NewWeird, &Weird::addl>("addl"),
    in_flow<NewWeird, &Weird::starttime>("ts"));
constexpr Table table_of(const NewWeird*) { return {.fields = new_weird_fields}; }

inline constexpr auto new_tunnel_fields = flow_message<NewTunnel>(tunnel);
constexpr Table table_of(const NewTunnel*) { return {.fields = new_tunnel_fields}; }

inline constexpr auto new_software_fields = joined(
    one_of(flow<NewSoftware>(software)),
    required<&NewSoftware::twid, NewSoftware>("twid"),
    version<NewSoftware>(),
    also(one_of(object<&NewSoftware::flow, NewSoftware>("sw_flow", software))),  // 1.0.4 to 1.1.8
    one_of(in_flow<NewSoftware, &Software::saddr>("saddr")),
    in_flow<NewSoftware, &Software::type>("type"),
    in_flow<NewSoftware, &Software::starttime>("starttime"),
    in_flow<NewSoftware, &Software::uid>("uid"),
    in_flow<NewSoftware, &Software::daddr>("daddr"),
    in_flow<NewSoftware, &Software::software>("software_type"),
    in_flow<NewSoftware, &Software::unparsed_version>("unparsed_version"),
    in_flow<NewSoftware, &Software::version_major>("version.major"),
    in_flow<NewSoftware, &Software::version_minor>("version.minor"));
constexpr Table table_of(const NewSoftware*) { return {.fields = new_software_fields}; }

inline constexpr auto new_service_fields = joined(
    window_of_flow<NewService>,
    version<NewService>(),
    in_flow<NewService, &Service::uid>("uid"),
    in_flow<NewService, &Service::saddr>("saddr"),
    in_flow<NewService, &Service::port>("port_num"),
    in_flow<NewService, &Service::proto>("port_proto"),
    in_flow<NewService, &Service::names>("service"),
    in_flow<NewService, &Service::starttime>("ts"));
constexpr Table table_of(const NewService*) { return {.fields = new_service_fields}; }

inline constexpr auto new_letters_fields = joined(
    required<&NewLetters::new_symbol>("new_symbol"),
    window_of_flow<NewLetters>,
    optional<&NewLetters::tupleid>("tupleid"),
    in_flow<NewLetters, &Conn::uid>("uid"),
    flow<NewLetters>(conn, false),  // current
    version<NewLetters>(),
    stime<NewLetters>());           // legacy
constexpr Table table_of(const NewLetters*) { return {.fields = new_letters_fields}; }

// --- hosts -----------------------------------------------------------------------------------------------------

inline constexpr std::array new_mac_fields{
    required<&NewMac::mac>("MAC"),
    required<&NewMac::profileid>("profileid"),
    version<NewMac>(),
    optional<&NewMac::host_name>("host_name"),
};
constexpr Table table_of(const NewMac*) { return {.fields = new_mac_fields}; }

/// Of 1.1.17 and 1.1.18; before, it is plain text.
inline constexpr std::array tw_modified_fields{
    required<&TwModified::profileid, TwModified>("profileid"),
    required<&TwModified::twid, TwModified>("twid"),
    version<TwModified>(),
};
constexpr Table table_of(const TwModified*) { return {.fields = tw_modified_fields}; }

inline constexpr std::array new_blocking_fields{
    address<&NewBlocking::ip>("ip"),
    required<&NewBlocking::block>("block"),
    optional<&NewBlocking::from>("from"),
    optional<&NewBlocking::to>("to"),
    prefixed<&NewBlocking::twid, Prefix::timewindow>("tw"),
    optional<&NewBlocking::interface>("interface"),
    optional<&NewBlocking::block_for>("block_for"),
    version<NewBlocking>(),
};
constexpr Table table_of(const NewBlocking*) { return {.fields = new_blocking_fields}; }

// --- look-ups ------------------------------------------------------------------------------------------------

/// What to look up. The key under which it stands is stored as well.
template <class M>
constexpr Field looked_up(std::string_view key) {
    Field made = one_of(required<&M::to_lookup, M>(key));
    made.expected = "an address or a domain";
    made.named = [](void* object, std::string_view name) { static_cast<M*>(object)->key.assign(name); };
    return made;
}
template <class M>
inline constexpr std::array lookup_fields{
    looked_up<M>("to_lookup"),
    looked_up<M>("ip"),
    optional<&M::profileid, M>("profileid"),
    optional<&M::twid, M>("twid"),
    optional<&M::proto, M>("proto"),
    optional<&M::ip_state, M>("ip_state"),
    stime<M>(),
    optional<&M::uid, M>("uid"),
    optional<&M::daddr, M>("daddr"),
    version<M>(),
    optional<&M::is_dns_response, M>("is_dns_response"),
    optional<&M::dns_query, M>("dns_query"),
    looked_up<M>("query"),
    looked_up<M>("host"),
    looked_up<M>("server_name"),
};
constexpr Table table_of(const GiveThreatIntelligence*) { return {.fields = lookup_fields<GiveThreatIntelligence>}; }

inline constexpr auto p2p_data_request_fields =
    joined(lookup_fields<P2pDataRequest>, optional<&P2pDataRequest::cache_age>("cache_age"));
constexpr Table table_of(const P2pDataRequest*) { return {.fields = p2p_data_request_fields}; }

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
    also(optional<&EvidenceParty::ioc_type>("attacker_type")),  // 1.0.11 to 1.1.6
    also(optional<&EvidenceParty::ioc_type>("victim_type")),
};
inline constexpr Table party{.fields = party_fields, .lenient = true};  // modules enrich it in forms of their own

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
    object_or_text<&M::attacker, &EvidenceParty::value, M>("attacker", party),  // text: 1.0.1 to 1.0.10
    optional<&M::threat_level, M>("threat_level"),
    part("profile", profile<M>),
    part("timewindow", window<M>),
    optional<&M::uids, M>("uid"),
    optional<&M::timestamp, M>("timestamp"),
    optional<&M::interface, M>("interface"),
    object_or_text<&M::victim, &EvidenceParty::value, M>("victim", party),  // text: 1.0.6 to 1.0.10
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
    also(optional<&M::type_detection, M>("attacker_direction")),  // 1.0.1 to 1.0.10
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
// beside an alert, which an odd field of it must not cost
inline constexpr Table last_evidence{.fields = evidence_fields<EvidenceRecord>, .lenient = true};

inline constexpr auto evidence_added_fields =
    joined(evidence_fields<EvidenceAdded>, version<EvidenceAdded>());
constexpr Table table_of(const EvidenceAdded*) { return {.fields = evidence_added_fields}; }

/// The id of an alert behind its time window: "profile_<ip>_timewindow<N>_<id>", or alone.
constexpr Field alert_id(std::string_view key) {
    Field made = required<&NewAlert::id>(key);
    made.assign_member = [](void* id, const Scalar& value) {
        return assign_text(id, {.kind = value.kind, .text = value.text.substr(value.text.rfind('_') + 1)});
    };
    return made;
}
inline constexpr std::array new_alert_fields{
    part("profile", profile<NewAlert>),
    part("timewindow", window<NewAlert>),
    object<&NewAlert::last_evidence>("last_evidence", last_evidence, false),
    optional<&NewAlert::accumulated_threat_level>("accumulated_threat_level"),
    one_of(required<&NewAlert::id>("id")),
    optional<&NewAlert::correl_ids>("correl_id"),
    optional<&NewAlert::last_flow_datetime>("last_flow_datetime"),
    optional<&NewAlert::threat_level>("threat_level"),
    optional<&NewAlert::confidence>("confidence"),
    version<NewAlert>(),
    // 1.0.5 to 1.1.4
    also(one_of(alert_id("alert_ID"))),
    also(optional<&NewAlert::profileid>("profileid")),
    also(optional<&NewAlert::twid>("twid")),
};
constexpr Table table_of(const NewAlert*) { return {.fields = new_alert_fields}; }

// --- Slips itself --------------------------------------------------------------------------------------------

/// {"dns.log": {"0": "starttime", "7": null…}}: the keys are data.
constexpr Field column() {
    Field made = optional<&NewZeekFieldsLine::columns>("");
    made.expected = "a name of a column";
    made.assign_member = [](void* columns, const Scalar& value) {
        return assign(static_cast<std::vector<std::string>*>(columns)->emplace_back(), value);
    };
    made.list = false;
    return made;
}
inline constexpr std::array columns_fields{column()};
inline constexpr Table columns{.fields = columns_fields, .others = &columns_fields[0], .lenient = true};

/// Any key: it is the name of the file.
constexpr Field columns_of_file() {
    Field made = part("", columns, true);
    made.named = [](void* object, std::string_view key) { static_cast<NewZeekFieldsLine*>(object)->file.assign(key); };
    return made;
}
inline constexpr std::array new_zeek_fields_line_fields{
    columns_of_file(),
    version<NewZeekFieldsLine>(),
    optional<&NewZeekFieldsLine::file>(""),  // only to be cleared: the first field has the same key
};
constexpr Table table_of(const NewZeekFieldsLine*) {
    return {.fields = new_zeek_fields_line_fields, .others = &new_zeek_fields_line_fields[0]};
}
// clang-format on

}  // namespace slips::inline SLIPS_SDK_ABI::wire
