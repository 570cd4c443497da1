// A module that runs as several processes finds what one finds, also while its connections break.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <list>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "faults.hpp"
#include "host.hpp"

using namespace integration;

namespace {

/// A message, and where it is published.
using Message = std::pair<std::string, std::string>;

/// Returns the messages of a recording of the repository, or of SLIPS_TEST_CAPTURES.
std::vector<Message> recorded(const std::string& path) {
    std::vector<Message> messages;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const Json json = Json::parse(line, nullptr, false);
        if (!json.is_object() || !json["data"].is_string() || json["data"] == "stop_process") continue;
        messages.emplace_back(json["channel"].get<std::string>(), json["data"].get<std::string>());
    }
    REQUIRE(!messages.empty());
    return messages;
}

/// Returns flows of many hosts, in which windows begin and end; some evidence is about the same window.
std::vector<Message> generated(const Host& slips, int flows) {
    std::vector<Message> messages;
    std::mt19937 chance(7);
    const auto pick = [&chance](unsigned end) { return static_cast<int>(chance() % end); };
    for (int i = 0; i < flows; ++i) {
        const int host = pick(60);
        const Flow flow{.uid = "C" + std::to_string(i),
                        .saddr = host < 40 ? "10.0.1." + std::to_string(host) : "fe80::" + std::to_string(host),
                        .state = pick(5) == 0 ? "elsewhere" : "SF",
                        .window = 1 + pick(2)};
        messages.emplace_back("new_flow", slips.payload(flow));
        if (pick(50) == 0) messages.emplace_back("tw_closed", flow.key());
    }
    return messages;
}

/// Writes profile and window of each message, as Slips does before it publishes it.
void know_all(Host& slips, const std::vector<Message>& messages) {
    for (const auto& [channel, data] : messages) {
        Json json = Json::parse(data, nullptr, false);
        if (!json.is_object()) continue;
        std::string saddr;
        if (json.contains("profileid")) saddr = json["profileid"].get<std::string>().substr(8);
        for (const char* const flow : {"flow", "sw_flow"})
            if (saddr.empty() && json.contains(flow) && json[flow].is_object()) saddr = json[flow].value("saddr", "");
        if (saddr.empty()) saddr = json.value("saddr", "");
        if (saddr.empty() || !json.contains("twid")) continue;
        slips.know({.saddr = saddr, .window = std::stoi(json["twid"].get<std::string>().substr(10))});
    }
    slips.know({.saddr = "192.168.1.66"});
}

/// The processes of a module.
class Copies {
public:
    Copies(Host& slips, const std::string& module, int count) : slips_(slips), count_(count) {
        for (int i = 1; i <= count; ++i) {
            std::vector<std::string> share;
            if (count > 1) share = {"--share", std::to_string(i) + "/" + std::to_string(count)};
            copies_.push_back(slips.start_hearing(module, share));
        }
    }
    bool all_run() {
        for (ModuleProcess& copy : copies_)
            if (!copy.runs()) return false;
        return true;
    }
    void stop_all() {
        for (ModuleProcess& copy : copies_) copy.signal(SIGTERM);
        for (ModuleProcess& copy : copies_) CHECK_MESSAGE(copy.wait() == 0, copy.err());
    }
    /// Returns the sum of a counter.
    std::size_t sum(const char* part, const char* name) const {
        std::size_t sum = 0;
        for (int i = 1; i <= count_; ++i) {
            const std::string file = slips_.stats_file() + (count_ > 1 ? "." + std::to_string(i) : "");
            sum += Json::parse(read_file(file))[part][name].get<std::size_t>();
        }
        return sum;
    }
    ModuleProcess& operator[](std::size_t i) { return *std::next(copies_.begin(), static_cast<std::ptrdiff_t>(i)); }

private:
    Host& slips_;
    int count_;
    std::list<ModuleProcess> copies_{};
};

