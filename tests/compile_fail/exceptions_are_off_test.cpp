// expect: slips: the SDK reports errors as exceptions: compile without -fno-exceptions
// errors: 1
// options: -fno-exceptions
#include <slips/testing.hpp>

int main() { return slips::TestModule().ready() ? 0 : 1; }
