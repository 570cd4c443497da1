// expect: slips: the module has no info
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr const char* info = "my_module";

    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
