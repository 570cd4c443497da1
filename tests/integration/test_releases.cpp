// slipsdev play stands in for each release of Slips: what a module finds, receives and must write.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"
#ifdef SLIPS_TEST_SLIPSDEV
#include "slipsdev/releases/release.hpp"
#endif

using namespace integration;

#ifdef SLIPS_TEST_SLIPSDEV

namespace {

const std::string source_dir = SLIPS_TEST_SOURCE_DIR;
const std::string demo_log = source_dir + "/examples/local_connection_detector/conn.log";  // 4 flows

/// Evidence of a release, and how its modules store it.
struct Form {
    std::string release;
    Json description;  ///< for writer.py
    std::string log;   ///< alerts.log, below the output folder
    std::string line;  ///< a part of each of its lines
};

Json flat(const std::string& names, const Json& uid, const Json& stime) {
    const bool old = names == "old";
    Json evidence{{"profileid", "{profileid}"}, {"twid", "{twid}"}};
    evidence[old ? "type_detection" : "attacker_direction"] = "dstip";
    evidence[old ? "detection_info" : "attacker"] = "192.0.2.9";
    evidence[old ? "type_evidence" : "evidence_type"] = "OddPeer";
    evidence.update(Json{{"description", "an odd peer of {uid}"},
                         {"stime", stime},
                         {"uid", uid},
                         {"confidence", 0.8},
                         {"threat_level", "high"},
                         {"category", "Anomaly.Connection"},
                         {"ID", "{id}"}});
    return evidence;
}

Json party(const std::string& direction, const std::string& value, const std::string& kind, const Json& facts) {
    Json json{{"direction", direction}, {kind, "IP"}, {"value", value}};
    for (const Json& fact : facts) json[fact.get<std::string>()] = nullptr;
    return json;
}

Json typed(const std::string& attacker_kind, const std::string& victim_kind, const Json& facts, const Json& more) {
    Json attacker = party("SRC", "{ip}", attacker_kind, facts);
    attacker["profile"] = {{"ip", "{ip}"}};
    Json evidence{{"evidence_type", "UNKNOWN_PORT"},
                  {"description", "an odd peer of {uid}"},
                  {"attacker", attacker},
                  {"threat_level", "HIGH"},
                  {"profile", {{"ip", "{ip}"}}},
                  {"timewindow", {{"number", "{number}"}}},
                  {"uid", {"{uid}"}},
                  {"timestamp", 1654188717.25},
                  {"victim", party("DST", "192.0.2.9", victim_kind, facts)},
                  {"proto", "TCP"},
                  {"id", "{id}"},
                  {"confidence", 0.8}};
    evidence.update(more);
    return evidence;
}

Json score_object(double score, const Json& confidence) { return Json{{"score", score}, {"confidence", confidence}}; }
Json cached_object(const std::string& ip, const Json& facts) {
    return Json::array({Json::array({"HSET", "IPsInfo", ip, facts.dump()})});
}
const Json cached_apart{{"HSET", "IPsInfo:score", "{ip}", "0.8"}, {"HSET", "IPsInfo:confidence", "{ip}", "0.8"}};
const std::string text_confidence = "confidence: 0.8";

/// Commands that store the levels of an attacker in a release.
Json levels(const std::string& ip, const std::string& last, const std::string& highest, bool counted) {
    Json commands = Json::array();
    if (!last.empty()) commands.push_back({"HSET", "profile_" + ip, "threat_level", last});
    if (!highest.empty()) commands.push_back({"HSET", "profile_" + ip, "max_threat_level", highest});
    if (counted) commands.push_back({"HINCRBY", "msgs_published_at_runtime", "evidence_added", "1"});
    return commands;
}

/// Adds what modules of the release store about an attacker with evidence of level high.
Form with_levels(Form form) {
    const auto version = slipsdev::read_version(form.release).value();
    const bool typed = !(version < slipsdev::Version{1, 0, 11});
    const std::string ip = typed ? "{ip}" : "192.0.2.9";
    form.description["levels"] =
        levels(ip, version < slipsdev::Version{0, 9, 6} ? "" : "high",
               version < slipsdev::Version{1, 0, 9} ? "" : "high", !(version < slipsdev::Version{1, 1, 1}));
    if (version < slipsdev::Version{1, 0, 1}) form.description["cached"] = cached_object(ip, score_object(1, 1));
    else if (version < slipsdev::Version{1, 0, 12})
        form.description["cached"] = cached_object(ip, score_object(0.8, text_confidence));
    else if (version < slipsdev::Version{1, 1, 17})
        form.description["cached"] = cached_object(ip, score_object(0.8, 0.8));
    else form.description["cached"] = cached_apart;
    return form;
}

std::vector<Form> forms() {
    const Json category{
        {"category", "ANOMALY_CONNECTION"}, {"port", 4711}, {"source_target_tag", false}, {"conn_count", 1}};
    Json method{{"dst_port", 4711}, {"src_port", nullptr}, {"method", "HEURISTIC"}, {"rel_id", nullptr}};
    Json interface = method;
    interface["interface"] = "default";
    const Json four{"TI", "AS", "rDNS", "SNI"};
    const Json seven{"TI", "AS", "rDNS", "SNI", "DNS_resolution", "queries", "CNAME"};
    const std::string time = "2022/06/02 16:51:57.250000+0000";
    Json with_victim = flat("new", {"{uid}"}, time);
    with_victim["victim"] = "192.0.2.9";
    const auto hash = [](const Json& evidence) {
        return Json{{"store", "hash"}, {"evidence", evidence}, {"causing", true}, {"counted", true}};
    };
    Json stamped = hash(typed("ioc_type", "ioc_type", seven, interface));
    stamped["stamp"] = "1.1.20";
    const std::string log = "alerts.log", detected = ". Detected an odd peer of C";
    return {
        {"0.9.0",
         {{"store", "description"}, {"evidence", flat("old", "{uid}", 1654188717.25)}, {"published", "first"}},
         log,
         detected},
        {"0.9.1", {{"store", "description"}, {"evidence", flat("old", "{uid}", 1654188717.25)}}, log, detected},
        {"0.9.2",
         {{"store", "id"}, {"evidence", flat("old", "{uid}", 1654188717.25)}, {"published", "first"}},
         log,
         detected},
        {"0.9.3", {{"store", "id"}, {"evidence", flat("old", "{uid}", 1654188717.25)}}, log, detected},
        {"0.9.5",
         {{"store", "id"}, {"evidence", flat("old", "{uid}", "2022/06/02 16:51:57")}, {"causing", true}},
         log,
         detected},
        {"1.0.0", {{"store", "id"}, {"evidence", flat("old", "{uid}", time)}, {"causing", true}}, log, detected},
        {"1.0.1", {{"store", "id"}, {"evidence", flat("new", "{uid}", time)}}, log, detected},
        {"1.0.4", {{"store", "id"}, {"evidence", flat("new", {"{uid}"}, time)}, {"causing", true}}, log, detected},
        {"1.0.5",
         {{"store", "id"}, {"evidence", flat("new", {"{uid}"}, time)}, {"causing", true}, {"counted", true}},
         log,
         detected},
        {"1.0.10",
         {{"store", "id"}, {"evidence", with_victim}, {"causing", true}, {"counted", true}},
         log,
         " (TW 1): Src IP "},
        {"1.0.11", hash(typed("attacker_type", "victim_type", Json::array(), category)), log, ". Detected  an odd"},
        {"1.1.1", hash(typed("attacker_type", "victim_type", Json::array(), category)), log, " threat level: high."},
        {"1.1.2", hash(typed("attacker_type", "victim_type", four, method)), log, " threat level: high."},
        {"1.1.12", hash(typed("ioc_type", "ioc_type", seven, method)), log, " threat level: high."},
        {"1.1.18", hash(typed("ioc_type", "ioc_type", seven, interface)), log, " threat level: high."},
        {"1.1.20", stamped, "alerts/alerts.log", " Threat level: high. "},
    };
}

struct Run : Ran {
    Run(const TemporaryFolder& folder, const std::string& release, const Json& form)
        : Ran(folder, {"play", "--slips-version", release, "--flows", demo_log, "--output", folder / "out", "--",
                       "python3", source_dir + "/tests/integration/modules/writer.py", "--form", form.dump()}) {}
};

Form form_of(const std::string& release) {
    for (const Form& form : forms())
        if (form.release == release) return with_levels(form);
    FAIL("no form of " << release);
    return {};
}

}  // namespace

