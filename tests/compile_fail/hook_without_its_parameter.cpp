// expect: slips: this on_gap\(\) is not the hook; write .void on_gap\(const slips::Gap& gap\) override.
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on_gap() {}
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
