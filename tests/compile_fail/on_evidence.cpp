// expect: slips: Evidence is what a module sends, no message
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Evidence&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
