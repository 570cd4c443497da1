// The module `configured` as a program of its own, which links slips::yaml.
#include "../modules.hpp"

int main(int argc, char** argv) { return configured(argc, argv); }
