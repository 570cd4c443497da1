// The tutorial's module after step 5: it prints source and destination.
#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::ModuleInfo info{.name = SLIPS_MODULE_NAME};

    void on(const slips::NewFlow& msg) {
        const std::string& saddr = msg.flow.saddr;
        const std::string& daddr = msg.flow.daddr;
        print(saddr + " talks to " + daddr);
    }
};

int main(int argc, char** argv) { return slips::run<LocalConnectionDetector>(argc, argv); }