TEST_CASE("--slips-version: evidence in the form of each release is accepted and logged as there") {
    for (const Form& each : forms()) {
        const Form form = with_levels(each);
        CAPTURE(form.release);
        const TemporaryFolder folder;
        const Run run(folder, form.release, form.description);
        CHECK_MESSAGE(run.status == 0, run.out << run.err);
        CHECK(run.prints("4 sent, 4 received, 4 accepted, 0 refused, 0 lost"));
        const std::string log = read_file(folder / ("out/" + form.log));
        CHECK(count(log, "\n") == 4);
        CHECK_MESSAGE(count(log, form.line) == 4, log);
    }
}

TEST_CASE("--slips-version: evidence in the form of another release is refused, and what that Slips does is reported") {
    const auto refused = [](const std::string& release, const std::string& form, const std::string& why) {
        CAPTURE(release);
        const TemporaryFolder folder;
        const Run run(folder, release, form_of(form).description);
        CHECK(run.status == 1);
        CHECK(run.prints("0 accepted, 4 refused"));
        CHECK_MESSAGE(run.reports("refused: "), run.err);
        CHECK_MESSAGE(run.reports(why), run.err);
    };
    refused("1.0.1", "1.0.0", "evidence_type is missing");
    refused("1.0.10", "1.0.5", "victim is missing");
    refused("1.0.10", "1.1.1", "note: Slips 1.0.10 ends its evidence process at such evidence");
    refused("1.1.12", "1.1.2", "attacker has the unknown key attacker_type");
    refused("1.1.12", "1.1.1", "note: Slips 1.1.12 ends its evidence process at such evidence");
    refused("1.1.18", "1.1.12", "note: Slips 1.1.18 drops such evidence with a line in errors.log, and ends");
    refused("1.1.20", "1.1.18", "note: Slips 1.1.20 ignores such evidence");
}

