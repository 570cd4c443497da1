// expect g++: slips_the_name_of_a_metric_has_letters_digits_and_underscores_only
// expect clang++: call to consteval function .*MetricName
#include <slips/slips.hpp>

struct Detector : slips::Module<Detector> {
    static constexpr slips::ModuleInfo info{.name = "detector"};
    void on(const slips::NewFlow&) { count("names-checked"); }
};

int main(int argc, char** argv) { return slips::run<Detector>(argc, argv); }
