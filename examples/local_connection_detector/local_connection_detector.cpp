// The program. The module is in local_connection_detector.hpp, where its test includes it as well.
#include "local_connection_detector.hpp"

int main(int argc, char** argv) { return slips::run<LocalConnectionDetector>(argc, argv); }
