// The program. The module is in scan_counter.hpp, where its test includes it as well.
#include "scan_counter.hpp"

int main(int argc, char** argv) { return slips::run<ScanCounter>(argc, argv); }
