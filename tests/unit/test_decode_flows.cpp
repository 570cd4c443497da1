// The messages about flows: every kind, from every source and of both generations, value by value.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoding.hpp"
#include "slips/impl/wire/decode.hpp"

namespace wire = slips::wire;
using slips_test::decoded;
using slips_test::fault;
using Texts = std::vector<std::string>;

namespace {

const std::string where = R"("profileid": "profile_10.0.0.1", "twid": "timewindow3")";
const std::string labels = R"("ground_truth_label": "Malicious", "detailed_ground_truth_label": "C&C", )";
const std::string suricata = R"("flow_source": "suricata", )";

/// A flow of current Slips: the keys that all kinds have, and `keys`, which end with a comma.
std::string flow(const std::string& type, const std::string& keys, const std::string& time = "5.5") {
    return R"({"interface": "eth0", "starttime": )" + time +
           R"(, "uid": "C1", "saddr": "10.0.0.1", "daddr": "10.0.0.2", )" + keys + R"("type_": ")" + type + "\"}";
}
std::string current(const std::string& flow, const std::string& more = "") {
    return "{" + where + R"(, "flow": )" + flow + more + R"(, "version": "1.1.21"})";
}
/// Legacy: the flow is JSON text, and `more` is beside it.
std::string legacy(const std::string& flow, const std::string& more = "") {
    std::string text;
    wire::append_json(text, flow);
    return "{" + where + R"(, "flow": )" + text + R"(, "stime": 5.5)" + more + "}";
}

/// The values that every kind of current Slips has.
template <class M>
void check_common(const M& message, std::string_view type, bool has_labels = true) {
    CHECK(message.version == "1.1.21");
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow3");
    CHECK(message.stime.empty());
    CHECK(message.flow.type == type);
    CHECK(message.flow.interface == "eth0");
    CHECK(message.flow.starttime == 5.5);
    CHECK(message.flow.saddr == "10.0.0.1");
    CHECK(message.flow.daddr == "10.0.0.2");
    if constexpr (requires { message.flow.uid; }) CHECK(message.flow.uid == "C1");
    if constexpr (requires { message.flow.ground_truth_label; }) {
        CHECK(message.flow.ground_truth_label == (has_labels ? "Malicious" : ""));
        CHECK(message.flow.detailed_ground_truth_label == (has_labels ? "C&C" : ""));
    }
    const slips::Context context = message;
    CHECK(context.profileid == "profile_10.0.0.1");
    CHECK(context.twid == "timewindow3");
    CHECK(context.uids == Texts{"C1"});
    CHECK(context.timestamp.seconds() == 5.5);
    CHECK(context.interface == "eth0");
    CHECK(context.saddr == "10.0.0.1");
    CHECK(context.daddr == "10.0.0.2");
    CHECK_FALSE(wire::surely_legacy(message));
}
/// The values that every kind of legacy Slips has.
template <class M>
void check_legacy(const M& message) {
    CHECK(message.version.empty());
    CHECK(message.profileid == "profile_10.0.0.1");
    CHECK(message.twid == "timewindow3");
    CHECK(message.flow.uid == "C1");
    CHECK(message.flow.starttime == 5.5);
    const slips::Context context = message;
    CHECK(context.uids == Texts{"C1"});
    CHECK(context.timestamp.seconds() == 5.5);
}

}  // namespace

TEST_CASE("new_dns, current: Zeek's JSON") {
    const auto message = decoded<slips::NewDns>(current(flow(
        "dns",
        R"("sport": 54330, "dport": 53, "proto": "udp", "query": "example.org", "qclass_name": "C_INTERNET", )"
        R"("qtype_name": "A", "rcode_name": "NOERROR", "answers": ["192.0.2.1", "192.0.2.2"], "TTLs": [15.0, 105.5], )" +
            labels)));
    check_common(message, "dns");
    const slips::Dns& dns = message.flow;
    CHECK(dns.sport == 54330);
    CHECK(dns.dport == 53);
    CHECK(dns.proto == "udp");
    CHECK(dns.query == "example.org");
    CHECK(dns.qclass_name == "C_INTERNET");
    CHECK(dns.qtype_name == "A");
    CHECK(dns.rcode_name == "NOERROR");
    CHECK(dns.answers == Texts{"192.0.2.1", "192.0.2.2"});
    CHECK(dns.ttls == std::vector<double>{15.0, 105.5});
    CHECK(dns.source.empty());
}

