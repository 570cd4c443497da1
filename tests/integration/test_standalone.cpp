// A module that was started by hand: it finds Slips, follows it, and ends with it.
#include "host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

using namespace integration;

namespace {

Host::Settings with_ports(Slips slips) { return {.slips = slips, .servers = {.tcp = true}}; }

std::string current_row(const std::string& input, const std::string& port) {
    return "2026/11/21 10:00:00.000000+0000," + input + "," + port + ",4711,zeek,output,4700,False,False\n";
}

/// Slips' own folder, in the form of the generation.
void lay_out(const TemporaryFolder& root, Slips slips, const std::string& list) {
    root.write("slips.py", "");
    if (slips == Slips::current) root.write("VERSION", std::string(version) + "\n");
    root.write(slips == Slips::current ? "running_slips_info.txt" : "used_redis_servers.txt", list);
}

/// Writes what Slips writes before its modules start, so that a module recognises it.
void write_run_state(Host& slips) {
    slips.db.command({"HSET", "analysis", "output_dir", slips.folder.path()});
    slips.db.command({"SET", "will_slips_have_more_flows", "yes"});
}

/// Waits until the module has queried whether Slips has ended and has the answer: evidence comes after it.
void wait_until_watched(Host& slips, const Flow& flow) {
    CHECK(eventually([&] { return slips.db.text({"CLIENT", "LIST"}).find("cmd=hget") != std::string::npos; }));
    slips.publish(flow);
    CHECK(eventually([&] { return slips.stored() == 1; }));
}

}  // namespace

TEST_CASE("--slips-dir finds the port in the files of either generation") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(static_cast<int>(generation));
        Host slips(with_ports(generation));
        const TemporaryFolder root;
        const std::string gone = std::to_string(free_port());
        lay_out(root, generation,
                generation == Slips::current
                    ? current_row("old.pcap", gone) + current_row("a, b.pcap", slips.main.port())
                    : "2022-06-02 16:51:57    new.pcap    " + slips.main.port() +
                          "    12\n"
                          "2022-06-02 16:51:58    old.pcap    " +
                          gone + "    Not found\n");
        auto module = slips.start("detector", {"--slips-dir", root.path(), "--cache-port", slips.cache.port()});
        CHECK(module.says("at 127.0.0.1:" + slips.main.port()));
        CHECK(module.says(generation == Slips::current ? "; Slips 1.1.21 at" : "; legacy Slips at"));
        CHECK(slips.wait_for_listener("new_flow"));
        CHECK(stop(module) == 0);
    }
}

TEST_CASE("--slips-dir reports several running instances, none, or a folder that is not Slips'") {
    Host one(with_ports(Slips::current));
    Host other(with_ports(Slips::current));
    const TemporaryFolder root;
    lay_out(root, Slips::current,
            current_row("first.pcap", one.main.port()) + current_row("second.pcap", other.main.port()));
    auto several = one.start("detector", {"--slips-dir", root.path()});
    CHECK(several.wait() == 2);
    CHECK(several.says("2 instances of Slips may be running in " + root.path() + ": port " + other.main.port() +
                       " (second.pcap), port " + one.main.port() + " (first.pcap); choose one with --redis-port"));

    // one of them has ended: its port is closed
    const Subscriber evidence_handler(other.main.socket(), "evidence_added");
    auto chosen = one.start("detector", {"--slips-dir", root.path(), "--cache-port", other.cache.port()});
    CHECK(other.wait_for_listener("new_flow"));
    CHECK(stop(chosen) == 0);

    root.write("running_slips_info.txt", current_row("old.pcap", std::to_string(free_port())));
    auto none = one.start("detector", {"--slips-dir", root.path()});
    CHECK(none.wait() == 3);
    CHECK(none.says("Slips is not running in " + root.path()));

    const TemporaryFolder empty;
    auto nothing = one.start("detector", {"--slips-dir", empty.path()});
    CHECK(nothing.wait() == 3);
    CHECK(nothing.says(empty.path() + " is not Slips' folder"));
}

TEST_CASE("current: the module ends when no more flows arrive, after handling all of them") {
    Host slips(Slips::current);
    write_run_state(slips);
    auto module = slips.start_hearing("detector");
    {
        const Subscriber evidence_handler(slips.main.socket(), "evidence_added");
        wait_until_watched(slips, {.uid = "C1"});
        slips.db.command({"SET", "will_slips_have_more_flows", "no"});
        // the module sees that only Slips' own subscribers have gone
        CHECK(eventually([&] {
            return slips.db.text({"CLIENT", "LIST"}).find("cmd=pubsub|numsub") != std::string::npos;
        }));
        slips.publish({.uid = "C2"});
        CHECK(eventually([&] { return slips.stored() == 2; }));
    }
    CHECK(module.wait() == 0);
    CHECK(slips.stats()["stopped_by"] == "Slips is over");
}

TEST_CASE("current: the module ends when Slips' process has died, whether its Redis stops or stays") {
    for (const bool redis_stays : {true, false}) {
        CAPTURE(redis_stays);
        Host slips(Slips::current);
        write_run_state(slips);
        ChildProcess main_process({.arguments = {"/bin/sleep", "1000"}});
        slips.db.command({"HSET", "PIDs", "main", std::to_string(main_process.pid())});
        auto module = slips.start_hearing("detector");
        wait_until_watched(slips, {.uid = "C1"});
        main_process.signal(SIGKILL);
        main_process.wait();
        if (!redis_stays) slips.main.kill();
        CHECK(module.wait() == 0);
        CHECK(slips.stats()["stopped_by"] == "Slips is over");
    }
}

TEST_CASE("a module that was started before Slips writes to Slips' log files once Slips runs") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(static_cast<int>(generation));
        Host slips(generation);
        slips.db.command({"FLUSHDB"});
        auto module = slips.start("hooks", slips.over_sockets());
        CHECK(slips.wait_for_listener("new_flow"));
        slips.introduce();
        const std::string log = slips.folder.write("slips.log", "");
        slips.db.command({"SET", "stdout", log});
        slips.db.command({"SET", "stderr", slips.folder.write("errors.log", "")});
        CHECK(eventually([&] {
            slips.publish({.uid = "C1"});
            return read_file(log).find("[hooks] flow C") != std::string::npos;
        }));
        CHECK(stop(module) == 0);
    }
}
