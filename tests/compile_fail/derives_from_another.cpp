// expect: slips: the module must derive from Module of itself; write `struct Detector : slips::Module<Detector>`
#include <slips/slips.hpp>

struct Other;
struct Detector : slips::Module<Other> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
