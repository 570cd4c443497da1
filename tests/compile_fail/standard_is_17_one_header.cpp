// expect: slips: the SDK requires C\+\+20: compile with -std=c\+\+20
// errors: 1
// standard: c++17
#include <slips/ip.hpp>

int main() { return slips::is_ip("10.0.0.1") ? 0 : 1; }
