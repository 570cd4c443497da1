// expect: slips: info.name must be a word of letters, digits, '_' and '-'; write `.name = \\?"my_module\\?"`
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "my detector"};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
