// The tutorial's module after step 3: it has a name and receives each new flow.
#include <slips/slips.hpp>

struct LocalConnectionDetector : slips::Module<LocalConnectionDetector> {
    static constexpr slips::ModuleInfo info{
        .name = SLIPS_MODULE_NAME,
        .description = "detects connections to other devices in your local network",
        .authors = "Your name",
        .version = "0.1.0",
    };

    void on(const slips::NewFlow&) {
        // to do
    }
};

int main(int argc, char** argv) { return slips::run<LocalConnectionDetector>(argc, argv); }
