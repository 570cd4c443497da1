// expect: slips: info.name must be a word of letters
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "../my_module"};

    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
