// expect: slips: a setting needs a name of its own of lower-case letters, digits and '_', and a default within its limits; write `slips::Setting<int> many
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::Setting<int> many{.name = "many"};
    static constexpr slips::Setting<bool> more{.name = "many"};
    static constexpr slips::ModuleInfo info{.name = "detector", .settings = {many, more}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
