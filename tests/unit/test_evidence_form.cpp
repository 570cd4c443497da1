// The form of evidence in a Slips that is newer, or older, than the SDK: the launcher reports it.
#include "slips/impl/wire/evidence_form.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages.hpp"
#include "session_driver.hpp"
#include "slips/impl/wire/hash_evidence.hpp"

using namespace std::chrono_literals;
using slips::wire::EvidenceForm;
using slips_test::current_flow;
using slips_test::SessionDriver;
using Json = nlohmann::json;

namespace {

/// Returns what the launcher reports of Slips 1.1.22 in which the test module's own type is registered.
Json reported() {
    const Json ioc{{"direction", "SRC"}, {"ioc_type", "IP"},         {"value", "192.0.2.1"}, {"TI", nullptr},
                   {"AS", nullptr},      {"rDNS", nullptr},          {"SNI", nullptr},       {"queries", nullptr},
                   {"CNAME", nullptr},   {"DNS_resolution", nullptr}};
    Json attacker = ioc;
    attacker["profile"] = {{"ip", "192.0.2.1"}};
    const auto keys = [](const Json& object) {
        std::vector<std::string> names;
        for (const auto& [key, value] : object.items()) names.push_back(key);
        return names;
    };
    return {{"unregistered", ""},
            {"types", {"ARP_SCAN", "CONNECTION_TO_PRIVATE_IP", "CONNECTION_TO_LOCAL_DEVICE"}},
            {"threat_levels", {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"}},
            {"methods", {"HEURISTIC", "AI"}},
            {"ioc_types", {"IP", "URL", "DOMAIN", "MD5"}},
            {"directions", {"DST", "SRC"}},
            {"protos", {"TCP", "UDP", "ICMP"}},
            {"attacker", keys(attacker)},
            {"victim", keys(ioc)},
            {"template",
             {{"evidence_type", "ARP_SCAN"}, {"immune_type", nullptr}, {"attacker", attacker}, {"victim", ioc}}}};
}

EvidenceForm form_of(const Json& slips) {
    const auto form = EvidenceForm::from_launcher(Json{{"config", Json::object()}, {"slips", slips}}.dump());
    REQUIRE(form);
    return *form;
}

slips::Context context() {
    slips::Context context;
    context.profileid = "profile_192.168.1.12";
    context.twid = "timewindow1";
    context.uids = {"CUid1"};
    context.timestamp = 1654188705.5;
    context.saddr = "192.168.1.12";
    context.daddr = "192.168.1.18";
    return context;
}

slips::Evidence local_connection(const std::string& daddr) {
    slips::Evidence made = slips_test::local_connection(daddr);
    made.type = slips_test::TestModule::local_device;
    return made;
}

/// A module that Slips started, with the launcher's part: the evidence that the launcher is asked to check.
struct Managed : SessionDriver {
    explicit Managed(const Json& slips = reported(), const std::string& version = "1.1.22")
        : SessionDriver(with_version(version)) {
        connect();
        session.set_evidence_form(
            form_of(slips), [this](std::uint32_t shape, std::string_view json) { shown.emplace_back(shape, json); });
    }

    static slips::SessionSettings with_version(const std::string& version) {
        slips::SessionSettings with = settings();
        with.generation = slips::Generation::current;
        with.slips_version = version;
        return with;
    }
    bool set(slips::Evidence evidence = local_connection("192.168.1.18")) {
        return session.set_evidence(context(), std::move(evidence));
    }
    std::vector<Json> published() {
        run();
        std::vector<Json> found;
        for (const auto& payload : SessionDriver::published("evidence_added")) found.push_back(Json::parse(payload));
        return found;
    }

    std::vector<std::pair<std::uint32_t, std::string>> shown{};
};

}  // namespace

TEST_CASE("evidence form: absent if the launcher reports none, a problem if it is invalid") {
    CHECK_FALSE(EvidenceForm::from_launcher(R"({"config": {}})"));
    CHECK_FALSE(EvidenceForm::from_launcher("no JSON"));
    CHECK(form_of(reported()).problem == "");
    CHECK(form_of({{"problem", "KeyError: 'x'"}}).problem == "KeyError: 'x'");
    for (const char* without : {"template", "attacker", "victim"}) {
        CAPTURE(without);
        Json slips = reported();
        slips.erase(without);
        CHECK(form_of(slips).problem != "");
    }
    for (const Json& odd :
         {Json(7), Json("text"), Json::array(), Json(nullptr), Json{{"template", 7}}, Json{{"problem", 7}}})
        CHECK(form_of(odd).problem != "");
}

TEST_CASE("evidence form: unknown keys are written as Slips writes them, keys that Slips lacks are left out") {
    Json slips = reported();
    slips["template"]["risk_level"] = "LOW \"quoted\"";
    slips["template"]["attacker"]["country"] = {{"name", "x"}};
    slips["template"]["victim"]["country"] = 7;
    slips["victim"].erase(slips["victim"].begin());  // AS, the first in order
    const auto keys = form_of(slips).keys;
    slips::Evidence evidence = slips::complete(local_connection("192.168.1.18"), context());
    const Json written = Json::parse(slips::wire::hash_evidence::encode(evidence, context(), {}, {}, keys));
    CHECK(written["risk_level"] == "LOW \"quoted\"");
    CHECK(written.at("immune_type").is_null());
    CHECK(written["attacker"]["country"]["name"] == "x");
    CHECK(written["victim"]["country"] == 7);
    CHECK_FALSE(written["victim"].contains("AS"));
    CHECK(written["victim"].contains("TI"));
    CHECK(written["attacker"].contains("AS"));
    CHECK(written["attacker"]["profile"]["ip"] == "192.168.1.12");
    CHECK(written["evidence_type"] == "CONNECTION_TO_LOCAL_DEVICE");  // the module's, not the template's
    // with known keys only, nothing changes
    CHECK(slips::wire::hash_evidence::encode(evidence, context(), {}, {}, form_of(reported()).keys) == [&] {
        std::string text = slips::wire::hash_evidence::encode(evidence, context(), {}, {});
        return text.substr(0, text.size() - 1) + ", \"immune_type\": null}";
    }());
}

TEST_CASE("evidence form: the types and enum members of the running Slips decide, not the SDK's table") {
    SUBCASE("a new type can be used, a removed one is refused") {
        Json slips = reported();
        slips["types"] = {"ANOMALOUS_FLOW"};
        Managed module(slips);
        auto evidence = local_connection("192.168.1.18");
        evidence.type = {"ANOMALOUS_FLOW", "AnomalousFlow"};
        CHECK(module.set(evidence));
        evidence.type = slips::EvidenceType::arp_scan;
        CHECK_FALSE(module.set(evidence));
        CHECK(module.times_said(
                  "evidence refused: type: Slips does not know ARP_SCAN, and evidence of an unknown type") == 1);
    }
    SUBCASE("unregistered own types: the alternative is sent, or the refusal names the reason") {
        Json slips = reported();
        slips["types"] = {"CONNECTION_TO_PRIVATE_IP"};
        slips["unregistered"] = "Slips has imported it in a child";
        Managed module(slips);
        auto evidence = local_connection("192.168.1.18");
        evidence.unless_registered = slips::EvidenceType::connection_to_private_ip;
        CHECK(module.set(evidence));
        evidence.unless_registered = {};
        CHECK_FALSE(module.set(evidence));
        CHECK(module.times_said(
                  "Slips does not know CONNECTION_TO_LOCAL_DEVICE (Slips has imported it in a child), and") == 1);
    }
    const auto refused_without = [](const char* names, const char* name, const std::string& why) {
        CAPTURE(name);
        Json slips = reported();
        auto& list = slips[names];
        for (std::size_t i = 0; i < list.size(); ++i)
            if (list[i] == name) list.erase(i);
        Managed module(slips);
        auto evidence = local_connection("192.168.1.18");
        evidence.proto = slips::Proto::tcp;
        CHECK_FALSE(module.set(evidence));
        CHECK(module.times_said("evidence refused: " + why) == 1);
        CHECK(module.shown.empty());
    };
    refused_without("threat_levels", "HIGH", "threat_level: Slips does not know 'HIGH'");
    refused_without("methods", "HEURISTIC", "method: Slips does not know 'HEURISTIC'");
    refused_without("protos", "TCP", "proto: Slips does not know 'TCP'");
    refused_without("ioc_types", "IP", "attacker: Slips does not know 'IP'");
    refused_without("directions", "DST", "victim: Slips does not know 'DST'");
}

TEST_CASE("evidence form: with an invalid form no evidence is sent, one line reports it, and flows are handled") {
    Managed module(Json{{"problem", "ValueError: its evidence needs weather"}});
    int flows = 0;
    module.module.on_flow = [&](const slips::NewFlow&) { ++flows, module.set(); };
    module.push("new_flow", current_flow("C1", "1.1.22"));
    module.push("new_flow", current_flow("C2", "1.1.22"));
    CHECK(flows == 2);
    CHECK(module.published().empty());
    CHECK(module.times_said(
              "evidence refused: form: the evidence format of Slips is unknown: ValueError: its evidence needs "
              "weather; a newer SDK may know it") == 1);
    CHECK(module.session.stats().evidence.refused == 2);
}

TEST_CASE("evidence check: Slips' reader checks one evidence of each shape before any of it is sent") {
    Managed module;
    CHECK(module.set());
    CHECK(module.set(local_connection("192.168.1.19")));
    CHECK(module.published().empty());
    REQUIRE(module.shown.size() == 1);
    CHECK(Json::parse(module.shown[0].second)["description"] == local_connection("192.168.1.18").description);

    SUBCASE("accepted: all waiting evidence is sent, and later evidence does not wait") {
        module.session.checked(module.shown[0].first, "");
        CHECK(module.published().size() == 2);
        CHECK(module.set(local_connection("192.168.1.20")));
        CHECK(module.published().size() == 3);
        CHECK(module.shown.size() == 1);
        auto another = local_connection("192.168.1.21");
        another.threat_level = slips::ThreatLevel::low;
        CHECK(module.set(another));
        CHECK(module.shown.size() == 2);
        CHECK(module.published().size() == 3);
        module.session.checked(module.shown[1].first, "");
        CHECK(module.published().size() == 4);
    }
    SUBCASE("refused: none of that shape is sent, evidence of another shape is") {
        auto another = local_connection("192.168.1.21");
        another.threat_level = slips::ThreatLevel::low;
        CHECK(module.set(another));
        REQUIRE(module.shown.size() == 2);
        module.session.checked(module.shown[0].first, "KeyError: 'risk'");
        CHECK(module.published().empty());  // the other one has no answer yet
        module.session.checked(module.shown[1].first, "");
        REQUIRE(module.published().size() == 1);
        CHECK(module.published()[0]["threat_level"] == "LOW");
        CHECK_FALSE(module.set());
        CHECK(module.times_said(
                  "evidence refused: form: Slips cannot read it, and its evidence handler would end (KeyError: "
                  "'risk'); messages are still handled, a newer SDK may know this Slips") == 1);
        CHECK(module.session.stats().evidence.refused == 1);
        CHECK(module.session.stats().evidence.given_up == 2);
        CHECK(module.session.settled());
    }
    SUBCASE("unexpected and repeated answers have no effect") {
        for (const std::uint32_t shape : {0u, 2u, 4'000'000'000u}) module.session.checked(shape, "");
        CHECK(module.published().empty());
        module.session.checked(1, "");
        module.session.checked(1, "too late");
        CHECK(module.set());
        CHECK(module.published().size() == 3);
    }
    SUBCASE("the launcher has ended: evidence is sent, as if started by hand") {
        module.session.end_checks();
        CHECK(module.published().size() == 2);
        auto another = local_connection("192.168.1.21");
        another.threat_level = slips::ThreatLevel::low;
        CHECK(module.set(another));
        CHECK(module.shown.size() == 1);
        CHECK(module.published().size() == 3);
    }
    SUBCASE("the launcher has ended after a refusal: the refusal still counts") {
        module.session.checked(module.shown[0].first, "KeyError: 'risk'");
        module.session.end_checks();
        CHECK_FALSE(module.set());
        CHECK(module.published().empty());
    }
}

TEST_CASE("evidence check: with the launcher of a newer Slips gone, unchecked evidence is not sent") {
    Managed module(reported(), "1.1.99");
    auto seen = local_connection("192.168.1.20");
    seen.threat_level = slips::ThreatLevel::low;
    CHECK(module.set(seen));
    module.session.checked(module.shown[0].first, "");
    CHECK(module.published().size() == 1);
    CHECK(module.set());
    module.session.end_checks();
    CHECK_FALSE(module.set());
    auto another = local_connection("192.168.1.21");
    another.threat_level = slips::ThreatLevel::medium;
    CHECK_FALSE(module.set(another));
    CHECK(module.published().size() == 1);
    CHECK(module.set(seen));
    CHECK(module.published().size() == 2);
    CHECK(module.session.settled());
    CHECK(module.session.stats().evidence.refused == 2);
    CHECK(module.session.stats().evidence.given_up == 1);
    CHECK(module.times_said("the launcher ended before Slips had read one like it") == 1);
}

TEST_CASE("evidence check: the longest evidence fits the launcher's line") {
    Managed module;
    auto large = local_connection("192.168.1.20");
    large.description = std::string(5 << 20, '\xff');  // six bytes each in JSON
    large.uids.assign(1'000'000, std::string(18, '\x01'));
    large.interface = std::string(16 * 1024, '\xff');
    CHECK(module.set(large));
    REQUIRE(module.shown.size() == 1);
    CHECK(module.shown[0].second.size() < 4 << 20);
    large.related_ids.assign(1001, "0f8fad5b-d9cb-469f-a165-70867728950e");
    CHECK_FALSE(module.set(large));
}

TEST_CASE("evidence check: the launcher's answers are parsed") {
    std::uint32_t number = 0;
    std::string problem;
    CHECK(slips::wire::read_checked(R"({"check": 7, "problem": ""})", number, problem));
    CHECK((number == 7 && problem.empty()));
    CHECK(slips::wire::read_checked(R"({"check": 8, "problem": "KeyError: 'x'"})", number, problem));
    CHECK((number == 8 && problem == "KeyError: 'x'"));
    CHECK(slips::wire::read_checked(R"({"check": 9})", number, problem));
    CHECK(problem == "the launcher gives no reason");  // only an empty text is no problem
    for (const char* line :
         {"", "{", "[]", R"({"check": -1, "problem": ""})", R"({"check": "7"})", R"({"problem": ""})"})
        CHECK_FALSE(slips::wire::read_checked(line, number, problem));
}

TEST_CASE("evidence for a newer major or minor version requires an option if no launcher describes it") {
    struct Case {
        const char* version;
        bool allowed;
        bool works;
    };
    for (const Case& one : {Case{"1.1.99", false, true}, Case{"1.2.0", false, false}, Case{"2.0", false, false},
                            Case{"1.2.0", true, true}, Case{"1.1.22", false, true}}) {
        CAPTURE(one.version);
        slips::SessionSettings with = Managed::with_version(one.version);
        with.standalone = true;
        with.allow_untested = one.allowed;
        with.registered = {"CONNECTION_TO_LOCAL_DEVICE"};
        SessionDriver module(with);
        module.connect();
        CHECK(module.session.set_evidence(context(), local_connection("192.168.1.18")) == one.works);
        CHECK(module.times_said("evidence refused: version: Slips " + std::string(one.version) + " is newer than ") ==
              (one.works ? 0 : 1));
    }
}

TEST_CASE("a module that Slips started keeps to that version, whatever another Slips in the same Redis stamps") {
    Managed module;
    int flows = 0;
    module.module.on_flow = [&](const slips::NewFlow&) { ++flows; };
    module.main.hashes["analysis"] = {{"slips_version", "1.1.23"}};
    module.push("new_flow", current_flow("C1", "1.1.23"));
    module.run_after(2s);
    module.push("new_flow", current_flow("C2", "1.1.23"));
    module.push("new_flow", current_flow("C3", "1.1.22"));
    CHECK(flows == 1);
    CHECK(module.session.slips_version() == "1.1.22");
    CHECK(module.set());
    module.session.checked(1, "");
    REQUIRE(module.published().size() == 1);
    CHECK(module.published()[0]["version"] == "1.1.22");
}

TEST_CASE("a stopping Slips sends no more messages") {
    Managed module;
    const auto begin = module.now;
    module.session.begin_last_messages(module.now);
    const auto ask = [&] {
        module.session.ask_for_more_flows(module.now);
        module.run();
    };
    std::optional<bool> profiler_lives;
    const auto quiet_after = [&](std::chrono::milliseconds time) {
        return module.session.no_more_messages(module.now + time, profiler_lives);
    };
    SUBCASE("its profiler runs: as long as Slips itself waits, except for a profiler that hangs") {
        module.main.strings["will_slips_have_more_flows"] = "yes";
        module.main.hashes["PIDs"]["Profiler"] = "4711";
        ask();
        CHECK(module.session.profiler_pid() == 4711);
        profiler_lives = true;
        CHECK_FALSE(quiet_after(59s));
        CHECK(quiet_after(60s));
        profiler_lives = false;
        CHECK_FALSE(quiet_after(199ms));
        CHECK(quiet_after(200ms));
    }
    SUBCASE("its profiler runs, whatever another Slips in the same Redis reports") {
        module.main.strings["will_slips_have_more_flows"] = "no";
        module.main.hashes["PIDs"]["Profiler"] = "4711";
        module.push("new_flow", current_flow("C1", "1.1.22"));
        module.run();
        CHECK(module.session.profiler_pid() == 4711);  // known since the first message
        module.main.hashes["PIDs"]["Profiler"] = "4712";
        ask();
        CHECK(module.session.profiler_pid() == 4711);
        profiler_lives = true;
        CHECK_FALSE(quiet_after(59s));
    }
    SUBCASE("its profiler is registered under the name in the closed list") {
        module.main.hashes["PIDs"]["profiler"] = "4711";
        ask();
        CHECK(module.session.profiler_pid() == 4711);
    }
    SUBCASE("time spent in a slow handler does not count as silence") {
        module.module.on_flow = [&](const slips::NewFlow&) { module.advance(300ms); };
        module.main.strings["will_slips_have_more_flows"] = "no";
        ask();
        module.push("new_flow", current_flow("C1", "1.1.22"));
        CHECK_FALSE(quiet_after(0ms));
        CHECK(quiet_after(200ms));
    }
    SUBCASE("messages of another Slips in the same Redis do not count") {
        ask();
        module.advance(1500ms);
        module.push("new_flow", current_flow("C1", "1.1.23"));
        CHECK(quiet_after(500ms));
    }
    SUBCASE("its profiler has ended") {
        module.main.strings["will_slips_have_more_flows"] = "no";
        ask();
        CHECK_FALSE(quiet_after(100ms));
        CHECK(quiet_after(200ms));
    }
    SUBCASE("it has more flows, and its profiler's PID is unknown") {
        module.main.strings["will_slips_have_more_flows"] = "yes";
        ask();
        CHECK_FALSE(quiet_after(9s));
        CHECK(quiet_after(10s));
    }
    SUBCASE("it reports nothing") {
        ask();
        CHECK_FALSE(quiet_after(1900ms));
        CHECK(quiet_after(2s));
    }
    SUBCASE("each message restarts the timeout") {
        ask();
        module.advance(1500ms);
        module.push("new_flow", current_flow("C1", "1.1.22"));
        CHECK_FALSE(module.session.no_more_messages(begin + 2s, {}));
        CHECK(quiet_after(2s));
    }
}
