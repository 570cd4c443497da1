#include "slips/evidence.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

using slips::Direction;
using slips::EvidenceType;
using slips::Generation;
using slips::IocType;

namespace {

constexpr Generation both[] = {Generation::current, Generation::legacy};
constexpr EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};

slips::Context flow_context() {
    return {.profileid = "profile_192.168.1.12",
            .twid = "timewindow1",
            .uids = {"CeP9Xo1RxLFO6p9WQ4"},
            .timestamp = 1654181517.25,
            .interface = "eth0",
            .saddr = "192.168.1.12",
            .daddr = "192.168.1.18"};
}

/// The tutorial's evidence.
slips::Evidence local_connection() {
    return {.type = local_device,
            .unless_registered = EvidenceType::connection_to_private_ip,
            .description = "Detected a connection to a local device 192.168.1.18",
            .attacker = "192.168.1.12",
            .victim = "192.168.1.18",
            .threat_level = slips::ThreatLevel::high,
            .confidence = 0.8,
            .category = "Anomaly.Connection"};
}

using Change = std::function<void(slips::Evidence&, slips::Context&)>;

/// Returns the field that is refused after a change to completed evidence; "" if none is.
std::string refused(const Change& change, Generation generation) {
    slips::UuidSource ids(1);
    slips::Context context = flow_context();
    slips::Evidence evidence = slips::complete(local_connection(), context, ids);
    change(evidence, context);
    const auto refusal = slips::validate(evidence, context, generation);
    if (!refusal) return "";
    CAPTURE(refusal->text());
    CHECK_FALSE(refusal->reason.empty());
    CHECK(refusal->text() == refusal->field + ": " + refusal->reason);
    for (std::size_t at = 0; at < refusal->text().size(); ++at) {
        CHECK(slips::detail::control_at(refusal->text(), at) == 0);
    }
    CHECK(refusal->text().size() < 400);
    return refusal->field;
}

struct Case {
    std::string_view what;
    std::string_view current;  ///< the refused field, "" if it is accepted
    std::string_view legacy;
    Change change;
};

Change description(std::string text) {
    return [text](slips::Evidence& e, slips::Context&) { e.description = text; };
}

Change attacker(std::string text, IocType type, Direction direction = Direction::src) {
    return [text, type, direction](slips::Evidence& e, slips::Context&) { e.attacker = {text, direction, type}; };
}

Change type(EvidenceType name, std::string text = "seen at 192.168.1.18") {
    return [name, text](slips::Evidence& e, slips::Context&) {
        e.type = name;
        e.description = text;
    };
}

const EvidenceType download = EvidenceType::malicious_downloaded_file;
const EvidenceType command = EvidenceType::command_and_control_channel;
const std::string uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

}  // namespace

// A change and its result. `E` is the evidence, `C` the context.
#define CHANGE(...)                                                                                                    \
    [](slips::Evidence& E, slips::Context& C) {                                                                        \
        (void)E;                                                                                                       \
        (void)C;                                                                                                       \
        __VA_ARGS__;                                                                                                   \
    }

