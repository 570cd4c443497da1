// expect: slips: Payload is a part of a message, no message; write .void on\(const slips::RawMessage& msg\).
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Payload&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
