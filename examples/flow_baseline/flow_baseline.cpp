// The program. The module is in flow_baseline.hpp, where its test includes it as well.
#include "flow_baseline.hpp"

int main(int argc, char** argv) { return slips::run<FlowBaseline>(argc, argv); }
