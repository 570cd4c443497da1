// count(), gauge(): what becomes of them in a test, in --stats and in Redis, and what is refused.
#include "slips/metrics.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "slips/impl/testing/session_driver.hpp"
#include "slips/module.hpp"
#include "slips/testing.hpp"

using namespace std::chrono_literals;
using slips::testing::Failure;
using slips::testing::Harness;
using slips::testing::Settings;

namespace {

/// Does what the test sets.
struct Checker : slips::Module<Checker> {
    static constexpr slips::ModuleInfo info{.name = "checker"};

    std::function<void(Checker&)> on_flow = [](Checker& self) { self.count("names_checked"); };
    std::function<void(Checker&)> at_end = [](Checker&) {};

    void on(const slips::NewFlow&) { on_flow(*this); }
    void shutdown_gracefully() override { at_end(*this); }

    using ModuleBase::count;
    using ModuleBase::gauge;
    using ModuleBase::share;
};

struct Early : slips::Module<Early> {
    static constexpr slips::ModuleInfo info{.name = "early"};
    bool init() override {
        count("starts");
        return true;
    }
    void on(const slips::NewFlow&) {}
};

struct Hasty : slips::Module<Hasty> {
    static constexpr slips::ModuleInfo info{.name = "hasty"};
    Hasty() { count("starts"); }
    void on(const slips::NewFlow&) {}
};

void send_flow(Harness<Checker>& host) { host.send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"}); }

/// Returns what the module has written into Redis; null if nothing.
nlohmann::json written(Harness<Checker>& host) {
    const auto& hashes = host.redis().hashes;
    const auto found = hashes.find("slips_sdk_metrics");
    if (found == hashes.end()) return nullptr;
    CHECK(found->second.size() == 1);
    return nlohmann::json::parse(found->second.at("checker"));
}

std::size_t times_written(const Harness<Checker>& host) {
    std::size_t times = 0;
    for (const std::string& command : host.commands()) times += command.starts_with("HSET slips_sdk_metrics ");
    return times;
}

slips::SessionSettings session_settings() {
    slips::SessionSettings settings;
    settings.module = "checker";
    settings.generation = slips::Generation::current;
    return settings;
}

}  // namespace

TEST_CASE("counts grow, and gauges keep their last value") {
    Harness<Checker> host;
    host.module().on_flow = [](Checker& self) {
        self.count("names_checked");
        self.count(std::string("names_of_") + "hosts", 1'000'000'000'000);
        self.gauge("names_known", static_cast<double>(7));
        self.gauge(std::string_view("load"), 0.25);
        self.gauge("load", -0.5);
        const char* const chosen = self.share().is_whole() ? "one" : "several";
        self.count(chosen);
    };
    CHECK(host.count_of("names_checked") == 0);
    CHECK(host.gauge_of("load") == std::nullopt);
    for (int i = 0; i < 12; ++i) send_flow(host);
    CHECK(host.count_of("names_checked") == 12);
    CHECK(host.count_of("names_of_hosts") == 12'000'000'000'000);
    CHECK(host.gauge_of("names_known") == 7);
    CHECK(host.gauge_of("load") == -0.5);
    CHECK(host.count_of("one") == 12);
    CHECK(host.count_of("load") == 0);
    CHECK(host.gauge_of("names_checked") == std::nullopt);
    CHECK(nlohmann::json::parse(host.stats().json("checker", "current", "SIGTERM"))["metrics"] ==
          nlohmann::json::parse(R"({"counts": {"names_checked": 12, "names_of_hosts": 12000000000000, "one": 12},
                                    "gauges": {"names_known": 7, "load": -0.5}})"));
}

TEST_CASE("counts are unsigned numbers of 64 bits") {
    Harness<Checker> host;
    host.module().on_flow = [](Checker& self) { self.count("most", std::numeric_limits<std::uint64_t>::max()); };
    send_flow(host);
    CHECK(host.count_of("most") == std::numeric_limits<std::uint64_t>::max());
    CHECK(written(host)["counts"]["most"] == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a name that is not known at compile time is the same as the literal") {
    Harness<Checker> host;
    host.module().on_flow = [](Checker& self) {
        static const char elsewhere[] = "names_checked";
        const std::string text = elsewhere;
        self.count("names_checked");
        self.count(text);
        self.count(std::string_view("names_checked_twice").substr(0, 13));
    };
    send_flow(host);
    CHECK(host.count_of("names_checked") == 3);
}

TEST_CASE("metrics are written into Redis at most once a second, and only when they have changed") {
    Harness<Checker> host;
    host.start();
    CHECK(written(host) == nullptr);
    for (int i = 0; i < 5; ++i) send_flow(host);
    CHECK(times_written(host) == 1);
    host.advance(900ms);
    CHECK(times_written(host) == 1);
    CHECK(written(host) == nlohmann::json::parse(R"({"evidence": 0, "counts": {"names_checked": 1}, "gauges": {}})"));
    host.advance(100ms);
    CHECK(times_written(host) == 2);
    CHECK(written(host)["counts"]["names_checked"] == 5);
    host.advance(1h);
    CHECK(times_written(host) == 2);
    for (int i = 0; i < 100; ++i) {
        send_flow(host);
        host.advance(50ms);
    }
    CHECK(times_written(host) == 2 + 1 + 5);  // at once, and after each of five seconds

    host.module().on_flow = [](Checker& self) { self.gauge("names_known", 7); };
    send_flow(host);
    host.advance(1s);
    const std::size_t before = times_written(host);
    send_flow(host);  // the same value
    host.advance(10s);
    CHECK(times_written(host) == before);
    host.module().on_flow = [](Checker& self) { self.gauge("names_known", 8); };
    send_flow(host);
    CHECK(times_written(host) == before + 1);
}

TEST_CASE("the last metrics are written at the stop, those of shutdown_gracefully() included") {
    Harness<Checker> host;
    host.module().at_end = [](Checker& self) { self.gauge("names_left", 3); };
    send_flow(host);
    send_flow(host);
    CHECK(times_written(host) == 1);
    host.stop();
    CHECK(times_written(host) == 2);
    CHECK(written(host) ==
          nlohmann::json::parse(R"({"evidence": 0, "counts": {"names_checked": 2}, "gauges": {"names_left": 3}})"));
}

TEST_CASE("a module without evidence and metrics writes nothing") {
    Harness<Checker> host;
    host.module().on_flow = [](Checker&) {};
    send_flow(host);
    host.advance(1h);
    host.stop();
    CHECK(times_written(host) == 0);
    CHECK(nlohmann::json::parse(host.stats().json("checker", "current", "SIGTERM"))["metrics"] ==
          nlohmann::json::parse(R"({"counts": {}, "gauges": {}})"));
}

TEST_CASE("what cannot be a metric is refused, and the reason is logged") {
    const auto refusal_of = [](std::function<void(Checker&)> call) -> std::string {
        Harness<Checker> host;
        host.module().on_flow = std::move(call);
        try {
            send_flow(host);
        } catch (const Failure& failure) {
            CHECK(times_written(host) == 0);
            return failure.what();
        }
        return "";
    };
    for (const std::string name : {"", "7names", "names-checked", "names checked", "names{a}", "näme", "a\nb"}) {
        CAPTURE(name);
        CHECK(refusal_of([&](Checker& self) { self.count(name); }).find("letters, digits and '_' only") !=
              std::string::npos);
    }
    CHECK(refusal_of([](Checker& self) { self.count(std::string(100, 'a')); }).empty());
    CHECK(refusal_of([](Checker& self) { self.count(std::string(101, 'a')); }).find("100 characters") !=
          std::string::npos);
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -HUGE_VAL})
        CHECK(refusal_of([&](Checker& self) { self.gauge("load", value); }).find("not a finite number") !=
              std::string::npos);

