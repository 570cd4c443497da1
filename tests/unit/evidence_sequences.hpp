// The commands that Slips sends to Redis when it sets evidence, and the SDK's phase in which each of them is sent.
//
// Each list has the commands in Slips' own order: set_evidence() and update_threat_level() in alert_handler.py, and
// add_profile() in profile_handler.py of Slips 1.1.21, setEvidence() in database.py of Slips 0.9. The letter before a
// command shows when a module sends it:
//
//   r   reading, all that is known to be needed at once
//   w   writing, in one transaction (MULTI and EXEC are the SDK's, as are the phases)
//   p   writing as well, after all w: legacy Slips publishes before it stores
//   l   later: commands that an older server may lack, or that nothing waits for
//   -   not sent: needless for a fresh uuid, or done by the same command before
//   +r… the SDK's only
//
// {id} is the evidence's id, {object} the evidence as it is stored, {published} as it is published, {window} what legacy
// stores for the whole window, {module} the module's name, {uuid} any. {now} is the time of day, {seconds} that as a number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slips_test {

/// Returns whether release `a` is older than `b`. "1.1" is 1.1.0.
inline bool before(std::string_view a, std::string_view b) {
    const auto number = [](std::string_view& text) {
        int value = 0;
        for (; !text.empty() && text[0] != '.'; text.remove_prefix(1)) value = value * 10 + (text[0] - '0');
        if (!text.empty()) text.remove_prefix(1);
        return value;
    };
    for (int i = 0; i < 3; ++i)
        if (const int left = number(a), right = number(b); left != right) return left < right;
    return false;
}

struct Sequence {
    std::string name{};
    std::string version{"1.1.21"};          ///< of Slips
    std::string scenario{};                 ///< see evidence_scenarios.hpp
    std::vector<std::string> main_holds{};  ///< commands that fill the server
    std::vector<std::string> cache_holds{};
    std::string object{};
    std::string window{};  ///< before 1.0.11
    std::vector<std::string> main{};
    std::vector<std::string> cache{};

    bool typed() const { return !before(version, "1.0.11"); }
    bool stamped() const { return !before(version, "1.1.20"); }
};

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

/// Returns the commands of a list in the SDK's order.
inline std::vector<std::string> in_phases(const std::vector<std::string>& list, const Sequence& sequence,
                                          const std::string& module) {
    std::vector<std::string> ordered;
    bool writes = false;
    for (const char phase : {'r', 'w', 'p', 'l'}) {
        for (const std::string& line : list) {
            const std::string_view marked = std::string_view(line).substr(line[0] == '+' ? 1 : 0);
            if (marked[0] != phase) continue;
            if (phase == 'w' && !std::exchange(writes, true)) ordered.emplace_back("MULTI");
            std::string published = sequence.object;
            if (sequence.stamped())
                published.replace(published.size() - 1, 1, R"(, "version": ")" + sequence.version + "\"}");
            std::string command(marked.substr(2));
            command = replaced(command, "{object}", sequence.object);
            command = replaced(command, "{published}", published);
            command = replaced(command, "{window}", sequence.window);
            ordered.push_back(replaced(command, "{module}", module));
        }
        if (phase == 'p' && writes) ordered.emplace_back("EXEC");
    }
    return ordered;
}

/// Returns what a module sends to the main database: the commands of Slips in the SDK's order, and at last the number of its
/// evidence.
inline std::vector<std::string> sent_to_main(const Sequence& sequence, const std::string& module) {
    std::vector<std::string> commands = in_phases(sequence.main, sequence, module);
    if (!commands.empty())
        commands.push_back("HSET slips_sdk_metrics " + module + R"( {"evidence": 1, "counts": {}, "gauges": {}})");
    return commands;
}

/// Replaces uuids: the evidence's id, the first, by {id}, all others except `related` by {uuid}.
inline std::vector<std::string> without_uuids(std::vector<std::string> commands) {
    constexpr std::string_view related = "22222222-2222-4222-8222-222222222222";
    constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    const auto is_uuid = [&](std::string_view text) {
        if (text.size() < form.size()) return false;
        for (std::size_t i = 0; i < form.size(); ++i) {
            const char c = text[i];
            const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            if (form[i] == 'x' ? !hex : c != form[i]) return false;
        }
        return true;
    };
    std::string id;
    for (std::string& command : commands) {
        for (std::size_t at = 0; at < command.size(); ++at) {
            if (!is_uuid(std::string_view(command).substr(at))) continue;
            const std::string uuid = command.substr(at, form.size());
            if (uuid == related) continue;
            if (id.empty()) id = uuid;
            command.replace(at, uuid.size(), uuid == id ? "{id}" : "{uuid}");
        }
    }
    return commands;
}

