// expect compiler: connection_to_privat_ip
#include <slips/slips.hpp>

struct MyModule : slips::Module<MyModule> {
    static constexpr slips::ModuleInfo info{.name = "my_module", .description = "does nothing"};

    void on(const slips::NewFlow& msg) {
        set_evidence(msg, slips::Evidence{.type = slips::EvidenceType::connection_to_privat_ip});
    }
};

int main(int argc, char** argv) { return slips::run<MyModule>(argc, argv); }
