// A module's queries to real servers, and what it stores there.
#include <doctest/doctest.h>

#include <unistd.h>

#include <csignal>

#include "host.hpp"

using namespace integration;

namespace {

void knows_asn(Host& slips, Slips generation, const std::string& ip, const std::string& org) {
    if (generation == Slips::current)
        slips.cache_db.command({"HSET", "IPsInfo:asn", ip, R"({"org": ")" + org + R"(", "number": "AS1"})"});
    else slips.cache_db.command({"HSET", "IPsInfo", ip, R"({"asn": {"asnorg": ")" + org + R"("}})"});
}

}  // namespace

TEST_CASE("a handler reads Slips' database, and the store outlives the module, in both generations") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(static_cast<int>(generation));
        Host slips(generation);
        const Flow flow{.uid = "C1"};
        slips.know(flow);
        knows_asn(slips, generation, flow.daddr, "Neighbours Inc.");
        slips.db.command({"HSET", flow.profile(), "duration", "300.0"});
        auto module = slips.start_hearing("asker");
        CHECK(module.says("store had nothing"));
        slips.publish(flow);
        CHECK(module.says("flow C1: 192.168.1.18 of Neighbours Inc., window of 300.0 s, 0 evidence"));
        CHECK(eventually([&] { return slips.cache_db.text({"HGET", "module_store:asker", "flows"}) == "1"; }));
        CHECK(stop(module) == 0);
        CHECK(slips.stats()["messages"]["handler_errors"] == 0);

        auto again = slips.start_hearing("asker");
        CHECK(again.says("store had 1"));
        CHECK(stop(again) == 0);
    }
}

TEST_CASE("database: TCP, a password, and another database number") {
    Host slips({.slips = Slips::current, .servers = {.tcp = true, .password = "secret"}});
    const Flow flow{.uid = "C1"};
    knows_asn(slips, Slips::current, flow.daddr, "Neighbours Inc.");
    auto arguments = slips.over_tcp();
    auto module = slips.start("asker", arguments, {{"SLIPS_REDIS_PASSWORD", "secret"}});
    CHECK(slips.wait_for_listener("new_flow"));
    slips.publish(flow);
    CHECK(module.says("flow C1: 192.168.1.18 of Neighbours Inc."));
    CHECK(stop(module) == 0);
}

TEST_CASE("sockets that only root may open stay open for queries after root's rights are given up") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can give up root");
        return;
    }
    Host slips(Slips::current);  // in a folder that only root may enter
    knows_asn(slips, Slips::current, "192.168.1.18", "Neighbours Inc.");
    auto module =
        slips.start_hearing("asker", {"--stats", "/dev/null"}, {{"SUDO_UID", "54321"}, {"SUDO_GID", "54322"}});
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1: 192.168.1.18 of Neighbours Inc."));
    CHECK(stop(module) == 0);
}

TEST_CASE("idle connections that broke are reopened silently") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("asker");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1: "));
    for (Client* client : {&slips.db, &slips.cache_db})
        client->command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    CHECK(slips.wait_for_listener("new_flow"));
    slips.publish({.uid = "C2"});
    CHECK(module.says("flow C2: "));
    CHECK(stop(module) == 0);
    CHECK(slips.stats()["messages"]["handler_errors"] == 0);
}

TEST_CASE("an unreachable cache is an error of the handler, reported once, and has no other effect") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("asker");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1: "));
    slips.cache.kill();
    for (const char* uid : {"C2", "C3", "C4"}) slips.publish({.uid = uid, .daddr = std::string("192.0.2.") + uid[1]});
    CHECK(module.says("on(new_flow) threw: cache at " + slips.cache.socket() + ": "));
    slips.cache.start();
    int sent = 0;
    CHECK(eventually([&] {
        const std::string uid = "D" + std::to_string(++sent);
        slips.publish({.uid = uid});
        return eventually([&] { return module.out().find("flow " + uid) != std::string::npos; },
                          std::chrono::milliseconds(100));
    }));
    CHECK(stop(module) == 0);
    const Json messages = slips.stats()["messages"];
    CHECK(messages["handler_errors"] >= 3);
    CHECK(messages["undecodable"] == 0);
}

TEST_CASE("a cache that hangs does not close the connection to the other server, which might not come back") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can give up root");
        return;
    }
    Host slips(Slips::current);  // sockets in a folder that only root may enter
    auto module =
        slips.start_hearing("asker", {"--stats", "/dev/null"}, {{"SUDO_UID", "54321"}, {"SUDO_GID", "54322"}});
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1: "));
    slips.cache.pause();
    slips.publish({.uid = "keep"});  // queries the cache only
    CHECK(module.says("no reply within 2 s"));
    slips.publish({.uid = "profiles"});  // queries the main server only
    CHECK(module.says("flow profiles: 0 profiles"));
    slips.cache.go_on();
    CHECK(stop(module) == 0);
}

TEST_CASE("a query fails after its timeout when a server does not answer") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("asker");
    slips.publish({.uid = "C1"});
    CHECK(module.says("flow C1: "));
    slips.cache.pause();
    slips.publish({.uid = "C2", .daddr = "192.0.2.2"});
    CHECK(module.says("no reply within 2 s"));
    slips.cache.go_on();
    CHECK(stop(module) == 0);
}
