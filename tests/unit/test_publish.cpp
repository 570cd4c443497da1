// A module's own messages: stamped and counted as in Slips, refused if they would stop other modules.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "messages.hpp"
#include "session_driver.hpp"
#include "slips/impl/wire/publish.hpp"

namespace wire = slips::wire;
using slips::Generation;
using slips_test::SessionDriver;

namespace {

bool publish(SessionDriver& driver, std::string_view channel, std::string_view text) {
    const bool accepted = driver.session.publish(channel, text, &wire::publishing_fault<>);
    driver.run();
    return accepted;
}

slips::SessionSettings in(Generation generation) {
    auto settings = SessionDriver::settings();
    settings.generation = generation;
    if (generation == Generation::current) settings.slips_version = "1.1.21";
    return settings;
}

std::string fault(std::string_view channel, std::string_view text, Generation generation = Generation::current) {
    return wire::publishing_fault(channel, text, generation);
}

}  // namespace

TEST_CASE("messages are stamped as Slips stamps them") {
    CHECK(wire::stamped("10.0.0.1", "1.1.21") == R"({"text": "10.0.0.1", "version": "1.1.21"})");
    CHECK(wire::stamped(R"({"x": 1})", "1.1.21") == R"({"x": 1, "version": "1.1.21"})");
    CHECK(wire::stamped("{}", "1.1.21") == R"({"version": "1.1.21"})");
    CHECK(wire::stamped("{ }\n", "1.1.21") == R"({ "version": "1.1.21"})");
    CHECK(wire::stamped("bad \xff", "1") == R"({"text": "bad \ufffd", "version": "1"})");
}

TEST_CASE("publishing in current Slips: counted, then published with the version") {
    SessionDriver driver(in(Generation::current));
    driver.connect();
    CHECK(publish(driver, "new_blame", R"({"to": "all"})"));
    CHECK(publish(driver, "new_ip", "10.0.0.1"));
    CHECK(driver.published("new_blame") == std::vector<std::string>{R"({"to": "all", "version": "1.1.21"})"});
    CHECK(driver.published("new_ip") == std::vector<std::string>{R"({"text": "10.0.0.1", "version": "1.1.21"})"});
    CHECK(driver.times_sent("HINCRBY msgs_published_at_runtime new_blame 1") == 1);
    const auto at = [&](std::string_view part) {
        return std::find_if(driver.sent.begin(), driver.sent.end(),
                            [&](const std::string& line) { return line.find(part) != std::string::npos; });
    };
    CHECK(at("msgs_published_at_runtime new_blame") < at("PUBLISH new_blame"));
    CHECK(driver.session.settled());
}

TEST_CASE("what a module publishes has the version as Slips stamps it, with the blanks of its file") {
    SessionDriver driver;
    driver.main.hashes["analysis"]["slips_version"] = "1.1.21 \n";
    driver.connect();
    CHECK(publish(driver, "new_ip", "10.0.0.1"));
    CHECK(driver.published("new_ip") == std::vector<std::string>{R"({"text": "10.0.0.1", "version": "1.1.21 "})"});
}

TEST_CASE("publishing in legacy Slips: the text is unchanged") {
    SessionDriver driver(in(Generation::legacy));
    driver.connect();
    CHECK(publish(driver, "new_ip", "10.0.0.1"));
    CHECK(publish(driver, "new_flow", slips_test::legacy_flow()));
    CHECK(driver.published("new_ip") == std::vector<std::string>{"10.0.0.1"});
    CHECK(driver.published("new_flow") == std::vector<std::string>{slips_test::legacy_flow()});
    CHECK(driver.times_sent("msgs_published_at_runtime") == 0);
}

TEST_CASE("nothing is published before the generation is known, nor while Redis is unreachable") {
    SessionDriver driver;
    driver.connect();
    CHECK_FALSE(publish(driver, "new_ip", "10.0.0.1"));
    CHECK_FALSE(publish(driver, "new_ip", "10.0.0.1"));
    CHECK(driver.times_said("publish(new_ip) refused: the generation") == 1);
    auto settings = SessionDriver::settings();
    settings.generation = Generation::current;
    SessionDriver unversioned(settings);
    unversioned.connect();
    CHECK_FALSE(publish(unversioned, "new_ip", "10.0.0.1"));
    CHECK(unversioned.has_said("publish(new_ip) refused: the version of Slips is not known yet"));
    unversioned.push("new_flow", slips_test::current_flow());
    CHECK(publish(unversioned, "new_ip", "10.0.0.1"));

    SessionDriver away(in(Generation::current));
    away.connect();
    away.main_lost();
    CHECK_FALSE(publish(away, "new_ip", "10.0.0.1"));
    CHECK(away.has_said("publish(new_ip) refused: Redis is unreachable"));
}

TEST_CASE("a text that would stop other modules is refused, reported in one line, and not sent") {
    SessionDriver driver(in(Generation::current));
    driver.connect();
    CHECK_FALSE(publish(driver, "evidence_added", "{}"));
    CHECK(driver.has_said("publish(evidence_added) refused: use set_evidence() instead"));
    CHECK_FALSE(publish(driver, "new_flow", "no flow"));
    CHECK(driver.has_said("publish(new_flow) refused: must be a JSON object"));
    CHECK(driver.times_sent("PUBLISH") == 0);
    CHECK(driver.times_sent("msgs_published_at_runtime") == 0);
}