    Harness<Checker> host;
    host.module().on_flow = [](Checker& self) {
        self.gauge("load", 0.5);
        self.gauge("load", std::nan(""));
    };
    CHECK_THROWS_WITH_AS(send_flow(host), doctest::Contains("gauge(\"load\"): the value is not a finite number"),
                         Failure);
    CHECK(host.gauge_of("load") == 0.5);
    host.module().on_flow = [](Checker& self) { self.count("load"); };
    CHECK_THROWS_WITH_AS(send_flow(host),
                         doctest::Contains("count(\"load\"): count() and gauge() need different names"), Failure);
    CHECK(host.gauge_of("load") == 0.5);
}

TEST_CASE("a module has 256 metrics at most") {
    Harness<Checker> host(Settings{.strict = false});
    host.module().on_flow = [](Checker& self) {
        for (int i = 0; i < 300; ++i) self.count("name_" + std::to_string(i), static_cast<std::uint64_t>(i));
    };
    send_flow(host);
    for (int i = 0; i < 300; ++i)
        CHECK(host.count_of("name_" + std::to_string(i)) == static_cast<std::uint64_t>(i < 256 ? i : 0));
    REQUIRE(host.complaints().size() == 44);  // a module logs the first one
    CHECK(host.complaints()[0] == "count(\"name_256\"): the module has 256 metrics already; further ones are left out");
}

TEST_CASE("a refused metric is logged once for each reason") {
    slips::testing::ModuleDriver<Checker> slips(session_settings());
    slips.connect();
    for (int i = 0; i < 1000; ++i) {
        slips.module.count("name " + std::to_string(i));
        slips.module.gauge("load", std::nan(""));
    }
    CHECK(slips.times_said("letters, digits and '_' only") == 1);
    CHECK(slips.times_said("not a finite number") == 1);
}

