// count(), gauge() and the log functions of a running module: what Redis holds, and what the user sees.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "host.hpp"

using namespace integration;

namespace {

/// Returns the module's field in the hash of metrics; null if there is none.
Json metrics(Host& slips, const std::string& module) {
    const auto reply = slips.db.command({"HGET", "slips_sdk_metrics", module});
    return reply.text.empty() ? Json() : Json::parse(reply.text);
}

long long calls_of_hset(Host& slips) {
    const std::string info = slips.db.command({"INFO", "commandstats"}).text;
    const std::size_t at = info.find("cmdstat_hset:calls=");
    return at == std::string::npos ? 0 : std::stoll(info.substr(at + 19));
}

}  // namespace

TEST_CASE("the metrics of a module are in Redis while it runs, and complete when it has stopped") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::current);
        Host slips(generation);
        auto module = slips.start_hearing("metered");
        CHECK(slips.db.command({"EXISTS", "slips_sdk_metrics"}).integer == 0);
        for (int i = 0; i < 12; ++i) slips.publish({.uid = "C" + std::to_string(i), .dport = 80 + i});
        CHECK(module.says("flow C11"));
        CHECK(eventually([&] { return metrics(slips, "metered")["counts"]["flows"] == 12; }));
        CHECK(metrics(slips, "metered") ==
              Json::parse(R"({"evidence": 0, "counts": {"flows": 12}, "gauges": {"last_port": 91}})"));
        slips.publish({.uid = "Clast", .dport = 22});
        CHECK(module.says("flow Clast"));
        CHECK(stop(module) == 0);
        Json last = Json::parse(R"({"evidence": 0, "counts": {"flows": 13, "ends": 1}, "gauges": {"last_port": 22}})");
        CHECK(metrics(slips, "metered") == last);
        last.erase("evidence");
        CHECK(slips.stats()["metrics"] == last);
        CHECK(slips.db.command({"HLEN", "slips_sdk_metrics"}).integer == 1);
        CHECK(count(module.err(), "Redis refuses") == 0);
    }
}

TEST_CASE("metrics are written once a second, however often they change") {
    Host slips(Slips::current);
    slips.db.command({"CONFIG", "RESETSTAT"});
    auto module = slips.start_hearing("metered");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 2000; ++i) slips.publish({.uid = "C" + std::to_string(i)});
    CHECK(module.says("flow C1999"));
    CHECK(stop(module) == 0);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(metrics(slips, "metered")["counts"]["flows"] == 2000);
    CHECK(static_cast<double>(calls_of_hset(slips)) <= seconds + 2);  // the first and the last one
}

TEST_CASE("a module that counts nothing writes the number of its evidence, once it has set some") {
    Host slips(Slips::current);
    auto module = slips.start_hearing("detector");
    slips.know({});
    CHECK(slips.db.command({"EXISTS", "slips_sdk_metrics"}).integer == 0);
    slips.publish({.uid = "C1"});
    CHECK(eventually([&] { return slips.stored() == 1; }));
    const Json expected = Json::parse(R"({"evidence": 1, "counts": {}, "gauges": {}})");
    CHECK(eventually([&] { return metrics(slips, "detector") == expected; }));
    slips.publish({.uid = "C2"});
    CHECK(eventually([&] { return slips.stored() == 2; }));
    CHECK(stop(module) == 0);
    CHECK(metrics(slips, "detector")["evidence"] == 2);
    CHECK(slips.stats()["metrics"] == Json::parse(R"({"counts": {}, "gauges": {}})"));
}

TEST_CASE("a user without the right to the metrics' key works all the same, and one line reports it") {
    Host slips(Slips::current);
    slips.introduce();
    // HSET needs the right to its key: all keys but those that begin with "slips_s"
    slips.db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~[^s]*", "~s[^l]*", "&*", "+@all"});
    slips.cache_db.command({"ACL", "SETUSER", "slips", "on", ">secret", "~*", "&*", "+@all"});
    auto module =
        slips.start_hearing("metered", {}, {{"SLIPS_REDIS_USER", "slips"}, {"SLIPS_REDIS_PASSWORD", "secret"}});
    slips.publish({.uid = "C1"});
    CHECK(module.says("Redis refuses to count or publish for this module: NOPERM"));
    slips.publish({.uid = "C2"});
    CHECK(module.says("flow C2"));
    CHECK(stop(module) == 0);
    CHECK_MESSAGE(count(module.err(), "NOPERM") == 1, module.err());
    CHECK(slips.stats()["metrics"]["counts"]["flows"] == 2);
}

TEST_CASE("errors and warnings of a module started by hand are on the terminal and in Slips' log files") {
    Host slips(Slips::current);
    slips.introduce();
    slips.db.command(
        {"MSET", "stdout", slips.folder.write("slips.log", ""), "stderr", slips.folder.write("errors.log", "")});
    auto module = slips.start_hearing("metered", {"--debug", "3"});
    slips.publish({.uid = "Clog"});
    CHECK(module.says("[metered] a detail\n"));
    CHECK(stop(module) == 0);
    CHECK(module.err().ends_with("[metered] an error\n[metered] in two \\x1b lines\n[metered] Warning: a warning\n"));
    CHECK(count(module.out(), "; module version 1.10.0\n") == 1);
    const std::string log = read_file(slips.folder / "slips.log"), errors = read_file(slips.folder / "errors.log");
    CHECK(count(errors, "[metered] an error\n") == 1);
    CHECK(count(errors, "[metered] in two \\x1b lines\n") == 1);
    CHECK(count(errors, "warning") == 0);
    CHECK(count(log, "[metered] Warning: a warning\n") == 1);
    CHECK(count(log, "[metered] a detail\n") == 1);
}
