// expect: slips: the module has no info
#include <slips/slips.hpp>

class MyModule : public slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

public:
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
