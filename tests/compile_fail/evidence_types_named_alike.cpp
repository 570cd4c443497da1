// expect: slips: two evidence types in info.evidence_types have the same name
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::EvidenceType scan{"MY_SCAN", "MyScan"};
    static constexpr slips::EvidenceType slow_scan{"MY_SCAN", "MySlowScan"};
    static constexpr slips::ModuleInfo info{.name = "detector", .evidence_types = {scan, slow_scan}};
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
