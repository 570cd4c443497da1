// expect: slips: a handler takes its message by const reference
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(slips::NewFlow&&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
