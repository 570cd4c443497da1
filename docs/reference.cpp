// Prints as JSON what docs/reference.py generates the reference from and what only the code knows: the tables of
// slips/impl/wire/, messages that are in no recording, and which evidence each release refuses.
//
// The tables contain no member names, because modules do not need them. This program wraps the functions that
// create the lines of a table: the wrappers store the member's name, as the compiler spells it, in Field::expected.
#include "slips/evidence.hpp"
#include "slips/flow.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/message.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the members as the compiler spells them: "…{&slips::…::Conn::sport}…".
template <auto... Members>
constexpr const char* spelt() {
    return __PRETTY_FUNCTION__;
}

/// Returns the type as the compiler spells it: "…slips::…::NewFlow…".
template <class Type>
constexpr const char* spelt_type() {
    return __PRETTY_FUNCTION__;
}

constexpr Field named(Field field, const char* members) {
    field.expected = members;
    return field;
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_optional(std::string_view key) {
    return named(optional<Member, Owner>(key), spelt<Member>());
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_required(std::string_view key) {
    return named(required<Member, Owner>(key), spelt<Member>());
}
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field named_within(std::string_view key) {
    return named(within<Outer, Inner, Owner>(key), spelt<Outer, Inner>());
}
template <auto Member, Prefix prefix, class Owner = class_of_t<Member>>
constexpr Field named_prefixed(std::string_view key) {
    return named(prefixed<Member, prefix, Owner>(key), spelt<Member>());
}
template <auto Member>
constexpr Field named_address(std::string_view key) {
    return named(address<Member>(key), spelt<Member>());
}
template <auto Member, class Owner = class_of_t<Member>>
constexpr Field named_object(std::string_view key, const Table& table, bool needed = true) {
    return named(object<Member, Owner>(key, table, needed), spelt<Member>());
}
template <auto Outer, auto Inner, class Owner = class_of_t<Outer>>
constexpr Field named_object_or_text(std::string_view key, const Table& table) {
    return named(object_or_text<Outer, Inner, Owner>(key, table), spelt<Outer>());
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire

#define optional named_optional
#define required named_required
#define within named_within
#define prefixed named_prefixed
#define address named_address
#define object named_object
#define object_or_text named_object_or_text
#include "slips/impl/wire/flow_tables.hpp"
#include "slips/impl/wire/message_tables.hpp"
#undef optional
#undef required
#undef within
#undef prefixed
#undef address
#undef object
#undef object_or_text

#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/encode.hpp"

namespace {

namespace wire = slips::wire;
using Json = nlohmann::ordered_json;

Json lines_of(const wire::Table& table) {
    Json lines = Json::array();
    for (const wire::Field& field : table.fields) {
        if (field.key.empty() && &field != table.others) continue;  // only cleared, never filled
        Json line{
            {"key", field.key}, {"needed", field.required}, {"one_of", field.one_of}, {"members", field.expected}};
        if (&field == table.others) {
            line["members"] = field.named ? "&NewZeekFieldsLine::file" : "&NewZeekFieldsLine::columns";
        } else if (field.named) {
            line["members"] = "&Lookup::key";  // stores the key
            line["needed"] = false;
            lines.push_back(line);
            line["members"] = "&Lookup::to_lookup";
            line["needed"] = true;
        }
        if (field.nested) {
            line["nested"] = lines_of(*field.nested);
            int owner = 0;
            line["part"] = field.member(&owner) == &owner;  // its keys fill members of the same struct
            if (field.nested->wrapped) line["wrapped"] = lines_of(*field.nested->wrapped);
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

template <class M>
Json described() {
    Json message{{"type", wire::spelt_type<M>()},
                 {"current", slips::channel_of<M>(slips::Generation::current)},
                 {"legacy", slips::channel_of<M>(slips::Generation::legacy)},
                 {"object", false},
                 {"text", false},
                 {"lines", Json::array()}};
    if constexpr (requires(const M* none) { wire::table_of(none); }) {
        message["object"] = true;
        message["lines"] = lines_of(wire::table_of(static_cast<const M*>(nullptr)));
    }
    if constexpr (requires(M & m) { wire::read("", m); }) message["text"] = true;
    return message;
}

template <class... M>
Json described(wire::Types<M...>) {
    return Json::array({described<M>()...});
}

/// What may be wrong with evidence.
struct Fault {
    const char* what;
    void (*apply)(slips::Evidence&, slips::Context&);
};

constexpr Fault faults[] = {
    {"no type", [](auto& e, auto&) { e.type = {}; }},
    {"a type without a name in capitals",
     [](auto& e, auto&) {
         e.type = {"", "ARPScan"};
     }},
    {"a type without a name in CamelCase",
     [](auto& e, auto&) {
         e.type = {"ARP_SCAN", ""};
     }},
    {"no description", [](auto& e, auto&) { e.description = {}; }},
    {"a line break or control character in a text", [](auto& e, auto&) { e.description += '\n'; }},
    {"a quotation mark in a text", [](auto& e, auto&) { e.description += '"'; }},
    {"stop_process in a text", [](auto& e, auto&) { e.description += "stop_process"; }},
    {"analyzed IPs in a text", [](auto& e, auto&) { e.description += "analyzed IPs"; }},
    {"Analyzed IPs in a text", [](auto& e, auto&) { e.description += "Analyzed IPs"; }},
    {"no attacker", [](auto& e, auto&) { e.attacker = {}; }},
    {"an attacker or victim that is no address and no domain", [](auto& e, auto&) { e.attacker = "999.1.1.1"; }},
    {"an address with a scope", [](auto& e, auto&) { e.attacker = "fe80::1%eth0"; }},
    {"a URL as attacker or victim", [](auto& e, auto&) { e.victim = "https://example.org/a"; }},
    {"an MD5 as attacker or victim", [](auto& e, auto&) { e.victim = std::string(32, 'a'); }},
    {"a port as attacker or victim", [](auto& e, auto&) { e.victim = "80"; }},
    {"no threat level", [](auto& e, auto&) { e.threat_level = {}; }},
    {"no confidence", [](auto& e, auto&) { e.confidence = {}; }},
    {"a negative confidence", [](auto& e, auto&) { e.confidence = -1; }},
    {"no category", [](auto& e, auto&) { e.category = {}; }},
    {"a port above 65535", [](auto& e, auto&) { e.dst_port = 65536; }},
    {"an id that is no uuid4", [](auto& e, auto&) { e.id = "1"; }},
    {"a context without a profile", [](auto&, auto& c) { c.profileid = {}; }},
    {"a context without a time window", [](auto&, auto& c) { c.twid = {}; }},
    {"a time that Slips cannot read", [](auto& e, auto&) { e.timestamp = "yesterday"; }},
};

/// Returns the fault, the releases from which on it is refused or accepted, and the reason.
Json judged(const Fault& fault) {
    slips::Context context{
        .profileid = "profile_10.0.0.1", .twid = "timewindow1", .uids = {"C1"}, .timestamp = 1700000000.5};
    slips::Evidence evidence{.type = slips::EvidenceType::arp_scan,
                             .description = "scans 10.0.0.2",
                             .attacker = "10.0.0.1",
                             .victim = "10.0.0.2",
                             .threat_level = slips::ThreatLevel::low,
                             .confidence = 0.5,
                             .category = "Recon.Scanning"};
    fault.apply(evidence, context);
    const slips::Evidence completed = slips::complete(evidence, context);
    Json result{{"what", fault.what}, {"reason", ""}, {"refused", Json::array()}};
    for (const auto& dialect : slips::detail::dialects) {
        const auto refusal = slips::detail::validate(completed, context, dialect);
        if (refusal) result["reason"] = refusal->text();
        result["refused"].push_back(Json{{"since", dialect.since}, {"refused", refusal.has_value()}});
    }
    return result;
}

/// Adds a message that is in no recording, as the test harness writes it.
template <class M>
void add_sample(Json& samples, slips::Generation generation, M message) {
    if constexpr (requires { message.flow; }) {
        if constexpr (requires { message.flow.uid; }) message.flow.uid = "CqxBRN2DzQlnBGWPR1";
        message.flow.saddr = "10.0.0.1";
        if constexpr (requires { message.flow.daddr; }) message.flow.daddr = "198.51.100.9";
        message.flow.starttime = 1700000000.5;
        message.profileid = "profile_10.0.0.1";
        message.twid = "timewindow1";
    }
    if (generation == slips::Generation::current) message.version = slips::tested_slips_version;
    samples.push_back(Json{{"channel", slips::channel_of<M>(generation)},
                           {"generation", slips::to_string(generation)},
                           {"data", wire::encode(message, generation)}});
}

Json samples() {
    using enum slips::Generation;
    Json all = Json::array();
    slips::NewSsh ssh;
    ssh.flow.client = "SSH-2.0-OpenSSH_9.2";
    ssh.flow.server = "SSH-2.0-dropbear";
    ssh.flow.auth_success = "T";
    slips::NewDownloadedFile file;
    file.flow.md5 = "d41d8cd98f00b204e9800998ecf8427e";
    file.flow.size = 4096;
    slips::NewSmtp mail;
    mail.flow.last_reply = "535 authentication failed";
    slips::NewTunnel tunnel;
    tunnel.flow.tunnel_type = "Tunnel::GRE";
    slips::NewWeird weird;
    weird.flow.name = "truncated_tcp_payload";
    slips::NewLogin login;
    login.flow.user = "root";
    slips::P2pDataRequest request;
    request.to_lookup = "198.51.100.9";
    request.profileid = "profile_10.0.0.1";
    request.twid = "timewindow1";
    slips::ControlChannel control;
    control.text = "stop_slips";
    slips::NewService service;
    service.flow.proto = "tcp";
    for (const auto generation : {current, legacy}) {
        add_sample(all, generation, ssh);
        add_sample(all, generation, file);
        add_sample(all, generation, mail);
        add_sample(all, generation, tunnel);
        add_sample(all, generation, weird);
        add_sample(all, generation, request);
        add_sample(all, generation, control);
    }
    add_sample(all, current, login);
    add_sample(all, legacy, service);
    slips::NewDomain domain;
    domain.domain = "example.org";
    add_sample(all, legacy, domain);
    return all;
}

}  // namespace

int main() {
    Json all{{"messages", described(wire::Messages())}, {"samples", samples()}, {"refusals", Json::array()}};
    for (const Fault& fault : faults) all["refusals"].push_back(judged(fault));
    std::puts(all.dump(1).c_str());
    return 0;
}
