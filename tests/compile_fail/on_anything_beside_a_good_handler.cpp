// expect: slips: on\(const auto&\) accepts everything
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(const slips::NewFlow&) {}
    template <class M>
    void on(M) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
