// A module's queries to Slips' databases: the commands, the parsing of the answers, and the cache.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <slips/slips.hpp>

#include "slips/database.hpp"

namespace {

using slips::Answer;
using slips::Generation;
using Command = slips::DatabasePort::Command;
using Server = slips::DatabasePort::Server;

/// A query is listed as "main HGET key field".
std::string line(const Command& command) {
    std::string text = command.server == Server::main ? "main" : "cache";
    for (const std::string& word : command.words) text += " " + word;
    return text;
}

/// Answers what the test set up, and nil to everything else.
struct Script : slips::DatabasePort {
    std::map<std::string, Answer> answers{};
    std::vector<std::vector<std::string>> rounds{};

    std::vector<Answer> ask(std::span<const Command> commands) override {
        auto& round = rounds.emplace_back();
        std::vector<Answer> found;
        for (const Command& command : commands) {
            round.push_back(line(command));
            const auto at = answers.find(round.back());
            found.push_back(at == answers.end() ? Answer{} : at->second);
        }
        return found;
    }
};

struct Fixture {
    Script port{};
    std::optional<Generation> generation{Generation::current};
    const slips::detail::Dialect* dialect = nullptr;  ///< instead of the generation's
    slips::Database::Clock::time_point now{};
    slips::Database database{
        port, [this] { return dialect || !generation ? dialect : &slips::detail::dialect_of(*generation); },
        [this] { return now; }};

    void runs(const char* version) {
        dialect = &slips::detail::dialect_of(slips::detail::parse_release(version).value());
        port.answers.clear();
        port.rounds.clear();
        database.forget();
    }