TEST_CASE("an input module's flow is a line of Zeek's conn.log, in an object with the module's name") {
    using nlohmann::json;
    const json flow = {{"ts", 1654188705.5},      {"uid", "C1"},      {"id.orig_h", "10.0.0.1"}, {"id.orig_p", 1024},
                       {"id.resp_h", "10.0.0.2"}, {"id.resp_p", 443}, {"proto", "tcp"},          {"duration", 0.5},
                       {"conn_state", "SF"}};
    const auto with = [&](const char* key, const json& value) {
        json changed = {{"flow", flow}, {"module", "my_input"}};
        if (value.is_discarded()) changed["flow"].erase(key);
        else changed["flow"][key] = value;
        return fault("new_module_flow", changed.dump());
    };
    const json without(json::value_t::discarded);
    CHECK(with("conn_state", "S0").empty());
    CHECK(with("duration", without).empty());
    CHECK(with("ts", without) == "flow.ts is missing, expected seconds since the epoch");
    CHECK(with("ts", "yesterday") == "flow.ts is missing, expected seconds since the epoch");
    CHECK(with("ts", 0) == "flow.ts is missing, expected seconds since the epoch");
    CHECK(with("uid", without) == "flow.uid is missing, expected text");
    CHECK(with("proto", 6) == "flow.proto is missing, expected text");
    CHECK(with("id.orig_h", without) == "flow.id.orig_h is missing, expected an IP address");
    CHECK(with("id.resp_h", "example.org") == "flow.id.resp_h is missing, expected an IP address");
    for (const char* key : {"id.orig_p", "id.resp_p", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "duration"})
        CHECK(with(key, "many") == "flow." + std::string(key) + " must be a number");
    CHECK(fault("new_module_flow", json{{"flow", flow}}.dump()) ==
          "module is missing, expected the name of the module");
    CHECK(fault("new_module_flow", json{{"flow", flow}, {"module", 5}}.dump()) ==
          "module is missing, expected the name of the module");
    CHECK(fault("new_module_flow", R"({"module": "my_input"})") == "flow must be an object, a line of Zeek's conn.log");
    CHECK(fault("new_module_flow", R"({"module": "my_input", "flow": "{}"})") ==
          "flow must be an object, a line of Zeek's conn.log");
    CHECK(fault("new_module_flow", "stop_process") == R"(must be a JSON object, {"flow": {…}, "module": "name"})");

    SessionDriver driver(in(Generation::current));
    driver.connect();
    CHECK_FALSE(publish(driver, "new_module_flow", flow.dump()));
    CHECK(driver.all_said() ==
          "publish(new_module_flow) refused: module is missing, expected the name of the module\n");
    CHECK(driver.times_sent("new_module_flow") == 0);
    const json whole = {{"flow", flow}, {"module", "my_input"}};
    CHECK(publish(driver, "new_module_flow", whole.dump()));
    json stamped = whole;
    stamped["version"] = "1.1.21";
    REQUIRE(driver.published("new_module_flow").size() == 1);
    CHECK(nlohmann::json::parse(driver.published("new_module_flow")[0]) == stamped);
    CHECK(driver.times_sent("HINCRBY msgs_published_at_runtime new_module_flow 1") == 1);
}

TEST_CASE("publishing_fault() returns why a text cannot be published") {
    CHECK(fault("", "x") == "the channel has no name");
    CHECK(fault("my_channel", "any text").empty());
    CHECK(fault("my_channel", R"({"any": "object"})").empty());
    CHECK(fault("my_channel", R"({"any": )") == "not JSON");
    CHECK(fault("my_channel", R"({"x": NaN})") == "not JSON");
    CHECK(fault("my_channel", "{\"x\": \"\xff\"}") == "not JSON");
    CHECK(fault("my_channel", "{\"x\": " + std::string(1000, '[') + std::string(1000, ']') + "}") == "nested too deep");
    CHECK_FALSE(fault("control_channel", "stop_slips").empty());
    CHECK_FALSE(fault("finished_modules", "other", Generation::legacy).empty());
    CHECK_FALSE(fault("my_channel", "stop_process", Generation::legacy).empty());
    CHECK(fault("my_channel", "\xff", Generation::legacy) == "not UTF-8");
    CHECK(fault("my_channel", "\xc3\xa9 \"x\"\n", Generation::legacy).empty());

    CHECK(fault("new_flow", slips_test::current_flow()).empty());
    CHECK(fault("new_flow", slips_test::legacy_flow()) == "flow must be an object");
    CHECK(fault("new_flow", slips_test::legacy_flow(), Generation::legacy).empty());
    CHECK(fault("new_flow", slips_test::current_flow(), Generation::legacy) ==
          "flow must be JSON text in legacy Slips");
    CHECK(fault("new_flow", R"({"profileid": "p"})") == "twid is missing, expected text");
    CHECK(fault("new_dns", R"({"profileid": "p", "twid": "t", "flow": {}})") == "flow.type_ is missing, expected text");
    CHECK(fault("new_dns", R"({"profileid": "p", "twid": "t", "flow": {"type_": "dns"}})").empty());
    CHECK(fault("new_dns", "example.org") == "must be a JSON object");
    CHECK(fault("new_dns", "example.org", Generation::legacy).empty());
    CHECK(fault("new_ip", "no address") == "the text is not an IP address");
    CHECK(fault("new_alert", "profile_10.0.0.1_timewindow1_a1") == "must be a JSON object");
    CHECK(fault("new_alert", "profile_10.0.0.1_timewindow1_a1", Generation::legacy).empty());
    CHECK(fault("new_alert", R"({"id": "a1"})", Generation::legacy) == "must be plain text");
    CHECK(fault("new_smtp", R"({"saddr": "10.0.0.1", "profileid": "p", "twid": "t"})", Generation::legacy).empty());
}