/// Replaces the time in past_threat_levels by {now} or {now with a zone}, the last of threat_levels_update_time by {seconds}.
inline std::vector<std::string> without_times(std::vector<std::string> commands) {
    const auto has_form = [](std::string_view text, std::string_view form) {
        if (text.size() < form.size()) return false;
        for (std::size_t i = 0; i < form.size(); ++i)
            if (form[i] == '0'   ? text[i] < '0' || text[i] > '9'
                : form[i] == '+' ? text[i] != '+' && text[i] != '-'
                                 : text[i] != form[i])
                return false;
        return true;
    };
    constexpr std::string_view plain = "0000/00/00 00:00:00.000000\"", zoned = "0000/00/00 00:00:00.000000+0000\"";
    for (std::string& command : commands) {
        for (std::size_t at = 0; at < command.size(); ++at) {
            const std::string_view rest = std::string_view(command).substr(at);
            if (has_form(rest, plain)) command.replace(at, plain.size(), "{now}\"");
            else if (has_form(rest, zoned)) command.replace(at, zoned.size(), "{now with a zone}\"");
        }
        if (const auto at = command.find("threat_levels_update_time ["); at != std::string::npos) {
            const std::size_t last = command.find_last_of(" [") + 1;
            command.replace(last, command.size() - last, "{seconds}]");
        }
    }
    return commands;
}

/// Splits "HSET key field a value with blanks" into words: the fourth is the rest.
inline std::vector<std::string> words_of(std::string_view command) {
    std::vector<std::string> words;
    while (words.size() < 3) {
        const std::size_t blank = command.find(' ');
        words.emplace_back(command.substr(0, blank));
        if (blank == std::string_view::npos) return words;
        command.remove_prefix(blank + 1);
    }
    words.emplace_back(command);
    return words;
}

/// Returns {"description": "<JSON text>"}, as legacy Slips stores it.
inline std::string as_json_text(std::string_view json) {
    std::string text = "\"";
    for (const char c : json) text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return text + '"';
}

// --- current Slips -------------------------------------------------------------------------------------------

