// The program. The module is in webhook.hpp, where its test includes it as well.
#include "webhook.hpp"

int main(int argc, char** argv) { return slips::run<Webhook>(argc, argv); }
