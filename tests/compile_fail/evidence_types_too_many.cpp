// expect g++: slips_a_module_declares_at_most_32_evidence_types
// expect clang++: constexpr variable .info. must be initialized by a constant expression
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::EvidenceType own{"OWN", "Own"};
    static constexpr slips::ModuleInfo info{
        .name = "detector",
        .evidence_types = {own, own, own, own, own, own, own, own, own, own, own, own, own, own, own, own, own,
                           own, own, own, own, own, own, own, own, own, own, own, own, own, own, own, own},
    };
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
