// expect: slips: no on\(\) takes a message
#include <slips/slips.hpp>

struct Packet {};
struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const Packet&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