TEST_CASE("new_dns, current: Zeek's TSV, all text") {
    const auto message = decoded<slips::NewDns>(current(flow(
        "dns",
        R"("sport": "53879", "dport": "53", "answers": ["a.example.org,2001:db8::1"], "TTLs": "15.000000,105.000000", )" +
            labels,
        R"("5.5")")));
    check_common(message, "dns");
    CHECK(message.flow.sport == 53879);
    CHECK(message.flow.dport == 53);
    CHECK(message.flow.answers == Texts{"a.example.org,2001:db8::1"});
    CHECK(message.flow.ttls == std::vector<double>{15, 105});
    const auto empty = decoded<slips::NewDns>(current(flow("dns", R"("answers": "", "TTLs": "", )")));
    CHECK(empty.flow.answers.empty());
    CHECK(empty.flow.ttls.empty());
    CHECK(decoded<slips::NewDns>(current(flow("dns", R"("answers": "192.0.2.1", "TTLs": "-", )"))).flow.answers ==
          Texts{"192.0.2.1"});
}

TEST_CASE("new_dns, current: Suricata") {
    const auto message = decoded<slips::NewDns>(current(flow(
        "dns",
        R"("sport": 35790, "dport": 53, "proto": "UDP", "appproto": false, "query": "example.org", "TTLs": "", "answers": [], )" +
            suricata)));
    check_common(message, "dns", false);
    CHECK(message.flow.source == "suricata");
    CHECK(message.flow.appproto.empty());
    CHECK(message.flow.proto == "UDP");
    CHECK(message.flow.qtype_name.empty());
    CHECK(message.flow.answers.empty());
}

TEST_CASE("new_dns_flow, legacy") {
    const auto message = decoded<slips::NewDns>(legacy(
        R"({"uid": "C1", "type": "dns", "query": "example.org", "qclass_name": "C_INTERNET", "qtype_name": "A", )"
        R"("rcode_name": "NXDOMAIN", "answers": [""], "ttls": "", "stime": 5.5})",
        R"(, "uid": "C1", "rcode_name": "NXDOMAIN")"));
    check_legacy(message);
    CHECK(message.stime == slips::Timestamp(5.5));
    CHECK(wire::surely_legacy(message));  // also before the generation is known
    CHECK(message.flow.type == "dns");
    CHECK(message.flow.query == "example.org");
    CHECK(message.flow.rcode_name == "NXDOMAIN");
    CHECK(message.flow.answers.empty());
    CHECK(message.flow.saddr.empty());
    CHECK_FALSE(message.flow.dport);
    CHECK(decoded<slips::NewDns>(legacy(R"({"ttls": [1.5, 2.0], "answers": ["192.0.2.1"]})")).flow.ttls ==
          std::vector<double>{1.5, 2});
    CHECK(slips::channel_of<slips::NewDns>(slips::Generation::current) == "new_dns");
    CHECK(slips::channel_of<slips::NewDns>(slips::Generation::legacy) == "new_dns_flow");
}