TEST_CASE("--slips-version: what is stored about evidence is judged") {
    const auto faulty = [](const std::string& release, const std::string& key, const Json& value,
                           const std::string& why) {
        CAPTURE(release);
        Json form = form_of(release).description;
        form[key] = value;
        const TemporaryFolder folder;
        const Run run(folder, release, form);
        CHECK(run.status == 1);
        CHECK_MESSAGE(run.reports(why), run.err);
    };
    faulty("1.1.12", "store", "nowhere",
           "not stored in profile_192.168.1.12_timewindow1_evidence before it was published");
    faulty("1.1.12", "causing", false, "its id is not in flows_causing_evidence");
    faulty("1.1.12", "counted", false, "number_of_evidence is 0, but 4 pieces of evidence were published");
    faulty("1.0.10", "store", "nowhere", "not stored under its ID in Evidence of profile_192.168.1.12_timewindow1");
    faulty("1.0.10", "store", "description", "not stored under its ID in Evidence of profile_192.168.1.12_timewindow1");
    faulty("1.0.10", "causing", false, "its ID is not in flows_causing_evidence");
    const auto score = [](const Json& facts) { return Json{{"HSET", "IPsInfo", "{ip}", facts.dump()}}; };
    const Json number{{"score", 0.8}, {"confidence", 0.8}}, text{{"score", 0.8}, {"confidence", "confidence: 0.8"}};
    const Json apart{{"HSET", "IPsInfo:score", "{ip}", "0.8"}};
    faulty("1.1.12", "cached", apart, "keeps the facts about an address in one object of IPsInfo");
    faulty("1.1.18", "cached", score(number), "keeps each fact in IPsInfo:<fact>");
    faulty("1.1.12", "cached", score(text), "has a confidence that is not a number");
    faulty("1.0.10", "cached", score(number), "has a confidence that is not the text \"confidence: <number>\"");
    faulty("1.0.0", "cached", score("x"), "in the cache is not a JSON object");
    for (const auto& [release, cached] :
         {std::pair("1.1.18", apart), {"1.1.12", score(number)}, {"1.0.10", score(text)}, {"1.0.0", score(number)}}) {
        const std::string label(release);
        CAPTURE(label);
        Json form = form_of(release).description;
        for (const Json& command : cached) form["cached"].push_back(command);
        const TemporaryFolder folder;
        CHECK(Run(folder, release, form).status == 0);
    }
    faulty("0.9.0", "store", "nowhere", "not stored under its description");
}

