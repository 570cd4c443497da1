// A module whose handler takes 300 µs of CPU time, to measure how many flows several processes of it handle (--share).
#include <slips/slips.hpp>

#include <ctime>

namespace {

struct Spinner : slips::Module<Spinner> {
    static constexpr slips::ModuleInfo info{
        .name = "spinner", .description = "needs 300 µs of CPU time for each flow", .authors = "the benchmark"};

    void on(const slips::NewFlow&) {
        const long end = now() + 300'000;
        while (now() < end) {
        }
    }

private:
    /// Returns CPU time in nanoseconds: on a machine that is busy, waiting is no work.
    static long now() {
        std::timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time.tv_sec * 1'000'000'000L + time.tv_nsec;
    }
};

}  // namespace

int main(int argc, char** argv) { return slips::run<Spinner>(argc, argv); }
