// A module in a project that uses the SDK.
#include <slips/slips.hpp>

struct Consumer : slips::Module<Consumer> {
    static constexpr slips::ModuleInfo info{.name = SLIPS_MODULE_NAME, .description = "listens", .authors = "tests"};

    void on(const slips::NewFlow& msg) { print(msg.flow.saddr); }
};

int main(int argc, char** argv) { return slips::run<Consumer>(argc, argv); }
