// expect: slips: Conn is a part of a message, no message; write .void on\(const slips::NewFlow& msg\). and use msg.flow
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Conn&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
