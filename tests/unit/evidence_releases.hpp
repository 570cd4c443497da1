// The commands that each release of Slips from 0.9.0 on sends to Redis when it sets evidence, as evidence_sequences.hpp lists
// them for two of them.
//
// One list for each of the two ways to store evidence. What only some releases send is between angle brackets, with the first
// release that sends it and the first that does not any more: <0.9.5..1.0.1:text>. Written from setEvidence(), later
// set_evidence(), update_threat_level(), add_profile(), set_new_ip() and get_ip_identification() of the tagged releases.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evidence_sequences.hpp"

namespace slips_test {

/// All releases.
inline const std::vector<std::string> releases{
    "0.9.0",  "0.9.1",  "0.9.2",  "0.9.3",  "0.9.5",  "0.9.6",  "1.0.0",  "1.0.1",  "1.0.2",
    "1.0.3",  "1.0.4",  "1.0.5",  "1.0.6",  "1.0.7",  "1.0.8",  "1.0.9",  "1.0.10", "1.0.11",
    "1.0.12", "1.0.13", "1.0.14", "1.0.15", "1.1",    "1.1.1",  "1.1.2",  "1.1.3",  "1.1.4",
    "1.1.5",  "1.1.6",  "1.1.7",  "1.1.8",  "1.1.9",  "1.1.10", "1.1.11", "1.1.12", "1.1.13",
    "1.1.14", "1.1.15", "1.1.16", "1.1.17", "1.1.18", "1.1.19", "1.1.20", "1.1.21", "1.1.22"};

/// Returns the text as it is in a release.
inline std::string in_release(const std::string& release, std::string text) {
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
        const std::size_t until = text.find("..", at), colon = text.find(':', at), end = text.find('>', at);
        const std::string from = text.substr(at + 1, until - at - 1), to = text.substr(until + 2, colon - until - 2);
        const bool has = (from.empty() || !before(release, from)) && (to.empty() || before(release, to));
        text = text.substr(0, at) + (has ? text.substr(colon + 1, end - colon - 1) : "") + text.substr(end + 1);
    }
    return text;
}

/// Returns the commands of a release: lines that it does not have are left out.
inline std::vector<std::string> lines_in(const std::string& release, const std::vector<std::string>& lines) {
    std::vector<std::string> kept;
    for (const std::string& line : lines)
        if (std::string text = in_release(release, line); !text.empty()) kept.push_back(std::move(text));
    return kept;
}

/// One evidence, and what Redis holds before it.
struct Attack {
    std::string name{};
    std::string scenario{};
    std::string attacker{"192.168.1.12"};
    std::string direction{"SRC"};
    std::string victim{"192.168.1.18"};  ///< empty: none
    std::string level{"high"};
    std::string value{"0.8"};  ///< of the level
    bool has_profile = true;   ///< 1.0.11 and newer: Slips knows the profile
    bool was_high = false;     ///< the attacker's highest level so far is high
    bool has_facts = false;    ///< the cache knows something about attacker and victim
    std::string confidence{"0.8"};

    bool by_domain() const { return attacker.ends_with(".example"); }
    std::string highest() const { return was_high ? "0.8" : value; }
};

/// Returns what a release adds to past_threat_levels.
inline std::string past_level(const std::string& release, const std::string& level, const std::string& confidence) {
    return in_release(release,
                      "<1.0.0..:[>\"" + level +
                          "\"<1.0.0..1.1:, \"{now}\"><1.1..1.1.4:, \"{now with a zone}\"><1.1.4..:, \"{now}\">" +
                          "<1.0.1..:, \"confidence: " + confidence + "\"><1.0.0..:]>");
}

/// The `past_threat_levels` of an address whose highest level so far is high.
inline const std::string level_before = R"([["high", "earlier", "confidence: 0.8"]])";

inline const std::vector<Attack> attacks{
    {.name = "the usual", .scenario = "the usual"},
    {.name = "a new profile", .scenario = "the usual", .has_profile = false},
    {.name = "the destination attacks",
     .scenario = "the destination attacks",
     .attacker = "192.168.1.18",
     .direction = "DST",
     .victim = "192.168.1.12",
     .has_facts = true},
    {.name = "no victim", .scenario = "no victim", .victim = ""},
    {.name = "a domain attacks", .scenario = "a domain attacks", .attacker = "evil.example"},
    {.name = "every field",
     .scenario = "every field",
     .attacker = "192.168.1.18",
     .direction = "DST",
     .victim = "nas.example",
     .level = "critical",
     .value = "1",
     .confidence = "1.0"},
    {.name = "a lower level than before", .scenario = "a low level", .level = "low", .value = "0.2", .was_high = true}};

