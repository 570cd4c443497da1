// expect: slips: a setting is a bool, an integer, a double or a std::string; write `slips::Setting<int>`
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::Setting<float> many{.name = "many"};
    static constexpr slips::ModuleInfo info{.name = "detector", .settings = {many}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
