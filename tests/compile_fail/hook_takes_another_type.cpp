// expect g++: marked .override., but does not override
// expect clang++: non-virtual member function marked .override. hides virtual member function
// errors g++: 2
// errors clang++: 1
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on_gap(slips::Gap) override {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
