// expect g++: .slips::v0\w*::Evidence. has no non-static data member named .typ.
// expect clang++: field designator .typ. does not refer to any field in type .(slips::)?Evidence.
// errors: 1
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(const slips::NewFlow& msg) { set_evidence(msg, slips::Evidence{.typ = slips::EvidenceType::arp_scan}); }
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
