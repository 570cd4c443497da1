// An author's code: handlers that throw, hooks, timers, posted functions, mistakes.
#include "host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

using namespace integration;

namespace {

/// Returns the lines of a module's output that contain the mark, from the mark on.
std::vector<std::string> lines_with(const std::string& text, const std::string& mark) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        if (const std::size_t at = line.find(mark); at != std::string::npos) lines.push_back(line.substr(at));
        begin = end + 1;
    }
    return lines;
}

}  // namespace

TEST_CASE("a throwing handler is reported with channel and flow, counted, and called again") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("thrower");
    slips.know({});
    slips.publish({.uid = "Cbad1", .dport = 666});
    slips.publish({.uid = "Cgood"});
    slips.publish({.uid = "Cbad2", .dport = 666});
    slips.publish({.uid = "Cbad3", .dport = 667});
    slips.publish({.uid = "Cgood"});
    CHECK(stop(module) == 0);
    CHECK(count(module.err(), "on(new_flow) threw: the devil's port (uid Cbad1)") == 1);
    CHECK(count(module.err(), "the devil's port") == 1);
    CHECK(count(module.err(), "on(new_flow) threw something that is not an exception") == 1);
    const Json stats = slips.stats();
    CHECK(stats["messages"]["received"] == 5);
    CHECK(stats["messages"]["handled"] == 2);
    CHECK(stats["messages"]["handler_errors"] == 3);
    CHECK(slips.stored() == 2);
    // counted for every received message
    CHECK(slips.db.text({"HGET", "thrower_msgs_received_at_runtime", "new_flow"}) == "5");
}

TEST_CASE("--strict stops a module when a handler throws, and loses no evidence") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("thrower", {"--strict"});
    slips.know({});
    slips.publish({.uid = "Cgood"});
    slips.publish({.uid = "Cbad", .dport = 666});
    CHECK(module.wait() == 1);
    CHECK(slips.stored() == 1);
    CHECK(slips.stats()["stopped_by"] == "a handler threw (--strict)");
    CHECK(module.err().find("the devil's port (uid Cbad)") != std::string::npos);
}

TEST_CASE("--strict handles no message after the first exception, also of the same batch, and runs the last hook") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("unruly", {"--strict"});
    std::vector<std::vector<std::string>> batch;
    for (const char* uid : {"C1", "Cthrows", "C2", "C3", "Cthrows-at-the-end"})
        batch.push_back({"PUBLISH", "new_flow", slips.payload(Flow{.uid = uid})});
    slips.db.commands(batch);
    CHECK(module.wait() == 1);
    CHECK(count(module.out(), "flow C") == 1);
    CHECK(count(module.err(), "on(new_flow) threw: no such thing (uid Cthrows)") == 1);
    CHECK(slips.stats()["messages"]["handler_errors"] == 1);
    CHECK(slips.stats()["messages"]["handled"] == 1);
}

TEST_CASE("a signal names the handler or hook that does not return") {
    for (const std::string uid : {"Changs", "Changs-at-the-end"}) {
        CAPTURE(uid);
        Host slips(Slips::current);
        auto module = slips.start_hearing("unruly");
        slips.publish({.uid = uid});
        const bool at_the_end = uid == "Changs-at-the-end";
        if (at_the_end) {
            CHECK(module.says("flow " + uid));
            module.signal(SIGTERM);
        }
        CHECK(module.says(at_the_end ? "hangs in the end" : "hangs in the handler"));
        CHECK(count(module.err(), "has not returned") == 0);
        const std::string what = at_the_end ? "shutdown_gracefully()" : "on(new_flow)";
        CHECK(eventually([&] {
            module.signal(SIGTERM);
            return count(module.err(), "[unruly] " + what + " has not returned for 0.") != 0;
        }));
        module.signal(SIGKILL);
        module.wait();
    }
}