TEST_CASE_TEMPLATE("new_http and new_url", M, slips::NewHttp, slips::NewUrl) {
    const std::string keys =
        R"("method": "GET", "host": "example.org", "uri": "/x", "version": "1.1", "user_agent": "curl", "request_body_len": 1, )"
        R"("response_body_len": 593, "status_code": 200, "status_msg": "OK", "resp_mime_types": ["text/plain"], "resp_fuids": ["F1", "F2"], )";
    const auto check = [](const slips::Http& http) {
        CHECK(http.method == "GET");
        CHECK(http.host == "example.org");
        CHECK(http.uri == "/x");
        CHECK(http.version == "1.1");
        CHECK(http.user_agent == "curl");
        CHECK(http.request_body_len == 1);
        CHECK(http.response_body_len == 593);
        CHECK(http.status_code == 200);
        CHECK(http.status_msg == "OK");
        CHECK(http.resp_mime_types == Texts{"text/plain"});
        CHECK(http.resp_fuids == Texts{"F1", "F2"});
    };
    const auto zeek = decoded<M>(current(flow("http", keys + labels)));
    check_common(zeek, "http");
    check(zeek.flow);
    CHECK_FALSE(zeek.flow.sport);

    const auto eve = decoded<M>(current(flow(
        "http",
        R"("sport": 59502, "dport": 80, "proto": "TCP", "appproto": false, "status_code": "", "version": "HTTP/1.1", )"
        R"("resp_mime_types": "", "resp_fuids": "", )" +
            suricata)));
    check_common(eve, "http", false);
    CHECK(eve.flow.sport == 59502);
    CHECK(eve.flow.dport == 80);
    CHECK(eve.flow.proto == "TCP");
    CHECK(eve.flow.appproto.empty());
    CHECK(eve.flow.source == "suricata");
    CHECK(eve.flow.version == "HTTP/1.1");
    CHECK(eve.version == "1.1.21");  // not the flow's
    CHECK_FALSE(eve.flow.status_code);
    CHECK(eve.flow.resp_fuids.empty());

    const auto old = decoded<M>(legacy(R"({"uid": "C1", "type": "http", )" + keys + R"("stime": 5.5})"));
    check_legacy(old);
    check(old.flow);
    CHECK(old.flow.type == "http");
    CHECK(decoded<M>(legacy(R"({"version": 1, "status_code": "404", "resp_fuids": "F1"})")).flow.version == "1");
    CHECK(decoded<M>(legacy(R"({"version": 1, "status_code": "404", "resp_fuids": "F1"})")).flow.status_code == 404);
    CHECK(decoded<M>(legacy(R"({"version": 1, "status_code": "404", "resp_fuids": "F1"})")).flow.resp_fuids ==
          Texts{"F1"});
}

TEST_CASE("new_ssl") {
    const auto keys = [](const char* resumed, const char* established, const char* fuids, const char* ports,
                         const char* doh) {
        return std::string(R"("version": "TLSv13", )") + ports + R"("cipher": "TLS_AES", "resumed": )" + resumed +
               R"(, "established": )" + established + R"(, "cert_chain_fuids": )" + fuids +
               R"(, "client_cert_chain_fuids": )" + fuids +
               R"(, "subject": "CN=a", "issuer": "CN=b", "validation_status": "ok", "curve": "x25519", "server_name": "example.org", )"
               R"("ja3": "3", "ja3s": "3s", "is_DoH": )" +
               doh + ", ";
    };
    const auto check = [](const slips::Ssl& ssl) {
        CHECK(ssl.version == "TLSv13");
        CHECK(ssl.cipher == "TLS_AES");
        CHECK(ssl.resumed == false);
        CHECK(ssl.established == true);
        CHECK(ssl.subject == "CN=a");
        CHECK(ssl.issuer == "CN=b");
        CHECK(ssl.validation_status == "ok");
        CHECK(ssl.curve == "x25519");
        CHECK(ssl.server_name == "example.org");
        CHECK(ssl.ja3 == "3");
        CHECK(ssl.ja3s == "3s");
        CHECK(ssl.dport == 443);
    };
    const auto json = decoded<slips::NewSsl>(
        current(flow("ssl", keys("false", "true", R"("")", R"("sport": 49194, "dport": 443, )", R"("")") + labels)));
    check_common(json, "ssl");
    check(json.flow);
    CHECK(json.flow.sport == 49194);
    CHECK(json.flow.cert_chain_fuids.empty());
    CHECK_FALSE(json.flow.is_doh);
    const auto tsv = decoded<slips::NewSsl>(current(
        flow("ssl", keys(R"("F")", R"("T")", R"("F1")", R"("sport": "49194", "dport": "443", )", "true") + labels,
             R"("5.5")")));
    check_common(tsv, "ssl");
    check(tsv.flow);
    CHECK(tsv.flow.cert_chain_fuids == Texts{"F1"});
    CHECK(tsv.flow.is_doh == true);

    const auto eve = decoded<slips::NewSsl>(current(flow(
        "ssl",
        R"("sport": 60316, "dport": 443, "proto": "TCP", "appproto": false, "sslversion": "TLS 1.1", "subject": "CN=a", )"
        R"("issuer": "CN=b", "server_name": "example.org", "notbefore": "2020-03-19T09:44:08", "notafter": "2022-03-20T09:44:08", )" +
            suricata)));
    check_common(eve, "ssl", false);
    CHECK(eve.flow.version == "TLS 1.1");
    CHECK(eve.flow.notbefore == "2020-03-19T09:44:08");
    CHECK(eve.flow.notafter == "2022-03-20T09:44:08");
    CHECK(eve.flow.proto == "TCP");
    CHECK(eve.flow.source == "suricata");
    CHECK_FALSE(eve.flow.established);

    const auto old = decoded<slips::NewSsl>(legacy(R"({"uid": "C1", "type": "ssl", )" +
                                                   keys("false", "true", R"(["F1", "F2"])", "", R"("false")") +
                                                   R"("daddr": "192.0.2.1", "dport": "443", "stime": 5.5})"));
    check_legacy(old);
    check(old.flow);
    CHECK(old.flow.daddr == "192.0.2.1");
    CHECK(old.flow.cert_chain_fuids == Texts{"F1", "F2"});
    CHECK(old.flow.client_cert_chain_fuids == Texts{"F1", "F2"});
    CHECK(old.flow.is_doh == false);
}

