// expect: slips: no on\(\) takes a message \(is it private\?\); write `void on\(const slips::NewFlow& msg\)`
// errors: 1
#include <slips/slips.hpp>

class Detector : public slips::Module<Detector> {
public:
    static constexpr slips::ModuleInfo info{.name = "detector"};

private:
    void on(const slips::NewFlow&) {}
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
