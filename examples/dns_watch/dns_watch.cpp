// The program. The module is in dns_watch.hpp, where its test includes it as well.
#include "dns_watch.hpp"

int main(int argc, char** argv) { return slips::run<DnsWatch>(argc, argv); }