TEST_CASE("new_ssh") {
    const std::string keys =
        R"("version": 2, "auth_success": true, "auth_attempts": 1, "client": "SSH-2.0-a", "server": "SSH-2.0-b", "cipher_alg": "aes", )"
        R"("mac_alg": "hmac", "compression_alg": "none", "kex_alg": "curve", "host_key_alg": "ed", "host_key": "aa:bb", )";
    const auto check = [](const slips::Ssh& ssh) {
        CHECK(ssh.version == "2");
        CHECK(ssh.auth_success == true);
        CHECK(ssh.auth_attempts == 1);
        CHECK(ssh.client == "SSH-2.0-a");
        CHECK(ssh.server == "SSH-2.0-b");
        CHECK(ssh.cipher_alg == "aes");
        CHECK(ssh.mac_alg == "hmac");
        CHECK(ssh.compression_alg == "none");
        CHECK(ssh.kex_alg == "curve");
        CHECK(ssh.host_key_alg == "ed");
        CHECK(ssh.host_key == "aa:bb");
    };
    const auto zeek = decoded<slips::NewSsh>(current(flow("ssh", keys + R"("sport": 40000, "dport": 22, )" + labels)));
    check_common(zeek, "ssh");
    check(zeek.flow);
    CHECK(zeek.flow.sport == 40000);
    CHECK(zeek.flow.dport == 22);
    const auto tsv =
        decoded<slips::NewSsh>(current(flow("ssh", R"("auth_success": "T", "auth_attempts": "", "version": "", )")));
    CHECK(tsv.flow.auth_success == true);
    CHECK_FALSE(tsv.flow.auth_attempts);
    const auto eve = decoded<slips::NewSsh>(current(flow(
        "ssh",
        R"("sport": 1, "dport": 22, "proto": "TCP", "appproto": "ssh", "auth_success": "", "client": "a", "version": "2.0", )" +
            suricata)));
    check_common(eve, "ssh", false);
    CHECK_FALSE(eve.flow.auth_success);
    CHECK(eve.flow.source == "suricata");
    CHECK(eve.flow.appproto == "ssh");
    CHECK(eve.flow.proto == "TCP");
    const auto old = decoded<slips::NewSsh>(
        legacy(R"({"uid": "C1", "type": "ssh", )" + keys + R"("stime": 5.5})", R"(, "uid": "C1")"));
    check_legacy(old);
    check(old.flow);
}

TEST_CASE("new_smtp: flat in legacy") {
    const auto message = decoded<slips::NewSmtp>(
        current(flow("smtp", R"("sport": 63246, "dport": 25, "last_reply": "554 no", )" + labels)));
    check_common(message, "smtp");
    CHECK(message.flow.sport == 63246);
    CHECK(message.flow.dport == 25);
    CHECK(message.flow.last_reply == "554 no");
    const auto old = decoded<slips::NewSmtp>(R"({"uid": "C1", "daddr": "10.0.0.2", "saddr": "10.0.0.1", )" + where +
                                             R"(, "ts": 5.5, "last_reply": "554 no"})");
    check_legacy(old);
    CHECK(old.flow.saddr == "10.0.0.1");
    CHECK(old.flow.daddr == "10.0.0.2");
    CHECK(old.flow.last_reply == "554 no");
    CHECK(slips::Context(old).daddr == "10.0.0.2");
    CHECK(fault<slips::NewSmtp>("{" + where + "}") == "flow is missing, expected an object");
    CHECK(fault<slips::NewSmtp>("{" + where + R"(, "flow": null})") == "flow is null, expected an object");
}

