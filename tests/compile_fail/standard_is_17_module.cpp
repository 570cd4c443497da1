// expect: slips: the SDK requires C\+\+20: compile with -std=c\+\+20
// errors: 1
// standard: c++17
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::Info info{.name = "detector", .description = "d", .authors = {"a"}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
