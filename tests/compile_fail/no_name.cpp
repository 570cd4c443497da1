// expect: slips: info.name must be a word of letters, digits, '_' and '-'
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.description = "forgot its name"};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
