// expect: slips: the SDK reports errors as exceptions: compile without -fno-exceptions
// errors: 1
// options: -fno-exceptions
#include <slips/ip.hpp>

int main() { return slips::is_ip("10.0.0.1") ? 0 : 1; }
