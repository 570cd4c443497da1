// expect: slips: the module must derive from Module of itself
#include <slips/slips.hpp>

class MyModule : slips::Module<MyModule> {
public:
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

public:
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
