// A program that uses slips::core only: no hiredis is linked.
#include <slips/ip.hpp>
#include <slips/version.hpp>

int main() { return slips::is_private("192.168.1.12") && !slips::is_private("8.8.8.8") ? 0 : 1; }