TEST_CASE("--slips-version: what is stored about an attacker is judged") {
    const auto reported = [](const std::string& release, const std::string& key, const Json& value,
                             const std::string& why) {
        CAPTURE(release);
        Json form = form_of(release).description;
        form[key] = value;
        const TemporaryFolder folder;
        const Run run(folder, release, form);
        CHECK(run.status == 1);
        CHECK(run.prints("4 accepted, 0 refused"));
        CHECK_MESSAGE(run.reports(why), run.err);
        CHECK_MESSAGE(count(run.err, "; Slips " + release + " stores ") <= 2, run.err);
    };
    const std::string flat_ip = "192.0.2.9", ip = "{ip}";
    SUBCASE("the last threat level, from 0.9.6 on") {
        const std::string last = " stores that of its last evidence, high";
        reported("1.0.0", "levels", Json::array(), "threat_level of profile_192.0.2.9 is missing; Slips 1.0.0" + last);
        reported("1.0.4", "levels", levels(flat_ip, "low", "", false),
                 "threat_level of profile_192.0.2.9 is low; Slips");
        reported("1.0.11", "levels", levels(ip, "", "high", false),
                 "threat_level of profile_192.168.1.12 is 0; Slips 1.0.11" + last + " (and likewise for 1 more)");
        reported("1.0.11", "levels", levels(ip, "info", "high", false), "threat_level of profile_192.168.1.12 is info");
        reported("1.1.20", "levels", levels(ip, "HIGH", "high", true), "threat_level of profile_192.168.1.12 is HIGH");
    }
    SUBCASE("the highest, from 1.0.9 on") {
        const std::string highest = " stores the highest of its evidence, high";
        reported("1.0.10", "levels", levels(flat_ip, "high", "", false),
                 "max_threat_level of profile_192.0.2.9 is missing; Slips 1.0.10" + highest);
        reported("1.1.18", "levels", levels(ip, "high", "critical", true),
                 "max_threat_level of profile_192.168.1.12 is critical; Slips 1.1.18" + highest);
    }
    SUBCASE("the score") {
        const Json none = Json::array();
        reported("0.9.0", "cached", none, "the score of 192.0.2.9 in the cache is missing; Slips 0.9.0 stores 1");
        reported("1.0.0", "cached", cached_object(flat_ip, score_object(0.8, 1)),
                 "192.0.2.9 in the cache is 0.8; Slips");
        reported("1.0.1", "cached", cached_object(flat_ip, score_object(1, text_confidence)),
                 "the score of 192.0.2.9 in the cache is 1.0; Slips 1.0.1 stores that of its last threat level, 0.8");
        reported("1.0.10", "cached", cached_object(flat_ip, score_object(0.8, "confidence: 0.5")),
                 "the confidence of 192.0.2.9 in the cache is 0.5; Slips 1.0.10 stores that of its last evidence, 0.8");
        reported("1.1.12", "cached", none,
                 "the score of 192.168.1.12 in the cache is missing; Slips 1.1.12 stores that "
                 "of its highest threat level, 0.8");
        reported("1.1.18", "cached", Json::array({cached_apart.at(0)}),
                 "the confidence of 192.168.1.12 in the cache is missing");
        reported("1.1.20", "cached", Json::array({cached_apart.at(1)}),
                 "the score of 192.168.1.12 in the cache is missing");
    }
    SUBCASE("the counter of messages, from 1.1.1 on") {
        for (const std::string release : {"1.1.1", "1.1.20"})
            reported(release, "levels", levels(ip, "high", "high", false),
                     "evidence_added in msgs_published_at_runtime is missing, but 4 pieces of evidence were published");
    }
}