TEST_CASE("validate() names the field that would harm Slips") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::string id = uuid;
    // clang-format off
    const Case cases[] = {
        {"the tutorial's evidence is taken", "", "", CHANGE()},
        // type
        {"no type", "type", "type", CHANGE(E.type = {})},
        {"a type without a name in 0.9", "", "type", CHANGE(E.type.legacy = {})},
        {"a type without a name in 1.x", "type", "", CHANGE(E.type.current = {})},
        {"a blank in a name", "type", "type", CHANGE(E.type.current = "ARP SCAN")},
        {"small letters", "type", "type", CHANGE(E.type.current = "arp_scan")},
        {"a digit first", "type", "type", CHANGE(E.type.current = "4CHAN")},
        {"an underscore first", "type", "type", CHANGE(E.type.current = "_ARP")},
        {"a blank in the legacy name", "type", "type", CHANGE(E.type.legacy = "ARP scan")},
        {"a comma in the legacy name", "type", "type", CHANGE(E.type.legacy = "ARP,scan")},
        {"hyphens in the legacy name", "", "", CHANGE(E.type.legacy = "DNS-ARPA_Scan2")},
        {"the other type misspelt", "unless_registered", "", CHANGE(E.unless_registered.current = "ARP scan")},
        {"no other type", "", "", CHANGE(E.unless_registered = {})},
        // description
        {"no description", "description", "description", description("")},
        {"a blank one", "description", "description", description("   ")},
        {"a line break", "description", "description", description("one\ntwo")},
        {"a carriage return", "description", "description", description("one\rtwo")},
        {"a tab", "description", "description", description("one\ttwo")},
        {"a NUL", "description", "description", description(std::string("one\0two", 7))},
        {"an escape sequence", "description", "description", description("\x1b[31mred")},
        {"DEL", "description", "description", description("one\x7f")},
        {"a Unicode next line", "description", "description", description("one\xc2\x85two")},
        {"a Unicode line separator", "description", "description", description("one\xe2\x80\xa8two")},
        {"a Unicode paragraph separator", "description", "description", description("one\xe2\x80\xa9two")},
        {"other Unicode", "", "", description("spojení na 192.168.1.18 – ☠ 💀")},
        {"invalid UTF-8", "", "", description("peer \xff\xc2 192.168.1.18 \xe2\x80")},
        {"a backslash", "", "", description("C:\\x")},
        {"a double quote", "", "description", description("host \"a\"")},
        {"an apostrophe", "", "description", description("the host's")},
        {"a no-break blank", "", "description", description("one\xc2\xa0two")},
        {"a soft hyphen", "", "description", description("one\xc2\xadtwo")},
        {"a character that not every Python prints", "", "description", description("one\xf3\xa0\x80\x81two")},
        {"what ends the output process of Slips 0.9", "", "description", description("asked for stop_process.example.org")},
        {"what Slips 0.9.6 logs only", "", "description", description("log-only.example.org")},
        {"what hides the alert in slips.log", "description", "", description("analyzed IPs")},
        {"what moves a progress bar", "", "description", description("update progress bar")},
        {"a description that is too long for complete()", "description", "description", description(std::string(16'385, 'x'))},
        // attacker and victim
        {"no attacker", "attacker", "attacker", CHANGE(E.attacker = {})},
        {"an attacker without a direction", "attacker.direction", "attacker.direction",
         CHANGE(E.attacker.direction = {})},
        {"an attacker without a type", "attacker.type", "attacker.type", CHANGE(E.attacker.type = {})},
        {"a direction that is none", "attacker.direction", "attacker.direction",
         CHANGE(E.attacker.direction = Direction(7))},
        {"a type that is none", "attacker.type", "attacker.type", CHANGE(E.attacker.type = IocType(7))},
        {"an address that is none", "attacker", "attacker", attacker("192.168.1", IocType::ip)},
        {"an address with a prefix", "attacker", "attacker", attacker("192.168.1.0/24", IocType::ip)},
        {"an IPv6 attacker", "", "", attacker("fe80::1", IocType::ip)},
        {"an IPv6 attacker with a scope", "", "attacker", attacker("fe80::1%eth0", IocType::ip)},
        {"one with another scope", "attacker", "attacker", attacker("fe80::1%br-lan", IocType::ip)},
        {"a victim with a scope", "victim", "victim", CHANGE(E.victim = {"fe80::1%br-lan", Direction::dst, IocType::ip})},
        {"a domain", "", "", attacker("example.com", IocType::domain)},
        {"a URL", "attacker.type", "", attacker("http://example.com/a", IocType::url)},
        {"a victim that is a URL", "victim.type", "", CHANGE(E.victim = {"http://a/b", Direction::dst, IocType::url})},
        {"a domain with a line break", "attacker", "attacker", attacker("example\n.com", IocType::domain)},
        {"a domain with a quote", "", "attacker", attacker("exam\"ple.com", IocType::domain)},
        {"a domain that ends the output process", "", "attacker", attacker("stop_process.example.org", IocType::domain)},
        {"a victim that does", "", "victim", CHANGE(E.victim = {"stop_process", Direction::dst, IocType::domain})},
        {"a URL of 20 KB", "attacker.type", "attacker", attacker("http://a/" + std::string(20'000, 'b'), IocType::url)},
        {"a port", "attacker.type", "", attacker("443", IocType::port, Direction::dst)},
        {"a port that is none", "attacker.type", "attacker", attacker("65536", IocType::port)},
        {"a port in letters", "attacker.type", "attacker", attacker("https", IocType::port)},
        {"an MD5", "attacker.type", "", attacker("44d88612fea8a8f36de82e1278abb02f", IocType::md5)},
        {"no victim", "", "", CHANGE(E.victim = {})},
        {"a victim without a direction", "victim.direction", "victim.direction", CHANGE(E.victim.direction = {})},
        {"a victim without a type", "victim.type", "victim.type", CHANGE(E.victim.type = {})},
        {"a victim that is no address", "victim", "victim", CHANGE(E.victim.value = "me")},
        {"a victim that is an MD5", "victim.type", "",
         CHANGE(E.victim = {"44d88612fea8a8f36de82e1278abb02f", Direction::dst, IocType::md5})},
        {"a victim whose MD5 is an address", "victim", "victim", CHANGE(E.victim.type = IocType::md5)},
        {"an MD5 of 31 digits", "attacker", "attacker", attacker("44d88612fea8a8f36de82e1278abb02", IocType::md5)},
        {"a domain with a blank", "attacker", "attacker", attacker("not an ip", IocType::domain)},
        {"a domain that looks like an address", "attacker", "attacker", attacker("999.1.1.1", IocType::domain)},
        {"a domain with a number at its end", "attacker", "attacker", attacker("example.7.", IocType::domain)},
        {"a domain with a number in it", "", "", attacker("7.example.7x", IocType::domain)},
        {"a domain with a dot at its end", "", "", attacker("example.com.", IocType::domain)},
        {"a name without a dot", "", "", attacker("fileserver", IocType::domain)},
        {"a name of mDNS", "", "", attacker("F00@Foo,Bar._raop._tcp.local", IocType::domain)},
        {"a name in other letters", "", "", attacker("b\xc3\xbc" "cher.example", IocType::domain)},
        {"an address and a port", "attacker", "attacker", attacker("10.0.0.1:80", IocType::domain)},
        {"a name from a query", "", "", attacker("example.org:80", IocType::domain)},
        {"an address in brackets", "attacker", "attacker", attacker("[::1]", IocType::domain)},
        {"another one", "", "", attacker("<[2j.example.org", IocType::domain)},
        {"a hyphen", "attacker", "attacker", attacker("-", IocType::domain)},
        {"a question mark", "attacker", "attacker", attacker("?", IocType::domain)},
        {"a path", "attacker", "attacker", attacker("/path", IocType::domain)},
        {"a no-break blank", "attacker", "attacker", attacker("a\xc2\xa0" "b", IocType::domain)},
        {"a URL of a scheme alone", "attacker", "attacker", attacker("http://", IocType::url)},
        {"a URL without scheme and host", "attacker", "attacker", attacker("/path", IocType::url)},
        {"a URL without a scheme", "attacker.type", "attacker", attacker("example.com/a", IocType::url)},
        {"a URL without a host", "attacker", "attacker", attacker("http:///a", IocType::url)},
        {"a URL with a blank", "attacker.type", "attacker", attacker("http://example.com/a b", IocType::url)},
        // numbers and enums
        {"no threat level", "threat_level", "threat_level", CHANGE(E.threat_level = {})},
        {"a threat level that is none", "threat_level", "threat_level",
         CHANGE(E.threat_level = slips::ThreatLevel(5))},
        {"no confidence", "confidence", "confidence", CHANGE(E.confidence = {})},
        {"confidence 0", "", "", CHANGE(E.confidence = 0.0)},
        {"confidence 1", "", "", CHANGE(E.confidence = 1.0)},
        {"confidence below", "confidence", "confidence", CHANGE(E.confidence = -0.1)},
        {"confidence above", "confidence", "confidence", CHANGE(E.confidence = 1.1)},
        {"confidence NaN", "confidence", "confidence",
         [nan](slips::Evidence& e, slips::Context&) { e.confidence = nan; }},
        {"a protocol that is none", "proto", "proto", CHANGE(E.proto = slips::Proto(3))},
        {"a method that is none", "method", "method", CHANGE(E.method = slips::Method(16))},
        {"ports", "", "", CHANGE(E.src_port = 0; E.dst_port = 65535)},
        {"a negative port", "src_port", "src_port", CHANGE(E.src_port = -1)},
        {"a large port", "dst_port", "dst_port", CHANGE(E.dst_port = 65536)},
        // other texts
        {"no category", "category", "category", CHANGE(E.category = "")},
        {"a category of two lines", "category", "category", CHANGE(E.category = "Anomaly\nRecon")},
        {"a quote in the category", "", "category", CHANGE(E.category = "Recon'")},
        {"no interface", "interface", "interface", CHANGE(E.interface = "")},
        {"a control character in the interface", "interface", "interface", CHANGE(E.interface = "eth\x01")},
        {"a tag", "", "", CHANGE(E.source_target_tag = "Botnet")},
        {"a category that ends the output process", "", "category", CHANGE(E.category = "stop_process")},
        {"an interface that does", "", "interface", CHANGE(E.interface = "stop_process")},
        {"a tag that does", "", "source_target_tag", CHANGE(E.source_target_tag = "stop_process")},
        {"a type that does", "", "type", CHANGE(E.type.legacy = "stop_process")},
        {"a quote in the tag", "", "source_target_tag", CHANGE(E.source_target_tag = "Bot\"net")},
        {"any uids", "", "", CHANGE(E.uids = {"", "x y", "\n"})},
        {"a uid that ends the output process", "", "uids", CHANGE(E.uids = {"C1", "stop_process"})},
        {"no uids", "", "", CHANGE(E.uids.clear())},
        // ids
        {"no id", "id", "id", CHANGE(E.id = "")},
        {"a uuid1", "id", "id", CHANGE(E.id = "0f8fad5b-d9cb-169f-a165-70867728950e")},
        {"a uuid without hyphens", "id", "id", CHANGE(E.id = "0f8fad5bd9cb469fa16570867728950e")},
        {"related ids", "", "", [id](slips::Evidence& e, slips::Context&) { e.related_ids = {id, id}; }},
        {"a related id that is none", "related_ids", "related_ids",
         [id](slips::Evidence& e, slips::Context&) { e.related_ids = {id, "1"}; }},
        // where and when
        {"no profile", "profileid", "profileid", CHANGE(C.profileid = "")},
        {"an address for a profile", "profileid", "profileid", CHANGE(C.profileid = "192.168.1.12")},
        {"a profile of no address", "profileid", "profileid", CHANGE(C.profileid = "profile_192.168.1")},
        {"an IPv6 profile", "", "", CHANGE(C.profileid = "profile_fe80::1")},
        {"one that ends in ::", "", "", CHANGE(C.profileid = "profile_2001:db8::")},
        {"one with a scope", "", "profileid", CHANGE(C.profileid = "profile_fe80::1%eth0")},
        {"one with another scope", "profileid", "profileid", CHANGE(C.profileid = "profile_fe80::1%br-lan")},
        {"one with an IPv4 in it", "profileid", "", CHANGE(C.profileid = "profile_1:2:3:4:5:6:1.2.3.4")},
        {"one with a NAT64 address", "", "profileid", CHANGE(C.profileid = "profile_64:ff9b::1.2.3.4")},
        {"no time window", "twid", "twid", CHANGE(C.twid = "")},
        {"a time window without a number", "twid", "twid", CHANGE(C.twid = "timewindow")},
        {"a bare number", "twid", "twid", CHANGE(C.twid = "1")},
        {"time window 0", "", "", CHANGE(C.twid = "timewindow0")},
        {"time window 462542", "", "", CHANGE(C.twid = "timewindow462542")},
        {"a negative time window", "", "", CHANGE(C.twid = "timewindow-3")},
        {"the farthest time windows", "", "", CHANGE(C.twid = "timewindow-10000000")},
        {"one that is farther", "twid", "twid", CHANGE(C.twid = "timewindow10000001")},
        {"one that is farther back", "twid", "twid", CHANGE(C.twid = "timewindow-10000001")},
        {"a time window in fractions", "twid", "twid", CHANGE(C.twid = "timewindow1.0")},
        {"a time window JSON cannot write", "twid", "twid", CHANGE(C.twid = "timewindow01")},
        {"a time window of 40 digits", "twid", "twid", CHANGE(C.twid = "timewindow" + std::string(40, '1'))},
        {"no time", "timestamp", "timestamp", CHANGE(E.timestamp = {})},
        {"the second day of all", "timestamp", "timestamp", CHANGE(E.timestamp = "0001-01-02 12:00:00+0000")},
        {"the fourth", "", "", CHANGE(E.timestamp = "0001-01-04 12:00:00+0000")},
        {"the last day but one", "timestamp", "timestamp", CHANGE(E.timestamp = "9999-12-30 12:00:00+0000")},
        {"the last but three", "", "", CHANGE(E.timestamp = "9999-12-28 12:00:00+0000")},
        {"milliseconds", "timestamp", "timestamp", CHANGE(E.timestamp = 1654181517250.0)},
        {"NaN for a time", "timestamp", "timestamp",
         [nan](slips::Evidence& e, slips::Context&) { e.timestamp = nan; }},
        {"a date alone", "timestamp", "timestamp", CHANGE(E.timestamp = "2022-06-02")},
        {"a fraction without a zone after T", "timestamp", "timestamp",
         CHANGE(E.timestamp = "2022-06-02T16:51:57.1")},
        {"an epoch as text", "", "", CHANGE(E.timestamp = "1654181517.25")},
        {"ISO 8601", "", "", CHANGE(E.timestamp = "2022-06-02T16:51:57+0200")},
        {"the tutorial's own time, which the encoders turn into a number", "", "",
         CHANGE(E.timestamp = "2022/06/02-16:51:57")},
        {"the epoch itself, which is false to Python", "", "", CHANGE(E.timestamp = 0.0)},
        {"the epoch as text", "", "", CHANGE(E.timestamp = "0")},
        // descriptions that Slips 0.9 parses
        {"a download without its size", "", "description", type(download)},
        {"a download with a size in letters", "", "description", type(download, "file size: many from 1.2.3.4")},
        {"a download with its size", "", "", type(download, "malicious file, size: 1234 from 192.168.1.18")},
        {"a download with a size that Python does not read", "", "description",
         type(download, "size: " + std::string(4400, '1') + " from 192.168.1.18")},
        {"a C&C channel with a peer that Slips does not know", "", "description",
         type(command, "C&C, destination IP: 64:ff9b::1.2.3.4 port 80")},
        {"a C&C channel without its peer", "", "description", type(command)},
        {"a C&C channel with a peer that is none", "", "description",
         type(command, "C&C, destination IP: 1.2.3 port 80")},
        {"a C&C channel with its peer", "", "", type(command, "C&C channel, destination IP: 1.2.3.4 port: 80")},
        {"a scope id where a tag is wanted", "", "attacker",
         CHANGE(E.attacker = {"fe80::1%eth0", Direction::dst, IocType::ip}; E.source_target_tag = "Botnet")},
        {"a scope id where a host name is wanted", "", "attacker",
         CHANGE(E.attacker = {"fe80::1%eth0", Direction::dst, IocType::ip}; E.description = "seen SNI: example.com")},
    };
    // clang-format on
    for (const auto& c : cases) {
        CAPTURE(c.what);
        CHECK(refused(c.change, Generation::current) == c.current);
        CHECK(refused(c.change, Generation::legacy) == c.legacy);
    }
}

TEST_CASE("a refusal is one line that names the remedy") {
    slips::Evidence evidence = local_connection();
    evidence.attacker = slips::Ioc("evil\n" + std::string(1000, 'x'), Direction::src, IocType::ip);
    slips::UuidSource ids(1);
    const auto refusal =
        slips::validate(slips::complete(evidence, flow_context(), ids), flow_context(), Generation::current);
    REQUIRE(refusal);
    CHECK(refusal->text() ==
          "attacker: 'evil\\x0a" + std::string(55, 'x') + "...' is not an IP address; give one, or another type");
    CHECK(slips::detail::shown(std::string(59, 'x') + "\xc3\xa9") == "'" + std::string(59, 'x') + "...'");
}

TEST_CASE("an absent field is reported as absent, with the remedy") {
    slips::UuidSource ids(1);
    slips::Evidence evidence = local_connection();
    auto context = flow_context();
    const auto refusal = [&] {
        const auto found = slips::validate(slips::complete(evidence, context, ids), context, Generation::current);
        return found ? found->text() : std::string();
    };
    evidence.attacker = slips::Ioc("", Direction::src, IocType::ip);
    CHECK(refusal() == "attacker: is not set; it must be an address, a domain or a URL");
    evidence.attacker = slips::Ioc("192.168.1.12", Direction::src, IocType::ip);
    context.profileid.clear();
    CHECK(refusal() == "profileid: is absent; set evidence with a message, or fill in the Context");
    context.profileid = "profile_";
    CHECK(refusal() == "profileid: names no address, as the log of the flow has none; set evidence about another flow");
    context = flow_context();
    context.twid.clear();
    CHECK(refusal() == "twid: is absent; set evidence with a message, or fill in the Context");
}

TEST_CASE("complete() and validate() agree on evidence without a time: it gets that of the clock") {
    auto context = flow_context();
    context.timestamp = {};
    const auto completed = slips::complete(local_connection(), context);
    CHECK(completed.timestamp.seconds().value_or(0) > 1.6e9);
    for (const auto generation : both) CHECK_FALSE(slips::validate(completed, context, generation).has_value());
}

TEST_CASE("complete() fills unset fields from the context") {
    slips::UuidSource ids(1);
    const auto e = slips::complete(local_connection(), flow_context(), ids);
    CHECK(e.uids == flow_context().uids);
    CHECK(e.timestamp == flow_context().timestamp);
    CHECK(e.interface == "eth0");
    CHECK(e.attacker == slips::Ioc("192.168.1.12", Direction::src, IocType::ip));
    CHECK(e.victim == slips::Ioc("192.168.1.18", Direction::dst, IocType::ip));
    CHECK(slips::is_uuid4(e.id));
    CHECK(e.description == local_connection().description);
    for (const auto generation : both) {
        CHECK_FALSE(slips::validate(e, flow_context(), generation).has_value());
    }

    CHECK(slips::complete(local_connection(), flow_context()).id !=
          slips::complete(local_connection(), flow_context()).id);

    auto context = flow_context();
    context.interface.clear();
    CHECK(slips::complete(local_connection(), context, ids).interface == "default");
}

TEST_CASE("complete() keeps fields that the author set") {
    slips::UuidSource ids(1);
    auto mine = local_connection();
    mine.uids = {"a", "b"};
    mine.timestamp = "2022/06/02 16:51:57";
    mine.interface = "wlan0";
    mine.id = uuid;
    mine.attacker = {"192.168.1.12", Direction::dst, IocType::domain};
    mine.victim = {"192.168.1.18", Direction::src, IocType::url};
    CHECK(slips::complete(mine, flow_context(), ids) == mine);
}

TEST_CASE("directions are inferred") {
    slips::UuidSource ids(1);
    const auto directions = [&](slips::Ioc attacker, slips::Ioc victim, slips::Context context = flow_context()) {
        auto e = local_connection();
        e.attacker = std::move(attacker);
        e.victim = std::move(victim);
        e = slips::complete(e, context, ids);
        return std::string(slips::to_string(e.attacker.direction.value())) + "/" +
               (e.victim.direction ? std::string(slips::to_string(*e.victim.direction)) : "-");
    };
    CHECK(directions("192.168.1.12", "192.168.1.18") == "SRC/DST");
    CHECK(directions("192.168.1.18", "192.168.1.12") == "DST/SRC");
    CHECK(directions("192.168.1.18", {}) == "DST/-");
    CHECK(directions("example.com", {}) == "SRC/-");
    // neither end of the flow: the opposite of the attacker
    CHECK(directions("192.168.1.12", "example.com") == "SRC/DST");
    CHECK(directions("192.168.1.18", "example.com") == "DST/SRC");
    CHECK(directions({"example.com", Direction::dst}, "other.com") == "DST/SRC");
    // the flow's end takes precedence
    CHECK(directions({"example.com", Direction::dst}, "192.168.1.18") == "DST/DST");
    CHECK(directions("192.168.1.12", {"192.168.1.18", Direction::src}) == "SRC/SRC");
    // an address in another notation
    auto context = flow_context();
    context.daddr = "fe80::1";
    CHECK(directions("FE80:0::1", {}, context) == "DST/-");
    context.daddr.clear();
    CHECK(directions("192.168.1.18", {}, context) == "SRC/-");
}

TEST_CASE("types are inferred") {
    CHECK(slips::infer_ioc_type("192.168.1.12") == IocType::ip);
    CHECK(slips::infer_ioc_type("fe80::1%eth0") == IocType::ip);
    CHECK(slips::infer_ioc_type("http://192.168.1.12/") == IocType::url);
    CHECK(slips::infer_ioc_type("ftp://example.com") == IocType::url);
    CHECK(slips::infer_ioc_type("example.com/path") == IocType::url);
    CHECK(slips::infer_ioc_type("example.com") == IocType::domain);
    CHECK(slips::infer_ioc_type("192.168.1") == IocType::domain);
    CHECK(slips::infer_ioc_type("44d88612fea8a8f36de82e1278abb02f") == IocType::md5);
    CHECK(slips::infer_ioc_type("44d88612fea8a8f36de82e1278abb02g") == IocType::domain);
    CHECK(slips::infer_ioc_type("12345678901234567890123456789012") == IocType::md5);
    CHECK(slips::infer_ioc_type("443") == IocType::port);
    CHECK(slips::infer_ioc_type("") == IocType::domain);

    CHECK(slips::legacy_type_detection(IocType::ip, Direction::src) == "srcip");
    CHECK(slips::legacy_type_detection(IocType::ip, Direction::dst) == "dstip");
    CHECK(slips::legacy_type_detection(IocType::domain, Direction::dst) == "dstdomain");
    CHECK(slips::legacy_type_detection(IocType::url, Direction::src) == "srcdomain");
    CHECK(slips::legacy_type_detection(IocType::port, Direction::dst) == "dport");
    CHECK(slips::legacy_type_detection(IocType::md5, Direction::src) == "file");
}

TEST_CASE("a confidence above 1 becomes 1, as in Slips") {
    slips::UuidSource ids(1);
    const auto confidence = [&](double value) {
        auto e = local_connection();
        e.confidence = value;
        return slips::complete(e, flow_context(), ids).confidence.value();
    };
    CHECK(confidence(1.5) == 1.0);
    CHECK(confidence(std::numeric_limits<double>::infinity()) == 1.0);
    CHECK(confidence(0.3) == 0.3);
    CHECK(confidence(-1.0) == -1.0);
}

TEST_CASE("the 65 evidence types of Slips 1.1.21 are known") {
    static_assert(slips::is_known_evidence_type("ARP_SCAN"));
    static_assert(slips::is_known_evidence_type(EvidenceType::tor_exit_node.current));
    static_assert(!slips::is_known_evidence_type("CONNECTION_TO_LOCAL_DEVICE"));
    static_assert(!slips::is_known_evidence_type("arp_scan"));
    static_assert(!slips::is_known_evidence_type(""));
    CHECK(EvidenceType::horizontal_port_scan == EvidenceType{"HORIZONTAL_PORT_SCAN", "PortScanType2"});
    CHECK(EvidenceType::connection_to_private_ip.legacy == "ConnectionToPrivateIP");

    std::set<std::string_view> names;
    for (const auto& [name, legacy] : slips::detail::known_evidence_types) {
        CHECK(slips::detail::is_name(name, true));
        names.insert(name);
    }
    CHECK(names.size() == 65);
    for (const auto& known : {EvidenceType::password_guessing, EvidenceType::icmp_address_scan, EvidenceType::login}) {
        CHECK(slips::detail::is_name(known.legacy, false));
    }
}

TEST_CASE("a module's types are a compile-time constant") {
    static constexpr slips::EvidenceTypes none;
    static_assert(none.empty());
    static constexpr slips::EvidenceTypes two = {local_device, EvidenceType::arp_scan};
    static_assert(two.size() == 2);
    static_assert(two.begin()[1] == EvidenceType::arp_scan);
    static_assert(two.contains(local_device));
    static_assert(!two.contains(EvidenceType::login));
    static constexpr slips::EvidenceTypes one = {{"A", "B"}};
    static_assert(one.size() == 1);
    std::size_t count = 0;
    for (const auto& known : two) count += known.empty() ? 0 : 1;
    CHECK(count == 2);
}

TEST_CASE("enum values have the names that Slips uses") {
    using slips::Method;
    using slips::Proto;
    using slips::ThreatLevel;
    CHECK(slips::to_string(ThreatLevel::high) == "HIGH");
    CHECK(slips::to_lower_string(ThreatLevel::critical) == "critical");
    CHECK(slips::to_string(ThreatLevel(5)).empty());
    CHECK(slips::to_string(Direction::src) == "SRC");
    CHECK(slips::to_string(Direction::dst) == "DST");
    CHECK(slips::to_string(IocType::ip) == "IP");
    CHECK(slips::to_string(IocType::md5) == "MD5");
    CHECK(slips::to_string(Proto::icmp) == "ICMP");
    CHECK(slips::to_lower_string(Proto::udp) == "udp");
    CHECK(slips::to_string(Method::biometric) == "BIOMETRIC");
    CHECK(slips::to_string(Method::ai) == "AI");
    CHECK(slips::to_string(Method::heuristic) == "HEURISTIC");
    CHECK(slips::to_string(Method::threshold) == "THRESHOLD");

    const std::pair<ThreatLevel, double> values[] = {{ThreatLevel::info, 0},
                                                     {ThreatLevel::low, 0.2},
                                                     {ThreatLevel::medium, 0.5},
                                                     {ThreatLevel::high, 0.8},
                                                     {ThreatLevel::critical, 1}};
    for (const auto& [level, value] : values) {
        CHECK(slips::threat_level_value(level) == value);
        CHECK(slips::parse_threat_level(slips::to_string(level)) == level);
        CHECK(slips::parse_threat_level(slips::to_lower_string(level)) == level);
    }
    CHECK(slips::parse_threat_level("High") == ThreatLevel::high);
    CHECK_FALSE(slips::parse_threat_level("").has_value());
    CHECK_FALSE(slips::parse_threat_level("highest").has_value());
    CHECK_FALSE(slips::parse_threat_level("0.8").has_value());

    CHECK(slips::to_string(Generation::legacy) == "legacy");
    CHECK(slips::parse_generation("current") == Generation::current);
    CHECK_FALSE(slips::parse_generation("Legacy").has_value());
}

TEST_CASE("ids are version 4 UUIDs") {
    slips::UuidSource ids;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = ids.next();
        CAPTURE(id);
        CHECK(slips::is_uuid4(id));
        seen.insert(id);
    }
    CHECK(seen.size() == 1000);
    CHECK(slips::UuidSource(7).next() == slips::UuidSource(7).next());
    CHECK(slips::UuidSource().next() != slips::UuidSource().next());

    CHECK(slips::is_uuid4(uuid));
    CHECK(slips::is_uuid4("0F8FAD5B-D9CB-469F-B165-70867728950E"));
    CHECK_FALSE(slips::is_uuid4(""));
    CHECK_FALSE(slips::is_uuid4("0f8fad5b-d9cb-469f-c165-70867728950e"));
    CHECK_FALSE(slips::is_uuid4("0f8fad5b-d9cb-469f-a165-70867728950g"));
    CHECK_FALSE(slips::is_uuid4("0f8fad5b-d9cb-469f-a165-70867728950e "));
    CHECK_FALSE(slips::is_uuid4("{0f8fad5b-d9cb-469f-a165-70867728950e}"));
    CHECK_FALSE(slips::is_uuid4("0f8fad5bd-9cb-469f-a165-70867728950e"));
}

TEST_CASE("printable() makes text from the network acceptable as a description") {
    CHECK(slips::printable("plain – text \\ 💀") == "plain – text \\ 💀");
    CHECK(slips::printable("a\r\nb\x1b[0m") == "a\\x0d\\x0ab\\x1b[0m");
    CHECK(slips::printable("say \"it's\"") == "say ”it’s”");
    CHECK(slips::printable("\xc2\x85\xe2\x80\xa8\xc2\xa0") == "\\xc2\\x85\\xe2\\x80\\xa8\\xc2\\xa0");
    CHECK(slips::printable("\xff\xc2") == "\xff\xc2");
    std::string everything;
    for (int c = 0; c < 256; ++c) everything += static_cast<char>(c);
    for (int c = 128; c < 256; ++c) everything += {'\xc2', static_cast<char>(c)};
    for (const char* point : {"\xe2\x80\x8b", "\xe2\x80\xae", "\xe2\x81\xa6", "\xef\xbb\xbf", "\xd8\x9c",
                              "\xf3\xa0\x80\x81", "\xf4\x8f\xbf\xbf"}) {
        everything += point;
        CHECK(slips::printable(point).find('\\') == 0);  // invisible, reverses the text, or not printed by Python
    }
    const std::string fit = slips::printable(everything);
    for (const auto generation : both) CHECK(refused(description(fit), generation) == "");
}

TEST_CASE("printable() breaks up words on which Slips acts, and evidence with them is refused") {
    CHECK(slips::printable("stop_process.example.org") == "stop\\x5fprocess.example.org");
    CHECK(slips::printable("Stop_process") == "Stop_process");
    CHECK(slips::printable("\xc2\x9analyzed IPs") ==
          "\\xc2\\x9analyzed\\x20IPs");  // starts with the escape's last digit
    for (const auto& acting : slips::detail::acting_words) {
        const std::string_view word = acting.word;
        CAPTURE(word);
        for (const std::string& text : {std::string(word), "a" + std::string(word) + std::string(word) + "b",
                                        std::string(word.substr(0, 4)) + std::string(word)}) {
            const std::string fit = slips::printable(text);
            for (const auto& any : slips::detail::acting_words) CHECK(fit.find(any.word) == std::string::npos);
            for (const auto generation : both) CHECK(refused(description(fit), generation) == "");
            CHECK(refused(description(text), Generation::current) ==
                  (acting.output == slips::detail::Output::direct ? "description" : ""));
            CHECK(refused(description(text), Generation::legacy) ==
                  (acting.output == slips::detail::Output::queue ? "description" : ""));
        }
    }
}

TEST_CASE("descriptions and uids that are too long are cut, so that an attacker cannot have evidence refused") {
    auto evidence = local_connection();
    evidence.description = "GET " + std::string(16'375, 'x') + "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
    evidence.uids.assign(20'000, std::string(18, 'C'));
    const auto cut = slips::complete(evidence, flow_context());
    CHECK(cut.description == "GET " + std::string(16'375, 'x') + "\xc3\xa9...");
    CHECK(cut.uids.size() == 256 * 1024 / 22);
    for (const auto generation : both) CHECK_FALSE(slips::validate(cut, flow_context(), generation).has_value());
}

TEST_CASE("addresses and URLs that Slips leaves out of alerts.json are rewritten") {
    const auto respelled = [](slips::Ioc ioc, Generation generation) {
        auto evidence = slips::complete(local_connection(), flow_context());
        for (slips::Ioc* const place : {&evidence.attacker, &evidence.victim}) {
            *place = ioc;
            place->direction = place == &evidence.attacker ? Direction::src : Direction::dst;
            place->type = slips::infer_ioc_type(ioc.value);
        }
        slips::detail::respell(evidence, slips::detail::dialect_of(generation));
        CHECK(evidence.attacker.value == evidence.victim.value);
        CHECK(evidence.attacker.type == evidence.victim.type);
        CHECK_FALSE(slips::validate(evidence, flow_context(), generation).has_value());
        return std::string(slips::to_string(*evidence.attacker.type)) + " " + evidence.attacker.value;
    };
    struct Spelling {
        const char* written;
        const char* current;
        const char* legacy;
    };
    // what each version of Slips accepts was measured with its own libraries
    const Spelling spellings[] = {
        {"192.168.1.18", "IP 192.168.1.18", "IP 192.168.1.18"},
        {"2001:DB8::1", "IP 2001:DB8::1", "IP 2001:DB8::1"},
        {"2001:db8::", "IP 2001:db8::", "IP 2001:db8:0:0:0:0:0:0"},
        {"::", "IP ::", "IP 0:0:0:0:0:0:0:0"},
        {"::2:3:4:5:6:7:8", "IP ::2:3:4:5:6:7:8", "IP 0:2:3:4:5:6:7:8"},
        {"::ffff:1.2.3.4", "IP ::ffff:1.2.3.4", "IP ::ffff:1.2.3.4"},
        {"::FFFF:1.2.3.4", "IP ::ffff:1.2.3.4", "IP ::FFFF:1.2.3.4"},
        {"::ffff:00:1.2.3.4", "IP ::ffff:00:1.2.3.4", "IP ::ffff:00:1.2.3.4"},
        {"::1:1.2.3.4", "IP ::1:102:304", "IP ::1:1.2.3.4"},
        {"::1:2:3:4:5:1.2.3.4", "IP 0:1:2:3:4:5:102:304", "IP 0:1:2:3:4:5:102:304"},
        {"64:ff9b::1.2.3.4", "IP 64:ff9b::1.2.3.4", "IP 64:ff9b::102:304"},
        {"1:2:3:4:5::1.2.3.4", "IP 1:2:3:4:5:0:102:304", "IP 1:2:3:4:5:0:102:304"},
        {"1:2:3:4:5:6:1.2.3.4", "IP 1:2:3:4:5:6:102:304", "IP 1:2:3:4:5:6:1.2.3.4"},
        {"fe80::1%eth0", "IP fe80::1%eth0", "IP fe80::1"},
        {"fe80::1%br-lan", "IP fe80::1", "IP fe80::1"},
        {"FE80::1%eth0", "IP fe80::1", "IP fe80::1"},
        {"fe80:0:0:0:1:2:3:4%en0", "IP fe80::1:2:3:4", "IP fe80::1:2:3:4"},
        {"http://user@example.com:8080/a?b", "DOMAIN example.com", "URL http://user@example.com:8080/a?b"},
        {"svn+ssh://example.com/a", "DOMAIN example.com", "URL svn+ssh://example.com/a"},
        {"example.com/path", "DOMAIN example.com", "DOMAIN example.com"},
        {"http://192.168.1.18/a", "IP 192.168.1.18", "URL http://192.168.1.18/a"},
        // the host is what comes first: an attacker must not be able to name another
        {"evil.com/?u=http://192.168.1.1/", "DOMAIN evil.com", "DOMAIN evil.com"},
        {"evil.com:8080/x?y=://8.8.8.8/", "DOMAIN evil.com", "DOMAIN evil.com"},
        {"http://1.2.3.4\\@good.com/", "IP 1.2.3.4", "URL http://1.2.3.4\\@good.com/"},
        {"http://[fe80::1%25br-lan]:80/a", "IP fe80::1", "URL http://[fe80::1%25br-lan]:80/a"},
    };
    for (const Spelling& spelling : spellings) {
        CAPTURE(spelling.written);
        CHECK(respelled(spelling.written, Generation::current) == spelling.current);
        CHECK(respelled(spelling.written, Generation::legacy) == spelling.legacy);
    }
}

TEST_CASE("attacker and victim accept every type of address") {
    const std::string text = "10.0.0.1";
    const std::string_view view = text;
    CHECK(slips::Ioc(text) == slips::Ioc(view));
    CHECK(slips::Ioc(view) == slips::Ioc("10.0.0.1"));
    CHECK(slips::Ioc(static_cast<const char*>(nullptr)).empty());
    static_assert(std::is_aggregate_v<slips::Evidence>);
    static_assert(std::is_aggregate_v<slips::Context>);
    static_assert(std::is_aggregate_v<slips::Refusal>);
}
