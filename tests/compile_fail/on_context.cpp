// expect: slips: Context is no message; write .void on\(const slips::NewFlow& msg\)., which converts to one
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Context&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