/// Returns key of the window and description of all evidence, and how often each is stored.
std::map<std::string, int> found(Host& slips, bool has_hashes) {
    std::map<std::string, int> all;
    const auto add = [&all](const std::string& key, const Json& evidence) {
        ++all[key + ": " + evidence["description"].get<std::string>()];
    };
    if (has_hashes) {
        for (const std::string& key : slips.db.texts({"KEYS", "profile_*_evidence"}))
            for (const auto& [id, text] : slips.db.pairs({"HGETALL", key}))
                add(key.substr(0, key.size() - 9), Json::parse(text));
    } else {
        for (const std::string& key : slips.db.texts({"KEYS", "profile_*_timewindow*"}))
            if (const std::string text = slips.db.text({"HGET", key, "Evidence"}); !text.empty()) {
                const Json object = Json::parse(text);
                for (const auto& [id, evidence] : object.items()) {
                    const Json one = Json::parse(evidence.get<std::string>());
                    ++all[key + ": " + one.value("description", id)];
                }
            }
    }
    return all;
}

struct Result {
    std::map<std::string, int> evidence{};
    std::size_t received = 0;
    std::size_t handled = 0;
    std::size_t undecodable = 0;
    std::size_t skipped = 0;
    std::map<std::string, std::string> counted{};  ///< by Slips' counter of received messages

    friend bool operator==(const Result&, const Result&) = default;
};

/// Plays the messages to a module of so many processes.
Result play(const Host::Settings& settings, const std::vector<Message>& messages, int count, bool has_hashes) {
    Host slips(settings);
    know_all(slips, messages);
    Copies copies(slips, "counter", count);
    std::vector<Words> words;
    for (const auto& [channel, data] : messages) words.push_back({"PUBLISH", channel, data});
    slips.db.commands(words);
    copies.stop_all();
    Result result;
    result.evidence = found(slips, has_hashes);
    result.received = copies.sum("messages", "received");
    result.handled = copies.sum("messages", "handled");
    result.undecodable = copies.sum("messages", "undecodable");
    result.skipped = copies.sum("messages", "skipped");
    for (const auto& [channel, times] : slips.db.pairs({"HGETALL", "counter_msgs_received_at_runtime"}))
        result.counted[channel] = times;
    return result;
}

void check_recording(const std::string& path, const Host::Settings& settings, bool has_hashes) {
    CAPTURE(path);
    const std::vector<Message> messages = recorded(path);
    const Result one = play(settings, messages, 1, has_hashes);
    Result three = play(settings, messages, 3, has_hashes);
    CHECK(!one.evidence.empty());
    CHECK(one.skipped == 0);
    CHECK(three.skipped == 2 * one.received);  // each message by one process
    three.skipped = 0;
    for (const auto& each : one.evidence) CHECK_MESSAGE(three.evidence[each.first] == each.second, each.first);
    CHECK(three == one);
}

const std::string recordings = SLIPS_TEST_SOURCE_DIR "/tests/data/";

}  // namespace

TEST_CASE("three processes find in every recording what one finds") {
    check_recording(recordings + "messages/current.jsonl", {.slips = Slips::current}, true);
    check_recording(recordings + "examples/network.current.jsonl", {.slips = Slips::current}, true);
    check_recording(recordings + "messages/legacy.jsonl", {.slips = Slips::legacy}, false);
    check_recording(recordings + "examples/network.legacy.jsonl", {.slips = Slips::legacy}, false);
    check_recording(recordings + "messages/slips-1.0.5.jsonl", {.slips = Slips::legacy, .release = "1.0.5"}, false);
    check_recording(recordings + "messages/slips-1.0.10.jsonl", {.slips = Slips::legacy, .release = "1.0.10"}, false);
    check_recording(recordings + "messages/slips-1.1.1.jsonl", {.slips = Slips::legacy, .release = "1.1.1"}, true);
    check_recording(recordings + "messages/slips-1.1.12.jsonl", {.slips = Slips::current, .release = "1.1.12"}, true);
    check_recording(recordings + "messages/slips-1.1.18.jsonl", {.slips = Slips::current, .release = "1.1.18"}, true);
    if (const char* const folder = std::getenv("SLIPS_TEST_CAPTURES")) {
        check_recording(std::string(folder) + "/current-zeek-json.jsonl", {.slips = Slips::current}, true);
        check_recording(std::string(folder) + "/current-argus.jsonl", {.slips = Slips::current}, true);
        check_recording(std::string(folder) + "/legacy-zeek-json.jsonl", {.slips = Slips::legacy}, false);
        check_recording(std::string(folder) + "/legacy-argus.jsonl", {.slips = Slips::legacy}, false);
    }
}

