#include "slipsdev/processes/signals.hpp"

#include <signal.h>

#include <initializer_list>

namespace slipsdev {
namespace {

volatile sig_atomic_t interruption_count = 0;

extern "C" void count_interruption(int) { interruption_count = interruption_count + 1; }

}  // namespace

void watch_signals() {
    struct sigaction action {};
    action.sa_handler = count_interruption;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

int interruptions() { return interruption_count; }

}  // namespace slipsdev
