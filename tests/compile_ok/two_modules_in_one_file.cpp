// A module among other code: in a namespace, with a header of the standard library included before and after.
#include <iomanip>
#include <sstream>

#include <slips/slips.hpp>

#include <iostream>

namespace detectors {

struct One : slips::Module<One> {
    static constexpr slips::ModuleInfo info{.name = "one"};
    void on(const slips::NewFlow&) {}
};

class Two : public slips::Module<Two> {
public:
    static constexpr slips::ModuleInfo info{.name = "two"};
    void on(const slips::NewIp& msg) { std::cout << std::quoted(msg.ip) << '\n'; }
};

}  // namespace detectors

int main(int argc, char** argv) {
    return argc > 3 ? slips::run<detectors::One>(argc, argv) : slips::run<detectors::Two>(argc, argv);
}
