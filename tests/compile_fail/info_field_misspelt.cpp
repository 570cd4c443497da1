// expect g++: has no non-static data member named .descripton.
// expect clang++: field designator .descripton. does not refer to any field in type .*; did you mean .description.?
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .descripton = "does nothing"};
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
