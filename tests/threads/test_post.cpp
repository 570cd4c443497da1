// post() is the only call that any thread may make: many threads post at once, while the loop runs the functions, while a
// module runs and after its end. Small, so that it can be built alone for the thread sanitizer.
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "slips/impl/program/signals.hpp"
#include "slips/impl/session/timers.hpp"
#include "slips/slips.hpp"
#include "slips/testing.hpp"

namespace {

struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{.name = "counter"};
    void on(const slips::NewFlow&) { ++flows; }
    int flows = 0;
    int posted = 0;  // only used on the loop's thread: no lock
};

constexpr int threads = 4;
constexpr int times = 2'000;

}  // namespace

TEST_CASE("functions posted by many threads run on the loop's thread, each once") {
    slips::testing::Harness<Counter> host;
    host.start();
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
        workers.emplace_back([&host] {
            for (int k = 0; k < times; ++k) host.module().post([&host] { ++host.module().posted; });
        });
    for (int i = 0; i < 200; ++i) host.send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"});
    host.wait_until([&] { return host.module().posted == threads * times; });
    for (std::thread& worker : workers) worker.join();
    CHECK(host.module().flows == 200);
    CHECK(host.module().posted == threads * times);
}

TEST_CASE("threads may post while the module stops and after its end") {
    for (int round = 0; round < 50; ++round) {
        auto posted = std::make_shared<slips::detail::Posted>();
        std::atomic<bool> go_on{true};
        int woken = 0;  // guarded by the lock
        posted->set_wake([&woken] { ++woken; });
        std::vector<std::thread> workers;
        for (int i = 0; i < threads; ++i)
            workers.emplace_back([posted, &go_on] {
                while (go_on) posted->post([] {});
            });
        for (int k = 0; k < 20; ++k)
            for (const auto& action : posted->take()) action();
        posted->close();
        const int before = woken;
        CHECK(posted->take().empty());
        go_on = false;
        for (std::thread& worker : workers) worker.join();
        CHECK(woken == before);
    }
}

TEST_CASE("any thread, and a signal, wakes the loop") {
    slips::detail::WakePipe wake;
    REQUIRE(wake.good());
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
        workers.emplace_back([&wake] {
            for (int k = 0; k < times; ++k) wake.wake();
        });
    CHECK(wake.drain() == nullptr);
    for (std::thread& worker : workers) worker.join();
    wake.drain();
    ::raise(SIGTERM);
    const char* const signal = wake.drain();
    REQUIRE(signal != nullptr);
    CHECK(std::string(signal) == "SIGTERM");
    CHECK_FALSE(wake.repeated());
}
