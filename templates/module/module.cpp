// The program. The module is in module.hpp, where its test includes it as well.
#include "module.hpp"

int main(int argc, char** argv) { return slips::run<ThisModule>(argc, argv); }
