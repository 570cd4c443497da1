// expect: slips: PerWindow<T> creates a T\{\}; give T a default constructor
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    struct Counts {
        explicit Counts(int least) : count(least) {}
        int count;
    };
    void on(const slips::NewFlow& msg) { ++counts_[msg].count; }
    slips::PerWindow<Counts> counts_{*this};
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
