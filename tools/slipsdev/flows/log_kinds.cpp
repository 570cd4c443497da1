#include "slipsdev/flows/log_kinds.hpp"

#include <slips/ip.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

using Read = LogField::Read;
using Envelope = LogKind::Envelope;
using Text = std::string_view;

constexpr Version ports_of_dns{1, 1, 7}, ports_of_smtp{1, 1, 18}, ports_of_ssh{1, 1, 19};
constexpr Version software_names{1, 1, 19}, newer_flows{1, 1, 17}, logins{1, 1, 21};

constexpr LogField saddr{"saddr", "id.orig_h"}, daddr{"daddr", "id.resp_h"}, uid{"uid", "uid"};
constexpr LogField sport{"sport", "id.orig_p"}, dport{"dport", "id.resp_p"};

constexpr LogField since(LogField field, const Version& version) {
    field.since = version;
    return field;
}
constexpr LogField before(LogField field, const Version& version) {
    field.before = version;
    return field;
}
// Of all logs but weird.log and login.log, where they are added to a log by hand.
constexpr LogField label{.key = "ground_truth_label", .column = "label", .since = {1, 1, 9}};
constexpr LogField details{.key = "detailed_ground_truth_label", .column = "detailedlabel", .since = {1, 1, 9}};

/// A field with the column's name.
constexpr LogField same(Text name) { return {name, name}; }
constexpr LogField literal(Text key, Text text) { return {key, text, Read::literal}; }

constexpr std::array dns_fields{uid,
                                saddr,
                                daddr,
                                since(sport, ports_of_dns),
                                since(dport, ports_of_dns),
                                since(same("proto"), ports_of_dns),
                                same("query"),
                                same("qclass_name"),
                                same("qtype_name"),
                                same("rcode_name"),
                                LogField{"answers", "answers", Read::list},
                                same("TTLs"),
                                label,
                                details};
constexpr std::array http_fields{uid,
                                 saddr,
                                 daddr,
                                 same("method"),
                                 same("host"),
                                 same("uri"),
                                 same("version"),
                                 same("user_agent"),
                                 same("request_body_len"),
                                 same("response_body_len"),
                                 same("status_code"),
                                 same("status_msg"),
                                 same("resp_mime_types"),
                                 same("resp_fuids"),
                                 label,
                                 details};
// Slips fills neither the certificates nor the issuer.
constexpr std::array ssl_fields{uid,
                                saddr,
                                daddr,
                                same("version"),
                                sport,
                                dport,
                                same("cipher"),
                                same("resumed"),
                                same("established"),
                                literal("cert_chain_fuids", ""),
                                literal("client_cert_chain_fuids", ""),
                                same("subject"),
                                literal("issuer", ""),
                                same("validation_status"),
                                same("curve"),
                                same("server_name"),
                                same("ja3"),
                                same("ja3s"),
                                same("is_DoH"),
                                label,
                                details};
constexpr std::array ssh_fields{uid,
                                saddr,
                                daddr,
                                same("version"),
                                same("auth_success"),
                                same("auth_attempts"),
                                same("client"),
                                same("server"),
                                same("cipher_alg"),
                                same("mac_alg"),
                                same("compression_alg"),
                                same("kex_alg"),
                                same("host_key_alg"),
                                same("host_key"),
                                since(sport, ports_of_ssh),
                                since(dport, ports_of_ssh),
                                label,
                                details};
constexpr std::array notice_fields{LogField{"saddr", "id.orig_h", Read::as_is, "src"},
                                   LogField{"daddr", "id.resp_h", Read::as_is, "src"},
                                   LogField{"sport", "id.orig_p", Read::text},
                                   LogField{"dport", "id.resp_p", Read::text, "p"},
                                   same("note"),
                                   same("msg"),
                                   LogField{"scanned_port", "p", Read::text},
                                   LogField{"scanning_ip", "src"},
                                   same("dst"),
                                   label,
                                   details,
                                   uid};
constexpr std::array smtp_fields{
    uid, saddr, daddr, since(sport, ports_of_smtp), since(dport, ports_of_smtp), same("last_reply"), label, details};
