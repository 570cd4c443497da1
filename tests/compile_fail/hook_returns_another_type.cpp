// expect g++: conflicting return type specified for .virtual void MyModule::init\(\).
// expect clang++: virtual function .init. has a different return type
// errors: 1
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void init() override {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
