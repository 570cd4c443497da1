// expect: slips: Slips 0.9 acts on stop_process and log-only when it prints them; choose another info.name
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "stop_process_detector"};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
