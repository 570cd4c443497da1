// The program. The module is in flow_classifier.hpp, where its test includes it as well.
#include "flow_classifier.hpp"

int main(int argc, char** argv) { return slips::run<FlowClassifier>(argc, argv); }
