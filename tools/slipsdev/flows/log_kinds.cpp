#include "slipsdev/flows/log_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace slipsdev {
namespace {

using Read = LogField::Read;
using Occasion = LogForm::Occasion;
using Text = std::string_view;

// Flows are objects since 1.0.4, those of dns, http, ssl, ssh and notice since 1.1.2; before, they are texts, or their
// fields are in the message itself.
constexpr Version objects{1, 0, 4}, all_objects{1, 1, 2};
constexpr Version by_name{1, 1, 9};  // Slips reads columns by name, also in TSV logs, and those of another table
constexpr Version newer_flows{1, 1, 17}, software_names{1, 1, 19}, never{99, 0, 0};

constexpr LogField since(LogField field, const Version& version) {
    field.since = version;
    return field;
}
constexpr LogField before(LogField field, const Version& version) {
    field.before = version;
    return field;
}
constexpr LogField as(Read read, LogField field) {
    field.read = read;
    return field;
}
constexpr LogField named(Text key, LogField field) {
    field.key = key;
    return field;
}
constexpr LogField absent(LogField field, Text json, Text tsv = {}) {
    field.absent = json;
    field.absent_in_tsv = tsv;
    return field;
}
constexpr LogField of(Text key, LogColumn column, LogColumn second = {}, LogColumn third = {}, LogColumn fourth = {}) {
    return {.key = key, .columns = {column, second, third, fourth}};
}
/// A field with the column's name.
constexpr LogField same(Text name, int position = -1) { return of(name, {name, position}); }
constexpr LogField literal(Text key, Text text) { return as(Read::literal, of(key, {text})); }
constexpr LogField json(Text key, Text text) { return as(Read::json, of(key, {text})); }
constexpr LogField made(Text key, Read read) { return as(read, of(key, {})); }

constexpr LogField uid = absent(as(Read::uid, same("uid", 1)), "false", "false");
constexpr LogField text_uid = absent(uid, R"("")", "false");  // of the other logs
constexpr LogField saddr = as(Read::address, of("saddr", {"id.orig_h", 2}));
constexpr LogField daddr = as(Read::address, of("daddr", {"id.resp_h", 4}));
constexpr LogField sport = of("sport", {"id.orig_p", 3}), dport = of("dport", {"id.resp_p", 5});
constexpr LogField interface_of = since(literal("interface", "default"), {1, 1, 15});
constexpr LogField starttime = made("starttime", Read::time), stime = made("stime", Read::time);
constexpr LogField ts = made("ts", Read::time);
constexpr LogField type = made("type", Read::path), type_of = made("type_", Read::path);
// Of all logs but weird.log and login.log, where they are added to a log by hand.
constexpr LogField label = since(of("ground_truth_label", {"label"}), by_name);
constexpr LogField details = since(of("detailed_ground_truth_label", {"detailedlabel"}), by_name);

constexpr LogField profileid = made("profileid", Read::profileid), twid = made("twid", Read::twid);
constexpr LogField flow = made("flow", Read::flow), flow_text = made("flow", Read::flow_text);
constexpr LogField version = since(made("version", Read::version), {1, 1, 20});

// The messages around flows.
constexpr std::array profile_first{profileid, twid, flow, version};
constexpr std::array flow_first{flow, profileid, twid, version};
constexpr std::array of_file{flow, literal("type", "zeek"), profileid, twid, version};
constexpr std::array of_software{before(named("sw_flow", flow), by_name), since(flow, by_name), twid, version};
constexpr std::array around_text{profileid, twid, flow_text, stime};
constexpr std::array around_text_uid{profileid, twid, flow_text, stime, uid};

constexpr std::array usual_addresses{saddr, daddr};

constexpr Version listed_answers{0, 9, 6};
constexpr LogField answers = as(Read::list, same("answers", 21)), split_answers = as(Read::split, answers);
constexpr std::array around_dns{profileid,
                                twid,
                                flow_text,
                                stime,
                                uid,
                                same("rcode_name", 15),
                                since(daddr, {1, 0, 0}),
                                since(before(split_answers, objects), {1, 0, 1}),
                                since(answers, objects)};
constexpr std::array dns_text{before(uid, objects),
                              since(named("flow.uid", uid), objects),
                              type,
                              same("query", 9),
                              same("qclass_name", 11),
                              before(same("qtype_name", 13), objects),
                              since(of("flow.qtype_name", {"qtype_name", 13}), objects),
                              same("rcode_name", 15),
                              before(answers, listed_answers),
                              since(before(split_answers, objects), listed_answers),
                              since(answers, objects),
                              of("ttls", {"TTLs", 22}),
                              stime};
constexpr Version ports_of_dns{1, 1, 7};
constexpr std::array dns_flow{interface_of,
                              starttime,
                              uid,
                              saddr,
                              daddr,
                              since(sport, ports_of_dns),
                              since(dport, ports_of_dns),
                              since(same("proto", 6), ports_of_dns),
                              same("query", 9),
                              same("qclass_name", 11),
                              same("qtype_name", 13),
                              same("rcode_name", 15),
                              answers,
                              same("TTLs", 22),
                              label,
                              details,
                              type_of};

constexpr LogField http_version = absent(same("version", 11), "0");
constexpr LogField request_length = absent(same("request_body_len", 13), "0", "0");
constexpr LogField response_length = absent(same("response_body_len", 14), "0", "0");
constexpr std::array http_text{uid,
                               type,
                               same("method", 7),
                               same("host", 8),
                               same("uri", 9),
                               http_version,
                               same("user_agent", 12),
                               before(request_length, objects),
                               since(as(Read::whole, request_length), objects),
                               before(response_length, objects),
                               since(as(Read::whole, response_length), objects),
                               same("status_code", 15),
                               same("status_msg", 16),
                               same("resp_mime_types", 28),
                               same("resp_fuids", 26),
                               stime,
                               since(daddr, {0, 9, 5})};
constexpr std::array http_flow{interface_of,
                               starttime,
                               uid,
                               saddr,
                               daddr,
                               same("method", 7),
                               same("host", 8),
                               same("uri", 9),
                               http_version,
                               same("user_agent", 12),
                               as(Read::whole, request_length),
                               as(Read::whole, response_length),
                               same("status_code", 15),
                               same("status_msg", 16),
                               same("resp_mime_types", 28),
                               same("resp_fuids", 26),
                               label,
                               details,
                               type_of};

constexpr LogField ssl_dport = absent(dport, R"(",")"), is_doh = absent(same("is_DoH", 23), R"("false")");
constexpr std::array ssl_text{uid,
                              type,
                              same("version", 6),
                              same("cipher", 7),
                              same("resumed", 10),
                              same("established", 13),
                              same("cert_chain_fuids", 14),
                              same("client_cert_chain_fuids", 15),
                              same("subject", 16),
                              same("issuer", 17),
                              same("validation_status", 20),
                              same("curve", 8),
                              same("server_name", 9),
                              before(as(Read::normal, daddr), objects),
                              since(daddr, objects),
                              ssl_dport,
                              stime,
                              same("ja3", 21),
                              same("ja3s", 22),
                              is_doh};
// Since 1.1.9, Slips fills neither the certificates nor the issuer.
constexpr std::array ssl_flow{interface_of,
                              starttime,
                              uid,
                              saddr,
                              daddr,
                              same("version", 6),
                              absent(sport, R"(",")"),
                              ssl_dport,
                              same("cipher", 7),
                              same("resumed", 10),
                              same("established", 13),
                              before(same("cert_chain_fuids", 14), by_name),
                              since(literal("cert_chain_fuids", ""), by_name),
                              before(same("client_cert_chain_fuids", 15), by_name),
                              since(literal("client_cert_chain_fuids", ""), by_name),
                              same("subject", 16),
                              before(same("issuer", 17), by_name),
                              since(literal("issuer", ""), by_name),
                              same("validation_status", 20),
                              same("curve", 8),
                              same("server_name", 9),
                              same("ja3", 21),
                              same("ja3s", 22),
                              is_doh,
                              label,
                              details,
                              type_of};

constexpr std::array ssh_text{uid,
                              type,
                              same("version", 6),
                              same("auth_attempts", 8),
                              same("auth_success", 7),
                              same("client", 10),
                              same("server", 11),
                              same("cipher_alg", 12),
                              same("mac_alg", 13),
                              same("compression_alg", 14),
                              same("kex_alg", 15),
                              same("host_key_alg", 16),
                              same("host_key", 17),
                              stime,
                              since(daddr, {1, 0, 0})};
constexpr Version ports_of_ssh{1, 1, 19};
constexpr std::array ssh_flow{interface_of,
                              starttime,
                              uid,
                              saddr,
                              daddr,
                              same("version", 6),
                              same("auth_success", 7),
                              same("auth_attempts", 8),
                              same("client", 10),
                              same("server", 11),
                              same("cipher_alg", 12),
                              same("mac_alg", 13),
                              same("compression_alg", 14),
                              same("kex_alg", 15),
                              same("host_key_alg", 16),
                              same("host_key", 17),
                              since(sport, ports_of_ssh),
                              since(dport, ports_of_ssh),
                              label,
                              details,
                              type_of};

constexpr LogColumn source{"src", 13}, destination{"dst", 14}, port{"p", 15};
// Slips up to 1.0.3 looks into further columns of a TSV log only.
constexpr LogColumn tsv_source{"", 13}, tsv_port{"", 15};
constexpr std::array notice_addresses{
    before(as(Read::address, of("saddr", {"id.orig_h", 2}, source)), objects),
    before(as(Read::address, of("daddr", {"id.resp_h", 4}, destination, {"id.orig_h", 2}, source)), objects),
    since(before(as(Read::address, of("saddr", {"id.orig_h", 13}, source)), by_name), objects),
    since(before(as(Read::address, of("daddr", {"id.resp_h", 4}, destination, {"id.orig_h", 13}, source)), by_name),
          objects),
    since(as(Read::address, of("saddr", {"id.orig_h"}, {"src"})), by_name),
    since(as(Read::address, of("daddr", {"id.resp_h"}, {"dst"}, {"id.orig_h"}, {"src"})), by_name)};
constexpr std::array notice_text{type,
                                 notice_addresses[1],
                                 notice_addresses[3],
                                 sport,
                                 before(of("dport", {"id.resp_p", 5}, tsv_port), objects),
                                 since(of("dport", {"id.resp_p", 5}, port), objects),
                                 same("note", 10),
                                 same("msg", 11),
                                 before(of("scanned_port", {"p", 5}, tsv_port), objects),
                                 since(of("scanned_port", port), objects),
                                 before(of("scanning_ip", {"src", 2}, tsv_source), objects),
                                 since(of("scanning_ip", source), objects),
                                 stime};
constexpr Version uid_before_type{1, 1, 17};
constexpr std::array notice_flow{interface_of,
                                 starttime,
                                 notice_addresses[2],
                                 notice_addresses[3],
                                 notice_addresses[4],
                                 notice_addresses[5],
                                 before(sport, by_name),
                                 since(as(Read::text, sport), by_name),
                                 before(of("dport", {"id.resp_p", 5}, port), by_name),
                                 since(as(Read::text, of("dport", {"id.resp_p"}, {"p"})), by_name),
                                 same("note", 10),
                                 same("msg", 11),
                                 before(of("scanned_port", port), by_name),
                                 since(as(Read::text, of("scanned_port", {"p"})), by_name),
                                 of("scanning_ip", source),
                                 of("dst", destination),
                                 label,
                                 details,
                                 before(type_of, uid_before_type),
                                 text_uid,
                                 since(type_of, uid_before_type)};

constexpr std::array smtp_message{text_uid, daddr, saddr, profileid, twid, ts, same("last_reply", 20)};
constexpr Version ports_of_smtp{1, 1, 18};
constexpr std::array smtp_flow{interface_of,
                               starttime,
                               text_uid,
                               saddr,
                               daddr,
                               since(sport, ports_of_smtp),
                               since(dport, ports_of_smtp),
                               same("last_reply", 20),
                               label,
                               details,
                               type_of};

// From 1.0.4 to 1.1.8, Slips looks in a JSON log for addresses where it has none.
constexpr LogField no_saddr = since(before(as(Read::address, of("saddr", {"host", 2})), by_name), objects);
constexpr LogField no_daddr = since(before(as(Read::address, of("daddr", {"resp_h", 4})), by_name), objects);
constexpr std::array weird_addresses{before(saddr, objects), before(daddr, objects), no_saddr, no_daddr,
                                     since(saddr, by_name),  since(daddr, by_name)};
constexpr std::array weird_message{text_uid, ts, daddr, saddr, profileid, twid, same("name", 6), same("addl", 7)};
constexpr std::array weird_flow{
    interface_of,          starttime,       text_uid,        no_saddr, no_daddr, since(saddr, by_name),
    since(daddr, by_name), same("name", 6), same("addl", 7), type_of};

constexpr std::array tunnel_flow{interface_of,           starttime,         text_uid, saddr,   daddr,  sport, dport,
                                 same("tunnel_type", 6), same("action", 7), label,    details, type_of};

constexpr std::array login_flow{interface_of,
                                starttime,
                                text_uid,
                                saddr,
                                daddr,
                                sport,
                                dport,
                                same("proto"),
                                same("success"),
                                same("confused"),
                                same("user"),
                                same("client_user"),
                                same("password"),
                                type_of};

constexpr LogField client = as(Read::address, of("saddr", {"client_addr", 2}));
constexpr LogField server = as(Read::address, of("daddr", {"server_addr", 3}));
constexpr std::array dhcp_addresses{client, server};
constexpr LogField client_address = same("client_addr", 2), server_address = same("server_addr", 3);
constexpr LogField requested_address = same("requested_addr", 8);
constexpr std::array dhcp_message{
    uid, server_address, client_address, since(requested_address, {1, 0, 1}), profileid, twid, ts};
constexpr std::array dhcp_flow{interface_of,
                               starttime,
                               before(absent(same("uids", 1), "[]", "false"), by_name),
                               since(same("uids"), by_name),
                               before(client, by_name),
                               before(server, by_name),
                               client_address,
                               server_address,
                               same("host_name", 5),
                               of("smac", {"mac", 4}),
                               requested_address,
                               label,
                               details,
                               since(client, newer_flows),
                               since(server, newer_flows),
                               type_of};

constexpr Version own_addresses{1, 0, 1};  // Zeek 5.1 and newer has the connection's in files.log
constexpr LogField sender = as(Read::address, of("saddr", {"tx_hosts", 2}, {"id.orig_h"}));
constexpr LogField receiver = as(Read::address, of("daddr", {"rx_hosts", 3}, {"id.resp_h"}));
constexpr LogField of_hosts_sender = as(Read::address, of("saddr", {"tx_hosts", 2}));
constexpr LogField of_hosts_receiver = as(Read::address, of("daddr", {"rx_hosts", 3}));
constexpr std::array files_addresses{before(of_hosts_sender, own_addresses),
                                     before(of_hosts_receiver, own_addresses),
                                     since(before(sender, by_name), own_addresses),
                                     since(before(receiver, by_name), own_addresses),
                                     since(of_hosts_sender, by_name),
                                     since(of_hosts_receiver, by_name)};
constexpr LogField file_uid = before(absent(as(Read::uid, of("uid", {"conn_uids", 4})), R"("")", "false"), by_name);
constexpr LogField size = before(of("size", {"seen_bytes", 13}), by_name);
// In a TSV log, Slips before 1.1.9 reads the MD5 hash twice.
constexpr LogField md5 = same("md5", 19), sha1 = same("sha1", 19), file_source = same("source", 5);
constexpr LogField analyzers = same("analyzers", 7);
constexpr std::array files_message{file_uid,
                                   files_addresses[1],
                                   files_addresses[3],
                                   files_addresses[0],
                                   files_addresses[2],
                                   size,
                                   md5,
                                   sha1,
                                   analyzers,
                                   file_source,
                                   profileid,
                                   twid,
                                   ts};
constexpr std::array files_flow{interface_of,
                                starttime,
                                file_uid,
                                since(of("uid", {"fuid"}), by_name),
                                files_addresses[2],
                                files_addresses[3],
                                files_addresses[4],
                                files_addresses[5],
                                size,
                                since(of("size", {"total_bytes"}), by_name),
                                md5,
                                file_source,
                                analyzers,
                                sha1,
                                as(Read::list, same("tx_hosts", 2)),
                                as(Read::list, same("rx_hosts", 3)),
                                label,
                                details,
                                type_of};

constexpr LogField arp_source = as(Read::address, of("saddr", {"orig_h", 4}));
constexpr LogField arp_target = as(Read::address, of("daddr", {"resp_h", 5}));
constexpr std::array arp_addresses{arp_source, arp_target};
constexpr LogField source_hardware = of("src_hw", {"orig_hw", 6}), target_hardware = of("dst_hw", {"resp_hw", 7});
constexpr LogField operation = same("operation", 1);
constexpr std::array arp_message{
    uid, arp_target, arp_source, same("dst_mac", 3), same("src_mac", 2), target_hardware, source_hardware, operation,
    ts,  profileid,  twid};
constexpr std::array around_arp{profileid, twid, made("flow", Read::flow_by_uid), stime};
constexpr Version spaced_states{0, 9, 5};
constexpr std::array arp_as_conn{ts,
                                 literal("dur", "0"),
                                 as(Read::normal, arp_source),
                                 literal("sport", ""),
                                 as(Read::normal, arp_target),
                                 literal("dport", ""),
                                 literal("proto", "ARP"),
                                 literal("origstate", ""),
                                 before(literal("state", "NotEstablished"), spaced_states),
                                 since(literal("state", "Not Established"), spaced_states),
                                 literal("pkts", ""),
                                 literal("allbytes", ""),
                                 literal("spkts", ""),
                                 literal("sbytes", ""),
                                 literal("appproto", ""),
                                 literal("label", ""),
                                 literal("flow_type", ""),
                                 json("module_labels", "{}")};

// From 1.1.9 to 1.1.16, ARP flows have neither protocol nor duration.
constexpr std::array arp_flow{interface_of,
                              starttime,
                              text_uid,
                              arp_source,
                              arp_target,
                              of("smac", {"src_mac", 2}),
                              of("dmac", {"dst_mac", 3}),
                              source_hardware,
                              target_hardware,
                              operation,
                              before(literal("dur", "0"), by_name),
                              since(before(literal("dur", ""), newer_flows), by_name),
                              since(literal("dur", "0"), newer_flows),
                              before(literal("proto", "ARP"), by_name),
                              since(before(literal("proto", ""), newer_flows), by_name),
                              since(literal("proto", "ARP"), newer_flows),
                              literal("state", ""),
                              before(json("pkts", "0"), by_name),
                              since(before(literal("pkts", ""), newer_flows), by_name),
                              since(json("pkts", "0"), newer_flows),
                              literal("sport", ""),
                              literal("dport", ""),
                              literal("bytes", ""),
                              literal("sbytes", ""),
                              literal("dbytes", ""),
                              literal("spkts", ""),
                              literal("dpkts", ""),
                              literal("appproto", ""),
                              label,
                              details,
                              type_of};

constexpr LogField software_host = as(Read::address, of("saddr", {"host"}));
constexpr std::array software_addresses{software_host, before(as(Read::address, of("daddr", {"id.resp_h"})), objects),
                                        since(literal("daddr", ""), objects)};
constexpr LogField unparsed_version = same("unparsed_version");
constexpr std::array software_message{type,
                                      starttime,
                                      uid,
                                      software_host,
                                      software_addresses[1],
                                      same("software_type"),
                                      unparsed_version,
                                      same("version.major"),
                                      same("version.minor"),
                                      twid};
constexpr LogField typed = of("software", {"software_type"}), titled = of("software", {"name"});
constexpr std::array software_flow{interface_of,
                                   starttime,
                                   before(text_uid, by_name),
                                   since(literal("uid", ""), by_name),
                                   software_host,
                                   before(of("daddr", {"resp_h"}), by_name),
                                   since(of("sport", {"host_p"}), by_name),
                                   before(typed, by_name),
                                   since(before(titled, software_names), by_name),
                                   since(typed, software_names),
                                   unparsed_version,
                                   of("version_major", {"version.major"}),
                                   of("version_minor", {"version.minor"}),
                                   since(of("software_name", {"name"}), software_names),
                                   since(literal("daddr", ""), by_name),
                                   label,
                                   details,
                                   since(json("http_browser", "false"), newer_flows),
                                   type_of};

constexpr std::array<Text, 1> new_dns{"new_dns"}, new_dns_flow{"new_dns_flow"}, new_ssl{"new_ssl"}, new_ssh{"new_ssh"},
    new_notice{"new_notice"}, new_smtp{"new_smtp"}, new_weird{"new_weird"}, new_tunnel{"new_tunnel"},
    new_login{"new_login"}, new_dhcp{"new_dhcp"}, new_file{"new_downloaded_file"}, new_arp{"new_arp"},
    new_flow{"new_flow"}, new_software{"new_software"};
constexpr std::array<Text, 2> new_http{"new_http", "new_url"};

constexpr std::array domain{as(Read::as_is, same("query", 9))};

constexpr Version dns_flows{1, 0, 5}, weirds{1, 0, 1}, dhcps{0, 9, 5}, every_dhcp{1, 0, 1}, logins{1, 1, 21};
constexpr Version always{0, 9, 0};
constexpr auto new_domain = Occasion::new_domain;

constexpr std::array dns_forms{LogForm{new_dns, domain, {}, always, listed_answers, new_domain},
                               LogForm{new_dns_flow, around_dns, dns_text, always, dns_flows},
                               LogForm{new_dns, domain, {}, listed_answers, dns_flows, new_domain},
                               LogForm{new_dns, around_dns, dns_text, dns_flows, all_objects},
                               LogForm{new_dns, profile_first, dns_flow, all_objects}};
constexpr std::array http_forms{LogForm{new_http, around_text, http_text, always, all_objects},
                                LogForm{new_http, profile_first, http_flow, all_objects}};
constexpr std::array ssl_forms{LogForm{new_ssl, around_text, ssl_text, always, all_objects},
                               LogForm{new_ssl, profile_first, ssl_flow, all_objects}};
constexpr std::array ssh_forms{
    LogForm{new_ssh, around_text_uid, ssh_text, always, {0, 9, 6}, Occasion::each_line, "success"},
    LogForm{new_ssh, around_text_uid, ssh_text, {0, 9, 6}, all_objects, Occasion::each_line, "T"},
    LogForm{new_ssh, profile_first, ssh_flow, all_objects, by_name, Occasion::each_line, "T"},
    LogForm{new_ssh, profile_first, ssh_flow, by_name}};
constexpr std::array notice_forms{LogForm{new_notice, around_text_uid, notice_text, always, all_objects},
                                  LogForm{new_notice, profile_first, notice_flow, all_objects}};
constexpr std::array smtp_forms{LogForm{new_smtp, smtp_message, {}, always, objects},
                                LogForm{new_smtp, flow_first, smtp_flow, objects, by_name},
                                LogForm{new_smtp, flow_first, smtp_flow, ports_of_smtp}};
constexpr std::array weird_forms{LogForm{new_weird, weird_message, {}, weirds, objects},
                                 LogForm{new_weird, profile_first, weird_flow, objects}};
constexpr std::array tunnel_forms{LogForm{new_tunnel, profile_first, tunnel_flow, objects}};
constexpr std::array login_forms{LogForm{new_login, profile_first, login_flow, logins}};
constexpr std::array dhcp_forms{LogForm{new_dhcp, dhcp_message, {}, dhcps, every_dhcp, Occasion::once},
                                LogForm{new_dhcp, dhcp_message, {}, every_dhcp, objects},
                                LogForm{new_dhcp, profile_first, dhcp_flow, objects}};
constexpr std::array files_forms{LogForm{new_file, files_message, {}, always, objects},
                                 LogForm{new_file, of_file, files_flow, objects}};
constexpr std::array arp_forms{LogForm{new_arp, arp_message, {}, always, objects},
                               LogForm{new_flow, around_arp, arp_as_conn, always, {1, 0, 1}},
                               LogForm{new_arp, flow_first, arp_flow, objects}};
constexpr std::array software_forms{LogForm{new_software, software_message, {}, always, objects, Occasion::no_browser},
                                    LogForm{new_software, of_software, software_flow, objects}};

constexpr std::array<LogKind, 13> kinds{{
    {"dns", "qclass_name", usual_addresses, dns_forms},
    {"http", "request_body_len", usual_addresses, http_forms},
    {"ssl", "cipher", usual_addresses, ssl_forms},
    {"ssh", "auth_attempts", usual_addresses, ssh_forms},
    {.path = "notice",
     .mark = "note",
     .addresses = notice_addresses,
     .forms = notice_forms,
     .json_only = {all_objects, by_name}},
    {"smtp", "last_reply", usual_addresses, smtp_forms},
    {"weird", "addl", weird_addresses, weird_forms, {objects, never}},
    {"tunnel", "tunnel_type", usual_addresses, tunnel_forms},
    {"login", "client_user", usual_addresses, login_forms},
    {"dhcp", "client_addr", dhcp_addresses, dhcp_forms},
    {"files", "fuid", files_addresses, files_forms},
    {"arp", "orig_hw", arp_addresses, arp_forms},
    {"software", "software_type", software_addresses, software_forms, {always, never}, {always, by_name}},
}};

/// Returns the path that the file's name shows: "dns" for dns.log, dns.2020-01-01.log.gz, dns_2020.log; of a log that Slips
/// does not read, for <path>.log only.
std::string path_in_name(Text file) {
    const std::size_t slash = file.rfind('/');
    if (slash != Text::npos) file.remove_prefix(slash + 1);
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; };
    std::size_t end = 0;
    while (end < file.size() && is_word(file[end])) ++end;
    const Text word = file.substr(0, end);
    return word == "conn" || log_kind(word) != nullptr || file.substr(end).starts_with(".log") ? std::string(word) : "";
}

}  // namespace

std::span<const LogKind> log_kinds() { return kinds; }

const LogKind* log_kind(std::string_view path) {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const LogKind& kind) { return kind.path == path; });
    return found == kinds.end() ? nullptr : &*found;
}

bool is_published(const LogKind& kind, const Release& release) {
    return std::any_of(kind.forms.begin(), kind.forms.end(),
                       [&](const LogForm& form) { return is_within(release.version, form.since, form.before); });
}

std::string path_of(const ZeekRecord& record, std::string_view header_path, std::string_view file) {
    if (std::string own = text_member(record.fields, "_path"); !own.empty()) return own;
    if (!header_path.empty()) return std::string(header_path);
    if (find_member(record.fields, "conn_state") != nullptr) return "conn";
    const std::string named = path_in_name(file);
    const auto has_mark = [&](const LogKind& kind) { return find_member(record.fields, kind.mark) != nullptr; };
    if (const LogKind* kind = log_kind(named); kind != nullptr && has_mark(*kind)) return named;
    const auto marked = std::find_if(kinds.begin(), kinds.end(), has_mark);
    return marked != kinds.end() ? std::string(marked->path) : named;
}

}  // namespace slipsdev