TEST_CASE("new_downloaded_file") {
    const auto zeek = decoded<slips::NewDownloadedFile>(current(
        flow(
            "files",
            R"("size": 593, "md5": "5", "source": "HTTP", "analyzers": ["SHA1", "MD5"], "sha1": "1", "tx_hosts": ["10.0.0.1"], )"
            R"("rx_hosts": ["10.0.0.2"], )" +
                labels),
        R"(, "type": "zeek")"));
    check_common(zeek, "files");
    CHECK(zeek.type == "zeek");
    CHECK(zeek.flow.size == 593);
    CHECK(zeek.flow.md5 == "5");
    CHECK(zeek.flow.sha1 == "1");
    CHECK(zeek.flow.origin == "HTTP");
    CHECK(zeek.flow.analyzers == Texts{"SHA1", "MD5"});
    CHECK(zeek.flow.tx_hosts == Texts{"10.0.0.1"});
    CHECK(zeek.flow.rx_hosts == Texts{"10.0.0.2"});
    const auto tsv = decoded<slips::NewDownloadedFile>(
        current(flow("files", R"("size": "", "analyzers": "MD5,X509", )" + labels, R"("5.5")")));
    check_common(tsv, "files");
    CHECK_FALSE(tsv.flow.size);
    CHECK(tsv.flow.analyzers == Texts{"MD5,X509"});
    const auto eve = decoded<slips::NewDownloadedFile>(current(
        flow(
            "files",
            R"("sport": 554, "dport": 51230, "proto": "TCP", "appproto": "http", "size": "47", "source": "", "analyzers": "", "tx_hosts": "", )" +
                suricata),
        R"(, "type": "suricata")"));
    check_common(eve, "files", false);
    CHECK(eve.flow.sport == 554);
    CHECK(eve.flow.dport == 51230);
    CHECK(eve.flow.proto == "TCP");
    CHECK(eve.flow.appproto == "http");
    CHECK(eve.flow.size == 47);
    CHECK(eve.flow.source == "suricata");
    CHECK(eve.flow.origin.empty());
    CHECK(eve.flow.tx_hosts.empty());
    const auto old = decoded<slips::NewDownloadedFile>(
        R"({"uid": "C1", "daddr": "10.0.0.2", "saddr": "10.0.0.1", "size": 593, "md5": "5", "sha1": "1", "analyzers": ["MD5"], )"
        R"("source": "HTTP", )" +
        where + R"(, "ts": 5.5})");
    check_legacy(old);
    CHECK(old.flow.size == 593);
    CHECK(old.flow.md5 == "5");
    CHECK(old.flow.sha1 == "1");
    CHECK(old.flow.origin == "HTTP");
    CHECK(old.flow.analyzers == Texts{"MD5"});
    CHECK(old.flow.saddr == "10.0.0.1");
    CHECK(old.flow.daddr == "10.0.0.2");
}

TEST_CASE("new_login") {
    const auto message = decoded<slips::NewLogin>(current(flow(
        "login", R"("sport": 40002, "dport": 513, "proto": "tcp", "success": true, "confused": false, "user": "root", )"
                 R"("client_user": "bob", "password": "pw", )")));
    check_common(message, "login");
    CHECK(message.flow.sport == 40002);
    CHECK(message.flow.dport == 513);
    CHECK(message.flow.proto == "tcp");
    CHECK(message.flow.success == true);
    CHECK(message.flow.confused == false);
    CHECK(message.flow.user == "root");
    CHECK(message.flow.client_user == "bob");
    CHECK(message.flow.password == "pw");
    CHECK_FALSE(decoded<slips::NewLogin>(current(flow("login", R"("success": "", )"))).flow.success);
}