inline std::vector<Sequence> sequences_of_current() {
    const std::string unknown =
        R"("TI": null, "AS": null, "rDNS": null, "SNI": null, "DNS_resolution": null, "queries": null, "CNAME": null})";
    const std::string source = R"({"direction": "SRC", "ioc_type": "IP", "value": "192.168.1.12", )"
                               R"("profile": {"ip": "192.168.1.12"}, )" +
                               unknown;
    const std::string destination = R"({"direction": "DST", "ioc_type": "IP", "value": "192.168.1.18", )" + unknown;
    const auto object = [](const std::string& attacker, const std::string& level, const std::string& victim) {
        return R"({"evidence_type": "CONNECTION_TO_PRIVATE_IP", )"
               R"("description": "a connection to the local device 192.168.1.18", "attacker": )" +
               attacker + R"(, "threat_level": ")" + level +
               R"(", "profile": {"ip": "192.168.1.12"}, )"
               R"("timewindow": {"number": 1, "start_time": "", "end_time": ""}, "uid": ["CUid1", "CUid2"], )"
               R"("timestamp": 1654188705.5, "interface": "eth0", "victim": )" +
               victim +
               R"(, "proto": false, "dst_port": null, "src_port": null, "method": "HEURISTIC", "id": "{id}", )"
               R"("confidence": 0.8, "rel_id": null})";
    };
    const std::vector<std::string> known_profile{"ZADD profiles 1654188705.5 profile_192.168.1.12",
                                                 "HSET profile_192.168.1.12 duration 300.0"};
    const std::vector<std::string> facts_of_both{"r HGET IPsInfo:asn 192.168.1.18",
                                                 "r HGET IPsInfo:reverse_dns 192.168.1.18",
                                                 "r HGET IPsInfo:SNI 192.168.1.18",
                                                 "r HGET IPsInfo:threatintelligence 192.168.1.18",
                                                 "r HGET IPsInfo:DNS_resolution 192.168.1.18",
                                                 "r HGET IPsInfo:asn 192.168.1.12",
                                                 "r HGET IPsInfo:reverse_dns 192.168.1.12",
                                                 "r HGET IPsInfo:SNI 192.168.1.12",
                                                 "r HGET IPsInfo:threatintelligence 192.168.1.12",
                                                 "r HGET IPsInfo:DNS_resolution 192.168.1.12",
                                                 "l HSET IPsInfo:score 192.168.1.12 0.8",
                                                 "l HEXPIRE IPsInfo:score 600 NX FIELDS 1 192.168.1.12",
                                                 "l HSET IPsInfo:confidence 192.168.1.12 0.8",
                                                 "l HEXPIRE IPsInfo:confidence 600 NX FIELDS 1 192.168.1.12"};
    // common to all, from the flows to the publish
    const std::vector<std::string> stored_and_published{
        R"(w HSET flows_causing_evidence {id} ["CUid1", "CUid2"])",       "l EXPIRE flows_causing_evidence 600 NX",
        "- HGET profile_192.168.1.12_timewindow1_evidence {id}",          "- SISMEMBER whitelisted_evidence {id}",
        "w HSET profile_192.168.1.12_timewindow1_evidence {id} {object}", "w INCRBY number_of_evidence 1",
        "w HINCRBY msgs_published_at_runtime evidence_added 1",           "w PUBLISH evidence_added {published}"};
    const auto joined = [](std::vector<std::string> first, const std::vector<std::string>& then,
                           const std::vector<std::string>& last) {
        first.insert(first.end(), then.begin(), then.end());
        first.insert(first.end(), last.begin(), last.end());
        return first;
    };
    const std::vector<std::string> asked_for_profile{"+r TYPE profile_192.168.1.12_timewindow1_evidence",
                                                     "r ZSCORE profiles profile_192.168.1.12",
                                                     "+r HGET profile_192.168.1.12 duration"};
    const std::vector<std::string> highest_so_far{
        "w HSET profile_192.168.1.12 threat_level high", "l EXPIRE profile_192.168.1.12 3600 NX",
        "r HGET profile_192.168.1.12 max_threat_level", "w HSET profile_192.168.1.12 max_threat_level high",
        "- EXPIRE profile_192.168.1.12 3600 NX"};
    return {
        {.name = "a known profile",
         .scenario = "the usual",
         .main_holds = known_profile,
         .object = object(source, "HIGH", destination),
         .main = joined(asked_for_profile, stored_and_published, highest_so_far),
         .cache = facts_of_both},
        {.name = "a new profile",
         .scenario = "the usual",
         .object = object(source, "HIGH", destination),
         .main = joined({"+r TYPE profile_192.168.1.12_timewindow1_evidence", "r ZSCORE profiles profile_192.168.1.12",
                         "+r HGET profile_192.168.1.12 duration", "w ZADD profiles 1654188705.5 profile_192.168.1.12",
                         "w ZREMRANGEBYRANK profiles 0 -2001", "w HSET profile_192.168.1.12 starttime 1654188705.5",
                         "l EXPIRE profile_192.168.1.12 3600 NX", "w HSET profile_192.168.1.12 duration 3600.0",
                         "- EXPIRE profile_192.168.1.12 3600 NX", "w HSET profile_192.168.1.12 confidence 0.05",
                         "- EXPIRE profile_192.168.1.12 3600 NX", "w HINCRBY msgs_published_at_runtime new_ip 1",
                         R"(w PUBLISH new_ip {"text": "192.168.1.12", "version": "1.1.21"})",
                         "w HINCRBY msgs_published_at_runtime new_profile 1",
                         R"(w PUBLISH new_profile {"text": "192.168.1.12", "version": "1.1.21"})"},
                        stored_and_published, highest_so_far),
         .cache = facts_of_both},
        // the level is stored for the attacker: another profile than the evidence's
        {.name = "the destination attacks",
         .scenario = "the destination attacks",
         .main_holds = known_profile,
         .cache_holds = {R"(HSET IPsInfo:asn 192.168.1.18 {"number": "AS64500", "org": "Example"})",
                         R"(HSET IPsInfo:reverse_dns 192.168.1.18 nas.example)",
                         R"(HSET IPsInfo:SNI 192.168.1.12 [{"server_name": "pc.example", "dport": 443}])",
                         R"(HSET IPsInfo:threatintelligence 192.168.1.18 {"source": "a feed", "threat_level": "low"})",
                         R"(HSET IPsInfo:DNS_resolution 192.168.1.18 ["nas.example"])"},
         .object = object(R"({"direction": "DST", "ioc_type": "IP", "value": "192.168.1.18", )"
                          R"("profile": {"ip": "192.168.1.18"}, "TI": "a feed", )"
                          R"("AS": {"number":"AS64500","org":"Example"}, "rDNS": "nas.example", "SNI": null, )"
                          R"("DNS_resolution": null, "queries": ["nas.example"], "CNAME": null})",
                          "HIGH",
                          R"({"direction": "SRC", "ioc_type": "IP", "value": "192.168.1.12", "TI": null, "AS": null, )"
                          R"("rDNS": null, "SNI": "pc.example", "DNS_resolution": null, "queries": null, )"
                          R"("CNAME": null})"),
         .main = joined(asked_for_profile, stored_and_published,
                        {"w HSET profile_192.168.1.18 threat_level high", "l EXPIRE profile_192.168.1.18 3600 NX",
                         "r HGET profile_192.168.1.18 max_threat_level",
                         "w HSET profile_192.168.1.18 max_threat_level high", "- EXPIRE profile_192.168.1.18 3600 NX"}),
         .cache = {"r HGET IPsInfo:asn 192.168.1.12", "r HGET IPsInfo:reverse_dns 192.168.1.12",
                   "r HGET IPsInfo:SNI 192.168.1.12", "r HGET IPsInfo:threatintelligence 192.168.1.12",
                   "r HGET IPsInfo:DNS_resolution 192.168.1.12", "r HGET IPsInfo:asn 192.168.1.18",
                   "r HGET IPsInfo:reverse_dns 192.168.1.18", "r HGET IPsInfo:SNI 192.168.1.18",
                   "r HGET IPsInfo:threatintelligence 192.168.1.18", "r HGET IPsInfo:DNS_resolution 192.168.1.18",
                   "l HSET IPsInfo:score 192.168.1.18 0.8", "l HEXPIRE IPsInfo:score 600 NX FIELDS 1 192.168.1.18",
                   "l HSET IPsInfo:confidence 192.168.1.18 0.8",
                   "l HEXPIRE IPsInfo:confidence 600 NX FIELDS 1 192.168.1.18"}},
        {.name = "no victim",
         .scenario = "no victim",
         .main_holds = known_profile,
         .object = object(source, "HIGH", "false"),
         .main = joined(asked_for_profile, stored_and_published, highest_so_far),
         .cache = {facts_of_both.begin() + 5, facts_of_both.end()}},
        // no profile, so neither level nor score; its AS is that of its first address
        {.name = "a domain attacks",
         .scenario = "a domain attacks",
         .main_holds = known_profile,
         .cache_holds = {R"(HSET DomainsInfo evil.example {"IPs": ["203.0.113.9", "203.0.113.8"], )"
                         R"("CNAME": ["cdn.example"], "threatintelligence": {"source": "a feed"}})",
                         R"(HSET IPsInfo:asn 203.0.113.9 {"number": "AS64500", "org": "Example"})"},
         .object = object(R"({"direction": "SRC", "ioc_type": "DOMAIN", "value": "evil.example", "profile": "", )"
                          R"("TI": "a feed", "AS": {"number":"AS64500","org":"Example"}, "rDNS": null, "SNI": null, )"
                          R"("DNS_resolution": ["203.0.113.9","203.0.113.8"], "queries": null, )"
                          R"("CNAME": ["cdn.example"]})",
                          "HIGH", destination),
         .main = joined(asked_for_profile, stored_and_published, {}),
         .cache = {"r HGET IPsInfo:asn 192.168.1.18", "r HGET IPsInfo:reverse_dns 192.168.1.18",
                   "r HGET IPsInfo:SNI 192.168.1.18", "r HGET IPsInfo:threatintelligence 192.168.1.18",
                   "r HGET IPsInfo:DNS_resolution 192.168.1.18", "r HGET DomainsInfo evil.example",
                   "r HGET IPsInfo:asn 203.0.113.9"}},
        {.name = "every field",
         .scenario = "every field",
         .main_holds = known_profile,
         .object = R"({"evidence_type": "CONNECTION_TO_PRIVATE_IP", )"
                   R"("description": "a connection to the local device 192.168.1.18", )"
                   R"("attacker": {"direction": "DST", "ioc_type": "IP", "value": "192.168.1.18", )"
                   R"("profile": {"ip": "192.168.1.18"}, )" +
                   unknown +
                   R"(, "threat_level": "CRITICAL", "profile": {"ip": "192.168.1.12"}, )"
                   R"("timewindow": {"number": 1, "start_time": "", "end_time": ""}, "uid": ["CUid9"], )"
                   R"("timestamp": 1654188705.0, "interface": "wlan0", )"
                   R"("victim": {"direction": "SRC", "ioc_type": "DOMAIN", "value": "nas.example", )" +
                   unknown +
                   R"(, "proto": "UDP", "dst_port": 1024, "src_port": 53, "method": "STATISTICAL", "id": "{id}", )"
                   R"("confidence": 1.0, "rel_id": ["22222222-2222-4222-8222-222222222222"]})",
         .main = {"+r TYPE profile_192.168.1.12_timewindow1_evidence", "r ZSCORE profiles profile_192.168.1.12",
                  "+r HGET profile_192.168.1.12 duration", R"(w HSET flows_causing_evidence {id} ["CUid9"])",
                  "l EXPIRE flows_causing_evidence 600 NX", "- HGET profile_192.168.1.12_timewindow1_evidence {id}",
                  "- SISMEMBER whitelisted_evidence {id}",
                  "w HSET profile_192.168.1.12_timewindow1_evidence {id} {object}", "w INCRBY number_of_evidence 1",
                  "w HINCRBY msgs_published_at_runtime evidence_added 1", "w PUBLISH evidence_added {published}",
                  "w HSET profile_192.168.1.18 threat_level critical", "l EXPIRE profile_192.168.1.18 3600 NX",
                  "r HGET profile_192.168.1.18 max_threat_level",
                  "w HSET profile_192.168.1.18 max_threat_level critical", "- EXPIRE profile_192.168.1.18 3600 NX"},
         // a URL, which alerts.json cannot contain, is sent as its host
         .cache = {"r HGET DomainsInfo nas.example", "r HGET IPsInfo:asn 192.168.1.18",
                   "r HGET IPsInfo:reverse_dns 192.168.1.18", "r HGET IPsInfo:SNI 192.168.1.18",
                   "r HGET IPsInfo:threatintelligence 192.168.1.18", "r HGET IPsInfo:DNS_resolution 192.168.1.18",
                   "l HSET IPsInfo:score 192.168.1.18 1", "l HEXPIRE IPsInfo:score 600 NX FIELDS 1 192.168.1.18",
                   "l HSET IPsInfo:confidence 192.168.1.18 1.0",
                   "l HEXPIRE IPsInfo:confidence 600 NX FIELDS 1 192.168.1.18"}},
        // the highest level stays, and so does the score, which is computed from it
        {.name = "a lower level than before",
         .scenario = "a low level",
         .main_holds = joined(known_profile, {"HSET profile_192.168.1.12 max_threat_level high"}, {}),
         .object = object(source, "LOW", destination),
         .main = joined(asked_for_profile, stored_and_published,
                        {"w HSET profile_192.168.1.12 threat_level low", "l EXPIRE profile_192.168.1.12 3600 NX",
                         "r HGET profile_192.168.1.12 max_threat_level"}),
         .cache = facts_of_both},
        // Slips creates the profile before it checks whether the evidence is enabled; the SDK writes nothing
        {.name = "refused", .scenario = "without a level"},
    };
}

