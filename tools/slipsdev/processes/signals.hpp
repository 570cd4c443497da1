// Ctrl-C and SIGTERM: the only global state of slipsdev, a count.
#pragma once

namespace slipsdev {

/// Counts SIGINT, SIGTERM and SIGHUP from now on, and ignores SIGPIPE.
void watch_signals();

/// Returns how often the user has asked to stop.
int interruptions();

}  // namespace slipsdev