inline std::string capitals(std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}

// --- one field for each evidence: 1.0.11 and newer ---------------------------------------------------------------------

/// Returns the attacker or the victim. `facts`: of 1.1.2 and newer.
inline std::string ioc_of(const Attack& attack, bool attacker, const std::string& facts) {
    const std::string value = attacker ? attack.attacker : attack.victim;
    if (value.empty()) return "false";
    const bool is_ip = value.find("example") == std::string::npos;
    const bool is_source = attacker == (attack.direction == "SRC");
    const std::string kind = attacker ? "attacker" : "victim";
    std::string json = R"({"direction": ")" + std::string(is_source ? "SRC" : "DST") + R"(", "<..1.1.7:)" + kind +
                       R"(_type><1.1.7..:ioc_type>": ")" + (is_ip ? "IP" : "DOMAIN") + R"(", "value": ")" + value + '"';
    if (attacker) json += is_ip ? R"(, "profile": {"ip": ")" + value + "\"}" : R"(, "profile": "")";
    return json + facts + '}';
}

inline Sequence typed_sequence(const std::string& release, const Attack& attack) {
    const std::string nothing = R"(<1.1.2..:, "TI": null, "AS": null, "rDNS": null, "SNI": null>)"
                                R"(<1.1.7..:, "DNS_resolution": null, "queries": null, "CNAME": null>)";
    std::string of_attacker = nothing, of_victim = nothing;
    Sequence sequence{.name = release + ": " + attack.name, .version = release, .scenario = attack.scenario};

    // --- what Redis holds
    sequence.main_holds = lines_in(release, {"<..1.1.2:ZADD twsprofile_192.168.1.12 1654188705.5 timewindow1>"});
    if (attack.has_profile)
        for (const std::string& command :
             lines_in(release, {"<..1.1.18:SADD profiles profile_192.168.1.12>",
                                "<1.1.18..:ZADD profiles 1654188705.5 profile_192.168.1.12>",
                                "HSET profile_192.168.1.12 duration 300.0"}))
            sequence.main_holds.push_back(command);
    std::string past;  // levels, before this evidence
    if (attack.was_high) {
        sequence.main_holds.push_back("HSET profile_192.168.1.12 max_threat_level high");
        sequence.main_holds.push_back("HSET profile_192.168.1.12 past_threat_levels " + level_before);
        past = level_before.substr(1, level_before.size() - 2);
    }
    std::string held;  // of the attacker's address, in the order of the SDK
    if (attack.has_facts) {
        held = R"("DNS_resolution": ["nas.example"], "asn": {"number":"AS64500","org":"Example"}, )"
               R"("reverse_dns": "nas.example", "threatintelligence": {"source":"a feed"}, )";
        sequence.cache_holds = lines_in(
            release,
            {"<..1.1.17:HSET IPsInfo 192.168.1.18 {" + held + R"("score": 0, "confidence": 0.1}>)",
             R"(<..1.1.17:HSET IPsInfo 192.168.1.12 {"SNI": [{"server_name": "pc.example", "dport": 443}]}>)",
             R"(<1.1.17..:HSET IPsInfo:asn 192.168.1.18 {"number": "AS64500", "org": "Example"}>)",
             R"(<1.1.17..:HSET IPsInfo:reverse_dns 192.168.1.18 nas.example>)",
             R"(<1.1.17..:HSET IPsInfo:SNI 192.168.1.12 [{"server_name": "pc.example", "dport": 443}]>)",
             R"(<1.1.17..:HSET IPsInfo:threatintelligence 192.168.1.18 {"source": "a feed", "threat_level": "low"}>)",
             R"(<1.1.17..:HSET IPsInfo:DNS_resolution 192.168.1.18 ["nas.example"]>)"});
        of_attacker =
            R"(<1.1.2..:, "TI": "a feed", "AS": {"number":"AS64500","org":"Example"}, "rDNS": "nas.example", )"
            R"("SNI": null><1.1.7..:, "DNS_resolution": null, "queries": ["nas.example"], "CNAME": null>)";
        of_victim = R"(<1.1.2..:, "TI": null, "AS": null, "rDNS": null, "SNI": "pc.example">)"
                    R"(<1.1.7..:, "DNS_resolution": null, "queries": null, "CNAME": null>)";
    } else if (attack.by_domain()) {
        sequence.cache_holds = lines_in(
            release,
            {R"(HSET DomainsInfo evil.example {"IPs": ["203.0.113.9", "203.0.113.8"], "CNAME": ["cdn.example"]})",
             R"(<..1.1.17:HSET IPsInfo 203.0.113.9 {"asn": {"number": "AS64500", "org": "Example"}}>)",
             R"(<1.1.17..:HSET IPsInfo:asn 203.0.113.9 {"number": "AS64500", "org": "Example"}>)"});
        // 1.1.2 to 1.1.6 look for a domain where only addresses are
        of_attacker =
            R"(<1.1.2..1.1.7:, "TI": null, "AS": null, "rDNS": null, "SNI": null>)"
            R"(<1.1.7..:, "TI": null, "AS": {"number":"AS64500","org":"Example"}, "rDNS": null, "SNI": null, )"
            R"("DNS_resolution": ["203.0.113.9","203.0.113.8"], "queries": null, "CNAME": ["cdn.example"]>)";
    }

    // --- the evidence
    const bool all = attack.scenario == "every field";
    std::string object =
        R"({"evidence_type": "CONNECTION_TO_PRIVATE_IP", "description": "a connection to the local device 192.168.1.18", )"
        R"("attacker": {attacker}, "threat_level": "{LEVEL}", <..1.1.2:"category": "{category}", >)"
        R"("profile": {"ip": "192.168.1.12"}, )"
        R"("timewindow": {"number": 1<1.1.2..:, "start_time": "", "end_time": "">}, "uid": {uids}, )"
        R"("timestamp": {time}, <1.1.15..:"interface": "{interface}", >"victim": {victim}, "proto": {proto}, )"
        R"(<..1.1.2:"port": {port}, "source_target_tag": {tag}, >)"
        R"(<1.1.2..:"dst_port": {port}, "src_port": {src_port}, "method": "{method}", >"id": "{id}", )"
        R"(<..1.1.2:"conn_count": {count}, >"confidence": {confidence}<1.1.2..:, "rel_id": {related}>})";
    const std::string uids = all ? R"(["CUid9"])" : R"(["CUid1", "CUid2"])";
    const std::pair<const char*, std::string> values[] = {
        {"{attacker}", ioc_of(attack, true, of_attacker)},
        {"{victim}", ioc_of(attack, false, of_victim)},
        {"{LEVEL}", capitals(attack.level)},
        {"{category}", all ? "RECON_SCANNING" : "ANOMALY_CONNECTION"},
        {"{uids}", uids},
        {"{time}", all ? "1654188705.0" : "1654188705.5"},
        {"{interface}", all ? "wlan0" : "eth0"},
        {"{proto}", all ? R"("UDP")" : "false"},
        {"{port}", all ? "1024" : "null"},
        {"{src_port}", all ? "53" : "null"},
        {"{tag}", all ? R"("RECON")" : "false"},
        {"{method}", all ? "STATISTICAL" : "HEURISTIC"},
        {"{count}", all ? "25" : "1"},
        {"{confidence}", attack.confidence},
        {"{related}", all ? R"(["22222222-2222-4222-8222-222222222222"])" : "null"}};
    for (const auto& [name, value] : values) object = replaced(object, name, value);
    sequence.object = in_release(release, object);

    // --- the commands. 1.0.11 blames the profile for each attacker at the source, even for a domain. Slips stores the level of
    // other attackers without a profile in a key without a name: not sent
    const std::string sent =
        sequence.stamped() ? R"({"text": "192.168.1.12", "version": ")" + release + "\"}" : "192.168.1.12";
    std::vector<std::string> main{
        "+r TYPE profile_192.168.1.12_timewindow1_evidence", "<..1.1.2:+r ZSCORE twsprofile_192.168.1.12 timewindow1>",
        "<..1.1.18:r SISMEMBER profiles profile_192.168.1.12>", "<1.1.18..:r ZSCORE profiles profile_192.168.1.12>",
        "+r HGET profile_192.168.1.12 duration",
        // for the first level of a profile that turns out to be new
        "<..1.1.11:+r HGET profile_192.168.1.12 past_threat_levels>"};
    const auto add = [](std::vector<std::string>& list, const std::vector<std::string>& more) {
        list.insert(list.end(), more.begin(), more.end());
    };
    if (!attack.has_profile) {
        if (before(release, "1.1.11")) past = past_level(release, "info", "0.05");
        add(main,
            {"<..1.1.18:w SADD profiles profile_192.168.1.12>",
             "<1.1.18..:w ZADD profiles 1654188705.5 profile_192.168.1.12>",
             "<1.1.18..:w ZREMRANGEBYRANK profiles 0 -2001>", "w HSET profile_192.168.1.12 starttime 1654188705.5",
             "<1.1.18..:l EXPIRE profile_192.168.1.12 3600 NX>", "w HSET profile_192.168.1.12 duration 3600.0",
             "<..1.1.11:w HSET profile_192.168.1.12 threat_level info>",
             "<..1.1.11:- HGET profile_192.168.1.12 past_threat_levels>",
             "<..1.1.11:w HSET profile_192.168.1.12 past_threat_levels [" + past + "]>",
             // Slips reads it, and writes the level if there is none
             "<..1.1.11:w HSETNX profile_192.168.1.12 max_threat_level info>",
             "w HSET profile_192.168.1.12 confidence 0.05",
             // 1.0.11 to 1.1.10 have just given the address a score, so that it is no new one; 1.1.2 to 1.1.16
             // expect False where their own function returns None
             "<1.1.17..:w HINCRBY msgs_published_at_runtime new_ip 1>", "<1.1.17..:w PUBLISH new_ip " + sent + ">",
             "<1.1.1..:w HINCRBY msgs_published_at_runtime new_profile 1>", "w PUBLISH new_profile " + sent});
    }
    add(main,
        {"w HSET flows_causing_evidence {id} " + uids, "<1.1.18..:l EXPIRE flows_causing_evidence 600 NX>",
         "- HGET profile_192.168.1.12_timewindow1_evidence {id}", "<1.1.12..:- SISMEMBER whitelisted_evidence {id}>",
         "w HSET profile_192.168.1.12_timewindow1_evidence {id} {object}", "w INCRBY number_of_evidence 1",
         "<1.1.1..:w HINCRBY msgs_published_at_runtime evidence_added 1>", "w PUBLISH evidence_added {published}"});
    const bool blames_profile = release == "1.0.11" && attack.direction == "SRC";
    const bool scores = !attack.by_domain() || blames_profile;
    const std::string scored = blames_profile ? "192.168.1.12" : attack.attacker;
    if (scores) {
        add(main, {"w HSET profile_" + scored + " threat_level " + attack.level,
                   "<1.1.18..:l EXPIRE profile_" + scored + " 3600 NX>",
                   std::string(scored == "192.168.1.12" ? "<..1.1.11:-><1.1.11..1.1.13:r>" : "<..1.1.13:r>") +
                       "<..1.1.13: HGET profile_" + scored + " past_threat_levels>",
                   "<..1.1.13:w HSET profile_" + scored + " past_threat_levels [" + past + (past.empty() ? "" : ", ") +
                       past_level(release, attack.level, attack.confidence) + "]>",
                   "r HGET profile_" + scored + " max_threat_level"});
        if (!attack.was_high) main.push_back("w HSET profile_" + scored + " max_threat_level " + attack.level);
    }
    sequence.main = lines_in(release, main);

    std::vector<std::string> cache;
    // 1.1.2 to 1.1.6 ask about the attacker first, and read IoC_ips instead of what is copied from there
    for (const std::string& value : {attack.victim, attack.attacker}) {
        if (value.empty()) continue;
        if (value.find("example") != std::string::npos) {
            cache.push_back("<1.1.7..:r HGET DomainsInfo " + value + ">");
            continue;
        }
        cache.push_back("<1.1.2..1.1.17:r HGET IPsInfo " + value + ">");
        for (const char* fact : {"asn", "reverse_dns", "SNI", "threatintelligence", "DNS_resolution"})
            cache.push_back("<1.1.17..:r HGET IPsInfo:" + std::string(fact) + " " + value + ">");
    }
    if (scores)
        add(cache, {"<..1.1.17:+l WATCH IPsInfo>", "<..1.1.17:l HGET IPsInfo " + scored + ">", "<..1.1.17:+l MULTI>"});
    if (!attack.has_profile)  // with an older entry, Slips would add the score to it
        add(cache, {R"(<..1.0.12:l HSETNX IPsInfo 192.168.1.12 {"score": 0, "confidence": "confidence: 0.05"}>)",
                    R"(<1.0.12..1.1.11:l HSETNX IPsInfo 192.168.1.12 {"score": 0, "confidence": 0.05}>)"});
    if (scores)
        add(cache, {"<..1.0.12:l HSET IPsInfo " + scored + " {" + held + R"("score": )" + attack.highest() +
                        R"(, "confidence": "confidence: )" + attack.confidence + "\"}>",
                    "<1.0.12..1.1.17:l HSET IPsInfo " + scored + " {" + held + R"("score": )" + attack.highest() +
                        R"(, "confidence": )" + attack.confidence + "}>",
                    "<..1.1.17:+l EXEC>", "<1.1.17..:l HSET IPsInfo:score " + scored + " " + attack.highest() + ">",
                    "<1.1.18..:l HEXPIRE IPsInfo:score 600 NX FIELDS 1 " + scored + ">",
                    "<1.1.17..:l HSET IPsInfo:confidence " + scored + " " + attack.confidence + ">",
                    "<1.1.18..:l HEXPIRE IPsInfo:confidence 600 NX FIELDS 1 " + scored + ">"});
    if (attack.by_domain())
        add(cache, {"<1.1.7..1.1.17:r HGET IPsInfo 203.0.113.9>", "<1.1.17..:r HGET IPsInfo:asn 203.0.113.9>"});
    sequence.cache = lines_in(release, cache);
    return sequence;
}

