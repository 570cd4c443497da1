// expect: slips: this shutdown_gracefully\(\) is not the hook; write .void shutdown_gracefully\(\) override.
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void shutdown_gracefully(int) {}
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
