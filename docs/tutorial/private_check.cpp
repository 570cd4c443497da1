// The tutorial's module at step 6, before it sets evidence.
#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::ModuleInfo info{.name = SLIPS_MODULE_NAME};

    void on(const slips::NewFlow& msg) {
        if (!slips::is_private(msg.flow.saddr)) return;
        if (!slips::is_private(msg.flow.daddr)) return;
        print("local: " + msg.flow.saddr + " to " + msg.flow.daddr);
    }
};

int main(int argc, char** argv) { return slips::run<LocalConnectionDetector>(argc, argv); }
