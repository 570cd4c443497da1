// Ctrl-C and SIGTERM: the one global state of slipsdev, a count.
#pragma once

namespace slipsdev {

/// From now on SIGINT, SIGTERM and SIGHUP are counted, and SIGPIPE is ignored.
void watch_signals();

/// How often the user has asked to stop.
int interruptions();

}  // namespace slipsdev
