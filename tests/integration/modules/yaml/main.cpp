// The module `configured` as a separate program that links slips::yaml.
#include "../modules.hpp"

int main(int argc, char** argv) { return configured(argc, argv); }