TEST_CASE("--slips-version: evidence after the request to stop is noted if that Slips is likely to lose it") {
    for (const auto& [release, is_lost] : {std::pair("1.0.10", true), {"1.0.12", true}, {"1.1.1", false}}) {
        const std::string label(release);
        CAPTURE(label);
        Json form = form_of(release == std::string("1.0.12") ? "1.1.1" : release).description;
        form["late"] = true;
        const TemporaryFolder folder;
        const Run run(folder, release, form);
        CHECK(run.prints("5 accepted, 0 refused"));
        CHECK_MESSAGE(run.reports("note: 1 accepted after the request to stop: likely lost in Slips " +
                                  std::string(release)) == is_lost,
                      run.err);
    }
}

TEST_CASE("--slips-version: other versions are refused") {
    const TemporaryFolder folder;
    for (const std::string text : {"0.8.5", "newest", "1"}) {
        CAPTURE(text);
        const Run run(folder, text, Json::object());
        CHECK(run.status == 2);
        CHECK(run.reports("--slips-version: " + text + " is not a version of Slips"));
    }
    Json form = form_of("1.1.20").description;
    form["stamp"] = "1.1.30";
    const Run newer(folder, "1.1.30", form);
    CHECK(newer.status == 0);
    CHECK(newer.reports("Slips 1.1.30 is newer than slipsdev knows: played like the newest release known"));
    const Ran older(folder, {"play", "--slips-version", "1.1.12", "--password", "--flows", demo_log, "--output",
                             folder / "out", "--", "prog"});
    CHECK(older.status == 2);
    CHECK(older.reports("--password requires --slips-version 1.1.20 or newer: Slips 1.1.12 has no such feature"));
}

