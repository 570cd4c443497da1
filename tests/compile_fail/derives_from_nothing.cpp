// expect: slips: the module must derive from Module of itself; write `struct Detector : slips::Module<Detector>`
#include <slips/slips.hpp>

struct MyModule {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
