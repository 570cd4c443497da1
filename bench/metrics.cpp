// Calls count() and gauge() of a module many times, beside an empty loop, and prints
// {"names": …, "empty_ns": …, "count_ns": …, "count_run_time_name_ns": …, "gauge_ns": …}, nanoseconds of CPU per call, as JSON.
//
// usage: metrics [CALLS]
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{.name = "counter"};
    void on(const slips::NewFlow&) {}

    using ModuleBase::count;
    using ModuleBase::gauge;
};

/// Keeps the compiler from removing the loop.
void keep(std::uint64_t& value) { asm volatile("" : "+r"(value)); }

template <class Call>
double nanoseconds(std::uint64_t calls, Call&& call) {
    const std::clock_t begin = std::clock();
    for (std::uint64_t i = 0; i < calls; ++i) {
        call(i);
        keep(i);
    }
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / static_cast<double>(calls) * 1e9;
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t calls = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000'000;
    if (calls == 0) return 2;
    slips::testing::Harness<Counter> host;
    host.start();
    Counter& module = host.module();
    constexpr int others = 250;  // names of which the module has up to 256
    for (int i = 0; i < others; ++i) module.count("another_name_of_this_module_" + std::to_string(i));
    const std::string name = "names_of_hosts";
    const double empty = nanoseconds(calls, [](std::uint64_t) {});
    const double count = nanoseconds(calls, [&](std::uint64_t) { module.count("names_checked"); });
    const double by_text = nanoseconds(calls, [&](std::uint64_t) { module.count(name); });
    const double gauge =
        nanoseconds(calls, [&](std::uint64_t i) { module.gauge("names_known", static_cast<double>(i)); });
    std::printf("{\"names\": %d, \"empty_ns\": %.2f, \"count_ns\": %.2f, \"count_run_time_name_ns\": %.2f, "
                "\"gauge_ns\": %.2f}\n",
                others + 3, empty, count, by_text, gauge);
    return host.count_of("names_checked") == calls && host.count_of(name) == calls ? 0 : 1;
}