TEST_CASE("new_dhcp") {
    const auto message = decoded<slips::NewDhcp>(current(
        R"({"interface": "eth0", "starttime": 5.5, "uids": ["C1", "C2"], "client_addr": "10.0.0.3", "server_addr": "10.0.0.4", )"
        R"("host_name": "pc", "smac": "08:00:27:00:00:01", "requested_addr": "10.0.0.5", )" +
        labels + R"("saddr": "10.0.0.1", "daddr": "10.0.0.2", "type_": "dhcp"})"));
    const slips::Dhcp& dhcp = message.flow;
    CHECK(dhcp.uids == Texts{"C1", "C2"});
    CHECK(slips::Context(message).uids == dhcp.uids);
    CHECK(dhcp.client_addr == "10.0.0.3");
    CHECK(dhcp.server_addr == "10.0.0.4");
    CHECK(dhcp.host_name == "pc");
    CHECK(dhcp.smac == "08:00:27:00:00:01");
    CHECK(dhcp.requested_addr == "10.0.0.5");
    CHECK(dhcp.saddr == "10.0.0.1");
    CHECK(dhcp.daddr == "10.0.0.2");
    CHECK(dhcp.type == "dhcp");
    CHECK(dhcp.ground_truth_label == "Malicious");
    CHECK(decoded<slips::NewDhcp>(current(R"({"uids": "C1"})")).flow.uids == Texts{"C1"});
}

TEST_CASE("new_arp: flat in legacy") {
    const auto message = decoded<slips::NewArp>(current(flow(
        "arp",
        R"("smac": "a", "dmac": "b", "src_hw": "c", "dst_hw": "d", "operation": "request", "dur": "0", "proto": "ARP", "state": "", )"
        R"("pkts": 0, "sport": "", "dport": "", "bytes": "", "sbytes": "", "dbytes": "", "spkts": "", "dpkts": "", "appproto": "", )" +
            labels)));
    check_common(message, "arp");
    const slips::Arp& arp = message.flow;
    CHECK(arp.smac == "a");
    CHECK(arp.dmac == "b");
    CHECK(arp.src_hw == "c");
    CHECK(arp.dst_hw == "d");
    CHECK(arp.operation == "request");
    CHECK(arp.dur == 0.0);
    CHECK(arp.proto == "ARP");
    CHECK(arp.pkts == 0);
    CHECK_FALSE(arp.sport);
    CHECK_FALSE(arp.bytes);
    const auto old = decoded<slips::NewArp>(
        R"({"uid": "C1", "daddr": "10.0.0.2", "saddr": "10.0.0.1", "dst_mac": "b", "src_mac": "a", "dst_hw": "d", "src_hw": "c", )"
        R"("operation": "request", "ts": 5.5, )" +
        where + "}");
    check_legacy(old);
    CHECK(old.flow.smac == "a");
    CHECK(old.flow.dmac == "b");
    CHECK(old.flow.src_hw == "c");
    CHECK(old.flow.dst_hw == "d");
    CHECK(old.flow.operation == "request");
    CHECK(old.flow.saddr == "10.0.0.1");
    CHECK(old.flow.daddr == "10.0.0.2");
}

TEST_CASE("new_notice") {
    const auto message = decoded<slips::NewNotice>(current(
        flow("notice",
             R"("sport": "", "dport": "23", "note": "Scan::Address_Scan", "msg": "scanned", "scanned_port": "23", )"
             R"("scanning_ip": "10.0.0.1", "dst": "10.0.0.9", )" +
                 labels)));
    check_common(message, "notice");
    CHECK_FALSE(message.flow.sport);
    CHECK(message.flow.dport == 23);
    CHECK(message.flow.note == "Scan::Address_Scan");
    CHECK(message.flow.msg == "scanned");
    CHECK(message.flow.scanned_port == 23);
    CHECK(message.flow.scanning_ip == "10.0.0.1");
    CHECK(message.flow.dst == "10.0.0.9");
    const auto old = decoded<slips::NewNotice>(legacy(
        R"({"type": "notice", "daddr": "10.0.0.2", "sport": 49194, "dport": 443, "note": "SSL::Invalid_Server_Cert", "msg": "no", )"
        R"("scanned_port": 443, "scanning_ip": "10.0.0.1", "stime": 5.5})",
        R"(, "uid": "C1")"));
    check_legacy(old);
    CHECK(old.flow.daddr == "10.0.0.2");
    CHECK(old.flow.sport == 49194);
    CHECK(old.flow.scanned_port == 443);
    CHECK(old.flow.type == "notice");
}

