// expect: slips: this pre_main\(\) is not the hook; write .bool pre_main\(\) override.
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    static bool pre_main(int) { return true; }
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