// --- legacy Slips --------------------------------------------------------------------------------------------

inline std::vector<Sequence> sequences_of_legacy() {
    const std::vector<std::string> known_window{"ZADD twsprofile_192.168.1.12 1654188705.5 timewindow1"};
    const std::string description = "a connection to the local device 192.168.1.18";
    const auto object = [&](const std::string& type_detection, const std::string& info, const std::string& level) {
        return R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "type_detection": ")" + type_detection +
               R"(", "detection_info": ")" + info + R"(", "type_evidence": "ConnectionToPrivateIP", "description": ")" +
               description +
               R"(", "stime": 1654188705.5, "uid": "CUid1", "confidence": 0.8, )"
               R"("threat_level": ")" +
               level + R"(", "category": "Anomaly.Connection", "ID": "{id}"})";
    };
    const auto window = [&](const std::string& evidence, const std::string& others = "") {
        return "{" + others + as_json_text(description) + ": " + as_json_text(evidence) + "}";
    };
    // WATCH protects concurrent evidence; does the window exist?; the SDK's marker of the last batch stored
    const std::vector<std::string> published{"+r WATCH profile_192.168.1.12_timewindow1 twsprofile_192.168.1.12",
                                             "r HGET profile_192.168.1.12_timewindow1 Evidence",
                                             "+r ZSCORE twsprofile_192.168.1.12 timewindow1",
                                             "p PUBLISH evidence_added {published}",
                                             "w HSET profile_192.168.1.12_timewindow1 Evidence {window}",
                                             "w HSET evidenceprofile_192.168.1.12 timewindow1 {window}",
                                             "+p SET {module}_evidence_batch_{uuid} {uuid} EX 86400"};
    std::vector<std::string> repeated = published;
    repeated.erase(repeated.begin() + 3);
    const std::string own = object("srcip", "192.168.1.12", "info");
    const std::string of_destination = object("dstip", "192.168.1.18", "high");
    const std::string of_domain = object("srcdomain", "evil.example", "high");
    const std::string whole =
        R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "type_detection": "dstip", )"
        R"("detection_info": "192.168.1.18", "type_evidence": "ConnectionToPrivateIP", "description": ")" +
        description +
        R"(", "stime": 1654188705.0, "uid": "CUid9", "confidence": 1.0, "threat_level": "critical", )"
        R"("category": "Recon.Scanning", "ID": "{id}", "conn_count": 25, "source_target_tag": "Recon", )"
        R"("port": "1024", "proto": "UDP"})";
    return {
        // evidence about the profile itself has threat level info, whatever its level was
        {.name = "legacy: a new description",
         .version = "0.9.1",
         .scenario = "the usual",
         .main_holds = known_window,
         .object = own,
         .window = window(own),
         .main = published,
         .cache = {"+l WATCH IPsInfo", "l HGET IPsInfo 192.168.1.12", "+l MULTI",
                   R"(l HSET IPsInfo 192.168.1.12 {"score": 1, "confidence": 1})", "+l EXEC"}},
        {.name = "legacy: a second description in the window",
         .version = "0.9.1",
         .scenario = "the usual",
         .main_holds = {known_window[0], R"(HSET profile_192.168.1.12_timewindow1 Evidence {"another": "{}"})"},
         .cache_holds = {R"(HSET IPsInfo 192.168.1.12 {"SNI": [], "score": 0})"},
         .object = own,
         .window = window(own, R"("another": "{}", )"),
         .main = published,
         .cache = {"+l WATCH IPsInfo", "l HGET IPsInfo 192.168.1.12", "+l MULTI",
                   R"(l HSET IPsInfo 192.168.1.12 {"SNI": [], "score": 1, "confidence": 1})", "+l EXEC"}},
        {.name = "legacy: a repeat is stored and not published",
         .version = "0.9.1",
         .scenario = "the usual",
         .main_holds = {known_window[0],
                        "HSET profile_192.168.1.12_timewindow1 Evidence {\"" + description + "\": \"{}\"}"},
         .object = own,
         .window = window(own),
         .main = repeated,
         .cache = {"+l WATCH IPsInfo", "l HGET IPsInfo 192.168.1.12", "+l MULTI",
                   R"(l HSET IPsInfo 192.168.1.12 {"score": 1, "confidence": 1})", "+l EXEC"}},
        {.name = "legacy: the destination attacks",
         .version = "0.9.1",
         .scenario = "the destination attacks",
         .main_holds = known_window,
         .object = of_destination,
         .window = window(of_destination),
         .main = published,
         .cache = {"+l WATCH IPsInfo", "l HGET IPsInfo 192.168.1.18", "+l MULTI",
                   R"(l HSET IPsInfo 192.168.1.18 {"score": 1, "confidence": 1})", "+l EXEC"}},
        {.name = "legacy: a domain attacks",  // no score
         .version = "0.9.1",
         .scenario = "a domain attacks",
         .main_holds = known_window,
         .object = of_domain,
         .window = window(of_domain),
         .main = published,
         .cache = {}},
        {.name = "legacy: every field",
         .version = "0.9.1",
         .scenario = "every field",
         .main_holds = known_window,
         .object = whole,
         .window = window(whole),
         .main = published,
         .cache = {"+l WATCH IPsInfo", "l HGET IPsInfo 192.168.1.18", "+l MULTI",
                   R"(l HSET IPsInfo 192.168.1.18 {"score": 1, "confidence": 1})", "+l EXEC"}},
        {.name = "legacy: refused", .version = "0.9.1", .scenario = "without a level", .main_holds = known_window},
    };
}

inline std::vector<Sequence> all_sequences() {
    std::vector<Sequence> all = sequences_of_current();
    for (Sequence& sequence : sequences_of_legacy()) all.push_back(std::move(sequence));
    return all;
}

}  // namespace slips_test