TEST_CASE("three processes store each evidence once while their connections break") {
    const auto check = [](const Host::Settings& settings, bool has_hashes) {
        CAPTURE(settings.release);
        Host slips(settings);
        const std::vector<Message> messages = generated(slips, 2000);
        know_all(slips, messages);
        const Result one = play(settings, messages, 1, has_hashes);
        Copies copies(slips, "counter", 3);
        std::mt19937 chance(3);
        int cuts = 0;
        for (std::size_t next = 0; next < messages.size();) {
            std::vector<Words> words;
            for (const std::size_t end = std::min(messages.size(), next + 1 + chance() % 60); next < end; ++next)
                words.push_back({"PUBLISH", messages[next].first, messages[next].second});
            slips.db.commands(words);
            const std::string commands = " name=counter ";
            REQUIRE(eventually([&] { return slips.db.text({"CLIENT", "LIST"}).find(commands) != std::string::npos; }));
            switch (chance() % 4) {
                case 0: cuts += cut(slips.cache_db, ""); break;
                case 1:
                    slips.db.command({"CONFIG", "SET", "maxmemory", "1"});
                    cuts += cut(slips.db, commands);
                    slips.db.command({"CONFIG", "SET", "maxmemory", "0"});
                    break;
                default: cuts += cut(slips.db, commands);  // not the subscriptions: messages would be missed
            }
            REQUIRE(copies.all_run());
        }
        copies.stop_all();
        MESSAGE(cuts << " connections cut, " << copies.sum("redis", "conflicts") << " conflicts");
        CHECK(cuts > 20);
        CHECK(found(slips, has_hashes) == one.evidence);
        CHECK(copies.sum("evidence", "acknowledged") == copies.sum("evidence", "accepted"));
        CHECK(copies.sum("evidence", "published") == copies.sum("evidence", "accepted"));
        CHECK(copies.sum("evidence", "accepted") == slips.stored());
    };
    check({.slips = Slips::current}, true);
    check({.slips = Slips::legacy, .release = "1.0.10"}, false);
}

TEST_CASE("Slips sees one module: its counters are the sums, and each flow was received by all who subscribe") {
    Host slips(Slips::current);
    Copies copies(slips, "detector", 2);
    for (int i = 0; i < 40; ++i) {
        const Flow flow{.uid = "C" + std::to_string(i), .saddr = "10.0.1." + std::to_string(i)};
        slips.know(flow);
        slips.publish(flow);
    }
    CHECK(eventually([&] { return slips.db.text({"GET", "flows_analyzed_by_all_modules_per_minute"}) == "40"; }));
    CHECK(slips.db.text({"HGET", "detector_msgs_received_at_runtime", "new_flow"}) == "40");
    copies.stop_all();
    CHECK(slips.stored() == 40);
    CHECK(copies.sum("messages", "received") == 40);
    CHECK(copies.sum("messages", "skipped") == 40);
    for (std::size_t i = 0; i < 2; ++i) {
        const std::string label = "[detector] (" + std::to_string(i + 1) + "/2) ";
        CHECK(copies[i].out().starts_with(label + "subscribed to new_flow; share " + std::to_string(i + 1) +
                                          "/2 of the profiles; Slips 1.1.21 at "));
        CHECK(count(copies[i].out(), label) == count(copies[i].out(), "\n"));
    }
}

TEST_CASE("--share: a wrong value is one clear line") {
    Host slips(Slips::current);
    for (const std::string value : {"0/2", "3/2", "1/65", "1", "1/", "/2", "a/b", "1/2/3", "-1/2", "1/0", ""}) {
        CAPTURE(value);
        ModuleProcess module = slips.start("detector", {"--share", value});
        CHECK(module.wait() == 2);
        CHECK(module.err() ==
              "[detector] --share: '" + value +
                  "' is not the number of this process and how many there are, such as 2/4: 1/1 to 64/64\n");
    }
    ModuleProcess module = slips.start("detector", {"--share", "1/2", "--register"});
    CHECK(module.wait() == 2);
    CHECK(module.err() ==
          "[detector] --register is for a module of one process: with --share, Slips would take the first "
          "that ends for all\n");
}
