// expect: slips: the SDK requires C\+\+20: compile with -std=c\+\+20
// errors: 1
// standard: c++17
#include <slips/testing.hpp>

int main() { return slips::TestModule().ready() ? 0 : 1; }