constexpr std::array weird_fields{uid, saddr, daddr, same("name"), same("addl")};
constexpr std::array tunnel_fields{uid,   saddr,  daddr, sport, dport, same("tunnel_type"), same("action"),
                                   label, details};
constexpr std::array login_fields{uid,
                                  saddr,
                                  daddr,
                                  sport,
                                  dport,
                                  same("proto"),
                                  same("success"),
                                  same("confused"),
                                  same("user"),
                                  same("client_user"),
                                  same("password")};
constexpr std::array dhcp_fields{LogField{"uids", "uids", Read::list},
                                 same("client_addr"),
                                 same("server_addr"),
                                 same("host_name"),
                                 LogField{"smac", "mac"},
                                 same("requested_addr"),
                                 label,
                                 details,
                                 since(LogField{"saddr", "client_addr"}, newer_flows),
                                 since(LogField{"daddr", "server_addr"}, newer_flows)};
constexpr std::array files_fields{LogField{"uid", "fuid"},
                                  LogField{"saddr", "tx_hosts"},
                                  LogField{"daddr", "rx_hosts"},
                                  LogField{"size", "total_bytes"},
                                  same("md5"),
                                  same("source"),
                                  same("analyzers"),
                                  same("sha1"),
                                  LogField{"tx_hosts", "tx_hosts", Read::list},
                                  LogField{"rx_hosts", "rx_hosts", Read::list},
                                  label,
                                  details};
constexpr std::array arp_fields{uid,
                                LogField{"saddr", "orig_h"},
                                LogField{"daddr", "resp_h"},
                                LogField{"smac", "src_mac"},
                                LogField{"dmac", "dst_mac"},
                                LogField{"src_hw", "orig_hw"},
                                LogField{"dst_hw", "resp_hw"},
                                same("operation"),
                                since(literal("dur", "0"), newer_flows),
                                before(literal("dur", ""), newer_flows),
                                since(literal("proto", "ARP"), newer_flows),
                                before(literal("proto", ""), newer_flows),
                                literal("state", ""),
                                since(LogField{"pkts", "", Read::zero}, newer_flows),
                                before(literal("pkts", ""), newer_flows),
                                literal("sport", ""),
                                literal("dport", ""),
                                literal("bytes", ""),
                                literal("sbytes", ""),
                                literal("dbytes", ""),
                                literal("spkts", ""),
                                literal("dpkts", ""),
                                literal("appproto", ""),
                                label,
                                details};
constexpr std::array software_fields{uid,
                                     LogField{"saddr", "host"},
                                     LogField{"sport", "host_p"},
                                     since(LogField{"software", "software_type"}, software_names),
                                     before(LogField{"software", "name"}, software_names),
                                     same("unparsed_version"),
                                     LogField{"version_major", "version.major"},
                                     LogField{"version_minor", "version.minor"},
                                     since(LogField{"software_name", "name"}, software_names),
                                     literal("daddr", ""),
                                     label,
                                     details,
                                     since(LogField{"http_browser", "", Read::no}, newer_flows)};

constexpr std::array<Text, 1> new_dns{"new_dns"}, new_ssl{"new_ssl"}, new_ssh{"new_ssh"}, new_notice{"new_notice"},
    new_smtp{"new_smtp"}, new_weird{"new_weird"}, new_tunnel{"new_tunnel"}, new_login{"new_login"},
    new_dhcp{"new_dhcp"}, new_file{"new_downloaded_file"}, new_arp{"new_arp"}, new_software{"new_software"};
constexpr std::array<Text, 2> new_http{"new_http", "new_url"};

constexpr std::array<LogKind, 13> kinds{{
    {"dns", "qclass_name", new_dns, dns_fields},
    {"http", "request_body_len", new_http, http_fields},
    {"ssl", "cipher", new_ssl, ssl_fields},
    {"ssh", "auth_attempts", new_ssh, ssh_fields},
    {"notice", "note", new_notice, notice_fields},
    {"smtp", "last_reply", new_smtp, smtp_fields, Envelope::flow_first},
    {"weird", "addl", new_weird, weird_fields},
    {"tunnel", "tunnel_type", new_tunnel, tunnel_fields},
    {"login", "client_user", new_login, login_fields, Envelope::profile_first, logins},
    {"dhcp", "client_addr", new_dhcp, dhcp_fields},
    {"files", "fuid", new_file, files_fields, Envelope::file},
    {"arp", "orig_hw", new_arp, arp_fields, Envelope::flow_first},
    {"software", "software_type", new_software, software_fields, Envelope::no_profile},
}};