TEST_CASE("Redis may refuse the metrics: this is logged once, and evidence is stored all the same") {
    slips::testing::ModuleDriver<Checker> slips(session_settings());
    slips.main.hashes["analysis"] = {{"slips_version", slips::tested_slips_version}, {"input_type", "file"}};
    slips.main.instead = [](const slips::testing::Words& words) -> std::optional<slips::Answer> {
        if (words[0] != "HSET" || words[1] != "slips_sdk_metrics") return std::nullopt;
        return slips::Answer::error("NOPERM this user has no permissions to access one of the keys used as arguments");
    };
    slips.connect();
    for (int i = 0; i < 5; ++i) {
        slips.module.count("names_checked");
        slips.run_after(1s);
    }
    CHECK(slips.times_sent("HSET slips_sdk_metrics ") == 5);
    CHECK(slips.times_said("NOPERM") == 1);
    slips.main.zadd("profiles", 0, "profile_10.0.0.1");
    slips.main.zadd("twsprofile_10.0.0.1", 0, "timewindow1");
    slips::Context context;
    context.profileid = "profile_10.0.0.1";
    context.twid = "timewindow1";
    context.uids = {"C1"};
    context.timestamp = 1700000000.0;
    slips::Evidence evidence;
    evidence.type = slips::EvidenceType::long_connection;
    evidence.description = "long";
    evidence.attacker = "10.0.0.1";
    evidence.threat_level = slips::ThreatLevel::low;
    evidence.confidence = 1;
    evidence.category = "Anomaly.Connection";
    CHECK(slips.session.set_evidence(context, evidence));
    slips.run_after(1s);
    CHECK(slips.session.stats().evidence.acknowledged == 1);
}

TEST_CASE("while Redis does not reply, metrics do not pile up; after a lost connection they are written again") {
    slips::testing::ModuleDriver<Checker> slips(session_settings());
    slips.main.hashes["analysis"] = {{"slips_version", slips::tested_slips_version}, {"input_type", "file"}};
    slips.connect();
    slips.module.count("names_checked");
    slips.session.tick(slips.now);
    for (int i = 0; i < 10; ++i) {
        slips.advance(1s);
        slips.module.count("names_checked");
        slips.session.tick(slips.now);
        CHECK(slips.session.deadline(slips.now).value_or(slips.now + 1s) > slips.now);
    }
    slips.run();
    CHECK(slips.times_sent("HSET slips_sdk_metrics ") == 2);
    slips.main_lost();
    slips.main.hashes.erase("slips_sdk_metrics");
    slips.run_after(10s);
    slips.main_up();
    slips.run();
    CHECK(slips.times_sent("HSET slips_sdk_metrics ") == 3);
    CHECK(nlohmann::json::parse(slips.main.hashes["slips_sdk_metrics"]["checker"])["counts"]["names_checked"] == 11);
}

TEST_CASE("each process of a module that runs as several writes its metrics into a field of its own") {
    for (const auto& [index, field] : std::map<int, std::string>{{1, "checker"}, {2, "checker#2"}}) {
        slips::SessionSettings settings = session_settings();
        settings.share = {index, 2};
        slips::testing::ModuleDriver<Checker> slips(settings);
        slips.main.hashes["analysis"] = {{"slips_version", slips::tested_slips_version}, {"input_type", "file"}};
        slips.connect();
        slips.module.count("names_checked");
        slips.run_after(1s);
        CHECK(slips.main.hashes["slips_sdk_metrics"].contains(field));
        CHECK(slips.main.hashes["slips_sdk_metrics"].size() == 1);
    }
}

TEST_CASE("count() and gauge() allocate at the first call for a name only") {
    Harness<Checker> host;
    const std::string text = "a_name_longer_than_any_short_string_of_a_library";
    const auto use = [&text](Checker& self) {
        self.count("names_checked");
        self.count("names_checked", 7);
        self.count(text);
        self.gauge("names_known", 1);
        self.gauge(text + "_2", 2);
    };
    const auto use_again = [&text](Checker& self) {
        for (int i = 0; i < 1000; ++i) {
            self.count("names_checked");
            self.count(text, 7);
            self.gauge("names_known", i);
        }
    };
    host.module().on_flow = use;
    send_flow(host);
    const auto before = allocations_so_far();
    use_again(host.module());
    CHECK(allocations_so_far() == before);
    CHECK(host.count_of(text) == 7001);
}

TEST_CASE("count() and gauge() are refused on another thread") {
    for (const std::string call : {"count()", "gauge()"}) {
        Harness<Checker> host;
        host.start();
        std::thread([&] {
            if (call == "count()") host.module().count("names_checked");
            else host.module().gauge("names_checked", 1);
        }).join();
        CHECK_THROWS_WITH_AS(host.advance(1ms), doctest::Contains((call + " was called from another thread").c_str()),
                             Failure);
        CHECK(host.stats().metrics.empty());
    }
}

TEST_CASE("count() works from init() on, not in the constructor") {
    Harness<Early> host;
    host.start();
    CHECK(host.count_of("starts") == 1);
    CHECK(host.redis().hashes["slips_sdk_metrics"]["early"].find("\"starts\": 1") != std::string::npos);
    CHECK_THROWS_WITH_AS(Harness<Hasty>(), doctest::Contains("count() was called in the constructor"),
                         std::logic_error);
}
