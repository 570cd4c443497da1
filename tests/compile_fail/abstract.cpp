// expect: slips: the module has a pure virtual function; give it a body
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::NewFlow&) {}
    virtual void judge() = 0;
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