/// Returns the column's value; "" if it is absent. Zeek writes "-" for that.
Json value_of(const ZeekRecord& record, Text column) {
    const Json* value = column.empty() ? nullptr : find_member(record.fields, column);
    if (value == nullptr || value->is_null() || (value->is_string() && value->get_ref<const std::string&>() == "-"))
        return "";
    return *value;
}

/// Returns the value as text; of a list, its first element. A set in a TSV log is a text with commas.
std::string text_of(const Json& value, bool from_tsv) {
    if (value.is_array()) return value.empty() ? "" : text_of(value.front(), from_tsv);
    if (!value.is_string()) return to_python_json(value);
    const auto& text = value.get_ref<const std::string&>();
    return from_tsv ? text.substr(0, text.find(',')) : text;
}

Json read_field(const ZeekRecord& record, const LogField& field) {
    if (field.read == Read::literal) return field.column;
    if (field.read == Read::zero) return 0;
    if (field.read == Read::no) return false;
    Json value = value_of(record, field.column);
    if (value == "" && !field.otherwise.empty()) value = value_of(record, field.otherwise);
    if (field.read == Read::list && !value.is_array()) return Json::array({value});
    if (field.read == Read::text && !value.is_string()) return to_python_json(value);
    const bool is_address = field.key == "saddr" || field.key == "daddr";
    return is_address ? Json(text_of(value, record.from_tsv)) : value;
}

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

const LogKind* log_kind(std::string_view path) {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const LogKind& kind) { return kind.path == path; });
    return found == kinds.end() ? nullptr : &*found;
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

std::optional<FlowDraft> draft_log_flow(const ZeekRecord& record, const LogKind& kind, const Release& release,
                                        std::string& why) {
    const std::string log = std::string(kind.path) + ".log";
    if (release.is_before(kind.since)) {
        why = "this is a " + log + ", which slipsdev plays only for Slips " + std::to_string(kind.since[0]) + "." +
              std::to_string(kind.since[1]) + "." + std::to_string(kind.since[2]) + " and newer";
        return std::nullopt;
    }
    const auto seconds = detail::time_of(record, why);
    if (!seconds) {
        why = log + ": " + why;
        return std::nullopt;
    }
    FlowDraft draft;
    draft.time = *seconds;
    draft.stime = value_of(record, "ts");
    if (release.flow.interface_key) draft.flow["interface"] = "default";
    draft.flow["starttime"] = draft.stime;
    for (const LogField& field : kind.fields) {
        if (release.version < field.since || !(release.version < field.before)) continue;
        draft.flow[std::string(field.key)] = read_field(record, field);
    }
    draft.flow["type_"] = kind.path;
    draft.uid = text_member(draft.flow, "uid");
    draft.saddr = text_member(draft.flow, "saddr");
    if (draft.saddr.empty()) draft.saddr = text_member(draft.flow, "client_addr");
    draft.daddr = text_member(draft.flow, "daddr");
    if (!slips::is_ip(draft.saddr)) {
        why = log + ": no IP address of the source";
        return std::nullopt;
    }
    return draft;
}

std::string log_message(const FlowDraft& draft, const LogKind& kind, std::string_view twid, const Release& release) {
    Json message;
    const auto add_profile = [&] {
        message["profileid"] = "profile_" + draft.saddr;
        message["twid"] = twid;
    };
    const bool named_after_software = kind.envelope == Envelope::no_profile && release.is_before({1, 1, 9});
    if (kind.envelope == Envelope::profile_first) add_profile();
    message[named_after_software ? "sw_flow" : "flow"] = draft.flow;
    if (kind.envelope == Envelope::file) message["type"] = "zeek";
    if (kind.envelope == Envelope::no_profile) message["twid"] = twid;
    else if (kind.envelope != Envelope::profile_first) add_profile();
    if (release.flow.wrapped) message["version"] = release.text;
    return to_python_json(message);
}

}  // namespace slipsdev
