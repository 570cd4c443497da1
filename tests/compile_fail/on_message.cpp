// expect: slips: Message is what all messages have in common, no message
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::Message&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