    void knows(const std::string& command, Answer answer) { port.answers[command] = std::move(answer); }
    void knows(const std::string& command, const char* text) { knows(command, Answer::of(text)); }
    void knows(const std::string& command, const std::vector<std::string>& texts) {
        std::vector<Answer> items;
        for (const std::string& text : texts) items.push_back(Answer::of(text));
        knows(command, Answer::list(std::move(items)));
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "database: an address in current Slips") {
    knows("cache HGET IPsInfo:asn 147.32.80.9", R"({"org": "CESNET z.s.p.o.", "number": "AS2852"})");
    knows("cache HGET IPsInfo:reverse_dns 147.32.80.9", "relay.felk.cvut.cz");
    knows("cache HGET IPsInfo:SNI 147.32.80.9",
          R"([{"server_name": "www.felk.cvut.cz", "dport": 443}, {"server_name": "felk.cvut.cz", "dport": 443}])");
    knows(
        "cache HGET IPsInfo:threatintelligence 147.32.80.9",
        R"({"description": "1.48e-05", "source": "AIP_attackers.csv", "threat_level": "medium", "tags": ["phishing", "honeypot"]})");
    knows("cache HGET IPsInfo:geocountry 147.32.80.9", "Czechia");
    knows("cache HGET IPsInfo:score 147.32.80.9", "0.8");
    knows("cache HGET IPsInfo:confidence 147.32.80.9", "1");
    knows(
        "main HGET DNSresolution 147.32.80.9",
        R"({"ts": 1.5, "uid": "C1", "domains": ["relay.felk.cvut.cz"], "resolved-by": ["10.0.2.15"], "timewindows": []})");
    const slips::IpInfo ip = database.get(slips::query::ip("147.32.80.9"));
    CHECK(ip.ip == "147.32.80.9");
    CHECK(ip.as_number == "AS2852");
    CHECK(ip.as_org == "CESNET z.s.p.o.");
    CHECK(ip.reverse_dns == "relay.felk.cvut.cz");
    CHECK(ip.server_names == Texts{"www.felk.cvut.cz", "felk.cvut.cz"});
    CHECK(ip.domains == Texts{"relay.felk.cvut.cz"});
    CHECK(ip.resolved_by == Texts{"10.0.2.15"});
    CHECK(ip.threat_intelligence.source == "AIP_attackers.csv");
    CHECK(ip.threat_intelligence.tags == Texts{"phishing", "honeypot"});
    CHECK(ip.country == "Czechia");
    CHECK(ip.score == 0.8);
    CHECK(ip.confidence == 1.0);
    CHECK(port.rounds.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "database: an address in legacy Slips, all in one object") {
    generation = Generation::legacy;
    knows(
        "cache HGET IPsInfo 147.32.80.9",
        R"({"asn": {"asnorg": "CESNET z.s.p.o.", "timestamp": 1.5}, "geocountry": "Czechia", "reverse_dns": "relay.felk.cvut.cz",
              "SNI": [{"server_name": "www.felk.cvut.cz", "dport": "443"}], "score": 1, "confidence": 1,
              "threatintelligence": {"description": "x", "source": "feed.csv", "tags": "phishing"}})");
    const slips::IpInfo ip = database.get(slips::query::ip("147.32.80.9"));
    CHECK(ip.as_number.empty());
    CHECK(ip.as_org == "CESNET z.s.p.o.");
    CHECK(ip.reverse_dns == "relay.felk.cvut.cz");
    CHECK(ip.server_names == Texts{"www.felk.cvut.cz"});
    CHECK(ip.threat_intelligence.tags == Texts{"phishing"});
    CHECK(ip.country == "Czechia");
    CHECK(ip.score == 1.0);
}

TEST_CASE_FIXTURE(Fixture, "database: an unknown address, or one with invalid values, is empty") {
    for (const Generation each : {Generation::current, Generation::legacy}) {
        generation = each;
        CHECK(database.get(slips::query::ip("192.0.2.1")).as_org.empty());
        for (const char* nonsense :
             {"", "{", "[1, 2", "null", "7", "[[]]", R"({"domains": 3, "SNI": {"server_name": []}})"}) {
            database.forget();
            for (const char* key : {"cache HGET IPsInfo:asn x", "cache HGET IPsInfo:SNI x",
                                    "cache HGET IPsInfo:score x", "cache HGET IPsInfo:threatintelligence x",
                                    "main HGET DNSresolution x", "cache HGET IoC_ips x", "cache HGET IPsInfo x"})
                knows(key, nonsense);
            const slips::IpInfo ip = database.get(slips::query::ip("x"));
            CHECK(ip.as_org.empty());
            CHECK(ip.server_names.empty());
            CHECK(ip.domains.empty());
            CHECK(ip.threat_intelligence.empty());
        }
    }
}

TEST_CASE_FIXTURE(Fixture, "database: a feed lists an address or a domain before Slips has seen it") {
    knows("cache HGET IoC_ips 192.0.2.9", R"({"description": "scanner", "source": "own.csv", "threat_level": "high"})");
    knows("cache HGET IoC_domains evil.example",
          R"({"description": "c2", "source": "own.csv", "tags": "local TI file"})");
    CHECK(database.get(slips::query::ip("192.0.2.9")).threat_intelligence.threat_level == "high");
    CHECK(database.get(slips::query::domain("evil.example")).threat_intelligence.tags == Texts{"local TI file"});
}

TEST_CASE_FIXTURE(Fixture, "database: tags are read as Slips stores them") {
    const std::pair<const char*, Texts> stored[] = {
        {R"("phishing")", {"phishing"}},
        {R"("local TI file")", {"local TI file"}},
        {R"("['phishing','honeypot']")", {"phishing", "honeypot"}},               // legacy
        {R"("['phishing', 'malicious', 'bo")", {"phishing", "malicious", "bo"}},  // truncated to 30 characters
        {R"("['a b'], ['c']")", {"a b", "c"}},                                    // of two feeds
        {R"(["phishing honeypot"])", {"phishing honeypot"}},
        {R"(["a", "b"])", {"a", "b"}},
        {R"(["['a', 'b']", 5, null])", {"a", "b"}},
        {R"("")", {}},
        {"[]", {}},
        {"7", {}},
    };
    for (const auto& one : stored) {
        const std::string tags = one.first;
        CAPTURE(tags);
        database.forget();
        knows("cache HGET IoC_ips x", (R"({"source": "feed", "tags": )" + tags + "}").c_str());
        CHECK(database.get(slips::query::ip("x")).threat_intelligence.tags == one.second);
    }
}

TEST_CASE_FIXTURE(Fixture, "database: a domain") {
    knows("cache HGET DomainsInfo www.example.org",
          R"({"IPs": ["192.0.2.1"], "CNAME": ["example.org"], "threatintelligence": {"source": "feed"}})");
    knows("main HGET DomainsResolved www.example.org", R"(["192.0.2.1", "192.0.2.2"])");
    const slips::DomainInfo domain = database.get(slips::query::domain("www.example.org"));
    CHECK(domain.ips == Texts{"192.0.2.1", "192.0.2.2"});
    CHECK(domain.cnames == Texts{"example.org"});
    CHECK(domain.threat_intelligence.source == "feed");
}

TEST_CASE_FIXTURE(Fixture, "database: all profiles, and a single one") {
    knows("main ZRANGE profiles 0 -1", Texts{"profile_10.0.0.1", "profile_fe80::1"});
    knows("main HGETALL profile_10.0.0.1",
          Texts{"starttime",    "1500.5", "duration",         "3600.0",  "confidence", "0.05",
                "threat_level", "low",    "max_threat_level", "high",    "MAC",        "08:00:27:7e:f9:5b",
                "MAC_vendor",   "PCS",    "host_name",        "john-pc", "IPv6",       R"(["fe80::1"])",
                "dhcp",         "true"});
    CHECK(database.get(slips::query::profiles()) == Texts{"profile_10.0.0.1", "profile_fe80::1"});
    CHECK_FALSE(database.get(slips::query::profile("profile_10.0.0.2")));
    const auto profile = database.get(slips::query::profile("profile_10.0.0.1"));
    REQUIRE(profile);
    CHECK(profile->starttime == 1500.5);
    CHECK(profile->width == 3600.0);
    CHECK(profile->confidence == 0.05);
    CHECK(profile->threat_level == "low");
    CHECK(profile->max_threat_level == "high");
    CHECK(profile->mac == "08:00:27:7e:f9:5b");
    CHECK(profile->mac_vendor == "PCS");
    CHECK(profile->host_name == "john-pc");
    CHECK(profile->ipv4.empty());
    CHECK(profile->ipv6 == Texts{"fe80::1"});
    CHECK(profile->fields.at("dhcp") == "true");

    generation = Generation::legacy;
    knows("main SMEMBERS profiles", Texts{"profile_10.0.0.1"});
    knows("main HGETALL profile_10.0.0.3", Texts{"Vendor", "PCS", "IPv4", "10.0.0.4"});
    CHECK(database.get(slips::query::profiles()) == Texts{"profile_10.0.0.1"});
    CHECK(database.get(slips::query::profile("profile_10.0.0.3"))->mac_vendor == "PCS");
    CHECK(database.get(slips::query::profile("profile_10.0.0.3"))->ipv4 == Texts{"10.0.0.4"});
}

TEST_CASE_FIXTURE(Fixture, "database: time windows") {
    knows("main ZRANGE twsprofile_10.0.0.1 0 -1 WITHSCORES",
          Texts{"timewindow-1", "-3600", "timewindow1", "1500000000.5"});
    knows("main HGET profile_10.0.0.1 duration", "3600");
    knows("main ZSCORE twsprofile_10.0.0.1 timewindow1", "1500000000.5");
    knows("main ZSCORE accumulated_threat_levels profile_10.0.0.1_timewindow1", "2.5");
    knows("main HGET analysis file_start", "1500000000.5");
    const auto windows = database.get(slips::query::windows("profile_10.0.0.1"));
    REQUIRE(windows.size() == 2);
    CHECK(windows[0].twid == "timewindow-1");
    CHECK(windows[1].start == 1500000000.5);
    CHECK(windows[1].end() == 1500003600.5);
    const auto [first, third, unknown] = database.get(slips::query::window("profile_10.0.0.1", "timewindow1"),
                                                      slips::query::window("profile_10.0.0.1", "timewindow3"),
                                                      slips::query::window("profile_x", "timewindow1"));
    CHECK(first.start == 1500000000.5);
    CHECK(first.accumulated_threat_level == 2.5);
    CHECK(third.start == 1500007200.5);
    CHECK_FALSE(unknown.start);
    CHECK_FALSE(unknown.end());
}

TEST_CASE_FIXTURE(Fixture, "database: evidence and alerts of a window") {
    const std::string evidence =
        R"({"evidence_type": "ARP_SCAN", "description": "scans", "attacker": {"direction": "SRC", "ioc_type": "IP", "value": "10.0.0.1"},
            "threat_level": "LOW", "profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 1}, "id": "a", "confidence": 0.5})";
    knows("main HGETALL profile_10.0.0.1_timewindow1_evidence", Texts{"a", evidence, "b", evidence, "c", "{}"});
    knows("main SMEMBERS whitelisted_evidence", Texts{"b"});
    knows("main HGET profile_10.0.0.1_timewindow1 alerts", R"({"alert": "[\"a\", \"b\"]"})");
    const auto [found, alerts] = database.get(slips::query::evidence("profile_10.0.0.1", "timewindow1"),
                                              slips::query::alerts("profile_10.0.0.1", "timewindow1"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].type == "ARP_SCAN");
    CHECK(found[0].attacker.value == "10.0.0.1");
    CHECK(found[0].twid == "timewindow1");
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].id == "alert");
    CHECK(alerts[0].evidence_ids == Texts{"a", "b"});

    generation = Generation::legacy;
    knows(
        "main HGET profile_10.0.0.1_timewindow1 Evidence",
        R"({"scans": "{\"profileid\": \"profile_10.0.0.1\", \"twid\": \"timewindow1\", \"type_evidence\": \"ARPScan\", \"description\": \"scans\", \"ID\": \"a\"}"})");
    knows("main HGETALL alerts",
          Texts{"profile_10.0.0.1_timewindow1_a", R"(["a"])", "profile_10.0.0.1_timewindow12_b", R"(["b"])"});
    const auto [old_evidence, old_alerts] = database.get(slips::query::evidence("profile_10.0.0.1", "timewindow1"),
                                                         slips::query::alerts("profile_10.0.0.1", "timewindow1"));
    REQUIRE(old_evidence.size() == 1);
    CHECK(old_evidence[0].type == "ARPScan");
    REQUIRE(old_alerts.size() == 1);
    CHECK(old_alerts[0].id == "a");
}

TEST_CASE_FIXTURE(Fixture, "database: gateway, host, local networks, ports, blocked addresses") {
    knows("main HGET default_gateway default", R"({"IP": "10.0.0.254"})");
    knows("main ZREVRANGE host_ip_eth0 0 -1", Texts{"10.0.0.7"});
    knows("main HGETALL local_network", Texts{"default", "10.0.0.0/8"});
    knows("cache HGET portinfo 443/tcp", "https");
    knows("main HGETALL BlockedProfTW", Texts{"profile_10.0.0.1", R"(["timewindow1", "timewindow2"])"});
    CHECK(database.get(slips::query::gateway()).ip == "10.0.0.254");
    CHECK(database.get(slips::query::host_ips("eth0")) == Texts{"10.0.0.7"});
    CHECK(database.get(slips::query::local_networks()).at("default") == "10.0.0.0/8");
    CHECK(database.get(slips::query::port_name(443, "TCP")) == "https");
    CHECK(database.get(slips::query::port_name(1, "tcp")).empty());
    CHECK(database.get(slips::query::blocked()).at("profile_10.0.0.1") == Texts{"timewindow1", "timewindow2"});

    generation = Generation::legacy;
    knows("main GET default_gateway", "10.0.0.254");
    knows("main SMEMBERS hostIP", Texts{"10.0.0.7"});
    knows("main SMEMBERS BlockedProfTW", Texts{"profile_fe80::1_timewindow1"});
    CHECK(database.get(slips::query::gateway("eth0")).ip == "10.0.0.254");
    CHECK(database.get(slips::query::host_ips()) == Texts{"10.0.0.7"});
    CHECK(database.get(slips::query::blocked()).at("profile_fe80::1") == Texts{"timewindow1"});
}

TEST_CASE_FIXTURE(Fixture, "database: several queries are one round trip, and answers are cached for their lifetime") {
    database.get(slips::query::gateway(), slips::query::port_name(80, "tcp"), slips::query::profiles());
    REQUIRE(port.rounds.size() == 1);
    CHECK(port.rounds[0] ==
          Texts{"main HGET default_gateway default", "cache HGET portinfo 80/tcp", "main ZRANGE profiles 0 -1"});

    now += slips::Database::age - std::chrono::milliseconds(1);
    database.get(slips::query::port_name(80, "tcp"), slips::query::port_name(81, "tcp"));
    REQUIRE(port.rounds.size() == 2);
    CHECK(port.rounds[1] == Texts{"cache HGET portinfo 81/tcp"});

    now += std::chrono::milliseconds(1);
    knows("cache HGET portinfo 80/tcp", "http");
    CHECK(database.get(slips::query::port_name(80, "tcp")) == "http");
    database.get(slips::query::port_name(80, "tcp"));
    CHECK(port.rounds.size() == 3);
    database.forget();
    database.get(slips::query::port_name(80, "tcp"));
    CHECK(port.rounds.size() == 4);
}

TEST_CASE_FIXTURE(Fixture, "database: the single endless window has no computed start") {
    knows("main HGET profile_10.0.0.1 duration", "9999999999");
    knows("main HGET analysis file_start", "1500000000.5");
    const auto window = database.get(slips::query::window("profile_10.0.0.1", "timewindow1"));
    CHECK(window.width == 9999999999.0);
    CHECK_FALSE(window.start);
}

TEST_CASE_FIXTURE(Fixture, "database: any number of queries of a kind are one round trip") {
    std::vector<slips::Query<std::string>> ports;
    for (int i = 1; i <= 20'000; ++i) ports.push_back(slips::query::port_name(i, "tcp"));
    knows("cache HGET portinfo 20000/tcp", "last");
    const auto names = database.get(ports);
    CHECK(names.size() == 20'000);
    CHECK(names.back() == "last");
    CHECK(port.rounds.size() == 1);
    CHECK(database.get(std::vector<slips::Query<std::string>>{}).empty());
    CHECK(port.rounds.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "database: a Redis error is thrown, names the command, and is not cached") {
    knows("main ZRANGE profiles 0 -1", Answer::error("WRONGTYPE Operation against a key"));
    CHECK_THROWS_WITH_AS(database.get(slips::query::profiles()),
                         "database: ZRANGE profiles: WRONGTYPE Operation against a key", slips::DatabaseError);
    knows("main ZRANGE profiles 0 -1", Texts{"profile_10.0.0.1"});
    CHECK(database.get(slips::query::profiles()).size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "database: nothing is queried while the generation is unknown") {
    generation.reset();
    CHECK_THROWS_AS(database.get(slips::query::profiles()), slips::DatabaseError);
    CHECK(port.rounds.empty());
}

TEST_CASE_FIXTURE(Fixture, "database: a query of the author's own") {
    const slips::Query<std::int64_t> flows{
        [](Generation) {
            return std::vector<Command>{{Server::main, {"GET", "processed_flows_by_profiler_so_far"}}};
        },
        [](Generation, std::span<const Answer> answers) { return std::stoll(answers[0].text); }};
    knows("main GET processed_flows_by_profiler_so_far", "576");
    CHECK(database.get(flows) == 576);
}

TEST_CASE("database: the store queries the module's own hash, each time") {
    Script port;
    slips::Store store(port, "my_module");
    port.answers["cache HGET module_store:my_module model"] = Answer::of("7");
    port.answers["cache HGETALL module_store:my_module"] = Answer::list({Answer::of("model"), Answer::of("7")});
    CHECK(store.get("model") == "7");
    CHECK(store.get("model") == "7");
    CHECK_FALSE(store.get("other"));
    CHECK(store.all() == std::map<std::string, std::string>{{"model", "7"}});
    store.set("a", "b");
    store.set({{"c", "1"}, {"d", "2"}});
    store.set({});
    store.remove("a");
    store.clear();
    REQUIRE(port.rounds.size() == 8);
    CHECK(port.rounds[4] == Texts{"cache HSET module_store:my_module a b"});
    CHECK(port.rounds[5] == Texts{"cache HSET module_store:my_module c 1 d 2"});
    CHECK(port.rounds[6] == Texts{"cache HDEL module_store:my_module a"});
    CHECK(port.rounds[7] == Texts{"cache DEL module_store:my_module"});
    port.answers["cache HSET module_store:my_module a b"] = Answer::error("OOM command not allowed");
    CHECK_THROWS_WITH_AS(store.set("a", "b"), "cache: HSET module_store:my_module: OOM command not allowed",
                         slips::DatabaseError);
}

TEST_CASE_FIXTURE(Fixture,
                  "database: facts about an address are one object up to 1.1.16, and one hash each from 1.1.17 on") {
    for (const char* version : {"0.9.0", "1.0.10", "1.0.12", "1.1.2", "1.1.16"}) {
        CAPTURE(std::string(version));
        runs(version);
        knows(
            "cache HGET IPsInfo 192.0.2.9",
            R"({"asn": {"number": "AS64496", "org": "Example"}, "SNI": [{"server_name": "a.example", "dport": 443}], "score": 0.5})");
        knows("main HGET DNSresolution 192.0.2.9", R"({"domains": ["a.example"], "resolved-by": ["10.0.0.1"]})");
        const slips::IpInfo ip = database.get(slips::query::ip("192.0.2.9"));
        CHECK(ip.as_number == "AS64496");
        CHECK(ip.as_org == "Example");
        CHECK(ip.server_names == Texts{"a.example"});
        CHECK(ip.domains == Texts{"a.example"});
        CHECK(ip.score == 0.5);
    }
    for (const char* version : {"1.1.17", "1.1.18", "1.1.22"}) {
        CAPTURE(std::string(version));
        runs(version);
        knows("cache HGET IPsInfo:asn 192.0.2.9", R"({"number": "AS64496", "org": "Example"})");
        CHECK(database.get(slips::query::ip("192.0.2.9")).as_number == "AS64496");
    }
}

TEST_CASE_FIXTURE(Fixture, "database: the confidence of a score is also the text of 1.0.1 to 1.0.11") {
    runs("1.0.10");
    knows("cache HGET IPsInfo 192.0.2.9", R"({"score": 0.8, "confidence": "confidence: 0.7"})");
    knows("cache HGET IPsInfo 192.0.2.8", R"({"score": 0.8, "confidence": "confidence: high"})");
    CHECK(database.get(slips::query::ip("192.0.2.9")).confidence == 0.7);
    CHECK_FALSE(database.get(slips::query::ip("192.0.2.8")).confidence);
}

TEST_CASE_FIXTURE(Fixture, "database: profiles are a set up to 1.1.17, and a sorted set from 1.1.18 on") {
    for (const char* version : {"0.9.0", "1.1.1", "1.1.17"}) {
        runs(version);
        knows("main SMEMBERS profiles", Texts{"profile_10.0.0.1"});
        CHECK(database.get(slips::query::profiles()) == Texts{"profile_10.0.0.1"});
    }
    for (const char* version : {"1.1.18", "1.1.22"}) {
        runs(version);
        knows("main ZRANGE profiles 0 -1", Texts{"profile_10.0.0.1"});
        CHECK(database.get(slips::query::profiles()) == Texts{"profile_10.0.0.1"});
    }
}

TEST_CASE_FIXTURE(Fixture, "database: a profile's device is in three fields, or in one object in 1.0.1 to 1.0.8") {
    const std::pair<const char*, Texts> stored[] = {
        {"1.0.0", {"MAC", "08:00:27:7e:f9:5b", "Vendor", "PCS", "host_name", "john-pc"}},
        {"1.0.1", {"MAC", R"({"MAC": "08:00:27:7e:f9:5b", "Vendor": "PCS", "host_name": "john-pc"})"}},
        {"1.0.6", {"MAC", R"({"MAC": "08:00:27:7e:f9:5b", "Vendor": "PCS"})", "host_name", "john-pc"}},
        {"1.0.9", {"MAC", "08:00:27:7e:f9:5b", "MAC_vendor", "PCS", "host_name", "john-pc"}},
    };
    for (const auto& [version, fields] : stored) {
        const std::string label(version);
        CAPTURE(label);
        runs(version);
        knows("main HGETALL profile_10.0.0.1", fields);
        const auto profile = database.get(slips::query::profile("profile_10.0.0.1"));
        REQUIRE(profile);
        CHECK(profile->mac == "08:00:27:7e:f9:5b");
        CHECK(profile->mac_vendor == "PCS");
        CHECK(profile->host_name == "john-pc");
    }
}

TEST_CASE_FIXTURE(
    Fixture, "database: a window's start is computed where windows are numbered from the first flow, from 1.0.11 on") {
    for (const auto& [version, computed] : {std::pair("1.0.10", false), std::pair("1.0.11", true)}) {
        const std::string label(version);
        CAPTURE(label);
        runs(version);
        knows("main HGET profile_10.0.0.1 duration", "3600.0");
        knows("main HGET analysis file_start", "1500000000.5");
        const auto window = database.get(slips::query::window("profile_10.0.0.1", "timewindow2"));
        CHECK(window.start.has_value() == computed);
        if (computed) CHECK(window.start == 1500003600.5);
    }
}

TEST_CASE_FIXTURE(Fixture,
                  "database: evidence is by description, by id, or in a hash of its own, and never whitelisted") {
    const std::pair<const char*, const char*> objects[] = {
        {"0.9.1",
         R"({"scans": "{\"type_detection\": \"srcip\", \"detection_info\": \"10.0.0.1\", \"type_evidence\": \"OddPeer\", \"description\": \"scans\", \"ID\": \"a\"}"})"},
        {"0.9.2",
         R"({"a": "{\"type_detection\": \"srcip\", \"detection_info\": \"10.0.0.1\", \"type_evidence\": \"OddPeer\", \"description\": \"scans\", \"ID\": \"a\"}",
             "b": "{\"type_evidence\": \"OddPeer\", \"description\": \"scans\", \"ID\": \"b\"}"})"},
        {"1.0.10",
         R"({"a": "{\"attacker_direction\": \"srcip\", \"attacker\": \"10.0.0.1\", \"evidence_type\": \"OddPeer\", \"description\": \"scans\", \"ID\": \"a\"}",
             "b": "{\"evidence_type\": \"OddPeer\", \"description\": \"scans\", \"ID\": \"b\"}"})"},
    };
    for (const auto& [version, object] : objects) {
        const std::string label(version);
        CAPTURE(label);
        runs(version);
        knows("main HGET profile_10.0.0.1_timewindow1 Evidence", object);
        knows("main SMEMBERS whitelisted_evidence", Texts{"b"});
        const auto found = database.get(slips::query::evidence("profile_10.0.0.1", "timewindow1"));
        REQUIRE(found.size() == 1);
        CHECK(found[0].id == "a");
        CHECK(found[0].type == "OddPeer");
        CHECK(found[0].attacker.value == "10.0.0.1");
    }
    const std::pair<const char*, const char*> hashes[] = {
        {"1.0.11",
         R"({"evidence_type": "ARP_SCAN", "description": "scans", "attacker": {"direction": "SRC", "attacker_type": "IP", "value": "10.0.0.1"},
             "threat_level": "LOW", "profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 1}, "id": "a", "confidence": 0.5})"},
        {"1.1.7",
         R"({"evidence_type": "ARP_SCAN", "description": "scans", "attacker": {"direction": "SRC", "ioc_type": "IP", "value": "10.0.0.1"},
             "threat_level": "LOW", "profile": {"ip": "10.0.0.1"}, "timewindow": {"number": 1}, "id": "a", "confidence": 0.5})"},
    };
    for (const auto& [version, json] : hashes) {
        const std::string label(version);
        CAPTURE(label);
        runs(version);
        knows("main HGETALL profile_10.0.0.1_timewindow1_evidence", Texts{"a", json, "b", R"({"id": "b"})"});
        knows("main SMEMBERS whitelisted_evidence", Texts{"b"});
        const auto found = database.get(slips::query::evidence("profile_10.0.0.1", "timewindow1"));
        REQUIRE(found.size() == 1);
        CHECK(found[0].id == "a");
        CHECK(found[0].attacker.value == "10.0.0.1");
    }
}

TEST_CASE_FIXTURE(Fixture, "database: alerts are in one hash up to 0.9.1, and in their window from 0.9.2 on") {
    runs("0.9.1");
    knows("main HGETALL alerts",
          Texts{"profile_10.0.0.1_timewindow1_x", R"(["a"])", "profile_10.0.0.1_timewindow12_y", "[]"});
    CHECK(database.get(slips::query::alerts("profile_10.0.0.1", "timewindow1")).at(0).id == "x");
    for (const auto& [version, id] : {std::pair("0.9.2", "profile_10.0.0.1_timewindow1_x"),
                                      std::pair("1.1.1", "profile_10.0.0.1_timewindow1_x"), std::pair("1.1.2", "x")}) {
        const std::string label(version);
        CAPTURE(label);
        runs(version);
        knows("main HGET profile_10.0.0.1_timewindow1 alerts",
              ("{\"" + std::string(id) + R"(": "[\"a\", \"b\"]"})").c_str());
        const auto alerts = database.get(slips::query::alerts("profile_10.0.0.1", "timewindow1"));
        REQUIRE(alerts.size() == 1);
        CHECK(alerts[0].id == "x");
        CHECK(alerts[0].evidence_ids == Texts{"a", "b"});
    }
}

TEST_CASE_FIXTURE(Fixture, "database: the gateway is a text, one hash from 0.9.5 on, and by interface from 1.1.15 on") {
    runs("0.9.3");
    knows("main GET default_gateway", "10.0.0.254");
    CHECK(database.get(slips::query::gateway("eth0")).ip == "10.0.0.254");
    for (const char* version : {"0.9.5", "1.1.1", "1.1.2", "1.1.14"}) {
        CAPTURE(std::string(version));
        runs(version);
        knows("main HGETALL default_gateway", Texts{"IP", "10.0.0.254", "MAC", "08:00:27:7e:f9:5b", "Vendor", "PCS"});
        const slips::Gateway gateway = database.get(slips::query::gateway("eth0"));
        CHECK(gateway.ip == "10.0.0.254");
        CHECK(gateway.mac == "08:00:27:7e:f9:5b");
        CHECK(gateway.vendor == "PCS");
    }
    runs("1.1.15");
    knows("main HGET default_gateway eth0", R"({"IP": "10.0.0.254"})");
    CHECK(database.get(slips::query::gateway("eth0")).ip == "10.0.0.254");
}

TEST_CASE_FIXTURE(
    Fixture, "database: the host's addresses are a set, a sorted set from 1.1.2 on, and by interface from 1.1.15 on") {
    for (const char* version : {"0.9.0", "1.1.1"}) {
        runs(version);
        knows("main SMEMBERS hostIP", Texts{"10.0.0.7"});
        CHECK(database.get(slips::query::host_ips("eth0")) == Texts{"10.0.0.7"});
    }
    for (const char* version : {"1.1.2", "1.1.14"}) {
        runs(version);
        knows("main ZREVRANGE host_ip 0 -1", Texts{"10.0.0.8", "10.0.0.7"});
        CHECK(database.get(slips::query::host_ips("eth0")) == Texts{"10.0.0.8", "10.0.0.7"});
    }
    runs("1.1.15");
    knows("main ZREVRANGE host_ip_eth0 0 -1", Texts{"10.0.0.7"});
    CHECK(database.get(slips::query::host_ips("eth0")) == Texts{"10.0.0.7"});
}

TEST_CASE_FIXTURE(Fixture,
                  "database: the local network is unknown up to 1.0.0, a text, and by interface from 1.1.15 on") {
    runs("1.0.0");
    CHECK(database.get(slips::query::local_networks()).empty());
    for (const char* version : {"1.0.1", "1.1.1", "1.1.14"}) {
        CAPTURE(std::string(version));
        runs(version);
        knows("main HGETALL local_network", Answer::error("WRONGTYPE Operation against a key"));
        knows("main GET local_network", "10.0.0.0/8");
        CHECK(database.get(slips::query::local_networks()) ==
              std::map<std::string, std::string>{{"default", "10.0.0.0/8"}});
    }
    runs("1.1.15");
    knows("main HGETALL local_network", Texts{"eth0", "10.0.0.0/8"});
    CHECK(database.get(slips::query::local_networks()).at("eth0") == "10.0.0.0/8");
}

TEST_CASE_FIXTURE(Fixture, "database: blocked windows are a set up to 0.9.3, and by profile from 0.9.5 on") {
    runs("0.9.3");
    knows("main SMEMBERS BlockedProfTW", Texts{"profile_fe80::1_timewindow1"});
    CHECK(database.get(slips::query::blocked()).at("profile_fe80::1") == Texts{"timewindow1"});
    for (const char* version : {"0.9.5", "1.1.1", "1.1.22"}) {
        CAPTURE(std::string(version));
        runs(version);
        knows("main HGETALL BlockedProfTW", Texts{"profile_fe80::1", R"(["timewindow1", "timewindow2"])"});
        CHECK(database.get(slips::query::blocked()).at("profile_fe80::1") == Texts{"timewindow1", "timewindow2"});
    }
}