TEST_CASE("hooks run in their order, and shutdown() may still set evidence") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks");
    slips.know({});
    slips.publish({.uid = "C1"});
    slips.publish({.uid = "C2"});
    CHECK(stop(module) == 0);
    const std::string out = module.out();
    const std::vector<std::string> in_order{"hook init",        "hook pre_main", "subscribed to new_flow; Slips 1.1.21",
                                            "flow C1",          "flow C2",       "hook shutdown_gracefully",
                                            "stopped (SIGTERM)"};
    std::size_t at = 0;
    for (const std::string& line : in_order) {
        CAPTURE(line);
        const std::size_t next = out.find("[hooks] " + line, at);
        REQUIRE(next != std::string::npos);
        CHECK(count(out, "[hooks] " + line) == 1);
        at = next;
    }
    CHECK(out.find("; hooks: init, pre_main, on_gap, shutdown_gracefully\n") != std::string::npos);
    const auto stored = slips.evidence({});
    REQUIRE(stored.size() == 1);
    CHECK(stored.begin()->second["description"] == "Seen until the end: 192.168.1.18");
    CHECK(stored.begin()->second["uid"] == Json::array({"C2"}));
    CHECK(slips.stats()["evidence"]["acknowledged"] == 1);
}

TEST_CASE("a hook that returns false or throws ends the module with an error message") {
    const struct {
        std::string variable;
        std::string setting;
        std::string expected;
    } cases[] = {{"INIT", "false", "init() returned false: the module does not start"},
                 {"INIT", "throws", "init() threw: no model file"},
                 {"PRE_MAIN", "false", "pre_main() returned false: the module does not start"}};
    for (const auto& one : cases) {
        CAPTURE(one.expected);
        Host slips(Slips::current);
        auto arguments = slips.over_sockets();
        arguments.insert(arguments.end(), {"--stats", slips.stats_file()});
        auto module = slips.start("hooks", arguments, {{one.variable, one.setting}});
        CHECK(module.wait() == 1);
        CHECK(count(module.err(), one.expected) == 1);
        CHECK(module.out().find("subscribed to") == std::string::npos);
        CHECK(slips.listeners("new_flow") == 0);
        CHECK(slips.stats()["messages"]["received"] == 0);
    }
}

TEST_CASE("timers and posted functions run on the loop's thread") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("ticker");
    CHECK(module.says("tick 3 on the loop's thread"));
    CHECK(module.says("posted, together 500500 on the loop's thread"));
    CHECK(module.says("a posted function threw: a bad idea"));
    CHECK(stop(module) == 0);
    CHECK(lines_with(module.out(), "tick ") == std::vector<std::string>{"tick 1 on the loop's thread",
                                                                        "tick 2 on the loop's thread",
                                                                        "tick 3 on the loop's thread"});
    CHECK(module.out().find("an hour") == std::string::npos);
    CHECK(slips.stats()["messages"]["handler_errors"] == 1);
}

TEST_CASE("a RawMessage handler without a subscription, or a subscription without a handler, is an error at start") {
    Host slips(Slips::current);
    auto module = slips.start("forgetful", slips.over_sockets());
    CHECK(module.wait() == 1);
    CHECK(module.err().find("on(const slips::RawMessage&) has no channel; name a channel with subscribe() in init()") !=
          std::string::npos);
    auto cured = slips.start_hearing("forgetful", {}, {{"INIT", "subscribes"}}, "new_ssh");
    CHECK(stop(cured) == 0);
}

TEST_CASE("print() in a constructor is an error that names the right place") {
    Host slips(Slips::current);
    auto module = slips.start("hasty", slips.over_sockets());
    CHECK(module.wait() == 1);
    CHECK(module.err() == "[hasty] slips: print() was called in the constructor, where a module is not connected yet; "
                          "call it in init()\n");
    CHECK(module.out().empty());
}

