// expect: slips: the module has neither a handler nor a hook, so it does nothing; write `void on\(const slips::NewFlow& msg\)`
// errors: 1
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};

    void On(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
