// expect: slips: the module has no info; write `static constexpr slips::ModuleInfo info
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