TEST_CASE("plain texts arrive parsed, in both generations") {
    {
        Host slips(Slips::current);
        auto module = slips.start_hearing("texts", {}, {}, "tw_closed");
        slips.publish("new_profile", R"({"text": "fe80::1", "version": "1.1.21"})");
        slips.publish("tw_closed", R"({"text": "profile_fe80::1_timewindow-3", "version": "1.1.21"})");
        CHECK(stop(module) == 0);
        CHECK(module.out().find("new_profile fe80::1\n") != std::string::npos);
        CHECK(module.out().find("tw_closed profile_fe80::1 timewindow-3\n") != std::string::npos);
    }
    Host slips(Slips::legacy);
    auto module = slips.start_hearing("texts", {"--generation", "legacy"}, {}, "tw_closed");
    slips.publish("new_ip", "10.0.0.1");
    slips.publish("tw_modified", "profile_10.0.0.1:timewindow2");
    slips.publish("dns_info_change", "example.com");
    CHECK(stop(module) == 0);
    CHECK(module.out().find("new_ip 10.0.0.1\n") != std::string::npos);
    CHECK(module.out().find("tw_modified profile_10.0.0.1 timewindow2\n") != std::string::npos);
    CHECK(module.out().find("dns_info_change example.com\n") != std::string::npos);
}

TEST_CASE("what a module prints is written to Slips' log files, with the time format of the generation") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.db.command({"MSET", "stdout", slips.folder / "slips.log", "stderr", slips.folder / "errors.log"});
        slips.folder.write("slips.log", "what Slips wrote\n");
        slips.folder.write("errors.log", "");
        auto module =
            slips.start_hearing("thrower", {"--generation", generation == Slips::legacy ? "legacy" : "current"});
        slips.publish({.uid = "Cbad", .dport = 666});
        CHECK(stop(module) == 0);
        const std::string log = read_file(slips.folder / "slips.log");
        CHECK(log.starts_with("what Slips wrote\n"));
        std::string first;  // of those that follow the warning about root
        for (const std::string& line : lines_with(log, ""))
            if (first.empty() && line.find("] subscribed to ") != std::string::npos) first = line;
        // YYYY/MM/DD HH:MM:SS.ffffff or dd/mm/YYYY-HH:MM:SS
        const std::string form = generation == Slips::legacy ? "dd/dd/dddd-dd:dd:dd " : "dddd/dd/dd dd:dd:dd.dddddd ";
        std::string digits = first.substr(0, form.size());
        std::replace_if(
            digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }, 'd');
        CHECK(digits == form);
        CHECK(first.substr(form.size()).starts_with("[thrower] subscribed to new_flow; "));
        CHECK(read_file(slips.folder / "errors.log").find("the devil's port (uid Cbad)") != std::string::npos);
    }
}

TEST_CASE("log files that cannot be written are reported and do not stop a module") {
    Host slips(Slips::current);
    slips.db.command({"MSET", "stdout", slips.folder / "nowhere/slips.log", "stderr", slips.folder / "errors.log"});
    auto module = slips.start_hearing("detector");
    CHECK(module.says("cannot write Slips' log file " + (slips.folder / "nowhere/slips.log")));
    CHECK(stop(module) == 0);
}

TEST_CASE("a module's folder is created in Slips' output folder, or where --output names") {
    Host slips(Slips::current);
    slips.db.command({"HSET", "analysis", "output_dir", slips.folder / "output"});
    auto one = slips.start_hearing("hooks");
    CHECK(stop(one) == 0);
    CHECK(read_file(slips.folder / "output/hooks/note.txt") == "written after the drop\n");
    auto other = slips.start_hearing("hooks", {"--output", slips.folder / "elsewhere"});
    CHECK(stop(other) == 0);
    CHECK(read_file(slips.folder / "elsewhere/hooks/note.txt") == "written after the drop\n");
}

TEST_CASE("--verbose 0 prints nothing") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("hooks", {"--verbose", "0"});
    CHECK(stop(module) == 0);
    CHECK(module.out().empty());
}
