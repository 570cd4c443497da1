// expect: slips: a flow or another part of a message is no message; write .void on\(const slips::NewDns& msg\). and use msg.flow
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Dns&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
