// expect g++: marked .override., but does not override
// expect clang++: only virtual member functions can be marked .override.
// errors: 1
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(const slips::NewFlow&) {}
    bool inti() override { return true; }
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