// --- one object for each window: before 1.0.11 -------------------------------------------------------------------------

inline Sequence object_sequence(const std::string& release, const Attack& attack) {
    const std::string description = "a connection to the local device 192.168.1.18";
    Sequence sequence{.name = release + ": " + attack.name, .version = release, .scenario = attack.scenario};
    sequence.main_holds = {"ZADD twsprofile_192.168.1.12 1654188705.5 timewindow1",
                           R"(HSET profile_192.168.1.12_timewindow1 Evidence {"another": "{}"})"};
    std::string past;  // levels, before this evidence
    if (attack.was_high) {
        sequence.main_holds.push_back("HSET profile_192.168.1.12 max_threat_level high");
        sequence.main_holds.push_back("HSET profile_192.168.1.12 past_threat_levels " + level_before);
        if (release == "0.9.6")
            sequence.main_holds.push_back("HSET profile_192.168.1.12 threat_levels_update_time [5.5]");
        past = level_before.substr(1, level_before.size() - 2) + ", ";
    }
    sequence.cache_holds = {"HSET IPsInfo " + attack.attacker + R"( {"SNI": [], "score": 0})"};

    const bool all = attack.scenario == "every field";
    const bool own = attack.attacker == "192.168.1.12";
    // a victim that the module does not name is the profile, unless that attacks
    const std::string victim = all                             ? "http://nas.example/share"
                               : attack.victim.empty() && !own ? "192.168.1.12"
                                                               : attack.victim;
    std::string object =
        R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", )"
        R"("<..1.0.1:type_detection><1.0.1..:attacker_direction>": "{side}", )"
        R"("<..1.0.1:detection_info><1.0.1..:attacker>": "{attacker}", )"
        R"("<..1.0.1:type_evidence><1.0.1..:evidence_type>": "ConnectionToPrivateIP", "description": ")" +
        description +
        R"(", "stime": {time}, "uid": {uid}, "confidence": {confidence}, "threat_level": "{level}", )"
        R"("category": "{category}", "ID": "{id}"<1.0.6..:, "victim": "{victim}">)" +
        (all ? R"(, "conn_count": 25, "source_target_tag": "Recon", "port": "1024", "proto": "UDP"})" : "}");
    const std::pair<const char*, std::string> values[] = {
        {"{side}", std::string(attack.direction == "SRC" ? "src" : "dst") + (attack.by_domain() ? "domain" : "ip")},
        {"{attacker}", attack.attacker},
        {"{time}", all ? "1654188705.0" : "1654188705.5"},
        // 0.9.5 to 1.0.1 take the last one of a list
        {"{uid}", all ? R"(<..1.0.2:"CUid9"><1.0.2..:["CUid9"]>)"
                      : R"(<..0.9.5:"CUid1"><0.9.5..1.0.2:"CUid2"><1.0.2..:["CUid1", "CUid2"]>)"},
        {"{confidence}", attack.confidence},
        {"{level}", own ? "<..0.9.6:info><0.9.6..:" + attack.level + ">" : attack.level},
        {"{category}", all ? "Recon.Scanning" : "Anomaly.Connection"},
        {"{victim}", victim}};
    for (const auto& [name, value] : values)
        if (name != std::string_view("{victim}")) object = replaced(object, name, value);
    sequence.object = replaced(in_release(release, object), "{victim}", victim);
    sequence.window = in_release(release, R"({"another": "{}", "<..0.9.2:)" + description + R"(><0.9.2..:{id}>": )") +
                      as_json_text(sequence.object) + "}";

    const std::string uids = all ? R"(["CUid9"])" : R"(["CUid1", "CUid2"])";
    std::vector<std::string> main{"<0.9.5..1.0.1:w HSET flows_causing_evidence {id} " + uids + ">",
                                  "<1.0.2..:w HSET flows_causing_evidence {id} " + uids + ">",
                                  "+r WATCH profile_192.168.1.12_timewindow1 twsprofile_192.168.1.12",
                                  "r HGET profile_192.168.1.12_timewindow1 Evidence",
                                  "+r ZSCORE twsprofile_192.168.1.12 timewindow1",
                                  "<..0.9.3:p PUBLISH evidence_added {published}>",
                                  "w HSET profile_192.168.1.12_timewindow1 Evidence {window}",
                                  "w HSET evidenceprofile_192.168.1.12 timewindow1 {window}",
                                  "<1.0.5..:p INCRBY number_of_evidence 1>",
                                  "<0.9.3..:p PUBLISH evidence_added {published}>"};
    std::vector<std::string> cache;
    if (!attack.by_domain()) {
        main.push_back("<0.9.6..:p HSET profile_" + attack.attacker + " threat_level " + attack.level + ">");
        const std::string profile = "profile_" + attack.attacker;
        main.push_back("<0.9.6..:r HGET " + profile + " past_threat_levels>");
        main.push_back("<0.9.6..1.0.0:r HGET " + profile + " threat_levels_update_time>");
        main.push_back("<0.9.6..1.0.0:p HSET " + profile + " threat_levels_update_time [" +
                       (past.empty() ? "" : "5.5, ") + "{seconds}]>");
        main.push_back("<0.9.6..:p HSET " + profile + " past_threat_levels [" + past +
                       past_level(release, attack.level, attack.confidence) + "]>");
        main.push_back("<1.0.9..:r HGET profile_" + attack.attacker + " max_threat_level>");
        if (!attack.was_high)
            main.push_back("<1.0.9..:p HSET profile_" + attack.attacker + " max_threat_level " + attack.level + ">");
        cache = {"+l WATCH IPsInfo", "l HGET IPsInfo " + attack.attacker, "+l MULTI",
                 "l HSET IPsInfo " + attack.attacker + R"( {"SNI": [], "score": <..1.0.1:1><1.0.1..1.0.9:)" +
                     attack.value + "><1.0.9..:" + attack.highest() +
                     R"(>, "confidence": <..1.0.1:1><1.0.1..:"confidence: )" + attack.confidence + "\">}",
                 "+l EXEC"};
    }
    main.push_back("+p SET {module}_evidence_batch_{uuid} {uuid} EX 86400");
    sequence.main = lines_in(release, main);
    sequence.cache = lines_in(release, cache);
    return sequence;
}

// -----------------------------------------------------------------------------------------------------------------------

/// Returns the sequences of a release.
inline std::vector<Sequence> sequences_of(const std::string& release) {
    std::vector<Sequence> sequences;
    for (const Attack& attack : attacks)
        if (const bool typed = !before(release, "1.0.11"); typed || attack.has_profile)
            sequences.push_back(typed ? typed_sequence(release, attack) : object_sequence(release, attack));
    return sequences;
}

}  // namespace slips_test
