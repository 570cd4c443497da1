// expect: slips: an evidence type needs a name in capitals
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::EvidenceType own{"OWN"};
    static constexpr slips::ModuleInfo info{.name = "detector", .evidence_types = {own}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
