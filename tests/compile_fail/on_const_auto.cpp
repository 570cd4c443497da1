// expect: slips: on\(const auto&\) accepts everything; write one `void on\(const slips::NewFlow& msg\)` for each message
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const auto&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