TEST_CASE("new_weird and new_tunnel") {
    const auto weird = decoded<slips::NewWeird>(current(flow("weird", R"("name": "odd", "addl": "x", )", R"("5.5")")));
    check_common(weird, "weird");
    CHECK(weird.flow.name == "odd");
    CHECK(weird.flow.addl == "x");
    const auto tunnel = decoded<slips::NewTunnel>(current(flow(
        "tunnel", R"("sport": 0, "dport": 0, "tunnel_type": "Tunnel::GRE", "action": "Tunnel::DISCOVER", )" + labels)));
    check_common(tunnel, "tunnel");
    CHECK(tunnel.flow.sport == 0);
    CHECK(tunnel.flow.dport == 0);
    CHECK(tunnel.flow.tunnel_type == "Tunnel::GRE");
    CHECK(tunnel.flow.action == "Tunnel::DISCOVER");
}

TEST_CASE("new_software: without a profile, flat in legacy") {
    const std::string head =
        R"({"flow": {"interface": "default", "starttime": 5.5, "uid": "C1", "saddr": "10.0.0.1", "sport": )";
    const std::string rest =
        R"(, "software": "SSH::CLIENT", "unparsed_version": "OpenSSH_8.1", "version_major": 8, "version_minor": 1, )"
        R"("software_name": "OpenSSH", "daddr": "", )" +
        labels + R"("http_browser": false, "type_": "software"}, "twid": "timewindow3", "version": "1.1.21"})";
    const auto check = [](const slips::Software& software) {
        CHECK(software.saddr == "10.0.0.1");
        CHECK(software.daddr.empty());
        CHECK(software.software == "SSH::CLIENT");
        CHECK(software.unparsed_version == "OpenSSH_8.1");
        CHECK(software.version_major == 8);
        CHECK(software.version_minor == 1);
        CHECK(software.type == "software");
        CHECK(software.starttime == 5.5);
        CHECK(software.uid == "C1");
    };
    const auto message = decoded<slips::NewSoftware>(head + "22" + rest);
    check(message.flow);
    CHECK(message.flow.sport == 22);
    CHECK(message.flow.software_name == "OpenSSH");
    CHECK(message.flow.http_browser == false);
    CHECK(message.profileid.empty());
    CHECK(slips::Context(message).profileid == "profile_10.0.0.1");
    CHECK_FALSE(decoded<slips::NewSoftware>(head + R"("")" + rest).flow.sport);
    const auto old = decoded<slips::NewSoftware>(
        R"({"type": "software", "starttime": 5.5, "uid": "C1", "saddr": "10.0.0.1", "daddr": "", "software_type": "SSH::CLIENT", )"
        R"("unparsed_version": "OpenSSH_8.1", "version.major": 8, "version.minor": 1, "twid": "timewindow3"})");
    check(old.flow);
    CHECK(old.twid == "timewindow3");
    CHECK_FALSE(old.flow.http_browser);
}

TEST_CASE("new_service, legacy") {
    const auto message = decoded<slips::NewService>(
        R"({"uid": "C1", "saddr": "10.0.0.1", "port_num": 8088, "port_proto": "tcp", "service": ["HTTP"], )" + where +
        R"(, "ts": 5.5})");
    check_legacy(message);
    CHECK(message.flow.saddr == "10.0.0.1");
    CHECK(message.flow.port == 8088);
    CHECK(message.flow.proto == "tcp");
    CHECK(message.flow.names == Texts{"HTTP"});
}

TEST_CASE("new_letters: with the flow in current, without in legacy") {
    const std::string letters =
        R"("new_symbol": "88h,y,", )" + where + R"(, "tupleid": "10.0.0.2-22-tcp", "uid": "C1")";
    for (const std::string& keys :
         {std::string(R"("dur": "2.5", "sport": "55898", "endtime": false, "appproto": false, )"),
          std::string(R"("dur": 2.5, "sport": 55898, "history": "Dd", )")}) {
        const auto message = decoded<slips::NewLetters>("{" + letters + R"(, "flow": )" + flow("argus", keys) +
                                                        R"(, "version": "1.1.21"})");
        check_common(message, "argus", false);
        CHECK(message.new_symbol == "88h,y,");
        CHECK(message.tupleid == "10.0.0.2-22-tcp");
        CHECK(message.flow.dur == 2.5);
        CHECK(message.flow.sport == 55898);
    }
    const auto old = decoded<slips::NewLetters>("{" + letters + R"(, "stime": 5.5})");
    CHECK(old.new_symbol == "88h,y,");
    CHECK(old.tupleid == "10.0.0.2-22-tcp");
    CHECK(old.flow.uid == "C1");
    CHECK(old.flow.saddr.empty());
    CHECK(slips::Context(old).timestamp.seconds() == 5.5);
}

