#include <slips/slips.hpp>

struct Greeter : slips::Module<Greeter> {
    static constexpr slips::ModuleInfo info{.name = "greeter", .description = "prints who talks to whom"};

    void on(const slips::NewFlow& msg) { print(msg.flow.saddr + " talks to " + msg.flow.daddr); }
};

int main(int argc, char** argv) { return slips::run<Greeter>(argc, argv); }
