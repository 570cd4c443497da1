// expect: slips: info must be a constant; write `static constexpr slips::ModuleInfo info
#include <cstdlib>
#include <slips/slips.hpp>
#include <string_view>

struct MyModule : slips::Module<MyModule> {
    inline static const slips::ModuleInfo info = slips::ModuleInfo{.name = std::string_view(std::getenv("HOME"))};

    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