TEST_CASE_TEMPLATE("a flow requires only its profile and time window", M, slips::NewDns, slips::NewHttp, slips::NewUrl,
                   slips::NewSsl, slips::NewSsh, slips::NewSmtp, slips::NewDownloadedFile, slips::NewLogin,
                   slips::NewDhcp, slips::NewArp, slips::NewNotice, slips::NewWeird, slips::NewTunnel) {
    M message =
        decoded<M>(current(flow("x", R"("sport": 1, "proto": "tcp", "md5": "5", "host": "h", "uids": ["C1"], )")));
    wire::DecodeError error;
    REQUIRE(wire::decode(current("{}"), message, error));  // nothing of the previous message is left
    CHECK(message.flow.saddr.empty());
    CHECK(message.flow.type.empty());
    CHECK_FALSE(message.flow.starttime);
    if constexpr (requires { message.flow.sport; }) CHECK_FALSE(message.flow.sport);
    if constexpr (requires { message.flow.uids; }) CHECK(message.flow.uids.empty());
    CHECK(slips::Context(message).uids.empty());
    const auto nothing =
        decoded<M>(current(R"({"saddr": null, "sport": false, "uid": null, "starttime": null, "new": {"x": [1]}})"));
    CHECK(nothing.flow.saddr.empty());
    CHECK(nothing.json()["flow"]["new"]["x"][0] == 1);

    CHECK(fault<M>(R"({"flow": {}, "twid": "timewindow1"})") == "profileid is missing, expected text");
    CHECK(fault<M>(R"({"flow": {}, "profileid": "profile_10.0.0.1"})") == "twid is missing, expected text");
    CHECK(fault<M>("{" + where + "}") == "flow is missing, expected an object");
    CHECK(fault<M>("{" + where + R"(, "flow": "x"})") == "flow: not JSON");
    CHECK(fault<M>("x") == "not JSON");
}

TEST_CASE("a count beyond 64 bits is the largest number, and the flow is decoded") {
    // Zeek's counts have no sign, Python's integers no limit.
    struct Case {
        const char* written;
        std::int64_t read;
    };
    for (const Case& the :
         {Case{"0", 0}, Case{"-1", -1}, Case{"9223372036854775807", INT64_MAX}, Case{"9223372036854775808", INT64_MAX},
          Case{"18446744073709551615", INT64_MAX}, Case{"18446744073709551616", INT64_MAX}, Case{"1e300", INT64_MAX},
          Case{"1000000000000000000000000000000", INT64_MAX}, Case{"-9223372036854775809", INT64_MIN},
          Case{"-1e300", INT64_MIN}}) {
        const std::string count = the.written;
        const std::int64_t read = the.read;
        CAPTURE(count);
        const auto connection = decoded<slips::NewFlow>(current(flow(
            "conn", R"("proto": "tcp", "spkts": )" + count + R"(, "dpkts": ")" + count + R"(", "sbytes": )" + count +
                        R"(, "dbytes": )" + count + R"(, "pkts": )" + count + R"(, "bytes": )" + count + ", ")));
        CHECK(connection.flow.spkts == read);
        CHECK(connection.flow.dpkts == read);
        CHECK(connection.flow.sbytes == read);
        CHECK(connection.flow.dbytes == read);
        CHECK(connection.flow.pkts == read);
        CHECK(connection.flow.bytes == read);
        CHECK(connection.flow.daddr == "10.0.0.2");
        const auto request = decoded<slips::NewHttp>(
            current(flow("http", R"("request_body_len": )" + count + R"(, "response_body_len": )" + count + ", ")));
        CHECK(request.flow.request_body_len == read);
        CHECK(request.flow.response_body_len == read);
    }
}
