// expect: slips: no on\(\) takes a message
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on() {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
