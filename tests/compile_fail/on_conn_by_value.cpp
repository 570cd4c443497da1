// expect: slips: Conn is a part of a message, no message
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(slips::Conn) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
