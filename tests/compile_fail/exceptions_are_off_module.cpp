// expect: slips: the SDK reports errors as exceptions: compile without -fno-exceptions
// errors: 1
// options: -fno-exceptions
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::Info info{.name = "detector", .description = "d", .authors = {"a"}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
