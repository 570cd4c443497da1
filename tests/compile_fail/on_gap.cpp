// expect: slips: Gap is no message; write .void on_gap\(const slips::Gap&\) override.
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Gap&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