TEST_CASE("check: the version, what shows it, and the limitations of that release") {
    Host::Settings settings;
    settings.slips = Slips::unknown;
    settings.servers.tcp = true;
    Host slips(settings);
    const TemporaryFolder root;
    for (const char* folder : {"modules", "slips_files"}) std::filesystem::create_directories(root / folder);
    const auto checked = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"check", "--redis-port", slips.main.port(), "--cache-port", slips.cache.port()});
        return Ran(root, more);
    };
    SUBCASE("in the database") {
        slips.db.command({"HSET", "analysis", "slips_version", "1.0.10"});
        const Ran run = checked({});
        CHECK(run.prints("ok  it is Slips 1.0.10\n"));
        CHECK(run.prints("ok  the version is 1.0.10, according to slips_version in its database\n"));
        CHECK(run.prints("--  Slips 1.0.10: the evidence process ends together with the modules"));
        CHECK(run.prints("--  Slips 1.0.10: a module whose Python file cannot be imported ends Slips"));
    }
    SUBCASE("with a line feed") {
        slips.db.command({"HSET", "analysis", "slips_version", "1.1.1\n"});
        const Ran run = checked({});
        CHECK(run.prints("ok  it is Slips 1.1.1\n"));
        CHECK_FALSE(run.prints("may be lost"));
    }
    SUBCASE("in the folder, before Slips stores it") {
        root.write("VERSION", "1.1.12\n");
        root.write("slips.py", "");
        slips.db.command({"HSET", "analysis", "output_dir", "output"});
        const Ran run = checked({"--slips-dir", root.path()});
        CHECK(run.prints("ok  " + root.path() + " is Slips 1.1.12\n"));
        CHECK(run.prints("ok  the version is 1.1.12, according to VERSION in its folder\n"));
    }
    SUBCASE("in slips.py") {
        root.write("slips.py", "import sys\n\nversion = '0.9.3'\n");
        const Ran run = checked({"--slips-dir", root.path()});
        CHECK(run.prints("ok  " + root.path() + " is Slips 0.9.3\n"));
        CHECK(run.prints("ok  the version is 0.9.3, according to slips.py in its folder\n"));
        CHECK(run.prints("--  Slips 0.9.3: Redis does not contain the version"));
    }
    SUBCASE("the folder and the database differ") {
        root.write("VERSION", "1.1.12\n");
        slips.db.command({"HSET", "analysis", "slips_version", "1.1.14"});
        const Ran run = checked({"--slips-dir", root.path()});
        CHECK(run.prints("is 1.1.14, but 1.1.12 was expected; check --slips-dir"));
        CHECK(run.prints("ok  the version is 1.1.14, according to slips_version in its database\n"));
    }
    SUBCASE("by form only") {
        slips.db.command({"HSET", "analysis", "output_dir", "output"});
        slips.db.command({"ZADD", "profiles", "1", "profile_10.0.0.1"});
        const Ran run = checked({});
        CHECK(
            run.prints("??  the version of Slips is not known; it is 1.1.18 or newer: its profiles are a sorted set"));
    }
    SUBCASE("by form only: of a release that stores no version") {
        slips.db.command({"HSET", "analysis", "analysis_start", "2022/07/01 10:00:00"});
        const Ran run = checked({});
        CHECK(run.prints("ok  it is legacy Slips\n"));
        CHECK(run.prints("??  the version of Slips is not known; it is 0.9.2 to 0.9.4: its database has the start"));
        CHECK_FALSE(checked({"--slips-version", "0.9.3"}).prints("was expected"));
        const Ran other = checked({"--slips-version", "1.0.10"});
        CHECK(other.prints("is 0.9.2 to 0.9.4: its database has the start of the analysis, but no version, but 1.0.10 "
                           "was expected; check --slips-version"));
        CHECK(other.prints("ok  the version is 1.0.10, according to --slips-version\n"));
    }
    SUBCASE("by option") {
        const Ran run = checked({"--slips-version", "1.0.6"});
        CHECK(run.prints("ok  it is Slips 1.0.6\n"));
        CHECK(run.prints("ok  the version is 1.0.6, according to --slips-version\n"));
    }
    SUBCASE("the option and the database differ: the database counts, as for a module") {
        slips.db.command({"HSET", "analysis", "slips_version", "1.0.10"});
        const Ran run = checked({"--slips-version", "1.1.21"});
        CHECK(run.prints("is 1.0.10, but 1.1.21 was expected; check --slips-version"));
        CHECK(run.prints("ok  the version is 1.0.10, according to slips_version in its database\n"));
        CHECK_FALSE(run.prints("--  Slips 1.1.21"));
    }
    SUBCASE("by option, without Redis, of a newer Slips") {
        const Ran run(root, {"check", "--redis-port", "1", "--cache-port", "1", "--slips-version", "1.1.30"});
        CHECK(run.prints("ok  the version is 1.1.30, according to --slips-version\n"));
        CHECK(run.prints("??  Slips 1.1.30 is newer than"));
    }
}

#endif
